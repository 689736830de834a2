import { readFileSync, writeFileSync } from "node:fs";
import { cpus, release, totalmem, type } from "node:os";
import type { Bar, Findings, Row, Spread, Table } from "./section.js";

/** A section with what it found. */
export type Answer = Findings & Readonly<Record<"name" | "title", string>> & { readonly seconds: number };

const number = (n: number): string => {
  if (!Number.isFinite(n)) return "–";
  if (Math.abs(n) >= 1_000) return Math.round(n).toLocaleString("en");
  return String(Number(n.toPrecision(Math.abs(n) < 1 ? 2 : 3)));
};

const cell = (value: Spread | number | string = ""): string => {
  if (typeof value === "number") return number(value);
  if (typeof value === "string") return value;
  const { median, low, high } = value;
  return low === high ? number(median) : `${number(median)} (${number(low)}–${number(high)})`;
};

/** A Markdown table whose columns stand below each other in a terminal too. */
const grid = (first: string, rows: ReadonlyArray<Row>): string => {
  const columns = [...new Set(rows.flatMap(({ cells }) => Object.keys(cells)))];
  const texts = [
    [first, ...columns],
    ...rows.map(({ name, cells }) => [name, ...columns.map((each) => cell(cells[each]))]),
  ];
  const widths = [first, ...columns].map((_, i) => Math.max(...texts.map((row) => row[i]?.length ?? 0)));
  const line = (row: ReadonlyArray<string>): string =>
    `| ${widths.map((width, i) => (i === 0 ? row[i]?.padEnd(width) : row[i]?.padStart(width))).join(" | ")} |`;
  const rule = `|${widths.map((width, i) => (i === 0 ? "-".repeat(width + 2) : `${"-".repeat(width + 1)}:`)).join("|")}|`;
  return [line(texts[0] ?? []), rule, ...texts.slice(1).map(line)].join("\n");
};

const tableText = ({ title, rows, note = "" }: Table): string =>
  `**${title}**\n\n${grid("", rows)}\n\n${note}`.trimEnd();

const barsText = (bars: ReadonlyArray<Bar>): string => {
  const rowOf = ({ what, must, limit, measured, isMet }: Bar): Row => {
    const verdict = isMet ? "met" : "MISSED";
    return { name: what, cells: { "must be": `${must} ${number(limit)}`, is: measured, "": verdict } };
  };
  return grid("bar", bars.map(rowOf));
};

/** A section as Markdown. */
export const answerText = ({ name, title, tables, bars, seconds }: Answer): string => {
  const command = `\`npm run bench -- ${name}\`: ${seconds.toFixed(0)} s`;
  return [`## ${title}`, ...tables.map(tableText), barsText(bars), command].join("\n\n");
};

const home = new URL("../../bench/", import.meta.url).pathname;

const machine = (): string => {
  const read = (file: string) => JSON.parse(readFileSync(home + file, "utf8"));
  const { dependencies, optionalDependencies } = read("package.json");
  const peers = { ws: read("../package.json").dependencies.ws, ...dependencies, ...optionalDependencies };
  const versions = Object.entries(peers).map(([name, version]) => `${name} ${version}`);
  const hardware = `${cpus().length} × ${cpus()[0]?.model.trim()}, ${Math.round(totalmem() / 1e9)} GB`;
  return `${hardware}, ${type()} ${release()}, Node ${process.version}; ${versions.join(", ")}`;
};

/** Writes bench/RESULTS.md. */
export const writeResults = (answers: ReadonlyArray<Answer>, leftOut: ReadonlyArray<string>): void => {
  const bars = answers.flatMap(({ name, bars }) => bars.map((bar) => ({ ...bar, what: `${name}: ${bar.what}` })));
  const paragraphs = [
    "# What Signalbox costs, and what others cost",
    `\`npm run bench\`, ${new Date().toISOString().slice(0, 10)}, on ${machine()}.`,
    "Each server is a process of its own, on loopback, and the load comes from another: raw sockets that build each frame once and count the bytes that arrive. The servers take turns, round by round, on the same work, after a round's time to warm up. CPU is what the operating system counts for the server's process, user and system, until 60 ms after the last message has arrived. A figure is the median of the rounds, in brackets the least and the most; a ratio is the median of the ratios round by round.",
    ...leftOut.map((name) => `${name} was not installed.`),
    `## All bars\n\n${barsText(bars)}`,
    ...answers.map(answerText),
  ];
  writeFileSync(`${home}RESULTS.md`, `${paragraphs.join("\n\n")}\n`);
};
