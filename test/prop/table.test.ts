import fc from "fast-check";
import { expect, test } from "vitest";
import * as Table from "../../core/base/table.js";

const anyKey = fc.oneof(
  fc.constantFrom("__proto__", "constructor", "1", "10", "9", "", "é", "\ud83d\ude00"),
  fc.string({ maxLength: 3 }),
);
const anyChange = fc.record({ key: anyKey, value: fc.option(fc.nat(3), { nil: undefined }) });

test("law: a table is a native Map in order, and every older version stays as it was", () => {
  fc.assert(
    fc.property(fc.array(anyChange, { maxLength: 200, size: "max" }), (changes) => {
      const native = new Map<string, number>();
      const versions: Array<readonly [Table.Table<string, number>, ReadonlyArray<readonly [string, number]>]> = [];
      let table = Table.empty<string, number>();
      for (const { key, value } of changes) {
        const next = value === undefined ? Table.remove(table, key) : Table.set(table, key, value);
        if (value === undefined && !native.has(key)) expect(next).toBe(table);
        table = next;
        if (value === undefined) native.delete(key);
        else native.set(key, value);
        expect(
          Table.get(
            Table.update(table, key, (n) => n + 10),
            key,
          ),
        ).toBe(value === undefined ? undefined : value + 10);
        if (value === undefined) expect(Table.update(table, key, (n) => n + 10)).toBe(table);
        const sorted = [...native].sort(([a], [b]) => (a < b ? -1 : 1));
        versions.push([table, sorted]);
        expect(table.size).toBe(native.size);
        expect(Table.get(table, key)).toBe(native.get(key));
        expect(Table.has(table, key)).toBe(native.has(key));
        expect(Table.first(table)).toBe(sorted[0]?.[0]);
      }
      for (const [version, content] of versions) {
        expect(Table.entries(version)).toEqual(content);
        expect(Table.keys(version)).toEqual(content.map(([key]) => key));
        expect(Table.values(version)).toEqual(content.map(([, value]) => value));
      }
    }),
    { numRuns: 50 },
  );
});
