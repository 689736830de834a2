import type { Socket } from "node:net";

/** What goes to one client, in order. */
export interface Sending {
  /**
   * Takes whole frames, of which so many bytes are states. False: more would wait than may; nothing was taken. States do not count,
   * since they do not pile up.
   */
  readonly send: (bytes: Buffer, stateBytes: number) => boolean;
  /** Whether so many more bytes may wait. */
  readonly fits: (bytes: number) => boolean;
  /** Whether bytes are waiting. */
  readonly isBehind: () => boolean;
  /** Bytes that are waiting. */
  readonly waiting: () => number;
  /** Counts up whenever the socket has taken what it was given. */
  readonly progress: () => number;
  /** Does something once all that was sent before has been handed to the socket. */
  readonly afterAll: (then: () => void) => void;
}

/** What waits for all clients together, states not counted. */
export interface Waiting {
  bytes: number;
  readonly bytesMax: number;
}

/** So much is handed to a socket at once, so that its progress is seen. */
const handedBytesMax = 65_536;
/** What a frame may carry to be handed over in one piece. */
export const fragmentBytes = handedBytesMax - 4;

/** Length of an unmasked frame, header included (RFC 6455, 5.2). */
const frameLength = (bytes: Buffer, at: number): number => {
  const length = bytes[at + 1] ?? 0;
  if (length < 126) return 2 + length;
  return length === 126 ? 4 + bytes.readUInt16BE(at + 2) : 10 + Number(bytes.readBigUInt64BE(at + 2));
};

/** Cuts between frames, since control frames may come between any two pieces. */
const piecesOf = (bytes: Buffer): ReadonlyArray<Buffer> => {
  if (bytes.length <= handedBytesMax) return [bytes];
  const pieces: Buffer[] = [];
  let from = 0;
  for (let at = 0; at < bytes.length; ) {
    const next = at + frameLength(bytes, at);
    if (next - from > handedBytesMax && at > from) {
      pieces.push(bytes.subarray(from, at));
      from = at;
    }
    at = next;
  }
  return [...pieces, bytes.subarray(from)];
};

/**
 * @param bytesMax that may wait, states not counted
 * @param all that wait for all clients together; whoever is behind is given nothing more while these are too many
 * @param caughtUp called when nothing is waiting any more
 */
export const sending = (socket: Socket, bytesMax: number, all: Waiting, caughtUp: () => void): Sending => {
  const queue: Buffer[] = [];
  let queuedBytes = 0;
  let stateBytesOwed = 0;
  let counted = 0;
  let progress = 0;
  let last = (): void => {};

  const waiting = (): number => queuedBytes + socket.writableLength;
  const isBehind = (): boolean => queue.length > 0 || socket.writableNeedDrain;
  const fits = (bytes: number): boolean =>
    waiting() - stateBytesOwed + bytes <= bytesMax && (all.bytes + bytes <= all.bytesMax || bytes === 0 || !isBehind());
  const count = (bytes: number): void => {
    counted += bytes;
    all.bytes += bytes;
  };

  const pump = (): void => {
    let handed = 0;
    socket.cork();
    while (handed < handedBytesMax) {
      const next = queue.shift();
      if (next === undefined) break;
      handed += next.length;
      queuedBytes -= next.length;
      socket.write(next);
    }
    socket.uncork();
    if (queue.length === 0) last();
  };

  socket.on("drain", () => {
    progress += 1;
    if (queue.length > 0) pump();
    if (isBehind()) return;
    stateBytesOwed = 0;
    count(-counted);
    caughtUp();
  });
  socket.once("close", () => count(-counted));

  return {
    fits,
    isBehind,
    waiting,
    progress: () => progress,
    send: (bytes, stateBytes) => {
      const isFree = !isBehind();
      if (isFree) stateBytesOwed = 0;
      if (!fits(bytes.length - stateBytes)) return false;
      stateBytesOwed += stateBytes;
      if (!isFree) count(bytes.length - stateBytes);
      if (isFree && bytes.length <= handedBytesMax) socket.write(bytes);
      else {
        queue.push(...piecesOf(bytes));
        queuedBytes += bytes.length;
        if (isFree) pump();
      }
      return true;
    },
    afterAll: (then) => {
      if (queue.length === 0) then();
      else last = then;
    },
  };
};
