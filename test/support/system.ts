import { execFileSync, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** Why no link can be cut and no disk be filled here, or undefined. In CI it must be possible. */
export const missingSystem = (): string | undefined => {
  if (process.env.CI) return undefined;
  for (const [program, ...args] of [
    ["unshare", "--net", "--mount", "true"],
    ["ip", "-V"],
    ["prlimit", "-V"],
  ] as const) {
    const { error, status, stderr } = spawnSync(program, args, { encoding: "utf8" });
    if (error !== undefined) return `There is no ${program}: the tests of forces need it.`;
    if (status !== 0) return `The tests of forces need root: ${stderr.trim()}`;
  }
  return undefined;
};

const ip = (...args: ReadonlyArray<string>): void => void execFileSync("ip", args);

/** A folder on a disk of so many KiB. */
export const smallDisk = (kib: number): string => {
  const path = mkdtempSync(join(tmpdir(), "signalbox-disk-"));
  execFileSync("mount", ["-t", "tmpfs", "-o", `size=${kib}k`, "tmpfs", path]);
  onTestFinished(() => {
    execFileSync("umount", ["--lazy", path]);
    rmdirSync(path);
  });
  return path;
};

/** Another machine, as far as its network goes: it reaches this one at `host`. */
export const otherMachine = () => {
  // Of this process alone: what an earlier one has left is in nobody's way. Names of links have 15 characters at most.
  const [name, near, far] = [`signalbox-${process.pid}`, `sbn${process.pid}`, `sbf${process.pid}`];
  const host = "198.18.0.1";
  ip("netns", "add", name);
  onTestFinished(() => ip("netns", "del", name));
  ip("link", "add", near, "type", "veth", "peer", "name", far, "netns", name);
  ip("addr", "add", `${host}/30`, "dev", near);
  ip("link", "set", near, "up");
  ip("-n", name, "addr", "add", "198.18.0.2/30", "dev", far);
  ip("-n", name, "link", "set", far, "up");
  return {
    host,
    run: (...command: ReadonlyArray<string>) => {
      const child = spawn("ip", ["netns", "exec", name, ...command], { stdio: ["ignore", "pipe", "inherit"] });
      onTestFinished(() => void child.kill("SIGKILL"));
      return child;
    },
    cut: () => ip("link", "set", near, "down"),
  };
};

/** From now on a process may have only so many file descriptors more than it has. */
export const limitDescriptors = (pid: number, more: number): void => {
  const open = readdirSync(`/proc/${pid}/fd`).length;
  execFileSync("prlimit", ["--pid", String(pid), `--nofile=${open + more}:`]);
};

/** From now on a process may have so much memory of its own, in RAM or not: what it asks for beyond it is refused. */
export const limitMemory = (pid: number, mib: number): void =>
  void execFileSync("prlimit", ["--pid", String(pid), `--data=${mib * 1_048_576}`]);
