import fc from "fast-check";
import { expect, test } from "vitest";
import * as Multimap from "../../core/base/multimap.js";
import * as Table from "../../core/base/table.js";

const anyChange = fc.record({ isAdded: fc.boolean(), key: fc.constantFrom<string>("x", "y", "z"), value: fc.nat(4) });

test("law: a multimap is a native Map of Sets without the empty ones", () => {
  fc.assert(
    fc.property(fc.array(anyChange, { maxLength: 60 }), (changes) => {
      const native = new Map<string, Set<number>>();
      let multimap: Multimap.Multimap<string, number> = Table.empty();
      for (const { isAdded, key, value } of changes) {
        const set = native.get(key) ?? new Set();
        if (isAdded) set.add(value);
        else set.delete(value);
        if (set.size === 0) native.delete(key);
        else native.set(key, set);
        if (!isAdded && !Multimap.has(multimap, key, value))
          expect(Multimap.remove(multimap, key, value)).toBe(multimap);
        multimap = isAdded ? Multimap.add(multimap, key, value) : Multimap.remove(multimap, key, value);
        expect(Multimap.has(multimap, key, value)).toBe(isAdded);
        const content = Table.entries(multimap).map(([k, values]) => [k, Table.keys(values)]);
        expect(content).toEqual([...native].sort(([a], [b]) => (a < b ? -1 : 1)).map(([k, s]) => [k, [...s].sort()]));
        expect(Table.keys(Multimap.of(multimap, "nobody"))).toEqual([]);
      }
    }),
  );
});
