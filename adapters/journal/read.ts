import { closeSync, openSync, readSync, type Stats, statSync } from "node:fs";
import * as E from "fp-ts/lib/Either.js";
import { type Digest, type Header, parseLine, type Recorded } from "../../core/index.js";

/** What is wrong with a journal, in one line that names the file and, where there is one, the line. */
export class JournalError extends Error {}

/** An event or a digest, in the order of the run. */
export type Entry =
  | { readonly kind: "event"; readonly event: Recorded }
  | { readonly kind: "digest"; readonly digest: Digest["digest"] }
  /** The last line was cut short: the process that wrote it ended in the middle. */
  | { readonly kind: "torn"; readonly line: number; readonly bytes: number };

export interface Journal {
  readonly header: Header;
  readonly entries: Generator<Entry, void>;
  readonly bytes: number;
  readonly bytesRead: () => number;
  /** For whoever does not go through `entries`. */
  readonly close: () => void;
}

/** The events of a run, and the header of its first file. */
export interface Events extends Iterable<Recorded> {
  readonly header: Header;
}

/**
 * The events of a run, read anew from its files each time somebody goes through them: a long journal need not fit into memory. A pipe
 * can be read only once, so its events are kept.
 *
 * @param seen is called with the number of each event
 * @param torn is called for a last line that was cut short
 * @throws JournalError
 */
export const eventsOf = (
  paths: ReadonlyArray<string>,
  seen: (n: number, journal: Journal) => void = () => {},
  torn: (bytes: number) => void = () => {},
): Events => {
  function* events(journal: Journal): Generator<Recorded, void> {
    let n = 0;
    for (const entry of journal.entries) {
      if (entry.kind === "torn") torn(entry.bytes);
      if (entry.kind !== "event") continue;
      n += 1;
      seen(n, journal);
      yield entry.event;
    }
  }
  const first = openJournal(paths);
  const { header } = first;
  if (!paths.every((path) => statOf(path).isFile())) return Object.assign([...events(first)], { header });
  first.close();
  return { header, [Symbol.iterator]: () => events(openJournal(paths)) };
};

/**
 * Files by the run that they are of: each first part begins another one. A pipe can be read only once, so files are of one run where one of them
 * is a pipe.
 *
 * @throws JournalError
 */
export const runsOf = (paths: ReadonlyArray<string>): ReadonlyArray<ReadonlyArray<string>> => {
  if (paths.length < 2 || !paths.every((path) => statOf(path).isFile())) return [paths];
  const runs: string[][] = [];
  for (const path of paths) {
    const last = runs.at(-1);
    if (last === undefined || isFirstPart(path)) runs.push([path]);
    else last.push(path);
  }
  return runs;
};

/** What is no journal, or the last part of a run that was begun and no more, is told by whoever reads it. */
const isFirstPart = (path: string): boolean => {
  const lines = linesOf(path, { bytes: 0 });
  const first = lines.next().value ?? undefined;
  lines.return();
  const parsed = first?.isWhole === true ? parseLine(first.text) : undefined;
  return parsed !== undefined && E.isRight(parsed) && "journal" in parsed.right && parsed.right.part === 1;
};

const chunkBytes = 65_536;

/**
 * Opens the files of one run, in their order. Damage is refused where it stands, never skipped; only a last line that was cut
 * short is dropped, and told.
 */
export const openJournal = (paths: ReadonlyArray<string>): Journal => {
  const progress = { bytes: 0 };
  const files = paths.map((path) => {
    const lines = linesOf(path, progress);
    return { path, first: lines.next().value ?? undefined, lines };
  });
  // The process may have ended before it had begun the last part.
  const tail = files.length > 1 && files.at(-1)?.first?.isWhole !== true ? files.pop()?.first?.text : undefined;
  const parts = files.map(({ path, first, lines }) => ({ path, lines, header: headerOf(path, first) }));
  const [whole] = parts;
  if (whole === undefined) throw new JournalError("no file was named");
  parts.forEach(({ path, header: { part } }, i) => {
    if (part !== i + 1)
      throw new JournalError(
        `${path} is part ${part} of its run, and stands in place ${i + 1}: name all parts, in order`,
      );
  });
  return {
    header: whole.header,
    entries: entriesOf(parts, tail),
    bytes: paths.reduce((sum, path) => sum + statOf(path).size, 0),
    bytesRead: () => progress.bytes,
    close: () => {
      for (const { lines } of parts) lines.return();
    },
  };
};

interface TextLine {
  readonly text: string;
  readonly number: number;
  /** A line ends with a line feed; one that does not was cut short. */
  readonly isWhole: boolean;
}

/** Line feeds stand between characters in UTF-8, never inside one: a chunk is decoded at once, up to its last line feed. */
function* linesOf(path: string, progress: { bytes: number }): Generator<TextLine, void> {
  const file = open(path);
  try {
    const chunk = Buffer.alloc(chunkBytes);
    let rest = Buffer.alloc(0);
    let number = 0;
    for (let read = readSync(file, chunk); read > 0; read = readSync(file, chunk)) {
      progress.bytes += read;
      const fresh = chunk.subarray(0, read);
      const bytes = rest.length === 0 ? fresh : Buffer.concat([rest, fresh]);
      const end = bytes.lastIndexOf(10) + 1;
      const lines = bytes.toString("utf8", 0, end).split("\n");
      // What follows the last line feed is not a line of this chunk.
      lines.pop();
      for (const text of lines) {
        number += 1;
        yield { text, number, isWhole: true };
      }
      rest = Buffer.from(bytes.subarray(end));
    }
    if (rest.length > 0) yield { text: rest.toString(), number: number + 1, isWhole: false };
  } finally {
    closeSync(file);
  }
}

const open = (path: string): number => asked(path, () => openSync(path, "r"));
const statOf = (path: string): Stats => asked(path, () => statSync(path));

const asked = <A>(path: string, ask: () => A): A => {
  try {
    return ask();
  } catch (error) {
    throw new JournalError(`${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
};

const headerOf = (path: string, first: TextLine | undefined): Header => {
  if (first?.isWhole === false) throw new JournalError(`${path} ends within its first line: nothing was recorded`);
  const parsed = first === undefined ? E.left("it is empty") : parseLine(first.text);
  if (E.isLeft(parsed)) throw new JournalError(`${path}:1 is not a header that this build reads: ${parsed.left}`);
  if (!("journal" in parsed.right)) throw new JournalError(`${path}:1 is not the header of a Signalbox journal`);
  return parsed.right;
};

interface JournalFile {
  readonly path: string;
  readonly lines: Generator<TextLine, void>;
  readonly header: Header;
}

function* entriesOf(files: ReadonlyArray<JournalFile>, tail: string | undefined): Generator<Entry, void> {
  let events = 0;
  try {
    for (const [i, { path, lines, header }] of files.entries()) {
      if (header.eventsBefore !== events)
        throw new JournalError(
          `${path} goes on after ${header.eventsBefore} events, and the parts before it have ${events}: they are not of one run`,
        );
      for (const { text, number, isWhole } of lines) {
        if (!isWhole && i === files.length - 1) {
          yield { kind: "torn", line: number, bytes: Buffer.byteLength(text) };
          return;
        }
        const parsed = parseLine(text);
        if (E.isLeft(parsed)) throw new JournalError(`${path}:${number} is damaged: ${parsed.left}`);
        const line = parsed.right;
        if ("journal" in line) throw new JournalError(`${path}:${number} is a second header`);
        if ("digest" in line) yield { kind: "digest", digest: line.digest };
        else {
          events += 1;
          yield { kind: "event", event: line };
        }
      }
    }
    if (tail !== undefined) yield { kind: "torn", line: 1, bytes: Buffer.byteLength(tail) };
  } finally {
    // Whoever has seen enough leaves files open that were not gone through.
    for (const { lines } of files) lines.return();
  }
}
