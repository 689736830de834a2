#!/usr/bin/env node
import { fileURLToPath } from "node:url";
import manifest from "../../package.json" with { type: "json" };

const [command = "", ...args] = process.argv.slice(2);
const pages = fileURLToPath(new URL("./page/", import.meta.url));

// A command is loaded only when it is asked for: replaying needs no server.
const commands: Readonly<Record<string, () => Promise<void>>> = {
  "--version": async () => void process.stdout.write(`${manifest.version}\n`),
  check: async () => (await import("./serve.js")).runCheck(args),
  replay: async () => (await import("./replay.js")).runReplay(args),
  token: async () => (await import("./token.js")).runToken(args),
};

if (Object.hasOwn(commands, command)) await commands[command]?.();
else if (command === "" || command.startsWith("-"))
  await (await import("./serve.js")).runServer(process.argv.slice(2), pages);
else {
  const names = Object.keys(commands)
    .filter((name) => !name.startsWith("-"))
    .join(", ");
  process.stderr.write(
    `There is no command ${JSON.stringify(command)}. There are ${names}; without one, the server starts. See signalbox --help.\n`,
  );
  process.exitCode = 2;
}
