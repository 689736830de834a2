import { type Entry, entryCodec, type Millis, type NodeId } from "../../core/index.js";
import type { Logged } from "../log/log.js";

/** One message of the stream: entries of one node, numbered in each run. */
export interface Batch {
  readonly node: NodeId;
  readonly n: number;
  readonly entries: ReadonlyArray<Entry>;
}

/** How far a reader has come. */
export interface Reached {
  /** Of the last entry, and its time. */
  readonly lastSeq: number;
  readonly lastAt: number;
  /** Of each node: the number of its last message. */
  readonly lastN: ReadonlyArray<readonly [NodeId, number]>;
}

export const nothingReached: Reached = { lastSeq: 0, lastAt: 0, lastN: [] };

/** Makes entries of messages, in the order of the log: each counts once, and its time never runs backwards. */
export const batchReader = (from: Reached) => {
  let { lastSeq, lastAt } = from;
  const lastN = new Map(from.lastN);
  return {
    reached: (): Reached => ({ lastSeq, lastAt, lastN: [...lastN] }),
    lastSeq: (): number => lastSeq,
    /** `takenAt`: when the engine took the message, in ms. Undefined: it is damaged, or none of a node. */
    read: (text: string, takenAt: number): ReadonlyArray<Logged> | undefined => {
      const batch = batchOf(text);
      if (batch === undefined) return undefined;
      const { node, n, entries } = batch;
      if (n <= (lastN.get(node) ?? 0)) return [];
      lastN.set(node, n);
      lastAt = Math.max(lastAt, takenAt);
      const before = lastSeq;
      lastSeq += entries.length;
      return entries.map((entry, i) => ({ seq: before + i + 1, node, entry: { ...entry, at: lastAt as Millis } }));
    },
  };
};

const batchOf = (text: string): Batch | undefined => {
  try {
    const batch = JSON.parse(text);
    const isWell =
      typeof batch?.node === "string" &&
      Number.isSafeInteger(batch.n) &&
      Array.isArray(batch.entries) &&
      batch.entries.every(entryCodec.is);
    return isWell ? batch : undefined;
  } catch {
    return undefined;
  }
};
