import { type ChildProcess, fork } from "node:child_process";
import * as E from "fp-ts/lib/Either.js";
import type * as TE from "fp-ts/lib/TaskEither.js";
import type { Effect, Event, State } from "../../core/index.js";
import type { DeliveryStatus, WebhookConfig } from "./deliver.js";
import { factsOf } from "./facts.js";
import { type GroupsStatus, groupsOf } from "./groups.js";
import type { Order, Report } from "./orders.js";
import type { Query } from "./page.js";
import { type Pages, pagesOf } from "./pages.js";

export interface HistoryConfig {
  /** The file of the database. */
  readonly path: string;
  readonly daysMax: number;
  readonly bytesMax: number;
  /** Undefined: nobody is told. */
  readonly webhook: WebhookConfig | undefined;
}

export interface HistoryOptions extends HistoryConfig {
  /** The built keeper (adapters/history/keeper.ts). */
  readonly keeper: string;
  readonly now: () => number;
  /** Takes a line about something that does not work. */
  readonly failed: (line: string) => void;
  /** Takes a line about something that works again. */
  readonly told: (line: string) => void;
  /** Called when webhooks begin to fail, with why, and when they arrive again. */
  readonly webhooksChanged: (error: string | undefined) => void;
}

export interface History {
  /** Keeps what the event adds to the history; it is written later, in groups, by another process. */
  readonly observe: (event: Event, effects: ReadonlyArray<Effect>, state: State) => void;
  readonly status: () => HistoryStatus;
  /** Left: why it cannot be answered now. */
  readonly query: (query: Query) => ReturnType<Pages["ask"]>;
  /** Fulfilled when everything has been written, or after `closeMs`. What is not delivered stays on the disk. */
  readonly close: () => Promise<void>;
}

/** As `/health` shows it. */
export interface HistoryStatus {
  /** `off`: nobody asked for it. `failing`: the disk does not work, or is too slow, or its process has just ended. */
  readonly state: "off" | "on" | "failing";
  /** Facts that are on the disk, of this run. */
  readonly factsWritten: number;
  readonly factsWaiting: number;
  readonly factsDropped: number;
  readonly error?: string;
  readonly webhooks?: DeliveryStatus;
}

/** What may wait for the disk. */
const waitingBytesMax = 33_554_432;
/** A disk that takes longer is failing. */
const slowMs = 5_000;
/** How long the start waits for the file. Later it goes on without it. */
const openMs = 5_000;
const closeMs = 1_000;
/** The pause before a keeper that has ended is started again; each further one doubles it, until a group has been written. */
const pauseMsMin = 500;
const pauseMsMax = 30_000;

/** Of a server without a history. */
export const noHistory: History = {
  observe: () => {},
  status: () => ({ state: "off", factsWritten: 0, factsWaiting: 0, factsDropped: 0 }),
  query: async () => E.left("this server keeps no history"),
  close: async () => {},
};

/** Starts the keeper, which opens the file. One that ends is started again. Left: a one-line error for the operator. */
export const history =
  (options: HistoryOptions): TE.TaskEither<string, History> =>
  () =>
    new Promise((resolve) => {
      const { now, failed, told, webhooksChanged, webhook, path, daysMax, bytesMax } = options;
      let keeper: ChildProcess | undefined;
      let phase: "starting" | "on" | "closing" = "starting";
      /** Why the keeper does not keep the history now. */
      let error: string | undefined;
      /** The last fact that is known to be on the disk; undefined: the run has not begun there. */
      let last: number | undefined;
      let webhooks: DeliveryStatus = { state: "on", delivered: 0, waiting: 0, dropped: 0 };
      let again: NodeJS.Timeout | undefined;
      let pauseMs = pauseMsMin;

      const order = (what: Order): void => {
        // Where the keeper has just ended, its exit says what comes of it.
        if (keeper?.connected) keeper.send(what, () => {});
      };
      const pages = pagesOf((id, query) => order({ kind: "query", id, query }));
      const groups = groupsOf({
        put: (facts) => order({ kind: "write", facts, after: last }),
        bytesMax: waitingBytesMax,
        told: (missing) => {
          if (missing === undefined) failed("The history drops facts, the server goes on: too many wait for the disk");
          else told(`📚 The history has room again: ${missing} facts are missing in it`);
        },
      });

      const start = (): void => {
        const stdio = ["inherit", "inherit", "pipe", "ipc"] as const;
        const starting = fork(options.keeper, { serialization: "advanced", execArgv: [], stdio: [...stdio] });
        keeper = starting;
        let unfit: string | undefined;
        let said = "";
        starting.stderr?.on("data", (text: Buffer) => {
          said = `${said}${text}`.slice(-saidCharsMax);
        });
        const ended = (): void => {
          if (keeper !== starting) return;
          // Whatever happened to the channel, nobody else may have the file.
          starting.kill("SIGKILL");
          keeper = undefined;
          const crash = errorIn(said) ?? "its process has ended";
          if (phase === "starting") return refuse(unfit, crash);
          if (phase === "on") startAgain(unfit ?? crash);
        };
        // When all that it has said has come.
        starting.on("close", ended).on("error", ended);
        starting.on("message", (report: Report) => {
          if (report.kind === "unfit") unfit = report.why;
          onReport(report);
        });
        order({
          kind: "open",
          options: { path, daysMax, bytesMax, webhook, now: now(), hasBegun: last !== undefined },
        });
      };

      const startAgain = (why: string): void => {
        error = why;
        failed(`The history cannot be written, the server goes on: ${error}; it is started again in ${pauseMs} ms`);
        again = setTimeout(start, pauseMs);
        pauseMs = Math.min(2 * pauseMs, pauseMsMax);
      };

      const onReport = (report: Report): void => {
        switch (report.kind) {
          case "opened":
            if (error !== undefined && report.error === undefined) told(writtenAgain);
            ({ error } = report);
            groups.again();
            return goOn();
          case "begun":
            last = report.last;
            return;
          case "written":
            ({ last } = report);
            pauseMs = pauseMsMin;
            return groups.answered(true);
          case "unwritten":
            return groups.answered(false);
          case "disk":
            if (report.error === undefined) told(writtenAgain);
            else failed(`The history cannot be written, the server goes on: ${report.error}`);
            error = report.error;
            return;
          case "page":
            return pages.answer(report.id, E.right(report.page));
          case "no page":
            return pages.answer(report.id, E.left(`the history cannot be read: ${report.why}`));
          case "webhooks":
            if (report.status.state !== webhooks.state) webhooksChanged(report.status.error);
            webhooks = report.status;
            return;
          case "undelivered":
            return failed(`${report.facts} webhooks will not be delivered: ${report.why}`);
          case "unfit":
          case "closed":
            return;
        }
      };

      const kept: History = {
        observe: (event, effects, state) => {
          if (phase === "closing") return;
          const facts = factsOf(event, effects, state);
          if (facts.length > 0) groups.add(facts);
        },
        status: () => ({
          ...statusOf(groups.status(), error),
          ...(webhook === undefined ? {} : { webhooks }),
        }),
        query: async (query) =>
          keeper === undefined ? E.left(`the history cannot be read: ${error}`) : pages.ask(query),
        close: async () => {
          const limit = new Promise<void>((resolve) => setTimeout(resolve, closeMs).unref());
          if (keeper !== undefined) await Promise.race([groups.drain(), limit]);
          const closing = keeper;
          const hasExited = closing && new Promise((resolve) => closing.once("exit", resolve));
          phase = "closing";
          clearTimeout(again);
          order({ kind: "close", at: now() });
          await Promise.race([hasExited, limit]);
          closing?.kill("SIGKILL");
          const { waiting } = groups.status();
          if (waiting > 0) failed(`${waiting} facts are missing in the history: the disk did not take them`);
        },
      };

      const goOn = (): void => {
        clearTimeout(late);
        if (phase === "starting") phase = "on";
        resolve(E.right(kept));
      };
      const refuse = (unfit: string | undefined, crash: string): void => {
        clearTimeout(late);
        const why =
          unfit === undefined
            ? `its database cannot be loaded (${crash}). It needs the package libsql, which npm leaves out where it cannot have it.`
            : `it must be a file that this server can write a SQLite database to, but ${unfit}.`;
        resolve(E.left(`HISTORY is ${JSON.stringify(path)}: ${why}`));
      };
      const late = setTimeout(goOn, openMs);
      start();
    });

/** What a process says before it ends, as far as it is looked at. */
const saidCharsMax = 4_096;

/** The line of a stack trace that says what has happened. */
const errorIn = (said: string): string | undefined => /^\w*Error\b.*$/m.exec(said)?.[0];

const writtenAgain = "📚 The history is written again";

const statusOf = ({ written, waiting, dropped, busyMs }: GroupsStatus, error: string | undefined): HistoryStatus => {
  const why = error ?? (busyMs > slowMs ? `the disk has been busy for more than ${slowMs} ms` : undefined);
  return {
    state: why === undefined ? "on" : "failing",
    factsWritten: written,
    factsWaiting: waiting,
    factsDropped: dropped,
    ...(why === undefined ? {} : { error: why }),
  };
};
