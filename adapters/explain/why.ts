import type { Moment, Recorded } from "../../core/index.js";
import { printable } from "../observe/printable.js";
import { attemptsIn, between, type Signal, signalsOf } from "./attempts.js";
import { NameError, peopleNamed } from "./names.js";
import { isBy, isNamed, labelOf, type Person, peopleOf } from "./people.js";
import { type Recording, type Refused, type Relay, readRecording, signalKindOf } from "./recording.js";
import { formerIds, late, lost, noRetry, outrun, toFormerId, toName, twice, unanswered } from "./why/answer.js";
import { unarrived } from "./why/arrival.js";
import { complete, early } from "./why/candidates.js";
import { type Finding, finding, type Inquiry, listed, next, numbers, shownMax, type Verdict } from "./why/finding.js";
import { glare } from "./why/glare.js";
import { type Outcome, outcomeOf, told } from "./why/outcome.js";
import { departure, missedRooms, neverActed, requestsOf } from "./why/presence.js";
import { refusalsOf } from "./why/refusals.js";

/**
 * Why did user `a` not reach user `b`? The conclusion first, then what to look at next, then the attempts in their order and what
 * else was noticed. Users are named by id or name; where a name means several people, each pair is asked about in turn.
 */
export const why = (moments: Iterable<Moment<Recorded>>, a: string, b: string): ReadonlyArray<Finding> => {
  const recording = readRecording(moments);
  const people = peopleOf(recording);
  const [as, bs] = [a, b].map((word) => peopleNamed(recording, people, word));
  const pairs = (as ?? []).flatMap((from) => (bs ?? []).filter((to) => to !== from).map((to) => ({ from, to })));
  if (pairs.length === 0) throw new NameError("Both names mean the same user: ask with two different ones.");
  const inquiries = pairs.map(({ from, to }) => inquiryOf(recording, people, { from, to }));
  const busy = inquiries.filter(({ signals }) => signals.length > 0);
  const [only] = inquiries;
  if (inquiries.length === 1 && only !== undefined) return answerTo(only);
  return (busy.length > 0 ? busy : inquiries)
    .slice(0, shownMax)
    .flatMap((inquiry) => [finding([], `${inquiry.from.label} and ${inquiry.to.label}:`), ...answerTo(inquiry)]);
};

/** How somebody fared with everybody whom they signalled with or shared a room with, a line each. */
export const whyEach = (moments: Iterable<Moment<Recorded>>, a: string): ReadonlyArray<Finding> => {
  const recording = readRecording(moments);
  const people = peopleOf(recording);
  return peopleNamed(recording, people, a).flatMap((from) => {
    const met = metBy(recording, from);
    const others = people.filter((to) => to !== from && [...met].some((id) => isNamed(id, to)));
    const findings = others.map((to) => inBrief(inquiryOf(recording, people, { from, to })));
    const alone =
      findings.length === 0 ? ", alone: nothing was signalled, and nobody else was in a room with them" : ":";
    return [finding([], `${from.label}${alone}`), ...findings];
  });
};

const inBrief = (inquiry: Inquiry): Finding => {
  const { attempts, from, to } = inquiry;
  const attempt = attempts.at(-1);
  if (attempt === undefined) return finding([], `with ${to.label}: no offer, neither way`);
  const { sentence, positions } = told(inquiry, outcomeOf(inquiry, attempt), attempts.length);
  const last = attempts.length === 1 ? "" : `the last of ${attempts.length}: `;
  const whole = [finding([], from.label), finding(positions, `with ${to.label}: ${last}${sentence}`)];
  return introduced(whole, [from, to]).at(-1) ?? finding(positions, sentence);
};

/** The ids of all who signalled with somebody, or were in a room with them at one time. */
const metBy = ({ incidents }: Recording, person: Person): ReadonlySet<string> => {
  const { ids } = person;
  const there = new Map<string, Set<string>>();
  const met = new Set<string>();
  for (const one of incidents) {
    if (one.kind === "relay" && one.signalKind !== undefined && one.to !== undefined) {
      if (isBy(one, person)) met.add(one.to);
      else if (ids.includes(one.to) && one.from !== undefined) met.add(one.from);
    }
    if (one.kind !== "join" && one.kind !== "leave") continue;
    const users = there.get(one.room) ?? new Set<string>();
    there.set(one.room, users);
    if (one.kind === "leave") users.delete(one.user);
    else users.add(one.user);
    if (one.kind === "join" && ids.some((id) => users.has(id))) for (const user of users) met.add(user);
  }
  return met;
};

const inquiryOf = (
  recording: Recording,
  people: ReadonlyArray<Person>,
  { from, to }: { readonly from: Person; readonly to: Person },
): Inquiry => {
  const signals = between(recording, from, to);
  return { recording, people, from, to, signals, attempts: attemptsIn(recording, signals) };
};

const answerTo = (inquiry: Inquiry): ReadonlyArray<Finding> => {
  const findings = inquiry.attempts.length === 0 ? withoutOffer(inquiry) : withAttempts(inquiry);
  return introduced(findings, [inquiry.from, inquiry.to]);
};

/** The two are called by name and id where they are first spoken of, and then by name. */
const introduced = (findings: ReadonlyArray<Finding>, people: ReadonlyArray<Person>): ReadonlyArray<Finding> => {
  if (new Set(people.map(({ name }) => name)).size < people.length) return findings;
  const known = new Set<Person>();
  const shortened = (text: string, person: Person): string => {
    const [head = "", ...rest] = text.split(person.label);
    if (rest.length === 0) return text;
    const first = known.has(person) ? person.name : person.label;
    known.add(person);
    return `${head}${first}${rest.join(person.name)}`;
  };
  return findings.map(({ events, sentence }) => ({ events, sentence: people.reduce(shortened, sentence) }));
};

const withoutOffer = (inquiry: Inquiry): ReadonlyArray<Finding> => {
  const { recording, from, to } = inquiry;
  const strangers = [from, to]
    .filter((person) => person.sockets.length === 0)
    .map((person) => neverActed(recording, person));
  const causes = [
    ...refusalsOf(inquiry, (_, mend) => mend === undefined),
    ...[from, to].flatMap((person) => requestsOf(recording, person)),
    ...strangers,
    ...missedRooms(inquiry),
  ];
  const toNobody = recording.incidents.some(
    (one) => one.kind === "relay" && one.signalKind === "offer" && isBy(one, from) && isToNobody(recording, one),
  );
  const advice =
    toNobody && causes.length === 0
      ? `compare the ids: ${from.label}'s page offers to ids that are not the one of ${to.label}, ${printable(to.id)}.`
      : causes.length > 0
        ? "mend the first of these; the rest may follow from it."
        : "see why neither page called: whether each had the other in its room list when it decided who offers, and whether it waits for an approval, a click or a camera. The server saw nothing to relay between them.";
  return [
    ...causes,
    noOffer(inquiry),
    ...refusalsOf(inquiry, (_, mend) => mend !== undefined),
    ...[from, to].flatMap(formerIds),
    ...departure(inquiry, Number.POSITIVE_INFINITY),
    next(advice),
  ];
};

/** For an id that nobody ever had. */
const isToNobody = ({ sockets }: Recording, { to }: Relay): boolean =>
  to !== undefined && ![...sockets.values()].some(({ users }) => users.has(to));

const noOffer = ({ recording, from, to, signals }: Inquiry): Finding => {
  const offers = recording.incidents.filter(
    (incident): incident is Relay => incident.kind === "relay" && incident.signalKind === "offer",
  );
  const elsewhere = offers.filter((offer) => isBy(offer, from));
  const stray = signals.filter(({ signalKind }) => signalKind === "candidate");
  const aside = stray.length === 0 ? "" : ` Yet other signals passed between them (${numbers(stray)}).`;
  if (elsewhere.length === 0)
    return finding(stray, `${from.label} never sent an offer to ${to.label}, nor the other way round.${aside}`);
  const targets = [
    ...new Set(elsewhere.map((offer) => (offer.to === undefined ? "nobody by name" : labelOf(recording, offer.to)))),
  ];
  return finding(
    [...elsewhere, ...stray],
    `${from.label} never sent an offer to ${to.label}: its offers (${numbers(elsewhere)}) were for ${listed(targets)}.${aside}`,
  );
};

const withAttempts = (inquiry: Inquiry): ReadonlyArray<Finding> => {
  const { recording, from, to, signals, attempts } = inquiry;
  const outcomes = attempts.map((attempt) => outcomeOf(inquiry, attempt));
  const run = lastRun(outcomes);
  const verdict = verdictOf(inquiry, run);
  const lead = signalsOf(attempts.at(-1) ?? { offers: [], answers: [], candidates: [] })[0];
  const isComplete = run.every(({ kind }) => kind === "complete");
  const decisive = isComplete || lead === undefined ? undefined : isOfSignals(lead);
  return [
    ...(decisive === undefined ? [] : refusalsOf(inquiry, (refused, mend) => mend === undefined && decisive(refused))),
    verdict.conclusion,
    verdict.next,
    ...story(inquiry, outcomes),
    ...outcomes.filter((outcome) => !run.includes(outcome)).flatMap((outcome) => before(inquiry, outcome)),
    ...verdict.details,
    ...noRetries(inquiry, run),
    ...[from, to].flatMap(formerIds),
    ...outcomes.flatMap((outcome) => late(inquiry, outcome)),
    ...early(signals),
    ...refusalsOf(inquiry, (refused, mend) => mend !== undefined || decisive?.(refused) !== true),
    ...[from, to].flatMap((person) => requestsOf(recording, person)),
    ...departure(inquiry, signals.at(-1)?.event ?? 0),
  ];
};

const noRetries = (inquiry: Inquiry, run: ReadonlyArray<Outcome>): ReadonlyArray<Finding> =>
  run.slice(-1).flatMap((last) => (isOneSided(last) ? noRetry(inquiry, last) : []));

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
    case "both gave way":
    case "neither gave way":
      return glare(inquiry, last.attempt);
    case "answered a former id":
      return toFormerId(inquiry, run);
    case "answered a name":
      return toName(run);
    case "answered twice":
      return twice(inquiry, run);
    case "answer lost":
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
  return [{ ...conclusion, sentence: `Earlier: ${conclusion.sentence}` }];
};

/** One attempt alone needs no line where the conclusion has told all of it. */
const story = (inquiry: Inquiry, outcomes: ReadonlyArray<Outcome>): ReadonlyArray<Finding> => {
  if (outcomes.length === 1 && outcomes[0]?.kind !== "complete") return [];
  const hidden = Math.max(0, outcomes.length - shownMax);
  const lines = outcomes.slice(hidden).map((outcome, i) => {
    const { sentence, positions } = told(inquiry, outcome, hidden + i + 1);
    return finding(positions, sentence);
  });
  return [...(hidden === 0 ? [] : [finding([], `${hidden} attempts before these are left out.`)]), ...lines];
};

/** Whether what was refused was itself a part of the signalling. */
const isOfSignals =
  ({ channel }: Signal) =>
  ({ what, where }: Refused): boolean =>
    signalKindOf(what) !== undefined || (what === "subscribe" && where === channel);
