import type { Tell } from "./contender.js";
import { flow } from "./flow.js";
import { type Client, clientsOf, frameBytes, masked, quiet } from "./load.js";
import type { Server } from "./servers.js";

/** Clients that the server knows, and that write to each other. */
export interface Crowd {
  readonly server: Server;
  readonly growTo: (clients: number) => Promise<void>;
  /** From random ones to random others among the first so many; fulfilled when all have arrived. */
  readonly write: (work: {
    readonly talkers: number;
    readonly bytes: number;
    readonly inFlight: number;
    readonly messages: number;
  }) => Promise<void>;
}

/** Pairs that take turns. */
const pairsMax = 1_024;

export const crowdOf = (server: Server, tell: Tell): Crowd => {
  const clients: Client[] = [];
  const arrivals = flow(server.contender.name);

  const pairs = (talkers: number, bytes: number): ReadonlyArray<readonly [Client, Buffer]> =>
    Array.from({ length: pairsMax }, (_, i): readonly [Client, Buffer] => {
      const from = random(i, talkers);
      const to = (from + 1 + random(i + pairsMax, talkers - 1)) % talkers;
      return [clients[from] as Client, masked(tell.say(from, to, bytes))];
    });

  return {
    server,
    growTo: async (size) => {
      const first = clients.length;
      clients.push(...(await clientsOf(server, [first, size], () => (bytes) => arrivals.hear(bytes.length))));
      for (const [i, client] of clients.slice(first).entries())
        client.write(Buffer.concat(tell.introduce(first + i).map(masked)));
      await quiet(arrivals.received);
    },
    write: ({ talkers, bytes, inFlight, messages }) => {
      const all = pairs(talkers, bytes);
      const bytesEach = frameBytes(tell.hear(0, 1, bytes).length) * tell.receivers(clients.length);
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
