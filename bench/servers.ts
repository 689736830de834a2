import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { get } from "node:http";
import { type AddressInfo, createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { Contender } from "./contender.js";
import type { Vitals } from "./monitor.js";

/** A contender's server in a process of its own. */
export interface Server {
  readonly contender: Contender;
  readonly pid: number;
  readonly port: number;
  /** From being spawned to the first answer over HTTP. */
  readonly startMs: number;
  /** Only of a server that was started monitored. */
  readonly ask: (question: "collect garbage" | "look") => Promise<Vitals>;
  readonly stop: () => Promise<void>;
}

const startMsMax = 10_000;
const pollMs = 2;
const monitor = new URL("monitor.js", import.meta.url).pathname;
const running = new Set<ChildProcess>();

// Whatever ends this process, its servers end with it.
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});
for (const [signal, code] of [
  ["SIGINT", 130],
  ["SIGTERM", 143],
  ["SIGHUP", 129],
] as const)
  process.on(signal, () => process.exit(code));

/** Sees to it that the child does not outlive this process; fulfilled when it has ended. */
export const kept = async (child: ChildProcess): Promise<void> => {
  running.add(child);
  await new Promise<void>((resolve) => {
    child.once("error", () => resolve());
    child.once("exit", () => resolve());
  });
  running.delete(child);
};

export const start = async (contender: Contender, how: { readonly isMonitored: boolean }): Promise<Server> => {
  const port = await freePort();
  const [program = "", ...args] = contender.command;
  const began = performance.now();
  const child = spawn(program, [...(how.isMonitored ? [...contender.preload, monitor] : []), ...args], {
    env: { ...process.env, ...contender.env, PORT: String(port) },
    stdio: ["ignore", "ignore", "inherit", ...(how.isMonitored ? (["ipc"] as const) : [])],
  });
  const exited = kept(child);
  await answering(child, port, contender, began);
  return {
    contender,
    pid: child.pid ?? 0,
    port,
    startMs: performance.now() - began,
    ask: async (question) => {
      const answer = once(child, "message");
      child.send(question);
      return (await answer)[0] as Vitals;
    },
    stop: async () => {
      child.kill("SIGKILL");
      await exited;
    },
  };
};

const answering = async (child: ChildProcess, port: number, { name, health }: Contender, began: number) => {
  while (!(await answers(port, health))) {
    if (!running.has(child)) throw new Error(`${name} ended before it answered`);
    if (performance.now() - began > startMsMax) {
      child.kill("SIGKILL");
      throw new Error(`${name} did not answer within ${startMsMax} ms`);
    }
    await sleep(pollMs);
  }
};

const answers = (port: number, path: string): Promise<boolean> =>
  new Promise((resolve) => {
    const request = get({ host: "127.0.0.1", port, path, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    request.on("error", () => resolve(false));
  });

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
};
