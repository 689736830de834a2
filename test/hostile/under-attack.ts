import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { onTestFinished } from "vitest";
import { portOf, type Started, start } from "../support/child.js";
import { sleep } from "./raw.js";

/** What an attack has done to the server, and to two honest clients meanwhile. */
export interface Outcome {
  /** Resident memory before, at its highest during the attack, and after the attackers have gone, MiB. */
  readonly beforeMiB: number;
  readonly peakMiB: number;
  readonly afterMiB: number;
  /** What a message between the honest clients took, ms. */
  readonly p50: number;
  readonly p99: number;
  readonly worst: number;
  readonly messages: number;
  /** Honest clients that were cut off. */
  readonly cut: number;
  readonly hasCrashed: boolean;
  readonly log: string;
}

interface Figures {
  readonly messages: number;
  readonly p50: number;
  readonly p99: number;
  readonly worst: number;
  readonly cut: number;
}

const residentMiB = (pid: number | undefined): number =>
  Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1_024;

const honestClients = async (port: number, protocol: string) => {
  const child = spawn(process.execPath, [new URL("good.mjs", import.meta.url).pathname, String(port), protocol], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const lines = createInterface({ input: child.stdout });
  await once(lines, "line");
  return {
    figures: async (): Promise<Figures> => {
      child.stdin.write("figures\n");
      const [line] = (await once(lines, "line")) as [string];
      return JSON.parse(line);
    },
  };
};

/** What is not as it is usually: how the server is started, and what the honest clients speak. */
export interface Unusual {
  readonly startWith?: (env: Readonly<Record<string, string>>) => Started | Promise<Started>;
  readonly protocol?: string;
}

/** Runs an attack on a server of its own, with its default settings but for `env`, while two honest clients talk. */
export const underAttack = async (
  attack: (port: number, server: Started) => Promise<() => void>,
  env: Readonly<Record<string, string>> = {},
  { startWith = start, protocol = "signalbox" }: Unusual = {},
): Promise<Outcome> => {
  const server = await startWith({ NODE_ENV: "production", ...env });
  const port = await portOf(server);
  const honest = await honestClients(port, protocol);
  const hasCrashed = (): boolean => server.child.exitCode !== null || server.child.signalCode !== null;
  await sleep(300);
  await honest.figures();
  const beforeMiB = residentMiB(server.child.pid);
  let peakMiB = beforeMiB;
  const watch = setInterval(() => {
    if (!hasCrashed()) peakMiB = Math.max(peakMiB, residentMiB(server.child.pid));
  }, 20);
  const leave = await attack(port, server);
  const { p50, p99, worst, messages, cut } = await honest.figures();
  clearInterval(watch);
  leave();
  await sleep(500);
  const afterMiB = hasCrashed() ? 0 : residentMiB(server.child.pid);
  return { beforeMiB, peakMiB, afterMiB, p50, p99, worst, messages, cut, hasCrashed: hasCrashed(), log: server.out() };
};
