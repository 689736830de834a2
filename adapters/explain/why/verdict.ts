import { type Signal, signalsOf } from "../attempts.js";
import { isBy, userNamed } from "../people.js";
import type { Recording, Refused, Relay } from "../recording.js";
import { listedMax } from "../sentences/words.js";
import { signalKindOf } from "../signal-kind.js";
import { answeredFormerId, answeredName, answeredTwice, answerLate, answerLost, offerOvertaken } from "./answer.js";
import { offersNotDelivered } from "./arrival.js";
import { absencesOf, crossingsOf, nodesOf } from "./away.js";
import { candidatesEarly, signallingComplete } from "./candidates.js";
import type { Advice } from "./codes/advice.js";
import { controlGroup } from "./control.js";
import { knocksOf, removalsOf } from "./door.js";
import { type Finding, finding, type Inquiry, nextStep, positionOf, type Verdict } from "./finding.js";
import { glare } from "./glare.js";
import { askedAsAnother, namesakeCalled, notJoinedAgain } from "./identity.js";
import { type Outcome, outcomeOf, signalsIn, summaryOf } from "./outcome.js";
import { changedIds, firstToGo, knockWithoutJoin, neverSeen, neverTogether } from "./presence.js";
import { refusalsOf } from "./refusals.js";
import { noAnswer, noSecondOffer } from "./unanswered.js";

/** The findings where neither offered to the other. */
export const withoutOffer = (inquiry: Inquiry): ReadonlyArray<Finding> => {
  const { recording, from, to } = inquiry;
  const strangers = [from, to]
    .filter((person) => person.sockets.length === 0)
    .map((person) => neverSeen(recording, person));
  const causes = [
    ...[from, to].flatMap((person) => removalsOf(recording, person)),
    ...refusalsOf(inquiry, (_, accepted) => accepted === undefined),
    ...[from, to].flatMap((person) => [...knockWithoutJoin(recording, person), ...knocksOf(recording, person)]),
    ...[from, to].flatMap((person) => [...notJoinedAgain(recording, person), ...askedAsAnother(recording, person)]),
    ...[inquiry, { ...inquiry, from: to, to: from }].flatMap(namesakeCalled),
    ...strangers,
    ...neverTogether(inquiry),
  ];
  return [
    ...causes,
    neverOffered(inquiry),
    ...nodesOf(inquiry),
    ...absencesOf(inquiry),
    ...refusalsOf(inquiry, (_, accepted) => accepted !== undefined),
    ...[from, to].flatMap(changedIds),
    ...firstToGo(inquiry, Number.POSITIVE_INFINITY),
    nextStep(adviceWithoutOffer(inquiry, causes)),
  ];
};

const adviceWithoutOffer = ({ recording, from, to }: Inquiry, causes: ReadonlyArray<Finding>): Advice => {
  if (causes.length > 0) return { code: "fix-first-cause" };
  const hasUnknownTarget = offersOf(recording).some((offer) => isBy(offer, from) && isToNobody(recording, offer));
  return hasUnknownTarget ? { code: "compare-ids", from: from.named, to: to.named } : { code: "why-no-call" };
};

const offersOf = ({ incidents }: Recording): ReadonlyArray<Relay> =>
  incidents.filter((incident): incident is Relay => incident.kind === "relay" && incident.signalKind === "offer");

/** Whether an offer is for an id that no socket ever acted for. */
const isToNobody = ({ sockets }: Recording, { to }: Relay): boolean =>
  to !== undefined && ![...sockets.values()].some(({ users }) => users.has(to));

const neverOffered = ({ recording, from, to, signals }: Inquiry): Finding => {
  const offers = offersOf(recording).filter((offer) => isBy(offer, from));
  const others = signals.filter(({ signalKind }) => signalKind === "candidate");
  return finding([...offers, ...others], {
    code: "never-offered",
    from: from.named,
    to: to.named,
    offers: offers.map(positionOf),
    targets: [...new Set(offers.map((offer) => offer.to))].map((id) =>
      id === undefined ? undefined : userNamed(recording, id),
    ),
    others: others.map(positionOf),
  });
};

/** The findings where the two tried to connect. */
export const withAttempts = (inquiry: Inquiry): ReadonlyArray<Finding> => {
  const { recording, from, to, signals, attempts } = inquiry;
  const outcomes = attempts.map((attempt) => outcomeOf(inquiry, attempt));
  const run = lastRun(outcomes);
  const verdict = verdictOf(inquiry, run);
  const lead = signalsOf(attempts.at(-1) ?? { offers: [], answers: [], candidates: [] })[0];
  const isComplete = run.every(({ kind }) => kind === "complete");
  const isDecisive = isComplete || lead === undefined ? undefined : isOfSignals(lead);
  return [
    ...(isDecisive === undefined
      ? []
      : refusalsOf(inquiry, (refused, accepted) => accepted === undefined && isDecisive(refused))),
    verdict.conclusion,
    verdict.next,
    ...nodesOf(inquiry),
    ...absencesOf(inquiry),
    ...[from, to].flatMap((person) => [...knocksOf(recording, person), ...removalsOf(recording, person)]),
    ...crossingsOf(inquiry, verdict.conclusion),
    ...attemptFindings(inquiry, outcomes),
    ...outcomes.filter((outcome) => !run.includes(outcome)).flatMap((outcome) => earlierFailure(inquiry, outcome)),
    ...verdict.details,
    ...run.slice(-1).flatMap((last) => (isOneSided(last) ? noSecondOffer(inquiry, last) : [])),
    ...[from, to].flatMap(changedIds),
    ...outcomes.flatMap((outcome) => answerLate(inquiry, outcome)),
    ...candidatesEarly(signals),
    ...refusalsOf(inquiry, (refused, accepted) => accepted !== undefined || isDecisive?.(refused) !== true),
    ...[from, to].flatMap((person) => knockWithoutJoin(recording, person)),
    ...[from, to].flatMap((person) => [...notJoinedAgain(recording, person), ...askedAsAnother(recording, person)]),
    ...run.slice(-1).flatMap((last) => controlGroup(inquiry, last)),
    ...firstToGo(inquiry, signals.at(-1)?.event ?? 0),
  ];
};

const isOneSided = ({ kind }: Outcome): boolean => kind === "undelivered" || kind === "unanswered";

/** The last attempt, with those directly before it that the same side made and that ended in the same way. */
const lastRun = (outcomes: ReadonlyArray<Outcome>): ReadonlyArray<Outcome> => {
  const last = outcomes.at(-1);
  const isOther = ({ kind, offer }: Outcome): boolean =>
    kind !== last?.kind || (kind !== "complete" && offer?.sender !== last.offer?.sender);
  return outcomes.slice(outcomes.findLastIndex(isOther) + 1);
};

const verdictOf = (inquiry: Inquiry, run: ReadonlyArray<Outcome>): Verdict => {
  const last = run.at(-1);
  if (last === undefined) throw new Error("there is no attempt to judge");
  const offers = run.flatMap(({ offer }) => offer ?? []);
  switch (last.kind) {
    case "undelivered":
      return offersNotDelivered(inquiry.recording, offers);
    case "unanswered":
      return noAnswer(inquiry, offers);
    case "overtaken":
      return offerOvertaken(last);
    case "both-gave-way":
    case "neither-gave-way":
      return glare(inquiry, last.attempt);
    case "answered-former-id":
      return answeredFormerId(inquiry, run);
    case "answered-name":
      return answeredName(run);
    case "answered-twice":
      return answeredTwice(inquiry, run);
    case "answer-lost":
      return answerLost(inquiry, last);
    case "answer-late":
    case "complete":
      return signallingComplete(inquiry, run);
  }
};

/** The conclusion about an earlier attempt that failed. */
const earlierFailure = (inquiry: Inquiry, outcome: Outcome): ReadonlyArray<Finding> => {
  if (outcome.kind === "complete" || outcome.kind === "answer-late" || outcome.kind === "overtaken") return [];
  const { conclusion } = verdictOf(inquiry, [outcome]);
  const { events } = conclusion;
  return [{ code: "earlier", events, finding: conclusion }];
};

/** A line for each attempt, but none for a single one that the conclusion already describes. */
const attemptFindings = (inquiry: Inquiry, outcomes: ReadonlyArray<Outcome>): ReadonlyArray<Finding> => {
  if (outcomes.length === 1 && outcomes[0]?.kind !== "complete") return [];
  const count = Math.max(0, outcomes.length - listedMax);
  const shown = outcomes
    .slice(count)
    .map((outcome, i) =>
      finding(signalsIn(outcome), { code: "attempt", ...summaryOf(inquiry, outcome, count + i + 1) }),
    );
  return count === 0 ? shown : [finding([], { code: "attempts-left-out", count }), ...shown];
};

/** Whether the refused request was part of the signalling. */
const isOfSignals =
  ({ channel }: Signal) =>
  ({ request, type, where, code }: Refused): boolean =>
    // Nobody lacks a candidate of an older negotiation.
    !(code === "stale" && type !== "offer" && type !== "answer") &&
    ((type !== undefined && signalKindOf(type) !== undefined) ||
      (request === "SubscribeRequested" && where === channel));
