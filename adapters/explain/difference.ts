import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import {
  type Effect,
  type Event,
  type Moment,
  type Recorded,
  replay,
  type State,
  withoutTexts,
} from "../../core/index.js";
import { JournalError } from "../journal/read.js";

/** The part of another build's core that a comparison needs. */
export interface OtherCore {
  readonly initial: State;
  readonly reduce: (state: State, event: Event) => readonly [State, ReadonlyArray<Effect>];
}

/** An event, and its effects in this build and in the other one, without the texts of messages. */
export interface Difference {
  readonly event: number;
  readonly kind: Event["kind"];
  readonly here: ReadonlyArray<unknown>;
  readonly there: ReadonlyArray<unknown>;
}

/**
 * Loads the core of another build from its checkout, its `dist`, or its `core.js`.
 *
 * @throws JournalError where there is none
 */
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

/** Runs a recording through the other build, moment by moment from its start, and returns where its effects differ. */
export const comparison = (other: OtherCore): ((moment: Moment<Recorded>) => Difference | undefined) => {
  let state = other.initial;
  return ({ n, event, effects }) => {
    const [next, caused] = other.reduce(state, event);
    state = next;
    const [here, there] = [withoutTexts(effects), withoutTexts(caused)];
    return JSON.stringify(here) === JSON.stringify(there) ? undefined : { event: n, kind: event.kind, here, there };
  };
};

/** The first events whose effects differ in the other build, at most `most` of them. */
export const differences = (events: Iterable<Recorded>, other: OtherCore, most: number): ReadonlyArray<Difference> => {
  const found: Difference[] = [];
  const differenceIn = comparison(other);
  for (const moment of replay(events)) {
    const difference = differenceIn(moment);
    if (difference !== undefined) found.push(difference);
    if (found.length === most) break;
  }
  return found;
};
