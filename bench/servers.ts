import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import type { Contender } from "./contender.js";
import type { Vitals } from "./monitor.js";

/** A contender's server in a process of its own. `startMs`: from being spawned to the first answer over HTTP. */
export interface Server {
  readonly contender: Contender;
  readonly pid: number;
  readonly port: number;
  readonly startMs: number;
  /** Only of a server that was started monitored. */
  readonly ask: (question: "collect garbage" | "look") => Promise<Vitals>;
  readonly stop: () => Promise<void>;
}

const startMsMax = 10_000;
const fileBeside = (name: string): string => new URL(name, import.meta.url).pathname;
const running = new Set<ChildProcess>();

// Whatever ends this process, its servers end with it.
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => process.exit(1));

/** Sees to it that the child does not outlive this process; fulfilled when it has ended. */
const kept = async (child: ChildProcess): Promise<void> => {
  running.add(child);
  await Promise.race(["error", "exit"].map((event) => new Promise((resolve) => child.once(event, resolve))));
  running.delete(child);
};

export const start = async (
  contender: Contender,
  { isMonitored }: { readonly isMonitored: boolean },
): Promise<Server> => {
  const port = await freePort();
  const [program = "", ...args] = contender.command;
  const began = performance.now();
  const child = spawn(program, [...(isMonitored ? [...contender.preload, fileBeside("monitor.js")] : []), ...args], {
    env: { ...process.env, ...contender.env, PORT: String(port) },
    stdio: ["ignore", "ignore", "inherit", ...(isMonitored ? (["ipc"] as const) : [])],
  });
  const exited = kept(child);
  const answers = () =>
    fetch(`http://127.0.0.1:${port}${contender.health}`).then(
      ({ ok }) => ok,
      () => false,
    );
  for (; !(await answers()); await sleep(2))
    if (!running.has(child) || performance.now() - began > startMsMax)
      throw new Error(`${contender.name} ended, or did not answer in ${startMsMax} ms`);
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

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  await once(server.close(), "close");
  return port;
};

/** Runs a program to its end, and gives what it wrote. */
export const outputOf = async (program: string, args: ReadonlyArray<string>): Promise<string> => {
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "inherit"] });
  const exited = kept(child);
  const answer = await text(child.stdout);
  await exited;
  if (child.exitCode !== 0) throw new Error(`${program} ${args.join(" ")} ended with ${child.exitCode}`);
  return answer;
};

/** Asks a question of `inside.ts` in a process of its own. */
export const askInside = async <A>(...args: ReadonlyArray<string | number>): Promise<A> =>
  JSON.parse(await outputOf(process.execPath, ["--expose-gc", fileBeside("inside.js"), ...args.map(String)]));
