import { join } from "node:path";
import * as TE from "fp-ts/lib/TaskEither.js";
import type { Hono } from "hono";
import { readerOf } from "../auth/reader.js";
import type { Verifier } from "../auth/verifier.js";
import { historyApi } from "../history/api.js";
import { type History, type HistoryConfig, history, noHistory } from "../history/history.js";
import * as Log from "../observe/log.js";
import * as Clock from "./clock.js";
import type { Config } from "./config.js";

/** The history that the settings ask for; its process is built beside the pages. Left: a one-line error for the operator. */
export const historyOf = (config: Config, pages: string, log: Log.Log): TE.TaskEither<string, History> =>
  config.history === undefined
    ? TE.right(noHistory)
    : history({
        path: config.history,
        daysMax: config.historyDays,
        bytesMax: config.historyBytesMax,
        webhook: webhookOf(config),
        keeper: join(pages, "../keeper.js"),
        now: Clock.now,
        failed: (line) => log.write([Log.ofFailure("history-failed", new Error(line))]),
        webhooksChanged: (error) => log.write([Log.ofWebhooks(error)]),
        told: (line) => log.write([Log.ofHistory(line)]),
      });

const webhookOf = ({ webhookUrl: url, webhookSecret: secret }: Config): HistoryConfig["webhook"] =>
  url === undefined || secret === undefined ? undefined : { url, secret };

/** `/api/history` on each port. Undefined: there is no history. */
export interface HistoryApis {
  /** For who shows a token that allows it. */
  readonly main: Hono | undefined;
  /** For everybody. */
  readonly metrics: Hono | undefined;
}

export const historyApisOf = (config: Config, { query }: History, keys: Verifier | undefined): HistoryApis =>
  config.history === undefined
    ? { main: undefined, metrics: undefined }
    : { main: historyApi({ query, reader: readerOf(keys) }), metrics: historyApi({ query }) };
