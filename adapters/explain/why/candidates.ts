import { type Attempt, isDelivered, type Signal, signalsOf } from "../attempts.js";
import type { Person } from "../people.js";
import { compared } from "./addresses.js";
import { undelivered } from "./arrival.js";
import { type Finding, finding, type Inquiry, next, numbers, shownMax, stamp, type Verdict } from "./finding.js";
import type { Outcome } from "./outcome.js";

/** Both descriptions arrived: whether the candidates did, and what they have in common. */
export const complete = (inquiry: Inquiry, outcomes: ReadonlyArray<Outcome>): Verdict => {
  const last = outcomes.at(-1);
  const { offer, answer, attempt } = last ?? {};
  if (attempt === undefined || answer === undefined) throw new Error("what is complete has an answer");
  const sides = [inquiry.from, inquiry.to].map((side) => trickle(inquiry, side, attempt));
  const lacking = sides.flatMap(({ lack }) => lack);
  const pair =
    offer === undefined
      ? `the answer ${stamp(answer)} of ${answer.sender.label} arrived, and its offer is not in the recording`
      : `offer ${stamp(offer)} by ${offer.sender.label} and answer ${stamp(answer)} by ${answer.sender.label} both arrived`;
  const positions = [...(offer === undefined ? [] : [offer]), answer];
  const [first] = lacking;
  if (first !== undefined)
    return {
      conclusion: first,
      next: next(
        "look at how the pages send candidates: each must go to the other as it is found, or stand in the description.",
      ),
      details: [...lacking.slice(1), finding(positions, `Otherwise signalling is well: ${pair}.`)],
    };
  const unknown = sides.some(({ sent }) => sent.length === 0)
    ? " There may have been candidates in their texts, which were not recorded."
    : "";
  const { sentence, positions: compare, advice, contrasts } = compared(inquiry, attempt);
  return {
    conclusion: finding(
      [...positions, ...compare],
      `Signalling was complete${howOften(outcomes.length, inquiry.attempts.length)}; whether ICE then connected the two, the recording cannot tell.${unknown}${sentence}`,
    ),
    next: next(`if they did not connect: ${advice}`),
    details: [...contrasts, ...sides.flatMap(({ lost }) => lost)],
  };
};

const howOften = (complete: number, all: number): string => {
  if (complete < all) return complete === 1 ? " in the last attempt" : ` in the last ${complete} attempts`;
  return all === 1 ? "" : all === 2 ? ", both times" : `, all ${all} times`;
};

interface Side {
  /** The messages that brought candidates and arrived. */
  readonly sent: ReadonlyArray<Signal>;
  /** What keeps the exchange from being complete. */
  readonly lack: ReadonlyArray<Finding>;
  /** What was lost of an exchange that is complete without it. */
  readonly lost: ReadonlyArray<Finding>;
}

/**
 * A side's candidates, as messages of their own or in its descriptions, on sockets that were still there for the attempt: a
 * renegotiation needs no new ones. Where no text was kept, the descriptions are given the benefit of the doubt.
 */
const trickle = ({ recording, signals }: Inquiry, person: Person, attempt: Attempt): Side => {
  const begun = signalsOf(attempt)[0]?.event ?? 0;
  const own = signals.filter(({ sender }) => sender === person);
  const tried = own.filter(({ signalKind, candidates }) => signalKind === "candidate" || candidates.length > 0);
  const sent = tried.filter(({ got, perhaps }) =>
    [...got, ...perhaps].some((id) => (recording.sockets.get(id)?.until?.event ?? begun) >= begun),
  );
  const lost = tried
    .filter((signal) => signal.event > begun && !isDelivered(signal))
    .slice(0, 1)
    .map((signal) => undelivered(recording, signal));
  const isDoubtful = own.some(({ isLegible }) => !isLegible);
  if (sent.length > 0) return { sent, lack: [], lost };
  const none = finding([], `${person.label} sent no ICE candidates, neither as messages nor in its description.`);
  return { sent, lack: lost.length > 0 ? lost : isDoubtful ? [] : [none], lost: [] };
};

/** Candidates on a socket that had not got a description of their sender yet: a browser refuses them. */
export const early = (signals: ReadonlyArray<Signal>): ReadonlyArray<Finding> => {
  const described = new Map<Person, Set<number>>();
  const found = new Map<Person, Signal[]>();
  const note = (signal: Signal): void => {
    const others = found.get(signal.sender);
    if (others === undefined) found.set(signal.sender, [signal]);
    else others.push(signal);
  };
  for (const signal of signals) {
    const on = described.get(signal.sender) ?? new Set<number>();
    described.set(signal.sender, on);
    const reached = [...signal.got, ...signal.perhaps];
    if (signal.signalKind === "offer" || signal.signalKind === "answer") for (const id of reached) on.add(id);
    else if (signal.signalKind === "candidate" && reached.length > 0 && !reached.some((id) => on.has(id))) note(signal);
  }
  return [...found].map(([person, candidates]) => {
    const [first] = candidates;
    const description = signals.find(
      ({ signalKind, sender, event }) =>
        (signalKind === "offer" || signalKind === "answer") && sender === person && event > (first?.event ?? 0),
    );
    const then =
      description === undefined ? "and none came" : `the ${description.signalKind} came at ${stamp(description)}`;
    return finding(
      [...candidates.slice(0, shownMax), ...(description === undefined ? [] : [description])],
      `Candidates of ${person.label} (${numbers(candidates)}) arrived before the offer or answer they belong to, ${then}: a page that does not keep them for later loses them.`,
    );
  });
};
