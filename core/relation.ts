import type { Keys, Table } from "./table.js";
import * as T from "./table.js";

/**
 * A persistent set of pairs that answers from both sides in O(log n): which channels a client is subscribed to, and who is
 * subscribed to a channel. Both sides are written here only, so they cannot drift apart.
 */
export interface Relation<A extends string | number, B extends string | number> {
  readonly forward: Table<A, Keys<B>>;
  readonly backward: Table<B, Keys<A>>;
}

export const empty = <A extends string | number, B extends string | number>(): Relation<A, B> => ({
  forward: T.empty(),
  backward: T.empty(),
});

/** All that `a` is linked to. */
export const from = <A extends string | number, B extends string | number>(r: Relation<A, B>, a: A): Keys<B> =>
  T.get(r.forward, a) ?? T.empty();

/** All that is linked to `b`. */
export const to = <A extends string | number, B extends string | number>(r: Relation<A, B>, b: B): Keys<A> =>
  T.get(r.backward, b) ?? T.empty();

export const has = <A extends string | number, B extends string | number>(r: Relation<A, B>, a: A, b: B): boolean =>
  T.has(from(r, a), b);

/** The identical relation when the pair is already in it. */
export const link = <A extends string | number, B extends string | number>(
  r: Relation<A, B>,
  a: A,
  b: B,
): Relation<A, B> => {
  const rights = from(r, a);
  if (T.has(rights, b)) return r;
  return {
    forward: T.set(r.forward, a, T.set(rights, b, true)),
    backward: T.set(r.backward, b, T.set(to(r, b), a, true)),
  };
};

/** The identical relation when the pair is not in it. */
export const unlink = <A extends string | number, B extends string | number>(
  r: Relation<A, B>,
  a: A,
  b: B,
): Relation<A, B> => {
  const rights = from(r, a);
  if (!T.has(rights, b)) return r;
  return {
    forward: replaced(r.forward, a, T.remove(rights, b)),
    backward: replaced(r.backward, b, T.remove(to(r, b), a)),
  };
};

/** Ends every link of `a`. */
export const unlinkFrom = <A extends string | number, B extends string | number>(
  r: Relation<A, B>,
  a: A,
): Relation<A, B> => T.keys(from(r, a)).reduce((next, b) => unlink(next, a, b), r);

/** Ends every link to `b`. */
export const unlinkTo = <A extends string | number, B extends string | number>(
  r: Relation<A, B>,
  b: B,
): Relation<A, B> => T.keys(to(r, b)).reduce((next, a) => unlink(next, a, b), r);

// A key with nothing left is removed: whoever is gone leaves no residue.
const replaced = <K extends string | number, M extends string | number>(
  side: Table<K, Keys<M>>,
  key: K,
  rest: Keys<M>,
): Table<K, Keys<M>> => (rest.size === 0 ? T.remove(side, key) : T.set(side, key, rest));
