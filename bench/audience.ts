import { setTimeout as sleep } from "node:timers/promises";
import { flow } from "./flow.js";
import { type Client, clientOf, clientsOf, frameBytes, type Hear, masked, moving, quiet } from "./load.js";
import type { Server } from "./servers.js";

/** Messages of `bytes` text, as many on their way at once as `inFlight`; 1 is paced: the next leaves when all have the last. */
export interface Flood {
  readonly bytes: number;
  readonly inFlight: number;
  readonly messages: number;
}

/** Messages at times that do not depend on when the earlier ones arrive. */
export interface Steady {
  readonly bytes: number;
  readonly perSecond: number;
  readonly messages: number;
}

/** One publisher, and subscribers of its channel. */
export interface Audience {
  readonly server: Server;
  readonly size: () => number;
  /** Connects as many more as are missing. */
  readonly growTo: (subscribers: number) => Promise<void>;
  /** Fulfilled when everybody has everything. */
  readonly flood: (flood: Flood) => Promise<void>;
  /** ms from each message's leaving to its arrival, for each subscriber. */
  readonly steady: (steady: Steady) => Promise<ReadonlyArray<number>>;
}

const channel = "bench";

export const audienceOf = async (server: Server): Promise<Audience> => {
  const { dialect } = server.contender;
  const subscribers: Client[] = [];
  const publisher = await clientOf(server, 0, () => {});
  const arrivals = flow(server.contender.name);
  let heardBy = (_subscriber: number, _bytes: number): void => {};

  const hearOf =
    (subscriber: number): Hear =>
    (bytes) => {
      heardBy(subscriber, bytes.length);
      arrivals.hear(bytes.length);
    };

  const flood = ({ bytes, inFlight, messages }: Flood): Promise<void> => {
    const frame = masked(dialect.publish(channel, bytes));
    const bytesEach = frameBytes(bytes) * subscribers.length;
    const send = (_: number, count: number): void =>
      publisher.write(Buffer.concat(Array.from({ length: count }, () => frame)));
    return arrivals.run({ messages, inFlight, bytesEach, send });
  };

  const steady = async ({ bytes, perSecond, messages }: Steady): Promise<ReadonlyArray<number>> => {
    const frame = masked(dialect.publish(channel, bytes));
    const heard = new Float64Array(subscribers.length);
    const sentAt: number[] = [];
    const latencies: number[] = [];
    heardBy = (subscriber, count) => {
      const before = Math.floor((heard[subscriber] ?? 0) / frameBytes(bytes));
      heard[subscriber] = (heard[subscriber] ?? 0) + count;
      const after = Math.floor((heard[subscriber] ?? 0) / frameBytes(bytes));
      const now = performance.now();
      for (let message = before; message < after; message++) latencies.push(now - (sentAt[message] ?? now));
    };
    const began = performance.now();
    while (sentAt.length < messages) {
      const due = Math.min(messages, Math.floor(((performance.now() - began) * perSecond) / 1_000) + 1);
      for (; sentAt.length < due; publisher.write(frame)) sentAt.push(performance.now());
      await sleep(1);
    }
    await moving(server.contender.name, arrivals.received, () => latencies.length >= messages * subscribers.length);
    heardBy = () => {};
    return latencies;
  };

  return {
    server,
    size: () => subscribers.length,
    growTo: async (size) => {
      const more = await clientsOf(server, [subscribers.length + 1, size + 1], (n) => hearOf(n - 1));
      for (const client of more) for (const text of dialect.subscribe(channel)) client.write(masked(text));
      subscribers.push(...more);
      await quiet(arrivals.received);
    },
    flood,
    steady,
  };
};
