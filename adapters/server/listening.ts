import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import type { Server as SecureServer } from "node:https";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import * as E from "fp-ts/lib/Either.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import * as Log from "../observe/log.js";
import { plainAddress } from "../sockets/address.js";
import type { Connections } from "../sockets/connections.js";
import type { Sockets } from "../sockets/ws.js";
import { listen, type Place } from "./listen.js";

/** A server of somebody else that the WebSockets share. */
export interface Shared {
  readonly server: Server | SecureServer;
  /** Where WebSockets are accepted: `/ws` for `/ws` and `/ws/`. All other paths are left to others. */
  readonly path: string;
}

/** How somebody reaches this server. */
export interface Listening {
  /** 0 before there is one. */
  readonly port: () => number;
  /** Right: connections can come. Left: a one-line error for the operator. */
  readonly begin: TE.TaskEither<string, unknown>;
  /** Takes no more connections; those that are open stay. */
  readonly close: () => void;
  /** Lets go of what is left. */
  readonly end: () => void;
}

interface Around {
  readonly open: Connections;
  /** Connections at once, whatever they are for; more are closed unheard. */
  readonly connectionsMax: number;
  readonly log: Log.Log;
}

const httpIdleMs = 10_000;
const httpOptions = {
  headersTimeout: 5_000,
  requestTimeout: 10_000,
  connectionsCheckingInterval: 1_000,
  maxHeaderSize: 8_192,
};

/** The status of what `node:http` lets through: a version that is not 1.x (RFC 9110, 15.6.6), or more than one Host (RFC 9112, 3.2). */
const faultOf = ({ httpVersionMajor, headersDistinct }: IncomingMessage): 400 | 505 | undefined => {
  if (httpVersionMajor !== 1) return 505;
  return (headersDistinct.host?.length ?? 0) > 1 ? 400 : undefined;
};

/** A server of its own, which answers all requests, and with `ws` takes WebSockets. */
export const ownServer = (
  answer: RequestListener,
  { ws, open, connectionsMax, log, place }: Around & { readonly ws?: Sockets; readonly place: Place },
): Listening => {
  const server = createServer(httpOptions, (request, response) => {
    const { socket } = request;
    if (!open.asked(socket)) return;
    response.once("finish", () => open.answered(socket));
    const fault = faultOf(request);
    if (fault === undefined) answer(request, response);
    else response.writeHead(fault, { connection: "close" }).end();
  });
  server.setTimeout(httpIdleMs);
  if (ws !== undefined) {
    const upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
      // Its answer would overtake the one that is due (RFC 9112, 9.3.2), which would then come among its frames.
      if (open.isAnswerDue(socket as Socket)) socket.destroy();
      else ws.upgrade(request, socket, head);
    };
    server.on("upgrade", upgrade).on("connect", upgrade);
  }
  server.prependListener("connection", open.watch);
  server.maxConnections = connectionsMax;
  server.on("drop", (peer) => {
    open.drop();
    const address = plainAddress(peer?.remoteAddress);
    log.write([Log.ofTurnedAway(`All ${connectionsMax} connections are taken.`, { address })]);
  });
  let port = 0;
  return {
    // It is still told when the server has stopped.
    port: () => port,
    begin: async () => {
      const begun = await listen(server, place, (error) => log.write([Log.ofFailure("server-error", error)]))();
      if (E.isRight(begun)) port = begun.right;
      return begun;
    },
    close: () => server.close(),
    end: open.destroyAll,
  };
};

/** The paths of a shared server, `/ws` and `/ws/` for `/ws`. */
export const pathsOf = ({ path }: Shared): ReadonlyArray<string> => (path === "/" ? ["/"] : [path, `${path}/`]);

/** A part of a server that others use, too: only WebSockets, and only on its own path. */
export const sharedServer = (
  { server }: Shared,
  { ws, open, connectionsMax }: Around & { readonly ws: Sockets },
): Listening => {
  const upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    // Whoever else listens answers for the other paths. If nobody does, a socket without an answer would stay for good.
    if (!ws.isFor(request) && server.listenerCount("upgrade") > 1) return;
    if (open.count() >= connectionsMax) {
      open.drop();
      socket.destroy();
      return;
    }
    // An HTTP server hands out sockets of `net`, or of `tls`, which extend them.
    open.watch(socket as Socket);
    ws.upgrade(request, socket, head);
  };
  return {
    port: () => {
      const address = server.address();
      return typeof address === "object" && address !== null ? address.port : 0;
    },
    begin: TE.fromIO(() => {
      server.on("upgrade", upgrade);
    }),
    close: () => {},
    end: () => {
      server.off("upgrade", upgrade);
      open.destroyAll();
    },
  };
};
