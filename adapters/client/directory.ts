import type { DirectoryEntry as WireEntry } from "../../core/dialect/v1/wire.js";
import type { Event, Plain } from "./frames.js";
import type { Transport } from "./transport.js";

export type DirectoryEntry = Plain<WireEntry>;
export type DirectoryListener = (rooms: ReadonlyArray<DirectoryEntry>) => void;

/** The listed rooms, asked for as long as somebody wants to know. */
export const directory = (ask: Transport["ask"]) => {
  const listeners = new Set<DirectoryListener>();
  let rooms = new Map<string, DirectoryEntry>();

  const tell = (): void => {
    for (const listener of [...listeners]) listener([...rooms.values()]);
  };
  const take = (entries: ReadonlyArray<DirectoryEntry>): void => {
    rooms = new Map(entries.map((entry) => [entry.id, entry]));
    tell();
  };
  const fetch = async (): Promise<void> => take((await ask({ type: "directory", watch: true })).rooms ?? []);

  return {
    watch: async (listener: DirectoryListener): Promise<() => Promise<void>> => {
      listeners.add(listener);
      try {
        await fetch();
      } catch (error) {
        listeners.delete(listener);
        throw error;
      }
      return async () => {
        if (listeners.delete(listener) && listeners.size === 0) await ask({ type: "directory", watch: false });
      };
    },
    hear: ({ changed, gone }: Extract<Event, { readonly type: "directory" }>): void => {
      for (const entry of changed) rooms.set(entry.id, entry);
      for (const id of gone) rooms.delete(id);
      tell();
    },
    /** Changes that were missed are not sent again. */
    welcomed: async (): Promise<void> => {
      if (listeners.size > 0) await fetch();
    },
  };
};
