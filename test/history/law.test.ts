import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { factsOf, type HistoryFact } from "../../adapters/history/facts.js";
import * as Table from "../../core/base/table.js";
import { roomsInOrder, type State } from "../../core/state.js";
import { folder, rows, storeAt } from "../support/history.js";
import { anyMixedRun } from "../support/v1-world.js";
import { anyRun, last, play } from "../support/world.js";

const present = (state: State): ReadonlyArray<string> =>
  roomsInOrder(state)
    .flatMap(({ id, participants }) => Table.values(participants).map((p) => JSON.stringify([id, p.id, p.name])))
    .sort();

const sorted = (found: ReadonlyArray<ReadonlyArray<unknown>>): ReadonlyArray<string> =>
  found.map((row) => JSON.stringify(row)).sort();

/** The largest number of participants that each room which is open at the end has had since it was opened. */
const peaks = (moments: ReadonlyArray<{ readonly after: State }>, facts: ReadonlyArray<ReadonlyArray<HistoryFact>>) => {
  const peak = new Map<string, number>();
  moments.forEach((_, n) => {
    for (const { kind, room = "", total = 0 } of facts[n] ?? []) {
      if (kind === "room.opened") peak.set(room, 0);
      if (kind === "room.closed") peak.delete(room);
      if (kind === "participant.joined") peak.set(room, Math.max(total, peak.get(room) ?? 0));
    }
  });
  return peak;
};

test("law: what the history says of who is there, and of which rooms are open, is so", () => {
  const files = folder();
  let [runs, visits] = [0, 0];
  fc.assert(
    fc.property(fc.oneof(anyRun(), anyMixedRun()), (run) => {
      const path = join(files, `${++runs}.db`);
      const store = storeAt(path);
      const moments = play(run);
      const facts = moments.map(({ event, effects, after }) => factsOf(event, effects, after));
      const end = last(moments);
      store.begin(0);
      const all = facts.flat();
      // In groups, as a server writes them.
      for (let n = 0; n < all.length; n += 7) store.write(all.slice(n, n + 7));
      expect(sorted(rows(path, "SELECT room, user, name FROM visits WHERE left_at IS NULL"))).toEqual(present(end));
      const open = roomsInOrder(end).map(({ id, createdAt }) => [id, createdAt]);
      expect(sorted(rows(path, "SELECT room, opened_at FROM rooms WHERE closed_at IS NULL"))).toEqual(sorted(open));
      expect(sorted(rows(path, "SELECT room, peak FROM rooms WHERE closed_at IS NULL"))).toEqual(
        sorted([...peaks(moments, facts)]),
      );
      // No end is guessed where nothing is missing, and whoever left had come.
      expect(
        rows(path, "SELECT * FROM visits WHERE reason = 'unknown' OR left_at < came_at OR room_id IS NULL"),
      ).toEqual([]);
      expect(rows(path, "SELECT * FROM rooms WHERE reason = 'unknown' OR closed_at < opened_at")).toEqual([]);
      const [counts = []] = rows(
        path,
        `SELECT (SELECT count(*) FROM visits), (SELECT count(*) FROM facts WHERE kind = 'participant.joined'),
                (SELECT count(*) FROM visits WHERE left_at IS NOT NULL), (SELECT count(*) FROM facts WHERE kind = 'participant.left')`,
      );
      expect([counts[0], counts[2]]).toEqual([counts[1], counts[3]]);
      visits += Number(counts[0]);
      store.close(end.now);
      expect(rows(path, "SELECT * FROM visits WHERE left_at IS NULL")).toEqual([]);
      expect(rows(path, "SELECT * FROM rooms WHERE closed_at IS NULL")).toEqual([]);
    }),
    { numRuns: 120 },
  );
  expect(visits).toBeGreaterThan(100);
}, 120_000);
