import type { Header, Recorded } from "../../core/index.js";
import { journalVersion, replay } from "../../core/index.js";
import { effectsDigest, stateDigest } from "./digest.js";

/** A journal of these events as text, with one digest at its end. */
export const journalOf = (header: Header, events: ReadonlyArray<Recorded>): string => {
  const effects = effectsDigest();
  let state = "";
  for (const moment of replay(events)) {
    effects.add(moment.effects);
    if (moment.n === events.length) state = stateDigest(moment.after);
  }
  const digest = { digest: { events: events.length, state, effects: effects.take() } };
  const lines = [{ ...header, version: journalVersion, part: 1, eventsBefore: 0 }, ...events, digest];
  return lines.map((line) => `${JSON.stringify(line)}\n`).join("");
};
