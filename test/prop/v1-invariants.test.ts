import fc from "fast-check";
import * as O from "fp-ts/lib/Option.js";
import { expect, test } from "vitest";
import { invariants, type Millis, nextDeadline, reduce } from "../../core/index.js";
import { anyMixedRun } from "../support/v1-world.js";
import { last, play } from "../support/world.js";

test("law: with clients of both protocols the invariants hold after every event", () => {
  fc.assert(
    fc.property(anyMixedRun(), (run) => {
      for (const { event, after } of play(run)) expect(invariants(after), event.kind).toEqual([]);
    }),
    { numRuns: 100 },
  );
});

test("law: reduce takes any event of another run in any state, and never throws", () => {
  fc.assert(
    fc.property(anyMixedRun(), anyMixedRun(), (run, more) => {
      const state = last(play(run));
      for (const event of more) reduce(state, event);
    }),
  );
});

test("law: a tick before the deadline changes nothing, and a tick at the deadline changes something", () => {
  fc.assert(
    fc.property(anyMixedRun(), (run) => {
      for (const { after } of play(run)) {
        const deadline = O.toUndefined(nextDeadline(after));
        if (deadline === undefined) continue;
        if (deadline > after.now)
          expect(reduce(after, { kind: "ClockTicked", at: (deadline - 1) as Millis })).toEqual([after, []]);
        expect(reduce(after, { kind: "ClockTicked", at: deadline })[0]).not.toBe(after);
      }
    }),
  );
});
