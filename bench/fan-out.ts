import { type Audience, audienceOf, type Flood } from "./audience.js";
import { bun, ours, recording, seed, socketIoServer } from "./contender.js";
import { bar, byName, type Costs, linesOf, tableOf } from "./costs.js";
import type { Bar, Bench, Findings, Pace, Row, Section, Table } from "./findings.js";
import { openFilesMax } from "./process.js";
import { type Cost, turns } from "./rounds.js";
import { start } from "./servers.js";
import { quantile } from "./spread.js";

/** What does one delivered message cost the server, when one client publishes and many have subscribed? */
export const fanOut: Section = {
  name: "fan-out",
  title: "One publisher, many subscribers",
  run: (bench) => run(bench),
};

const inFlight = 64;
const sizes: Readonly<Record<Pace, { readonly curve: ReadonlyArray<number>; readonly main: number }>> = {
  full: { curve: [10, 100, 500, 1_000, 5_000], main: 500 },
  quick: { curve: [10, 500], main: 500 },
  tiny: { curve: [5, 20, 40], main: 20 },
};
/** A rate that each of the contenders can keep. */
const steadyPerSecond = 50;
const steadyMessages: Readonly<Record<Pace, number>> = { full: 200, quick: 10, tiny: 3 };

type Work = Omit<Flood, "messages">;

const run = async (bench: Bench): Promise<Findings> => {
  const { curve, main } = sizes[bench.pace];
  const contenders = bench.contenders.filter(({ hasChannels }) => hasChannels);
  if (fitting(main) < contenders.length)
    throw new Error(`too few files may be open: ulimit -n must be ${contenders.length * main + otherFiles} or more`);
  const audiences: Audience[] = [];
  for (const contender of contenders) audiences.push(await audienceOf(await start(contender, { isMonitored: false })));
  const floods = new Map<number, Costs>();
  const atMain: Pick<Findings, "tables" | "bars">[] = [];
  for (const size of curve.filter((each) => fitting(each) > 0)) {
    floods.set(size, await floodsAt(bench, audiences, size));
    if (size === main) atMain.push(await atMainSize(bench, audiences, floods.get(main) ?? new Map()));
  }
  for (const { server } of audiences) await server.stop();

  const largest = Math.max(...floods.keys());
  const [first = new Map(), last = new Map()] = [floods.get(main), floods.get(largest)];
  return {
    tables: [
      ...atMain.flatMap(({ tables }) => tables),
      ...(largest > main ? [tableOf(`${largest} subscribers, 200 B, ${inFlight} in flight`, last)] : []),
    ],
    bars: [
      ...atMain.flatMap(({ bars }) => bars),
      ...(largest > main ? noWorse(`${largest} subscribers`, last, first) : []),
    ],
    curves: {
      file: "fan-out.svg",
      title: `Fan-out, 200 B, ${inFlight} in flight`,
      across: "subscribers",
      up: "server CPU per delivered message, µs",
      lines: linesOf(floods),
    },
  };
};

/** Files that are open beside the sockets. */
const otherFiles = 200;
/** Audiences of this size that can be connected at once. */
const fitting = (size: number): number => Math.floor((openFilesMax() - otherFiles) / size);
/** Beside the main size, the curve has to show an order of magnitude. */
const curveRoundsMax = 3;

/** Where not all can be connected at once, some take turns first, and are stopped before the others come: it is the last size. */
const floodsAt = async (bench: Bench, audiences: ReadonlyArray<Audience>, size: number): Promise<Costs> => {
  const isMain = size === sizes[bench.pace].main;
  const some = isMain ? audiences : audiences.filter(({ server }) => server.contender.env.RECORD === undefined);
  const rounds = isMain ? bench.effort.rounds : Math.min(curveRoundsMax, bench.effort.rounds);
  const costs = new Map<string, Cost>();
  for (let from = 0; from < some.length; from += fitting(size)) {
    const group = some.slice(from, from + fitting(size));
    bench.progress(`${size} subscribers connect`);
    await Promise.all(group.map(({ growTo }) => growTo(size)));
    const effort = { ...bench.effort, rounds };
    for (const [name, cost] of await costsOf({ ...bench, effort }, group, { bytes: 200, inFlight }))
      costs.set(name, cost);
    if (group.length < some.length) for (const { server } of group) await server.stop();
  }
  return costs;
};

const atMainSize = async (bench: Bench, audiences: ReadonlyArray<Audience>, flood: Costs) => {
  const { main } = sizes[bench.pace];
  const paced = await costsOf(bench, audiences, { bytes: 200, inFlight: 1 });
  const large = await costsOf(bench, audiences, { bytes: 2_048, inFlight });
  const title = `${main} subscribers`;
  return {
    tables: [
      tableOf(`${title}, 200 B, ${inFlight} in flight`, flood),
      tableOf(`${title}, 200 B, paced: the next message when all have the last`, paced),
      tableOf(`${title}, 2 KiB, ${inFlight} in flight`, large),
      await latencies(bench, audiences),
    ],
    bars: [
      ...bar(`${title}, ${inFlight} in flight`, [flood, ours.name], [flood, bun.name], 1),
      ...bar(`${title}, ${inFlight} in flight`, [flood, ours.name], [flood, seed.name], 1 / 20),
      ...bar(`${title}, ${inFlight} in flight`, [flood, ours.name], [flood, socketIoServer.name], 1 / 15),
      ...bar(`${title}, ${inFlight} in flight`, [flood, recording("").name], [flood, ours.name], 1.05),
      ...bar(`${title}, paced`, [paced, ours.name], [paced, bun.name], 1.3),
      ...bar(`${title}, paced`, [paced, recording("").name], [paced, ours.name], 1.05),
      ...noWorse(`${title}, 2 KiB`, large, flood),
    ],
  };
};

const costsOf = async (bench: Bench, audiences: ReadonlyArray<Audience>, work: Work): Promise<Costs> => {
  bench.progress(`${audiences[0]?.size()} subscribers, ${work.bytes} B, ${work.inFlight} in flight`);
  const tasks = audiences.map((audience) => ({
    pid: audience.server.pid,
    deliveries: audience.size(),
    work: (messages: number) => audience.flood({ ...work, messages }),
  }));
  const costs = await turns(tasks, bench.effort, work.inFlight);
  return byName(
    audiences.map(({ server }) => server),
    costs,
  );
};

const noWorse = (what: string, costs: Costs, before: Costs): ReadonlyArray<Bar> =>
  [bun.name, seed.name].flatMap((theirs) => {
    const limit = bar("", [before, ours.name], [before, theirs], 0)[0]?.measured.median;
    return limit === undefined ? [] : bar(`${what}, no worse than above`, [costs, ours.name], [costs, theirs], limit);
  });

const latencies = async (bench: Bench, audiences: ReadonlyArray<Audience>): Promise<Table> => {
  const rows: Row[] = [];
  const steady = { bytes: 200, perSecond: steadyPerSecond, messages: steadyMessages[bench.pace] };
  for (const audience of audiences) {
    bench.progress(`latency of ${audience.server.contender.name}`);
    const all = await audience.steady(steady);
    const cells = { "p50, ms": quantile(all, 0.5), "p99, ms": quantile(all, 0.99), "max, ms": quantile(all, 1) };
    rows.push({ name: audience.server.contender.name, cells });
  }
  return {
    title: `Latency at ${steadyPerSecond} messages of 200 B a second, each to ${audiences[0]?.size()} subscribers`,
    rows,
    note: "From the publisher's write to each subscriber's read; the load generator's own reading of all sockets is in it.",
  };
};
