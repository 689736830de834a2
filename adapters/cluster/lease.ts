import * as O from "fp-ts/lib/Option.js";
import { type Appended, type Entry, isLive, isOwn, leaseMs, type NodeId, type State } from "../../core/index.js";

/** What a node that is one of several is told of its own part. */
export interface LeasePorts {
  /** Milliseconds, from a clock that never runs backwards. */
  readonly now: () => number;
  /** The lease may not be known to the others: nothing that needs the log is begun from now on. */
  readonly failed: () => void;
  readonly recovered: () => void;
  /** The others have given this node up: it has to take part as a new one. */
  readonly givenUp: () => void;
}

export interface Lease {
  /** Takes an entry of this node that is on its way to the log. */
  readonly sent: (entry: Entry) => void;
  /** Takes an entry that has been applied, and the state after it. */
  readonly applied: (event: Appended, state: State) => void;
  /** To be called before anything else happens: whoever was stopped for a while must notice that first. */
  readonly check: () => void;
}

/** Before the others may give this node up, by a third of the lease, which is for clocks and for what is on its way. */
const patienceMs = (leaseMs * 2) / 3;

/**
 * Whether this node may count on its lease: it goes by when it sent the last renewal that has come back, which the log took later. Until its
 * start has come back it may not.
 */
export const leaseOf = ({ now, failed, recovered, givenUp }: LeasePorts): Lease => {
  let renewals: number[] = [];
  let renewedAt = now();
  let hasFailed = true;
  let wasLive: NodeId | undefined;

  const isOver = (): boolean => now() - renewedAt > patienceMs;

  return {
    sent: ({ kind }) => {
      if (kind === "StartNode") renewals = [];
      if (kind === "StartNode" || kind === "RenewNode") renewals.push(now());
    },
    applied: (event, state) => {
      const { node } = state.local.ordering;
      if (O.isNone(node)) return;
      const isThere = isLive(state.shared, node.value);
      if (isOwn(state, event) && (event.entry.kind === "StartNode" || event.entry.kind === "RenewNode")) {
        renewedAt = renewals.shift() ?? renewedAt;
        if (isThere && hasFailed && !isOver()) {
          hasFailed = false;
          recovered();
        }
      }
      if (isThere) wasLive = node.value;
      else if (wasLive === node.value) {
        wasLive = undefined;
        hasFailed = false;
        // It has said so itself.
        if (event.entry.kind !== "StopNode") givenUp();
      }
    },
    check: () => {
      if (hasFailed || !isOver()) return;
      hasFailed = true;
      failed();
    },
  };
};
