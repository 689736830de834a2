import * as E from "fp-ts/lib/Either.js";
import {
  type Line,
  line,
  logger,
  ofAdvice,
  ofFailure,
  ofListening,
  ofMetricsAt,
  ofStopping,
  ofUnknownSetting,
  writeLast,
} from "../observe/log.js";
import { check } from "../server/check.js";
import { drainSecondsOf, type Notice } from "../server/config.js";
import { serve } from "../server/serve.js";
import { settingsHelp } from "../server/settings-text.js";
import { type Reading, readSettings } from "../server/sources.js";
import { warningsFor } from "../server/warnings.js";

const usage = `Usage: signalbox [--flag VALUE …]          start the server
       signalbox check [--flag VALUE …]    say what would run, without running it
       signalbox replay FILE …             ask a recording what happened: signalbox replay --help
       signalbox token --user ID …         make a token for trying out: signalbox token --help

Each setting is a flag (--port 3001, --port=3001), or a variable (PORT=3001) in the environment, in a file that
--config names, or in .env. The first of these that has it counts. Secrets are variables only: lists of processes show
flags. A file has NAME=value lines; an empty value counts as not set.

  --config FILE  a file with settings
  --help         this text
  --version      the version
`;

const logFlushMs = 500;

const read = (args: ReadonlyArray<string>): Reading => {
  const reading = readSettings({ args, env: process.env, folder: process.cwd() });
  if (reading.isHelp) {
    process.stdout.write(`${usage}\n${settingsHelp()}\n`);
    process.exit(0);
  }
  return reading;
};

const endWith = (lines: ReadonlyArray<Line>, { isProduction }: Reading, exit = process.exit): never => {
  writeLast(lines, isProduction);
  return exit(1);
};
const lineOf =
  (event: "setting-wrong" | "setting-unknown") =>
  ({ text, setting }: Notice): Line =>
    line(event, text, { setting });
const refuse = (wrong: ReadonlyArray<Notice>, reading: Reading): never =>
  endWith([...wrong.map(lineOf("setting-wrong")), ...reading.warnings.map(lineOf("setting-unknown"))], reading);

/** `signalbox check` */
export const runCheck = (args: ReadonlyArray<string>): void => {
  const reading = read(args);
  const checked = check(reading);
  if (E.isLeft(checked)) throw refuse(checked.left, reading);
  process.stdout.write(`${checked.right}\n`);
};

/** `signalbox`: runs until a signal ends it. `pages` is the folder of the built pages. */
export const runServer = async (args: ReadonlyArray<string>, pages: string): Promise<void> => {
  const reading = read(args);
  if (E.isLeft(reading.config)) throw refuse(reading.config.left, reading);
  const config = reading.config.right;
  const log = logger({ level: config.logLevel, isProduction: config.isProduction });

  // After an uncaught error the state of the process is unknown, so it does not go on.
  process.on("uncaughtException", (error) => endWith([ofFailure("uncaught-error", error)], reading, log.exit));

  const running = await serve(config, pages, log)();
  if (E.isLeft(running)) throw endWith([line("start-failed", running.left, {})], reading, log.exit);
  const { port, metricsPort, stop, hasEnded } = running.right;

  let isStopping = false;
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.on(signal, () => {
      if (isStopping) log.exit(1);
      isStopping = true;
      log.write([ofStopping(signal, drainSecondsOf(config))]);
      stop()
        .then(() => log.end(logFlushMs))
        .then(() => log.exit(0));
    });

  hasEnded.then(() => log.end(logFlushMs)).then(() => log.exit(1));

  // Whoever reads this may send a signal at once.
  log.write([
    ofListening(config.host, port),
    ...(metricsPort === undefined ? [] : [ofMetricsAt(config.metricsHost ?? config.host, metricsPort)]),
    ...reading.warnings.map(({ text, setting }) => ofUnknownSetting(text, setting)),
    ...warningsFor(config).map(ofAdvice),
  ]);
};
