import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { bugs } from "./bugs.js";
import { planOf } from "./plan.js";
import { simulate } from "./world.js";

/** More are run by `npm run simulate`. */
const seeds = Array.from({ length: 32 }, (_, i) => i + 1);
const atOnce = 8;

const told = (seed: number): ReadonlyArray<string> => {
  const lines: string[] = [];
  simulate(planOf(seed), (line) => lines.push(line));
  return lines;
};

test.each(seeds.filter((seed) => seed % atOnce === 1))(
  "law: all laws hold in a hostile world, from seed %i",
  (first) => {
    for (let seed = first; seed < first + atOnce; seed++)
      expect(simulate(planOf(seed)).failure, `npm run simulate -- --seed ${seed}`).toBeUndefined();
  },
);

test("law: a seed decides all that happens", () => {
  const events = told(5);
  expect(events.length).toBeGreaterThan(100);
  expect(told(5)).toEqual(events);
});

test("the planted bugs are bugs of this code: each stands where it is planted, once", () => {
  const times = (text: string, part: string): number => text.split(part).length - 1;
  const astray = bugs.filter(({ file, find }) => times(readFileSync(file, "utf8"), find) !== 1);
  expect(astray.map(({ name, file }) => `${name} (${file})`)).toEqual([]);
});
