import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as O from "fp-ts/lib/Option.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import {
  type Effect,
  type Entry,
  type Event,
  highestLevel,
  isFirst,
  isLive,
  isOutdated,
  leaseMs,
  type Millis,
  type State,
} from "../../core/index.js";
import manifest from "../../package.json" with { type: "json" };
import { type Lease, leaseOf } from "../cluster/lease.js";
import type { NatsLog, NatsPorts } from "../cluster/nats-log.js";
import { type FileLog, fileLog } from "../log/file.js";
import type { LogStatus } from "../log/log.js";
import * as Log from "../observe/log.js";
import * as Clock from "./clock.js";
import type { Config } from "./config.js";
import type { Runtime } from "./runtime.js";

/** Where rooms and sessions are kept, so that they outlive the process. */
export interface Data {
  /** What resume tickets are signed with, in every run. */
  readonly secret: string | undefined;
  readonly append: (entry: Entry) => void;
  /** To other nodes. */
  readonly send: (effect: Extract<Effect, { readonly kind: "Forward" | "Reply" }>) => void;
  /** The time of events: that of this machine, unless the log is ahead of it. */
  readonly now: () => Millis;
  /** Called before an event of a socket or of the clock is taken. */
  readonly check: () => void;
  readonly observe: (event: Event, effects: ReadonlyArray<Effect>, state: State) => void;
  /** The run begins: with what was kept, where something is. Left: a one-line error for the operator. */
  readonly begin: (loop: Runtime) => TE.TaskEither<string, void>;
  /** Fulfilled when this version cannot go on, though it has begun: a one-line error for the operator. */
  readonly outdated: Promise<string>;
  readonly status: () => LogStatus;
  readonly close: () => Promise<void>;
}

const never = new Promise<never>(() => {});

/** Why this version cannot go on; undefined where it can. */
const outdatedIn = (state: State, setting: string): string | undefined =>
  isOutdated(state) ? Log.outdated(setting, { inForce: state.shared.level, own: highestLevel }) : undefined;

/** The start waits so long for a disk that fails. */
const failingMsMax = 5_000;

/** What the settings ask for. Left: a one-line error for the operator. */
export const dataOf = (config: Config, log: Log.Log): TE.TaskEither<string, Data> => {
  const { data: folder, settings } = config;
  if (config.cluster !== undefined) return inCluster(config, config.cluster, log);
  if (folder === undefined) return TE.right(inMemory(config));
  const began = performance.now();
  return pipe(
    fileLog({ path: folder, version: manifest.version }),
    TE.map((kept) => onDisk(kept, { folder, settings, began, log })),
  );
};

const inMemory = ({ settings }: Config): Data => ({
  secret: undefined,
  append: () => {},
  send: () => {},
  now: Clock.now,
  check: () => {},
  observe: () => {},
  begin: (loop) => {
    loop.dispatch({ kind: "ServerStarted", at: Clock.now(), settings, level: highestLevel });
    return TE.right(undefined);
  },
  outdated: never,
  status: () => ({ state: "off", entriesWritten: 0, entriesWaiting: 0 }),
  close: async () => {},
});

interface Kept extends Pick<Config, "settings"> {
  readonly folder: string;
  /** When the start began to read it. */
  readonly began: number;
  readonly log: Log.Log;
}

const onDisk = (kept: FileLog, { folder, settings, began, log }: Kept): Data => ({
  secret: kept.secret,
  append: kept.append,
  send: () => {},
  now: Clock.now,
  check: () => {},
  observe: (event, _, state) => {
    // What this version has not decided is in no snapshot of it.
    if (event.kind === "Appended" && !isOutdated(state)) kept.applied(event.seq, state.shared);
  },
  begin: (loop) => async () => {
    const { shared: restored, tail, cutBytes } = kept.restored;
    const at = Clock.now();
    kept.begin({
      appended: (logged) => loop.dispatch({ kind: "Appended", at: Clock.now(), ...logged }),
      failed: (why) => {
        log.write([Log.ofDataFailure(why)]);
        loop.dispatch({ kind: "LogFailed", at: Clock.now() });
      },
      recovered: () => {
        log.write([Log.ofDataRecovery()]);
        loop.dispatch({ kind: "LogRecovered", at: Clock.now() });
      },
      warn: (sentence) => log.write([Log.ofAdvice(sentence)]),
    });
    loop.dispatch({
      ...({ kind: "ServerStarted", at, settings, level: highestLevel, node: kept.node } as const),
      ...(restored === undefined ? {} : { restored }),
    });
    for (const logged of tail) loop.dispatch({ kind: "Appended", at, ...logged });
    if (!(await isSettled(loop, () => kept.status().state === "failing")))
      return E.left(`DATA is ${JSON.stringify(folder)}: it cannot be written: ${kept.status().error}.`);
    const outdated = outdatedIn(loop.state(), `DATA is ${JSON.stringify(folder)}`);
    if (outdated !== undefined) return E.left(outdated);
    const { rooms, sessions } = loop.state().shared;
    const ms = Math.round(performance.now() - began);
    const restoredLine = { rooms: rooms.size, sessions: sessions.size, entries: tail.length, ms };
    log.write([
      Log.ofRestored(folder, restored === undefined && tail.length === 0, restoredLine),
      ...(cutBytes === 0 ? [] : [Log.ofDataCut(cutBytes)]),
    ]);
    return E.right(undefined);
  },
  outdated: never,
  status: kept.status,
  close: kept.close,
});

/** Fulfilled when everything has been reduced, and nothing is on its way to the disk; false where the disk fails. */
const isSettled = async (loop: Runtime, hasFailed: () => boolean): Promise<boolean> => {
  let failingSince: number | undefined;
  do {
    await new Promise((resolve) => setTimeout(resolve, 1));
    failingSince = hasFailed() ? (failingSince ?? performance.now()) : undefined;
    if (failingSince !== undefined && performance.now() - failingSince > failingMsMax) return false;
  } while (loop.queued() > 0);
  return true;
};

const clusterNameDefault = "signalbox";
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

const inCluster = (
  { settings, clusterName: name = clusterNameDefault, clusterReplicas: replicas }: Config,
  servers: string,
  log: Log.Log,
): TE.TaskEither<string, Data> =>
  pipe(
    // What a server alone does not need is not loaded.
    TE.fromTask(() => import("../cluster/index.js")),
    TE.chain(({ natsLog, post }) =>
      pipe(
        natsLog({ servers, name, replicas }),
        TE.map((nodes) => amongNodes(nodes, { post, name, settings, log })),
      ),
    ),
  );

interface Among extends Pick<Config, "settings"> {
  readonly name: string;
  readonly log: Log.Log;
  readonly post: typeof import("../cluster/index.js").post;
}

const amongNodes = (nodes: NatsLog, { post, name, settings, log }: Among): Data => {
  let loop: Runtime | undefined;
  // Deadlines are in the log's time: with a clock behind it, all of them would be late, this node's lease included.
  let aheadMs = 0;
  const now = (): Millis => (Clock.now() + aheadMs) as Millis;
  let hasBegun = false;
  let failedAt: number | undefined;
  let inVain = 0;
  let lease: Lease | undefined;
  const dispatch = (event: Event): void => loop?.dispatch(event);
  const start = async (): Promise<void> => {
    const last = await nodes.restore();
    // Whoever has come meanwhile would be forgotten, and left alone.
    if (hasBegun) dispatch({ kind: "LogLost", at: now() });
    hasBegun = true;
    dispatch({
      ...({ kind: "ServerStarted", at: now(), settings, level: highestLevel, node: nodes.node() } as const),
      ...(last === undefined ? {} : { restored: last.shared }),
      cluster: { digest: last?.digest ?? 0 },
    });
    mail.listenAs(nodes.node());
    await nodes.begin(ports);
  };
  const ports: NatsPorts = {
    appended: (logged) => {
      aheadMs = Math.max(aheadMs, logged.entry.at - Clock.now());
      dispatch({ kind: "Appended", ...logged, at: now() });
    },
    broken: (why) => startOver(`the log has lost entries: ${why}`),
    warn: (sentence) => log.write([Log.ofAdvice(`A snapshot of the cluster's log cannot be written: ${sentence}.`)]),
  };
  /** What this node knows does not hold. It reads the last snapshot and what comes after it, as a new one. */
  const startOver = (why: string): void => {
    log.write([Log.ofClusterFailure(why)]);
    failedAt = performance.now();
    dispatch({ kind: "LogLost", at: now() });
    nodes.newRun();
    lease = watchLease(true);
    setTimeout(start, Math.min(againMs * 2 ** inVain, againMsMax));
    inVain += 1;
  };
  let oddAt = Number.NEGATIVE_INFINITY;
  const beOdd = (): void => {
    // What differs for good, since the versions do, is told each time; its clients are not sent away again and again.
    if (performance.now() - oddAt < oddMs) return;
    oddAt = performance.now();
    startOver("most nodes have made another state of the same log");
  };
  const mail = post(nodes.connection, name, {
    lastSeq: nodes.lastSeq,
    now,
    arrived: (event) => dispatch(event),
    warn: (sentence) => log.write([Log.ofAdvice(sentence)]),
  });
  const recovered = (): void => {
    if (failedAt !== undefined) log.write([Log.ofClusterRecovery()]);
    failedAt = undefined;
    inVain = 0;
  };
  const watchLease = (hasFailed = false): Lease =>
    leaseOf({
      hasFailed,
      now: () => performance.now(),
      failed: () => {
        failedAt = performance.now();
        nodes.forgetResumes();
        log.write([Log.ofClusterFailure(nodes.error() ?? "the log does not answer")]);
        dispatch({ kind: "LogFailed", at: now() });
      },
      recovered: () => {
        recovered();
        dispatch({ kind: "LogRecovered", at: now() });
      },
      givenUp: () => {
        recovered();
        const node = nodes.newRun();
        mail.listenAs(node);
        dispatch({ kind: "LogRecovered", at: now(), node });
      },
    });
  let tellOutdated: (sentence: string) => void = () => {};
  const outdated = new Promise<string>((resolve) => {
    tellOutdated = resolve;
  });
  const began = performance.now();
  // Nothing happens while the log is silent, and that has to be noticed, too.
  const looking = setInterval(() => {
    lease?.check();
    // The log answers, nothing is on its way, and yet nothing comes back: what was taken from this node has been lost.
    const isStuck = failedAt !== undefined && performance.now() - failedAt > stuckMs;
    if (isStuck && nodes.waiting() === 0 && nodes.error() === undefined)
      startOver("what it has taken does not come back");
  }, lookMs).unref();
  return {
    secret: undefined,
    append: (entry) => {
      lease?.sent(entry);
      nodes.append(entry);
    },
    send: mail.send,
    now,
    check: () => lease?.check(),
    observe: (event, effects, state) => {
      if (effects.some((it) => it.kind === "Report" && it.fact.kind === "NodeDisagreed" && it.fact.isOdd)) beOdd();
      if (event.kind === "Appended") {
        lease?.applied(event, state);
        const { cluster } = state.local.ordering;
        if (O.isSome(cluster))
          nodes.applied(event.seq, { shared: state.shared, digest: cluster.value.digest, isFirst: isFirst(state) });
      }
      mail.follow(state);
      const sentence = outdatedIn(state, "CLUSTER");
      if (sentence !== undefined) tellOutdated(sentence);
    },
    begin: (running) => async () => {
      loop = running;
      lease = watchLease();
      await start();
      const isThere = await joined(running, () => nodes.waiting());
      if (isOutdated(running.state())) return E.left(await outdated);
      if (!isThere)
        return E.left(`CLUSTER: the log does not answer: ${nodes.error() ?? "it was not read to its end"}.`);
      const { rooms, sessions } = running.state().shared;
      const ms = Math.round(performance.now() - began);
      log.write([
        Log.ofJoined({ node: nodes.node(), rooms: rooms.size, sessions: sessions.size, entries: nodes.lastSeq(), ms }),
      ]);
      return E.right(undefined);
    },
    outdated,
    status: () => {
      const error = nodes.error();
      return {
        state: failedAt === undefined ? "on" : "failing",
        entriesWritten: nodes.written(),
        entriesWaiting: nodes.waiting(),
        ...(error === undefined ? {} : { error }),
      };
    },
    close: () => {
      clearInterval(looking);
      return nodes.close();
    },
  };
};

/** The start of this node has come back from the log, and all that was before it has been applied; false where that cannot be. */
const joined = async (loop: Runtime, waiting: () => number): Promise<boolean> => {
  for (const end = performance.now() + joinMsMax; performance.now() < end; ) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    const { shared, local } = loop.state();
    if (isOutdated(loop.state())) return false;
    if (O.isSome(local.ordering.node) && isLive(shared, local.ordering.node.value) && waiting() === 0) return true;
  }
  return false;
};
