import fc from "fast-check";
import { expect, test } from "vitest";
import { anyRun, contentOf, last, play } from "../support/world.js";

test("law: the same events make the same state and the same effects", () => {
  fc.assert(
    fc.property(anyRun(), (run) => {
      const once = play(run);
      const again = play(structuredClone(run));
      expect(again.map(({ effects }) => effects)).toEqual(once.map(({ effects }) => effects));
      expect(contentOf(last(again))).toEqual(contentOf(last(once)));
    }),
  );
});

test("law: a state is never changed, only replaced", () => {
  fc.assert(
    fc.property(anyRun(), anyRun(), (run, more) => {
      const state = last(play(run));
      const content = contentOf(state);
      play(more.slice(1), state);
      expect(contentOf(state)).toEqual(content);
    }),
  );
});
