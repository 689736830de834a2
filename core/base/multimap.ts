import type { Table } from "./table.js";
import * as T from "./table.js";

/**
 * A persistent table of sets: who is subscribed to a channel, who acts for a user. A key with nothing left is not there. `X` is what is
 * known of a pair, where that is more than that it is there.
 */
export type Multimap<K extends string | number, V extends string | number, X = true> = Table<K, Table<V, X>>;

/** All values of the key; empty where there is none. */
export const of = <K extends string | number, V extends string | number, X>(
  m: Multimap<K, V, X>,
  key: K,
): Table<V, X> => T.get(m, key) ?? T.empty();

export const has = <K extends string | number, V extends string | number, X>(
  m: Multimap<K, V, X>,
  key: K,
  value: V,
): boolean => T.has(of(m, key), value);

export const add = <K extends string | number, V extends string | number>(
  m: Multimap<K, V>,
  key: K,
  value: V,
): Multimap<K, V> => addWith(m, key, value, true);

/** `add`, with what is known of the pair. */
export const addWith = <K extends string | number, V extends string | number, X>(
  m: Multimap<K, V, X>,
  key: K,
  value: V,
  known: X,
): Multimap<K, V, X> => T.change(m, key, (values = T.empty()) => T.set(values, value, known));

/** The identical multimap when the pair is not there. Whoever is gone leaves no residue: with its last value goes the key. */
export const remove = <K extends string | number, V extends string | number, X>(
  m: Multimap<K, V, X>,
  key: K,
  value: V,
): Multimap<K, V, X> =>
  T.change(m, key, (values = T.empty()) => {
    const rest = T.remove(values, value);
    return rest.size === 0 ? undefined : rest;
  });
