import { bun, ours, peerJsServer, recording, seed, socketIoServer } from "./contender.js";
import { audienceOf, crowdOf, type Group } from "./group.js";
import { type Cost, quantile, ratioOf, type Spread, socketsMax, spreadOf, turns } from "./measure.js";
import { atMost, type Bar, type Bench, type Pace, type Row, type Section, type Table } from "./section.js";
import { start } from "./servers.js";

const inFlight = 64;
const bytes = 200;

/** What the same work cost each of the contenders, by name. `deliveries`: messages that arrive for each that is sent. */
type Costs = ReadonlyMap<string, Cost>;

export const costsOf = async (
  bench: Bench,
  groups: ReadonlyArray<Group>,
  how: { readonly size?: number; readonly bytes?: number; readonly inFlight?: number; readonly deliveries: number },
): Promise<Costs> => {
  const work = { bytes, inFlight, talkers: how.size ?? 0, ...how };
  bench.progress(`${groups[0]?.size()} clients, ${work.bytes} B, ${work.inFlight} in flight`);
  const tasks = groups.map(({ server, send }) => ({
    pid: server.pid,
    deliveries: how.deliveries,
    work: (messages: number) => send({ ...work, messages }),
  }));
  const costs = await turns(tasks, bench.effort, work.inFlight);
  return new Map(groups.map(({ server }, i) => [server.contender.name, costs[i] as Cost]));
};

const tableOf = (title: string, costs: Costs): Table => ({
  title,
  rows: [...costs].map(([name, { micros, loadShare }]) => ({
    name,
    cells: {
      "server CPU per delivered message, µs": spreadOf(micros),
      "× Signalbox": ratioOf(micros, costs.get(ours.name)?.micros ?? []).median,
      "load generator, share of a core": loadShare.median,
    },
  })),
});

/** What a message costs each at each of the sizes. */
const bySize = (title: string, costs: ReadonlyMap<number, Costs>): Table => {
  const rows = new Map<string, Record<string, number>>();
  for (const [size, each] of costs)
    for (const [name, { micros }] of each)
      rows.set(name, { ...rows.get(name), [`µs at ${size}`]: spreadOf(micros).median });
  return { title, rows: [...rows].map(([name, cells]) => ({ name, cells })) };
};

/** One contender's cost by another's; undefined where one of the two could not run. */
export const ratio = (mine: Cost | undefined, theirs: Cost | undefined): Spread | undefined =>
  mine && theirs && ratioOf(mine.micros, theirs.micros);

/** A bar on one's cost by another's, or none where one of the two could not run. */
const bar = (
  what: string,
  [mine, myName]: readonly [Costs | undefined, string],
  [theirs, theirName]: readonly [Costs | undefined, string],
  limit: number | undefined,
): ReadonlyArray<Bar> => {
  const measured = ratio(mine?.get(myName), theirs?.get(theirName));
  if (measured === undefined || limit === undefined) return [];
  return [atMost(`${what}: CPU per message, ${myName} ÷ ${theirName}`, measured, limit)];
};

/** What does one delivered message cost the server, when one client publishes and many have subscribed? */
export const fanOut: Section = {
  name: "fan-out",
  title: "One publisher, many subscribers",
  run: async (bench) => {
    const { sizes, main, messages } = audiences[bench.pace];
    const contenders = bench.contenders.filter(({ can }) => can.channels);
    const all: Awaited<ReturnType<typeof audienceOf>>[] = [];
    for (const contender of contenders) all.push(await audienceOf(await start(contender, { isMonitored: false })));
    const floods = new Map<number, Costs>();
    const tables: Table[] = [];
    const bars: Bar[] = [];
    for (const size of sizes) {
      const some = size === main ? all : all.filter(({ server }) => server.contender.env.RECORD === undefined);
      if (some.length * size > socketsMax()) {
        bench.progress(`${size} subscribers are left out: ulimit -n must be ${some.length * size + 200} or more`);
        continue;
      }
      await Promise.all(some.map(({ growTo }) => growTo(size)));
      const flood = await costsOf(bench, some, { deliveries: size });
      floods.set(size, flood);
      const title = `${size} subscribers`;
      if (size > main) bars.push(...noWorse(title, flood, floods.get(main)));
      if (size !== main) continue;
      const paced = await costsOf(bench, some, { deliveries: size, inFlight: 1 });
      const large = await costsOf(bench, some, { deliveries: size, bytes: 2_048 });
      const recorded = recording("").name;
      const latencies: Row[] = [];
      for (const { server, latencies: measure } of some) {
        const found = await measure({ bytes, perSecond, messages });
        const [p50, p99, max] = [0.5, 0.99, 1].map((share) => quantile(found, share));
        const cells = { "p50, ms": p50 ?? 0, "p99, ms": p99 ?? 0, "max, ms": max ?? 0 };
        latencies.push({ name: server.contender.name, cells });
      }
      tables.push(
        tableOf(`${title}, ${bytes} B, ${inFlight} in flight`, flood),
        tableOf(`${title}, ${bytes} B, paced: the next message when all have the last`, paced),
        tableOf(`${title}, 2 KiB, ${inFlight} in flight`, large),
        {
          title: `Latency at ${perSecond} messages of ${bytes} B a second, each to ${size} subscribers`,
          rows: latencies,
          note: "From the publisher's write to each subscriber's read; the load generator's own reading of all sockets is in it.",
        },
      );
      bars.push(
        ...bar(`${title}, ${inFlight} in flight`, [flood, ours.name], [flood, bun.name], 1),
        ...bar(`${title}, ${inFlight} in flight`, [flood, ours.name], [flood, seed.name], 1 / 20),
        ...bar(`${title}, ${inFlight} in flight`, [flood, ours.name], [flood, socketIoServer.name], 1 / 15),
        ...bar(`${title}, ${inFlight} in flight`, [flood, recorded], [flood, ours.name], 1.05),
        ...bar(`${title}, paced`, [paced, ours.name], [paced, bun.name], 1.3),
        ...bar(`${title}, paced`, [paced, recorded], [paced, ours.name], 1.05),
        ...noWorse(`${title}, 2 KiB`, large, flood),
      );
    }
    for (const { server } of all) await server.stop();
    return {
      tables: [...tables, bySize(`By the number of subscribers, ${bytes} B, ${inFlight} in flight`, floods)],
      bars,
    };
  },
};
const audiences: Readonly<
  Record<Pace, { readonly sizes: ReadonlyArray<number>; readonly main: number; readonly messages: number }>
> = {
  full: { sizes: [10, 100, 500, 1_000, 5_000], main: 500, messages: 200 },
  quick: { sizes: [10, 500], main: 500, messages: 10 },
  tiny: { sizes: [5, 20, 40], main: 20, messages: 3 },
};
/** A rate that each of the contenders can keep. */
const perSecond = 50;

const noWorse = (what: string, costs: Costs, before: Costs | undefined): ReadonlyArray<Bar> =>
  [bun.name, seed.name].flatMap((theirs) => {
    const limit = ratio(before?.get(ours.name), before?.get(theirs))?.median;
    return bar(`${what}, no worse than above`, [costs, ours.name], [costs, theirs], limit);
  });

/** What does a message for one user cost, and does it cost more where more users are? */
export const targeted: Section = {
  name: "targeted",
  title: "From one user to one other, many being there",
  run: async (bench) => {
    const crowds: Group[] = [];
    for (const contender of bench.contenders.filter(({ env }) => env.RECORD === undefined))
      crowds.push(crowdOf(await start(contender, { isMonitored: false })));
    const costs = new Map<number, Costs>();
    for (const size of users[bench.pace]) {
      await Promise.all(crowds.map(({ growTo }) => growTo(size)));
      costs.set(size, await costsOf(bench, crowds, { size, deliveries: 1 }));
    }
    const [few = 0, most = 0] = [users[bench.pace][0], users[bench.pace].at(-1)];
    const fewTalk = await costsOf(bench, crowds, { size: few, deliveries: 1 });
    for (const { server } of crowds) await server.stop();
    const [least, last] = [costs.get(few), costs.get(most) ?? new Map()];
    const what = `${bytes} B, ${inFlight} in flight`;
    return {
      tables: [
        bySize(`By the number of users of one channel, ${what}`, costs),
        tableOf(`${most} users of one channel, ${what}`, last),
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
