/** What several rounds found. */
export interface Spread {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

export const quantile = (numbers: ReadonlyArray<number>, share: number): number => {
  const sorted = Float64Array.from(numbers).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
};

export const median = (numbers: ReadonlyArray<number>): number => quantile(numbers, 0.5);

export const spreadOf = (numbers: ReadonlyArray<number>): Spread => ({
  median: median(numbers),
  low: Math.min(...numbers),
  high: Math.max(...numbers),
});

/** Round by round, so that a slow moment of the machine falls on both. */
export const ratioOf = (ours: ReadonlyArray<number>, theirs: ReadonlyArray<number>): Spread =>
  spreadOf(ours.map((cost, round) => cost / (theirs[round] ?? Number.NaN)));
