import { printable } from "../../observe/printable.js";
import { type Attempt, answerTo, isDelivered, isMisnamed, rivalsOf, type Signal } from "../attempts.js";
import { apart, type Inquiry, listed, numbers, stamp } from "./finding.js";

/** How an attempt ended, with the offer and the answer that it turned on. */
export interface Outcome {
  readonly kind:
    | "undelivered"
    | "unanswered"
    | "outrun"
    | "late"
    | "neither gave way"
    | "both gave way"
    | "answered a former id"
    | "answered a name"
    | "answered twice"
    | "answer lost"
    | "complete";
  readonly attempt: Attempt;
  readonly offer: Signal | undefined;
  readonly answer: Signal | undefined;
}

export const outcomeOf = (inquiry: Inquiry, attempt: Attempt): Outcome => {
  const { offers, answers } = attempt;
  const [first, second] = offers;
  if (first === undefined) return withAnswer(inquiry, attempt, { offer: undefined, answer: answers[0] });
  const answered = offers.filter((offer) => answerTo(attempt, offer) !== undefined);
  if (second !== undefined && answered.length !== 1)
    return {
      kind: answered.length === 0 ? "neither gave way" : "both gave way",
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
    return { kind: isOlder ? "outrun" : "unanswered", attempt, offer, answer: isOlder ? older : undefined };
  }
  return newerOffer(inquiry, offer, answer) === undefined
    ? withAnswer(inquiry, attempt, { offer, answer })
    : { kind: "late", attempt, offer, answer };
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
    return { kind: isTwice ? "answered twice" : "complete", attempt, offer, answer };
  }
  if (isMisnamed(answer)) return { kind: "answered a name", attempt, offer, answer };
  const isFormer = answer.to !== undefined && answer.to !== (offer?.from ?? answer.receiver.id);
  return { kind: isFormer ? "answered a former id" : "answer lost", attempt, offer, answer };
};

/** The offer that its sender had made anew before it was answered, where the answer does not say which it means. */
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

/** `Attempt 2 (#223 (05:18:32) by Ann): …` */
export const told = (
  inquiry: Inquiry,
  outcome: Outcome,
  n: number,
): { readonly sentence: string; readonly positions: ReadonlyArray<Signal> } => {
  const { offers, answers } = outcome.attempt;
  const by = (signals: ReadonlyArray<Signal>): string =>
    signals.map((signal) => `${stamp(signal)} by ${signal.sender.label}`).join(" and ");
  const head = offers.length === 0 ? "no offer" : by(offers);
  return {
    sentence: `Attempt ${n}, ${head}: ${account(inquiry, outcome)}.`,
    positions: [...offers, ...answers, ...(outcome.answer === undefined ? [] : [outcome.answer])],
  };
};

const account = (inquiry: Inquiry, { kind, attempt, offer, answer }: Outcome): string => {
  const { offers, answers } = attempt;
  const sent =
    answer === undefined || offer === undefined
      ? ""
      : `${answer.sender.label} answered at ${stamp(answer)}, ${apart(offer, answer)} later`;
  const settled =
    offers.length === 2 && answer !== undefined
      ? `the offers crossed, and ${answer.sender.label} gave way, which settles that; `
      : "";
  switch (kind) {
    case "undelivered":
      return "the offer reached nobody it was meant for";
    case "unanswered":
      return "no answer";
    case "outrun":
      return `no answer of its own; ${answer === undefined ? "one" : stamp(answer)} is to the offer before`;
    case "late":
      return `${sent}, when there was a newer offer`;
    case "neither gave way":
      return "the offers crossed, and neither was answered";
    case "both gave way":
      return `the offers crossed, and both were answered (${numbers(answers)})`;
    case "answered twice":
      return `${sent} on socket ${answer?.client}, and again on ${rivals(inquiry, attempt, answer)}`;
    case "answered a name":
      return `${sent}, to “${printable(answer?.to ?? "")}”, which is nobody's id`;
    case "answered a former id":
    case "answer lost":
      return `${settled}${sent === "" ? `answers without an offer (${numbers(answers)})` : sent}, to ${printable(answer?.to ?? "nobody by name")}, and reached nobody it was meant for`;
    case "complete":
      return `${settled}${sent === "" ? `answers without an offer (${numbers(answers)})` : sent}${candidateCounts(inquiry, attempt)}`;
  }
};

const rivals = ({ recording }: Inquiry, attempt: Attempt, first: Signal | undefined): string =>
  first === undefined
    ? ""
    : listed(rivalsOf(recording, attempt, first).map((other) => `socket ${other.client} at ${stamp(other)}`));

const candidateCounts = ({ from, to }: Inquiry, { candidates }: Attempt): string => {
  const counts = [from, to].map(
    (person) => `${candidates.filter(({ sender }) => sender === person).length} from ${person.label}`,
  );
  return candidates.length === 0 ? "" : `; candidates: ${counts.join(", ")}`;
};
