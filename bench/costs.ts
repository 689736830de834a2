import { ours } from "./contender.js";
import type { Group } from "./group.js";
import { type Cost, type Effort, ratioOf, type Spread, spreadOf, turns } from "./measure.js";
import { atMost, type Bar, type Table } from "./section.js";

/** What the same task cost each of the contenders, by name. */
export type Costs = ReadonlyMap<string, Cost>;

/** @param deliveries messages that arrive each time */
export const costsOf = async <G extends Group>(
  groups: ReadonlyArray<G>,
  effort: Effort & { readonly atLeast: number },
  {
    deliveries,
    work,
  }: { readonly deliveries: (group: G) => number; readonly work: (group: G, times: number) => Promise<void> },
): Promise<Costs> => {
  const tasks = groups.map((group) => ({
    pid: group.server.pid,
    deliveries: deliveries(group),
    work: (times: number) => work(group, times),
  }));
  const costs = await turns(tasks, effort, effort.atLeast);
  return new Map(groups.map(({ server }, i) => [server.contender.name, costs[i] as Cost]));
};

export const tableOf = (title: string, costs: Costs): Table => {
  const mine = costs.get(ours.name)?.micros ?? [];
  const rows = [...costs].map(([name, { micros, loadShare }]) => ({
    name,
    cells: {
      "server CPU per delivered message, µs": spreadOf(micros),
      "× Signalbox": ratioOf(micros, mine).median,
      "load generator, share of a core": loadShare.median,
    },
  }));
  return { title, rows };
};

/** One contender's cost by another's; undefined where one of the two could not run. */
export const ratio = (mine: Cost | undefined, theirs: Cost | undefined): Spread | undefined =>
  mine && theirs && ratioOf(mine.micros, theirs.micros);

/** A bar on one's cost by another's, or none where one of the two could not run. */
export const bar = (
  what: string,
  [mine, myName]: readonly [Costs | undefined, string],
  [theirs, theirName]: readonly [Costs | undefined, string],
  limit: number | undefined,
): ReadonlyArray<Bar> => {
  const measured = ratio(mine?.get(myName), theirs?.get(theirName));
  if (measured === undefined || limit === undefined) return [];
  return [atMost(`${what}: CPU per message, ${myName} ÷ ${theirName}`, measured, limit)];
};

/** What a message costs each at each of the sizes. */
export const bySize = (title: string, costs: ReadonlyMap<number, Costs>): Table => {
  const names = new Set([...costs.values()].flatMap((each) => [...each.keys()]));
  const cellsOf = (name: string) =>
    [...costs].flatMap(([size, each]) => {
      const cost = each.get(name);
      return cost === undefined ? [] : [[`µs at ${size}`, spreadOf(cost.micros).median] as const];
    });
  return { title, rows: [...names].map((name) => ({ name, cells: Object.fromEntries(cellsOf(name)) })) };
};
