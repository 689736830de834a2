import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { until } from "./net.js";

const main = new URL("../../dist/main.js", import.meta.url).pathname;

/** Why no system call can be tampered with here, or undefined. In CI it must be possible. */
export const missingStrace = (): string | undefined => {
  if (process.env.CI) return undefined;
  const tried = spawnSync("strace", ["-o", "/dev/null", "true"], { encoding: "utf8" });
  if (tried.error !== undefined)
    return 'There is no strace: install the Debian package "strace" to run the tests of a killed server and a failing disk.';
  return tried.status === 0 ? undefined : `strace may trace nothing here: ${tried.stderr.trim()}`;
};

/** A system call on one of the journal's files, as the kernel saw it. */
export interface Call {
  readonly name: string;
  readonly path: string;
  /** Undefined where it never returned; -1 where it failed. */
  readonly result: number | undefined;
}

export interface Traced {
  readonly port: () => Promise<number>;
  readonly out: () => string;
  readonly ended: Promise<readonly [number | null, string | null]>;
  /** Asks the server to stop. */
  readonly stop: () => void;
  /** All calls on the journal's files, in order; only when it has ended. */
  readonly calls: () => ReadonlyArray<Call>;
  /** The journal's files that are there. */
  readonly parts: () => ReadonlyArray<string>;
}

const partsMax = 9;

/** The files of a recording in the folder, and the setting that makes it. */
const recordingIn = (folder: string): Watched => {
  const record = join(folder, "run.ndjson");
  const paths = Array.from({ length: partsMax }, (_, i) => (i === 0 ? record : join(folder, `run.${i + 1}.ndjson`)));
  return { paths, env: { RECORD: record } };
};

/** Files that calls are watched on, and the settings with which the server uses them. */
export interface Watched {
  readonly paths: ReadonlyArray<string>;
  readonly env: Readonly<Record<string, string>>;
}

/**
 * The real server, recording into `folder` unless other files are watched, with one tampering as strace's `-e inject=` takes it. It has one thread for all files, because
 * strace counts the calls of each thread by itself: so the n-th is the n-th.
 */
export const traced = (
  folder: string,
  tampering: string,
  env: Readonly<Record<string, string>> = {},
  { paths, env: settings }: Watched = recordingIn(folder),
): Traced => {
  const trace = join(folder, "trace");
  const watched = paths.flatMap((path) => ["-P", path]);
  const strace = ["-f", "-y", "-s", "0", "-o", trace, ...watched, "-e", `inject=${tampering}`];
  const child = spawn("strace", [...strace, process.execPath, main], {
    detached: true,
    env: {
      ...process.env,
      NODE_ENV: "",
      PORT: "0",
      HOST: "127.0.0.1",
      ...settings,
      UV_THREADPOOL_SIZE: "1",
      UV_USE_IO_URING: "0",
      ...env,
    },
  });
  const signal = (name: NodeJS.Signals): void => {
    // strace itself lets signals pass it by while it has something to trace.
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) process.kill(-child.pid, name);
  };
  onTestFinished(() => signal("SIGKILL"));
  let out = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (data) => {
      out += data;
    });
  const ended = once(child, "close").then(([code, name]) => [code, name] as const);
  return {
    out: () => out,
    ended,
    stop: () => signal("SIGTERM"),
    port: async () => {
      const found = () => /http:\/\/[^/]*:(\d+)/.exec(out)?.[1];
      await until(() => found() !== undefined || child.exitCode !== null || child.signalCode !== null, 10_000);
      return Number(found());
    },
    calls: () => callsIn(readFileSync(trace, "utf8")),
    parts: () => paths.filter((path, i) => existsSync(path) && (i > 0 || statSync(path).size > 0)),
  };
};

const callsIn = (trace: string): ReadonlyArray<Call> => {
  const calls: Call[] = [];
  const begun = new Map<string, string>();
  for (const line of trace.split("\n")) {
    const [, thread = "", text = ""] = /^(\d+) +(.*)$/.exec(line) ?? [];
    const [, rest] = /^<\.\.\. \w+ resumed>(.*)$/.exec(text) ?? [];
    const whole = rest === undefined ? text : `${begun.get(thread)}${rest}`;
    begun.delete(thread);
    if (whole.endsWith(" <unfinished ...>")) begun.set(thread, whole.slice(0, -" <unfinished ...>".length));
    else calls.push(...callOf(whole));
  }
  // What was under way when the process ended has no end of its own.
  return [...calls, ...[...begun.values()].flatMap((text) => callOf(`${text}) = ?`))];
};

/** `write(17</tmp/x.ndjson>, ""..., 141) = 141`, `openat(AT_FDCWD</tmp>, "/tmp/x.ndjson", …) = 17</tmp/x.ndjson>` */
const callOf = (text: string): ReadonlyArray<Call> => {
  const [, name, args = "", result = ""] = /^(\w+)\((.*)\) += (\?|-?\d+)/.exec(text) ?? [];
  if (name === undefined) return [];
  const path = /^\d+<([^>]*)>/.exec(args)?.[1] ?? /"([^"]*)"/.exec(args)?.[1] ?? "";
  return [{ name, path, result: result === "?" ? undefined : Number(result) }];
};
