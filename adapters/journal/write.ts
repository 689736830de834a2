import { type Digest, digestVersion, type Header, type Recorded, replay } from "../../core/index.js";
import { effectsDigest, stateDigest } from "./digest.js";

/** A journal of these lines as text, in one file. */
export const textOf = (header: Header, lines: ReadonlyArray<Recorded | Digest>): string =>
  [{ ...header, part: 1, eventsBefore: 0 }, ...lines].map((line) => `${JSON.stringify(line)}\n`).join("");

/** A journal of these events as text, with one digest at its end. */
export const journalOf = (header: Header, events: ReadonlyArray<Recorded>): string => {
  const effects = effectsDigest();
  let state = "";
  for (const moment of replay(events)) {
    effects.add(moment.effects);
    if (moment.n === events.length) state = stateDigest(moment.after);
  }
  const digest: Digest = { digest: { events: events.length, state, effects: effects.take() } };
  return textOf({ ...header, digestVersion }, [...events, digest]);
};
