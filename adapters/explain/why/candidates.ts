import { type Attempt, goneOnWith, isDelivered, reachedBy, type Signal, signalsOf } from "../attempts.js";
import type { Person } from "../people.js";
import { listedMax } from "../sentences/words.js";
import { compareCandidates } from "./addresses.js";
import { notDelivered } from "./arrival.js";
import {
  defined,
  type Exchange,
  type Finding,
  finding,
  type Inquiry,
  nextStep,
  optional,
  positionOf,
  sentOf,
  type Verdict,
} from "./finding.js";
import type { Outcome } from "./outcome.js";

/** Both descriptions arrived: whether the candidates did, and what they have in common. */
export const signallingComplete = (inquiry: Inquiry, outcomes: ReadonlyArray<Outcome>): Verdict => {
  const last = outcomes.at(-1);
  const { offer, answer, attempt } = last ?? {};
  if (attempt === undefined || answer === undefined) throw new Error("what is complete has an answer");
  const sides = [inquiry.from, inquiry.to].map((side) => candidatesOf(inquiry, side, attempt));
  const positions = [...defined([offer]), answer];
  const [lack, ...more] = sides.flatMap((side) => side.lack);
  if (lack !== undefined) {
    const otherwise = finding(positions, {
      code: "otherwise-complete",
      ...optional("offer", offer && sentOf(offer)),
      answer: sentOf(answer),
    });
    return { conclusion: lack, next: nextStep({ code: "send-candidates" }), details: [...more, otherwise] };
  }
  const { comparison, positions: compare, advice, withOthers } = compareCandidates(inquiry, attempt);
  return {
    conclusion: finding([...positions, ...compare], {
      code: "signalling-complete",
      complete: outcomes.length,
      attempts: inquiry.attempts.length,
      isUncertain: sides.some(({ sent }) => sent.length === 0),
      ...optional("comparison", comparison),
    }),
    next: nextStep({ code: "check-candidates", because: advice }),
    details: [...withOthers, ...sides.flatMap(({ lost }) => lost)],
  };
};

interface Side {
  /** The messages with candidates that arrived. */
  readonly sent: ReadonlyArray<Signal>;
  /** What is missing, if anything. */
  readonly lack: ReadonlyArray<Finding>;
  /** Messages that were lost, though the exchange is complete without them. */
  readonly lost: ReadonlyArray<Finding>;
}

/**
 * A side's candidates, from messages of their own and from its descriptions. Those of earlier attempts count if their sockets are still there: a
 * renegotiation needs no new ones. A description whose text was not recorded may have had some.
 */
const candidatesOf = ({ recording, signals }: Exchange, person: Person, attempt: Attempt): Side => {
  const begun = signalsOf(attempt)[0]?.event ?? 0;
  const own = signals.filter(({ sender }) => sender === person);
  const tried = own.filter(({ signalKind, hasCandidates }) => signalKind === "candidate" || hasCandidates);
  const sent = tried.filter((signal) => goneOnWith(signal).some(({ until }) => (until?.event ?? begun) >= begun));
  const lost = tried
    .filter((signal) => signal.event > begun && !isDelivered(signal))
    .slice(0, 1)
    .map((signal) => notDelivered(recording, signal));
  const isUncertain = own.some(({ hasText }) => !hasText);
  if (sent.length > 0) return { sent, lack: [], lost };
  const none = finding([], { code: "no-candidates", person: person.named });
  return { sent, lack: lost.length > 0 ? lost : isUncertain ? [] : [none], lost: [] };
};

/** Which of the two sent no candidate that arrived, as far as the recording tells. */
export const sidesWithoutCandidates = (exchange: Exchange, attempt: Attempt): ReadonlyArray<Person> =>
  [exchange.from, exchange.to].filter((side) => candidatesOf(exchange, side, attempt).lack.length > 0);

/** Candidates that reached a session before any description of their sender: a browser refuses them. */
export const candidatesEarly = (signals: ReadonlyArray<Signal>): ReadonlyArray<Finding> => {
  const described = new Map<Person, Set<string>>();
  const found = new Map<Person, Signal[]>();
  const note = (signal: Signal): void => {
    const others = found.get(signal.sender);
    if (others === undefined) found.set(signal.sender, [signal]);
    else others.push(signal);
  };
  for (const signal of signals) {
    const on = described.get(signal.sender) ?? new Set<string>();
    described.set(signal.sender, on);
    const reached = reachedBy(signal);
    if (signal.signalKind === "offer" || signal.signalKind === "answer")
      for (const { session } of reached) on.add(session);
    else if (signal.signalKind === "candidate" && reached.length > 0 && !reached.some(({ session }) => on.has(session)))
      note(signal);
  }
  return [...found].map(([person, candidates]) => {
    const [first] = candidates;
    const description = signals.find(
      ({ signalKind, sender, event }) =>
        (signalKind === "offer" || signalKind === "answer") && sender === person && event > (first?.event ?? 0),
    );
    return finding([...candidates.slice(0, listedMax), ...defined([description])], {
      code: "candidates-early",
      person: person.named,
      candidates: candidates.map(positionOf),
      ...optional(
        "description",
        description?.signalKind && { ...positionOf(description), signalKind: description.signalKind },
      ),
    });
  });
};
