import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { freePort } from "../../bench/port.js";
import type { Started } from "./child.js";
import { until } from "./net.js";
import { root } from "./pages.js";

export const deployed = join(root, "deploy/prometheus");

/** Why there is no Prometheus here, or undefined. In CI it must be there. */
export const missingPrometheus = (): string | undefined => {
  if (process.env.CI) return undefined;
  const found = spawnSync("promtool", ["--version"]);
  return found.error === undefined
    ? undefined
    : 'There is no promtool: install the Debian package "prometheus" to run the tests of the alerts and the dashboard.';
};

/** What promtool says, and its exit code. */
export const promtool = (
  args: ReadonlyArray<string>,
  input = "",
): { readonly status: number | null; readonly said: string } => {
  const { status, stdout, stderr } = spawnSync("promtool", args, { cwd: deployed, encoding: "utf8", input });
  return { status, said: `${stdout}${stderr}` };
};

/** One series of an answer, and its value now. */
export interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Prometheus {
  readonly query: (text: string) => Promise<ReadonlyArray<Sample>>;
  /** The values of a label, among the series that match. */
  readonly labelValues: (label: string, match: string) => Promise<ReadonlyArray<string>>;
}

/** The port of the metrics, as the server says it. */
export const metricsPortOf = async (started: Started): Promise<number> => {
  const found = (): string | undefined => /Metrics are at http:\/\/[^/]*:(\d+)/.exec(started.out())?.[1];
  await until(() => found() !== undefined, 10_000);
  return Number(found());
};

/**
 * The files of `deploy/prometheus`, in a hurry: a scrape each second and two evaluations, a minute of an alert's range is two seconds,
 * and every `for` is one.
 */
const hurried = (folder: string, ports: ReadonlyArray<number>): string => {
  const targets = ports.map((port) => `"127.0.0.1:${port}"`).join(", ");
  const config = readFileSync(join(deployed, "prometheus.yml"), "utf8")
    .replace("scrape_interval: 15s", "scrape_interval: 1s")
    .replace("evaluation_interval: 15s", "evaluation_interval: 500ms")
    .replace('"localhost:9464"', targets);
  const alerts = readFileSync(join(deployed, "alerts.yml"), "utf8")
    .replace(/\[(\d+)m\]/g, (_, minutes) => `[${2 * Number(minutes)}s]`)
    .replace(/for: \d+[ms]/g, "for: 1s");
  writeFileSync(join(folder, "alerts.yml"), alerts);
  writeFileSync(join(folder, "prometheus.yml"), config);
  return join(folder, "prometheus.yml");
};

/** A real Prometheus that scrapes these ports of this machine, killed when the test is over. */
export const prometheusOf = async (ports: ReadonlyArray<number>): Promise<Prometheus> => {
  const folder = mkdtempSync(join(tmpdir(), "signalbox-prometheus-"));
  const port = await freePort();
  const files = [`--config.file=${hurried(folder, ports)}`, `--storage.tsdb.path=${join(folder, "data")}`];
  const child = spawn("prometheus", [...files, `--web.listen-address=127.0.0.1:${port}`, "--log.level=warn"]);
  let said = "";
  child.stderr.on("data", (data) => {
    said += data;
  });
  onTestFinished(async () => {
    child.kill("SIGKILL");
    if (child.exitCode === null) await new Promise((resolve) => child.once("exit", resolve));
    rmSync(folder, { recursive: true, force: true });
  });
  const get = async (path: string, params: Readonly<Record<string, string>>): Promise<unknown> => {
    const answer = await fetch(`http://127.0.0.1:${port}/api/v1/${path}?${new URLSearchParams(params)}`);
    const { status, data, error } = (await answer.json()) as Readonly<Record<"status" | "data" | "error", unknown>>;
    if (status !== "success") throw new Error(`${path}: ${error}`);
    return data;
  };
  const isUp = async (): Promise<boolean> => {
    if (child.exitCode !== null) throw new Error(`Prometheus has ended: ${said}`);
    return fetch(`http://127.0.0.1:${port}/-/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
  };
  await until(isUp, 10_000);
  return {
    labelValues: async (label, match) => (await get(`label/${label}/values`, { "match[]": match })) as string[],
    query: async (text) => {
      const { result } = (await get("query", { query: text })) as {
        readonly result: ReadonlyArray<{ readonly metric: Sample["metric"]; readonly value: [number, string] }>;
      };
      return result.map(({ metric, value: [, value] }) => ({ metric, value: Number(value) }));
    },
  };
};
