/**
 * How many characters must be inserted, deleted, replaced or swapped with their neighbour to make one name of the other
 * (the optimal string alignment distance). Takes time in the product of the lengths.
 */
export const distance = (a: string, b: string): number => {
  let before: ReadonlyArray<number> = [];
  let last: ReadonlyArray<number> = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = (last[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swapped = isSwap ? (before[j - 2] ?? 0) + 1 : replaced;
      row.push(Math.min(replaced, swapped, (last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1));
    }
    before = last;
    last = row;
  }
  return last[b.length] ?? 0;
};

/** Case and separators do not count. */
const folded = (name: string): string => name.toLowerCase().replace(/[_.-]/g, "");

/** Longer names are no slips: the names of settings are short, and the work must have a bound. */
const charsMax = 64;

/** The known name that differs by a slip: in case, in separators, or in one character. Undefined for a known name. */
export const nearName = <Name extends string>(name: string, known: ReadonlyArray<Name>): Name | undefined => {
  if (name.length > charsMax || known.some((one) => one === name)) return undefined;
  const upper = name.toUpperCase().replace(/[.-]/g, "_");
  const plain = folded(name);
  const isSlip = (one: string): boolean => Math.abs(upper.length - one.length) <= 1 && distance(upper, one) === 1;
  return known.find((one) => folded(one) === plain) ?? known.find(isSlip);
};

/** The known name that is the most like it, however little. */
export const nearestName = (name: string, known: ReadonlyArray<string>): string => {
  const cut = name.slice(0, charsMax);
  const ranked = known.map((one) => [distance(cut, one), one] as const).sort(([a], [b]) => a - b);
  return ranked[0]?.[1] ?? "";
};
