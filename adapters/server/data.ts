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

/** The start waits so long for the disk. */
const beginMsMax = 10_000;

/** What the settings ask for. Left: a one-line error for the operator. */
export const dataOf = (config: Config, log: Log.Log): TE.TaskEither<string, Data> => {
  if (config.data === undefined) return TE.right(inMemory(config));
  const began = performance.now();
  return pipe(
    fileLog({ path: config.data, version: manifest.version }),
    TE.map((kept) => onDisk(kept, began, config, log)),
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

const onDisk = (kept: FileLog, began: number, { settings, data }: Config, log: Log.Log): Data => ({
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
    if (!(await isSettled(loop)))
      return E.left(`DATA is ${JSON.stringify(data)}: ${kept.status().error ?? "the disk does not answer"}.`);
    const { rooms, sessions } = loop.state().shared;
    log.write([
      Log.ofRestored({
        rooms: rooms.size,
        sessions: sessions.size,
        entries: tail.length,
        ms: Math.round(performance.now() - began),
        cutBytes,
      }),
    ]);
    return E.right(undefined);
  },
  status: kept.status,
  close: kept.close,
});

/** Whether everything has been reduced, and nothing is on its way to the disk. */
const isSettled = async (loop: Runtime): Promise<boolean> => {
  const ends = performance.now() + beginMsMax;
  do await new Promise((resolve) => setTimeout(resolve, 1));
  while (loop.queued() > 0 && performance.now() < ends);
  return loop.queued() === 0;
};
