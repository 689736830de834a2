import { invariants, type Moment, type Recorded, replay } from "../../core/index.js";
import { unheardOf } from "./summary.js";

/** Whether a moment shows the trouble that is looked for. */
export type Symptom = (moment: Moment<Recorded>) => boolean;

/** The symptoms that can be named on the command line, as `kind` or `kind:detail`; undefined for any other. */
export const symptomOf = (name: string): Symptom | undefined => {
  const [kind, ...rest] = name.split(":");
  const detail = rest.join(":");
  switch (kind) {
    case "invariant":
      return ({ after }) => invariants(after).length > 0;
    case "refused":
      return ({ effects }) =>
        effects.some(
          (effect) =>
            effect.kind === "Report" &&
            effect.fact.kind === "MessageRefused" &&
            (detail === "" || effect.fact.refusal.code === detail),
        );
    case "unheard":
      return (moment) => unheardOf(moment)?.to === detail;
    default:
      return undefined;
  }
};

const shows = (events: ReadonlyArray<Recorded>, symptom: Symptom): boolean => {
  for (const moment of replay(events)) if (symptom(moment)) return true;
  return false;
};

/**
 * The smallest session that it finds which still shows the symptom: cut after its first showing, then whatever can go goes, in
 * ever smaller pieces, until no single event can be spared (Zeller's ddmin). Undefined where the session does not show it.
 */
export const shrink = (events: ReadonlyArray<Recorded>, symptom: Symptom): ReadonlyArray<Recorded> | undefined => {
  let kept: ReadonlyArray<Recorded> | undefined;
  for (const moment of replay(events))
    if (symptom(moment)) {
      kept = events.slice(0, moment.n);
      break;
    }
  if (kept === undefined) return undefined;
  let piece = Math.max(1, kept.length >> 1);
  for (;;) {
    const smaller = withoutPieces(kept, piece, symptom);
    if (smaller.length === kept.length && piece === 1) return kept;
    if (smaller.length === kept.length) piece = Math.max(1, piece >> 1);
    kept = smaller;
  }
};

/** Tries to do without each piece in turn. The first event, which brings the settings, always stays. */
const withoutPieces = (events: ReadonlyArray<Recorded>, piece: number, symptom: Symptom): ReadonlyArray<Recorded> => {
  let kept = events;
  for (let start = 1; start < kept.length; ) {
    const fewer = [...kept.slice(0, start), ...kept.slice(start + piece)];
    if (shows(fewer, symptom)) kept = fewer;
    else start += piece;
  }
  return kept;
};
