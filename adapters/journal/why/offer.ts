import { plain } from "../../plain.js";
import { isBy, isDelivered, type Person, type Relay, type Session, type Signal, type Spot, span } from "../exchange.js";
import { absence, undelivered } from "./arrival.js";
import { complete } from "./candidates.js";
import {
  apart,
  type Fate,
  type Finding,
  finding,
  type Inquiry,
  latest,
  listed,
  next,
  numbers,
  sockets,
} from "./finding.js";

/** What became of an offer, and of its answer. */
export const fateOf = (inquiry: Inquiry, offer: Signal): Fate => {
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

/** An answer that comes after a newer offer of the same side belongs to a connection that may be gone. */
export const late = ({ answers, signals }: Inquiry): ReadonlyArray<Finding> => {
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

/** Offers before the last that did not arrive. */
export const earlierOffers = ({ session, signals, answers }: Inquiry, last: Signal): ReadonlyArray<Finding> => {
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
