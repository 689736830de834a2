import { type Signal, signalsOf } from "../attempts.js";
import { isBy, userNamed } from "../people.js";
import type { Recording, Refused, Relay } from "../recording.js";
import { listedMax } from "../sentences/words.js";
import { signalKindOf } from "../signal-kind.js";
import { late, lost, outrun, toFormerId, toName, twice } from "./answer.js";
import { unarrived } from "./arrival.js";
import { complete, early } from "./candidates.js";
import type { Advice } from "./codes/advice.js";
import { type Finding, finding, type Inquiry, next, positionOf, type Verdict } from "./finding.js";
import { glare } from "./glare.js";
import { type Outcome, outcomeOf, signalsIn, summaryOf } from "./outcome.js";
import { departure, formerIds, knocksOf, missedRooms, neverActed } from "./presence.js";
import { refusalsOf } from "./refusals.js";
import { noSecondOffer, unanswered } from "./unanswered.js";

/** What is found where neither offered to the other. */
export const withoutOffer = (inquiry: Inquiry): ReadonlyArray<Finding> => {
  const { recording, from, to } = inquiry;
  const strangers = [from, to]
    .filter((person) => person.sockets.length === 0)
    .map((person) => neverActed(recording, person));
  const causes = [
    ...refusalsOf(inquiry, (_, accepted) => accepted === undefined),
    ...[from, to].flatMap((person) => knocksOf(recording, person)),
    ...strangers,
    ...missedRooms(inquiry),
  ];
  return [
    ...causes,
    neverOffered(inquiry),
    ...refusalsOf(inquiry, (_, accepted) => accepted !== undefined),
    ...[from, to].flatMap(formerIds),
    ...departure(inquiry, Number.POSITIVE_INFINITY),
    next(adviceWithoutOffer(inquiry, causes)),
  ];
};

const adviceWithoutOffer = ({ recording, from, to }: Inquiry, causes: ReadonlyArray<Finding>): Advice => {
  if (causes.length > 0) return { code: "fix-first-cause" };
  const isAstray = offersOf(recording).some((offer) => isBy(offer, from) && isToNobody(recording, offer));
  return isAstray ? { code: "compare-ids", from: from.named, to: to.named } : { code: "why-no-call" };
};

const offersOf = ({ incidents }: Recording): ReadonlyArray<Relay> =>
  incidents.filter((incident): incident is Relay => incident.kind === "relay" && incident.signalKind === "offer");

/** For an id that nobody ever had. */
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

/** What is found of the attempts of two to connect. */
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
    ...story(inquiry, outcomes),
    ...outcomes.filter((outcome) => !run.includes(outcome)).flatMap((outcome) => before(inquiry, outcome)),
    ...verdict.details,
    ...run.slice(-1).flatMap((last) => (isOneSided(last) ? noSecondOffer(inquiry, last) : [])),
    ...[from, to].flatMap(formerIds),
    ...outcomes.flatMap((outcome) => late(inquiry, outcome)),
    ...early(signals),
    ...refusalsOf(inquiry, (refused, accepted) => accepted !== undefined || isDecisive?.(refused) !== true),
    ...[from, to].flatMap((person) => knocksOf(recording, person)),
    ...departure(inquiry, signals.at(-1)?.event ?? 0),
  ];
};

const isOneSided = ({ kind }: Outcome): boolean => kind === "undelivered" || kind === "unanswered";

/** The last attempt, and those right before it that one side made and that ended likewise. */
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
      return unarrived(inquiry.recording, offers);
    case "unanswered":
      return unanswered(inquiry, offers);
    case "outrun":
      return outrun(last);
    case "both-gave-way":
    case "neither-gave-way":
      return glare(inquiry, last.attempt);
    case "answered-former-id":
      return toFormerId(inquiry, run);
    case "answered-name":
      return toName(run);
    case "answered-twice":
      return twice(inquiry, run);
    case "answer-lost":
      return lost(inquiry, last);
    case "late":
    case "complete":
      return complete(inquiry, run);
  }
};

/** What was wrong with an attempt before the last ones. */
const before = (inquiry: Inquiry, outcome: Outcome): ReadonlyArray<Finding> => {
  if (outcome.kind === "complete" || outcome.kind === "late" || outcome.kind === "outrun") return [];
  const { conclusion } = verdictOf(inquiry, [outcome]);
  const { events } = conclusion;
  return [{ code: "earlier", events, finding: conclusion }];
};

/** One attempt alone needs no line where the conclusion has told all of it. */
const story = (inquiry: Inquiry, outcomes: ReadonlyArray<Outcome>): ReadonlyArray<Finding> => {
  if (outcomes.length === 1 && outcomes[0]?.kind !== "complete") return [];
  const count = Math.max(0, outcomes.length - listedMax);
  const shown = outcomes
    .slice(count)
    .map((outcome, i) =>
      finding(signalsIn(outcome), { code: "attempt", ...summaryOf(inquiry, outcome, count + i + 1) }),
    );
  return count === 0 ? shown : [finding([], { code: "attempts-left-out", count }), ...shown];
};

/** Whether what was refused was itself a part of the signalling. */
const isOfSignals =
  ({ channel }: Signal) =>
  ({ request, type, where }: Refused): boolean =>
    (type !== undefined && signalKindOf(type) !== undefined) || (request === "SubscribeRequested" && where === channel);
