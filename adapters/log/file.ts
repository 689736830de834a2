import { randomUUID } from "node:crypto";
import { constants } from "node:fs";
import { type FileHandle, open, rename, unlink } from "node:fs/promises";
import * as E from "fp-ts/lib/Either.js";
import type * as TE from "fp-ts/lib/TaskEither.js";
import { type NodeId, partsOf, type Shared } from "../../core/index.js";
import {
  deleteUnfinished,
  type Folder,
  filesIn,
  type Named,
  nameOf,
  openFolder,
  secretOf,
  syncFolder,
  UnfitFolder,
} from "./folder.js";
import { lineOf } from "./lines.js";
import type { Log, Logged, LogPorts } from "./log.js";
import { formatVersion, type Kept, restore, type Written } from "./restore.js";

/** A log in a folder, and the secret that is kept beside it. */
export interface FileLog extends Log {
  /** What resume tickets are signed with. */
  readonly secret: string;
}

export interface FileLogOptions {
  /** The folder; it is made if it is not there. */
  readonly path: string;
  /** The version of this package. */
  readonly version: string;
  /** After so many entries there is a snapshot, and what it holds is deleted. */
  readonly snapshotEvery?: number;
}

const entriesASnapshot = 50_000;
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
      return E.right({ ...logIn(folder, kept, options), restored: kept, secret });
    } catch (error) {
      await folder?.release();
      if (error instanceof UnfitFolder) return refused(error.message);
      const { code, message } = error as NodeJS.ErrnoException;
      return refused(`it must be a folder where this user may write (${code ?? message})`);
    }
  };

const logIn = (folder: Folder, kept: Kept, options: FileLogOptions): Omit<Log, "restored"> => {
  const node = randomUUID() as NodeId;
  const { version, snapshotEvery = entriesASnapshot } = options;
  let ports: LogPorts | undefined;
  const waiting: Logged[] = [];
  /** The places of the last entry that was appended, that is on the disk, and that is in a snapshot. */
  let [last, synced, snapshotAt] = [kept.last, kept.last, kept.snapshotAt];
  let file: FileHandle | undefined;
  let isFileOver = false;
  let error: string | undefined;
  let writing: Promise<void> | undefined;
  let snapshotting: Promise<void> | undefined;
  let latest: { readonly seq: number; readonly shared: Shared } | undefined;
  let isClosing = false;

  const found = (why: string | undefined): void => {
    if (why === error) return;
    error = why;
    if (why === undefined) ports?.recovered();
    else ports?.failed(why);
  };

  const headerOf = (kind: Named["kind"], seq: number): string =>
    lineOf({ log: "signalbox", kind, seq, version: formatVersion, package: version });

  const closeFile = async (): Promise<void> => {
    const former = file;
    [file, isFileOver] = [undefined, false];
    await former?.close();
  };

  /** A new file begins with the first entry that waits: what an earlier one has of it does not count. */
  const fileFrom = async (first: number): Promise<FileHandle> => {
    if (isFileOver) await closeFile();
    if (file !== undefined) return file;
    const next = await open(nameOf(folder.path, "entries", first), toTheDisk, 0o600);
    file = next;
    await next.appendFile(headerOf("entries", first));
    await syncFolder(folder.path);
    return next;
  };

  const writeGroup = async (group: ReadonlyArray<Logged>): Promise<void> => {
    const to = await fileFrom(synced + 1);
    await to.appendFile(group.map((logged) => lineOf({ ...logged, synced } satisfies Written)).join(""));
  };

  const write = async (): Promise<void> => {
    while (waiting.length > 0) {
      const group = waiting.slice(0, groupMax);
      const isOver = ifSlow(() => found(`the disk has been busy for more than ${slowMs} ms`));
      try {
        await writeGroup(group);
        waiting.splice(0, group.length);
        synced += group.length;
        found(undefined);
        for (const logged of group) ports?.appended(logged);
      } catch (thrown) {
        found(messageOf(thrown));
        await closeFile().catch(() => {});
        if (isClosing) return;
        await new Promise((resolve) => setTimeout(resolve, pauseMs).unref());
      } finally {
        isOver();
      }
    }
  };

  /** Entries of one turn of the event loop are written together. */
  const writeSoon = (): void => {
    writing ??= Promise.resolve()
      .then(write)
      .finally(() => {
        writing = undefined;
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
    } finally {
      await to.close();
    }
    await rename(`${path}.tmp`, path);
    await syncFolder(folder.path);
    await deleteUpTo(seq);
  };

  const deleteUpTo = async (seq: number): Promise<void> => {
    const files = await filesIn(folder);
    const entries = files.filter(({ kind }) => kind === "entries");
    const nextAfter = (i: number): number =>
      entries[i + 1]?.seq ?? (file === undefined ? last + 1 : Number.POSITIVE_INFINITY);
    const over = [
      ...files.filter((one) => one.kind === "snapshot" && one.seq < seq),
      ...entries.filter((_, i) => nextAfter(i) <= seq + 1),
    ];
    for (const { path } of over) await unlink(path);
  };

  /** Where it fails, the entries are still there, and after as many more the next one is tried. */
  const takeSnapshot = (seq: number, shared: Shared): Promise<void> => {
    [snapshotAt, isFileOver] = [seq, true];
    return writeSnapshot(seq, shared).catch((thrown) => ports?.warn(`No snapshot was written: ${messageOf(thrown)}`));
  };

  return {
    node,
    begin: (given) => {
      ports = given;
    },
    append: (entry) => {
      last += 1;
      waiting.push({ seq: last, node, entry });
      writeSoon();
    },
    applied: (seq, shared) => {
      latest = { seq, shared };
      if (seq - snapshotAt < snapshotEvery || snapshotting !== undefined) return;
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
      await writing;
      await snapshotting;
      await closeFile().catch(() => {});
      if (latest !== undefined && latest.seq > snapshotAt && error === undefined)
        await takeSnapshot(latest.seq, latest.shared);
      await folder.release();
    },
  };
};

/** Calls where the disk has not answered in time. What this process was busy with itself is not the disk's fault. */
const ifSlow = (then: () => void): (() => void) => {
  let isOver = false;
  const timer = setTimeout(() => setImmediate(() => isOver || then()), slowMs);
  return () => {
    isOver = true;
    clearTimeout(timer);
  };
};

const messageOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown));
