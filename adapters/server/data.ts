import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import type { Entry, Event, State } from "../../core/index.js";
import manifest from "../../package.json" with { type: "json" };
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
  readonly observe: (event: Event, state: State) => void;
  /** The run begins: with what was kept, where something is. Left: a one-line error for the operator. */
  readonly begin: (loop: Runtime) => TE.TaskEither<string, void>;
  readonly status: () => LogStatus;
  readonly close: () => Promise<void>;
}

/** The start waits so long for a disk that fails. */
const failingMsMax = 5_000;

/** What the settings ask for. Left: a one-line error for the operator. */
export const dataOf = (config: Config, log: Log.Log): TE.TaskEither<string, Data> => {
  const { data: folder, settings } = config;
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
  observe: () => {},
  begin: (loop) => {
    loop.dispatch({ kind: "ServerStarted", at: Clock.now(), settings });
    return TE.right(undefined);
  },
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
  observe: (event, { shared }) => {
    if (event.kind === "Appended") kept.applied(event.seq, shared);
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
      ...({ kind: "ServerStarted", at, settings, node: kept.node } as const),
      ...(restored === undefined ? {} : { restored }),
    });
    for (const logged of tail) loop.dispatch({ kind: "Appended", at, ...logged });
    if (!(await isSettled(loop, () => kept.status().state === "failing")))
      return E.left(`DATA is ${JSON.stringify(folder)}: it cannot be written: ${kept.status().error}.`);
    const { rooms, sessions } = loop.state().shared;
    const ms = Math.round(performance.now() - began);
    const restoredLine = { rooms: rooms.size, sessions: sessions.size, entries: tail.length, ms };
    log.write([
      Log.ofRestored(folder, restored === undefined && tail.length === 0, restoredLine),
      ...(cutBytes === 0 ? [] : [Log.ofDataCut(cutBytes)]),
    ]);
    return E.right(undefined);
  },
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
