import { type ChildProcess, fork } from "node:child_process";
import * as E from "fp-ts/lib/Either.js";
import type * as TE from "fp-ts/lib/TaskEither.js";
import type { Effect, Event, State } from "../../core/index.js";
import type { DeliveryStatus, WebhookConfig } from "./deliver.js";
import { factsOf } from "./facts.js";
import { type GroupsStatus, groupsOf } from "./groups.js";
import type { KeeperOptions, Order, Report } from "./orders.js";
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
  /** `off`: nobody asked for it. `failing`: the disk does not work, or is too slow. `ended`: its process has. */
  readonly state: "off" | "on" | "failing" | "ended";
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

/** Of a server without a history. */
export const noHistory: History = {
  observe: () => {},
  status: () => ({ state: "off", factsWritten: 0, factsWaiting: 0, factsDropped: 0 }),
  query: async () => E.left("this server keeps no history"),
  close: async () => {},
};

/** Starts the keeper, which opens the file. Left: a one-line error for the operator. */
export const history =
  (options: HistoryOptions): TE.TaskEither<string, History> =>
  () =>
    new Promise((resolve) => {
      const { path, daysMax, bytesMax, webhook, now } = options;
      const keeper = fork(options.keeper, { serialization: "advanced", execArgv: [] });
      const kept = keeping(keeper, options);
      let why = "its database cannot be loaded: is the package libsql installed?";
      const goOn = (): void => {
        clearTimeout(late);
        keeper.off("message", first).off("exit", refuse).off("error", refuse);
        // Whatever happens to the channel, what comes of it is an exit.
        keeper.on("exit", kept.end).on("error", () => {});
        resolve(E.right(kept));
      };
      const refuse = (): void => {
        clearTimeout(late);
        resolve(E.left(`HISTORY is ${JSON.stringify(path)}: ${why}`));
      };
      const first = (report: Report): void => {
        if (report.kind === "unfit")
          why = `it must be a file that this server can write a SQLite database to, but ${report.why}.`;
        else if (report.kind === "opened") goOn();
      };
      const late = setTimeout(goOn, openMs);
      keeper.on("message", first).on("exit", refuse).on("error", refuse);
      kept.begin({ path, daysMax, bytesMax, webhook, now: now() });
    });

/** A history, and what its start has to do with the keeper. */
interface Keeping extends History {
  readonly begin: (options: KeeperOptions) => void;
  readonly end: () => void;
}

const keeping = (keeper: ChildProcess, options: HistoryOptions): Keeping => {
  const { now, failed, told, webhooksChanged, webhook } = options;
  const order = (what: Order): void => {
    // Where the keeper has just ended, its exit says what comes of it.
    if (keeper.connected) keeper.send(what, () => {});
  };
  const pages = pagesOf((id, query) => order({ kind: "query", id, query }));
  const groups = groupsOf({
    put: (facts) => order({ kind: "write", facts }),
    bytesMax: waitingBytesMax,
    told: (missing) => {
      if (missing === undefined) failed("The history drops facts, the server goes on: too many wait for the disk");
      else told(`📚 The history has room again: ${missing} facts are missing in it`);
    },
  });
  let error: string | undefined;
  let webhooks: DeliveryStatus = { state: "on", delivered: 0, waiting: 0, dropped: 0 };
  let [hasEnded, isClosing] = [false, false];

  const onReport = (report: Report): void => {
    switch (report.kind) {
      case "written":
      case "unwritten":
        return groups.answered(report.kind === "written");
      case "disk":
        if (report.error === undefined) told("📚 The history is written again");
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
      case "opened":
      case "unfit":
      case "closed":
        return;
    }
  };
  keeper.on("message", onReport);

  return {
    observe: (event, effects, state) => {
      if (hasEnded || isClosing) return;
      const facts = factsOf(event, effects, state);
      if (facts.length > 0) groups.add(facts);
    },
    status: () => ({
      ...statusOf(groups.status(), error, hasEnded),
      ...(webhook === undefined ? {} : { webhooks }),
    }),
    query: async (query) => (hasEnded ? E.left(`the history has ended: ${error}`) : pages.ask(query)),
    close: async () => {
      const limit = new Promise<void>((resolve) => setTimeout(resolve, closeMs).unref());
      if (!hasEnded) await Promise.race([groups.drain(), limit]);
      const hasExited = hasEnded ? undefined : new Promise((resolve) => keeper.once("exit", resolve));
      isClosing = true;
      order({ kind: "close", at: now() });
      await Promise.race([hasExited, limit]);
      keeper.kill("SIGKILL");
      const { waiting } = groups.status();
      if (waiting > 0) failed(`${waiting} facts are missing in the history: the disk did not take them`);
    },
    begin: (how) => order({ kind: "open", options: how }),
    end: () => {
      if (isClosing) return;
      hasEnded = true;
      error = "its process has ended";
      failed(`The history has ended after ${groups.status().written} facts, the server goes on: ${error}`);
    },
  };
};

const statusOf = (
  { written, waiting, dropped, busyMs }: GroupsStatus,
  error: string | undefined,
  hasEnded: boolean,
): HistoryStatus => {
  const why = error ?? (busyMs > slowMs ? `the disk has been busy for more than ${slowMs} ms` : undefined);
  return {
    state: hasEnded ? "ended" : why === undefined ? "on" : "failing",
    factsWritten: written,
    factsWaiting: waiting,
    factsDropped: dropped,
    ...(why === undefined ? {} : { error: why }),
  };
};
