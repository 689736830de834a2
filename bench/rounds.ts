/** What several rounds found. */
export interface Spread {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

/** What one round found, by the head of its column, which names the unit. */
export type Figures = Readonly<Record<string, number>>;

/** What was found of each, by name, round by round. */
export type Results = ReadonlyMap<string, ReadonlyArray<Figures>>;

/** The number that so large a share of all is below. NaN where there are none. */
export const quantile = (numbers: ReadonlyArray<number>, share: number): number => {
  const sorted = Float64Array.from(numbers).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
};

export const spreadOf = (numbers: ReadonlyArray<number>): Spread => ({
  median: quantile(numbers, 0.5),
  low: Math.min(...numbers),
  high: Math.max(...numbers),
});

/** Round by round, so that a slow moment of the machine falls on both. */
export const ratioOf = (ours: ReadonlyArray<number>, theirs: ReadonlyArray<number>): Spread =>
  spreadOf(ours.map((cost, round) => cost / (theirs[round] ?? Number.NaN)));

/** All take turns, round by round, so that a slow moment of the machine does not fall on one of them. Every other round runs backwards. */
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
export const figures = (results: Results | undefined, name: string, column: string): ReadonlyArray<number> =>
  results?.get(name)?.map((found) => found[column] ?? Number.NaN) ?? [];
