import { type Digest, invariants, type Moment, type Recorded, replay } from "../../core/index.js";
import type { Journal } from "../journal/read.js";
import { run } from "../journal/verify.js";
import { comparison, otherCore } from "./difference.js";
import { unheardOf } from "./summary.js";

/** Begins to watch a recording from its start, and tells of each moment whether it shows the trouble that is looked for. */
export type Symptom = () => (moment: Moment<Recorded>) => boolean;

/** The symptoms that can be named on the command line, as `kind` or `kind:detail`; undefined for any other. */
export const symptomOf = async (name: string): Promise<Symptom | undefined> => {
  const [kind, ...rest] = name.split(":");
  const detail = rest.join(":");
  switch (kind) {
    case "invariant":
      return detail === "" ? eachBy(({ after }) => invariants(after).length > 0) : undefined;
    case "refused":
      return eachBy(({ effects }) =>
        effects.some(
          (effect) =>
            effect.kind === "Report" &&
            effect.fact.kind === "RequestRefused" &&
            (detail === "" || effect.fact.refusal.code === detail),
        ),
      );
    case "unheard":
      return detail === "" ? undefined : eachBy((moment) => isUnheard(moment, detail));
    case "differs":
      return detail === "" ? undefined : differsFrom(detail);
    default:
      return undefined;
  }
};

const eachBy =
  (isShown: (moment: Moment<Recorded>) => boolean): Symptom =>
  () =>
    isShown;

/** `whom` is one who should have heard, or `sender>receiver`; an id may have a `>` in it. */
const isUnheard = (moment: Moment<Recorded>, whom: string): boolean => {
  const missed = unheardOf(moment);
  return missed !== undefined && (missed.to === whom || `${missed.from}>${missed.to}` === whom);
};

const differsFrom = async (path: string): Promise<Symptom> => {
  const other = await otherCore(path);
  return () => {
    const differenceIn = comparison(other);
    return (moment) => differenceIn(moment) !== undefined;
  };
};

/** How many events it takes until the symptom shows; undefined where it does not. */
const shownAfter = (events: ReadonlyArray<Recorded>, symptom: Symptom): number | undefined => {
  const isShown = symptom();
  for (const moment of replay(events)) if (isShown(moment)) return moment.n;
  return undefined;
};

/**
 * The smallest recording that it finds which still shows the symptom: cut after its first showing, then whatever can go goes, in
 * ever smaller pieces, until no single event can be spared (Zeller's ddmin). Undefined where the recording does not show it.
 */
export const shrink = (events: ReadonlyArray<Recorded>, symptom: Symptom): ReadonlyArray<Recorded> | undefined => {
  const shown = shownAfter(events, symptom);
  if (shown === undefined) return undefined;
  let kept: ReadonlyArray<Recorded> = events.slice(0, shown);
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
    if (shownAfter(fewer, symptom) !== undefined) kept = fewer;
    else start += piece;
  }
  return kept;
};

/**
 * The lines of a recording up to the first digest that its replay does not come to, or undefined where it comes to all. A digest speaks
 * of all events before it: without one of them there would be nothing to compare with.
 *
 * @param open opens the same journal each time
 */
export const untilDivergence = (open: () => Journal): ReadonlyArray<Recorded | Digest> | undefined => {
  const { divergence, digests } = run(open(), { isVerified: true });
  if (divergence === undefined) return undefined;
  const lines: Array<Recorded | Digest> = [];
  let compared = 0;
  for (const entry of open().entries) {
    if (entry.kind === "event") lines.push(entry.event);
    if (entry.kind !== "digest") continue;
    lines.push({ digest: entry.digest });
    compared += 1;
    if (compared === digests) break;
  }
  return lines;
};
