import { ratioOf, type Spread, spreadOf } from "./section.js";
import { type Core, trafficOf } from "./traffic.js";

/** Where the cost of an event is measured. `talkers` clients, spread over all, take turns; the others are connected and silent. */
export interface Size {
  readonly core: Core;
  readonly clients: number;
  readonly talkers: number;
}

/** What a kind of event costs at several sizes. */
export interface Growth {
  readonly kind: string;
  /** ns of CPU an event, at each of the sizes. */
  readonly costs: ReadonlyArray<Spread>;
  /** Each cost by that at the first size, run by run. */
  readonly ratios: ReadonlyArray<Spread>;
}

/**
 * Each event is reduced from the same state, so that the state keeps its size. Sizes take turns, run by run, so that a slow moment of
 * the machine does not fall on one of them. With as many talkers as clients, next to nothing is in the processor's caches.
 */
export const growth = (sizes: ReadonlyArray<Size>, runs: number, events: number): ReadonlyArray<Growth> => {
  const places = sizes.map(({ core, clients, talkers }) => {
    const { populated, kinds } = trafficOf(core);
    return { state: populated(clients), reduce: core.reduce, kinds, clients, talkers };
  });
  const growthOf = (kind: string): Growth => {
    const trials = places.map(({ kinds, clients, talkers, ...place }) => {
      const nth = (i: number): number => 1 + Math.floor((((i * 7_919) % talkers) * clients) / talkers);
      const made = Array.from({ length: events }, (_, i) => kinds[kind]?.(nth(i), clients));
      return { ...place, made: made.filter((event) => event !== undefined), costs: [] as number[] };
    });
    // The first run is to warm up; every other runs backwards.
    for (let run = -1; run < runs; run++)
      for (const { state, reduce, made, costs } of run % 2 === 0 ? trials : trials.toReversed()) {
        const before = process.cpuUsage();
        for (const event of made) reduce(state, event);
        const { user, system } = process.cpuUsage(before);
        if (run >= 0) costs.push(((user + system) * 1_000) / events);
      }
    const [first] = trials;
    return {
      kind,
      costs: trials.map(({ costs }) => spreadOf(costs)),
      ratios: trials.map(({ costs }) => ratioOf(costs, first?.costs ?? [])),
    };
  };
  return Object.keys(places[0]?.kinds ?? {}).map(growthOf);
};
