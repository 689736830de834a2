import { bun, ours, peerJsServer, recording, seed, socketIoServer } from "./contender.js";
import { among, costBar, costBySize, costRatio, costs, costTable } from "./cost.js";
import { type Audience, audienceOf, usersOf } from "./group.js";
import { type Figures, quantile, type Results } from "./rounds.js";
import { type Bar, type Bench, type Pace, rowsOf, type Section } from "./section.js";

const inFlight = 64;
const bytes = 200;

const subscribers: Readonly<Record<Pace, { readonly curve: ReadonlyArray<number>; readonly main: number }>> = {
  full: { curve: [10, 100, 500, 1_000, 5_000], main: 500 },
  quick: { curve: [10, 500], main: 500 },
  tiny: { curve: [5, 20, 40], main: 20 },
};

/** What does one delivered message cost the server, when one client publishes and many have subscribed? */
export const fanOut: Section = {
  name: "fan-out",
  title: "One publisher, many subscribers",
  run: async (bench) => {
    const { curve, main } = subscribers[bench.pace];
    const contenders = bench.contenders.filter(({ can }) => can.channels);
    const plain = contenders.filter(({ env }) => env.RECORD === undefined);
    const floods = new Map<number, Results>();
    let atMain: ReadonlyArray<Results> = [];
    for (const size of curve) {
      bench.progress(`${size} subscribers`);
      const found = await among(
        { contenders: size === main ? contenders : plain, size },
        (server) => audienceOf(server, size),
        async (audiences) => {
          const flood = await costs(bench, audiences, { bytes, inFlight });
          return size === main ? [flood, ...(await besides(bench, audiences))] : [flood];
        },
      );
      floods.set(size, found[0] ?? new Map());
      if (size === main) atMain = found;
    }
    const [flood, paced, large, latency] = atMain as readonly [Results, Results, Results, Results];
    const largest = Math.max(...curve);
    const recorded = recording("").name;
    const title = `${main} subscribers`;
    const noWorse = (what: string, results: Results | undefined): ReadonlyArray<Bar> =>
      [bun.name, seed.name].flatMap((other) =>
        costBar(
          `${what}, no worse than above`,
          [results, ours.name],
          [results, other],
          costRatio([flood, ours.name], [flood, other]).median,
        ),
      );
    return {
      tables: [
        costTable(`${title}, ${bytes} B, ${inFlight} in flight`, flood),
        costTable(`${title}, ${bytes} B, paced: the next message when all have the last`, paced),
        costTable(`${title}, 2 KiB, ${inFlight} in flight`, large),
        {
          title: `Latency at ${perSecond} messages of ${bytes} B a second, each to ${main} subscribers`,
          rows: rowsOf(latency),
          note: "From the publisher's write to each subscriber's read; the load generator's own reading of all sockets is in it.",
        },
        costBySize(`By the number of subscribers, ${bytes} B, ${inFlight} in flight`, floods),
      ],
      bars: [
        ...costBar(`${title}, ${inFlight} in flight`, [flood, ours.name], [flood, bun.name], 1),
        ...costBar(`${title}, ${inFlight} in flight`, [flood, ours.name], [flood, seed.name], 1 / 20),
        ...costBar(`${title}, ${inFlight} in flight`, [flood, ours.name], [flood, socketIoServer.name], 1 / 15),
        ...costBar(`${title}, ${inFlight} in flight`, [flood, recorded], [flood, ours.name], 1.05),
        ...costBar(`${title}, paced`, [paced, ours.name], [paced, bun.name], 1.3),
        ...costBar(`${title}, paced`, [paced, recorded], [paced, ours.name], 1.05),
        ...noWorse(`${title}, 2 KiB`, large),
        ...(largest > main ? noWorse(`${largest} subscribers`, floods.get(largest)) : []),
      ],
    };
  },
};

/** What is asked at the main size only: paced, larger messages, latency. */
const besides = async (bench: Bench, audiences: ReadonlyArray<Audience>): Promise<ReadonlyArray<Results>> => {
  bench.progress("  paced; 2 KiB; latency");
  const paced = await costs(bench, audiences, { bytes, inFlight: 1 });
  const large = await costs(bench, audiences, { bytes: 2_048, inFlight });
  const latency = new Map<string, ReadonlyArray<Figures>>();
  for (const { name, latencies } of audiences) {
    const all = await latencies({ bytes, perSecond, messages: steadyMessages[bench.pace] });
    latency.set(name, [{ "p50, ms": quantile(all, 0.5), "p99, ms": quantile(all, 0.99), "max, ms": quantile(all, 1) }]);
  }
  return [paced, large, latency];
};
/** A rate that each of the contenders can keep. */
const perSecond = 50;
const steadyMessages: Readonly<Record<Pace, number>> = { full: 200, quick: 10, tiny: 3 };

const users: Readonly<Record<Pace, readonly [number, number, number]>> = {
  full: [10, 100, 1_000],
  quick: [10, 30, 300],
  tiny: [5, 10, 20],
};

/** What does a message for one user cost, and does it cost more where more users are? */
export const targeted: Section = {
  name: "targeted",
  title: "From one user to one other, many being there",
  run: async (bench) => {
    const contenders = bench.contenders.filter(({ env }) => env.RECORD === undefined);
    const at = async (size: number, talkers: number): Promise<Results> => {
      bench.progress(`${size} users, of whom ${talkers} talk`);
      const [results = new Map()] = await among(
        { contenders, size },
        (server) => usersOf(server, size, talkers),
        async (groups) => [await costs(bench, groups, { bytes, inFlight })],
      );
      return results;
    };
    const [few, some, most] = users[bench.pace];
    const [least, middle, last] = [await at(few, few), await at(some, some), await at(most, most)];
    const fewTalk = await at(most, few);
    const what = `${bytes} B, ${inFlight} in flight`;
    const bySize = new Map([
      [few, least],
      [some, middle],
      [most, last],
    ]);
    return {
      tables: [
        costBySize(`By the number of users of one channel, ${what}`, bySize),
        costTable(`${most} users of one channel, ${what}`, last),
        costTable(`${most} users of one channel, of whom ${few} talk, ${what}`, fewTalk),
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
