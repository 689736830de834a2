import { type Attempt, answerTo, isAddressedByName, isDelivered, rivalsOf, type Signal } from "../attempts.js";
import { type AttemptResult, type AttemptSummary, type Inquiry, optional, positionOf, sentOf } from "./finding.js";

/** How an attempt ended, with the offer and the answer that it turned on. */
export interface Outcome {
  readonly kind: AttemptResult;
  readonly attempt: Attempt;
  readonly offer: Signal | undefined;
  readonly answer: Signal | undefined;
}

/** Decides how an attempt ended. */
export const outcomeOf = (inquiry: Inquiry, attempt: Attempt): Outcome => {
  const { offers, answers } = attempt;
  const [first, second] = offers;
  if (first === undefined) return withAnswer(inquiry, attempt, { offer: undefined, answer: answers[0] });
  const answered = offers.filter((offer) => answerTo(attempt, offer) !== undefined);
  if (second !== undefined && answered.length !== 1)
    return {
      kind: answered.length === 0 ? "neither-gave-way" : "both-gave-way",
      attempt,
      offer: first,
      answer: undefined,
    };
  const offer = answered[0] ?? first;
  const answer = answerTo(attempt, offer);
  if (!isDelivered(offer)) return { kind: "undelivered", attempt, offer, answer };
  if (answer === undefined) {
    const older = inquiry.signals.find(
      ({ signalKind, sender, event }) => signalKind === "answer" && sender === offer.receiver && event > offer.event,
    );
    const isOlder = older !== undefined && attemptBefore(inquiry, attempt)?.answers.includes(older) === true;
    return { kind: isOlder ? "overtaken" : "unanswered", attempt, offer, answer: isOlder ? older : undefined };
  }
  return newerOffer(inquiry, offer, answer) === undefined
    ? withAnswer(inquiry, attempt, { offer, answer })
    : { kind: "answer-late", attempt, offer, answer };
};

const attemptBefore = ({ attempts }: Inquiry, attempt: Attempt): Attempt | undefined =>
  attempts[attempts.indexOf(attempt) - 1];

const withAnswer = (
  { recording }: Inquiry,
  attempt: Attempt,
  { offer, answer }: Pick<Outcome, "offer" | "answer">,
): Outcome => {
  if (answer === undefined) return { kind: "complete", attempt, offer, answer };
  if (isDelivered(answer)) {
    const isTwice = rivalsOf(recording, attempt, answer).length > 0;
    return { kind: isTwice ? "answered-twice" : "complete", attempt, offer, answer };
  }
  if (isAddressedByName(answer)) return { kind: "answered-name", attempt, offer, answer };
  const isFormer = answer.to !== undefined && answer.to !== (offer?.from ?? answer.receiver.id);
  return { kind: isFormer ? "answered-former-id" : "answer-lost", attempt, offer, answer };
};

/** The newer offer that was sent before an answer came, unless the answer names the offer that it is to. */
export const newerOffer = ({ attempts, signals }: Inquiry, offer: Signal, answer: Signal): Signal | undefined => {
  const newer = signals.find(
    (other) =>
      other.signalKind === "offer" &&
      other.sender === offer.sender &&
      other.event > offer.event &&
      other.event < answer.event,
  );
  const own = newer && attempts.find(({ offers }) => offers.includes(newer));
  const isNamed = answer.negotiation !== undefined && own !== undefined && newer && answerTo(own, newer) !== undefined;
  return isNamed === true ? undefined : newer;
};

/** The signals that a summary of an attempt is based on. */
export const signalsIn = ({ attempt, answer }: Outcome): ReadonlyArray<Signal> => [
  ...attempt.offers,
  ...attempt.answers,
  ...(answer === undefined ? [] : [answer]),
];

/** An attempt as members of a finding. `number` counts the attempts of the two from 1. */
export const summaryOf = ({ recording, from, to }: Inquiry, outcome: Outcome, number: number): AttemptSummary => {
  const { kind, attempt, offer, answer } = outcome;
  const { offers, answers, candidates } = attempt;
  const rivals = answer === undefined ? [] : rivalsOf(recording, attempt, answer);
  return {
    number,
    result: kind,
    offers: offers.map(sentOf),
    ...optional("offer", offer && sentOf(offer)),
    answers: answers.map(positionOf),
    ...optional("answer", answer && { ...sentOf(answer), socket: answer.client, ...optional("to", answer.to) }),
    rivals: rivals.map((rival) => ({ ...positionOf(rival), socket: rival.client })),
    candidates: [from, to].map((person) => ({
      person: person.named,
      count: candidates.filter(({ sender }) => sender === person).length,
    })),
  };
};
