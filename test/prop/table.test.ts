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

/** Keys that are set or removed one after the other, upwards or downwards; often just those of some nodes of the tree. */
const anyRun = fc
  .record({
    isSet: fc.boolean(),
    from: fc.nat(150),
    step: fc.constantFrom(1, 1, -1, 16, 7, -7),
    count: fc.nat(150),
  })
  .map(({ isSet, from, step, count }) => ({
    isSet,
    keys: Array.from({ length: step === 16 ? count : 16 * count }, (_, i) => 16 * from + i * step),
  }));
const anyRuns = fc.array(anyRun, { maxLength: 10, size: "max" });

const after = (
  before: Table.Table<number, number>,
  { isSet, keys }: { readonly isSet: boolean; readonly keys: ReadonlyArray<number> },
): Table.Table<number, number> =>
  keys.reduce((table, key) => (isSet ? Table.set(table, key, table.size) : Table.remove(table, key)), before);

test("law: so is one of thousands, which is a tree of several levels", () => {
  fc.assert(
    fc.property(anyRuns, (runs) => {
      const native = new Map<number, number>();
      const versions: Array<readonly [Table.Table<number, number>, ReadonlyArray<readonly [number, number]>]> = [];
      let table = Table.empty<number, number>();
      for (const run of runs) {
        table = after(table, run);
        for (const key of run.keys)
          if (run.isSet) native.set(key, native.size);
          else native.delete(key);
        const sorted = [...native].sort(([a], [b]) => a - b);
        versions.push([table, sorted]);
        expect(table.size).toBe(native.size);
        expect(Table.first(table)).toBe(sorted[0]?.[0]);
        expect(run.keys.map((key) => Table.get(table, key))).toEqual(run.keys.map((key) => native.get(key)));
        for (const key of [run.keys[0] ?? 0, run.keys.at(-1) ?? 0])
          expect(Table.someKey(table, (other) => other === key)).toBe(native.has(key));
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

test("a key is found where the first node of a branch was before, when that branch has become one with another", () => {
  const upTo = (from: number, to: number): ReadonlyArray<number> =>
    Array.from({ length: to - from }, (_, i) => from + i);
  const full = after(Table.empty(), { isSet: true, keys: upTo(0, 2_000) });
  for (let from = 0; from < 2_000; from += 16) {
    const without = after(full, { isSet: false, keys: upTo(from, from + 16) });
    const between = Table.set(without, from + 5, 1);
    const few = after(between, { isSet: false, keys: [...upTo(16, from), ...upTo(from + 32, 2_000)] });
    expect(Table.get(few, from + 5)).toBe(1);
  }
});

const nodesOf = (table: Table.Table<number, number>): number => JSON.stringify(table).split('"size"').length - 1;

test("law: a table that has shrunk is made of few more nodes than one that was never larger", () => {
  fc.assert(
    fc.property(anyRuns, fc.integer({ min: 2, max: 500 }), fc.boolean(), (runs, each, isUpwards) => {
      const grown = runs.reduce(after, Table.empty<number, number>());
      const gone = Table.keys(grown).filter((_, i) => i % each > 0);
      const shrunk = after(grown, { isSet: false, keys: isUpwards ? gone : gone.toReversed() });
      const fresh = after(Table.empty(), { isSet: true, keys: Table.keys(shrunk) });
      expect(nodesOf(shrunk)).toBeLessThanOrEqual(3 * nodesOf(fresh) + 3);
    }),
  );
});

test("law: a table that is made at once is the one made step by step, and changes like it", () => {
  const anyEntries = fc.array(fc.tuple(fc.nat(3_000), fc.nat()), { maxLength: 1_500, size: "max" });
  fc.assert(
    fc.property(anyEntries, fc.array(fc.nat(3_000), { maxLength: 400, size: "max" }), (entries, removed) => {
      const stepwise = entries.reduce(
        (table, [key, value]) => Table.set(table, key, value),
        Table.empty<number, number>(),
      );
      const made = Table.from(Table.keys(stepwise), Table.values(stepwise));
      const unsorted = Table.from(
        entries.map(([key]) => key),
        entries.map(([, value]) => value),
      );
      const [a, b, c] = [stepwise, made, unsorted].map((table) =>
        removed.reduce((rest, key) => Table.set(Table.remove(rest, key), key + 1, key), table),
      );
      for (const [one, other] of [
        [made, stepwise],
        [unsorted, stepwise],
        [b, a],
        [c, a],
      ] as ReadonlyArray<readonly [Table.Table<number, number>, Table.Table<number, number>]>) {
        expect(one.size).toBe(other.size);
        expect(Table.entries(one)).toEqual(Table.entries(other));
      }
      expect([...Table.groups(made)].flat()).toEqual(Table.entries(stepwise));
      expect(Table.entries(Table.map(made, (value, key) => value + key))).toEqual(
        Table.entries(stepwise).map(([key, value]) => [key, value + key]),
      );
      for (const [key, value] of Table.entries(made))
        expect(Table.entries(Table.of(key, value))).toEqual([[key, value]]);
    }),
    { numRuns: 30 },
  );
});
