import type Database from "libsql";
import { mayEnter, type RoomId } from "../../core/index.js";
import { numberOf, rowsOf } from "./open.js";
import { type FactRow, factColumns, type Told, toldOf } from "./told.js";

/** What `/api/history` is asked for. */
export interface Query {
  readonly room?: string;
  readonly user?: string;
  /** In ms since 1970 UTC. */
  readonly since?: number;
  /** The last fact that the reader has seen. */
  readonly after: number;
  /** Names and patterns of the rooms that the reader may know about. */
  readonly rooms: ReadonlyArray<string>;
}

/** Facts in the order in which they were written. */
export interface Page {
  readonly facts: ReadonlyArray<Told & { readonly id: string }>;
  /** The last fact that was looked at. */
  readonly last: number;
  /** Whether there may be more after it now. */
  readonly hasMore: boolean;
}

/** Undefined: `after` is of no fact of this file. */
export type Answer = Page | undefined;

export const pageFactsMax = 200;
/** Rows that are read for one page, whatever is found: a page may have fewer facts, and others after it. */
const pageRowsMax = 10_000;
const chunkRows = 1_000;

/** Facts are only ever added at the end, so that nobody who turns pages sees one twice or misses one. */
export const pageOf = (db: Database.Database, query: Query): Answer => {
  const newest = numberOf(db, "SELECT seq FROM sqlite_sequence WHERE name = 'facts'");
  if (query.after > newest) return undefined;
  const facts: FactRow[] = [];
  let last = startOf(db, query, newest);
  for (let read = 0; read < pageRowsMax; read += chunkRows) {
    const rows = rowsAfter(db, query, last);
    for (const row of rows) {
      if (facts.length === pageFactsMax) return pageFrom(facts, last, true);
      [last] = row;
      if (isWanted(row, query)) facts.push(row);
    }
    if (rows.length < chunkRows) return pageFrom(facts, Math.max(last, newest), false);
  }
  return pageFrom(facts, last, true);
};

const pageFrom = (facts: ReadonlyArray<FactRow>, last: number, hasMore: boolean): Page => ({
  facts: facts.map((row) => ({ id: row[1], ...toldOf(row) })),
  last,
  hasMore,
});

/** Times hardly ever run backwards, so what is sought by its time begins with the first fact that is late enough. */
const startOf = (db: Database.Database, { since, after }: Query, newest: number): number => {
  if (since === undefined) return after;
  const first = numberOf(db, "SELECT min(seq) FROM facts WHERE at >= ?", since);
  return Math.max(after, first === 0 ? newest : first - 1);
};

/** One index finds them: by room or by user, and otherwise all of them. `isWanted` does the rest, so a chunk costs what it holds. */
const rowsAfter = (db: Database.Database, { room, user }: Query, last: number): ReadonlyArray<FactRow> => {
  const [condition, ...values] =
    room !== undefined ? ["room = ? AND", room] : user !== undefined ? ["user = ? AND", user] : [""];
  const sql = `SELECT ${factColumns} FROM facts WHERE ${condition} seq > ? ORDER BY seq LIMIT ${chunkRows}`;
  return rowsOf(db, sql, ...values, last);
};

const isWanted = ([, , at, , room, user]: FactRow, query: Query): boolean =>
  at >= (query.since ?? 0) &&
  (query.user ?? user) === user &&
  // A gap is in no room: whoever may know about all rooms is told.
  mayEnter(query, (room ?? "") as RoomId);
