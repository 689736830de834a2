import { setTimeout as sleep } from "node:timers/promises";
import { type Client, clientsOf, flow, frameBytes, masked, moving, quiet } from "./load.js";
import type { Server } from "./servers.js";

export interface Work {
  readonly bytes: number;
  readonly inFlight: number;
  readonly messages: number;
}

/** The clients of one server. */
export interface Group {
  readonly server: Server;
  readonly size: () => number;
  /** Connects as many more as are missing. */
  readonly growTo: (clients: number) => Promise<void>;
}

/** One publisher, and subscribers of its channel. */
export interface Audience extends Group {
  /** Fulfilled when everybody has everything. */
  readonly publish: (work: Work) => Promise<void>;
  /** ms from each message's leaving to its arrival, for each subscriber. */
  readonly latencies: (work: Work & { readonly perSecond: number }) => Promise<ReadonlyArray<number>>;
}

/** Users that write to each other. */
export interface Crowd extends Group {
  /** From some to some others among the first so many; fulfilled when all have arrived. */
  readonly write: (work: Work & { readonly talkers: number }) => Promise<void>;
}

/** @param introduce what the nth client says first */
const groupOf = (server: Server, introduce: (n: number) => ReadonlyArray<string>) => {
  const clients: Client[] = [];
  const arrivals = flow(server.contender.name);
  let heardBy = (_n: number, _bytes: number): void => {};
  return {
    server,
    clients,
    arrivals,
    size: () => clients.length,
    onHeard: (hear: typeof heardBy): void => {
      heardBy = hear;
    },
    growTo: async (size: number): Promise<void> => {
      const first = clients.length;
      const hearOf = (n: number) => (bytes: Buffer) => {
        heardBy(n, bytes.length);
        arrivals.hear(bytes.length);
      };
      clients.push(...(await clientsOf(server, [first, size], hearOf)));
      for (const [i, client] of clients.slice(first).entries())
        client.write(Buffer.concat(introduce(first + i).map(masked)));
      await quiet(arrivals.received);
    },
  };
};

const channel = "bench";

export const audienceOf = async (server: Server): Promise<Audience> => {
  const { speech } = server.contender;
  const group = groupOf(server, () => [speech.subscribe(channel)]);
  // Its path is that of a client that no audience grows to.
  const [publisher] = await clientsOf(server, [999_999, 1_000_000], () => () => {});
  const { arrivals, clients } = group;

  const publish = ({ bytes, inFlight, messages }: Work): Promise<void> => {
    const frame = masked(speech.publish(channel, bytes));
    const send = (_: number, count: number): void =>
      publisher?.write(Buffer.concat(Array.from({ length: count }, () => frame)));
    return arrivals.run({ messages, inFlight, bytesEach: frameBytes(bytes) * clients.length, send });
  };

  const latencies: Audience["latencies"] = async ({ bytes, perSecond, messages }) => {
    const frame = masked(speech.publish(channel, bytes));
    const heard = new Float64Array(clients.length);
    const sentAt: number[] = [];
    const found: number[] = [];
    group.onHeard((n, count) => {
      const before = Math.floor((heard[n] ?? 0) / frameBytes(bytes));
      heard[n] = (heard[n] ?? 0) + count;
      const after = Math.floor((heard[n] ?? 0) / frameBytes(bytes));
      const now = performance.now();
      for (let message = before; message < after; message++) found.push(now - (sentAt[message] ?? now));
    });
    const began = performance.now();
    while (sentAt.length < messages) {
      const due = Math.min(messages, Math.floor(((performance.now() - began) * perSecond) / 1_000) + 1);
      for (; sentAt.length < due; publisher?.write(frame)) sentAt.push(performance.now());
      await sleep(1);
    }
    await moving(server.contender.name, arrivals.received, () => found.length >= messages * clients.length);
    group.onHeard(() => {});
    return found;
  };
  return { ...group, publish, latencies };
};

/** Pairs that take turns. */
const pairsMax = 1_024;

export const crowdOf = (server: Server): Crowd => {
  const { speech, can } = server.contender;
  const group = groupOf(server, speech.introduce);
  const { arrivals, clients } = group;
  const pairs = (talkers: number, bytes: number): ReadonlyArray<readonly [Client, Buffer]> =>
    Array.from({ length: pairsMax }, (_, i): readonly [Client, Buffer] => {
      const from = random(i, talkers);
      const to = (from + 1 + random(i + pairsMax, talkers - 1)) % talkers;
      return [clients[from] as Client, masked(speech.say(from, to, bytes))];
    });
  return {
    ...group,
    write: ({ talkers, bytes, inFlight, messages }) => {
      const all = pairs(talkers, bytes);
      const receivers = can.target ? 1 : clients.length - 1;
      const bytesEach = frameBytes(speech.hear(0, 1, bytes).length) * receivers;
      const send = (nth: number, count: number): void => {
        for (let i = nth; i < nth + count; i++) {
          const [client, frame] = all[i % pairsMax] as (typeof all)[number];
          client.write(frame);
        }
      };
      return arrivals.run({ messages, inFlight, bytesEach, send });
    },
  };
};

/** The same at every run: a number below `end` that looks like chance (the mixing step of MurmurHash3). */
const random = (n: number, end: number): number => {
  let mixed = Math.imul((n + 1) ^ 0x9e3779b9, 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return ((mixed ^ (mixed >>> 16)) >>> 0) % end;
};
