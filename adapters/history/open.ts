import Database from "libsql";
import { schema, schemaVersion } from "./schema.js";

/** A history file that is open for writing. No other process writes to it. */
export interface Opened {
  readonly db: Database.Database;
  readonly close: () => void;
}

/** The file is not one that a history can be written to: trying again does not help. */
export class UnfitFile extends Error {}

/** How long another process that is busy with the file is waited for. */
const busyMs = 1_000;

/** Opens or creates the file. Throws `UnfitFile` with the end of a sentence, or what SQLite says of a disk that fails. */
export const openFile = (path: string): Opened => {
  const lock = connect(`${path}-lock`);
  try {
    locked(lock);
    const db = connect(path);
    prepare(db);
    return {
      db,
      close: () => {
        db.pragma("wal_checkpoint(TRUNCATE)");
        db.close();
        release(lock);
      },
    };
  } catch (error) {
    release(lock);
    throw codeOf(error) === "SQLITE_NOTADB" ? new UnfitFile("it is there, and is no SQLite database") : error;
  }
};

const connect = (path: string): Database.Database => {
  try {
    return new Database(path, { timeout: busyMs });
  } catch (error) {
    // 14 is SQLITE_CANTOPEN: there is no such folder, or this user may not write there.
    throw /: 14"?\)$/.test(messageOf(error)) ? new UnfitFile("it cannot be opened for writing") : error;
  }
};

/** SQLite lets other processes write, too. This lock is the system's, and ends with the process, however that ends. */
const locked = (lock: Database.Database): void => {
  try {
    lock.exec("BEGIN EXCLUSIVE");
  } catch (error) {
    throw codeOf(error) === "SQLITE_BUSY" ? new UnfitFile("another server writes to it") : error;
  }
};

const release = (lock: Database.Database): void => {
  if (lock.inTransaction) lock.exec("ROLLBACK");
  lock.close();
};

const prepare = (db: Database.Database): void => {
  // A reader with any SQL tool holds nobody up (WAL), and what has been committed survives a power cut (FULL).
  db.pragma("journal_mode = WAL");
  db.pragma("synchronous = FULL");
  db.pragma("foreign_keys = ON");
  db.pragma("journal_size_limit = 67108864");
  const version = numberOf(db, "PRAGMA user_version");
  if (version > schemaVersion)
    throw new UnfitFile(
      `a newer version of this server wrote it (schema ${version}, and this one knows ${schemaVersion})`,
    );
  if (version === schemaVersion) return;
  if (numberOf(db, "SELECT count(*) FROM sqlite_schema") > 0) throw new UnfitFile("it is a database of something else");
  inTransaction(db, () => db.exec(schema));
};

/** All rows that a query finds. */
export const rowsOf = <Row>(
  db: Database.Database,
  sql: string,
  ...values: ReadonlyArray<unknown>
): ReadonlyArray<Row> =>
  db
    .prepare(sql)
    .raw()
    .all(...values) as ReadonlyArray<Row>;

/** The first column of the first row: a number, or 0 where there is none. */
export const numberOf = (db: Database.Database, sql: string, ...values: ReadonlyArray<unknown>): number =>
  rowsOf<readonly [number | null]>(db, sql, ...values)[0]?.[0] ?? 0;

/** All of it or, when it throws, nothing. */
export const inTransaction = <A>(db: Database.Database, work: () => A): A => {
  db.exec("BEGIN IMMEDIATE");
  try {
    const result = work();
    db.exec("COMMIT");
    return result;
  } catch (error) {
    // SQLite has rolled back by itself where the disk is full.
    if (db.inTransaction) db.exec("ROLLBACK");
    throw error;
  }
};

export const codeOf = (error: unknown): string => (error instanceof Error && "code" in error ? String(error.code) : "");

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
