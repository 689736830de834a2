import fc from "fast-check";
import { test } from "vitest";
import { reduce } from "../../core/index.js";
import { anyRun, last, play } from "../support/world.js";

test("law: reduce takes any event in any reachable state, and never throws", () => {
  fc.assert(
    fc.property(anyRun(), anyRun(), (run, more) => {
      const state = last(play(run));
      for (const event of more) reduce(state, event);
    }),
  );
});

test("law: no effect or state holds anything that JSON cannot carry", () => {
  fc.assert(
    fc.property(anyRun(), (run) => {
      for (const { effects } of play(run)) isJson(effects, "effects");
    }),
  );
});

const isJson = (value: unknown, path: string): void => {
  if (value === null || typeof value === "string" || typeof value === "boolean" || Number.isFinite(value)) return;
  if (typeof value !== "object") throw new Error(`${path} is ${String(value)}`);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== null && prototype !== Object.prototype && prototype !== Array.prototype)
    throw new Error(`${path} is of a class`);
  for (const [key, member] of Object.entries(value)) isJson(member, `${path}.${key}`);
};
