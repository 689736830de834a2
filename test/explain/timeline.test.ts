import fc from "fast-check";
import { expect, test } from "vitest";
import { sparkline, timelineTally } from "../../adapters/explain/timeline.js";

test("law: each step of a timeline has the most that there were within it, however long it was", () => {
  const visits = fc.array(fc.tuple(fc.nat(5_000), fc.nat(20)), { minLength: 1, maxLength: 200 });
  fc.assert(
    fc.property(visits, (found) => {
      const timeline = timelineTally();
      const levels: Array<readonly [number, number]> = [];
      let at = 1_000;
      for (const [later, clients] of found) {
        at += later;
        levels.push([at, clients]);
        timeline.visit(at, clients, clients + 1);
      }
      const { stepMs, clients, rooms } = timeline.found();
      expect(clients.length).toBeLessThanOrEqual(64);
      expect(clients.length).toBe(Math.floor((at - (levels[0]?.[0] ?? 0)) / stepMs) + 1);
      clients.forEach((most, i) => {
        const from = (levels[0]?.[0] ?? 0) + i * stepMs;
        const before = levels.filter(([when]) => when < from).at(-1)?.[1] ?? 0;
        const within = levels.filter(([when]) => when >= from && when < from + stepMs).map(([, level]) => level);
        expect(most).toBe(Math.max(before, ...within));
        expect(rooms[i]).toBe(most + 1);
      });
    }),
  );
});

test("nobody is a dot, and the most fill their column", () => {
  expect(sparkline([0, 1, 4, 8])).toBe("·▁▄█");
  expect(sparkline([1, 100])).toBe("▁█");
  expect(sparkline([0])).toBe("·");
});
