import type { Server } from "node:http";
import type { Socket } from "node:net";

export interface ConnectionLimits {
  /** Connections at once, whatever they are for; more are closed unheard. */
  readonly connectionsMax: number;
  /** So long a connection that is no client has for a request and the taking of its answer. */
  readonly answerMs: number;
}

export interface ConnectionPorts {
  /** Takes the address of somebody for whom there was no place. */
  readonly dropped: (address: string) => void;
}

export interface Connections {
  /** How many are open, clients among them. */
  readonly count: () => number;
  /** The connection is a client's from now on: its deadlines are those of its silence and of its close. */
  readonly becameClient: (socket: Socket) => void;
  /** Ends every connection that is left. */
  readonly destroyAll: () => void;
}

/**
 * The connections of an HTTP server, from the first moment of each to its last. HTTP takes its listeners and its time-outs away
 * when it hands a socket over (an upgrade, CONNECT); what is attached here stays: an error listener, a deadline, a place in the
 * count.
 */
export const connections = (server: Server, limits: ConnectionLimits, ports: ConnectionPorts): Connections => {
  /** Each with its deadline, where it is no client. */
  const open = new Map<Socket, NodeJS.Timeout | undefined>();

  const watch = (socket: Socket): void => {
    // A reset is how many connections end: there is nothing to tell.
    socket.on("error", () => socket.destroy());
    const deadline = setTimeout(() => socket.destroy(), limits.answerMs);
    deadline.unref();
    open.set(socket, deadline);
    socket.once("close", () => {
      clearTimeout(deadline);
      open.delete(socket);
    });
  };

  server.prependListener("connection", watch);
  // An answer that has left earns the time for the next one; what has arrived earns nothing.
  server.on("request", ({ socket }, response) => response.once("finish", () => open.get(socket)?.refresh()));
  server.maxConnections = limits.connectionsMax;
  server.on("drop", (peer) => ports.dropped(peer?.remoteAddress ?? ""));

  return {
    count: () => open.size,
    becameClient: (socket) => {
      clearTimeout(open.get(socket));
      if (open.has(socket)) open.set(socket, undefined);
    },
    destroyAll: () => {
      for (const socket of open.keys()) socket.destroy();
    },
  };
};
