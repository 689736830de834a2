import type { Item, Plan } from "./plan.js";
import { simulate } from "./world.js";

/** Runs that a shrinking may take. */
const runsMax = 400;

/** What a sentence says, whoever it says it of. */
const kindOf = (sentence: string | undefined): string | undefined =>
  sentence?.replace(/[[{].*/s, "").replace(/\S*\d\S*/g, "");

/** Leaves out clients' acts and faults for as long as the run still fails in the same way, in ever smaller pieces. */
export const shrunk = (plan: Plan, sentence: string): Plan => {
  let smallest = plan;
  let runs = 0;
  const fails = (items: ReadonlyArray<Item>): boolean => {
    runs += 1;
    return kindOf(simulate({ ...plan, items }).failure?.sentence) === kindOf(sentence);
  };
  for (let size = plan.items.length >> 1; size >= 1; size >>= 1)
    for (let from = 0; from < smallest.items.length && runs < runsMax; ) {
      const fewer = smallest.items.filter((_, i) => i < from || i >= from + size);
      if (fails(fewer)) smallest = { ...plan, items: fewer };
      else from += size;
    }
  return smallest;
};
