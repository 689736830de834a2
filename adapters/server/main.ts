import { fileURLToPath } from "node:url";
import * as E from "fp-ts/lib/Either.js";
import { logger, ofServer } from "../observe/log.js";
import { configOf } from "./config.js";
import { serve } from "./serve.js";

const lastWordsMs = 500;

const refuse = (line: string): never => {
  process.stderr.write(`${line}\n`);
  process.exit(1);
};

const config = configOf(process.env);
if (E.isLeft(config)) throw refuse(config.left);

const log = logger({ level: config.right.logLevel, isProduction: config.right.isProduction });
const say = (sentence: string): void => log.write([ofServer(sentence)]);

// Nobody knows what state an uncaught error leaves behind: better no server than half of one.
process.on("uncaughtException", (error) => {
  process.stderr.write(`[Server] 💥 Ended by an error that nobody caught: ${error.stack ?? error.message}\n`);
  process.exit(1);
});

const running = await serve(config.right, fileURLToPath(new URL("./page/", import.meta.url)), log)();
if (E.isLeft(running)) throw refuse(running.left);

const { port, stop } = running.right;
const { host = "localhost" } = config.right;
say(`🚀 Signalbox is at http://${host}:${port}/ (WebSockets at ws://${host}:${port}/ws)`);
if (config.right.stunServers.length === 0)
  say("🧭 No STUN_SERVERS are set: peers find each other on this machine and in one network only");

let isStopping = false;
for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.on(signal, () => {
    if (isStopping) process.exit(1);
    isStopping = true;
    say(`🛑 ${signal}: stopping (once more ends at once)`);
    stop()
      .then(() => log.end(lastWordsMs))
      .then(() => process.exit(0));
  });
