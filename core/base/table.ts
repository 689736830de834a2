import type sortedBtree from "sorted-btree";
import { EmptyBTree } from "sorted-btree";

type BTree<K, V> = sortedBtree.default<K, V>;

declare const entry: unique symbol;

/**
 * A persistent map, ordered by key as `<` does: `set` and `remove` return a new table and leave the old one as it was.
 * Only this file knows that it is a B+ tree (copy on write, O(log n), iterating at tens of ns an entry). An ordered tree,
 * because clients choose the keys: hashed ones can be made to collide.
 */
export interface Table<K extends string | number, V> {
  readonly size: number;
  /** Never there: keeps the tables of different types apart. */
  readonly [entry]?: (key: K) => V;
}

/** A persistent ordered set. */
export type Keys<K extends string | number> = Table<K, true>;

const tree = <K extends string | number, V>(table: Table<K, V>): BTree<K, V> => table as BTree<K, V>;

/** The same object every time: an absent table and an empty one are one thing. */
export const empty = <K extends string | number, V>(): Table<K, V> => EmptyBTree as BTree<K, V>;

/** `undefined` where there is none: values are never `undefined`. */
export const get = <K extends string | number, V>(from: Table<K, V>, key: K): V | undefined => tree(from).get(key);

export const has = <K extends string | number, V>(from: Table<K, V>, key: K): boolean =>
  tree(from).get(key) !== undefined;

export const set = <K extends string | number, V>(into: Table<K, V>, key: K, value: V): Table<K, V> =>
  tree(into).with(key, value, true);

/** The identical table when `key` is not there. Looks the key up once. */
export const update = <K extends string | number, V>(of: Table<K, V>, key: K, change: (value: V) => V): Table<K, V> => {
  const next = tree(of).clone();
  const found = next.editRange(key, key, true, (_, value) => ({ value: change(value) }));
  return found === 0 ? of : next;
};

/** The identical table when `key` is not there. */
export const remove = <K extends string | number, V>(from: Table<K, V>, key: K): Table<K, V> => {
  const next = tree(from).without(key, true);
  return next.size === 0 ? empty() : next;
};

/** Whether it is so for one of the keys. Looks no further than to the first. */
export const someKey = <K extends string | number, V>(of: Table<K, V>, isSo: (key: K) => boolean): boolean =>
  tree(of).forEachPair((key) => (isSo(key) ? { break: true } : undefined)) === true;

export const first = <K extends string | number, V>(of: Table<K, V>): K | undefined => tree(of).minKey();

/** Ascending. A table that is replaced while it is walked is not disturbed. */
export const keys = <K extends string | number, V>(of: Table<K, V>): ReadonlyArray<K> => tree(of).keysArray();

/** In ascending order of keys. */
export const values = <K extends string | number, V>(of: Table<K, V>): ReadonlyArray<V> => tree(of).valuesArray();

/** In ascending order of keys. */
export const entries = <K extends string | number, V>(of: Table<K, V>): ReadonlyArray<readonly [K, V]> =>
  tree(of).toArray();
