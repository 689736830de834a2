import type { Socket } from "node:net";
import type { Schedule } from "./schedule.js";

/** What arrives at the server. `text` of a binary frame is undefined. */
export interface ServerEnd {
  readonly hear: (text: string | undefined) => void;
  readonly hearControl: () => void;
  readonly closed: (code: number) => void;
}

export interface ClientEnd {
  readonly opened: () => void;
  readonly hear: (text: string) => void;
  readonly closed: (code: number) => void;
}

/** A connection: a client's WebSocket, the network, and the server's socket. Each direction keeps its order, as TCP does. */
export interface Link {
  readonly say: (text: string | undefined) => void;
  readonly leave: (code: number) => void;

  /** The server's side, as `sending` takes it. */
  readonly socket: Socket;
  /** The handshake is over: the client learns of it. */
  readonly attach: (end: ServerEnd) => void;
  /** Bytes of the server that the kernel has taken, those of control frames included. */
  readonly bytesHanded: () => number;
  /** Bytes that have arrived at the server, those of control frames included. */
  readonly bytesHeard: () => number;
  readonly ping: () => void;
  readonly close: (code: number, reason: string) => void;
  readonly terminate: () => void;

  /** The connection ends, and both sides learn of it. */
  readonly reset: () => void;
  /** Nothing arrives any more, and nobody learns of it. */
  readonly cut: () => void;
  /** From now on the client reads so many bytes a ms. */
  readonly slow: (bytesPerMs: number) => void;
  /** The client reads nothing for so long. */
  readonly pause: (ms: number) => void;
  /** From now on each direction takes so long. */
  readonly delay: (ms: number) => void;
}

/** Small, so that small messages fill them: what Node marks as full, and what the kernels of both sides hold. */
const highWaterMark = 2_048;
const kernelBytesMax = 4_096;

/** In order, each after the one before. */
interface Lane<A> {
  readonly send: (what: A, bytes: number) => void;
  readonly slow: (bytesPerMs: number) => void;
  readonly pause: (ms: number) => void;
}

const lane = <A>(
  { now, later }: Schedule,
  delayMs: () => number,
  arrive: (what: A, bytes: number) => void,
): Lane<A> => {
  let rate = Number.POSITIVE_INFINITY;
  let [freeAt, lastAt] = [0, 0];
  return {
    send: (what, bytes) => {
      freeAt = Math.max(now(), freeAt) + bytes / rate;
      lastAt = Math.max(lastAt, Math.ceil(freeAt) + delayMs());
      later(() => arrive(what, bytes), lastAt - now());
    },
    slow: (bytesPerMs) => {
      rate = bytesPerMs;
    },
    pause: (ms) => {
      freeAt = Math.max(now(), freeAt) + ms;
    },
  };
};

const opcodes = { text: 1, close: 8, ping: 9 } as const;

/** An unmasked control frame (RFC 6455, 5.5). */
const control = (opcode: number, body: Buffer): Buffer =>
  Buffer.concat([Buffer.from([0x80 | opcode, body.length]), body]);

const closeBody = (code: number, reason: string): Buffer => {
  const body = Buffer.alloc(2 + Buffer.byteLength(reason));
  body.writeUInt16BE(code);
  body.write(reason, 2);
  return body;
};

/** Reads the frames of a stream of bytes (RFC 6455, 5.2). */
const framesFrom = (take: (opcode: number, body: Buffer) => void): ((bytes: Buffer) => void) => {
  let rest: Buffer = Buffer.alloc(0);
  return (bytes) => {
    rest = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
    while (rest.length >= 2) {
      const short = (rest[1] as number) & 0x7f;
      const headed = short < 126 ? 2 : short === 126 ? 4 : 10;
      if (rest.length < headed) return;
      const length = short < 126 ? short : short === 126 ? rest.readUInt16BE(2) : Number(rest.readBigUInt64BE(2));
      if (rest.length < headed + length) return;
      const [opcode, body] = [(rest[0] as number) & 0x0f, rest.subarray(headed, headed + length)];
      rest = rest.subarray(headed + length);
      take(opcode, body);
    }
  };
};

/** What `sending` needs of a `net.Socket`: `handOver` is given bytes as long as the kernel has room for them. */
const writable = ({ later }: Schedule, handOver: (bytes: Buffer) => void) => {
  let [drained, closed] = [() => {}, () => {}];
  let queue: Buffer[] = [];
  let [inKernel, corks] = [0, 0];
  let isDrainDue = false;
  const socket = {
    writableLength: 0,
    writableNeedDrain: false,
    isDestroyed: false,
    handed: 0,
    on: (_: "drain", then: () => void) => {
      drained = then;
    },
    once: (_: "close", then: () => void) => {
      closed = then;
    },
    destroy: () => {
      socket.isDestroyed = true;
      closed();
    },
    cork: () => {
      corks += 1;
    },
    uncork: () => {
      corks -= 1;
      pump();
    },
    write: (bytes: Buffer) => {
      if (socket.isDestroyed) return;
      queue.push(bytes);
      socket.writableLength += bytes.length;
      socket.writableNeedDrain ||= socket.writableLength >= highWaterMark;
      pump();
    },
    taken: (bytes: number) => {
      inKernel -= bytes;
      pump();
    },
  };
  const pump = (): void => {
    if (corks > 0 || socket.isDestroyed) return;
    while (queue.length > 0 && inKernel < kernelBytesMax) {
      const [next = Buffer.alloc(0), ...others] = queue;
      queue = others;
      socket.writableLength -= next.length;
      inKernel += next.length;
      socket.handed += next.length;
      handOver(next);
    }
    if (socket.writableLength > 0 || !socket.writableNeedDrain || isDrainDue) return;
    isDrainDue = true;
    later(() => {
      isDrainDue = false;
      if (socket.isDestroyed || socket.writableLength > 0) return;
      socket.writableNeedDrain = false;
      drained();
    }, 0);
  };
  return socket;
};

type Spoken = { readonly text: string | undefined } | { readonly pong: true } | { readonly closing: number };

/** @param delayMs how long the way takes, drawn anew for whatever is sent */
export const link = (schedule: Schedule, delayMs: () => number, client: ClientEnd): Link => {
  let server: ServerEnd = { hear: () => {}, hearControl: () => {}, closed: () => {} };
  let more = 0;
  let [isCut, isOver, isGoneForClient, isGoneForServer] = [false, false, false, false];
  let bytesHeard = 0;

  const endForClient = (code: number): void => {
    if (isGoneForClient) return;
    isGoneForClient = true;
    client.closed(code);
  };
  const endForServer = (code: number): void => {
    if (isGoneForServer) return;
    isGoneForServer = true;
    socket.destroy();
    server.closed(code);
  };

  const wayMs = (): number => delayMs() + more;
  const up = lane<Spoken>(schedule, wayMs, (what, bytes) => {
    if (isCut || isOver || isGoneForServer) return;
    bytesHeard += bytes;
    if ("text" in what) server.hear(what.text);
    else if ("pong" in what) server.hearControl();
    else {
      isOver = true;
      endForServer(what.closing);
    }
  });
  const say = (what: Spoken, bytes: number): void => {
    if (!isGoneForClient) up.send(what, bytes);
  };
  const read = framesFrom((opcode, body) => {
    if (isGoneForClient) return;
    if (opcode === opcodes.text) client.hear(body.toString());
    if (opcode === opcodes.ping) say({ pong: true }, 6);
    if (opcode !== opcodes.close) return;
    say({ closing: body.readUInt16BE() }, 8);
    endForClient(body.readUInt16BE());
  });
  const down = lane<Buffer>(schedule, wayMs, (bytes) => {
    if (isCut || isOver) return;
    read(bytes);
    socket.taken(bytes.length);
  });
  const socket = writable(schedule, (bytes) => down.send(bytes, bytes.length));
  const end = (): void => {
    isOver = true;
    const tell = isCut ? () => {} : () => endForClient(1006);
    schedule.later(tell, wayMs());
  };
  return {
    say: (text) => say({ text }, 6 + (text ?? "").length),
    leave: (code) => {
      if (isGoneForClient) return;
      say({ closing: code }, 8);
      isGoneForClient = true;
    },
    // Of a socket, this is all that `sending` uses.
    socket: socket as unknown as Socket,
    attach: (end) => {
      server = end;
      // It may have ended before the server came to take it.
      if (isGoneForServer) schedule.later(() => end.closed(1006), 0);
      schedule.later(() => {
        if (!isCut && !isOver) client.opened();
      }, wayMs());
    },
    bytesHanded: () => socket.handed,
    bytesHeard: () => bytesHeard,
    ping: () => socket.write(control(opcodes.ping, Buffer.alloc(0))),
    close: (code, reason) => socket.write(control(opcodes.close, closeBody(code, reason))),
    terminate: () => {
      end();
      schedule.later(() => endForServer(1006), 0);
    },
    reset: () => {
      if (isCut) return;
      end();
      schedule.later(() => endForServer(1006), wayMs());
    },
    cut: () => {
      isCut = true;
    },
    slow: down.slow,
    pause: down.pause,
    delay: (ms) => {
      more = ms;
    },
  };
};
