import type { Appended, Entry, NodeId, Shared, WrittenShared } from "../../core/index.js";

/** What a log had when it was opened. */
export interface Restored {
  /** The shared half as it was at some place of the log. Undefined: the log begins with the tail. */
  readonly shared: WrittenShared | undefined;
  /** What stands after that place, in order. */
  readonly tail: ReadonlyArray<Logged>;
  /** The bytes of a last entry that was cut short, which nobody has been told of. */
  readonly cutBytes: number;
}

/** An entry in its place. */
export type Logged = Pick<Appended, "seq" | "node" | "entry">;

export interface LogPorts {
  /** Takes what has been appended, in the order of the log: it is not lost any more. */
  readonly appended: (logged: Logged) => void;
  /** Takes why nothing can be appended. What was given to `append` waits. */
  readonly failed: (why: string) => void;
  /** Called when it can again. */
  readonly recovered: () => void;
  /** Takes a sentence about something that does not work and keeps nobody waiting. */
  readonly warn: (sentence: string) => void;
}

/** Orders the entries of this node among those of all nodes, and keeps them. */
export interface Log {
  /** Who this node is, in this run. */
  readonly node: NodeId;
  readonly restored: Restored;
  /** Called once, before all else. */
  readonly begin: (ports: LogPorts) => void;
  readonly append: (entry: Entry) => void;
  /** Takes what the entries up to `seq` have made of the shared half. */
  readonly applied: (seq: number, shared: Shared) => void;
  readonly status: () => LogStatus;
  /** Fulfilled when all has been written, with a snapshot of what was applied last. */
  readonly close: () => Promise<void>;
}

/** As `/health` shows it. */
export interface LogStatus {
  /** `off`: rooms are kept in memory. `failing`: nothing can be appended now. */
  readonly state: "off" | "on" | "failing";
  /** Entries of this run that are on the disk. */
  readonly entriesWritten: number;
  readonly entriesWaiting: number;
  readonly error?: string;
}
