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

/** The same, with arguments of its own. */
export const startCommand = (env: Readonly<Record<string, string>>, ...args: ReadonlyArray<string>): Started =>
  watched(spawn(process.execPath, [main, ...args], { env: environment(env) }));

/** Another program than this server. */
export const startOther = (
  path: string,
  env: Readonly<Record<string, string>>,
  ...args: ReadonlyArray<string>
): Started => watched(spawn(process.execPath, [path, ...args], { env: environment(env) }));

/** The same, with its log in a file: there is nothing in `out`. */
export const startWithLogIn = (path: string, env: Readonly<Record<string, string>>, ...args: ReadonlyArray<string>) =>
  watched(spawn("sh", ["-c", `exec "$0" "$@" > ${path}`, process.execPath, ...args, main], { env: environment(env) }));

/** The same, with so many file descriptors and no more. */
export const startWithDescriptors = (count: number, env: Readonly<Record<string, string>> = {}): Started =>
  withDescriptors(count, [main], environment(env));

/** Many clients on this port (`crowd.mjs`), each with a file descriptor. Fulfilled when all are there. */
export const crowdAt = async (port: number, clients: number): Promise<void> => {
  const crowd = withDescriptors(
    clients + 100,
    [new URL("crowd.mjs", import.meta.url).pathname, String(port), String(clients)],
    process.env,
  );
  const isOver = crowd.ended.then(() => {
    throw new Error(`the clients have ended: ${crowd.err()}`);
  });
  await Promise.race([isOver, until(() => crowd.out().includes("there"), 80_000)]);
  isOver.catch(() => {});
};

const withDescriptors = (count: number, command: ReadonlyArray<string>, env: NodeJS.ProcessEnv): Started =>
  watched(spawn("sh", ["-c", `ulimit -n ${count} && exec "$0" "$@"`, process.execPath, ...command], { env }));

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
