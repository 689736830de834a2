import { initial, journalVersion, type Moment, type Recorded, reduce, type State } from "../../core/index.js";
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
  readonly digests: number;
  /** Digests of the effects only: the journal is of a version whose states had another shape. */
  readonly isOfEffectsOnly: boolean;
  readonly divergence: Divergence | undefined;
  /** Bytes of a last line that was cut short, and dropped. */
  readonly tornBytes: number;
}

export interface Visitor {
  /** Sees every event; `false` ends the replay. */
  readonly visit?: (moment: Moment<Recorded>) => boolean | undefined;
  /**
   * Whether digests are computed again and compared; it costs more than the replay itself. Of a journal of an earlier version only the
   * effects are compared: what the server did must be the same, the state may have got another shape.
   */
  readonly isVerified?: boolean;
}

/** Lives the session of a journal again. */
export const run = (journal: Journal, { visit, isVerified = false }: Visitor): Outcome => {
  const effectsSince = effectsDigest();
  let state = initial;
  let n = 0;
  const isOfEffectsOnly = journal.header.version !== journalVersion;
  let digests = 0;
  let since = 0;
  let divergence: Divergence | undefined;
  let tornBytes = 0;
  for (const entry of journal.entries) {
    if (entry.kind === "torn") tornBytes = entry.bytes;
    else if (entry.kind === "event") {
      n += 1;
      const before = state;
      const [after, effects] = reduce(before, entry.event);
      state = after;
      if (isVerified) effectsSince.add(effects);
      if (visit?.({ n, event: entry.event, before, after, effects }) === false) break;
    } else if (isVerified && divergence === undefined) {
      const replayed = {
        state: isOfEffectsOnly ? entry.digest.state : stateDigest(state),
        effects: effectsSince.take(),
      };
      divergence = compare(entry.digest, replayed, { event: n, since });
      digests += 1;
      since = n;
    }
  }
  return { events: n, state, digests, isOfEffectsOnly, divergence, tornBytes };
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
