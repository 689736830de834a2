import { fileURLToPath } from "node:url";
import * as E from "fp-ts/lib/Either.js";
import { configOf } from "./config.js";
import { logger } from "./log.js";
import { serve } from "./server.js";

const refuse = (line: string): never => {
  process.stderr.write(`${line}\n`);
  process.exit(1);
};

const config = configOf(process.env);
if (E.isLeft(config)) throw refuse(config.left);

const log = logger({ level: config.right.logLevel, isProduction: config.right.isProduction });

// Nobody knows what state an uncaught error leaves behind: better no server than half of one.
process.on("uncaughtException", (error) => {
  log.fatal({ err: error }, `[Server] 💥 Ended by an error that nobody caught: ${error.stack ?? error.message}`);
  process.exit(1);
});

const running = await serve(config.right, fileURLToPath(new URL("./page/", import.meta.url)), log)();
if (E.isLeft(running)) throw refuse(running.left);

const { port, stop } = running.right;
log.info({ port }, `[Server] 🚀 Signalbox is at http://localhost:${port}/ (WebSockets at ws://localhost:${port}/ws)`);
if (config.right.stunServers.length === 0)
  log.info("[Server] 🧭 No STUN_SERVERS are set: peers find each other on this machine and in one network only");

let isStopping = false;
for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.on(signal, () => {
    if (isStopping) process.exit(1);
    isStopping = true;
    log.info(`[Server] 🛑 ${signal}: stopping (once more ends at once)`);
    stop().then(() => process.exit(0));
  });
