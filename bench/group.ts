import { setTimeout as sleep } from "node:timers/promises";
import { type Client, clientsOf, frameBytes, masked } from "./load.js";
import type { Server } from "./servers.js";

export interface Work {
  /** Of the text of each message. */
  readonly bytes: number;
  /** Messages on their way at once; 1 is paced: the next leaves when all have the last. */
  readonly inFlight: number;
  readonly messages: number;
}

/** The clients of one server. */
export interface Group {
  readonly name: string;
  readonly server: Server;
  /** Messages from some to others; fulfilled when all have arrived, with how many that are. */
  readonly deliver: (work: Work) => Promise<number>;
}

/** One publisher, and subscribers of its channel. */
export interface Audience extends Group {
  /** ms from each message's leaving to its arrival, for each subscriber. */
  readonly latencies: (work: Omit<Work, "inFlight"> & { readonly perSecond: number }) => Promise<ReadonlyArray<number>>;
}

const channel = "bench";

export const audienceOf = async (server: Server, size: number): Promise<Audience> => {
  const { name, speech } = server.contender;
  const arrivals = arrivalsAt(name);
  let heardBy = (_n: number, _bytes: number): void => {};
  const hear = (n: number, bytes: number): void => {
    heardBy(n, bytes);
    arrivals.hear(bytes);
  };
  await clientsOf(server, [0, size], { say: () => [speech.subscribe(channel)], hear });
  const [publisher] = await clientsOf(server, [size, size + 1], { say: () => [], hear: () => {} });
  const published = (bytes: number) => [publisher as Client, masked(speech.publish(channel, bytes))] as const;

  const latencies: Audience["latencies"] = async ({ bytes, perSecond, messages }) => {
    const [{ write }, frame] = published(bytes);
    const heard = new Float64Array(size);
    const sentAt: number[] = [];
    const found: number[] = [];
    heardBy = (n, count) => {
      const before = Math.floor((heard[n] ?? 0) / frameBytes(bytes));
      heard[n] = (heard[n] ?? 0) + count;
      const after = Math.floor((heard[n] ?? 0) / frameBytes(bytes));
      const now = performance.now();
      for (let message = before; message < after; message++) found.push(now - (sentAt[message] ?? now));
    };
    const began = performance.now();
    while (sentAt.length < messages) {
      const due = Math.min(messages, Math.floor(((performance.now() - began) * perSecond) / 1_000) + 1);
      for (; sentAt.length < due; write(frame)) sentAt.push(performance.now());
      await sleep(1);
    }
    await arrivals.until(() => found.length >= messages * size);
    heardBy = () => {};
    return found;
  };
  return {
    name,
    server,
    deliver: async (work) => {
      await arrivals.run(work, { sends: [published(work.bytes)], bytesEach: frameBytes(work.bytes) * size });
      return work.messages * size;
    },
    latencies,
  };
};

/** Pairs that take turns. */
const pairsMax = 1_024;

/** Users of whom the first so many write to each other. */
export const usersOf = async (server: Server, size: number, talkers: number): Promise<Group> => {
  const { name, speech, can } = server.contender;
  const arrivals = arrivalsAt(name);
  const hear = (_n: number, bytes: number): void => arrivals.hear(bytes);
  const clients = await clientsOf(server, [0, size], { say: speech.introduce, hear });
  const pairs = (bytes: number) =>
    Array.from({ length: pairsMax }, (_, i) => {
      const from = random(i, talkers);
      const to = (from + 1 + random(i + pairsMax, talkers - 1)) % talkers;
      return [clients[from] as Client, masked(speech.say(from, to, bytes))] as const;
    });
  return {
    name,
    server,
    deliver: async (work) => {
      const bytesEach = frameBytes(work.bytes + speech.addedBytes) * (can.target ? 1 : size - 1);
      await arrivals.run(work, { sends: pairs(work.bytes), bytesEach });
      return work.messages;
    },
  };
};

/** The same at every run: a number below `end` that looks like chance (the mixing step of MurmurHash3). */
const random = (n: number, end: number): number => {
  let mixed = Math.imul((n + 1) ^ 0x9e3779b9, 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return ((mixed ^ (mixed >>> 16)) >>> 0) % end;
};

interface Way {
  /** Who sends what, in turn. */
  readonly sends: ReadonlyArray<readonly [Client, Buffer]>;
  /** Bytes that arrive for each message, at all receivers together. */
  readonly bytesEach: number;
}

/** Counts the bytes that arrive, and keeps so many messages on their way. */
const arrivalsAt = (name: string) => {
  let received = 0;
  let wake = (): void => {};
  let wakeAt = Number.POSITIVE_INFINITY;

  const hear = (bytes: number): void => {
    received += bytes;
    if (received < wakeAt) return;
    wakeAt = Number.POSITIVE_INFINITY;
    // Not before all sockets of this turn have been read.
    setImmediate(wake);
  };

  /** Rejected when not even one byte came for 10 s although not all had come. */
  const until = async (isDone: () => boolean): Promise<void> => {
    for (let before = -1; !isDone(); ) {
      if (before === received) throw new Error(`${name}: nothing came for 10 s, and only ${received} bytes before`);
      before = received;
      for (let waited = 0; waited < 10_000 && !isDone(); waited += 50) await sleep(50);
    }
  };

  /** Fulfilled when all of it has arrived. */
  const run = async ({ messages, inFlight }: Work, { sends, bytesEach }: Way): Promise<void> => {
    let sent = 0;
    let isDone = false;
    received = 0;
    const finished = new Promise<void>((resolve) => {
      wake = () => {
        const arrived = Math.floor(received / bytesEach);
        isDone = arrived >= messages;
        if (isDone) return resolve();
        wakeAt = (arrived + 1) * bytesEach;
        for (const end = Math.min(arrived + inFlight, messages); sent < end; sent++) {
          const [client, frame] = sends[sent % sends.length] as Way["sends"][number];
          client.write(frame);
        }
      };
      wake();
    });
    await Promise.race([finished, until(() => isDone)]);
  };
  return { hear, until, run };
};
