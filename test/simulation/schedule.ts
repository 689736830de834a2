/** Virtual time, in whole ms. What is due at the same ms happens in the order in which it was asked for. */
export interface Schedule {
  readonly now: () => number;
  /** Calls in so many ms, unless it is cancelled before. */
  readonly later: (then: () => void, ms: number) => () => void;
  /** Does what is due until then. */
  readonly runUntil: (at: number) => void;
}

interface Entry {
  readonly at: number;
  readonly order: number;
  does: (() => void) | undefined;
}

const isBefore = (a: Entry, b: Entry): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);

/** A binary heap. */
const heap = () => {
  const entries: Entry[] = [];
  const swap = (i: number, j: number): void => {
    [entries[i], entries[j]] = [entries[j] as Entry, entries[i] as Entry];
  };
  const isLess = (i: number, j: number): boolean => isBefore(entries[i] as Entry, entries[j] as Entry);
  return {
    first: (): Entry | undefined => entries[0],
    push: (entry: Entry): void => {
      entries.push(entry);
      for (let i = entries.length - 1; i > 0 && isLess(i, (i - 1) >> 1); i = (i - 1) >> 1) swap(i, (i - 1) >> 1);
    },
    pop: (): void => {
      swap(0, entries.length - 1);
      entries.pop();
      for (let i = 0; ; ) {
        let least = i;
        for (const child of [2 * i + 1, 2 * i + 2]) if (child < entries.length && isLess(child, least)) least = child;
        if (least === i) return;
        swap(i, least);
        i = least;
      }
    },
  };
};

/** Something that makes more to do at the same ms without end is a fault of its own. */
const stepsPerMsMax = 100_000;

export const schedule = (): Schedule => {
  const due = heap();
  let [time, order, stepsThisMs] = [0, 0, 0];
  return {
    now: () => time,
    later: (then, ms) => {
      order += 1;
      const entry: Entry = { at: time + Math.max(0, Math.ceil(ms)), order, does: then };
      due.push(entry);
      return () => {
        entry.does = undefined;
      };
    },
    runUntil: (at) => {
      for (let next = due.first(); next !== undefined && next.at <= at; next = due.first()) {
        due.pop();
        if (next.at > time) stepsThisMs = 0;
        time = Math.max(time, next.at);
        stepsThisMs += 1;
        if (stepsThisMs > stepsPerMsMax) throw new Error(`more than ${stepsPerMsMax} steps within one ms`);
        const { does } = next;
        if (does === undefined) continue;
        does();
      }
      time = Math.max(time, at);
    },
  };
};
