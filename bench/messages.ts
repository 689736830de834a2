import { setTimeout as sleep } from "node:timers/promises";
import { bun, ours, peerJsServer, recording, seed, socketIoServer } from "./contender.js";
import { audienceOf, latenciesOf, type Open, socketsMax, usersOf, type Work } from "./load.js";
import type { Bar, Bench, Results, Section, Table } from "./section.js";
import { atMost, figures, inTurns, quantile, ratioOf, rowsOf, spreadOf } from "./section.js";
import { start } from "./servers.js";

const cpu = "server CPU per delivered message, µs";
const load = "load generator, share of a core";

/** What the same work costs each of the contenders with so many clients, after a round's time to warm up. */
export const costsAmong = async (
  { contenders, rounds, roundMs, progress }: Pick<Bench, "contenders" | "rounds" | "roundMs" | "progress">,
  { size, open, ...work }: Omit<Work, "messages"> & { readonly size: number; readonly open: Open },
): Promise<Results> => {
  const measured = async ({ server, deliver }: Omit<Task, "messages">, messages: number) => {
    const { cpuMicros: before } = await server.ask("look");
    const [loadBefore, began] = [process.cpuUsage(), performance.now()];
    const delivered = await deliver({ ...work, messages });
    const wallMicros = (performance.now() - began) * 1_000;
    const { user, system } = process.cpuUsage(loadBefore);
    // What a server does afterwards, such as writing a journal, still belongs to its round.
    await sleep(Math.min(60, roundMs));
    const micros = (await server.ask("look")).cpuMicros - before;
    return { ms: micros / 1_000, found: { [cpu]: micros / delivered, [load]: (user + system) / wallMicros } };
  };
  const taskOf = async (contender: Bench["contenders"][number]) => {
    const server = await start(contender);
    return { name: contender.name, server, deliver: await open(server, size), messages: work.inFlight };
  };
  type Task = Awaited<ReturnType<typeof taskOf>>;
  /** As many messages as take a round's time of the server's CPU. */
  const warm = async (task: Task): Promise<Task> => {
    const { ms } = await measured(task, task.messages);
    const wanted = Math.max(work.inFlight, Math.ceil((task.messages * roundMs) / ms));
    return ms >= roundMs / 2
      ? { ...task, messages: wanted }
      : warm({ ...task, messages: Math.min(wanted, task.messages * 8) });
  };
  // As many at once as there may be sockets.
  const atOnce = Math.max(1, Math.floor(socketsMax() / size));
  const results: [string, ReadonlyArray<Record<string, number>>][] = [];
  progress(`${size} clients, ${work.bytes} B, ${work.inFlight} in flight`);
  for (let from = 0; from < contenders.length; from += atOnce) {
    const tasks = await Promise.all(contenders.slice(from, from + atOnce).map(taskOf));
    const warmed: Task[] = [];
    for (const task of tasks) warmed.push(await warm(task));
    results.push(...(await inTurns(warmed, rounds, async (task) => (await measured(task, task.messages)).found)));
    for (const { server } of tasks) await server.stop();
  }
  return new Map(results);
};

type Of = readonly [results: Results, name: string];

/** One's cost by another's. */
export const costRatio = (mine: Of, theirs: Of) => ratioOf(figures(...mine, cpu), figures(...theirs, cpu));

/** A bar on one's cost by another's. */
const costBar = (what: string, mine: Of, theirs: Of, limit: number): ReadonlyArray<Bar> =>
  atMost(`${what}: CPU per message, ${mine[1]} ÷ ${theirs[1]}`, costRatio(mine, theirs), limit);

const costTable = (title: string, results: Results): Table => {
  const cellsOf = (name: string) => ({
    [cpu]: spreadOf(figures(results, name, cpu)),
    [`× ${ours.name}`]: costRatio([results, name], [results, ours.name]).median,
    [load]: spreadOf(figures(results, name, load)).median,
  });
  return { title, rows: [...results.keys()].map((name) => ({ name, cells: cellsOf(name) })) };
};

/** What a message costs each at each of the sizes. */
const costBySize = (title: string, bySize: ReadonlyMap<number, Results>): Table => {
  const names = new Set([...bySize.values()].flatMap((results) => [...results.keys()]));
  const cellsOf = (name: string) =>
    [...bySize].map(([size, results]) => [`µs at ${size}`, spreadOf(figures(results, name, cpu)).median]);
  return { title, rows: [...names].map((name) => ({ name, cells: Object.fromEntries(cellsOf(name)) })) };
};

/** Each of the contenders can keep the rate. */
const [bytes, inFlight, perSecond] = [200, 64, 50];
const flooding = `${bytes} B, ${inFlight} in flight`;

/** What does one delivered message cost the server, when one client publishes and many have subscribed? */
export const fanOut: Section = {
  name: "fan-out",
  title: "One publisher, many subscribers",
  run: async (bench) => {
    const [main, largest, steadyMessages] = bench.sizes([500, 5_000, 200], [500, 500, 10], [10, 100, 3]);
    const at = (size: number, work: Omit<Work, "messages">): Promise<Results> =>
      costsAmong(bench, { size, open: audienceOf, ...work });
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
    const at = (size: number, talkers: number): Promise<Results> =>
      costsAmong(bench, { size, open: usersOf(talkers), bytes, inFlight });
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
