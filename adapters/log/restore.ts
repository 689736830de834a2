import { basename } from "node:path";
import { entryCodec, type WrittenPart, wholeOf } from "../../core/index.js";
import { type Named, UnfitFolder } from "./folder.js";
import { type Line, linesOf } from "./lines.js";
import type { Logged, Restored } from "./log.js";

/** The format of the files: of their lines, of entries, and of the shared half. */
export const formatVersion = 1;

/** What the files of a log hold. */
export interface Kept extends Restored {
  /** The last entry that is in a snapshot. */
  readonly snapshotAt: number;
  readonly last: number;
  /** The bytes of a last entry that was cut short, which nobody has been told of. */
  readonly cutBytes: number;
}

/**
 * Reads the files of a log, in its order. What the last snapshot holds is not read again. Throws `UnfitFolder` where something is
 * missing or damaged that had been written: only what stood last, and was cut short, has never been told to anybody.
 */
export const restore = (files: ReadonlyArray<Named>): Kept => {
  const snapshot = files.findLast(({ kind }) => kind === "snapshot");
  const begun = snapshot === undefined ? { shared: undefined, seq: 0 } : readSnapshot(snapshot);
  const entries = files.filter(({ kind }) => kind === "entries");
  const tail: Logged[] = [];
  let last = begun.seq;
  let cutBytes = 0;
  for (const [i, file] of entries.entries()) {
    const end = entries[i + 1]?.seq ?? Number.POSITIVE_INFINITY;
    // All of it is in the snapshot.
    if (end <= last + 1) continue;
    if (file.seq > last + 1) throw missing(file, last + 1);
    const read = readEntries(file, last + 1, end);
    for (const logged of read.entries) tail.push(logged);
    last += read.entries.length;
    cutBytes = read.cutBytes;
    if (Number.isFinite(end) && last + 1 !== end) throw missing(file, last + 1);
  }
  return { shared: begun.shared, snapshotAt: begun.seq, tail, cutBytes, last };
};

const readSnapshot = (file: Named): Pick<Restored, "shared"> & { readonly seq: number } => {
  const lines = linesOf(file.path);
  checkHeader(file, lines.next().value ?? undefined);
  const parts: WrittenPart[] = [];
  let isWhole = false;
  for (const line of lines) {
    if (line.value === undefined) throw damaged(file, line);
    if (isEnd(line.value)) isWhole = line.value.end === parts.length;
    else parts.push(line.value as WrittenPart);
  }
  if (!isWhole) throw new UnfitFolder(`${basename(file.path)} in it is not whole: restore the folder from a backup`);
  return { shared: wholeOf(parts), seq: file.seq };
};

const isEnd = (value: unknown): value is { readonly end: number } =>
  typeof value === "object" && value !== null && "end" in value;

/** The entries from `first` on, up to where the next file goes on. */
const readEntries = (
  file: Named,
  first: number,
  end: number,
): { readonly entries: ReadonlyArray<Logged>; readonly cutBytes: number } => {
  const lines = linesOf(file.path);
  const entries: Logged[] = [];
  const header = lines.next().value ?? undefined;
  if (header === undefined || header.isCut) {
    // The process ended before it had written anything, or so it would be.
    for (const { value } of lines) if (value !== undefined) throw damaged(file, header);
    return { entries, cutBytes: header?.bytes ?? 0 };
  }
  checkHeader(file, header);
  let next = file.seq - 1;
  let cut: Line | undefined;
  let [cutSeq, cutBytes] = [0, 0];
  for (const line of lines) {
    next += 1;
    // A snapshot has it.
    if (next < first && line.value === undefined) continue;
    // The next file has it.
    if (next >= end) break;
    if (cut !== undefined || line.value === undefined) {
      if (cut === undefined) [cut, cutSeq] = [line, next];
      cutBytes += line.bytes;
      // It was whole once, and has changed since; or a later entry says that it had been on the disk.
      if (!cut.isCut || (line.value !== undefined && entryIn(file, line).synced >= cutSeq)) throw damaged(file, cut);
      continue;
    }
    const { logged } = entryIn(file, line);
    if (logged.seq !== next) throw missing(file, next);
    if (logged.seq >= first) entries.push(logged);
  }
  return { entries, cutBytes };
};

/** An entry as it is written. */
export interface Written extends Logged {
  /** The last entry that was on the disk by then. */
  readonly synced: number;
}

const entryIn = (file: Named, { value, number }: Line): { readonly logged: Logged; readonly synced: number } => {
  const { seq, node, entry, synced } = value as Written;
  if (!entryCodec.is(entry))
    throw new UnfitFolder(`line ${number} of ${basename(file.path)} in it is no entry that this version knows`);
  return { logged: { seq, node, entry }, synced };
};

const checkHeader = (file: Named, line: Line | undefined): void => {
  const { value } = line ?? {};
  if (typeof value !== "object" || value === null || !("version" in value && "kind" in value && "seq" in value))
    throw damaged(file, line);
  if (Number(value.version) > formatVersion)
    throw new UnfitFolder(
      `a newer version of this server wrote it (format ${value.version}, and this one knows ${formatVersion})`,
    );
  checkName(file, value);
};

const checkName = (file: Named, { kind, seq }: { readonly kind: unknown; readonly seq: unknown }): void => {
  if (kind !== file.kind || seq !== file.seq)
    throw new UnfitFolder(`${basename(file.path)} in it was called otherwise: restore the folder from a backup`);
};

const damaged = ({ path }: Named, line: Line | undefined): UnfitFolder =>
  new UnfitFolder(`line ${line?.number ?? 1} of ${basename(path)} in it is damaged: restore the folder from a backup`);

const missing = ({ path }: Named, seq: number): UnfitFolder =>
  new UnfitFolder(`entry ${seq} is missing in ${basename(path)}: restore the folder from a backup`);
