import fc from "fast-check";
import { expect, test } from "vitest";
import { iso } from "../../core/base/time.js";
import { initial, type Millis } from "../../core/index.js";
import { anyRun, play } from "../support/world.js";

test("law: time never runs backwards inside, whatever the clock does", () => {
  fc.assert(
    fc.property(anyRun(), (run) => {
      let now = initial.now;
      for (const { after } of play(run)) {
        expect(after.now).toBeGreaterThanOrEqual(now);
        now = after.now;
      }
    }),
  );
});

test("law: iso writes what Date writes, from 1970 to 9999", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: Date.parse("9999-12-31T23:59:59.999Z") }), (at) => {
      expect(iso(at as Millis)).toBe(new Date(at).toISOString());
    }),
    { numRuns: 5_000 },
  );
});

test("law: and does so on the first and the last day of every month there is, which chance would seldom meet", () => {
  for (let month = 0; month < 12 * (10_000 - 1970); month++) {
    const first = Date.UTC(1970, month, 1);
    for (const at of [first, Date.UTC(1970, month + 1, 1) - 1])
      if (iso(at as Millis) !== new Date(at).toISOString()) expect(iso(at as Millis)).toBe(new Date(at).toISOString());
  }
});
