import { randomUUID } from "node:crypto";
import { constants } from "node:fs";
import { type FileHandle, open, rename, unlink } from "node:fs/promises";
import * as E from "fp-ts/lib/Either.js";
import type * as TE from "fp-ts/lib/TaskEither.js";
import { type NodeId, partsOf, type Shared } from "../../core/index.js";
import { syncFolder } from "../journal/sync.js";
import {
  deleteUnfinished,
  type Folder,
  filesIn,
  type Named,
  nameOf,
  openFolder,
  secretOf,
  UnfitFolder,
} from "./folder.js";
import { lineOf } from "./lines.js";
import type { Log, Logged, LogPorts } from "./log.js";
import { formatVersion, type Kept, restore, type Written } from "./restore.js";

/** A log in a folder, and the secret that is kept beside it. */
export interface FileLog extends Log {
  readonly restore: () => Promise<Kept>;
  readonly begin: (ports: FilePorts) => void;
  /** What resume tickets are signed with. */
  readonly secret: string;
}

/** A folder that is damaged is not opened: what has been told holds. */
export type FilePorts = Omit<LogPorts, "broken">;

export interface FileLogOptions {
  /** The folder; it is made if it is not there. */
  readonly path: string;
  /** The version of this package. */
  readonly version: string;
  /** After so many entries there is a snapshot, and what it holds is deleted. */
  readonly snapshotEvery?: number;
}

const entriesASnapshot = 50_000;
/** There is a snapshot after so many bytes, too, and a file that has as many is followed by another. */
const bytesASnapshot = 67_108_864;
/** So many entries are written and synced at once. */
const groupMax = 1_024;
/** So much of a snapshot is made in one turn of the event loop. */
const writtenChars = 65_536;
/** What is written is on the disk when the call returns: that costs one call instead of two. */
const toTheDisk = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_DSYNC;
/** The disk is tried again after so many ms. */
const pauseMs = 1_000;
/** A disk that takes longer is failing. */
const slowMs = 2_000;
const slowTicks = 10;
/** So often it is looked whether the file is still in its folder. */
const lookMs = 1_000;
/** A stop waits so long for the disk, and as long for the snapshot. */
const closeMs = 4_000;

/** Opens the folder, and reads what is there. Left: a one-line error for the operator. */
export const fileLog =
  (options: FileLogOptions): TE.TaskEither<string, FileLog> =>
  async () => {
    const refused = (why: string) => E.left(`DATA is ${JSON.stringify(options.path)}: ${why}.`);
    let folder: Folder | undefined;
    try {
      folder = await openFolder(options.path);
      const secret = await secretOf(folder);
      await deleteUnfinished(folder);
      const kept = restore(await filesIn(folder));
      return E.right({ ...logIn(folder, kept, options), secret });
    } catch (error) {
      await folder?.release();
      if (error instanceof UnfitFolder) return refused(error.message);
      return refused(`it must be a folder where this user may write (${messageOf(error)})`);
    }
  };

const logIn = (folder: Folder, kept: Kept, options: FileLogOptions): Omit<FileLog, "secret"> => {
  const node = randomUUID() as NodeId;
  const { version, snapshotEvery = entriesASnapshot } = options;
  let ports: FilePorts | undefined;
  const waiting: Logged[] = [];
  /** The last entry that was appended, and the last that is on the disk. */
  let [last, synced] = [kept.last, kept.last];
  let entriesFile: EntriesFile | undefined;
  /** Where the last snapshot began, and what has been written since. */
  let [snapshotAt, bytesSince] = [kept.snapshotAt, 0];
  let error: string | undefined;
  let writing: Promise<void> | undefined;
  let snapshotting: Promise<void> | undefined;
  let latest: { readonly seq: number; readonly shared: Shared } | undefined;
  let isClosing = false;

  const setError = (why: string | undefined): void => {
    if (why === error) return;
    error = why;
    if (why === undefined) ports?.recovered();
    else ports?.failed(why);
  };

  const headerOf = (kind: Named["kind"], seq: number): string =>
    lineOf({ log: "signalbox", kind, seq, version: formatVersion, package: version });

  const closeFile = async (): Promise<void> => {
    const former = entriesFile;
    entriesFile = undefined;
    await former?.handle.close();
  };

  /** A new file begins with the first entry that waits: what an earlier one has of it was never told to anybody. */
  const fileFrom = async (first: number): Promise<EntriesFile> => {
    if (entriesFile?.isFull) await closeFile();
    if (entriesFile !== undefined) return entriesFile;
    const handle = await open(nameOf(folder.path, "entries", first), toTheDisk, 0o600);
    entriesFile = { handle, bytes: 0, isFull: false, lookedAt: performance.now() };
    await handle.appendFile(headerOf("entries", first));
    await syncFolder(folder.path);
    return entriesFile;
  };

  const writeGroup = async (group: ReadonlyArray<Logged>): Promise<void> => {
    const to = await fileFrom(synced + 1);
    const lines = Buffer.from(group.map((logged) => lineOf({ ...logged, synced } satisfies Written)).join(""));
    await to.handle.appendFile(lines);
    to.bytes += lines.length;
    bytesSince += lines.length;
    to.isFull ||= to.bytes >= bytesASnapshot;
    if (performance.now() - to.lookedAt < lookMs) return;
    to.lookedAt = performance.now();
    // Whoever deletes the folder of a server that runs should hear of it now, and not at its next start.
    if ((await to.handle.stat()).nlink === 0) throw new Error("its files were deleted");
  };

  const write = async (): Promise<void> => {
    while (waiting.length > 0) {
      const group = waiting.slice(0, groupMax);
      const isAnswered = ifSlow(() => setError(`the disk has been busy for more than ${slowMs} ms`));
      try {
        await writeGroup(group);
        waiting.splice(0, group.length);
        synced += group.length;
        setError(undefined);
        for (const logged of group) ports?.appended(logged);
      } catch (thrown) {
        setError(messageOf(thrown));
        await closeFile().catch(() => {});
        if (isClosing) return;
        await new Promise((resolve) => setTimeout(resolve, pauseMs).unref());
      } finally {
        isAnswered();
      }
    }
  };

  /** Entries of one turn of the event loop are written together. */
  const writeSoon = (): void => {
    writing ??= Promise.resolve()
      .then(write)
      .finally(() => {
        writing = undefined;
        if (waiting.length > 0 && !isClosing) writeSoon();
      });
  };

  /** Written beside the entries, and takes their place when it is whole. */
  const writeSnapshot = async (seq: number, shared: Shared): Promise<void> => {
    const path = nameOf(folder.path, "snapshot", seq);
    const to = await open(`${path}.tmp`, "w", 0o600);
    try {
      await to.appendFile(headerOf("snapshot", seq));
      let [parts, lines] = [0, ""];
      for (const part of partsOf(shared)) {
        parts += 1;
        lines += lineOf(part);
        if (lines.length < writtenChars) continue;
        await to.appendFile(lines);
        lines = "";
      }
      await to.appendFile(lines + lineOf({ end: parts }));
      await to.sync();
      await to.close();
      await rename(`${path}.tmp`, path);
    } catch (thrown) {
      // A disk that is full needs the room.
      await to.close().catch(() => {});
      await unlink(`${path}.tmp`).catch(() => {});
      throw thrown;
    }
    await syncFolder(folder.path);
  };

  const deleteUpTo = async (seq: number): Promise<void> => {
    const files = await filesIn(folder);
    const entries = files.filter(({ kind }) => kind === "entries");
    const nextAfter = (i: number): number =>
      entries[i + 1]?.seq ?? (entriesFile === undefined ? last + 1 : Number.POSITIVE_INFINITY);
    const over = [
      ...files.filter((one) => one.kind === "snapshot" && one.seq < seq),
      ...entries.filter((_, i) => nextAfter(i) <= seq + 1),
    ];
    for (const { path } of over) await unlink(path);
  };

  /** Where it fails, the entries are still there, and after as many more the next one is tried. */
  const takeSnapshot = async (seq: number, shared: Shared): Promise<void> => {
    [snapshotAt, bytesSince] = [seq, 0];
    if (entriesFile !== undefined) entriesFile.isFull = true;
    try {
      await writeSnapshot(seq, shared);
    } catch (thrown) {
      return ports?.warn(`DATA has no new snapshot, and keeps its entries: ${messageOf(thrown)}`);
    }
    await deleteUpTo(seq).catch((thrown) =>
      ports?.warn(`DATA keeps files that it does not need any more: ${messageOf(thrown)}`),
    );
  };

  return {
    node: () => node,
    restore: async () => kept,
    begin: (given) => {
      ports = given;
    },
    append: (entry) => {
      if (isClosing) return;
      last += 1;
      waiting.push({ seq: last, node, entry });
      writeSoon();
    },
    applied: (seq, { shared }) => {
      latest = { seq, shared };
      const isDue = seq - snapshotAt >= snapshotEvery || bytesSince >= bytesASnapshot;
      // A stop writes one itself, and waits for that.
      if (isClosing || !isDue || snapshotting !== undefined) return;
      snapshotting = takeSnapshot(seq, shared).finally(() => {
        snapshotting = undefined;
      });
    },
    status: () => ({
      state: error === undefined ? "on" : "failing",
      entriesWritten: synced - kept.last,
      entriesWaiting: waiting.length,
      ...(error === undefined ? {} : { error }),
    }),
    close: async () => {
      isClosing = true;
      const isWritten = await within(closeMs, Promise.all([writing, snapshotting]).then(closeFile));
      if (waiting.length > 0) ports?.warn(`DATA lacks the last ${waiting.length} changes: the disk did not take them`);
      const { seq, shared } = latest ?? { seq: 0, shared: undefined };
      const isDue = isWritten && waiting.length === 0 && shared !== undefined && seq > snapshotAt;
      const isKept = !isDue || (await within(closeMs, takeSnapshot(seq, shared)));
      // What still hangs at the disk might come to an end in the folder of another server. The lock ends with the process.
      if (isWritten && isKept) await folder.release();
    },
  };
};

/** What entries are written to. */
interface EntriesFile {
  readonly handle: FileHandle;
  bytes: number;
  /** The next entry begins another file. */
  isFull: boolean;
  lookedAt: number;
}

/** Whether the work came to an end in time, well or not: a disk that does not answer keeps nobody from stopping. */
const within = (ms: number, work: Promise<unknown>): Promise<boolean> => {
  const end = (): boolean => true;
  const limit = new Promise<boolean>((resolve) => setTimeout(resolve, ms, false).unref());
  return Promise.race([work.then(end, end), limit]);
};

/**
 * Calls where the disk has not answered in time. It counts ticks and not time: while this process was busy itself, the disk cannot be
 * blamed.
 */
const ifSlow = (then: () => void): (() => void) => {
  let ticks = 0;
  const timer = setInterval(() => {
    ticks += 1;
    if (ticks === slowTicks) then();
  }, slowMs / slowTicks);
  return () => clearInterval(timer);
};

const messageOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown));
