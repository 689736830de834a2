import {
  type Attempt,
  answerTo,
  isAddressedByName,
  isDelivered,
  rivalsOf,
  type Signal,
  signalsBetween,
} from "../attempts.js";
import { type AttemptResult, type AttemptSummary, type Exchange, optional, positionOf, sentOf } from "./finding.js";

/** How an attempt ended, with the offer and the answer that it turned on. */
export interface Outcome {
  readonly kind: AttemptResult;
  readonly attempt: Attempt;
  readonly offer: Signal | undefined;
  readonly answer: Signal | undefined;
}

/** Decides how an attempt ended. */
export const outcomeOf = (exchange: Exchange, attempt: Attempt): Outcome => {
  const { offers, answers } = attempt;
  const [first, second] = offers;
  if (first === undefined) return withAnswer(exchange, attempt, { offer: undefined, answer: answers[0] });
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
    const older = answerToOlder(exchange, attempt, offer);
    return older === undefined
      ? { kind: "unanswered", attempt, offer, answer }
      : { kind: "overtaken", attempt, offer, answer: older };
  }
  return newerOffer(exchange, offer, answer) === undefined
    ? withAnswer(exchange, attempt, { offer, answer })
    : { kind: "answer-late", attempt, offer, answer };
};

/** The next answer of the receiver, where it is one to the attempt before. */
const answerToOlder = ({ attempts, signals }: Exchange, attempt: Attempt, offer: Signal): Signal | undefined => {
  const isTheirs = ({ signalKind, sender }: Signal): boolean => signalKind === "answer" && sender === offer.receiver;
  const before = attempts[attempts.indexOf(attempt) - 1];
  const older = before?.answers.find((answer) => isTheirs(answer) && answer.event > offer.event);
  return older === undefined || signalsBetween(signals, offer, older).some(isTheirs) ? undefined : older;
};

const withAnswer = (
  { recording }: Exchange,
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
export const newerOffer = ({ attempts, signals }: Exchange, offer: Signal, answer: Signal): Signal | undefined => {
  const newer = signalsBetween(signals, offer, answer).find(
    ({ signalKind, sender }) => signalKind === "offer" && sender === offer.sender,
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
export const summaryOf = ({ recording, from, to }: Exchange, outcome: Outcome, number: number): AttemptSummary => {
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
