import { randomUUID } from "node:crypto";
import type { Entry, NodeId } from "../../core/index.js";
import type { Batch } from "./batches.js";

/** What this node appends, on its way to the log. */
export interface Outgoing {
  /** Who this node is, in this run of it. */
  readonly node: () => NodeId;
  readonly append: (entry: Entry) => void;
  /** Drops what is on its way, and all before the start of a new run. Returned: who this node is from now on. */
  readonly newRun: () => NodeId;
  /** Those who wanted to go on with a session have been sent away: what has not been taken yet asks for nothing. */
  readonly forgetResumes: () => void;
  readonly waiting: () => number;
  readonly written: () => number;
  /** Takes nothing more. Fulfilled when the log has taken all, or does not. */
  readonly close: () => Promise<void>;
}

export interface OutgoingPorts {
  /** Fulfilled when the log has taken it: once, however often it is sent. */
  readonly publish: (batch: Batch) => Promise<unknown>;
  /** Takes why the log has taken nothing; undefined when it has. */
  readonly answered: (error: unknown) => void;
}

const batchMax = 500;
/** The engine refuses messages of more than a megabyte by default. */
const batchChars = 256_000;
/** What was not taken is sent again after so long. */
const pauseMs = 250;
/** A stop waits so long for the log. */
const closeMs = 2_000;

const newNode = (): NodeId => randomUUID() as NodeId;

const withoutResume = (entry: Entry): Entry =>
  entry.kind === "ResumeSession" ? { kind: "Expire", at: entry.at } : entry;

export const outgoing = ({ publish, answered }: OutgoingPorts): Outgoing => {
  let node = newNode();
  let n = 0;
  let waiting: Entry[] = [];
  let current: Batch | undefined;
  let isPumping = false;
  let isBetweenRuns = false;
  let [isClosing, isClosed] = [false, false];
  let hasFailed = false;
  let written = 0;

  const nextBatch = (): Batch => {
    let chars = 0;
    let count = 0;
    for (const entry of waiting.slice(0, batchMax)) {
      chars += JSON.stringify(entry).length;
      if (count > 0 && chars > batchChars) break;
      count += 1;
    }
    n += 1;
    return { node, n, entries: waiting.splice(0, count) };
  };

  // One message is on its way at a time: none overtakes another, and one that was not answered is sent again as it was.
  const pump = async (): Promise<void> => {
    if (isPumping) return;
    isPumping = true;
    while (!isClosed && (current !== undefined || waiting.length > 0)) {
      current ??= nextBatch();
      const sending = current;
      try {
        await publish(sending);
        written += sending.entries.length;
        hasFailed = false;
        answered(undefined);
        if (current?.node === sending.node && current.n === sending.n) current = undefined;
      } catch (failure) {
        hasFailed = true;
        answered(failure);
        await new Promise((resolve) => setTimeout(resolve, pauseMs));
      }
    }
    isPumping = false;
  };

  const waitingCount = (): number => waiting.length + (current?.entries.length ?? 0);

  return {
    node: () => node,
    append: (entry) => {
      // Before its start nothing of a run counts.
      if (isClosing || (isBetweenRuns && entry.kind !== "StartNode")) return;
      isBetweenRuns = false;
      waiting.push(entry);
      void pump();
    },
    newRun: () => {
      node = newNode();
      n = 0;
      waiting = [];
      current = undefined;
      isBetweenRuns = true;
      return node;
    },
    forgetResumes: () => {
      waiting = waiting.map(withoutResume);
      // Under the same number: if the engine has taken it already, that is what counts.
      if (current !== undefined) current = { ...current, entries: current.entries.map(withoutResume) };
    },
    waiting: waitingCount,
    written: () => written,
    close: async () => {
      isClosing = true;
      for (const end = performance.now() + closeMs; waitingCount() > 0 && !hasFailed && performance.now() < end; )
        await new Promise((resolve) => setTimeout(resolve, 5));
      isClosed = true;
    },
  };
};
