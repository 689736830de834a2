import { type Bar, type Findings, isMet, type Row, type Section, type Table } from "./findings.js";
import type { Spread } from "./spread.js";

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

const spread = ({ median, low, high }: Spread): string =>
  low === high ? number(median) : `${number(median)} (${number(low)}–${number(high)})`;

const cell = (value: Spread | number | string | undefined): string => {
  if (value === undefined) return "";
  if (typeof value === "string") return value;
  return typeof value === "number" ? number(value) : spread(value);
};

/** A Markdown table whose columns stand below each other in a terminal too. */
const grid = (head: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string>>): string => {
  const widths = head.map((title, i) =>
    Math.max(...[title, ...rows.map((row) => row[i] ?? "")].map((text) => text.length)),
  );
  const line = (row: ReadonlyArray<string>): string =>
    `| ${row.map((text, i) => (i === 0 ? text.padEnd(widths[i] ?? 0) : text.padStart(widths[i] ?? 0))).join(" | ")} |`;
  const rule = `|${widths.map((width, i) => (i === 0 ? "-".repeat(width + 2) : `${"-".repeat(width + 1)}:`)).join("|")}|`;
  return [line(head), rule, ...rows.map(line)].join("\n");
};

const columnsOf = (rows: ReadonlyArray<Row>): ReadonlyArray<string> => [
  ...new Set(rows.flatMap(({ cells }) => Object.keys(cells))),
];

const tableText = ({ title, rows, note }: Table): string => {
  const columns = columnsOf(rows);
  const body = rows.map(({ name, cells }) => [name, ...columns.map((column) => cell(cells[column]))]);
  return [`**${title}**`, "", grid(["", ...columns], body), ...(note === undefined ? [] : ["", note])].join("\n");
};

/** Bars as a table. */
export const barsText = (bars: ReadonlyArray<Bar>): string =>
  grid(
    ["bar", "must be", "is", ""],
    bars.map((bar) => [
      bar.what,
      `${bar.must} ${number(bar.limit)}`,
      spread(bar.measured),
      isMet(bar) ? "met" : "MISSED",
    ]),
  );

/** A section as Markdown. */
export const answerText = ({ section, findings, seconds }: Answer): string =>
  [
    `## ${section.title}`,
    ...findings.tables.map(tableText),
    ...(findings.bars.length === 0 ? [] : [barsText(findings.bars)]),
    `\`npm run bench -- ${section.name}\`: ${seconds.toFixed(0)} s`,
  ].join("\n\n");
