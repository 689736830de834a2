import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { type Effect, type Event, type Recorded, replay, type State, withoutTexts } from "../../core/index.js";
import { JournalError } from "./read.js";

/** As much of another build's core as a comparison needs. */
export interface OtherCore {
  readonly initial: State;
  readonly reduce: (state: State, event: Event) => readonly [State, ReadonlyArray<Effect>];
}

export interface Difference {
  readonly event: number;
  readonly kind: Event["kind"];
  readonly here: ReadonlyArray<unknown>;
  readonly there: ReadonlyArray<unknown>;
}

/** The core of another build: its checkout, its `dist`, or the file itself. */
export const otherCore = async (path: string): Promise<OtherCore> => {
  const file = [path, join(path, "core.js"), join(path, "dist", "core.js")].find(
    (name) => name.endsWith(".js") && existsSync(name),
  );
  if (file === undefined)
    throw new JournalError(
      `${path} holds no other build: it must be a checkout that was built, its dist folder, or its core.js`,
    );
  return import(pathToFileURL(resolve(file)).href);
};

/** The first events whose effects are not the same in the other build, at most `most` of them. */
export const differences = (events: Iterable<Recorded>, other: OtherCore, most: number): ReadonlyArray<Difference> => {
  const found: Difference[] = [];
  let state = other.initial;
  for (const { n, event, effects } of replay(events)) {
    const [next, there] = other.reduce(state, event);
    state = next;
    const difference = { event: n, kind: event.kind, here: withoutTexts(effects), there: withoutTexts(there) };
    if (JSON.stringify(difference.here) !== JSON.stringify(difference.there)) found.push(difference);
    if (found.length === most) break;
  }
  return found;
};
