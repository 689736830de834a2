import { bun, ours, peerJsServer, recording, seed, socketIoServer } from "./contender.js";
import { bar, bySize, type Costs, costsOf, ratio, tableOf } from "./costs.js";
import { type Audience, audienceOf, type Crowd, crowdOf, type Work } from "./group.js";
import { quantile, socketsMax } from "./measure.js";
import type { Bar, Bench, Findings, Pace, Section, Table } from "./section.js";
import { start } from "./servers.js";

const inFlight = 64;
const bytes = 200;

/** What does one delivered message cost the server, when one client publishes and many have subscribed? */
export const fanOut: Section = {
  name: "fan-out",
  title: "One publisher, many subscribers",
  run: async (bench) => {
    const { curve, main } = sizes[bench.pace];
    const contenders = bench.contenders.filter(({ can }) => can.channels);
    if (fitting(main) < contenders.length)
      throw new Error(`too few files may be open: ulimit -n must be ${contenders.length * main + 200} or more`);
    const audiences: Audience[] = [];
    for (const contender of contenders)
      audiences.push(await audienceOf(await start(contender, { isMonitored: false })));
    const floods = new Map<number, Costs>();
    let atMain: Pick<Findings, "tables" | "bars"> = { tables: [], bars: [] };
    for (const size of curve.filter((each) => fitting(each) > 0)) {
      floods.set(size, await floodsAt(bench, audiences, size));
      if (size === main) atMain = await atMainSize(bench, audiences, floods.get(main) ?? new Map());
    }
    for (const { server } of audiences) await server.stop();
    const largest = Math.max(...floods.keys());
    const last = largest > main ? (floods.get(largest) ?? new Map()) : new Map();
    return {
      tables: [...atMain.tables, bySize(`By the number of subscribers, ${bytes} B, ${inFlight} in flight`, floods)],
      bars: [...atMain.bars, ...noWorse(`${largest} subscribers`, last, floods.get(main) ?? new Map())],
    };
  },
};

const sizes: Readonly<Record<Pace, { readonly curve: ReadonlyArray<number>; readonly main: number }>> = {
  full: { curve: [10, 100, 500, 1_000, 5_000], main: 500 },
  quick: { curve: [10, 500], main: 500 },
  tiny: { curve: [5, 20, 40], main: 20 },
};
/** A rate that each of the contenders can keep. */
const perSecond = 50;
const steadyMessages: Readonly<Record<Pace, number>> = { full: 200, quick: 10, tiny: 3 };
/** Beside the main size, the curve has to show an order of magnitude. */
const curveRoundsMax = 3;
/** Audiences of this size that can be connected at once. */
const fitting = (size: number): number => Math.floor(socketsMax() / size);

const published = (bench: Bench, audiences: ReadonlyArray<Audience>, work: Omit<Work, "messages">): Promise<Costs> => {
  bench.progress(`${audiences[0]?.size()} subscribers, ${work.bytes} B, ${work.inFlight} in flight`);
  return costsOf(
    audiences,
    { ...bench.effort, atLeast: work.inFlight },
    {
      deliveries: (audience) => audience.size(),
      work: (audience, messages) => audience.publish({ ...work, messages }),
    },
  );
};

/** Where not all can be connected at once, some take turns first, and are stopped before the others come: it is the last size. */
const floodsAt = async (bench: Bench, audiences: ReadonlyArray<Audience>, size: number): Promise<Costs> => {
  const isMain = size === sizes[bench.pace].main;
  const some = isMain ? audiences : audiences.filter(({ server }) => server.contender.env.RECORD === undefined);
  const rounds = isMain ? bench.effort.rounds : Math.min(curveRoundsMax, bench.effort.rounds);
  const costs = new Map<string, Costs extends ReadonlyMap<string, infer C> ? C : never>();
  for (let from = 0; from < some.length; from += fitting(size)) {
    const group = some.slice(from, from + fitting(size));
    bench.progress(`${size} subscribers connect`);
    await Promise.all(group.map(({ growTo }) => growTo(size)));
    const effort = { ...bench.effort, rounds };
    for (const [name, cost] of await published({ ...bench, effort }, group, { bytes, inFlight })) costs.set(name, cost);
    if (group.length < some.length) for (const { server } of group) await server.stop();
  }
  return costs;
};

const atMainSize = async (bench: Bench, audiences: ReadonlyArray<Audience>, flood: Costs) => {
  const paced = await published(bench, audiences, { bytes, inFlight: 1 });
  const large = await published(bench, audiences, { bytes: 2_048, inFlight });
  const title = `${sizes[bench.pace].main} subscribers`;
  const recorded = recording("").name;
  return {
    tables: [
      tableOf(`${title}, ${bytes} B, ${inFlight} in flight`, flood),
      tableOf(`${title}, ${bytes} B, paced: the next message when all have the last`, paced),
      tableOf(`${title}, 2 KiB, ${inFlight} in flight`, large),
      await latencies(bench, audiences),
    ],
    bars: [
      ...bar(`${title}, ${inFlight} in flight`, [flood, ours.name], [flood, bun.name], 1),
      ...bar(`${title}, ${inFlight} in flight`, [flood, ours.name], [flood, seed.name], 1 / 20),
      ...bar(`${title}, ${inFlight} in flight`, [flood, ours.name], [flood, socketIoServer.name], 1 / 15),
      ...bar(`${title}, ${inFlight} in flight`, [flood, recorded], [flood, ours.name], 1.05),
      ...bar(`${title}, paced`, [paced, ours.name], [paced, bun.name], 1.3),
      ...bar(`${title}, paced`, [paced, recorded], [paced, ours.name], 1.05),
      ...noWorse(`${title}, 2 KiB`, large, flood),
    ],
  };
};

const noWorse = (what: string, costs: Costs, before: Costs): ReadonlyArray<Bar> =>
  [bun.name, seed.name].flatMap((theirs) =>
    bar(
      `${what}, no worse than above`,
      [costs, ours.name],
      [costs, theirs],
      ratio(before.get(ours.name), before.get(theirs))?.median,
    ),
  );

const latencies = async (bench: Bench, audiences: ReadonlyArray<Audience>): Promise<Table> => {
  const rows: Table["rows"][number][] = [];
  for (const { server, latencies: measure } of audiences) {
    bench.progress(`latency of ${server.contender.name}`);
    const all = await measure({ bytes, perSecond, inFlight: 1, messages: steadyMessages[bench.pace] });
    const cells = { "p50, ms": quantile(all, 0.5), "p99, ms": quantile(all, 0.99), "max, ms": quantile(all, 1) };
    rows.push({ name: server.contender.name, cells });
  }
  return {
    title: `Latency at ${perSecond} messages of ${bytes} B a second, each to ${audiences[0]?.size()} subscribers`,
    rows,
    note: "From the publisher's write to each subscriber's read; the load generator's own reading of all sockets is in it.",
  };
};

/** What does a message for one user cost, and does it cost more where more users are? */
export const targeted: Section = {
  name: "targeted",
  title: "From one user to one other, many being there",
  run: async (bench) => {
    const crowds: Crowd[] = [];
    for (const contender of bench.contenders.filter(({ env }) => env.RECORD === undefined))
      crowds.push(crowdOf(await start(contender, { isMonitored: false })));
    const costs = new Map<number, Costs>();
    for (const size of users[bench.pace]) {
      bench.progress(`${size} users`);
      await Promise.all(crowds.map(({ growTo }) => growTo(size)));
      costs.set(size, await written(bench, crowds, size));
    }
    const [few = 0, most = 0] = [users[bench.pace][0], users[bench.pace].at(-1)];
    bench.progress(`${most} users, of whom ${few} talk`);
    const fewTalk = await written(bench, crowds, few);
    for (const { server } of crowds) await server.stop();
    const [least, last] = [costs.get(few), costs.get(most)];
    const what = `${bytes} B, ${inFlight} in flight`;
    return {
      tables: [
        bySize(`By the number of users of one channel, ${what}`, costs),
        tableOf(`${most} users of one channel, ${what}`, last ?? new Map()),
        tableOf(`${most} users of one channel, of whom ${few} talk, ${what}`, fewTalk),
      ],
      bars: [
        ...bar(`${most} users, of whom ${few} talk ÷ ${few} users`, [fewTalk, ours.name], [least, ours.name], 1.5),
        ...bar(`${most} users ÷ ${few} users`, [last, ours.name], [least, ours.name], 1.5),
        ...bar(`${most} users`, [last, ours.name], [last, seed.name], 1 / 100),
        ...bar(`${most} users`, [last, ours.name], [last, peerJsServer.name], 1.5),
      ],
    };
  },
};

const users: Readonly<Record<Pace, ReadonlyArray<number>>> = {
  full: [10, 100, 1_000],
  quick: [10, 300],
  tiny: [5, 20],
};

const written = (bench: Bench, crowds: ReadonlyArray<Crowd>, talkers: number): Promise<Costs> =>
  costsOf(
    crowds,
    { ...bench.effort, atLeast: inFlight },
    {
      deliveries: () => 1,
      work: (crowd, messages) => crowd.write({ talkers, bytes, inFlight, messages }),
    },
  );
