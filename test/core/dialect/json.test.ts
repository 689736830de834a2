import fc from "fast-check";
import { expect, test } from "vitest";
import { isDeeper } from "../../../core/dialect/json.js";

const depthOf = (value: unknown): number =>
  typeof value === "object" && value !== null ? 1 + Math.max(0, ...Object.values(value).map(depthOf)) : 0;

const confusing = fc.string({ unit: fc.constantFrom("{", "[", "}", "]", '"', "\\", "a") });
const values = fc.letrec((tie) => ({
  value: fc.oneof({ depthSize: "small" }, confusing, tie("list"), tie("record")),
  list: fc.array(tie("value"), { maxLength: 3 }),
  record: fc.dictionary(confusing, tie("value"), { maxKeys: 3 }),
})).value;

test("law: JSON is as deep as its value, whatever its strings and names hold", () => {
  fc.assert(
    fc.property(values, fc.nat({ max: 6 }), (value, max) => {
      expect(isDeeper(JSON.stringify(value), max)).toBe(depthOf(value) > max);
    }),
    { numRuns: 500 },
  );
});
