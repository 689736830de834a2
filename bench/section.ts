import type { Contender } from "./contender.js";
import type { Effort, Spread } from "./measure.js";

/** One line of a table: who, and figures by the heads of their columns, which name the units. */
export interface Row {
  readonly name: string;
  readonly cells: Readonly<Record<string, Spread | number | string>>;
}

/** `note`: what a reader must know to read the figures rightly. */
export interface Table {
  readonly title: string;
  readonly rows: ReadonlyArray<Row>;
  readonly note?: string;
}

/** What was to be reached. */
export interface Bar {
  readonly what: string;
  readonly measured: Spread;
  readonly must: "at most" | "at least";
  readonly limit: number;
}

export const atMost = (what: string, measured: Spread, limit: number): Bar => ({
  what,
  measured,
  must: "at most",
  limit,
});
export const atLeast = (what: string, measured: Spread, limit: number): Bar => ({
  what,
  measured,
  must: "at least",
  limit,
});
export const isMet = ({ measured, must, limit }: Bar): boolean =>
  must === "at most" ? measured.median <= limit : measured.median >= limit;

export interface Findings {
  readonly tables: ReadonlyArray<Table>;
  readonly bars: ReadonlyArray<Bar>;
}

export type Pace = "full" | "quick" | "tiny";

/** What a section is given: the contenders that can run here, ours first, and a folder that is removed in the end. */
export interface Bench {
  readonly contenders: ReadonlyArray<Contender>;
  readonly pace: Pace;
  readonly effort: Effort;
  readonly folder: string;
  readonly progress: (what: string) => void;
}

/** A question, and how it is answered. */
export interface Section {
  readonly name: string;
  readonly title: string;
  readonly run: (bench: Bench) => Promise<Findings>;
}
