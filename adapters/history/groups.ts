import { type BufferOptions, bufferOf } from "./buffer.js";
import type { HistoryFact } from "./facts.js";

/** Hands facts over in groups: a group follows when the one before is on the disk, and one that is not is handed over again. */
export interface Groups {
  readonly add: (facts: ReadonlyArray<HistoryFact>) => void;
  /** The group that was handed over is on the disk, or is not. */
  readonly answered: (isWritten: boolean) => void;
  /** Whoever it was handed over to is gone: what was not answered is handed over again. */
  readonly again: () => void;
  /** Fulfilled when nothing waits any more, or the disk does not take it. Nothing is handed over again then. */
  readonly drain: () => Promise<void>;
  readonly status: () => GroupsStatus;
}

export interface GroupsStatus {
  readonly written: number;
  readonly waiting: number;
  readonly dropped: number;
  /** How long the disk has been busy with a group. */
  readonly busyMs: number;
}

export interface GroupsOptions extends BufferOptions {
  readonly put: (facts: ReadonlyArray<HistoryFact>) => void;
}

/** Facts are written in groups, so many ms apart. */
const groupMs = 100;
/** The pause after a group that was not written; each further one doubles it. */
const pauseMsMin = 500;
const pauseMsMax = 30_000;

export const groupsOf = ({ put, ...options }: GroupsOptions): Groups => {
  const buffer = bufferOf(options);
  let group: ReadonlyArray<HistoryFact> = [];
  let putAt: number | undefined;
  let timer: NodeJS.Timeout | undefined;
  let pauseMs = pauseMsMin;
  let written = 0;
  let drained: (() => void) | undefined;

  const next = (): void => {
    timer = undefined;
    if (putAt !== undefined) return;
    if (group.length === 0) group = buffer.take();
    if (group.length === 0) return drained?.();
    putAt = performance.now();
    put(group);
  };

  const nextIn = (ms: number): void => {
    timer ??= setTimeout(next, ms);
  };

  return {
    add: (facts) => {
      buffer.add(facts);
      nextIn(groupMs);
    },
    answered: (isWritten) => {
      putAt = undefined;
      if (isWritten) {
        written += group.length;
        [group, pauseMs] = [[], pauseMsMin];
        return next();
      }
      if (drained !== undefined) return drained();
      nextIn(pauseMs);
      pauseMs = Math.min(pauseMsMax, 2 * pauseMs);
    },
    again: () => {
      if (putAt !== undefined) put(group);
    },
    drain: () =>
      new Promise((resolve) => {
        clearTimeout(timer);
        drained = resolve;
        next();
      }),
    status: () => ({
      written,
      waiting: buffer.waiting(),
      dropped: buffer.dropped(),
      busyMs: putAt === undefined ? 0 : performance.now() - putAt,
    }),
  };
};
