import type Database from "libsql";
import type { HistoryFact } from "./facts.js";
import { inTransaction, numberOf, openFile, rowsOf } from "./open.js";
import { type Answer, pageOf, type Query } from "./page.js";
import { type FactRow, factColumns, toldOf } from "./told.js";
import { writerOf } from "./write.js";

/** A fact that is to be delivered. */
export interface Queued {
  readonly seq: number;
  /** Empty for a gap. */
  readonly room: string;
  /** Of the body, in UTF-8. */
  readonly bytes: number;
  readonly attempts: number;
}

/** What has become of an attempt to deliver: the fact leaves the queue, or stays with one attempt more. */
export interface Outcome {
  readonly seq: number;
  /** Undefined: it is over. */
  readonly attempts: number | undefined;
}

export interface StoreOptions {
  readonly path: string;
  readonly daysMax: number;
  readonly bytesMax: number;
  /** What the queue has room for now. Undefined: there are no webhooks. */
  readonly free: (() => Room) | undefined;
}

/** Room in the queue. */
export interface Room {
  readonly facts: number;
  readonly bytes: number;
}

/** What a group has put into the queue, and how many facts found no room there. */
export interface Added {
  readonly queued: ReadonlyArray<Queued>;
  readonly refused: number;
}

/** A history on the disk. Everything is synchronous, and throws what SQLite says of a disk that fails. */
export interface Store {
  /** Begins a run, and ends what one that was killed has left open. To be called once, before anything is written. */
  readonly begin: (now: number) => Added;
  /** Writes a group, all of it or nothing. What is to be delivered is in the queue on the disk then. */
  readonly write: (facts: ReadonlyArray<HistoryFact>) => Added;
  /** The number of the last fact that was ever written; 0 for none. */
  readonly last: () => number;
  readonly page: (query: Query) => Answer;
  /** Everything that is in the queue, in order. */
  readonly queued: () => ReadonlyArray<Queued>;
  /** Undefined: it has been pruned. */
  readonly bodyOf: (seq: number) => { readonly id: string; readonly body: string } | undefined;
  readonly settle: (outcomes: ReadonlyArray<Outcome>) => void;
  /** Notes that the server is alive, and deletes some of what is too old, or too much. True: there is more. */
  readonly tidy: (now: number) => boolean;
  /** Ends what is open, and the run that has begun. */
  readonly close: (now: number) => void;
}

const dayMs = 86_400_000;
/** Facts that are deleted in one go, so that nothing else waits for long. */
const pruneFactsMax = 2_000;

/** Throws as `openFile` does. */
export const openStore = (options: StoreOptions): Store => {
  const { db, close } = openFile(options.path);
  const writer = writerOf(db);
  const queue = queueOf(db, options.free);
  const seen = db.prepare(
    "UPDATE runs SET seen_at = max(seen_at, ?) WHERE stopped_at IS NULL AND id = (SELECT max(id) FROM runs)",
  );
  return {
    begin: (now) =>
      inTransaction(db, () => {
        const added = queue.add(writer.endAll(numberOf(db, "SELECT max(seen_at) FROM runs")));
        db.prepare("INSERT INTO runs (started_at, seen_at) VALUES (?, ?)").run(now, now);
        return added;
      }),
    write: (facts) =>
      inTransaction(db, () => {
        const added = queue.add(facts.map(writer.write));
        seen.run(facts.at(-1)?.at ?? 0);
        return added;
      }),
    last: () => numberOf(db, "SELECT seq FROM sqlite_sequence WHERE name = 'facts'"),
    page: (query) => pageOf(db, query),
    queued: queue.all,
    bodyOf: queue.bodyOf,
    settle: queue.settle,
    tidy: (at) =>
      inTransaction(db, () => {
        seen.run(at);
        return prune(db, cutoffOf(db, options, at));
      }),
    close: (at) => {
      try {
        inTransaction(db, () => {
          queue.add(writer.endAll(at));
          seen.run(at);
          db.prepare("UPDATE runs SET stopped_at = ? WHERE id = (SELECT max(id) FROM runs)").run(at);
        });
      } finally {
        close();
      }
    },
  };
};

const queueOf = (db: Database.Database, free: StoreOptions["free"]) => {
  const put = db.prepare("INSERT INTO deliveries (seq, room, bytes) VALUES (?, ?, ?)");
  const end = db.prepare("DELETE FROM deliveries WHERE seq = ?");
  const count = db.prepare("UPDATE deliveries SET attempts = ? WHERE seq = ?");
  return {
    add: (rows: ReadonlyArray<FactRow>): Added => {
      if (free === undefined) return { queued: [], refused: 0 };
      const queued: Queued[] = [];
      let { facts, bytes: left } = free();
      for (const row of rows) {
        const [seq, , , , room] = row;
        const bytes = Buffer.byteLength(JSON.stringify(toldOf(row)));
        if (facts === 0 || bytes > left) continue;
        facts -= 1;
        left -= bytes;
        put.run(seq, room ?? "", bytes);
        queued.push({ seq, room: room ?? "", bytes, attempts: 0 });
      }
      return { queued, refused: rows.length - queued.length };
    },
    all: (): ReadonlyArray<Queued> =>
      rowsOf<[number, string, number, number]>(
        db,
        "SELECT seq, room, bytes, attempts FROM deliveries ORDER BY seq",
      ).map(([seq, room, bytes, attempts]) => ({ seq, room, bytes, attempts })),
    bodyOf: (seq: number) => {
      const [row] = rowsOf<FactRow>(db, `SELECT ${factColumns} FROM facts WHERE seq = ?`, seq);
      return row && { id: row[1], body: JSON.stringify(toldOf(row)) };
    },
    settle: (outcomes: ReadonlyArray<Outcome>): void =>
      inTransaction(db, () => {
        for (const { seq, attempts } of outcomes) attempts === undefined ? end.run(seq) : count.run(attempts, seq);
      }),
  };
};

/** What is older goes: by its age or, where the file has grown too large, as the oldest part. */
const cutoffOf = (db: Database.Database, { daysMax, bytesMax }: StoreOptions, now: number): number => {
  const tooOld = now - daysMax * dayMs;
  const pages = numberOf(db, "PRAGMA page_count") - numberOf(db, "PRAGMA freelist_count");
  if (pages * numberOf(db, "PRAGMA page_size") <= bytesMax) return tooOld;
  return Math.max(tooOld, numberOf(db, "SELECT at FROM facts ORDER BY seq LIMIT 1 OFFSET ?", 2 * pruneFactsMax));
};

/** What is still open stays. True: there is more to delete. */
const prune = (db: Database.Database, before: number): boolean => {
  const deleted = [
    ["facts", "seq", "at"],
    ["visits", "id", "left_at"],
    ["rooms", "id", "closed_at"],
  ].map(([table, key, time]) => {
    const some = `SELECT ${key} FROM ${table} WHERE ${time} < ? LIMIT ${pruneFactsMax}`;
    return db.prepare(`DELETE FROM ${table} WHERE ${key} IN (${some})`).run(before).changes;
  });
  db.prepare("DELETE FROM runs WHERE seen_at < ? AND id < (SELECT max(id) FROM runs)").run(before);
  return deleted.some((count) => count >= pruneFactsMax);
};
