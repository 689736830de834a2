import type { Appended, Entry, NodeId, State, WrittenShared } from "../../core/index.js";

/** What a log had when it was opened. */
export interface Restored {
  /** The shared half as it was at some place of the log. Undefined: the log begins with the tail. */
  readonly shared: WrittenShared | undefined;
  /** What stands after that place, in order. */
  readonly tail: ReadonlyArray<Logged>;
}

/** An entry in its place. */
export type Logged = Pick<Appended, "seq" | "node" | "entry">;

export interface LogPorts {
  /** Takes what has been appended, in the order of the log, once, and with no number left out: it is not lost any more. */
  readonly appended: (logged: Logged) => void;
  /** Takes why nothing can be appended. What was given to `append` waits. */
  readonly failed: (why: string) => void;
  /** Called when it can again. */
  readonly recovered: () => void;
  /** The log is not what it was: what was taken from it does not hold. Nothing comes after this. */
  readonly broken: (why: string) => void;
  /** Takes a sentence about something that does not work and keeps nobody waiting. */
  readonly warn: (sentence: string) => void;
}

/**
 * Orders the entries of this node among those of all nodes, and keeps them. Each kind of log calls those of the ports that it has a
 * reason for.
 */
export interface Log {
  /** Who this node is, in this run. */
  readonly node: () => NodeId;
  readonly restore: () => Promise<Restored>;
  /** Called after `restore`, and before all else: what stands after that comes now. */
  readonly begin: (ports: LogPorts) => void | Promise<void>;
  /** After `close` it does nothing. */
  readonly append: (entry: Entry) => void;
  /** Takes what the entries up to `seq` have made. */
  readonly applied: (seq: number, state: State) => void;
  readonly status: () => LogStatus;
  /** Fulfilled when all has been written that can be. */
  readonly close: () => Promise<void>;
}

/** As `/health` shows it. */
export interface LogStatus {
  /** `off`: rooms are kept in memory. `failing`: nothing can be appended now. */
  readonly state: "off" | "on" | "failing";
  /** Entries of this run that are in the log. */
  readonly entriesWritten: number;
  readonly entriesWaiting: number;
  readonly error?: string;
}
