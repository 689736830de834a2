import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { WebSocket } from "ws";
import * as Ws from "ws";
import type { ClientId, Decoder, Event, Millis } from "../core/index.js";

export interface SocketLimits {
  readonly frameBytesMax: number;
  /** Sockets at once; more are turned away with 503. */
  readonly clientsMax: number;
  /** Bytes that may wait for a client that does not read; beyond them it is cut off. */
  readonly outboxBytesMax: number;
  /** A client that has been silent so long is asked for a sign of life. */
  readonly pingAfterMs: number;
  /** And after so long a silence it is given up. */
  readonly cutAfterMs: number;
}

export interface SocketPorts {
  readonly decoder: Decoder;
  readonly dispatch: (event: Event) => void;
  readonly now: () => Millis;
  /** Takes a sentence about a client whose socket failed or had to be cut off. */
  readonly warn: (client: ClientId, sentence: string) => void;
}

export interface Sockets {
  /** Answers an upgrade request: by a handshake on `/`, `/ws` and `/ws/`, by 404 elsewhere. */
  readonly upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
  /** Sends frames in one write. A client that is gone or going gets nothing. */
  readonly write: (client: ClientId, frames: ReadonlyArray<Buffer>) => void;
  readonly close: (client: ClientId, code: number, reason: string) => void;
  /** From now on nobody is let in; fulfilled when everybody is gone, the last of them cut off after `graceMs`. */
  readonly drain: (graceMs: number) => Promise<void>;
}

interface Peer {
  readonly ws: WebSocket;
  readonly socket: Socket;
  bytesHeard: number;
  silentSince: number;
  isAsked: boolean;
}

// @types/ws lacks these two options and the static `Sender.frame` of ws 8.23.
const fragmentLimits = { maxFragments: 16, maxBufferedChunks: 256 };
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
const sweepMs = 1_000;

/**
 * The sockets of one server. What they observe becomes events; nothing is decided here but what concerns a socket as such: its
 * size limits, its silence, and how much may wait for it.
 */
export const sockets = (limits: SocketLimits, { decoder, dispatch, now, warn }: SocketPorts): Sockets => {
  const peers = new Map<ClientId, Peer>();
  let lastId = 0;
  let drained: (() => void) | undefined;

  const server = new Ws.WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    skipUTF8Validation: false,
    maxPayload: limits.frameBytesMax,
    ...fragmentLimits,
  });

  const cut = (client: ClientId, peer: Peer, sentence: string): void => {
    warn(client, sentence);
    peer.ws.terminate();
  };

  const admit = (ws: WebSocket, socket: Socket): void => {
    lastId += 1;
    const client = lastId as ClientId;
    peers.set(client, { ws, socket, bytesHeard: socket.bytesRead, silentSince: now(), isAsked: false });
    ws.on("error", (error) => warn(client, error.message));
    ws.on("message", (data: Buffer, isBinary) => {
      const arrival = { at: now(), client };
      dispatch(isBinary ? decoder.binary(arrival) : decoder.text(arrival, data.toString()));
    });
    ws.on("close", (code) => {
      peers.delete(client);
      dispatch({ kind: "ClientDisconnected", at: now(), client, code });
      if (peers.size === 0) drained?.();
    });
    dispatch({
      kind: "ClientConnected",
      at: now(),
      client,
      address: (socket.remoteAddress ?? "unknown").replace(/^::ffff:/, ""),
    });
  };

  const sweep = setInterval(() => {
    const time = now();
    for (const [client, peer] of peers) {
      if (peer.socket.bytesRead !== peer.bytesHeard) {
        peer.bytesHeard = peer.socket.bytesRead;
        peer.silentSince = time;
        peer.isAsked = false;
      } else if (time - peer.silentSince >= limits.cutAfterMs) {
        cut(client, peer, `not a sign of life for ${limits.cutAfterMs} ms`);
      } else if (time - peer.silentSince >= limits.pingAfterMs && !peer.isAsked) {
        peer.isAsked = true;
        peer.ws.ping();
      }
    }
  }, sweepMs);
  sweep.unref();

  return {
    upgrade: (request, socket, head) => {
      socket.on("error", () => socket.destroy());
      if (!paths.has(pathOf(request))) return turnAway(socket, "404 Not Found", "WebSockets live at /, /ws and /ws/.");
      if (drained !== undefined) return turnAway(socket, "503 Service Unavailable", "This server is stopping.");
      if (peers.size >= limits.clientsMax) return turnAway(socket, "503 Service Unavailable", "This server is full.");
      // An HTTP server hands out sockets of `net`, or of `tls`, which extend them.
      server.handleUpgrade(request, socket, head, (ws) => admit(ws, socket as Socket));
    },
    write: (client, frames) => {
      const peer = peers.get(client);
      if (peer === undefined || peer.ws.readyState !== peer.ws.OPEN) return;
      if (peer.socket.writableLength > limits.outboxBytesMax)
        return cut(client, peer, `does not read: ${peer.socket.writableLength} bytes are waiting for it`);
      peer.socket.write(frames.length === 1 && frames[0] !== undefined ? frames[0] : Buffer.concat(frames));
    },
    close: (client, code, reason) => peers.get(client)?.ws.close(code, reason),
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

const pathOf = (request: IncomingMessage): string => (request.url ?? "/").split("?", 1)[0] ?? "/";

const turnAway = (socket: Duplex, status: string, body: string): void => {
  socket.end(
    `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
};
