import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import type { Contender } from "./contender.js";
import type { Questions } from "./inside.js";
import type { Vitals } from "./monitor.js";
import { freePort } from "./port.js";

/** A contender's server in a process of its own. */
export interface Server {
  readonly contender: Contender;
  readonly port: number;
  /** From being spawned to the first answer over HTTP. */
  readonly startMs: number;
  /** Bytes of its memory that are in RAM. */
  readonly rssBytes: () => number;
  /** Only of a server that was started with the monitor. */
  readonly ask: (question: "collect garbage" | "look") => Promise<Vitals>;
  readonly stop: () => Promise<void>;
}

const fileBeside = (name: string): string => new URL(name, import.meta.url).pathname;
const running = new Set<ChildProcess>();

// Whatever ends this process, its servers end with it.
process.on("exit", () => running.forEach((child) => void child.kill("SIGKILL")));
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => process.exit(1));

/** @param isMonitored whether it is loaded with `monitor.ts` */
export const start = async (contender: Contender, isMonitored = true): Promise<Server> => {
  const port = await freePort();
  const [program = "", ...args] = contender.command;
  const preload = program === process.execPath ? ["--expose-gc", "--import"] : ["--preload"];
  const monitor = isMonitored ? [...preload, fileBeside("monitor.js")] : [];
  const began = performance.now();
  const child = spawn(program, [...monitor, ...args], {
    env: { ...process.env, NODE_ENV: "production", ...contender.env, PORT: String(port) },
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  running.add(child);
  const exited = once(child, "exit").then(() => running.delete(child));
  const health = `http://127.0.0.1:${port}/health`;
  for (; (await fetch(health).catch(() => undefined)) === undefined; await sleep(2))
    if (!running.has(child) || performance.now() - began > 30_000)
      throw new Error(`${contender.name} has ended, or did not answer within 30 s`);
  return {
    contender,
    port,
    startMs: performance.now() - began,
    rssBytes: () => Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${child.pid}/status`, "utf8"))?.[1]) * 1_024,
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

/** Runs a program to its end, and gives what it wrote; rejected where it fails. */
export const outputOf = async (program: string, args: ReadonlyArray<string>): Promise<string> =>
  (await promisify(execFile)(program, args, { maxBuffer: Number.POSITIVE_INFINITY })).stdout;

/** Asks a question of `inside.ts` in a process of its own. */
export const askInside = async <K extends keyof Questions>(
  question: K,
  ...args: Parameters<Questions[K]>
): Promise<Awaited<ReturnType<Questions[K]>>> => {
  const program = ["--expose-gc", fileBeside("inside.js"), question];
  return JSON.parse(await outputOf(process.execPath, [...program, JSON.stringify(args)]));
};
