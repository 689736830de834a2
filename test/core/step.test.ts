import { expect, test } from "vitest";
import { initial, type Millis } from "../../core/index.js";
import { ifChanged, nothing, report, type Step, sequence } from "../../core/step.js";

const says =
  (name: string): Step =>
  (state) => [state, [report({ kind: "RoomUpdated", room: "r" as never, name, description: "" })]];
const moves: Step = (state) => [{ ...state, now: (state.now + 1) as Millis }, says("moved")(state)[1]];
const told = (step: Step): ReadonlyArray<unknown> =>
  step(initial)[1].map((effect) => effect.kind === "Report" && effect.fact.kind === "RoomUpdated" && effect.fact.name);

test("sequence takes the steps one after the other, and keeps their effects in that order", () => {
  expect(told(sequence(says("a"), nothing, says("b"), moves, says("c")))).toEqual(["a", "b", "moved", "c"]);
  expect(sequence(moves, moves)(initial)[0].now).toBe(2);
  expect(sequence(nothing, says("a"))(initial)[0]).toBe(initial);
});

test("ifChanged goes on only after a step that did something", () => {
  expect(told(ifChanged(says("a"), says("b")))).toEqual(["a"]);
  expect(told(ifChanged(moves, says("b")))).toEqual(["moved", "b"]);
});
