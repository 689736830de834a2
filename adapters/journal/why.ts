import type { Moment, Recorded } from "../../core/index.js";
import { plain } from "../plain.js";
import {
  answersTo,
  between,
  idsOf,
  isBy,
  isDelivered,
  type Membership,
  type Person,
  personOf,
  type Refused,
  type Relay,
  readSession,
  roleOf,
  type Session,
  type Signal,
  type Socket,
  type Spot,
  span,
} from "./exchange.js";

/** One sentence of an answer, and the events that it rests on. */
export interface Finding {
  readonly events: ReadonlyArray<number>;
  readonly sentence: string;
}

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

interface Inquiry {
  readonly session: Session;
  readonly from: Person;
  readonly to: Person;
  readonly signals: ReadonlyArray<Signal>;
  /** The answer that belongs to an offer. */
  readonly answers: ReadonlyMap<Signal, Signal>;
}

const finding = (events: ReadonlyArray<Spot>, sentence: string): Finding => ({
  events: [...new Set(events.map(({ event }) => event))],
  sentence,
});
const next = (sentence: string, ...events: ReadonlyArray<Spot>): Finding => finding(events, `Next: ${sentence}`);

const shownMax = 8;

const listed = (words: ReadonlyArray<string>): string =>
  words.length > shownMax
    ? `${words.slice(0, shownMax).join(", ")} and ${words.length - shownMax} more`
    : words.join(", ");
const numbers = (spots: ReadonlyArray<Spot>): string => listed(spots.map(({ event }) => `#${event}`));
const sockets = (ids: ReadonlyArray<number>): string =>
  `socket${ids.length === 1 ? "" : "s"} ${listed(ids.map(String))}`;
const apart = (a: Spot, b: Spot): string => span(Math.abs(a.at - b.at));

const unknownIn = (session: Session, word: string): ReadonlyArray<Finding> => {
  const ids = idsOf(session, word);
  if (ids.length === 1) return [];
  const labels = (ids.length === 0 ? [...session.names.keys()] : ids).map((id) => personOf(session, id).label);
  if (ids.length > 1)
    return [finding([], `${plain(word)} is the name of ${ids.length} users: ${listed(labels)}; name one by id.`)];
  const others = labels.length === 0 ? "nobody ever said who they are" : `those who were: ${listed(labels)}`;
  return [finding([], `${plain(word)} was never seen in this recording, neither as an id nor as a name; ${others}.`)];
};

// ---- No offer between the two

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

const neverActed = ({ incidents }: Session, { id, label }: Person): Finding => {
  const named = incidents.filter((incident): incident is Relay => incident.kind === "relay" && incident.to === id);
  const how =
    named.length === 0 ? "it is only known from a refused message" : `it was only named by others (${numbers(named)})`;
  return finding(named, `No socket ever joined or published as ${label}: ${how}.`);
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

/** Two people who were never in one room at one time have no reason to call each other. */
const missedRooms = ({ session, from, to }: Inquiry): ReadonlyArray<Finding> => {
  const moves = session.incidents.filter(
    (incident): incident is Membership => incident.kind === "join" || incident.kind === "leave",
  );
  const there = new Map<string, Set<string>>();
  for (const { kind, user, room } of moves) {
    const users = there.get(room) ?? new Set<string>();
    there.set(room, users);
    if (kind === "leave") users.delete(user);
    else users.add(user);
    if (users.has(from.id) && users.has(to.id)) return [];
  }
  const joins = [from, to].map(({ id }) => moves.filter(({ kind, user }) => kind === "join" && user === id));
  const told = [from, to].map(({ label }, i) => {
    const own = joins[i] ?? [];
    return own.length === 0
      ? `${label} joined none`
      : `${label} joined ${listed(own.map(({ room, event }) => `${plain(room)} at #${event}`))}`;
  });
  return [finding(joins.flat(), `They were never in one room at the same time: ${told.join(", ")}.`)];
};

// ---- The fate of the last offer

interface Fate {
  readonly findings: ReadonlyArray<Finding>;
  readonly isComplete: boolean;
  readonly next: Finding;
}

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

const fateOf = (inquiry: Inquiry, offer: Signal): Fate => {
  const { answers, signals } = inquiry;
  const { sender, receiver } = offer;
  if (!isDelivered(offer))
    return {
      findings: [undelivered(inquiry.session, offer)],
      isComplete: false,
      next: next(
        `look at ${receiver.label}'s page around #${offer.event}: it must be connected, subscribed to ${plain(offer.channel)} and known by this very id before ${sender.label} offers, or ${sender.label} must offer again when it comes.`,
        offer,
      ),
    };
  const crossing = signals.findLast((other) => isCrossing(inquiry, other, offer));
  const answered = [offer, crossing].find((one) => one !== undefined && answers.has(one));
  const answer = answered && answers.get(answered);
  const glare = crossing === undefined ? [] : [glareOf(crossing, offer, answer)];
  if (answered === undefined || answer === undefined) return unanswered(inquiry, offer, glare);
  if (isDelivered(answer)) return complete(inquiry, { offer: answered, answer, glare });
  return {
    findings: [
      finding(
        [answered, answer],
        `${answer.sender.label} got the offer #${answered.event} and answered at #${answer.event}, ${apart(answered, answer)} later, but the answer did not arrive.`,
      ),
      undelivered(inquiry.session, answer),
      ...glare,
    ],
    isComplete: false,
    next: next(
      `look at ${answer.receiver.label}'s page around #${answer.event}: why was it not there, or not subscribed, for the answer to its own offer?`,
      answer,
    ),
  };
};

/** Two offers cross when the later one was made by the other side before the earlier one was answered. */
const isCrossing = ({ signals }: Inquiry, earlier: Signal, offer: Signal): boolean =>
  earlier.role === "offer" &&
  earlier.sender === offer.receiver &&
  earlier.event < offer.event &&
  isDelivered(earlier) &&
  !signals.some(({ role, event }) => role === "answer" && event > earlier.event && event < offer.event);

const glareOf = (first: Signal, second: Signal, answer: Signal | undefined): Finding => {
  const outcome =
    answer === undefined
      ? "and neither was answered: each side waits for the other, and one of them has to give way (the polite peer of perfect negotiation)"
      : `and ${answer.sender.label} gave way and answered at #${answer.event}`;
  return finding(
    [first, second, ...(answer === undefined ? [] : [answer])],
    `Both offered at once (glare): #${first.event} by ${first.sender.label} and #${second.event} by ${second.sender.label} crossed, ${apart(first, second)} apart, ${outcome}.`,
  );
};

const unanswered = (inquiry: Inquiry, offer: Signal, glare: ReadonlyArray<Finding>): Fate => {
  const { sender, receiver, got, perhaps } = offer;
  const older = inquiry.signals.findLast(
    (signal) => signal.role === "answer" && signal.sender === receiver && signal.event > offer.event,
  );
  const where =
    got.length > 0
      ? `${receiver.label} got it on ${sockets(got)}`
      : `it went to ${sockets(perhaps)}, which never told whom it acts for and may be ${receiver.label}'s`;
  const gone = goneAfter(inquiry.session, receiver, offer);
  const lead =
    older === undefined
      ? `No answer was sent to the offer #${offer.event} of ${sender.label}: ${where}${gone === undefined ? "" : `, and ${gone.text}`}.`
      : `The offer #${offer.event} of ${sender.label} got no answer of its own: ${where}, and the answer #${older.event} that followed belongs to an older offer.`;
  const astray = misdirected(inquiry, offer);
  return {
    findings: [
      ...glare,
      finding([offer, ...(older === undefined ? [] : [older]), ...(gone === undefined ? [] : [gone.spot])], lead),
      ...astray,
    ],
    isComplete: false,
    next: afterSilence(offer, {
      isGlare: glare.length > 0,
      isLate: older !== undefined,
      isAstray: astray.length > 0,
      gone: gone?.spot,
    }),
  };
};

interface Silence {
  readonly isGlare: boolean;
  readonly isLate: boolean;
  readonly isAstray: boolean;
  readonly gone: Spot | undefined;
}

const afterSilence = (offer: Signal, { isGlare, isLate, isAstray, gone }: Silence): Finding => {
  const { sender, receiver, event } = offer;
  if (isGlare)
    return next(
      "look at how both pages decide who offers: one fixed side (by order of ids, or the newcomer) or perfect negotiation.",
    );
  if (isLate)
    return next(
      `look at why ${sender.label} offered again before it had an answer: it should wait for it, or number its offers and drop answers to older ones.`,
    );
  if (isAstray) return next(`look at where ${receiver.label}'s page takes the id from that it answers to.`);
  if (gone !== undefined)
    return next(
      `look at why ${receiver.label} went at #${gone.event}, before it had answered: a reload, a crash, or the network.`,
      gone,
    );
  return next(
    `look at ${receiver.label}'s browser console after #${event}: the message was handed to its socket, so the page did not read it, failed in setRemoteDescription, or waits (for a camera, a click, an approval).`,
    offer,
  );
};

/** An answer that went to somebody else, or with another id than the offer came with. */
const misdirected = ({ session }: Inquiry, { receiver, sender, event }: Signal): ReadonlyArray<Finding> => {
  const astray = session.incidents.filter(
    (incident): incident is Relay =>
      incident.kind === "relay" &&
      incident.role === "answer" &&
      incident.event > event &&
      isBy(incident, receiver) &&
      incident.to !== undefined &&
      incident.to !== sender.id,
  );
  if (astray.length === 0) return [];
  const targets = [...new Set(astray.map(({ to }) => plain(to ?? "")))];
  return [
    finding(
      astray,
      `${receiver.label} did send answers (${numbers(astray)}), but to ${listed(targets)} and not to ${sender.label}.`,
    ),
  ];
};

const goneAfter = (
  session: Session,
  person: Person,
  { event, at }: Spot,
): { readonly spot: Spot; readonly text: string } | undefined => {
  const stop = session.incidents.find(({ kind }) => kind === "stop")?.event ?? Number.POSITIVE_INFINITY;
  const ends = person.sockets.map(({ until }) => until);
  const last = ends.every((until) => until !== undefined) ? latest(ends.flatMap((until) => until ?? [])) : undefined;
  if (last === undefined || last.event < event || last.event > stop) return undefined;
  return { spot: last, text: `was gone at #${last.event}, ${span(last.at - at)} later (close code ${last.code})` };
};

const latest = <S extends Spot>(spots: ReadonlyArray<S>): S | undefined =>
  spots.reduce<S | undefined>(
    (found, spot) => (found === undefined || spot.event > found.event ? spot : found),
    undefined,
  );

// ---- Why a message did not arrive

const undelivered = (session: Session, message: Signal): Finding => {
  const { sender, receiver, type, event, receivers, channel } = message;
  const what = `${plain(type)} #${event} of ${sender.label}`;
  const reach =
    receivers.length === 0
      ? "went to nobody"
      : `went to ${sockets(receivers)}, acting for others, and not to ${receiver.label}`;
  const { spots, text } = absence(session, message);
  const anonymous = subscribedLater(
    [...session.sockets.values()].filter(({ users }) => users.size === 0),
    channel,
    message,
  );
  const perhaps =
    anonymous === undefined || spots.some((spot) => spot.event === anonymous.event)
      ? ""
      : ` A socket that never told whom it acts for subscribed at #${anonymous.event}, ${apart(message, anonymous)} later: it may be ${receiver.label}'s, too late.`;
  return finding([message, ...spots], `The ${what} ${reach}: ${text}.${perhaps}`);
};

interface Reason {
  readonly spots: ReadonlyArray<Spot>;
  readonly text: string;
}

const absence = (session: Session, message: Signal): Reason => {
  const { receiver, event, channel } = message;
  const connected = receiver.sockets.filter(({ since, until }) => isDuring({ since, until }, event));
  if (connected.length === 0) return unconnected(session, message);
  const subscribed = connected.filter(({ subscriptions }) =>
    subscriptions.some((one) => one.channel === channel && isDuring(one, event)),
  );
  return subscribed.length === 0 ? unsubscribed(message, connected) : keptFrom(message, subscribed);
};

const isDuring = (time: { readonly since: Spot; readonly until: Spot | undefined }, event: number): boolean =>
  time.since.event <= event && (time.until === undefined || time.until.event > event);

const unconnected = (session: Session, message: Signal): Reason => {
  const { receiver, event, channel } = message;
  const left = latest(
    receiver.sockets.flatMap(({ until }) => (until !== undefined && until.event <= event ? until : [])),
  );
  const coming = receiver.sockets.map(({ since }) => since).find((since) => since.event > event);
  const gone =
    left === undefined
      ? ""
      : `it had disconnected at #${left.event}, ${apart(left, message)} before (close code ${left.code}: ${closeCode(left.code)})`;
  const came =
    coming === undefined
      ? ""
      : `it connected ${left === undefined ? "" : "again "}at #${coming.event}, ${apart(message, coming)} later`;
  const account = [gone, came].filter((text) => text !== "").join(", and ");
  if (account !== "")
    return {
      spots: [...(left === undefined ? [] : [left]), ...(coming === undefined ? [] : [coming])],
      text: `${receiver.label} was not connected then: ${account}`,
    };
  const bystanders = [...session.sockets.values()].filter(
    ({ users, subscriptions }) =>
      users.size > 0 &&
      !users.has(message.sender.id) &&
      subscriptions.some((one) => one.channel === channel && isDuring(one, event)),
  );
  const kept = bystanders.length === 0 ? "" : `; it was kept from ${actingFor(bystanders)}`;
  return {
    spots: bystanders.flatMap(({ users }) => [...users.values()]),
    text: `no socket ever joined or published as ${receiver.label}${kept}`,
  };
};

const unsubscribed = (message: Signal, connected: ReadonlyArray<Socket>): Reason => {
  const { receiver, event, channel } = message;
  const ended = latest(
    connected.flatMap(({ subscriptions }) =>
      subscriptions.flatMap(({ channel: other, until }) =>
        other === channel && until !== undefined && until.event <= event ? until : [],
      ),
    ),
  );
  const after = subscribedLater(receiver.sockets, channel, message);
  const instead = [
    ...new Set(
      connected.flatMap(({ subscriptions }) =>
        subscriptions.filter((one) => isDuring(one, event)).map((one) => plain(one.channel)),
      ),
    ),
  ];
  const before = ended === undefined ? "" : `; it had unsubscribed at #${ended.event}`;
  const later =
    after === undefined
      ? `, and never subscribed to it${ended === undefined ? "" : " again"}`
      : `; it subscribed at #${after.event}, ${apart(message, after)} later`;
  const only = instead.length === 0 ? "to nothing" : `only to ${listed(instead)}`;
  return {
    spots: [...(ended === undefined ? [] : [ended]), ...(after === undefined ? [] : [after])],
    text: `${receiver.label} was connected (${sockets(connected.map(({ id }) => id))}) but not subscribed to ${plain(channel)}, ${only}${before}${later}`,
  };
};

const subscribedLater = (candidates: ReadonlyArray<Socket>, channel: string, { event }: Spot): Spot | undefined =>
  candidates
    .flatMap(({ subscriptions }) => subscriptions)
    .filter((one) => one.channel === channel && one.since.event > event)
    .map(({ since }) => since)
    .sort((a, b) => a.event - b.event)[0];

/** Subscribed, and yet left out: it is the sender's own socket, or was known to act for others only (PROTOCOL, "Targeted messages"). */
const keptFrom = ({ receiver, client, event }: Signal, subscribed: ReadonlyArray<Socket>): Reason => {
  const others = subscribed.filter(({ id }) => id !== client);
  if (others.length === 0)
    return {
      spots: [],
      text: `the only socket of ${receiver.label} on that channel is the sender's own (socket ${client}), and nobody is sent their own messages`,
    };
  const known = others.map(({ id, users }) => ({
    id,
    users: new Map([...users].filter(([, since]) => since.event <= event)),
  }));
  const learnt = others.flatMap(({ users }) => users.get(receiver.id) ?? []).sort((a, b) => a.event - b.event)[0];
  const later = learnt === undefined ? "" : `; that it acts for ${receiver.label} too came out at #${learnt.event}`;
  return {
    spots: [...known.flatMap(({ users }) => [...users.values()]), ...(learnt === undefined ? [] : [learnt])],
    text: `it was kept from ${receiver.label}'s ${actingFor(known)}, because a message to one user is not sent to those known to act for somebody else only${later}`,
  };
};

const actingFor = (acting: ReadonlyArray<Pick<Socket, "id" | "users">>): string =>
  listed(
    acting.map(({ id, users }) => {
      const whom = [...users].map(([user, { event }]) => `${plain(user)}, since #${event}`);
      return `socket ${id} (known to act for ${listed(whom)})`;
    }),
  );

/** RFC 6455, 7.4.1, in a user's words. */
const closeCode = (code: number): string => {
  switch (code) {
    case 1000:
      return "the page closed it";
    case 1001:
      return "the page went away";
    case 1005:
      return "closed without a reason";
    case 1006:
      return "the connection was lost";
    case 1008:
      return "closed by a policy";
    case 1009:
      return "a frame was too large";
    case 1013:
      return "it was too slow and cut off";
    default:
      return "see the close code";
  }
};

// ---- When signalling was complete

interface Agreement {
  readonly offer: Signal;
  readonly answer: Signal;
  readonly glare: ReadonlyArray<Finding>;
}

const complete = (inquiry: Inquiry, { offer, answer, glare }: Agreement): Fate => {
  const sides = [offer.sender, offer.receiver].map((side) => trickle(inquiry, side, offer));
  const lacking = sides.flatMap(({ lack }) => lack);
  const pair = `offer #${offer.event} by ${offer.sender.label} and answer #${answer.event} by ${answer.sender.label} both arrived`;
  if (lacking.length > 0)
    return {
      findings: [...lacking, finding([offer, answer], `Otherwise signalling is well: ${pair}.`), ...glare],
      isComplete: false,
      next: next(
        "look at how the pages send candidates: each must go to the other as it is found, or stand in the description.",
      ),
    };
  const counts = sides.map(({ person, sent }) => `${sent.length} from ${person.label}`).join(", ");
  const candidates = sides.every(({ sent }) => sent.length > 0)
    ? `, and so did the candidates (${counts})`
    : "; there may have been candidates in their texts, which were not recorded";
  return {
    findings: [
      finding(
        [offer, answer, ...sides.flatMap(({ sent }) => sent.slice(0, 1))],
        `Signalling was complete: ${pair}${candidates}. The trouble is ICE or media, not here.`,
      ),
      ...sides.flatMap(({ lost }) => lost),
      ...sides.flatMap(kinds),
      ...glare,
    ],
    isComplete: true,
    next: next(iceAdvice(sides)),
  };
};

interface Side {
  readonly person: Person;
  /** The messages that brought candidates and arrived. */
  readonly sent: ReadonlyArray<Signal>;
  readonly types: ReadonlyMap<string, number>;
  /** What keeps the exchange from being complete. */
  readonly lack: ReadonlyArray<Finding>;
  /** What was lost of an exchange that is complete without it. */
  readonly lost: ReadonlyArray<Finding>;
}

/**
 * A side's candidates, as messages of their own or in its descriptions, on sockets that were still there for the offer: a
 * renegotiation needs no new ones. Where no text was kept, the descriptions are given the benefit of the doubt.
 */
const trickle = ({ session, signals }: Inquiry, person: Person, offer: Signal): Side => {
  const own = signals.filter(({ sender }) => sender === person);
  const tried = own.filter(({ role, candidates }) => role === "candidate" || candidates.size > 0);
  const sent = tried.filter(({ got, perhaps }) =>
    [...got, ...perhaps].some((id) => (session.sockets.get(id)?.until?.event ?? offer.event) >= offer.event),
  );
  const types = new Map<string, number>();
  for (const { candidates } of sent)
    for (const [type, count] of candidates) types.set(type, (types.get(type) ?? 0) + count);
  const lost = tried
    .filter((signal) => signal.event > offer.event && !isDelivered(signal))
    .slice(0, 1)
    .map((signal) => undelivered(session, signal));
  const isDoubtful = own.some(({ isLegible }) => !isLegible);
  if (sent.length > 0) return { person, sent, types, lack: [], lost };
  const none = finding([], `${person.label} sent no ICE candidates, neither as messages nor in its description.`);
  const lack = lost.length > 0 ? lost : isDoubtful ? [] : [none];
  return { person, sent, types, lack, lost: [] };
};

const kinds = ({ person, types, sent }: Side): ReadonlyArray<Finding> => {
  if (types.size === 0) return [];
  const told = [...types].map(([type, count]) => `${count} ${type}`).join(", ");
  const lone =
    types.size === 1 && types.has("host")
      ? ": only host candidates, so it used no STUN server or did not reach it"
      : "";
  return [finding(sent.slice(0, 1), `Candidates of ${person.label} by type: ${told}${lone}.`)];
};

const iceAdvice = (sides: ReadonlyArray<Side>): string => {
  const seen = sides.filter(({ types }) => types.size > 0);
  if (seen.length < sides.length)
    return "compare the candidates' types in both browsers (about:webrtc, chrome://webrtc-internals); the recording holds too little of the texts to tell (RECORD_PAYLOADS=redacted keeps the types).";
  const isHostOnly = seen.some(({ types }) => types.size === 1 && types.has("host"));
  const hasRelay = seen.some(({ types }) => types.has("relay"));
  if (isHostOnly)
    return "check STUN_SERVERS and whether UDP to it is let through: host candidates alone connect only within one network; then TURN.";
  if (!hasRelay)
    return "try a TURN server: neither side has a relay candidate, so two strict NATs or a firewall keep them apart; then chrome://webrtc-internals.";
  return "look at the candidate pairs and at the media in chrome://webrtc-internals on both sides: STUN and TURN were there.";
};

// ---- What else went wrong

/** An answer that comes after a newer offer of the same side belongs to a connection that may be gone. */
const late = ({ answers, signals }: Inquiry): ReadonlyArray<Finding> => {
  const places = new Map(signals.map((signal, i) => [signal, i]));
  return [...answers].flatMap(([offer, answer]) => {
    const meanwhile = signals.slice((places.get(offer) ?? 0) + 1, places.get(answer));
    const newer = meanwhile.find(({ role, sender }) => role === "offer" && sender === offer.sender);
    if (newer === undefined || (answer.negotiation !== undefined && answers.has(newer))) return [];
    return [
      finding(
        [offer, newer, answer],
        `The answer #${answer.event} of ${answer.sender.label} is late: it is to the offer #${offer.event}, and ${offer.sender.label} had sent a newer one, #${newer.event}, ${apart(newer, answer)} before; a page that has moved on cannot use it.`,
      ),
    ];
  });
};

/** Candidates on a socket that had not got a description of their sender yet: a browser refuses them. */
const early = (signals: ReadonlyArray<Signal>): ReadonlyArray<Finding> => {
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
    if (signal.role === "offer" || signal.role === "answer") for (const id of reached) on.add(id);
    else if (signal.role === "candidate" && reached.length > 0 && !reached.some((id) => on.has(id))) note(signal);
  }
  return [...found].map(([person, candidates]) => {
    const [first] = candidates;
    const description = signals.find(
      ({ role, sender, event }) =>
        (role === "offer" || role === "answer") && sender === person && event > (first?.event ?? 0),
    );
    const then = description === undefined ? "and none came" : `the ${description.role} came at #${description.event}`;
    return finding(
      [...candidates.slice(0, shownMax), ...(description === undefined ? [] : [description])],
      `Candidates of ${person.label} (${numbers(candidates)}) arrived before the offer or answer they belong to, ${then}: a page that does not keep them for later loses them.`,
    );
  });
};

const earlierOffers = ({ session, signals, answers }: Inquiry, last: Signal): ReadonlyArray<Finding> => {
  const failed = signals
    .filter(({ role, event }) => role === "offer" && event < last.event)
    .filter((offer) => !answers.has(offer));
  const lost = failed.filter((offer) => !isDelivered(offer));
  const [first] = lost;
  if (first === undefined) return [];
  if (!isDelivered(last) && absence(session, first).text === absence(session, last).text)
    return [finding(lost, `Its earlier offers (${numbers(lost)}) did not arrive either, for the same reason.`)];
  const reason = undelivered(session, first);
  const more = lost.length === 1 ? "" : ` So did ${numbers(lost.slice(1))}.`;
  const events = [...new Set([...reason.events, ...lost.map(({ event }) => event)])];
  return [{ events, sentence: `Earlier: ${reason.sentence}${more}` }];
};

/** Refusals of what the two tried, one sentence for each kind; `mend` is where it went through after all. */
const refusalsOf = (
  { session, from, to }: Inquiry,
  isWanted: (refused: Refused, mend: Spot | undefined) => boolean,
): ReadonlyArray<Finding> => {
  const groups = new Map<string, { readonly who: string; readonly all: Refused[] }>();
  for (const incident of session.incidents) {
    if (incident.kind !== "refusal") continue;
    const who = refusedWhom(session, incident, [from, to]);
    if (who === undefined) continue;
    const key = [who, incident.what, incident.code, incident.where].join("\n");
    const group = groups.get(key) ?? { who, all: [] };
    group.all.push(incident);
    groups.set(key, group);
  }
  return [...groups.values()].flatMap(({ who, all }) => {
    const last = all.at(-1);
    const mend = last && mended(session, last);
    return last !== undefined && isWanted(last, mend) ? [refusalSentence(who, all, mend)] : [];
  });
};

const refusedWhom = ({ sockets }: Session, refused: Refused, people: ReadonlyArray<Person>): string | undefined => {
  const named = people.find(({ id }) => id === refused.user);
  if (named !== undefined) return named.label;
  if (refused.user !== undefined) return undefined;
  const acting = people.find((person) => person.sockets.some(({ id }) => id === refused.client));
  if (acting !== undefined) return acting.label;
  const isUnknown = sockets.get(refused.client)?.users.size === 0;
  return isUnknown && roleOf(refused.what) !== undefined
    ? `socket ${refused.client}, which never told whom it acts for`
    : undefined;
};

const refusalSentence = (who: string, all: ReadonlyArray<Refused>, mend: Spot | undefined): Finding => {
  const [first] = all;
  if (first === undefined) return finding([], "");
  const where = first.where === undefined ? "" : ` (${plain(first.where)})`;
  const times = all.length === 1 ? "" : `, ${all.length} times`;
  const then = mend === undefined ? "" : ` It went through at #${mend.event}.`;
  return finding(
    [...all.slice(0, shownMax), ...(mend === undefined ? [] : [mend])],
    `Refused at ${numbers(all)}: ${plain(first.what)}${where} of ${who}, ${first.code}${times}; ${remedy(first)}.${then}`,
  );
};

const mended = ({ incidents, sockets }: Session, refused: Refused): Spot | undefined => {
  const { event, what, where, user, client } = refused;
  if (what === "user-joined-room")
    return incidents.find((one) => one.kind === "join" && one.user === user && one.room === where && one.event > event);
  if (what === "subscribe")
    return sockets.get(client)?.subscriptions.find((one) => one.channel === where && one.since.event > event)?.since;
  return incidents.find(
    (one) => one.kind === "relay" && one.client === client && one.type === what && one.event > event,
  );
};

const remedy = ({ code }: Refused): string => {
  switch (code) {
    case "room-not-found":
      return "the room was not open, or not any more: create it first, and ask for the list after a reconnect";
    case "room-full":
      return "the room had all the participants it may have (ROOM_PARTICIPANTS_MAX)";
    case "room-exists":
      return "another host holds a room of that id";
    case "not-allowed":
      return "only who joined, or the host, may do that";
    case "rate-limited":
      return "the client sent more than its rate, and nothing of that was relayed";
    case "no-channel":
      return "the message named no channel, so it was relayed to nobody";
    case "too-many-channels":
      return "the client has all the channels it may have, and does not hear this one";
    case "too-many-rooms":
      return "the client or the server has all the rooms it may have";
    case "invalid-message":
      return "the message lacks a member, or one is of the wrong kind";
    case "binary-unsupported":
      return "messages must be text frames";
  }
};

/** Requests to be let in that did not end in the room. */
const requestsOf = ({ incidents, names }: Session, person: Person): ReadonlyArray<Finding> => {
  const isRelay = (incident: Session["incidents"][number]): incident is Relay => incident.kind === "relay";
  const request = incidents.filter(isRelay).findLast((one) => one.role === "request" && isBy(one, person));
  if (request === undefined) return [];
  const ask = `${person.label} asked to join at #${request.event}`;
  const whom = request.to === undefined ? "the host" : plain(names.get(request.to) ?? request.to);
  const reply = incidents
    .filter(isRelay)
    .find(
      ({ role, event, to }) =>
        event > request.event &&
        (role === "approval" || role === "rejection") &&
        (to === person.id || to === undefined),
    );
  const joined = incidents.find((one) => one.kind === "join" && one.user === person.id && one.event > request.event);
  if (joined !== undefined) return [];
  const withdrawal = incidents
    .filter(isRelay)
    .find((one) => one.role === "withdrawal" && one.event > request.event && isBy(one, person));
  if (withdrawal !== undefined)
    return [finding([request, withdrawal], `${ask} and took it back at #${withdrawal.event}.`)];
  if (reply === undefined) {
    const heard =
      request.receivers.length === 0
        ? `, and the request reached nobody: ${whom} was not listening on ${plain(request.channel)}`
        : "";
    return [finding([request], `${ask}, and ${whom} never answered${heard}.`)];
  }
  if (reply.role === "rejection") return [finding([request, reply], `${ask} and was rejected at #${reply.event}.`)];
  const lost = reply.receivers.length === 0 ? ": the approval reached nobody" : "";
  return [finding([request, reply], `${ask} and was approved at #${reply.event}, but never joined${lost}.`)];
};

/** Who went first, while the server was still there. */
const departure = ({ session, from, to }: Inquiry): ReadonlyArray<Finding> => {
  const stop = session.incidents.find(({ kind }) => kind === "stop")?.event ?? Number.POSITIVE_INFINITY;
  const ends = [from, to].flatMap((person) => {
    const end = endOf(session, person);
    return end === undefined || end.spot.event > stop ? [] : [{ person, ...end }];
  });
  const [first, second] = ends.sort((a, b) => a.spot.event - b.spot.event);
  if (first === undefined) return [];
  const after =
    second === undefined
      ? ""
      : `; ${second.person.label} followed at #${second.spot.event}, ${apart(first.spot, second.spot)} later`;
  return [
    finding(
      [first.spot, ...(second === undefined ? [] : [second.spot])],
      `The first to go was ${first.person.label}, who ${first.text} at #${first.spot.event}, ${span(first.spot.at - session.startedAt)} after the start${after}.`,
    ),
  ];
};

/** The last time that somebody left a room or lost their last socket, unless they came back. */
const endOf = (
  { incidents }: Session,
  { id, sockets: own }: Person,
): { readonly spot: Spot; readonly text: string } | undefined => {
  const move = incidents.findLast(
    (incident): incident is Membership =>
      (incident.kind === "join" || incident.kind === "leave") && incident.user === id,
  );
  if (move?.kind === "join") return undefined;
  if (move !== undefined) return { spot: move, text: leaving(move) };
  const ends = own.map(({ until }) => until);
  const last = ends.every((until) => until !== undefined) ? latest(ends.flatMap((until) => until ?? [])) : undefined;
  return last === undefined
    ? undefined
    : { spot: last, text: `disconnected (close code ${last.code}: ${closeCode(last.code)})` };
};

const leaving = ({ room, why: how }: Membership): string => {
  if (how === "removed by the host") return `was removed from room ${plain(room)} by the host`;
  return `left room ${plain(room)}${how === "disconnected" ? " by disconnecting" : ""}`;
};
