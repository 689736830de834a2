import { printable } from "../../observe/printable.js";
import type { AttemptSummary, Finding } from "../why/finding.js";
import { labelOf, listed, socketName, spanBetween, stamp, stampBy, stamps } from "./words.js";

/** `Attempt 2, #223 (05:18:32) by Ann (u7): no answer.` */
export const attempt = (summary: AttemptSummary): string => {
  const head = summary.offers.length === 0 ? "no offer" : summary.offers.map(stampBy).join(" and ");
  return `Attempt ${summary.number}, ${head}: ${resultOf(summary)}.`;
};

const resultOf = (summary: AttemptSummary): string => {
  const { result, offers, offer, answers, answer, rivals } = summary;
  const sent =
    answer === undefined || offer === undefined
      ? ""
      : `${labelOf(answer.sender)} answered at ${stamp(answer)}, ${spanBetween(offer, answer)} later`;
  const settled =
    offers.length === 2 && answer !== undefined
      ? `the offers crossed, and ${labelOf(answer.sender)} gave way, as it should; `
      : "";
  const answered = `${settled}${sent === "" ? `answers without an offer (${stamps(answers)})` : sent}`;
  switch (result) {
    case "undelivered":
      return "the offer did not reach its recipient";
    case "unanswered":
      return "no answer";
    case "overtaken":
      return `no answer of its own; ${answer === undefined ? "the next one" : stamp(answer)} answers the offer before`;
    case "answer-late":
      return `${sent}, after a newer offer`;
    case "neither-gave-way":
      return "the offers crossed, and neither was answered";
    case "both-gave-way":
      return `the offers crossed, and both were answered (${stamps(answers)})`;
    case "answered-twice":
      return `${sent} on socket ${socketName(answer?.socket ?? 0)}, and again on ${listed(rivals.map((other) => `socket ${socketName(other.socket)} at ${stamp(other)}`))}`;
    case "answered-name":
      return `${sent}, to “${printable(answer?.to ?? "")}”, which is a name, not an id`;
    case "answered-former-id":
    case "answer-lost":
      return `${answered}, to ${printable(answer?.to ?? "no named user")}; the answer did not reach its recipient`;
    case "complete":
      return `${answered}${candidateCounts(summary)}`;
  }
};

const candidateCounts = ({ candidates }: AttemptSummary): string =>
  candidates.every(({ count }) => count === 0)
    ? ""
    : `; candidates: ${candidates.map(({ person, count }) => `${count} from ${labelOf(person)}`).join(", ")}`;

/** Neither side offered to the other. */
export const neverOffered = (found: Extract<Finding, { readonly code: "never-offered" }>): string => {
  const { offers, targets, others } = found;
  const [from, to] = [labelOf(found.from), labelOf(found.to)];
  const otherSignals = others.length === 0 ? "" : ` Other signals did pass between them (${stamps(others)}).`;
  if (offers.length === 0) return `${from} and ${to} never sent each other an offer.${otherSignals}`;
  const whom = targets.map((target) => (target === undefined ? "no named user" : labelOf(target)));
  return `${from} and ${to} never sent each other an offer; the offers of ${from} (${stamps(offers)}) were for ${listed(whom)}.${otherSignals}`;
};

/** How the last attempt with one other user went. */
export const withOther = (found: Extract<Finding, { readonly code: "outcome-with" }>): string => {
  const { other, attempts, last } = found;
  if (last === undefined) return `with ${labelOf(other)}: no offer in either direction`;
  return `with ${labelOf(other)}: ${attempts === 1 ? "" : `the last of ${attempts}: `}${attempt(last)}`;
};
