import { digestVersion, initial, type Moment, type Recorded, replay, type State } from "../../core/index.js";
import { effectsDigest, stateDigest } from "./digest.js";
import type { Journal } from "./read.js";

/** Where a replay is first seen to differ from what was recorded. */
export interface Divergence {
  /** It differs in or before this event, and after `since`. */
  readonly event: number;
  readonly since: number;
  readonly what: "state" | "effects" | "state and effects";
  readonly recorded: string;
  readonly replayed: string;
}

export interface Outcome {
  readonly events: number;
  readonly state: State;
  /** Those that were compared, up to the first that differs. */
  readonly digests: number;
  /** Those that this build makes otherwise (`digestVersion`): nothing can be told from them. */
  readonly incomparableDigests: number;
  readonly divergence: Divergence | undefined;
  /** Bytes of a last line that was cut short, and dropped. */
  readonly tornBytes: number;
}

export interface Visitor {
  /** Sees every event; `false` ends the replay. */
  readonly visit?: (moment: Moment<Recorded>) => boolean | undefined;
  /** Whether digests are computed again and compared; it costs more than the replay itself. */
  readonly isVerified?: boolean;
}

/** Replays a journal. */
export const run = (journal: Journal, { visit, isVerified = false }: Visitor): Outcome => {
  const effectsSince = effectsDigest();
  const isComparable = journal.header.digestVersion === digestVersion;
  let state = initial;
  let events = 0;
  let digests = 0;
  let incomparableDigests = 0;
  let since = 0;
  let divergence: Divergence | undefined;
  let tornBytes = 0;

  const check = (recorded: Digests): void => {
    if (!isComparable) incomparableDigests += 1;
    else if (isVerified && divergence === undefined) {
      const replayed = { state: stateDigest(state), effects: effectsSince.take() };
      divergence = compare(recorded, replayed, { event: events, since });
      digests += 1;
      since = events;
    }
  };
  // A digest stands after its events: it is checked when the replay has asked for the next one.
  const recorded = function* () {
    for (const entry of journal.entries)
      if (entry.kind === "event") yield entry.event;
      else if (entry.kind === "digest") check(entry.digest);
      else tornBytes = entry.bytes;
  };
  for (const moment of replay(recorded())) {
    state = moment.after;
    events = moment.n;
    if (isVerified) effectsSince.add(moment.effects);
    if (visit?.(moment) === false) break;
  }
  return { events, state, digests, incomparableDigests, divergence, tornBytes };
};

interface Digests {
  readonly state: string;
  readonly effects: string;
}

const compare = (
  recorded: Digests,
  replayed: Digests,
  where: Pick<Divergence, "event" | "since">,
): Divergence | undefined => {
  const isOtherState = recorded.state !== replayed.state;
  const isOtherEffects = recorded.effects !== replayed.effects;
  if (!isOtherState && !isOtherEffects) return undefined;
  const what = isOtherState && isOtherEffects ? "state and effects" : isOtherState ? "state" : "effects";
  const part = isOtherState ? "state" : "effects";
  return { ...where, what, recorded: recorded[part], replayed: replayed[part] };
};
