import type { Attempt, Signal } from "../attempts.js";
import { apart, finding, type Inquiry, next, stamp, stopOf, type Verdict } from "./finding.js";

const rule =
  "give way by a rule that is not the same for both (perfect negotiation: one side is polite and takes its offer back, the other ignores the offer that crossed), or let only one side ever offer";

/** Both offered at once, and both took their offer back, or neither did: in either case no description is agreed upon. */
export const glare = (inquiry: Inquiry, attempt: Attempt): Verdict => {
  const { offers, answers } = attempt;
  const [first, second] = offers;
  if (first === undefined || second === undefined) throw new Error("where offers cross there are two");
  const crossed = `${by(first)} and ${by(second)}, ${apart(first, second)} apart`;
  const isBoth = answers.length > 0;
  const outcome = isBoth
    ? `Both gave way: the offers ${crossed}, crossed (glare), and each side answered the other's, ${answers.map(by).join(" and ")}; so each answer is without an offer, and neither page connects (unless they use a connection for each direction)`
    : `Neither gave way: the offers ${crossed}, crossed (glare), and neither was answered; each side waits for the other`;
  return {
    conclusion: finding(
      [first, second, ...answers],
      `${outcome}${triedAgain(inquiry, attempt)}. This is a matter of signalling, not of ICE or media.`,
    ),
    next: next(`now, let one of the two call again; for good, ${rule}.`),
    details: [],
  };
};

const by = (signal: Signal): string => `${stamp(signal)} by ${signal.sender.label}`;

/** How long nobody offered again, though both were there. */
const triedAgain = ({ recording, from, to, attempts }: Inquiry, attempt: Attempt): string => {
  const last = [...attempt.answers, ...attempt.offers][0];
  if (last === undefined || attempts.at(-1) !== attempt) return "";
  const stop = stopOf(recording);
  const ends = [from, to].flatMap(({ ids }) =>
    recording.incidents.filter(
      (one) => one.kind === "leave" && ids.includes(one.user) && one.event > last.event && one.event < stop,
    ),
  );
  const end = ends.sort((a, b) => a.event - b.event)[0] ?? { event: stop, at: recording.endedAt };
  return end.at - last.at < 1_000 ? "" : `; nobody tried again in the ${apart(last, end)} that they were still there`;
};
