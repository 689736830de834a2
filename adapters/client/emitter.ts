import { report } from "./error.js";

export interface Listening<Events> {
  /** Answers with a function that takes the listener away again. */
  readonly on: <K extends keyof Events>(name: K, listener: (event: Events[K]) => void) => () => void;
  readonly off: <K extends keyof Events>(name: K, listener: (event: Events[K]) => void) => void;
}

export interface Emitter<Events> extends Listening<Events> {
  /** Whether anybody listened. */
  readonly emit: <K extends keyof Events>(name: K, event: Events[K]) => boolean;
}

export const emitter = <Events>(): Emitter<Events> => {
  // biome-ignore lint/suspicious/noExplicitAny: each name has listeners of its own type
  const listeners = new Map<keyof Events, Set<(event: any) => void>>();
  const off: Emitter<Events>["off"] = (name, listener) => void listeners.get(name)?.delete(listener);
  return {
    off,
    on: (name, listener) => {
      listeners.set(name, (listeners.get(name) ?? new Set()).add(listener));
      return () => off(name, listener);
    },
    emit: (name, event) => {
      const all = [...(listeners.get(name) ?? [])];
      for (const listener of all) {
        // A listener that throws must not keep the others, or the library, from going on.
        try {
          listener(event);
        } catch (error) {
          report(error);
        }
      }
      return all.length > 0;
    },
  };
};
