import { setTimeout as sleep } from "node:timers/promises";
import { type Client, clientsOf, flow, frameBytes, masked, moving, quiet } from "./load.js";
import type { Server } from "./servers.js";

export interface Work {
  readonly bytes: number;
  readonly inFlight: number;
  readonly messages: number;
  /** The clients that write, where any may. */
  readonly talkers: number;
}

/** The clients of one server. */
export interface Group {
  readonly server: Server;
  readonly size: () => number;
  /** Connects as many more as are missing. */
  readonly growTo: (clients: number) => Promise<void>;
  /** Fulfilled when all messages have arrived. */
  readonly send: (work: Work) => Promise<void>;
}

/** @param introduce what the nth client says first */
export const groupOf = (server: Server, introduce: (n: number) => ReadonlyArray<string>) => {
  const clients: Client[] = [];
  const arrivals = flow(server.contender.name);
  const on = { heard: (_n: number, _bytes: number): void => {} };
  const growTo = async (size: number): Promise<void> => {
    const first = clients.length;
    const hearOf = (n: number) => (bytes: Buffer) => {
      on.heard(n, bytes.length);
      arrivals.hear(bytes.length);
    };
    clients.push(...(await clientsOf(server, [first, size], hearOf)));
    for (const [i, client] of clients.slice(first).entries())
      client.write(Buffer.concat(introduce(first + i).map(masked)));
    await quiet(arrivals.received);
  };
  return { server, clients, arrivals, on, size: () => clients.length, growTo };
};

const channel = "bench";

/** One publisher, and subscribers of its channel. `latencies`: ms from each message's leaving to its arrival, for each subscriber. */
export const audienceOf = async (server: Server) => {
  const { speech } = server.contender;
  const { clients, arrivals, on, ...group } = groupOf(server, () => [speech.subscribe(channel)]);
  // Its path is that of a client that no audience grows to.
  const [publisher] = await clientsOf(server, [999_999, 1_000_000], () => () => {});
  const send = ({ bytes, inFlight, messages }: Work): Promise<void> => {
    const frame = masked(speech.publish(channel, bytes));
    const write = (_: number, count: number): void =>
      publisher?.write(Buffer.concat(Array.from({ length: count }, () => frame)));
    return arrivals.run({ messages, inFlight, bytesEach: frameBytes(bytes) * clients.length, send: write });
  };
  const latencies = async (work: { readonly bytes: number; readonly perSecond: number; readonly messages: number }) => {
    const frame = masked(speech.publish(channel, work.bytes));
    const heard = new Float64Array(clients.length);
    const sentAt: number[] = [];
    const found: number[] = [];
    on.heard = (n, count) => {
      const before = Math.floor((heard[n] ?? 0) / frameBytes(work.bytes));
      heard[n] = (heard[n] ?? 0) + count;
      const now = performance.now();
      for (let message = before; message < Math.floor((heard[n] ?? 0) / frameBytes(work.bytes)); message++)
        found.push(now - (sentAt[message] ?? now));
    };
    const began = performance.now();
    while (sentAt.length < work.messages) {
      const due = Math.min(work.messages, Math.floor(((performance.now() - began) * work.perSecond) / 1_000) + 1);
      for (; sentAt.length < due; publisher?.write(frame)) sentAt.push(performance.now());
      await sleep(1);
    }
    await moving(server.contender.name, arrivals.received, () => found.length >= work.messages * clients.length);
    on.heard = () => {};
    return found;
  };
  return { ...group, send, latencies };
};

/** Pairs that take turns. */
const pairsMax = 1_024;

/** Users that write to each other: some to some others among the first so many. */
export const crowdOf = (server: Server): Group => {
  const { speech, can } = server.contender;
  const { clients, arrivals, on: _, ...group } = groupOf(server, speech.introduce);
  const send = ({ talkers, bytes, inFlight, messages }: Work): Promise<void> => {
    const pairs = Array.from({ length: pairsMax }, (_unused, i): readonly [Client, Buffer] => {
      const from = random(i, talkers);
      const to = (from + 1 + random(i + pairsMax, talkers - 1)) % talkers;
      return [clients[from] as Client, masked(speech.say(from, to, bytes))];
    });
    const bytesEach = frameBytes(speech.hear(0, 1, bytes).length) * (can.target ? 1 : clients.length - 1);
    const write = (nth: number, count: number): void => {
      for (let i = nth; i < nth + count; i++) {
        const [client, frame] = pairs[i % pairsMax] as (typeof pairs)[number];
        client.write(frame);
      }
    };
    return arrivals.run({ messages, inFlight, bytesEach, send: write });
  };
  return { ...group, send };
};

/** The same at every run: a number below `end` that looks like chance (the mixing step of MurmurHash3). */
const random = (n: number, end: number): number => {
  const mixed = Math.imul((n + 1) ^ 0x9e3779b9, 0x85ebca6b);
  const more = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return ((more ^ (more >>> 16)) >>> 0) % end;
};
