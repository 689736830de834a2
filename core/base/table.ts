declare const entry: unique symbol;

type Key = string | number;

/**
 * A persistent map, ordered by key as `<` does: `set` and `remove` return a new table and leave the old one as it was.
 * Only this file knows that it is a B+ tree: O(log n), and a change copies the nodes on its way and shares all others. An ordered tree,
 * because clients choose the keys: hashed ones can be made to collide. Our own, because sorted-btree took up to 1.6 times as long.
 */
export interface Table<K extends Key, V> {
  readonly size: number;
  /** Never there: keeps the tables of different types apart. */
  readonly [entry]?: (key: K) => V;
}

/** A persistent ordered set. */
export type Keys<K extends Key> = Table<K, true>;

/** A leaf has a value for each key. Any other node has a child for each: its keys are at least this one, and below the next. */
interface Node<K, V> {
  readonly size: number;
  readonly keys: ReadonlyArray<K>;
  readonly values: ReadonlyArray<V>;
  readonly children: ReadonlyArray<Node<K, V>>;
}

const nodeKeysMax = 32;

const none: ReadonlyArray<never> = [];

const leaf = <K, V>(keys: ReadonlyArray<K>, values: ReadonlyArray<V>): Node<K, V> => ({
  size: keys.length,
  keys,
  values,
  children: none,
});

const branch = <K, V>(keys: ReadonlyArray<K>, children: ReadonlyArray<Node<K, V>>, size: number): Node<K, V> => ({
  size,
  keys,
  values: none,
  children,
});

const branchOver = <K, V>(keys: ReadonlyArray<K>, children: ReadonlyArray<Node<K, V>>): Node<K, V> =>
  branch(
    keys,
    children,
    children.reduce((sum, { size }) => sum + size, 0),
  );

const root = <K extends Key, V>(table: Table<K, V>): Node<K, V> => table as Node<K, V>;

const isLeaf = <K, V>({ children }: Node<K, V>): boolean => children.length === 0;

const nothing = leaf<never, never>(none, none);

/** The same object every time: an absent table and an empty one are one thing. */
export const empty = <K extends Key, V>(): Table<K, V> => nothing;

/** Half full, so that a table that was made at once has room to grow. */
const filledKeys = nodeKeysMax / 2;

/** The table of one. */
export const of = <K extends Key, V>(key: K, value: V): Table<K, V> => leaf([key], [value]);

/**
 * The table of these keys, each with the value in the same place, in linear time where they are in ascending order and no key is there
 * twice, as `keys` and `values` give them.
 */
export const from = <K extends Key, V>(keys: ReadonlyArray<K>, values: ReadonlyArray<V>): Table<K, V> => {
  if (!keys.every((key, i) => i === 0 || (keys[i - 1] as K) < key))
    return keys.reduce<Table<K, V>>((table, key, i) => set(table, key, values[i] as V), empty());
  let level: ReadonlyArray<Node<K, V>> = grouped(keys.length, (start, end) =>
    leaf(keys.slice(start, end), values.slice(start, end)),
  );
  while (level.length > 1) {
    const nodes = level;
    level = grouped(nodes.length, (start, end) => {
      const children = nodes.slice(start, end);
      return branchOver(
        children.map((child) => child.keys[0] as K),
        children,
      );
    });
  }
  return level[0] ?? nothing;
};

const grouped = <A>(count: number, made: (start: number, end: number) => A): ReadonlyArray<A> =>
  Array.from({ length: Math.ceil(count / filledKeys) }, (_, i) => made(i * filledKeys, (i + 1) * filledKeys));

/** The index of the last key that is not above `key`; -1 where all are. */
const indexOf = <K>(keys: ReadonlyArray<K>, key: K): number => {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (key < (keys[middle] as K)) high = middle;
    else low = middle + 1;
  }
  return low - 1;
};

/** The first child takes what is below all keys too. */
const childFor = <K, V>({ keys }: Node<K, V>, key: K): number => Math.max(indexOf(keys, key), 0);

const valueAt = <K, V>({ keys, values }: Node<K, V>, i: number, key: K): V | undefined =>
  i >= 0 && keys[i] === key ? values[i] : undefined;

/** `undefined` where there is none: values are never `undefined`. */
export const get = <K extends Key, V>(from: Table<K, V>, key: K): V | undefined => {
  let node = root(from);
  while (!isLeaf(node)) node = node.children[childFor(node, key)] as Node<K, V>;
  return valueAt(node, indexOf(node.keys, key), key);
};

export const has = <K extends Key, V>(from: Table<K, V>, key: K): boolean => get(from, key) !== undefined;

export const set = <K extends Key, V>(into: Table<K, V>, key: K, value: V): Table<K, V> =>
  change(into, key, () => value);

/** The identical table when `key` is not there. */
export const update = <K extends Key, V>(of: Table<K, V>, key: K, next: (value: V) => V): Table<K, V> =>
  change(of, key, (value) => (value === undefined ? undefined : next(value)));

/** The identical table when `key` is not there. */
export const remove = <K extends Key, V>(from: Table<K, V>, key: K): Table<K, V> => change(from, key, () => undefined);

type Change<V> = (value: V | undefined) => V | undefined;

/** Sets, replaces or removes: `undefined` is what is not there, before and after. The identical table when the value is identical. */
export const change = <K extends Key, V>(of: Table<K, V>, key: K, next: Change<V>): Table<K, V> => {
  const changed = changeNode(root(of), key, next);
  if (changed.size === 0) return empty();
  if (changed.keys.length > nodeKeysMax) {
    const [left, right] = halves(changed);
    return branchOver([left.keys[0] as K, right.keys[0] as K], [left, right]);
  }
  return changed.children.length === 1 ? (changed.children[0] as Node<K, V>) : changed;
};

/** May have one key too many, or nothing left. */
const changeNode = <K, V>(node: Node<K, V>, key: K, next: Change<V>): Node<K, V> =>
  isLeaf(node) ? changeLeaf(node, key, next) : changeBranch(node, key, next);

const changeLeaf = <K, V>(node: Node<K, V>, key: K, next: Change<V>): Node<K, V> => {
  const { keys, values } = node;
  const i = indexOf(keys, key);
  const before = valueAt(node, i, key);
  const after = next(before);
  if (after === before) return node;
  if (after === undefined) return leaf(keys.toSpliced(i, 1), values.toSpliced(i, 1));
  if (before === undefined) return leaf(keys.toSpliced(i + 1, 0, key), values.toSpliced(i + 1, 0, after));
  return leaf(keys, values.with(i, after));
};

const changeBranch = <K, V>(node: Node<K, V>, key: K, next: Change<V>): Node<K, V> => {
  const { keys, children } = node;
  const i = childFor(node, key);
  const before = children[i] as Node<K, V>;
  const child = changeNode(before, key, next);
  if (child === before) return node;
  const size = node.size + child.size - before.size;
  if (child.keys.length > nodeKeysMax) {
    const [left, right] = halves(child);
    return branch(keys.toSpliced(i + 1, 0, right.keys[0] as K), children.toSpliced(i, 1, left, right), size);
  }
  // The child after it takes over where the first one began.
  if (child.size === 0) return branch(keys.toSpliced(Math.max(i, 1), 1), children.toSpliced(i, 1), size);
  const changed = branch(keys, children.with(i, child), size);
  return child.keys.length < nodeKeysMax / 4 ? joined(joined(changed, i), i - 1) : changed;
};

const halves = <K, V>(node: Node<K, V>): readonly [Node<K, V>, Node<K, V>] => {
  const { keys, values, children } = node;
  const half = keys.length >> 1;
  const [low, high] = [keys.slice(0, half), keys.slice(half)];
  return isLeaf(node)
    ? [leaf(low, values.slice(0, half)), leaf(high, values.slice(half))]
    : [branchOver(low, children.slice(0, half)), branchOver(high, children.slice(half))];
};

/** The child and the next one become one, if they fit into half a node. */
const joined = <K, V>(node: Node<K, V>, i: number): Node<K, V> => {
  const { size, keys, children } = node;
  const [left, right] = [children[i], children[i + 1]];
  if (left === undefined || right === undefined || left.keys.length + right.keys.length > nodeKeysMax / 2) return node;
  const both = {
    size: left.size + right.size,
    keys: [...left.keys, ...right.keys],
    values: [...left.values, ...right.values],
    children: [...left.children, ...right.children],
  };
  return branch(keys.toSpliced(i + 1, 1), children.toSpliced(i, 2, both), size);
};

/** Whether it is so for one of the keys. Looks no further than to the first. */
export const someKey = <K extends Key, V>(of: Table<K, V>, isSo: (key: K) => boolean): boolean => {
  const node = root(of);
  return isLeaf(node) ? node.keys.some(isSo) : node.children.some((child) => someKey(child, isSo));
};

export const first = <K extends Key, V>(of: Table<K, V>): K | undefined => {
  let node = root(of);
  while (!isLeaf(node)) node = node.children[0] as Node<K, V>;
  return node.keys[0];
};

const leaves = <K, V>(node: Node<K, V>): ReadonlyArray<Node<K, V>> =>
  isLeaf(node) ? [node] : node.children.flatMap(leaves<K, V>);

/** Ascending. A table that is replaced while it is walked is not disturbed. */
export const keys = <K extends Key, V>(of: Table<K, V>): ReadonlyArray<K> => {
  const all: K[] = [];
  for (const each of leaves(root(of))) for (const key of each.keys) all.push(key);
  return all;
};

/** In ascending order of keys. */
export const values = <K extends Key, V>(of: Table<K, V>): ReadonlyArray<V> => {
  const all: V[] = [];
  for (const each of leaves(root(of))) for (const value of each.values) all.push(value);
  return all;
};

/** In ascending order of keys. */
export const entries = <K extends Key, V>(of: Table<K, V>): ReadonlyArray<readonly [K, V]> => {
  const all: (readonly [K, V])[] = [];
  for (const each of leaves(root(of))) for (const [i, key] of each.keys.entries()) all.push([key, each.values[i] as V]);
  return all;
};

/** As `entries`, some at a time: whoever walks a large table does not hold up others. */
export function* groups<K extends Key, V>(of: Table<K, V>): Generator<ReadonlyArray<readonly [K, V]>, void> {
  const node = root(of);
  if (!isLeaf(node)) for (const child of node.children) yield* groups(child);
  else if (node.keys.length > 0) yield entries(node);
}

/** Each value changed, under the same keys. */
export const map = <K extends Key, V>(of: Table<K, V>, change: (value: V, key: K) => V): Table<K, V> => {
  const node = root(of);
  return isLeaf(node)
    ? leaf(
        node.keys,
        node.values.map((value, i) => change(value, node.keys[i] as K)),
      )
    : branch(
        node.keys,
        node.children.map((child) => map(child as Table<K, V>, change) as Node<K, V>),
        node.size,
      );
};
