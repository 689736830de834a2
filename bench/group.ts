import { setTimeout as sleep } from "node:timers/promises";
import { type Client, clientsOf, frameBytes, type Hear, masked } from "./load.js";
import type { Server } from "./servers.js";

export interface Work {
  /** Of the text of each message. */
  readonly bytes: number;
  /** Messages on their way at once; 1 is paced: the next leaves when all have the last. */
  readonly inFlight: number;
  readonly messages: number;
}

/** Messages from some clients of a server to others; fulfilled when all have arrived, with how many that are. */
export type Deliver = (work: Work) => Promise<number>;

/** Connects so many clients, which can then be worked with. */
export type Open = (server: Server, size: number) => Promise<Deliver>;

const channel = "bench";
const patienceMs = 10_000;

/** Connects subscribers too. */
const publisherOf = async (server: Server, size: number, hear: Hear): Promise<Client> => {
  await clientsOf(server, [0, size], { say: () => [server.contender.speech.subscribe(channel)], hear });
  return (await clientsOf(server, [size, size + 1], {}))[0] as Client;
};

/** One publisher, and so many subscribers of its channel. */
export const audienceOf: Open = async (server, size) => {
  const arrivals = arrivalsAt(server);
  const publisher = await publisherOf(server, size, arrivals.hear);
  return async (work) => {
    const sends = [[publisher, masked(server.contender.speech.publish(channel, work.bytes))]] as const;
    await arrivals.run(work, { sends, bytesEach: frameBytes(work.bytes) * size });
    return work.messages * size;
  };
};

/** ms from each message's leaving the publisher to its arrival, for each of so many subscribers. */
export const latenciesOf = async (
  server: Server,
  size: number,
  { bytes, messages, perSecond }: Omit<Work, "inFlight"> & { readonly perSecond: number },
): Promise<ReadonlyArray<number>> => {
  const heard = new Float64Array(size);
  const sentAt: number[] = [];
  const found: number[] = [];
  const each = frameBytes(bytes);
  let isSteady = false;
  const publisher = await publisherOf(server, size, (n, more) => {
    if (!isSteady) return;
    const before = heard[n] ?? 0;
    heard[n] = before + more;
    const now = performance.now();
    for (let message = Math.floor(before / each); message < Math.floor((before + more) / each); message++)
      found.push(now - (sentAt[message] ?? now));
  });
  isSteady = true;
  const frame = masked(server.contender.speech.publish(channel, bytes));
  for (const began = performance.now(); found.length < messages * size; await sleep(1)) {
    const ms = performance.now() - began;
    const due = Math.min(messages, Math.floor((ms * perSecond) / 1_000) + 1);
    for (; sentAt.length < due; publisher.write(frame)) sentAt.push(performance.now());
    if (ms > (messages * 1_000) / perSecond + patienceMs) throw new Error("messages were lost");
  }
  return found;
};

/** Pairs that take turns. */
const pairsMax = 1_024;

/** Users of whom the first so many write to each other. */
export const usersOf =
  (talkers: number): Open =>
  async (server, size) => {
    const { speech, isNaive } = server.contender;
    const arrivals = arrivalsAt(server);
    const clients = await clientsOf(server, [0, size], { say: speech.introduce, hear: arrivals.hear });
    return async (work) => {
      const sends = Array.from({ length: pairsMax }, (_, i) => {
        const from = random(i, talkers);
        const to = (from + 1 + random(i + pairsMax, talkers - 1)) % talkers;
        return [clients[from] as Client, masked(speech.say(from, to, work.bytes))] as const;
      });
      const bytesEach = frameBytes(work.bytes + speech.addedBytes) * (isNaive ? size - 1 : 1);
      await arrivals.run(work, { sends, bytesEach });
      return work.messages;
    };
  };

/** The same at every run: a number below `end` that looks like chance (the mixing step of MurmurHash3). */
const random = (n: number, end: number): number => {
  let mixed = Math.imul((n + 1) ^ 0x9e3779b9, 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return ((mixed ^ (mixed >>> 16)) >>> 0) % end;
};

/** Who sends what, in turn, and the bytes that arrive for each message, at all receivers together. */
type Way = { readonly sends: ReadonlyArray<readonly [Client, Buffer]>; readonly bytesEach: number };

/** Counts the bytes that arrive, and keeps so many messages on their way. */
const arrivalsAt = ({ contender: { name } }: Server) => {
  let received = 0;
  let wake = (): void => {};
  let wakeAt = Number.POSITIVE_INFINITY;
  const hear: Hear = (_, bytes) => {
    received += bytes;
    if (received < wakeAt) return;
    wakeAt = Number.POSITIVE_INFINITY;
    // Not before all sockets of this turn have been read.
    setImmediate(wake);
  };
  /** Fulfilled when all of it has arrived, rejected when for 10 s not one message has. */
  const run = ({ messages, inFlight }: Work, { sends, bytesEach }: Way): Promise<void> =>
    new Promise<void>((resolve, reject) => {
      const stalled = (): void => reject(new Error(`${name}: only ${received} of ${messages * bytesEach} bytes came`));
      const timer = setTimeout(stalled, patienceMs);
      let sent = 0;
      received = 0;
      wake = () => {
        const arrived = Math.floor(received / bytesEach);
        if (arrived >= messages) {
          clearTimeout(timer);
          return resolve();
        }
        timer.refresh();
        wakeAt = (arrived + 1) * bytesEach;
        for (const end = Math.min(arrived + inFlight, messages); sent < end; sent++) {
          const [client, frame] = sends[sent % sends.length] as Way["sends"][number];
          client.write(frame);
        }
      };
      wake();
    });
  return { hear, run };
};
