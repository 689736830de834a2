import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "libsql";
import { describe, expect, test } from "vitest";
import { bufferOf } from "../../adapters/history/buffer.js";
import type { HistoryFact } from "../../adapters/history/facts.js";
import type { Page } from "../../adapters/history/page.js";
import { came, closed, day, folder, opened, rows, start, storeAt, went } from "../support/history.js";

const file = (): string => join(folder(), "history.db");
const everything = { after: 0, rooms: ["*"] };

describe("facts make rooms and visits", () => {
  test("a room has its peak, and each visit its times and its reason", () => {
    const path = file();
    const store = storeAt(path);
    store.begin(start);
    store.write([opened(start), came(start + 1, "ann"), came(start + 2, "bob", 2), went(start + 3, "ann", 1)]);
    store.write([came(start + 4, "ann", 2), went(start + 5, "bob", 1), went(start + 6, "ann"), closed(start + 6)]);
    expect(rows(path, "SELECT room, name, opened_at, closed_at, reason, peak FROM rooms")).toEqual([
      ["r", "Room r", start, start + 6, "empty", 2],
    ]);
    expect(
      rows(path, "SELECT room_id, user, name, verified, came_at, left_at, reason FROM visits ORDER BY id"),
    ).toEqual([
      [1, "ann", "ANN", 0, start + 1, start + 3, "left"],
      [1, "bob", "BOB", 0, start + 2, start + 5, "left"],
      [1, "ann", "ANN", 0, start + 4, start + 6, "left"],
    ]);
  });

  test("where facts are missing, what was open ends as unknown, and nothing is open twice", () => {
    const path = file();
    const store = storeAt(path);
    store.begin(start);
    store.write([opened(start), came(start + 1, "ann"), came(start + 2, "bob", 2)]);
    store.write([{ at: start + 5, kind: "history.gap", total: 7 }, came(start + 5, "ann", 1)]);
    store.write([opened(start + 9), came(start + 10, "cy"), went(start + 11, "nobody")]);
    expect(rows(path, "SELECT user, came_at, left_at, reason FROM visits ORDER BY id")).toEqual([
      ["ann", start + 1, start + 5, "unknown"],
      ["bob", start + 2, start + 9, "unknown"],
      ["ann", start + 5, start + 9, "unknown"],
      ["cy", start + 10, null, null],
    ]);
    expect(rows(path, "SELECT opened_at, closed_at, reason FROM rooms ORDER BY id")).toEqual([
      [start, start + 9, "unknown"],
      [start + 9, null, null],
    ]);
  });

  test("a group that cannot be written leaves nothing behind", () => {
    const path = file();
    const store = storeAt(path);
    store.begin(start);
    // What no type lets through, and the schema does not either.
    const wrong = { ...came(start, "ann"), at: "now" } as unknown as HistoryFact;
    expect(() => store.write([opened(start), wrong])).toThrow(/datatype|cannot store/i);
    expect(rows(path, "SELECT count(*) FROM facts")).toEqual([[0]]);
    store.write([opened(start)]);
    expect(rows(path, "SELECT count(*) FROM facts")).toEqual([[1]]);
  });
});

describe("the next start", () => {
  test("what a run has left open ends when the run was last seen, in order", () => {
    const path = file();
    const first = storeAt(path);
    first.begin(start);
    first.write([opened(start), came(start + 1, "ann"), came(start + 2, "bob", 2)]);
    first.tidy(start + 60_000);
    // The lock goes with the process: here it is let go of without the rest of an orderly end.
    first.close(start + 60_000);
    const db = new Database(path);
    db.exec("UPDATE visits SET left_at = NULL, reason = NULL; UPDATE rooms SET closed_at = NULL, reason = NULL");
    db.exec("DELETE FROM facts WHERE seq > 3; UPDATE runs SET stopped_at = NULL");
    db.close();
    storeAt(path).begin(start + day);
    expect(rows(path, "SELECT user, left_at, reason FROM visits ORDER BY id")).toEqual([
      ["ann", start + 60_000, "server-stopped"],
      ["bob", start + 60_000, "server-stopped"],
    ]);
    expect(rows(path, "SELECT closed_at, reason FROM rooms")).toEqual([[start + 60_000, "server-stopped"]]);
    expect(rows(path, "SELECT kind, user, total, at FROM facts WHERE seq > 3 ORDER BY seq")).toEqual([
      ["participant.left", "ann", 1, start + 60_000],
      ["participant.left", "bob", 0, start + 60_000],
      ["room.closed", null, null, start + 60_000],
    ]);
    expect(rows(path, "SELECT started_at, seen_at, stopped_at FROM runs ORDER BY id")).toEqual([
      [start, start + 60_000, null],
      [start + day, start + day, null],
    ]);
  });

  test.each([
    ["junk", "it is there, and is no SQLite database", (path: string) => writeFileSync(path, "x".repeat(4_096))],
    [
      "the database of something else",
      "it is a database of something else",
      (path: string) => new Database(path).exec("CREATE TABLE t (a)"),
    ],
    [
      "of a later version",
      "a newer version of this server wrote it (schema 99, and this one knows 1)",
      (path: string) => new Database(path).exec("PRAGMA user_version = 99"),
    ],
    ["of another server", "another server writes to it", (path: string) => storeAt(path)],
  ])("a file that is %s is left alone", (_, why, make) => {
    const path = file();
    make(path);
    expect(() => storeAt(path)).toThrow(why);
  });

  test("a folder that is not there is not made", () => {
    const path = join(folder(), "missing", "history.db");
    expect(() => storeAt(path)).toThrow("it cannot be opened for writing");
    expect(existsSync(path)).toBe(false);
  });
});

describe("what is too old, or too much, goes", () => {
  test("by age: what has ended; what is still open stays", () => {
    const path = file();
    const store = storeAt(path, { daysMax: 2 });
    store.begin(start);
    store.write([
      opened(start),
      came(start, "ann"),
      went(start, "ann"),
      came(start, "bob"),
      opened(start, "q"),
      closed(start, "q"),
    ]);
    expect(store.tidy(start + 2 * day)).toBe(false);
    expect(rows(path, "SELECT count(*) FROM facts")).toEqual([[6]]);
    store.tidy(start + 2 * day + 1);
    expect(rows(path, "SELECT count(*) FROM facts")).toEqual([[0]]);
    expect(rows(path, "SELECT user FROM visits")).toEqual([["bob"]]);
    expect(rows(path, "SELECT room FROM rooms")).toEqual([["r"]]);
  });

  test("by size: the oldest first, until the rest fits", () => {
    const path = file();
    const store = storeAt(path, { bytesMax: 2_000_000 });
    store.begin(start);
    let at = start;
    for (let group = 0; group < 60; group++)
      store.write(
        Array.from({ length: 500 }, () => ({ ...came(at++, "ann"), kind: "door.refused", reason: "banned" })),
      );
    let rounds = 0;
    while (store.tidy(at) && rounds < 100) rounds += 1;
    expect(rounds).toBeGreaterThan(1);
    const [[left = 0, oldest = 0, newest = 0] = []] = rows(path, "SELECT count(*), min(at), max(at) FROM facts");
    expect([left, newest]).toEqual([Number(newest) - Number(oldest) + 1, at - 1]);
    expect(Number(left)).toBeGreaterThan(3_000);
    expect(Number(left)).toBeLessThan(15_000);
  });
});

describe("pages", () => {
  const pagesOf = (store: ReturnType<typeof storeAt>, query: object, between = (): void => {}) => {
    const found: string[] = [];
    let [after, turns] = [0, 0];
    for (;;) {
      const page = store.page({ ...everything, ...query, after }) as Page;
      turns += 1;
      expect(page.facts.length).toBeLessThanOrEqual(200);
      found.push(...page.facts.map(({ id }) => id));
      after = page.last;
      if (!page.hasMore) return { found, turns, after };
      between();
    }
  };

  test("every fact is on one page, in order, also while others are written", () => {
    const store = storeAt(file());
    store.begin(start);
    store.write(Array.from({ length: 1_001 }, (_, n) => came(start + n, "ann")));
    let more = 0;
    const { found, turns, after } = pagesOf(store, {}, () => {
      if (more < 5) store.write([went(start + 2_000, "ann"), came(start + 2_000, "ann")]);
      more += 1;
    });
    expect(found).toHaveLength(1_011);
    expect(new Set(found).size).toBe(1_011);
    expect(turns).toBe(6);
    store.write([went(start + 3_000, "ann")]);
    expect((store.page({ ...everything, after }) as Page).facts).toMatchObject([{ type: "participant.left" }]);
  });

  test("by room, by user, by both, and since a time", () => {
    const store = storeAt(file());
    store.begin(start);
    store.write([came(start, "ann", 1, "a"), came(start + 1, "bob", 1, "b"), came(start + 2, "ann", 2, "b")]);
    const users = (query: object) =>
      (store.page({ ...everything, ...query }) as Page).facts.map(({ data }) => `${data.user} in ${data.room}`);
    expect(users({ room: "b" })).toEqual(["bob in b", "ann in b"]);
    expect(users({ user: "ann" })).toEqual(["ann in a", "ann in b"]);
    expect(users({ room: "b", user: "ann" })).toEqual(["ann in b"]);
    expect(users({ since: start + 1 })).toEqual(["bob in b", "ann in b"]);
    expect(users({ since: start + 9 })).toEqual([]);
    expect(users({ rooms: ["a*"] })).toEqual(["ann in a"]);
    expect(users({ rooms: [] })).toEqual([]);
  });

  test("a question that finds little reads no more than its share: the rest is on the next pages", () => {
    const store = storeAt(file());
    store.begin(start);
    store.write(Array.from({ length: 25_000 }, (_, n) => came(start + n, "ann")));
    store.write([came(start, "bob", 1, "elsewhere")]);
    const { found, turns } = pagesOf(store, { rooms: ["elsewhere"] });
    expect([found.length, turns]).toEqual([1, 3]);
  });

  test("a place that no fact has is not one", () => {
    const store = storeAt(file());
    store.begin(start);
    expect(store.page({ ...everything, after: 1 })).toBeUndefined();
  });
});

describe("what waits for the disk", () => {
  test("is bounded: what finds no room is counted, told once, and stands in the history as a gap", () => {
    const told: Array<number | undefined> = [];
    const buffer = bufferOf({ bytesMax: 10_000, told: (missing) => told.push(missing) });
    const many = Array.from({ length: 1_000 }, (_, n) => came(start + n, `user ${n}`));
    buffer.add(many);
    const kept = buffer.waiting();
    expect(kept).toBeLessThan(40);
    expect([buffer.dropped(), told]).toEqual([1_000 - kept, [undefined]]);
    expect(buffer.take()).toEqual(many.slice(0, kept));
    expect(buffer.take()).toEqual([]);
    buffer.add([went(start + 2_000, "ann")]);
    expect(told).toEqual([undefined, 1_000 - kept]);
    expect(buffer.take()).toEqual([
      { at: start + 2_000, kind: "history.gap", total: 1_000 - kept },
      went(start + 2_000, "ann"),
    ]);
  });

  test("of refusals at doors, 100 a second are kept", () => {
    const buffer = bufferOf({ bytesMax: 1e9, told: () => {} });
    const refused: HistoryFact = { at: start, kind: "door.refused", room: "r", user: "eve", reason: "banned" };
    buffer.add(Array.from({ length: 250 }, () => refused));
    buffer.add([came(start, "ann"), { ...refused, at: start + 1_000 }]);
    expect([buffer.waiting(), buffer.dropped()]).toEqual([102, 150]);
  });
});
