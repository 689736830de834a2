import fc from "fast-check";
import { expect, test } from "vitest";
import * as Relation from "../../core/relation.js";
import * as Table from "../../core/table.js";

const anyChange = fc.record({
  kind: fc.constantFrom("link", "link", "link", "unlink", "unlinkFrom", "unlinkTo"),
  a: fc.nat(4),
  b: fc.constantFrom("x", "y", "z"),
});

test("law: a relation is a set of pairs, the same from both sides, and keeps no empty side", () => {
  fc.assert(
    fc.property(fc.array(anyChange, { maxLength: 60 }), (changes) => {
      let relation = Relation.empty<number, string>();
      let pairs: ReadonlyArray<readonly [number, string]> = [];
      for (const { kind, a, b } of changes) {
        const before = relation;
        if (kind === "link") relation = Relation.link(relation, a, b);
        if (kind === "unlink") relation = Relation.unlink(relation, a, b);
        if (kind === "unlinkFrom") relation = Relation.unlinkFrom(relation, a);
        if (kind === "unlinkTo") relation = Relation.unlinkTo(relation, b);
        const next =
          kind === "link"
            ? [...pairs.filter(([x, y]) => x !== a || y !== b), [a, b] as const]
            : kind === "unlink"
              ? pairs.filter(([x, y]) => x !== a || y !== b)
              : kind === "unlinkFrom"
                ? pairs.filter(([x]) => x !== a)
                : pairs.filter(([, y]) => y !== b);
        if (next.length === pairs.length) expect(relation).toBe(before);
        pairs = next;
        const forward = Table.entries(relation.forward).flatMap(([x, ys]) => Table.keys(ys).map((y) => `${x}${y}`));
        const backward = Table.entries(relation.backward).flatMap(([y, xs]) => Table.keys(xs).map((x) => `${x}${y}`));
        const expected = pairs.map(([x, y]) => `${x}${y}`).sort();
        expect(forward.sort()).toEqual(expected);
        expect(backward.sort()).toEqual(expected);
        for (const [, side] of [...Table.entries(relation.forward), ...Table.entries(relation.backward)])
          expect(side.size).toBeGreaterThan(0);
        expect(Relation.has(relation, a, b)).toBe(pairs.some(([x, y]) => x === a && y === b));
      }
    }),
  );
});
