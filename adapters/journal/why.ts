import type { Moment, Recorded } from "../../core/index.js";
import { plain } from "../plain.js";
import {
  answersTo,
  between,
  idsOf,
  isBy,
  personOf,
  type Refused,
  type Relay,
  readSession,
  roleOf,
  type Session,
  type Signal,
} from "./exchange.js";
import { early } from "./why/candidates.js";
import { type Finding, finding, type Inquiry, listed, next, numbers } from "./why/finding.js";
import { earlierOffers, fateOf, late } from "./why/offer.js";
import { departure, missedRooms, neverActed, requestsOf } from "./why/presence.js";
import { refusalsOf } from "./why/refusals.js";

/**
 * Why did user `a` not reach user `b`? The most decisive finding first, and last what to look at next. Users are named by id or,
 * where that is enough to tell them apart, by display name.
 */
export const why = (moments: Iterable<Moment<Recorded>>, a: string, b: string): ReadonlyArray<Finding> => {
  const session = readSession(moments);
  const unknown = [a, b].flatMap((word) => unknownIn(session, word));
  if (unknown.length > 0)
    return [...unknown, next("Ask again with ids as they stand in the recording: the ladder shows who was there.")];
  const [from, to] = [a, b].map((word) => personOf(session, idsOf(session, word)[0] ?? word, word));
  if (from === undefined || to === undefined || from.id === to.id)
    return [next("Both names mean the same user: ask with two different ones.")];
  const signals = between(session, from, to);
  const inquiry: Inquiry = { session, from, to, signals, answers: answersTo(session, signals) };
  const last = signals.findLast(({ role }) => role === "offer");
  return last === undefined ? withoutOffer(inquiry) : withOffer(inquiry, last);
};

const unknownIn = (session: Session, word: string): ReadonlyArray<Finding> => {
  const ids = idsOf(session, word);
  if (ids.length === 1) return [];
  const labels = (ids.length === 0 ? [...session.names.keys()] : ids).map((id) => personOf(session, id).label);
  if (ids.length > 1)
    return [finding([], `${plain(word)} is the name of ${ids.length} users: ${listed(labels)}; name one by id.`)];
  const others = labels.length === 0 ? "nobody ever said who they are" : `those who were: ${listed(labels)}`;
  return [finding([], `${plain(word)} was never seen in this recording, neither as an id nor as a name; ${others}.`)];
};

const withoutOffer = (inquiry: Inquiry): ReadonlyArray<Finding> => {
  const { session, from, to } = inquiry;
  const strangers = [from, to]
    .filter((person) => person.sockets.length === 0)
    .map((person) => neverActed(session, person));
  const causes = [
    ...refusalsOf(inquiry, (_, mend) => mend === undefined),
    ...[from, to].flatMap((person) => requestsOf(session, person)),
    ...strangers,
    ...missedRooms(inquiry),
  ];
  const others = session.incidents.some((one) => one.kind === "relay" && one.role === "offer" && isBy(one, from));
  const advice =
    others && causes.length === 0
      ? `compare the ids: ${from.label}'s page offers to ids that are not the one of ${to.label}, ${plain(to.id)}.`
      : causes.length > 0
        ? "mend the first of these; the rest may follow from it."
        : "see why neither page called: whether each had the other in its room list when it decided who offers, and whether it waits for an approval, a click or a camera. The server saw nothing to relay between them.";
  return [
    ...causes,
    noOffer(inquiry),
    ...refusalsOf(inquiry, (_, mend) => mend !== undefined),
    ...departure(inquiry),
    next(advice),
  ];
};

const noOffer = ({ session, from, to, signals }: Inquiry): Finding => {
  const offers = session.incidents.filter(
    (incident): incident is Relay => incident.kind === "relay" && incident.role === "offer",
  );
  const elsewhere = offers.filter((offer) => isBy(offer, from));
  const stray = signals.filter(({ role }) => role === "answer" || role === "candidate");
  const aside = stray.length === 0 ? "" : ` Yet other signals passed between them (${numbers(stray)}).`;
  if (elsewhere.length === 0)
    return finding(stray, `${from.label} never sent an offer to ${to.label}, nor the other way round.${aside}`);
  const targets = [...new Set(elsewhere.map((offer) => personOf(session, offer.to ?? "").label))];
  return finding(
    elsewhere,
    `${from.label} never sent an offer to ${to.label}: its offers (${numbers(elsewhere)}) were for ${listed(targets)}.${aside}`,
  );
};

const withOffer = (inquiry: Inquiry, last: Signal): ReadonlyArray<Finding> => {
  const { session, from, to, signals } = inquiry;
  const fate = fateOf(inquiry, last);
  const asides = [...late(inquiry), ...early(signals)];
  const decisive = fate.isComplete ? undefined : isOfSignals(last);
  return [
    ...(decisive === undefined ? [] : refusalsOf(inquiry, (refused, mend) => mend === undefined && decisive(refused))),
    // What goes wrong in a complete exchange goes wrong in its order.
    ...(fate.isComplete ? [...asides, ...fate.findings] : [...fate.findings, ...asides]),
    ...earlierOffers(inquiry, last),
    ...refusalsOf(inquiry, (refused, mend) => mend !== undefined || decisive?.(refused) !== true),
    ...[from, to].flatMap((person) => requestsOf(session, person)),
    ...departure(inquiry),
    fate.next,
  ];
};

/** Whether what was refused was itself a part of the signalling. */
const isOfSignals =
  ({ channel }: Signal) =>
  ({ what, where }: Refused): boolean =>
    roleOf(what) !== undefined || (what === "subscribe" && where === channel);
