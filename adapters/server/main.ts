import { fileURLToPath } from "node:url";
import * as E from "fp-ts/lib/Either.js";
import { logger, ofListening, ofServer } from "../observe/log.js";
import { configOf } from "./config.js";
import { serve } from "./serve.js";

const logFlushMs = 500;

const exitWith = (line: string): never => {
  process.stderr.write(`${line}\n`);
  process.exit(1);
};

const config = configOf(process.env);
if (E.isLeft(config)) throw exitWith(config.left);

const log = logger({ level: config.right.logLevel, isProduction: config.right.isProduction });

// After an uncaught error the state of the process is unknown, so it does not go on.
process.on("uncaughtException", (error) => exitWith(`[Server] 💥 Uncaught error: ${error.stack ?? error.message}`));

const running = await serve(config.right, fileURLToPath(new URL("./page/", import.meta.url)), log)();
if (E.isLeft(running)) throw exitWith(running.left);

const { port, stop } = running.right;
log.write([ofListening(config.right.host, port)]);
if (config.right.stunServers.length === 0)
  log.write([ofServer("🧭 STUN_SERVERS is not set: peers can connect only on this machine or in one local network")]);
if (config.right.isProduction && config.right.auth === undefined)
  log.write([
    ofServer("🔓 No authentication: everybody who reaches this server may use it. Set AUTH_JWT_SECRET (docs/AUTH.md)"),
  ]);

let isStopping = false;
for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.on(signal, () => {
    if (isStopping) process.exit(1);
    isStopping = true;
    log.write([ofServer(`🛑 ${signal}: stopping, all connections are closed (send it again to exit at once)`)]);
    stop()
      .then(() => log.end(logFlushMs))
      .then(() => process.exit(0));
  });
