import { type Audience, audienceOf, type Flood } from "./audience.js";
import { bun, ours, recording, seed, socketIoServer } from "./contender.js";
import { bar, byName, type Costs, linesOf, tableOf } from "./costs.js";
import type { Bar, Bench, Findings, Pace, Row, Section, Table } from "./findings.js";
import { turns } from "./rounds.js";
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
  tiny: { curve: [5, 20], main: 20 },
};
/** A rate that each of the contenders can keep. */
const steadyPerSecond = 50;
const steadyMessages: Readonly<Record<Pace, number>> = { full: 200, quick: 10, tiny: 3 };

type Work = Omit<Flood, "messages">;

const run = async (bench: Bench): Promise<Findings> => {
  const { curve, main } = sizes[bench.pace];
  const audiences: Audience[] = [];
  for (const contender of bench.contenders.filter(({ hasChannels }) => hasChannels))
    audiences.push(await audienceOf(await start(contender, { isMonitored: false })));
  const plain = audiences.filter(({ server }) => server.contender.env.RECORD === undefined);
  const floods = new Map<number, Costs>();
  const mainFindings: { tables: ReadonlyArray<Table>; bars: ReadonlyArray<Bar> }[] = [];
  for (const size of curve) {
    const some = size === main ? audiences : plain;
    bench.progress(`${size} subscribers connect`);
    await Promise.all(some.map(({ growTo }) => growTo(size)));
    floods.set(size, await costsOf(bench, some, { bytes: 200, inFlight }));
    if (size === main) mainFindings.push(await atMainSize(bench, audiences, floods.get(main) ?? new Map()));
  }
  for (const { server } of audiences) await server.stop();

  const largest = curve.at(-1) ?? main;
  const [first = new Map(), last = new Map()] = [floods.get(main), floods.get(largest)];
  return {
    tables: [
      ...mainFindings.flatMap(({ tables }) => tables),
      ...(largest > main ? [tableOf(`${largest} subscribers, 200 B, ${inFlight} in flight`, last)] : []),
    ],
    bars: [
      ...mainFindings.flatMap(({ bars }) => bars),
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
