/** Numbers that depend on a seed alone (mulberry32): no library's next version changes a run. */
export interface Random {
  /** From 0 to 1. */
  readonly share: () => number;
  /** A whole number from 0 to below n. */
  readonly below: (n: number) => number;
  /** A whole number between two, both included. */
  readonly between: (low: number, high: number) => number;
  readonly one: <A>(of: ReadonlyArray<A>) => A;
  readonly often: (share: number) => boolean;
}

export const random = (seed: number): Random => {
  let a = seed | 0;
  const share = (): number => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
  const below = (n: number): number => Math.floor(share() * n);
  return {
    share,
    below,
    between: (low, high) => low + below(high - low + 1),
    one: <A>(of: ReadonlyArray<A>): A => of[below(of.length)] as A,
    often: (part) => share() < part,
  };
};

/** A seed made of several numbers, so that what one of them decides is not decided by the order of draws. */
export const mixed = (...numbers: ReadonlyArray<number>): number =>
  numbers.reduce((hash, n) => Math.imul(hash ^ n, 0x9e3779b1) ^ (hash >>> 13), 0x2545f491);
