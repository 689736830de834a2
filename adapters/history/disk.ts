import { messageOf } from "./open.js";
import type { Store } from "./store.js";

export interface DiskOptions {
  /** Opens the file. */
  readonly open: () => Store;
  /** Called once, when it is open. */
  readonly opened: (store: Store) => void;
  /** Called after that, until it does not throw. */
  readonly begin: (store: Store) => void;
  /** Takes what is wrong with the disk, each time that it changes; undefined for nothing. */
  readonly changed: (error: string | undefined) => void;
}

/** A store on a disk that may fail: it is opened when it is first needed, and again later where the disk did not let it. */
export interface Disk {
  /** Does something with the store. Undefined: it failed. */
  readonly on: <A>(work: (store: Store) => A) => { readonly result: A } | undefined;
  /** The store. Throws what keeps it from being opened. */
  readonly store: () => Store;
  readonly error: () => string | undefined;
  /** Undefined: it has never been open. */
  readonly close: (now: number) => void;
}

export const diskOf = ({ open, opened, begin, changed }: DiskOptions): Disk => {
  let store: Store | undefined;
  let hasBegun = false;
  let error: string | undefined;

  const ready = (): Store => {
    if (store === undefined) {
      store = open();
      opened(store);
    }
    if (!hasBegun) {
      begin(store);
      hasBegun = true;
    }
    return store;
  };

  const found = (next: string | undefined): void => {
    if (next !== error) changed(next);
    error = next;
  };

  return {
    store: ready,
    error: () => error,
    on: (work) => {
      try {
        const result = work(ready());
        found(undefined);
        return { result };
      } catch (thrown) {
        found(messageOf(thrown));
        return undefined;
      }
    },
    close: (now) => {
      try {
        store?.close(now);
      } catch (thrown) {
        found(messageOf(thrown));
      }
    },
  };
};
