import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import * as E from "fp-ts/lib/Either.js";
import type { WebSocket } from "ws";
import * as Ws from "ws";
import {
  type ClientId,
  type Refusal as ClientRefusal,
  closeCodes,
  type Decoder,
  type Dialect,
  type Event,
  type Hello,
  type Limits,
  type Member,
  type Millis,
  type SessionId,
  type TokenShown,
} from "../../core/index.js";
import type { Greeted, Greeter } from "../auth/greet.js";
import { strangerAt } from "./address.js";
import { sendAllAway } from "./drain.js";
import { type Frame, type Inbox, intake } from "./intake.js";
import { fragmentBytes, type Sending, sending, type Waiting } from "./sending.js";
import { type CutOffReason, countClose, type HandshakeStatus, noTotals, type SocketTotals } from "./totals.js";

export interface SocketLimits {
  /** Where WebSockets are accepted. */
  readonly paths: ReadonlyArray<string>;
  /** What a dialect reads frames within. */
  readonly limits: Limits;
  /** Undefined: pages of all origins may connect. */
  readonly allowedOrigins: ReadonlyArray<string> | undefined;
  /** Sockets at once; more are turned away with 503. */
  readonly clientsMax: number;
  /** Sockets at once of one stranger; more are turned away with 429. */
  readonly clientsPerAddress: number;
  /** Whether what sends no origin may connect: all that is no browser. */
  readonly withoutOrigin: "allow" | "refuse";
  /** Bytes that may join those already waiting for a client; beyond them it is cut off. Room lists and counts never do. */
  readonly outboxBytesMax: number;
  /** Bytes that may wait for all clients together: beyond them, who is behind is cut off. */
  readonly outboxBytesInAll: number;
  /** A client that has been silent so long is asked for a sign of life. */
  readonly pingAfterMs: number;
  /** And after so long a silence it is given up. */
  readonly cutAfterMs: number;
}

export interface SocketPorts {
  /** A client speaks the dialect whose name it offers as a WebSocket subprotocol, and the first one otherwise. */
  readonly dialects: readonly [Dialect, ...Dialect[]];
  readonly dispatch: (event: Event) => void;
  readonly now: () => Millis;
  /** The address of the client that a request comes from. */
  readonly addressOf: (request: IncomingMessage) => string;
  /** Verifies who a client is. */
  readonly greeter: Greeter;
  /** Nothing is waiting for the client any more: it has read all, or is gone. */
  readonly caughtUp: (client: ClientId) => void;
  /** Takes a sentence about a client whose socket failed or had to be cut off. */
  readonly warn: (client: ClientId, sentence: string) => void;
  /** The socket has passed its handshake. */
  readonly admitted: (socket: Socket) => void;
  /** Takes a sentence about somebody who was not let in, and what they had asked: the path without its query, where secrets are. */
  readonly turnedAway: (sentence: string, path: string, request: IncomingMessage) => void;
  /** Takes why a client that has connected was not let in. */
  readonly helloRefused: (client: ClientId, address: string, refusal: ClientRefusal) => void;
}

export interface Sockets {
  /**
   * Answers a request that HTTP hands over with its socket (an upgrade, CONNECT): by a handshake on one of the paths, by 404
   * elsewhere, by 426 where something else than WebSocket is asked for, by 400 where the request is none of HTTP/1.1 with one
   * Host, by 403 or 503 to whom it does not let in.
   */
  readonly upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
  /** Takes a request for one of the paths that has come to HTTP, without its upgrade: it is turned away with 426. */
  readonly withoutUpgrade: (request: IncomingMessage) => void;
  /** Whether the request is for one of the paths. */
  readonly isFor: (request: IncomingMessage) => boolean;
  /**
   * Sends so many frames, of which so many bytes are states. A client that is gone or going gets nothing; one that leaves too
   * much waiting is cut off.
   */
  readonly write: (client: ClientId, bytes: Buffer, frames: number, stateBytes: number) => void;
  /** Whether so many bytes beside states may wait for a client. One that leaves too much waiting is cut off. */
  readonly fits: (client: ClientId, bytes: number) => boolean;
  /** Whether bytes are waiting for the client; when they have gone, `caughtUp` is told. */
  readonly isBehind: (client: ClientId) => boolean;
  /** Undefined for a client that is gone. */
  readonly addressOf: (client: ClientId) => string | undefined;
  readonly dialectOf: (client: ClientId) => Dialect | undefined;
  /** Nothing more is carried out of what the client sends, until it is held no longer. */
  readonly hold: (client: ClientId, isHeld: boolean) => void;
  /** All frames that were dispatched have been seen to. */
  readonly endTurn: () => void;
  readonly close: (client: ClientId, code: number, reason: string) => void;
  /**
   * From now on nobody is let in, and those who are here are told to come back elsewhere, one after the other. Fulfilled
   * after `overMs`, or when everybody is gone; with how many are still here.
   */
  readonly drain: (overMs: number) => Promise<number>;
  /** From now on nobody is let in; fulfilled when everybody is gone, the last of them cut off after `graceMs`. */
  readonly end: (graceMs: number) => Promise<void>;
  /** The counts so far; the object stays the same. */
  readonly totals: Readonly<SocketTotals>;
}

interface Peer {
  readonly client: ClientId;
  readonly dialect: Dialect;
  readonly decoder: Decoder;
  readonly ws: WebSocket;
  readonly socket: Socket;
  readonly address: string;
  readonly stranger: string | undefined;
  bytesHeard: number;
  /** Sweeps since anything was heard. Sweeps and not time: while this process stood still, nobody can be blamed for silence. */
  silentSweeps: number;
  sweepsSinceAsked: number | undefined;
  /** Sweeps in which it has taken nothing of what waits for it. */
  stalledSweeps: number;
  progressSeen: number;
  /** Written since anything was heard: what a sign of life may be waiting behind. */
  bytesSinceHeard: number;
  /** Pings and pongs since the last sweep. */
  controlFrames: number;
  readonly inbox: Inbox;
  readonly sending: Sending;
  /** Undefined for one that has not been let in: it has not said hello, or is being verified. */
  greeted: { readonly member: Member | undefined } | undefined;
  isClosing: boolean;
  /** The code that it has been closed with because of a frame that is none. */
  faultCode: number | undefined;
}

/** So long may a client take for what it was sent before a close, and to answer it. */
const closeMs = 5_000;
// @types/ws 8.18 lacks these options of ws 8.23. A text may come a byte at a time; one that is longer than that may not.
const moreLimits = { maxFragments: 16, maxBufferedChunks: 2_048, closeTimeout: closeMs };
// And it lacks `Sender`, which ws 8.23 exports: a frame that is built once is what makes a broadcast cheap.
const { Sender } = Ws as unknown as {
  readonly Sender: {
    readonly frame: (
      data: Buffer,
      options: { fin: boolean; opcode: number; mask: boolean; readOnly: boolean; rsv1: boolean },
    ) => Buffer[];
  };
};

const framed = (bytes: Buffer, opcode: 0 | 1, fin: boolean): ReadonlyArray<Buffer> =>
  Sender.frame(bytes, { fin, opcode, mask: false, readOnly: true, rsv1: false });

/**
 * An unmasked text message (RFC 6455, 5.2), ready to be written to any number of sockets. A long one is in fragments (5.4), so that pings
 * come in between, and slow readers are seen to go on.
 */
export const frame = (text: string): Buffer => {
  const bytes = Buffer.from(text);
  if (bytes.length <= fragmentBytes) return Buffer.concat(framed(bytes, 1, true));
  const starts = Array.from({ length: Math.ceil(bytes.length / fragmentBytes) }, (_, n) => n * fragmentBytes);
  const fragments = starts.flatMap((at) => {
    const end = at + fragmentBytes;
    return framed(bytes.subarray(at, end), at === 0 ? 1 : 0, end >= bytes.length);
  });
  return Buffer.concat(fragments);
};

/** The status, why in a sentence, and the headers that belong to the status. */
type Refusal = readonly [status: `${HandshakeStatus} ${string}`, why: string, ...headers: ReadonlyArray<string>];

/** "Service Restart": the client may come back (the WebSocket close code registry of IANA). */
const comeBackCode = 1012;
/** So long a client has for its hello. */
const helloMs = 5_000;
/** Between two slices of a sweep over all clients. */
const sliceMs = 50;
/** Pings and pongs of one client between two sweeps. Browsers send one for each ping. */
const controlFramesMax = 1_000;
/** A client that takes nothing for so long of what waits for it is cut off, whatever it sends. */
const stalledMs = 25_000;
/** Whoever is slower than this is given up: 0.5 Mbit/s. */
const slowestBytesPerMs = 62.5;
/** And for no more than this is a sign of life waited for behind what is on its way. */
const behindMsMax = 17_000;

/**
 * The sockets of one server. What they observe becomes events; nothing is decided here but what concerns a socket as such: its
 * size limits, its silence, and how much may wait for it.
 */
export const sockets = (limits: SocketLimits, ports: SocketPorts): Sockets => {
  const { dialects, dispatch, now, warn } = ports;
  const spoken = dialects.map((dialect) => ({ dialect, decoder: dialect.decoder(limits.limits) }));
  const first = { dialect: dialects[0], decoder: dialects[0].decoder(limits.limits) };
  const peers = new Map<ClientId, Peer>();
  const perStranger = new Map<string, number>();
  const taken = intake();
  const waiting: Waiting = { bytes: 0, bytesMax: limits.outboxBytesInAll };
  const totals = noTotals();
  const sweepMs = Math.min(1_000, limits.pingAfterMs / 4);
  const slices = Math.ceil(sweepMs / sliceMs);
  let lastId = 0;
  let isDraining = false;
  /** Called when the last client is gone. */
  let emptied = (): void => {};

  const server = new Ws.WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    skipUTF8Validation: false,
    maxPayload: limits.limits.frameBytesMax,
    handleProtocols: (offered) =>
      dialects.find(({ name }) => offered.has(name))?.name ??
      [...offered].sort((a, b) => Number(isToken(a)) - Number(isToken(b)))[0] ??
      false,
    ...moreLimits,
  });

  const isFor = (request: IncomingMessage): boolean => limits.paths.includes(pathOf(request));

  const refusalOf = (request: IncomingMessage): Refusal | undefined => {
    const { origin, upgrade = "" } = request.headers;
    if (request.method !== "GET")
      return ["405 Method Not Allowed", "A WebSocket begins with GET, and there is no proxy here.", "Allow: GET"];
    if (upgrade.toLowerCase() !== "websocket")
      return ["426 Upgrade Required", "The only upgrade here is to websocket.", "Upgrade: websocket"];
    if (request.httpVersion !== "1.1" || request.headersDistinct.host?.length !== 1)
      return ["400 Bad Request", "A WebSocket begins with a request of HTTP/1.1 that has one Host (RFC 6455, 4.2.1)."];
    if (!isFor(request)) return ["404 Not Found", `WebSockets live at ${listed(limits.paths)}.`];
    if (origin !== undefined && limits.allowedOrigins?.includes(origin) === false)
      return ["403 Forbidden", "Pages of this origin may not connect: ALLOWED_ORIGINS names those that may."];
    if (origin === undefined && limits.withoutOrigin === "refuse")
      return ["403 Forbidden", "Only pages may connect (WITHOUT_ORIGIN): the request has no Origin."];
    if (isDraining) return ["503 Service Unavailable", "This server is stopping.", "Retry-After: 1"];
    if (peers.size >= limits.clientsMax) return ["503 Service Unavailable", "This server is full."];
    const stranger = strangerAt(ports.addressOf(request));
    if (stranger !== undefined && (perStranger.get(stranger) ?? 0) >= limits.clientsPerAddress)
      return [
        "429 Too Many Requests",
        `${limits.clientsPerAddress} clients of this address are here (CLIENTS_PER_ADDRESS).`,
      ];
    return undefined;
  };

  const countStranger = ({ stranger }: Peer, more: 1 | -1): void => {
    if (stranger === undefined) return;
    const count = (perStranger.get(stranger) ?? 0) + more;
    if (count === 0) perStranger.delete(stranger);
    else perStranger.set(stranger, count);
  };

  const cut = (client: ClientId, peer: Peer, reason: CutOffReason, sentence: string): void => {
    totals.cutOffs[reason] += 1;
    warn(client, sentence);
    peer.ws.terminate();
  };

  const refuse = (peer: Peer, code: number, refusal: ClientRefusal, id?: number): void => {
    totals.refusals[refusal.code] = (totals.refusals[refusal.code] ?? 0) + 1;
    ports.helloRefused(peer.client, peer.address, refusal);
    const why = peer.dialect.refused?.(refusal, now(), id);
    if (why !== undefined) peer.ws.send(why);
    peer.ws.close(code, refusal.code);
  };

  const letIn = (client: ClientId, peer: Peer, greeted?: Greeted): void => {
    const { session, greeting, token } = greeted ?? {};
    const isMember = peer.dialect.beginsWithHello && greeting !== undefined;
    peer.greeted = { member: isMember ? { user: greeting.user, name: greeting.name } : undefined };
    dispatch({
      kind: "ClientConnected",
      at: now(),
      client,
      session: session ?? (randomUUID() as string as SessionId),
      dialect: peer.dialect.name,
      address: peer.address,
      ...(greeting === undefined ? {} : { verified: greeting.user }),
      ...(token === undefined ? {} : { token }),
      ...(isMember ? { greeting } : {}),
    });
  };

  const isHere = (client: ClientId, peer: Peer): boolean =>
    peers.get(client) === peer && peer.ws.readyState === peer.ws.OPEN;

  /** Until a hello is verified, no more is read than is here already. */
  const greet = async (client: ClientId, peer: Peer, hello: Hello): Promise<void> => {
    peer.inbox.hold("verifying");
    const greeted = await ports.greeter.greet(hello);
    if (!isHere(client, peer)) return;
    if (E.isLeft(greeted)) {
      // Its answer to the close must be read.
      peer.ws.resume();
      return refuse(peer, closeCodeFor(greeted.left), greeted.left, hello.id);
    }
    if (hello.ticket !== undefined && greeted.right.greeting.resume === undefined) totals.invalidTickets += 1;
    letIn(client, peer, greeted.right);
    peer.inbox.letGo("verifying");
  };

  const greetWith = (client: ClientId, peer: Peer, hello: E.Either<ClientRefusal, Hello>): void => {
    if (E.isLeft(hello)) return refuse(peer, closeCodeFor(hello.left), hello.left);
    greet(client, peer, hello.right).catch((error: Error) => cut(client, peer, "failed", error.message));
  };

  /** Another token of a client: what it says enters the core, and the token does not. */
  const renew = async (client: ClientId, peer: Peer, { token, ...frame }: TokenShown): Promise<void> => {
    peer.inbox.hold("verifying");
    const vouched = await ports.greeter.renew(token);
    if (!isHere(client, peer)) return;
    const event = { ...frame, at: now() };
    if (E.isLeft(vouched)) dispatch({ ...event, kind: "FrameRefused", refusal: vouched.left });
    else dispatch({ ...event, kind: "TokenRenewed", ...vouched.right });
    peer.inbox.letGo("verifying");
  };

  const hear = (client: ClientId, peer: Peer, frame: Frame): void => {
    if (!isHere(client, peer)) return;
    totals.receivedBytes += frame.data.length;
    if (!peer.inbox.hear(frame)) cut(client, peer, "flood", "sends more at once than is taken");
  };

  const carryOut = (client: ClientId, peer: Peer, { data, isBinary }: Frame): void => {
    const { member } = peer.greeted ?? {};
    const arrival = { at: now(), client, ...(member === undefined ? {} : { member }) };
    const event = isBinary ? peer.decoder.binary(arrival) : peer.decoder.text(arrival, data.toString());
    if (event.kind === "FrameRefused") dispatch({ ...event, bytes: data.length });
    else if (event.kind !== "TokenShown") dispatch(event);
    else renew(client, peer, event).catch((error: Error) => cut(client, peer, "failed", error.message));
  };

  const hearControl = (client: ClientId, peer: Peer): void => {
    peer.controlFrames += 1;
    if (peer.controlFrames > controlFramesMax && isHere(client, peer))
      cut(client, peer, "flood", `more than ${controlFramesMax} pings and pongs within a second`);
  };

  const admit = (ws: WebSocket, socket: Socket, request: IncomingMessage): void => {
    const token = tokenIn(request);
    lastId += 1;
    const client = lastId as ClientId;
    const heard = { bytesHeard: socket.bytesRead, silentSweeps: 0, sweepsSinceAsked: undefined, stalledSweeps: 0 };
    const { dialect, decoder } = spoken.find(({ dialect: { name } }) => name === ws.protocol) ?? first;
    const address = ports.addressOf(request);
    const peer: Peer = {
      client,
      dialect,
      decoder,
      ws,
      socket,
      address,
      stranger: strangerAt(address),
      ...heard,
      progressSeen: 0,
      bytesSinceHeard: 0,
      controlFrames: 0,
      inbox: taken.open({
        carryOut: (frame) => carryOut(client, peer, frame),
        pause: () => ws.pause(),
        resume: () => ws.resume(),
      }),
      sending: sending(socket, limits.outboxBytesMax, waiting, () => {
        ports.caughtUp(client);
        peer.inbox.letGo("behind");
      }),
      greeted: undefined,
      isClosing: false,
      faultCode: undefined,
    };
    peers.set(client, peer);
    countStranger(peer, 1);
    ports.admitted(socket);
    for (const kind of ["ping", "pong"] as const) ws.on(kind, () => hearControl(client, peer));
    ws.on("error", (error) => {
      peer.faultCode = faultCodeOf(error);
      warn(client, error.message);
    });
    ws.on("close", (ended) => {
      // Many end the socket without an answer: what they were told is the cause.
      const code = peer.faultCode ?? ended;
      countClose(totals, code);
      peers.delete(client);
      countStranger(peer, -1);
      peer.inbox.close();
      ports.caughtUp(client);
      if (peer.greeted !== undefined) dispatch({ kind: "ClientDisconnected", at: now(), client, code });
      if (peers.size === 0) emptied();
    });
    const listenTo = (): void => {
      ws.on("message", (data: Buffer, isBinary) => hear(client, peer, { data, isBinary }));
    };
    if (!dialect.beginsWithHello && !ports.greeter.isTokenNeeded) {
      listenTo();
      return letIn(client, peer);
    }
    if (!dialect.beginsWithHello && token !== undefined) {
      listenTo();
      return greetWith(client, peer, E.right({ id: 0, seen: 0, token }));
    }
    const late = setTimeout(() => {
      refuse(peer, closeCodes.helloLate, { code: "invalid-message", message: `no hello within ${helloMs} ms` });
    }, helloMs);
    ws.once("close", () => clearTimeout(late));
    ws.once("message", (first: Buffer, isFirstBinary) => {
      totals.receivedBytes += first.length;
      clearTimeout(late);
      listenTo();
      greetWith(client, peer, decoder.hello?.(isFirstBinary ? "" : first.toString()) ?? E.left(noHello));
    });
  };

  const cutSlow = (client: ClientId, peer: Peer): void =>
    cut(client, peer, "slow", `does not read: ${peer.sending.waiting()} bytes are waiting for it`);

  const openPeer = (client: ClientId): Peer | undefined => {
    const peer = peers.get(client);
    return peer?.ws.readyState === peer?.ws.OPEN && peer?.isClosing === false ? peer : undefined;
  };

  const fits = (client: ClientId, bytes: number): boolean => {
    const peer = openPeer(client);
    if (peer === undefined || peer.sending.fits(bytes)) return peer !== undefined;
    cutSlow(client, peer);
    return false;
  };

  const write = (client: ClientId, bytes: Buffer, frames: number, stateBytes: number): void => {
    const peer = openPeer(client);
    if (peer === undefined) return;
    if (!peer.sending.send(bytes, stateBytes)) return cutSlow(client, peer);
    totals.sentBytes += bytes.length;
    totals.deliveries += frames;
    peer.bytesSinceHeard += bytes.length;
    if (!peer.sending.isBehind() || peer.sending.waiting() <= limits.outboxBytesMax / 2) return;
    // It must read before it is read again.
    peer.inbox.hold("behind");
    taken.press();
  };

  /** What was sent before goes first, if it is taken in time. */
  const close = (client: ClientId, code: number, reason: string): void => {
    const peer = openPeer(client);
    if (peer === undefined) return;
    peer.isClosing = true;
    const late = setTimeout(() => cutSlow(client, peer), closeMs);
    peer.ws.once("close", () => clearTimeout(late));
    peer.sending.afterAll(() => {
      clearTimeout(late);
      peer.ws.close(code, reason);
    });
  };

  /** Only to those who have been let in: the first frame of a dialect with a hello is its answer. */
  const announce = (client: ClientId, inMs: number): void => {
    const peer = peers.get(client);
    const text = peer?.greeted === undefined ? undefined : peer.dialect.comeBack?.(inMs);
    if (text !== undefined) write(client, frame(text), 1, 0);
  };

  const hasStalled = (peer: Peer): boolean => {
    const progress = peer.sending.progress();
    peer.stalledSweeps = peer.sending.isBehind() && progress === peer.progressSeen ? peer.stalledSweeps + 1 : 0;
    peer.progressSeen = progress;
    return peer.stalledSweeps * sweepMs >= stalledMs;
  };

  const listen = (client: ClientId, peer: Peer): void => {
    peer.controlFrames = 0;
    const before = peer.progressSeen;
    if (hasStalled(peer)) return cut(client, peer, "slow", `has taken nothing for ${stalledMs} ms`);
    if (peer.socket.bytesRead !== peer.bytesHeard || peer.progressSeen !== before || peer.inbox.isHeld()) {
      if (peer.socket.bytesRead !== peer.bytesHeard) peer.bytesSinceHeard = 0;
      peer.bytesHeard = peer.socket.bytesRead;
      peer.silentSweeps = 0;
      peer.sweepsSinceAsked = undefined;
      return;
    }
    peer.silentSweeps += 1;
    if (peer.sweepsSinceAsked !== undefined) peer.sweepsSinceAsked += 1;
    const silentMs = peer.silentSweeps * sweepMs;
    const behindMs = Math.min(behindMsMax, peer.bytesSinceHeard / slowestBytesPerMs);
    if (silentMs >= limits.pingAfterMs && peer.sweepsSinceAsked === undefined) {
      peer.sweepsSinceAsked = 0;
      peer.ws.ping();
    } else if (
      silentMs >= limits.cutAfterMs + behindMs &&
      peer.sweepsSinceAsked !== undefined &&
      peer.sweepsSinceAsked >= 2
    )
      cut(client, peer, "silent", `not a sign of life for ${silentMs} ms`);
  };
  let slice = 0;
  // Some clients at a time: to ask thousands at once would hold up everybody else.
  const sweep = setInterval(() => {
    slice = (slice + 1) % slices;
    for (const [client, peer] of peers) if (client % slices === slice) listen(client, peer);
  }, sweepMs / slices);
  sweep.unref();

  return {
    upgrade: (request, socket, head) => {
      socket.on("error", () => socket.destroy());
      const refusal = refusalOf(request);
      // An HTTP server hands out sockets of `net`, or of `tls`, which extend them.
      if (refusal === undefined)
        return server.handleUpgrade(request, socket, head, (ws) => {
          totals.handshakes["101"] += 1;
          admit(ws, socket as Socket, request);
        });
      const [status, why] = refusal;
      totals.handshakes[status.slice(0, 3) as HandshakeStatus] += 1;
      ports.turnedAway(`${status}. ${why}`, pathOf(request), request);
      turnAway(socket, refusal);
    },
    withoutUpgrade: (request) => {
      totals.handshakes["426"] += 1;
      ports.turnedAway("426 Upgrade Required. A proxy may leave the upgrade out.", pathOf(request), request);
    },
    addressOf: (client) => peers.get(client)?.address,
    dialectOf: (client) => peers.get(client)?.dialect,
    isFor,
    isBehind: (client) => peers.get(client)?.sending.isBehind() === true,
    write,
    fits,
    close,
    hold: (client, isHeld) => {
      const inbox = peers.get(client)?.inbox;
      if (isHeld) inbox?.hold("ordering");
      else inbox?.letGo("ordering");
    },
    endTurn: taken.endTurn,
    drain: (overMs) =>
      new Promise((resolve) => {
        isDraining = true;
        emptied = () => resolve(peers.size);
        if (peers.size === 0) return emptied();
        sendAllAway([...peers.keys()], overMs, {
          now,
          announce,
          sendAway: (client) => close(client, comeBackCode, "the server is stopping"),
          over: () => resolve(peers.size),
        });
      }),
    end: (graceMs) =>
      new Promise((resolve) => {
        clearInterval(sweep);
        isDraining = true;
        emptied = resolve;
        if (peers.size === 0) return resolve();
        setTimeout(() => {
          for (const { ws } of peers.values()) ws.terminate();
        }, graceMs).unref();
      }),
    totals,
  };
};

/** What `ws` closes a socket with after a frame that it does not take (RFC 6455, 7.4.1). Undefined: the connection itself has failed. */
const faultCodeOf = ({ code = "" }: NodeJS.ErrnoException): number | undefined => {
  switch (code) {
    case "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH":
    case "WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH":
      return 1009;
    case "WS_ERR_TOO_MANY_BUFFERED_PARTS":
      return 1008;
    case "WS_ERR_INVALID_UTF8":
      return 1007;
    default:
      return code.startsWith("WS_ERR_") ? 1002 : undefined;
  }
};

/** Browsers can send no header with a WebSocket: a client of a dialect without a hello may bring its token as a subprotocol. */
const tokenPrefix = "signalbox.token.";
const isToken = (protocol: string): boolean => protocol.startsWith(tokenPrefix);

const tokenIn = ({ headers }: IncomingMessage): string | undefined =>
  headers["sec-websocket-protocol"]
    ?.split(",")
    .map((protocol) => protocol.trim())
    .find(isToken)
    ?.slice(tokenPrefix.length);

/** Whether to come back, and with what. 1013 is "try again later" (the WebSocket close code registry of IANA). */
const closeCodeFor = ({ code }: ClientRefusal): number => {
  if (code === "token-unverifiable") return 1013;
  if (code === "invalid-message") return closeCodes.helloExpected;
  return code === "token-expired" ? closeCodes.tokenExpired : closeCodes.refused;
};

const noHello: ClientRefusal = { code: "token-invalid", message: "clients of this protocol can show no token" };

/** `/, /ws and /ws/` */
const listed = (paths: ReadonlyArray<string>): string => paths.join(", ").replace(/, (?=[^,]*$)/, " and ");

/** The path of a request target, which may also come as a whole URL (RFC 9112, 3.2.2). */
const pathOf = ({ url = "/" }: IncomingMessage): string =>
  /^https?:\/\//i.test(url) && URL.canParse(url) ? new URL(url).pathname : (url.split("?", 1)[0] ?? "/");

const turnAwayMs = 2_000;

const turnAway = (socket: Duplex, [status, body, ...headers]: Refusal): void => {
  const plain = ["Connection: close", "Content-Type: text/plain", `Content-Length: ${body.length}`];
  socket.end([`HTTP/1.1 ${status}`, ...headers, ...plain, "", body].join("\r\n"), () => socket.destroy());
  // Whoever does not take the answer does not keep the connection either.
  setTimeout(() => socket.destroy(), turnAwayMs).unref();
};
