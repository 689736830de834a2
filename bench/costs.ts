import { ours } from "./contender.js";
import type { Bar, Curves, Table } from "./findings.js";
import type { Cost } from "./rounds.js";
import type { Server } from "./servers.js";
import { ratioOf, spreadOf } from "./spread.js";

/** What the same task cost each of the contenders, by name. */
export type Costs = ReadonlyMap<string, Cost>;

export const byName = (servers: ReadonlyArray<Server>, costs: ReadonlyArray<Cost>): Costs =>
  new Map(servers.flatMap(({ contender }, i) => (costs[i] === undefined ? [] : [[contender.name, costs[i]] as const])));

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

/** One bar, or none where one of the two could not run. */
export const bar = (
  what: string,
  [mine, myName]: readonly [Costs, string],
  [theirs, theirName]: readonly [Costs, string],
  limit: number,
): ReadonlyArray<Bar> => {
  const [a, b] = [mine.get(myName), theirs.get(theirName)];
  if (a === undefined || b === undefined) return [];
  const measured = ratioOf(a.micros, b.micros);
  return [{ what: `${what}: CPU per message, ${myName} ÷ ${theirName}`, measured, must: "at most", limit }];
};

/** Who was measured at more than one size. */
export const linesOf = (costs: ReadonlyMap<number, Costs>): Curves["lines"] => {
  const names = new Set([...costs.values()].flatMap((each) => [...each.keys()]));
  const lines = [...names].map((name) => ({
    name,
    points: [...costs].flatMap(([size, each]) => {
      const cost = each.get(name);
      return cost === undefined ? [] : [[size, spreadOf(cost.micros).median] as const];
    }),
  }));
  return lines.filter(({ points }) => points.length > 1);
};
