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

export interface SocketLimits {
  /** What a dialect reads frames within. */
  readonly limits: Limits;
  /** Undefined: pages of all origins may connect. What is no browser sends no origin, and always may. */
  readonly allowedOrigins: ReadonlyArray<string> | undefined;
  /** Sockets at once; more are turned away with 503. */
  readonly clientsMax: number;
  /** Bytes that may join those already waiting for a client; beyond them it is cut off. Room lists and counts never do. */
  readonly outboxBytesMax: number;
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
}

export interface Sockets {
  /**
   * Answers a request that HTTP hands over with its socket (an upgrade, CONNECT): by a handshake on `/`, `/ws` and `/ws/`, by 404
   * elsewhere, by 426 where something else than WebSocket is asked for, by 403 or 503 to whom it does not let in.
   */
  readonly upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
  /** Sends bytes in one write. A client that is gone or going gets nothing; one that leaves too much waiting is cut off. */
  readonly write: (client: ClientId, bytes: Buffer) => void;
  /** Whether bytes are waiting for the client; when they have gone, `caughtUp` is told. */
  readonly isBehind: (client: ClientId) => boolean;
  readonly dialectOf: (client: ClientId) => Dialect | undefined;
  /** All frames that were dispatched have been seen to. */
  readonly endTurn: () => void;
  readonly close: (client: ClientId, code: number, reason: string) => void;
  /** From now on nobody is let in; fulfilled when everybody is gone, the last of them cut off after `graceMs`. */
  readonly drain: (graceMs: number) => Promise<void>;
}

interface Peer {
  readonly dialect: Dialect;
  readonly decoder: Decoder;
  readonly ws: WebSocket;
  readonly socket: Socket;
  bytesHeard: number;
  /** Sweeps since anything was heard. Sweeps and not time: while this process stood still, nobody can be blamed for silence. */
  silentSweeps: number;
  sweepsSinceAsked: number | undefined;
  framesThisTurn: number;
  /** Written since everything before had been taken. */
  bytesOwed: number;
  /** Undefined for one that has not been let in: it has not said hello, or is being verified. */
  greeted: { readonly member: Member | undefined } | undefined;
  /** Frames wait while a token is verified: they are carried out in the order in which they came. */
  isHeld: boolean;
  held: Frame[];
}

interface Frame {
  readonly data: Buffer;
  readonly isBinary: boolean;
}

// @types/ws 8.18 lacks these options of ws 8.23. The last: so long may a client take to answer a close.
const moreLimits = { maxFragments: 16, maxBufferedChunks: 256, closeTimeout: 5_000 };
// And it lacks `Sender`, which ws 8.23 exports: a frame that is built once is what makes a broadcast cheap.
const { Sender } = Ws as unknown as {
  readonly Sender: {
    readonly frame: (
      data: Buffer,
      options: { fin: boolean; opcode: number; mask: boolean; readOnly: boolean; rsv1: boolean },
    ) => Buffer[];
  };
};

/** An unmasked text frame (RFC 6455, 5.2), ready to be written to any number of sockets. */
export const frame = (text: string): Buffer =>
  Buffer.concat(Sender.frame(Buffer.from(text), { fin: true, opcode: 1, mask: false, readOnly: true, rsv1: false }));

/** The status, why in a sentence, and the headers that belong to the status. */
type Refusal = readonly [status: string, why: string, ...headers: ReadonlyArray<string>];

const paths = new Set(["/", "/ws", "/ws/"]);
/** So long a client has for its hello. */
const helloMs = 5_000;
/** More than that from one client in one turn, and it is not read again before the next: a flood waits, and not the others. */
const framesPerTurnMax = 256;

/**
 * The sockets of one server. What they observe becomes events; nothing is decided here but what concerns a socket as such: its
 * size limits, its silence, and how much may wait for it.
 */
export const sockets = (limits: SocketLimits, ports: SocketPorts): Sockets => {
  const { dialects, dispatch, now, warn } = ports;
  const spoken = dialects.map((dialect) => ({ dialect, decoder: dialect.decoder(limits.limits) }));
  const first = { dialect: dialects[0], decoder: dialects[0].decoder(limits.limits) };
  const peers = new Map<ClientId, Peer>();
  const talking = new Set<Peer>();
  const sweepMs = Math.min(1_000, limits.pingAfterMs / 4);
  let lastId = 0;
  let drained: (() => void) | undefined;

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

  const refusalOf = (request: IncomingMessage): Refusal | undefined => {
    const { origin, upgrade = "" } = request.headers;
    if (request.method !== "GET")
      return ["405 Method Not Allowed", "A WebSocket begins with GET, and there is no proxy here.", "Allow: GET"];
    if (upgrade.toLowerCase() !== "websocket")
      return ["426 Upgrade Required", "The only upgrade here is to websocket.", "Upgrade: websocket"];
    if (!paths.has(pathOf(request))) return ["404 Not Found", "WebSockets live at /, /ws and /ws/."];
    if (origin !== undefined && limits.allowedOrigins?.includes(origin) === false)
      return ["403 Forbidden", "Pages of this origin may not connect: ALLOWED_ORIGINS names those that may."];
    if (drained !== undefined) return ["503 Service Unavailable", "This server is stopping."];
    if (peers.size >= limits.clientsMax) return ["503 Service Unavailable", "This server is full."];
    return undefined;
  };

  const cut = (client: ClientId, peer: Peer, sentence: string): void => {
    warn(client, sentence);
    peer.ws.terminate();
  };

  const refuse = (peer: Peer, code: number, refusal: ClientRefusal, id?: number): void => {
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
      address: (peer.socket.remoteAddress ?? "unknown").replace(/^::ffff:/, ""),
      ...(greeting === undefined ? {} : { verified: greeting.user }),
      ...(token === undefined ? {} : { token }),
      ...(isMember ? { greeting } : {}),
    });
  };

  const hold = (peer: Peer): void => {
    peer.isHeld = true;
    peer.ws.pause();
  };

  const letGo = (client: ClientId, peer: Peer): void => {
    peer.isHeld = false;
    peer.ws.resume();
    // One of them may show a token again, and hold the rest.
    for (const { data, isBinary } of peer.held.splice(0)) hear(client, peer, data, isBinary);
  };

  const isHere = (client: ClientId, peer: Peer): boolean =>
    peers.get(client) === peer && peer.ws.readyState === peer.ws.OPEN;

  /** Until a hello is verified, no more is read than is here already. */
  const greet = async (client: ClientId, peer: Peer, hello: Hello): Promise<void> => {
    hold(peer);
    const greeted = await ports.greeter.greet(hello);
    if (!isHere(client, peer)) return;
    if (E.isLeft(greeted)) {
      // Its answer to the close must be read.
      peer.ws.resume();
      return refuse(peer, closeCodeFor(greeted.left), greeted.left, hello.id);
    }
    letIn(client, peer, greeted.right);
    letGo(client, peer);
  };

  const greetWith = (client: ClientId, peer: Peer, hello: E.Either<ClientRefusal, Hello>): void => {
    if (E.isLeft(hello)) return refuse(peer, closeCodes.helloExpected, hello.left);
    greet(client, peer, hello.right).catch((error: Error) => cut(client, peer, error.message));
  };

  /** Another token of a client: what it says enters the core, and the token does not. */
  const renew = async (client: ClientId, peer: Peer, { token, ...frame }: TokenShown): Promise<void> => {
    hold(peer);
    const vouched = await ports.greeter.renew(token);
    if (!isHere(client, peer)) return;
    const event = { ...frame, at: now() };
    if (E.isLeft(vouched)) dispatch({ ...event, kind: "FrameRefused", refusal: vouched.left });
    else dispatch({ ...event, kind: "TokenRenewed", ...vouched.right });
    letGo(client, peer);
  };

  const hear = (client: ClientId, peer: Peer, data: Buffer, isBinary: boolean): void => {
    if (peer.isHeld || peer.greeted === undefined) {
      peer.held.push({ data, isBinary });
      return;
    }
    const { member } = peer.greeted;
    const arrival = { at: now(), client, ...(member === undefined ? {} : { member }) };
    const event = isBinary ? peer.decoder.binary(arrival) : peer.decoder.text(arrival, data.toString());
    if (event.kind !== "TokenShown") dispatch(event);
    else renew(client, peer, event).catch((error: Error) => cut(client, peer, error.message));
    peer.framesThisTurn += 1;
    talking.add(peer);
    if (peer.framesThisTurn === framesPerTurnMax) peer.ws.pause();
  };

  const admit = (ws: WebSocket, socket: Socket, token: string | undefined): void => {
    lastId += 1;
    const client = lastId as ClientId;
    const heard = { bytesHeard: socket.bytesRead, silentSweeps: 0, sweepsSinceAsked: undefined, framesThisTurn: 0 };
    const { dialect, decoder } = spoken.find(({ dialect: { name } }) => name === ws.protocol) ?? first;
    const peer: Peer = {
      dialect,
      decoder,
      ws,
      socket,
      ...heard,
      bytesOwed: 0,
      greeted: undefined,
      isHeld: false,
      held: [],
    };
    peers.set(client, peer);
    ports.admitted(socket);
    socket.on("drain", () => {
      peer.bytesOwed = 0;
      ports.caughtUp(client);
    });
    ws.on("error", (error) => warn(client, error.message));
    ws.on("close", (code) => {
      peers.delete(client);
      talking.delete(peer);
      ports.caughtUp(client);
      if (peer.greeted !== undefined) dispatch({ kind: "ClientDisconnected", at: now(), client, code });
      if (peers.size === 0) drained?.();
    });
    const listenTo = (): void => {
      ws.on("message", (bytes: Buffer, isBinary) => hear(client, peer, bytes, isBinary));
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
      refuse(peer, closeCodes.helloExpected, { code: "invalid-message", message: `no hello within ${helloMs} ms` });
    }, helloMs);
    ws.once("close", () => clearTimeout(late));
    ws.once("message", (first: Buffer, isFirstBinary) => {
      clearTimeout(late);
      listenTo();
      greetWith(client, peer, decoder.hello?.(isFirstBinary ? "" : first.toString()) ?? E.left(noHello));
    });
  };

  const listen = (client: ClientId, peer: Peer): void => {
    if (peer.socket.bytesRead !== peer.bytesHeard) {
      peer.bytesHeard = peer.socket.bytesRead;
      peer.silentSweeps = 0;
      peer.sweepsSinceAsked = undefined;
      return;
    }
    peer.silentSweeps += 1;
    if (peer.sweepsSinceAsked !== undefined) peer.sweepsSinceAsked += 1;
    const silentMs = peer.silentSweeps * sweepMs;
    if (silentMs >= limits.pingAfterMs && peer.sweepsSinceAsked === undefined) {
      peer.sweepsSinceAsked = 0;
      peer.ws.ping();
    } else if (silentMs >= limits.cutAfterMs && peer.sweepsSinceAsked !== undefined && peer.sweepsSinceAsked >= 2)
      cut(client, peer, `not a sign of life for ${limits.cutAfterMs} ms`);
  };
  const sweep = setInterval(() => {
    for (const [client, peer] of peers) listen(client, peer);
  }, sweepMs);
  sweep.unref();

  return {
    upgrade: (request, socket, head) => {
      socket.on("error", () => socket.destroy());
      const refusal = refusalOf(request);
      // An HTTP server hands out sockets of `net`, or of `tls`, which extend them.
      if (refusal === undefined)
        return server.handleUpgrade(request, socket, head, (ws) => admit(ws, socket as Socket, tokenIn(request)));
      const [status, why] = refusal;
      ports.turnedAway(`${status}. ${why}`, pathOf(request), request);
      turnAway(socket, refusal);
    },
    dialectOf: (client) => peers.get(client)?.dialect,
    isBehind: (client) => peers.get(client)?.socket.writableNeedDrain === true,
    write: (client, bytes) => {
      const peer = peers.get(client);
      if (peer === undefined || peer.ws.readyState !== peer.ws.OPEN) return;
      peer.bytesOwed = peer.socket.writableNeedDrain ? peer.bytesOwed + bytes.length : 0;
      if (peer.bytesOwed > limits.outboxBytesMax)
        return cut(client, peer, `does not read: ${peer.socket.writableLength} bytes are waiting for it`);
      peer.socket.write(bytes);
    },
    close: (client, code, reason) => peers.get(client)?.ws.close(code, reason),
    endTurn: () => {
      for (const peer of talking) {
        if (peer.framesThisTurn >= framesPerTurnMax && !peer.isHeld) peer.ws.resume();
        peer.framesThisTurn = 0;
      }
      talking.clear();
    },
    drain: (graceMs) =>
      new Promise((resolve) => {
        clearInterval(sweep);
        drained = resolve;
        if (peers.size === 0) return resolve();
        setTimeout(() => {
          for (const { ws } of peers.values()) ws.terminate();
        }, graceMs).unref();
      }),
  };
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
  return code === "token-expired" ? closeCodes.tokenExpired : closeCodes.refused;
};

const noHello: ClientRefusal = { code: "token-invalid", message: "clients of this protocol can show no token" };

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
