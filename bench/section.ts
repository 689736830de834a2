import type { Contender } from "./contender.js";

/** What several rounds found. */
export type Spread = Readonly<Record<"median" | "low" | "high", number>>;

/** What one round found, by the heads of columns, which name the units. */
export type Figures = Readonly<Record<string, number>>;

/** What was found of each subject, by its name, round by round. */
export type Results = ReadonlyMap<string, ReadonlyArray<Figures>>;

/** A line of a table, by the heads of its columns. */
export type Row = { readonly name: string; readonly cells: Readonly<Record<string, Spread | number | string>> };

/** The note is what a reader must know to read the figures rightly. */
export type Table = { readonly title: string; readonly rows: ReadonlyArray<Row>; readonly note?: string };

/** What was to be reached. */
export interface Bar {
  readonly what: string;
  readonly measured: Spread;
  readonly must: "at most" | "at least";
  readonly limit: number;
  readonly isMet: boolean;
}

/** What a section found. */
export type Findings = { readonly tables: ReadonlyArray<Table>; readonly bars: ReadonlyArray<Bar> };

/** What a section is given. */
export interface Bench {
  /** Those that take part in the section and are installed; ours is always first. */
  readonly contenders: ReadonlyArray<Contender>;
  /** Those of the three that belong to the pace asked for. */
  readonly sizes: <S extends readonly [unknown, ...unknown[]]>(full: S, quick: S, tiny: S) => S;
  /** How often each is measured, and for how many ms of its CPU. */
  readonly rounds: number;
  readonly roundMs: number;
  /** A folder for whatever has to be written; it is removed in the end. */
  readonly folder: string;
  readonly progress: (what: string) => void;
}

/** A question, and how it is answered. */
export type Section = Readonly<Record<"name" | "title", string>> & {
  readonly run: (bench: Bench) => Promise<Findings>;
};

/** The number that so large a share of all is below; NaN where there are none. */
export const quantile = (numbers: ReadonlyArray<number>, share: number): number => {
  const sorted = Float64Array.from(numbers).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
};

export const spreadOf = (all: ReadonlyArray<number>): Spread => {
  const [low, median, high] = [0, 0.5, 1].map((share) => quantile(all, share)) as [number, number, number];
  return { low, median, high };
};

/** Round by round, so that a slow moment of the machine falls on both. */
export const ratioOf = (ours: ReadonlyArray<number>, theirs: ReadonlyArray<number>): Spread =>
  spreadOf(ours.map((cost, round) => cost / (theirs[round] ?? Number.NaN)));

/** All take turns, every other round backwards, so that a slow moment of the machine does not fall on one of them. */
export const inTurns = async <S extends { readonly name: string }>(
  subjects: ReadonlyArray<S>,
  rounds: number,
  trial: (subject: S) => Promise<Figures>,
): Promise<Results> => {
  const results = new Map(subjects.map(({ name }) => [name, [] as Figures[]]));
  for (let round = 0; round < rounds; round++)
    for (const subject of round % 2 === 0 ? subjects : subjects.toReversed())
      results.get(subject.name)?.push(await trial(subject));
  return results;
};

/** One column of one subject, round by round; empty where it was not measured. */
export const figures = (results: Results, name: string, column: string): ReadonlyArray<number> =>
  results.get(name)?.map((found) => found[column] ?? Number.NaN) ?? [];

export const rowsOf = (results: Results): ReadonlyArray<Row> =>
  [...results].map(([name, [first = {}]]) => {
    const cells = Object.keys(first).map((column) => [column, spreadOf(figures(results, name, column))]);
    return { name, cells: Object.fromEntries(cells) };
  });

const barOf =
  (must: Bar["must"], isMet: (median: number, limit: number) => boolean) =>
  (what: string, measured: Spread, limit: number): ReadonlyArray<Bar> =>
    Number.isNaN(measured.median) ? [] : [{ what, measured, must, limit, isMet: isMet(measured.median, limit) }];

/** A bar; none where nothing was measured, because a contender is not installed. */
export const atMost = barOf("at most", (median, limit) => median <= limit);
export const atLeast = barOf("at least", (median, limit) => median >= limit);
