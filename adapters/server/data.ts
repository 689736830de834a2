import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import {
  type Effect,
  type Entry,
  type Event,
  highestLevel,
  initial,
  isOutdated,
  type Millis,
  type State,
} from "../../core/index.js";
import manifest from "../../package.json" with { type: "json" };
import type { NatsLog } from "../cluster/nats-log.js";
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

const outdatedBy = ({ shared }: State, setting: string): string =>
  Log.outdated(setting, { inForce: shared.level, own: highestLevel });

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
    if (event.kind === "Appended" && !isOutdated(state)) kept.applied(event.seq, state);
  },
  begin: (loop) => async () => {
    const { shared: restored, tail, cutBytes } = await kept.restore();
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
      ...({ kind: "ServerStarted", at, settings, level: highestLevel, node: kept.node() } as const),
      ...(restored === undefined ? {} : { restored }),
    });
    for (const logged of tail) loop.dispatch({ kind: "Appended", at, ...logged });
    if (!(await isSettled(loop, () => kept.status().state === "failing")))
      return E.left(`DATA is ${JSON.stringify(folder)}: it cannot be written: ${kept.status().error}.`);
    if (isOutdated(loop.state())) return E.left(outdatedBy(loop.state(), `DATA is ${JSON.stringify(folder)}`));
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

const inCluster = (
  { settings, clusterName: name = clusterNameDefault, clusterReplicas: replicas }: Config,
  servers: string,
  log: Log.Log,
): TE.TaskEither<string, Data> =>
  pipe(
    // What a server alone does not need is not loaded.
    TE.fromTask(() => import("../cluster/index.js")),
    TE.chain(({ natsLog, clusterNode }) =>
      pipe(
        natsLog({ servers, name, replicas }),
        TE.map((nodes) => amongNodes(nodes, { clusterNode, name, settings, log })),
      ),
    ),
  );

interface Among extends Pick<Config, "settings"> {
  readonly name: string;
  readonly log: Log.Log;
  readonly clusterNode: typeof import("../cluster/index.js").clusterNode;
}

const amongNodes = (nodes: NatsLog, { clusterNode, name, settings, log }: Among): Data => {
  const began = performance.now();
  let loop: Runtime | undefined;
  let tellOutdated: (sentence: string) => void = () => {};
  const outdated = new Promise<string>((resolve) => {
    tellOutdated = resolve;
  });
  const { begin, ...own } = clusterNode(nodes, {
    ...{ name, settings, clock: Clock.now },
    dispatch: (event) => loop?.dispatch(event),
    state: () => loop?.state() ?? initial,
    failed: (why) => log.write([Log.ofClusterFailure(why)]),
    recovered: () => log.write([Log.ofClusterRecovery()]),
    outdated: (state) => tellOutdated(outdatedBy(state, "CLUSTER")),
    warn: (sentence) => log.write([Log.ofAdvice(sentence)]),
  });
  return {
    secret: undefined,
    outdated,
    ...own,
    begin: (running) => async () => {
      loop = running;
      const hasBegun = await begin();
      if (isOutdated(running.state())) return E.left(await outdated);
      if (!hasBegun)
        return E.left(`CLUSTER: the log does not answer: ${nodes.status().error ?? "it was not read to its end"}.`);
      const { rooms, sessions } = running.state().shared;
      const ms = Math.round(performance.now() - began);
      const members = { rooms: rooms.size, sessions: sessions.size, entries: nodes.lastSeq(), ms };
      log.write([Log.ofJoined({ node: nodes.node(), ...members })]);
      return E.right(undefined);
    },
  };
};
