import { bun, ours, peerJsServer, recording, seed, socketIoServer } from "./contender.js";
import { costBar, costBySize, costRatio, costsAmong, costTable } from "./cost.js";
import { audienceOf, latenciesOf, usersOf } from "./group.js";
import { type Bar, inTurns, quantile, type Results, rowsOf, type Section } from "./section.js";
import { start } from "./servers.js";

const [bytes, inFlight] = [200, 64];
const flooding = `${bytes} B, ${inFlight} in flight`;
/** A rate that each of the contenders can keep. */
const perSecond = 50;

/** What does one delivered message cost the server, when one client publishes and many have subscribed? */
export const fanOut: Section = {
  name: "fan-out",
  title: "One publisher, many subscribers",
  run: async (bench) => {
    const [main, largest, steadyMessages] = bench.sizes([500, 5_000, 200], [500, 500, 10], [10, 100, 3]);
    const at = (size: number, work: { readonly bytes: number; readonly inFlight: number }): Promise<Results> => {
      bench.progress(`${size} subscribers, ${work.bytes} B, ${work.inFlight} in flight`);
      return costsAmong(bench, { size, open: audienceOf, ...work });
    };
    const bySize = new Map<number, Results>();
    for (const size of [10, 100, 500, 1_000, 5_000].filter((each) => each <= largest))
      bySize.set(size, await at(size, { bytes, inFlight }));
    const flood = bySize.get(main) ?? new Map();
    const paced = await at(main, { bytes, inFlight: 1 });
    const large = await at(main, { bytes: 2_048, inFlight });
    bench.progress("latency");
    const latency = await inTurns(bench.contenders, 1, async (contender) => {
      const server = await start(contender);
      const ms = await latenciesOf(server, main, { bytes, perSecond, messages: steadyMessages });
      await server.stop();
      return { "p50, ms": quantile(ms, 0.5), "p99, ms": quantile(ms, 0.99), "max, ms": quantile(ms, 1) };
    });
    const recorded = recording("").name;
    const what = `${main} subscribers`;
    const noWorse = (title: string, results: Results): ReadonlyArray<Bar> =>
      [bun.name, seed.name].flatMap((other) => {
        const limit = costRatio([flood, ours.name], [flood, other]).median;
        return costBar(`${title}, no worse than above`, [results, ours.name], [results, other], limit);
      });
    return {
      tables: [
        costTable(`${what}, ${flooding}`, flood),
        costTable(`${what}, ${bytes} B, paced: the next message when all have the last`, paced),
        costTable(`${what}, 2 KiB, ${inFlight} in flight`, large),
        {
          title: `Latency at ${perSecond} messages of ${bytes} B a second, each to ${what}`,
          rows: rowsOf(latency),
          note: "From the publisher's write to each subscriber's read; the load generator's own reading of all sockets is in it.",
        },
        costBySize(`By the number of subscribers, ${flooding}`, bySize),
      ],
      bars: [
        ...costBar(`${what}, ${inFlight} in flight`, [flood, ours.name], [flood, bun.name], 1),
        ...costBar(`${what}, ${inFlight} in flight`, [flood, ours.name], [flood, seed.name], 1 / 20),
        ...costBar(`${what}, ${inFlight} in flight`, [flood, ours.name], [flood, socketIoServer.name], 1 / 15),
        ...costBar(`${what}, ${inFlight} in flight`, [flood, recorded], [flood, ours.name], 1.05),
        ...costBar(`${what}, paced`, [paced, ours.name], [paced, bun.name], 1.3),
        ...costBar(`${what}, paced`, [paced, recorded], [paced, ours.name], 1.05),
        ...noWorse(`${what}, 2 KiB`, large),
        ...(largest > main ? noWorse(`${largest} subscribers`, bySize.get(largest) ?? new Map()) : []),
      ],
    };
  },
};

/** What does a message for one user cost, and does it cost more where more users are? */
export const targeted: Section = {
  name: "targeted",
  title: "From one user to one other, many being there",
  run: async (bench) => {
    const [few, some, most] = bench.sizes([10, 100, 1_000], [10, 30, 300], [5, 10, 20]);
    const at = (size: number, talkers: number): Promise<Results> => {
      bench.progress(`${size} users, of whom ${talkers} talk`);
      return costsAmong(bench, { size, open: usersOf(talkers), bytes, inFlight });
    };
    const bySize = new Map<number, Results>();
    for (const size of [few, some, most]) bySize.set(size, await at(size, size));
    const [least, last] = [bySize.get(few) ?? new Map(), bySize.get(most) ?? new Map()];
    const fewTalk = await at(most, few);
    return {
      tables: [
        costBySize(`By the number of users of one channel, ${flooding}`, bySize),
        costTable(`${most} users of one channel, ${flooding}`, last),
        costTable(`${most} users of one channel, of whom ${few} talk, ${flooding}`, fewTalk),
      ],
      bars: [
        ...costBar(`${most} users, of whom ${few} talk ÷ ${few} users`, [fewTalk, ours.name], [least, ours.name], 1.5),
        ...costBar(`${most} users ÷ ${few} users`, [last, ours.name], [least, ours.name], 1.5),
        ...costBar(`${most} users`, [last, ours.name], [last, seed.name], 1 / 100),
        ...costBar(`${most} users`, [last, ours.name], [last, peerJsServer.name], 1.5),
      ],
    };
  },
};
