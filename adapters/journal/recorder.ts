import { randomBytes } from "node:crypto";
import { type FileHandle, open, stat, unlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import * as E from "fp-ts/lib/Either.js";
import type * as TE from "fp-ts/lib/TaskEither.js";
import {
  type Digest,
  digestVersion,
  type Effect,
  type Event,
  type Header,
  journalVersion,
  type Payloads,
  type Recorded,
  type State,
  settingsVersion,
  type Timings,
} from "../../core/index.js";
import { effectsDigest, stateDigest } from "./digest.js";
import { syncFolder } from "./sync.js";

export interface RecorderOptions {
  /** A file that is not there yet, or a folder that gets one file a run. */
  readonly path: string;
  readonly payloads: Payloads;
  /** A file that would grow larger is followed by another. */
  readonly fileBytesMax: number;
  /** The version of this package. */
  readonly version: string;
  readonly timings: Timings;
  readonly now: () => number;
  /** Makes of an event what may be written down; gets a key of this run. */
  readonly redactor: (payloads: Payloads, key: Buffer) => (event: Event) => Recorded;
  /** Takes the one line that says why recording ended before its time. */
  readonly failed: (line: string) => void;
}

export interface Recorder {
  /** Queues the event; it is serialized and written later, in small slices. */
  readonly record: (event: Event, effects: ReadonlyArray<Effect>, state: State) => void;
  /** Serializes what was queued in the turn, now that the sockets have been served; the timer does what takes longer. */
  readonly endTurn: () => void;
  readonly status: () => RecordingStatus;
  /** Fulfilled when everything has been written, with a last digest. */
  readonly close: () => Promise<void>;
  /** Of a server that never came to listen: leaves nothing behind. */
  readonly discard: () => Promise<void>;
}

/** As `/health` shows it. */
export interface RecordingStatus {
  /** `off`: nobody asked for it. `ended`: the disk failed, or was too slow. */
  readonly state: "off" | "on" | "ended";
  /** Events that are on the disk. */
  readonly eventsWritten: number;
}

/** An event to write, or a state to write the digest of. */
type Queued = { readonly event: Event; readonly effects: ReadonlyArray<Effect> } | { readonly state: State };

/** What may wait for the disk. Beyond it, the disk is too slow to record on. */
const waitingBytesMax = 67_108_864;
/** What something queued counts as, beside the text that it carries. */
const queuedBytes = 512;
/** Lines are written in groups, so many ms apart. */
const groupMs = 50;
/** Time that recording may take from the event loop at once. */
const sliceMs = 2;
const digestEveryEvents = 1_000;
/** A digest walks the whole state: it may cost one part in so many of the time. */
const digestShare = 500;

interface File {
  readonly handle: FileHandle;
  readonly part: number;
  bytes: number;
}

/** Starts a journal. Left: a one-line error for the operator. */
export const recorder =
  (options: RecorderOptions): TE.TaskEither<string, Recorder> =>
  async () => {
    try {
      const path = await fileOf(options.path, options.now());
      const first = await openPart(path, 1);
      return E.right(recordInto(path, first, options));
    } catch (error) {
      return E.left(refusalOf(options.path, error));
    }
  };

const recordInto = (path: string, first: File, options: RecorderOptions): Recorder => {
  const redact = options.redactor(options.payloads, randomBytes(32));
  const effects = effectsDigest();
  let file = first;
  /** What is not serialized yet, from `next` on. */
  let queue: Queued[] = [];
  let next = 0;
  /** Serialized, and not in the file yet. */
  let text = "";
  let [textBytes, waitingBytes] = [0, 0];
  let isOver = false;
  let work: Promise<void> = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;
  /** Counts of events: queued so far, serialized so far, and on the disk. */
  let [recorded, serialized, written] = [0, 0, 0];
  let digestAt = digestEveryEvents;
  let digestNotBefore = 0;

  const header = (part: number): Header => ({
    journal: "signalbox",
    version: journalVersion,
    digestVersion,
    settingsVersion,
    package: options.version,
    startedAt: new Date(options.now()).toISOString(),
    payloads: options.payloads,
    timings: options.timings,
    part,
    eventsBefore: written,
  });

  const giveUp = (why: string): void => {
    if (isOver) return;
    isOver = true;
    [queue, next, text] = [[], 0, ""];
    options.failed(`Recording has ended after ${written} events, the server goes on: ${why}`);
  };

  const lineOf = (queued: Queued): string => {
    if ("event" in queued) {
      serialized += 1;
      effects.add(queued.effects);
      return `${JSON.stringify(redact(queued.event))}\n`;
    }
    const began = performance.now();
    const digest: Digest = {
      digest: { events: serialized, state: stateDigest(queued.state), effects: effects.take() },
    };
    digestNotBefore = performance.now() + (performance.now() - began) * digestShare;
    return `${JSON.stringify(digest)}\n`;
  };

  /** Serializes from the queue until it is empty or the time is up. */
  const serialize = (maxMs: number): void => {
    const ends = performance.now() + maxMs;
    for (let queued = queue[next]; queued !== undefined; queued = performance.now() < ends ? queue[next] : undefined) {
      text += lineOf(queued);
      textBytes += bytesOf(queued);
      next += 1;
    }
    if (next === queue.length) [queue, next] = [[], 0];
  };

  const append = async (lines: string, events: number): Promise<void> => {
    const bytes = Buffer.from(lines);
    await file.handle.appendFile(bytes);
    await file.handle.datasync();
    file.bytes += bytes.length;
    written = events;
  };

  const write = async (): Promise<void> => {
    const [lines, bytes, events] = [text, textBytes, serialized];
    [text, textBytes] = ["", 0];
    if (lines === "" || isOver) return;
    try {
      if (file.bytes > options.fileBytesMax) {
        await file.handle.close();
        file = await openPart(path, file.part + 1);
      }
      if (file.bytes === 0) await append(`${JSON.stringify(header(file.part))}\n`, written);
      await append(lines, events);
      waitingBytes -= bytes;
    } catch (error) {
      giveUp(error instanceof Error ? error.message : String(error));
    }
  };

  const onTimer = (): void => {
    serialize(sliceMs);
    timer = queue.length > 0 ? setTimeout(onTimer, sliceMs) : undefined;
    work = work.then(write);
  };

  const enqueue = (queued: Queued): void => {
    queue.push(queued);
    waitingBytes += bytesOf(queued);
    if (waitingBytes > waitingBytesMax) giveUp(`${waitingBytesMax} bytes were waiting for the disk`);
    timer ??= setTimeout(onTimer, groupMs);
  };

  let latest: State | undefined;
  return {
    status: () => ({ state: isOver ? "ended" : "on", eventsWritten: written }),
    record: (event, caused, state) => {
      if (isOver) return;
      latest = state;
      recorded += 1;
      enqueue({ event, effects: caused });
      if (recorded < digestAt || performance.now() < digestNotBefore) return;
      digestAt = recorded + digestEveryEvents;
      enqueue({ state });
    },
    endTurn: () => serialize(sliceMs),
    close: async () => {
      if (latest !== undefined && !isOver) enqueue({ state: latest });
      clearTimeout(timer);
      serialize(Number.POSITIVE_INFINITY);
      await work.then(write);
      isOver = true;
      await file.handle.close();
    },
    discard: async () => {
      isOver = true;
      clearTimeout(timer);
      await work;
      await file.handle.close();
      await unlink(path);
    },
  };
};

const bytesOf = (queued: Queued): number =>
  queuedBytes + ("event" in queued && "text" in queued.event ? queued.event.text.length : 0);

const fileOf = async (path: string, now: number): Promise<string> => {
  const isFolder = await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
  const moment = new Date(now).toISOString().replace(/[:.]/g, "-");
  return isFolder ? join(path, `signalbox-${moment}-${process.pid}.ndjson`) : path;
};

/** The second part of `x.ndjson` is `x.2.ndjson`. Nobody but the owner reads it, and nothing that exists is written over. */
const openPart = async (path: string, part: number): Promise<File> => {
  const name = part === 1 ? path : path.replace(/(\.[^./]*)?$/, (ending) => `.${part}${ending}`);
  const handle = await open(name, "wx", 0o600);
  await syncFolder(dirname(name));
  return { handle, part, bytes: 0 };
};

const refusalOf = (path: string, error: unknown): string => {
  const { code, message } = error as NodeJS.ErrnoException;
  const must = "it must be a file that is not there yet, or a folder, where this user may write";
  return `RECORD is ${JSON.stringify(path)}: ${must} (${meaning[code ?? ""] ?? code ?? message}).`;
};

const missing = "there is no such folder: make it first";
const meaning: Readonly<Record<string, string>> = {
  EEXIST: "a file of this name is there",
  ENOENT: missing,
  // What ends with a slash.
  EISDIR: missing,
  EACCES: "this user may not",
};
