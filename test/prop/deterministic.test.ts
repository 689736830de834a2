import fc from "fast-check";
import { expect, test } from "vitest";
import { snapshot } from "../../core/index.js";
import { anyMixedRun } from "../support/v1-world.js";
import { anyRun as anySeedRun, last, play } from "../support/world.js";

const anyRun = () => fc.oneof(anySeedRun(), anyMixedRun());

test("law: the same events make the same state and the same effects", () => {
  fc.assert(
    fc.property(anyRun(), (run) => {
      const once = play(run);
      const again = play(structuredClone(run));
      expect(again.map(({ effects }) => effects)).toEqual(once.map(({ effects }) => effects));
      expect(snapshot(last(again))).toEqual(snapshot(last(once)));
    }),
  );
});

test("law: a state is never changed, only replaced", () => {
  fc.assert(
    fc.property(anyRun(), anyRun(), (run, more) => {
      const state = last(play(run));
      const was = JSON.stringify(snapshot(state));
      play(more.slice(1), state);
      expect(JSON.stringify(snapshot(state))).toBe(was);
    }),
  );
});

test("law: a snapshot is plain JSON, whatever the state is kept in", () => {
  fc.assert(
    fc.property(anyRun(), (run) => {
      const shot = snapshot(last(play(structuredClone(run))));
      expect(JSON.parse(JSON.stringify(shot))).toStrictEqual(shot);
    }),
  );
});
