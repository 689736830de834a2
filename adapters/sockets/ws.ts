import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { WebSocket } from "ws";
import * as Ws from "ws";
import type { ClientId, Decoder, Dialect, Event, Limits, Millis, SessionId } from "../../core/index.js";

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
  /** Nothing is waiting for the client any more: it has read all, or is gone. */
  readonly caughtUp: (client: ClientId) => void;
  /** Takes a sentence about a client whose socket failed or had to be cut off. */
  readonly warn: (client: ClientId, sentence: string) => void;
  /** Takes a sentence about somebody who was not let in, and what they had asked. */
  readonly turnedAway: (sentence: string, request: IncomingMessage) => void;
}

export interface Sockets {
  /** Answers an upgrade request: by a handshake on `/`, `/ws` and `/ws/`, by 404 elsewhere, by 403 or 503 to whom it does not let in. */
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
}

// @types/ws 8.18 lacks these two options of ws 8.23.
const fragmentLimits = { maxFragments: 16, maxBufferedChunks: 256 };
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

const paths = new Set(["/", "/ws", "/ws/"]);
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
    handleProtocols: (offered) => dialects.find(({ name }) => offered.has(name))?.name ?? [...offered][0] ?? false,
    ...fragmentLimits,
  });

  const refusalOf = (request: IncomingMessage): readonly [string, string] | undefined => {
    const { origin } = request.headers;
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

  const hear = (client: ClientId, peer: Peer, data: Buffer, isBinary: boolean): void => {
    const arrival = { at: now(), client };
    dispatch(isBinary ? peer.decoder.binary(arrival) : peer.decoder.text(arrival, data.toString()));
    peer.framesThisTurn += 1;
    talking.add(peer);
    if (peer.framesThisTurn === framesPerTurnMax) peer.ws.pause();
  };

  const admit = (ws: WebSocket, socket: Socket): void => {
    lastId += 1;
    const client = lastId as ClientId;
    const heard = { bytesHeard: socket.bytesRead, silentSweeps: 0, sweepsSinceAsked: undefined, framesThisTurn: 0 };
    const { dialect, decoder } = spoken.find(({ dialect: { name } }) => name === ws.protocol) ?? first;
    const peer: Peer = { dialect, decoder, ws, socket, ...heard, bytesOwed: 0 };
    peers.set(client, peer);
    socket.on("drain", () => {
      peer.bytesOwed = 0;
      ports.caughtUp(client);
    });
    ws.on("error", (error) => warn(client, error.message));
    ws.on("message", (data: Buffer, isBinary) => hear(client, peer, data, isBinary));
    ws.on("close", (code) => {
      peers.delete(client);
      talking.delete(peer);
      ports.caughtUp(client);
      dispatch({ kind: "ClientDisconnected", at: now(), client, code });
      if (peers.size === 0) drained?.();
    });
    const address = (socket.remoteAddress ?? "unknown").replace(/^::ffff:/, "");
    const session = randomUUID() as string as SessionId;
    dispatch({
      kind: "ClientConnected",
      at: now(),
      client,
      session,
      generation: 1,
      dialect: dialect.name,
      address,
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
        return server.handleUpgrade(request, socket, head, (ws) => admit(ws, socket as Socket));
      const [status, why] = refusal;
      ports.turnedAway(`${status}. ${why}`, request);
      turnAway(socket, status, why);
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
        if (peer.framesThisTurn >= framesPerTurnMax) peer.ws.resume();
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

/** The path of a request target, which may also come as a whole URL (RFC 9112, 3.2.2). */
const pathOf = ({ url = "/" }: IncomingMessage): string =>
  /^https?:\/\//i.test(url) && URL.canParse(url) ? new URL(url).pathname : (url.split("?", 1)[0] ?? "/");

const turnAwayMs = 2_000;

const turnAway = (socket: Duplex, status: string, body: string): void => {
  const head = `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: ${body.length}`;
  socket.end(`${head}\r\n\r\n${body}`, () => socket.destroy());
  // Whoever does not take the answer does not keep the connection either.
  setTimeout(() => socket.destroy(), turnAwayMs).unref();
};
