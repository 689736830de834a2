import fc from "fast-check";
import * as O from "fp-ts/lib/Option.js";
import { expect, test } from "vitest";
import * as Table from "../../core/base/table.js";
import { type Event, nextDeadline, reduce, type State, snapshot } from "../../core/index.js";
import { emptied } from "../support/as-it-is.js";
import { anyMixedRun } from "../support/v1-world.js";
import { last, play } from "../support/world.js";

test("law: after a tick no session, no knock and no waiting for a host has outlived its time", () => {
  fc.assert(
    fc.property(anyMixedRun(), (run) => {
      for (const { event, after } of play(run)) {
        if (event.kind !== "ClockTicked") continue;
        const isOver = (until: O.Option<number>): boolean => O.isSome(until) && until.value <= after.now;
        expect(Table.values(after.shared.sessions).filter(({ awayUntil }) => isOver(awayUntil))).toEqual([]);
        for (const { knocks, hostAwaitedUntil } of Table.values(after.shared.doors)) {
          expect(Table.values(knocks).filter(({ until }) => until <= after.now)).toEqual([]);
          expect(isOver(hostAwaitedUntil)).toBe(false);
        }
      }
    }),
    { numRuns: 100 },
  );
});

const ticksMax = 200;

test("law: when everybody is gone and all time is up, nothing is left", () => {
  fc.assert(
    fc.property(anyMixedRun(), (run) => {
      let state = last(play(run));
      const leaving = Table.keys(state.local.clients).map(
        (client): Event => ({ kind: "ClientDisconnected", at: state.now, client, code: 1006 }),
      );
      state = last(play(leaving, state));
      for (let ticks = 0; O.isSome(nextDeadline(state)); ticks++) {
        expect(ticks).toBeLessThan(ticksMax);
        state = ticked(state);
      }
      expect(snapshot(state)).toEqual(snapshot(emptied(state)));
    }),
    { numRuns: 100 },
  );
});

const ticked = (state: State): State => {
  const deadline = nextDeadline(state);
  return O.isNone(deadline) ? state : reduce(state, { kind: "ClockTicked", at: deadline.value })[0];
};
