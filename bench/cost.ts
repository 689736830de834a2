import { setTimeout as sleep } from "node:timers/promises";
import { ours } from "./contender.js";
import type { Open, Work } from "./group.js";
import { socketsMax } from "./load.js";
import type { Bar, Bench, Results, Table } from "./section.js";
import { atMost, figures, inTurns, ratioOf, spreadOf } from "./section.js";
import { start } from "./servers.js";

const cpu = "server CPU per delivered message, µs";
const load = "load generator, share of a core";

/** What the same work costs each of the contenders with so many clients, after a round's time to warm up. */
export const costsAmong = async (
  { contenders, rounds, roundMs }: Pick<Bench, "contenders" | "rounds" | "roundMs">,
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
export const costBar = (what: string, mine: Of, theirs: Of, limit: number): ReadonlyArray<Bar> =>
  atMost(`${what}: CPU per message, ${mine[1]} ÷ ${theirs[1]}`, costRatio(mine, theirs), limit);

export const costTable = (title: string, results: Results): Table => {
  const cellsOf = (name: string) => ({
    [cpu]: spreadOf(figures(results, name, cpu)),
    [`× ${ours.name}`]: costRatio([results, name], [results, ours.name]).median,
    [load]: spreadOf(figures(results, name, load)).median,
  });
  return { title, rows: [...results.keys()].map((name) => ({ name, cells: cellsOf(name) })) };
};

/** What a message costs each at each of the sizes. */
export const costBySize = (title: string, bySize: ReadonlyMap<number, Results>): Table => {
  const names = new Set([...bySize.values()].flatMap((results) => [...results.keys()]));
  const cellsOf = (name: string) =>
    [...bySize].map(([size, results]) => [`µs at ${size}`, spreadOf(figures(results, name, cpu)).median]);
  return { title, rows: [...names].map((name) => ({ name, cells: Object.fromEntries(cellsOf(name)) })) };
};
