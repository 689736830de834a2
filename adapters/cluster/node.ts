import * as O from "fp-ts/lib/Option.js";
import {
  type Effect,
  type Entry,
  type Event,
  highestLevel,
  isLive,
  isOutdated,
  leaseMs,
  type Millis,
  type Settings,
  type State,
} from "../../core/index.js";
import type { LogStatus } from "../log/log.js";
import { type Lease, leaseOf } from "./lease.js";
import type { NatsLog, NatsPorts } from "./nats-log.js";
import { post } from "./post.js";

export interface NodePorts {
  /** What the subjects begin with. */
  readonly name: string;
  readonly settings: Settings;
  /** The time of this machine. */
  readonly clock: () => Millis;
  readonly dispatch: (event: Event) => void;
  /** After all events that have been reduced. */
  readonly state: () => State;
  /** For the operator: rooms cannot be changed until `recovered`. */
  readonly failed: (why: string) => void;
  readonly recovered: () => void;
  /** The level in force is above what this version can decide: it takes part no more. */
  readonly outdated: (state: State) => void;
  readonly warn: (sentence: string) => void;
}

/** This node among those that share a log. */
export interface ClusterNode {
  /** Fulfilled when the others know of it, and it knows what they do; false where it is outdated, or that takes too long. */
  readonly begin: () => Promise<boolean>;
  readonly append: (entry: Entry) => void;
  /** To other nodes. */
  readonly send: (effect: Extract<Effect, { readonly kind: "Forward" | "Reply" }>) => void;
  /** The time of this machine, unless the log is ahead of it. */
  readonly now: () => Millis;
  /** To be called before an event of a socket or of the clock is taken. */
  readonly check: () => void;
  /** Takes an event that has been reduced. */
  readonly observe: (event: Event, effects: ReadonlyArray<Effect>, state: State) => void;
  readonly status: () => LogStatus;
  readonly close: () => Promise<void>;
}

/**
 * How this node takes part. A snapshot is read in `starting` and in `starting over`, nothing else is then, and neither begins
 * before the other has ended: two starts never overlap.
 *
 *     starting ──► joining ──► serving ◄──► failed
 *                     │           │          │ ▲
 *                     └───────────┼──────────┘ │
 *                                 ▼            │
 *                           starting over ─────┘         closed comes after each
 */
type Phase =
  | { readonly kind: "starting" }
  /** It reads the log, and its own start has not come back. `since`: in ms, by a clock that never runs backwards. */
  | { readonly kind: "joining"; readonly since: number }
  /** As far as it knows, it may count on its lease. */
  | { readonly kind: "serving" }
  /** It may not. */
  | { readonly kind: "failed"; readonly since: number }
  /** What it knew does not hold. It reads the last snapshot and what comes after it, as a new node. */
  | { readonly kind: "starting over" }
  | { readonly kind: "closed" };

/** Whether it waits for something of its own to come back from the log. */
const isUncertain = (phase: Phase): phase is Extract<Phase, { readonly since: number }> =>
  phase.kind === "joining" || phase.kind === "failed";

/** The start waits so long until the log has been read, and the other nodes know of this one. */
const joinMsMax = 60_000;
const lookMs = 500;
/** A node that differs from most begins anew this often at most. */
const oddMs = 60_000;
/** A log that has lost entries is read from its beginning after so long. */
const againMs = 250;
/** And after twice as long each time that this was in vain. */
const againMsMax = 30_000;
const stuckMs = 2 * leaseMs;

export const clusterNode = (log: NatsLog, ports: NodePorts): ClusterNode => {
  const { dispatch } = ports;
  let phase: Phase = { kind: "starting" };
  let lease: Lease | undefined;
  let inVain = 0;
  /** Whether it has ever read the log to its end: before, others know more than it. */
  let hasServed = false;
  let oddAt = Number.NEGATIVE_INFINITY;
  /** When the last entry came: whoever still reads is not stuck. */
  let readAt = Number.NEGATIVE_INFINITY;
  // Deadlines are in the log's time: with a clock behind it, all of them would be late, this node's lease included.
  let aheadMs = 0;
  /** The number of the last entry that has been reduced. */
  let reduced = 0;
  const now = (): Millis => (ports.clock() + aheadMs) as Millis;

  const mail = post(log.connection, ports.name, {
    lastSeq: log.lastSeq,
    now,
    arrived: dispatch,
    warn: ports.warn,
  });

  const start = async (): Promise<void> => {
    const isAgain = phase.kind === "starting over";
    const { shared: restored, digest } = await log.restore(
      hasServed && reduced === log.lastSeq() ? ports.state() : undefined,
    );
    if (phase.kind === "closed") return;
    reduced = log.lastSeq();
    phase = { kind: isAgain ? "failed" : "joining", since: performance.now() };
    // Whoever has come meanwhile would be forgotten, and left alone.
    if (isAgain) dispatch({ kind: "LogLost", at: now() });
    lease = watchLease();
    dispatch({
      ...({
        kind: "ServerStarted",
        at: now(),
        settings: ports.settings,
        level: highestLevel,
        node: log.node(),
      } as const),
      ...(restored === undefined ? {} : { restored }),
      cluster: { digest },
    });
    // Until its lease is known to hold, rooms cannot be changed.
    if (isAgain) dispatch({ kind: "LogFailed", at: now() });
    mail.listenAs(log.node());
    await log.begin(reading);
  };

  const startOver = (why: string): void => {
    if (phase.kind !== "serving" && !isUncertain(phase)) return;
    phase = { kind: "starting over" };
    lease = undefined;
    log.stopReading();
    log.newRun();
    ports.failed(why);
    dispatch({ kind: "LogLost", at: now() });
    setTimeout(start, Math.min(againMs * 2 ** inVain, againMsMax));
    inVain += 1;
  };

  const reading: NatsPorts = {
    appended: (logged) => {
      readAt = performance.now();
      aheadMs = Math.max(aheadMs, logged.entry.at - ports.clock());
      dispatch({ kind: "Appended", ...logged, at: now() });
    },
    broken: startOver,
    warn: ports.warn,
  };

  const recover = (): void => {
    if (phase.kind === "failed") ports.recovered();
    phase = { kind: "serving" };
    hasServed = true;
    inVain = 0;
  };

  const watchLease = (): Lease =>
    leaseOf({
      now: () => performance.now(),
      failed: () => {
        phase = { kind: "failed", since: performance.now() };
        log.forgetResumes();
        ports.failed(log.status().error ?? "the log does not answer");
        dispatch({ kind: "LogFailed", at: now() });
      },
      recovered: () => {
        const hadFailed = phase.kind === "failed";
        recover();
        if (hadFailed) dispatch({ kind: "LogRecovered", at: now() });
      },
      givenUp: () => {
        recover();
        const node = log.newRun();
        mail.listenAs(node);
        dispatch({ kind: "LogRecovered", at: now(), node });
      },
    });

  const checkOdd = (effects: ReadonlyArray<Effect>): void => {
    if (!effects.some((it) => it.kind === "Report" && it.fact.kind === "NodeDisagreed" && it.fact.isOdd)) return;
    // What differs for good, since the versions do, is told each time; its clients are not sent away again and again.
    if (performance.now() - oddAt < oddMs) return;
    oddAt = performance.now();
    startOver("most nodes have made another state of the same log");
  };

  /** The log answers, nothing is on its way, and yet nothing comes back: what was taken from this node has been lost. */
  const checkStuck = (): void => {
    if (!isUncertain(phase) || performance.now() - Math.max(phase.since, readAt) <= stuckMs) return;
    const { entriesWaiting, error } = log.status();
    if (entriesWaiting === 0 && error === undefined) startOver("what it has taken does not come back");
  };

  // Nothing happens while the log is silent, and that has to be noticed, too.
  const looking = setInterval(() => {
    lease?.check();
    checkStuck();
  }, lookMs).unref();

  /** Whether its start has come back from the log, and all that was before it has been applied. */
  const hasJoined = (): boolean => {
    const { shared, local } = ports.state();
    const { node } = local.ordering;
    return (
      phase.kind === "serving" && O.isSome(node) && isLive(shared, node.value) && log.status().entriesWaiting === 0
    );
  };

  return {
    begin: async () => {
      const end = performance.now() + joinMsMax;
      void start();
      while (performance.now() < end) {
        await new Promise((resolve) => setTimeout(resolve, 5));
        if (isOutdated(ports.state())) return false;
        if (hasJoined()) return true;
      }
      return false;
    },
    append: (entry) => {
      lease?.sent(entry);
      log.append(entry);
    },
    send: mail.send,
    now,
    check: () => lease?.check(),
    observe: (event, effects, state) => {
      if (isOutdated(state)) return ports.outdated(state);
      checkOdd(effects);
      if (event.kind === "Appended") {
        reduced = event.seq;
        lease?.applied(event, state);
        log.applied(event.seq, state);
      }
      mail.follow(state);
    },
    status: () => ({
      ...log.status(),
      state: phase.kind === "failed" || phase.kind === "starting over" ? "failing" : "on",
    }),
    close: () => {
      phase = { kind: "closed" };
      lease = undefined;
      clearInterval(looking);
      return log.close();
    },
  };
};
