import type { Contender } from "./contender.js";
import { type Results, type Spread, spreadOf } from "./rounds.js";

/** One line of a table: who, and figures by the heads of their columns, which name the units. */
export interface Row {
  readonly name: string;
  readonly cells: Readonly<Record<string, Spread | number | string>>;
}

export interface Table {
  readonly title: string;
  readonly rows: ReadonlyArray<Row>;
  /** What a reader must know to read the figures rightly. */
  readonly note?: string;
}

/** What was to be reached. */
export interface Bar {
  readonly what: string;
  readonly measured: Spread;
  readonly must: "at most" | "at least";
  readonly limit: number;
}

export interface Findings {
  readonly tables: ReadonlyArray<Table>;
  readonly bars: ReadonlyArray<Bar>;
}

export type Pace = "full" | "quick" | "tiny";

/** What a section is given. */
export interface Bench {
  /** Those that can run here; ours is always first. */
  readonly contenders: ReadonlyArray<Contender>;
  readonly pace: Pace;
  /** How often each is measured, and for how many ms of its CPU. */
  readonly rounds: number;
  readonly roundMs: number;
  /** A folder for whatever has to be written; it is removed in the end. */
  readonly folder: string;
  readonly progress: (what: string) => void;
}

/** A question, and how it is answered. */
export interface Section {
  readonly name: string;
  readonly title: string;
  readonly run: (bench: Bench) => Promise<Findings>;
}

/** A row for each of those measured. */
export const rowsOf = (results: Results): ReadonlyArray<Row> =>
  [...results].map(([name, rounds]) => {
    const columns = Object.keys(rounds[0] ?? {});
    const cellOf = (column: string) => [column, spreadOf(rounds.map((found) => found[column] ?? Number.NaN))];
    return { name, cells: Object.fromEntries(columns.map(cellOf)) };
  });

export const isMet = ({ measured, must, limit }: Bar): boolean =>
  must === "at most" ? measured.median <= limit : measured.median >= limit;

const barOf =
  (must: Bar["must"]) =>
  (what: string, measured: Spread, limit: number): ReadonlyArray<Bar> =>
    Number.isNaN(measured.median) ? [] : [{ what, measured, must, limit }];

/** A bar; none where nothing was measured, because a contender is not installed. */
export const atMost = barOf("at most");
export const atLeast = barOf("at least");
