import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import { verifier } from "../auth/verifier.js";
import { type Config, drainSecondsOf, type Notice, placeOf } from "./config.js";
import { settingNames, settingOf } from "./settings.js";
import type { Reading } from "./sources.js";
import { warningsFor } from "./warnings.js";

/**
 * What would run, for an operator to read, without running it. Left: all that would keep it from starting, as far as
 * that shows without opening a port or a file to write.
 */
export const check = (reading: Reading): E.Either<ReadonlyArray<Notice>, string> =>
  pipe(
    reading.config,
    E.chainFirst(keyIsUsable),
    E.map((config) => [...summary(config), "", ...changed(reading), "", ...warned(reading, config)].join("\n")),
  );

/** A public key may be in a file that is not there. */
const keyIsUsable = ({ auth, settings }: Config): E.Either<ReadonlyArray<Notice>, unknown> =>
  auth === undefined
    ? E.right(undefined)
    : pipe(
        verifier(auth, { limits: settings.limits }),
        E.mapLeft((text) => [{ setting: "AUTH_JWT_PUBLIC_KEY", text }]),
      );

const table = (rows: ReadonlyArray<readonly [string, string]>): ReadonlyArray<string> => {
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, text]) => `  ${name.padEnd(width)}  ${text}`);
};

const authWords = {
  secret: "tokens signed with a secret",
  "public-key": "tokens signed with the private key of a public one",
  "key-server": "tokens signed with the keys of a key server",
} as const;

const metricsWords = ({ metricsPort, metricsHost, host, metrics, isProduction }: Config): string => {
  if (metricsPort !== undefined) {
    const own = `${metricsHost ?? host ?? "all addresses of this machine"}, port ${metricsPort}`;
    return metrics === "public" ? `${own}; and on the main port, for everybody` : own;
  }
  return metrics === "public" || !isProduction ? "on the same port" : "none";
};

const summary = (config: Config): ReadonlyArray<string> => {
  const { messagesPerSecond } = config.settings.limits;
  const drainSeconds = drainSecondsOf(config);
  return [
    "Signalbox would start so. Nothing was started; ports, and files to write, were not tried.",
    "",
    ...table([
      [
        "address",
        `${config.host ?? "all addresses of this machine"}, port ${config.port === 0 ? "chosen by the system" : config.port}`,
      ],
      ["mode", config.isProduction ? "production" : "development"],
      ["authentication", config.auth === undefined ? "none" : authWords[config.auth.key.kind]],
      ["origins", config.allowedOrigins?.join(", ") ?? "all"],
      ["rate limit", messagesPerSecond === 0 ? "none" : `${messagesPerSecond} messages a second of each socket`],
      ["metrics", metricsWords(config)],
      ["TURN", config.turnUrls.length === 0 ? "none" : config.turnUrls.join(", ")],
      ["data", config.cluster === undefined ? (config.data ?? "in memory") : "with the other nodes of the cluster"],
      ["recording", config.record ?? "none"],
      ["history", `${config.history ?? "none"}${config.webhookUrl === undefined ? "" : ", with webhooks"}`],
      ["stop", drainSeconds === 0 ? "all clients at once" : `clients are sent elsewhere over ${drainSeconds} seconds`],
    ]),
  ];
};

const changed = ({ given }: Reading): ReadonlyArray<string> => {
  const rows = settingNames.flatMap((name): ReadonlyArray<readonly [string, string]> => {
    const one = given.get(name);
    if (one === undefined) return [];
    const text = settingOf(name).secret ? "(not shown)" : JSON.stringify(one.text);
    return [[name, `${text}${one.origin.kind === "flag" ? " as a flag" : placeOf(one.origin)}`]];
  });
  return rows.length === 0
    ? ["All settings have their defaults."]
    : ["What is set; the rest has its defaults:", "", ...table(rows)];
};

const warned = ({ warnings }: Reading, config: Config): ReadonlyArray<string> => {
  const sentences = [...warnings.map(({ text }) => text), ...warningsFor(config)];
  return sentences.length === 0 ? ["No warnings."] : ["Warnings:", "", ...sentences.map((text) => `  ${text}`)];
};
