import fc from "fast-check";
import { expect, test } from "vitest";
import { invariants } from "../../core/index.js";
import { anyRun, play } from "../support/world.js";

test("law: the invariants hold after every event", () => {
  fc.assert(
    fc.property(anyRun(), (run) => {
      for (const { event, after } of play(run)) expect(invariants(after), event.kind).toEqual([]);
    }),
    { numRuns: 300 },
  );
});
