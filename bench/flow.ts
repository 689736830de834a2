import { moving } from "./load.js";

export interface Course {
  readonly messages: number;
  /** Messages on their way at once; 1 is paced: the next leaves when all have the last. */
  readonly inFlight: number;
  /** Bytes that arrive, at all receivers together, for each message. */
  readonly bytesEach: number;
  /** Sends so many messages, the first of which is the nth. */
  readonly send: (nth: number, count: number) => void;
}

/** Counts the bytes that arrive, and keeps so many messages on their way. */
export interface Flow {
  readonly hear: (bytes: number) => void;
  readonly received: () => number;
  /** Fulfilled when all of it has arrived. */
  readonly run: (course: Course) => Promise<void>;
}

export const flow = (name: string): Flow => {
  let received = 0;
  let wake = (): void => {};
  let wakeAt = Number.POSITIVE_INFINITY;

  const run = async ({ messages, inFlight, bytesEach, send }: Course): Promise<void> => {
    let sent = 0;
    let isDone = false;
    received = 0;
    const finished = new Promise<void>((resolve) => {
      wake = () => {
        const arrived = Math.floor(received / bytesEach);
        if (arrived >= messages) {
          isDone = true;
          return resolve();
        }
        const next = Math.min(inFlight - (sent - arrived), messages - sent);
        wakeAt = (arrived + 1) * bytesEach;
        if (next > 0) send(sent, next);
        sent += Math.max(next, 0);
      };
      wake();
    });
    await Promise.race([
      finished,
      moving(
        name,
        () => received,
        () => isDone,
      ),
    ]);
  };

  return {
    received: () => received,
    hear: (bytes) => {
      received += bytes;
      if (received < wakeAt) return;
      wakeAt = Number.POSITIVE_INFINITY;
      // Not before all sockets of this turn have been read.
      setImmediate(wake);
    },
    run,
  };
};
