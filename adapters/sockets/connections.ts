import type { Socket } from "node:net";

export interface Connections {
  /** How many are open, clients among them. */
  readonly count: () => number;
  /** Attaches what stays with a connection to its end: an error listener, a deadline, a place in the count. */
  readonly watch: (socket: Socket) => void;
  /** A request has come on the connection. False: too many wait for their answers; the connection is ended. */
  readonly asked: (socket: Socket) => boolean;
  /** An answer has left on the connection: it earns the time for the next one. What has arrived earns nothing. */
  readonly answered: (socket: Socket) => void;
  /** Whether an answer is still to leave on the connection. */
  readonly isAnswerDue: (socket: Socket) => boolean;
  /** For how many there was no place. */
  readonly dropped: () => number;
  /** Counts one for whom there was no place. */
  readonly drop: () => void;
  /** The connection is a client's from now on: its deadlines are those of its silence and of its close. */
  readonly becameClient: (socket: Socket) => void;
  /** Ends every connection that is left. */
  readonly destroyAll: () => void;
}

/** Requests of one connection that wait for their answers. Browsers send one at a time. */
const askedMax = 8;

interface Connection {
  /** Undefined: it is a client's. */
  readonly deadline: NodeJS.Timeout | undefined;
  readonly asked: number;
}

/**
 * The connections of a server, from the first moment of each to its last. HTTP takes its listeners and its time-outs away when
 * it hands a socket over (an upgrade, CONNECT); what is attached here stays.
 *
 * @param answerMs so long a connection that is no client has for a request and the taking of its answer
 */
export const connections = (answerMs: number): Connections => {
  const open = new Map<Socket, Connection>();
  let dropped = 0;
  return {
    watch: (socket) => {
      // A reset is how many connections end: there is nothing to tell.
      socket.on("error", () => socket.destroy());
      const deadline = setTimeout(() => socket.destroy(), answerMs);
      deadline.unref();
      open.set(socket, { deadline, asked: 0 });
      socket.once("close", () => {
        clearTimeout(deadline);
        open.delete(socket);
      });
    },
    asked: (socket) => {
      const connection = open.get(socket);
      if (connection === undefined) return false;
      open.set(socket, { deadline: connection.deadline, asked: connection.asked + 1 });
      if (connection.asked < askedMax) return true;
      socket.destroy();
      return false;
    },
    answered: (socket) => {
      const connection = open.get(socket);
      if (connection === undefined) return;
      connection.deadline?.refresh();
      open.set(socket, { deadline: connection.deadline, asked: connection.asked - 1 });
    },
    isAnswerDue: (socket) => (open.get(socket)?.asked ?? 0) > 0,
    count: () => open.size,
    dropped: () => dropped,
    drop: () => {
      dropped += 1;
    },
    becameClient: (socket) => {
      clearTimeout(open.get(socket)?.deadline);
      if (open.has(socket)) open.set(socket, { deadline: undefined, asked: 0 });
    },
    destroyAll: () => {
      for (const socket of open.keys()) socket.destroy();
    },
  };
};
