import type { State } from "../core/index.js";
import { median } from "./measure.js";
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
  /** ns an event, at each of the sizes. */
  readonly costs: ReadonlyArray<number>;
  /** The median of each cost by that at the first size, run by run. */
  readonly ratios: ReadonlyArray<number>;
}

/**
 * Each event is reduced from the same state, so that the state keeps its size. Sizes take turns, run by run, so that a slow moment of
 * the machine does not fall on one of them. With as many talkers as clients, next to nothing is in the processor's caches.
 */
export const growth = (sizes: ReadonlyArray<Size>, runs: number, events: number): ReadonlyArray<Growth> => {
  const states = new Map<string, State>();
  const places = sizes.map(({ core, clients, talkers }) => {
    const traffic = trafficOf(core);
    const key = `${sizes.findIndex((size) => size.core === core)} ${clients}`;
    states.set(key, states.get(key) ?? traffic.populated(clients));
    return { state: states.get(key) as State, reduce: core.reduce, kinds: traffic.kinds, clients, talkers };
  });
  return Object.keys(places[0]?.kinds ?? {}).map((kind) => {
    const made = places.map(({ kinds, clients, talkers }) =>
      Array.from({ length: events }, (_, i) =>
        kinds[kind]?.(1 + Math.floor((((i * 7_919) % talkers) * clients) / talkers), clients),
      ),
    );
    const runsOf = places.map((): number[] => []);
    for (let run = -1; run < runs; run++)
      for (const [i, { state, reduce }] of places.entries()) {
        const began = performance.now();
        for (const event of made[i] ?? []) if (event !== undefined) reduce(state, event);
        if (run >= 0) runsOf[i]?.push(((performance.now() - began) * 1e6) / events);
      }
    const ratios = runsOf.map((costs) => median(costs.map((cost, run) => cost / (runsOf[0]?.[run] ?? Number.NaN))));
    return { kind, costs: runsOf.map(median), ratios };
  });
};
