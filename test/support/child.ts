import { type ChildProcess, type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { onTestFinished } from "vitest";
import { until } from "./net.js";

const main = new URL("../../dist/main.js", import.meta.url).pathname;

export interface Started {
  readonly child: ChildProcess;
  readonly out: () => string;
  readonly err: () => string;
  readonly ended: Promise<readonly [number | null, string | null]>;
}

/** The built server in a process of its own, killed when the test is over. */
export const start = (env: Readonly<Record<string, string>>, ...args: ReadonlyArray<string>): Started =>
  watched(spawn(process.execPath, [...args, main], { env: environment(env) }));

/** The same, with so many file descriptors and no more. */
export const startWithDescriptors = (count: number): Started =>
  watched(
    spawn("sh", ["-c", `ulimit -n ${count} && exec "$0" "$1"`, process.execPath, main], { env: environment({}) }),
  );

const environment = (env: Readonly<Record<string, string>>): NodeJS.ProcessEnv => ({
  ...process.env,
  NODE_ENV: "",
  PORT: "0",
  HOST: "127.0.0.1",
  ...env,
});

const watched = (child: ChildProcessWithoutNullStreams): Started => {
  onTestFinished(() => void child.kill("SIGKILL"));
  let out = "";
  let err = "";
  child.stdout.on("data", (data) => {
    out += data;
  });
  child.stderr.on("data", (data) => {
    err += data;
  });
  return {
    child,
    out: () => out,
    err: () => err,
    ended: once(child, "exit").then(([code, signal]) => [code, signal] as const),
  };
};

export const portOf = async (started: Started): Promise<number> => {
  await until(() => /http:\/\/[^/]*:\d+/.test(started.out()), 10_000);
  return Number(/http:\/\/[^/]*:(\d+)/.exec(started.out())?.[1]);
};
