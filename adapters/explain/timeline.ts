/** The peak numbers of clients and rooms in each of a series of equal steps. */
export interface Timeline {
  readonly stepMs: number;
  readonly clients: ReadonlyArray<number>;
  readonly rooms: ReadonlyArray<number>;
}

interface Level {
  readonly clients: number;
  readonly rooms: number;
}

const stepsMax = 64;
const empty: Level = { clients: 0, rooms: 0 };

/** Collects a timeline in bounded memory: when it gets too long, every two steps become one. Time must not run backwards. */
export const timelineTally = () => {
  let steps: Level[] = [];
  let stepMs = 1;
  let from: number | undefined;
  let now = empty;
  let stepEnds = Number.NEGATIVE_INFINITY;
  return {
    visit: (at: number, clients: number, rooms: number): void => {
      // Most events change neither number.
      if (at < stepEnds && clients === now.clients && rooms === now.rooms) return;
      const level = { clients, rooms };
      from ??= at;
      while (at - from >= stepMs * stepsMax) {
        steps = steps.flatMap((step, i) => (i % 2 === 0 ? [most(step, steps[i + 1] ?? empty)] : []));
        stepMs *= 2;
      }
      const last = Math.floor((at - from) / stepMs);
      while (steps.length <= last) steps.push(now);
      steps[last] = most(steps[last] ?? empty, level);
      now = level;
      stepEnds = from + (last + 1) * stepMs;
    },
    found: (): Timeline => ({
      stepMs,
      clients: steps.map(({ clients }) => clients),
      rooms: steps.map(({ rooms }) => rooms),
    }),
  };
};

const most = (a: Level, b: Level): Level => ({
  clients: Math.max(a.clients, b.clients),
  rooms: Math.max(a.rooms, b.rooms),
});

const bars = "▁▂▃▄▅▆▇█";

/** A text with a column for each figure: the highest is a full block, and 0 is a dot. */
export const sparkline = (figures: ReadonlyArray<number>): string => {
  const highest = figures.reduce((high, figure) => Math.max(high, figure), 0);
  return figures.map((figure) => (figure === 0 ? "·" : bars[Math.ceil((figure / highest) * bars.length) - 1])).join("");
};
