import { readFileSync, writeFileSync } from "node:fs";
import { cpus, release, totalmem, type } from "node:os";
import { join } from "node:path";
import type { Spread } from "./rounds.js";
import { type Bar, type Findings, isMet, type Section, type Table } from "./section.js";

/** A section with what it found. */
export interface Answer {
  readonly section: Section;
  readonly findings: Findings;
  readonly seconds: number;
}

const number = (n: number): string => {
  if (!Number.isFinite(n)) return "–";
  if (Math.abs(n) >= 1_000) return Math.round(n).toLocaleString("en");
  return String(Number(n.toPrecision(Math.abs(n) < 1 ? 2 : 3)));
};

const cell = (value: Spread | number | string | undefined): string => {
  if (typeof value === "number") return number(value);
  if (typeof value !== "object") return value ?? "";
  const { median, low, high } = value;
  return low === high ? number(median) : `${number(median)} (${number(low)}–${number(high)})`;
};

/** A Markdown table whose columns stand below each other in a terminal too. */
const grid = (head: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string>>): string => {
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]?.length ?? 0)));
  const line = (row: ReadonlyArray<string>): string =>
    `| ${row.map((text, i) => (i === 0 ? text.padEnd(widths[i] ?? 0) : text.padStart(widths[i] ?? 0))).join(" | ")} |`;
  const rule = `|${widths.map((width, i) => (i === 0 ? "-".repeat(width + 2) : `${"-".repeat(width + 1)}:`)).join("|")}|`;
  return [line(head), rule, ...rows.map(line)].join("\n");
};

const tableText = ({ title, rows, note }: Table): string => {
  const columns = [...new Set(rows.flatMap(({ cells }) => Object.keys(cells)))];
  const body = rows.map(({ name, cells }) => [name, ...columns.map((column) => cell(cells[column]))]);
  return [`**${title}**`, "", grid(["", ...columns], body), ...(note === undefined ? [] : ["", note])].join("\n");
};

const barsText = (bars: ReadonlyArray<Bar>): string => {
  const body = bars.map((bar) => [
    bar.what,
    `${bar.must} ${number(bar.limit)}`,
    cell(bar.measured),
    isMet(bar) ? "met" : "MISSED",
  ]);
  return grid(["bar", "must be", "is", ""], body);
};

/** A section as Markdown. */
export const answerText = ({ section, findings, seconds }: Answer): string =>
  [
    `## ${section.title}`,
    ...findings.tables.map(tableText),
    ...(findings.bars.length === 0 ? [] : [barsText(findings.bars)]),
    `\`npm run bench -- ${section.name}\`: ${seconds.toFixed(0)} s`,
  ].join("\n\n");

const home = new URL("../../bench/", import.meta.url).pathname;

/** Where and with what it was measured. */
export const machine = () => {
  const read = (file: string): Readonly<Record<string, Readonly<Record<string, string>>>> =>
    JSON.parse(readFileSync(join(home, file), "utf8"));
  const { dependencies, optionalDependencies } = read("package.json");
  return {
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    cores: cpus().length,
    memoryGb: Math.round(totalmem() / 1e9),
    system: `${type()} ${release()}`,
    node: process.version,
    peers: { ws: read("../package.json").dependencies?.ws, ...dependencies, ...optionalDependencies },
  };
};

const method =
  "Each server is a process of its own, on loopback, and the load comes from another: raw sockets that build each frame once and count the bytes that arrive. The servers take turns, round by round, on the same work, after a round's time to warm up. CPU is what the operating system counts for the server's process, user and system, until 60 ms after the last message has arrived. A figure is the median of the rounds, in brackets the least and the most; a ratio is the median of the ratios round by round.";

export const writeResults = (answers: ReadonlyArray<Answer>, left: ReadonlyArray<string>): void => {
  const { cores, cpu, memoryGb, system, node, peers } = machine();
  const versions = Object.entries(peers).map(([name, version]) => `${name} ${version}`);
  const bars = answers.flatMap(({ section, findings }) =>
    findings.bars.map((bar) => ({ ...bar, what: `${section.name}: ${bar.what}` })),
  );
  const text = [
    "# What Signalbox costs, and what others cost",
    `\`npm run bench\`, ${new Date().toISOString().slice(0, 10)}, on ${cores} × ${cpu}, ${memoryGb} GB, ${system}, Node ${node}; ${versions.join(", ")}.`,
    method,
    ...left,
    "## All bars",
    barsText(bars),
    ...answers.map(answerText),
  ];
  writeFileSync(join(home, "RESULTS.md"), `${text.join("\n\n")}\n`);
};
