import { type Digest, type Effect, invariants, type Moment, type Recorded, replay } from "../../core/index.js";
import type { Journal } from "../journal/read.js";
import { run } from "../journal/verify.js";
import { comparison, otherCore } from "./difference.js";
import { tally } from "./summary.js";

/** Returns how many of the events it takes to show the trouble; undefined where they do not show it. */
export type Symptom = (events: ReadonlyArray<Recorded>) => number | undefined;

/** The symptom with this name on the command line, `kind` or `kind:detail`; undefined where there is none. */
export const symptomOf = async (name: string): Promise<Symptom | undefined> => {
  const [kind, ...rest] = name.split(":");
  const detail = rest.join(":");
  switch (kind) {
    case "invariant":
      return detail === ""
        ? firstMoment(
            () =>
              ({ after }) =>
                invariants(after).length > 0,
          )
        : undefined;
    case "refused":
      return firstMoment(
        () =>
          ({ effects }) =>
            effects.some((effect) => isRefusal(effect, detail)),
      );
    case "unheard":
      return detail === "" ? undefined : unheard(detail);
    case "differs":
      return detail === "" ? undefined : differsFrom(detail);
    default:
      return undefined;
  }
};

/** A symptom that a single moment shows. */
const firstMoment =
  (watch: () => (moment: Moment<Recorded>) => boolean): Symptom =>
  (events) => {
    const isShown = watch();
    for (const moment of replay(events)) if (isShown(moment)) return moment.n;
    return undefined;
  };

const isRefusal = (effect: Effect, code: string): boolean =>
  effect.kind === "Report" &&
  effect.fact.kind === "RequestRefused" &&
  (code === "" || effect.fact.refusal.code === code);

/** `whom` is the id of the recipient, or `sender>recipient`; an id may contain `>`. Only the whole recording tells whose a socket is. */
const unheard =
  (whom: string): Symptom =>
  (events) => {
    const figures = tally();
    for (const moment of replay(events)) figures.visit(moment);
    const isFound = figures.summary().unheard.some(({ from, to }) => to === whom || `${from}>${to}` === whom);
    return isFound ? events.length : undefined;
  };

const differsFrom = async (path: string): Promise<Symptom> => {
  const other = await otherCore(path);
  return firstMoment(() => {
    const differenceIn = comparison(other);
    return (moment) => differenceIn(moment) !== undefined;
  });
};

/**
 * Finds a smaller recording that still shows the symptom: everything after its first showing is cut, then ever smaller pieces are left out,
 * until no single event can be (delta debugging, Zeller's ddmin). Undefined where the recording does not show it.
 */
export const shrink = (events: ReadonlyArray<Recorded>, symptom: Symptom): ReadonlyArray<Recorded> | undefined => {
  const shown = symptom(events);
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

/** Tries to leave out each piece in turn. The first event, which holds the settings, always stays. */
const withoutPieces = (events: ReadonlyArray<Recorded>, piece: number, symptom: Symptom): ReadonlyArray<Recorded> => {
  let kept = events;
  for (let start = 1; start < kept.length; ) {
    const fewer = [...kept.slice(0, start), ...kept.slice(start + piece)];
    if (symptom(fewer) !== undefined) kept = fewer;
    else start += piece;
  }
  return kept;
};

/**
 * The lines of a recording up to the first digest that the replay does not reproduce; undefined where it reproduces all. A digest covers all
 * events before it, so nothing can be left out.
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
