import { isRival, isUnheard, type Reach, reachOf } from "./delivered.js";
import { isBy, isNamed, type Person } from "./people.js";
import type { Position, Recording, Relay, Socket } from "./recording.js";

/** A signal from one of two people to the other. */
export interface Signal extends Relay {
  readonly sender: Person;
  readonly receiver: Person;
  readonly reach: Reach<Socket>;
}

/** The signals between two events, of signals in their order. */
export const signalsBetween = (
  signals: ReadonlyArray<Signal>,
  after: Position,
  before: Position,
): ReadonlyArray<Signal> => signals.slice(indexAfter(signals, after.event), indexAfter(signals, before.event - 1));

/** The index of the first signal after an event. */
const indexAfter = (signals: ReadonlyArray<Signal>, event: number): number => {
  let [low, high] = [0, signals.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((signals[middle]?.event ?? 0) <= event) low = middle + 1;
    else high = middle;
  }
  return low;
};

/** Whether a signal reached, or may have reached, its receiver. */
export const isDelivered = ({ reach }: Signal): boolean => !isUnheard(reach);

/** The sockets that are, or may be, the receiver's and got the signal. */
export const reachedBy = ({ reach }: Signal): ReadonlyArray<Socket> => [...reach.certain, ...reach.possible];

/** The receiver's sockets that a signal reached, and those that their sessions went on with. */
export const goneOnWith = (signal: Signal): ReadonlyArray<Socket> => {
  const reached = reachedBy(signal);
  const sessions = new Set(reached.map(({ session }) => session));
  return [
    ...reached,
    ...signal.receiver.sockets.filter((socket) => sessions.has(socket.session) && !reached.includes(socket)),
  ];
};

/** All signals between two people, in order. */
export const between = (recording: Recording, a: Person, b: Person): ReadonlyArray<Signal> =>
  recording.incidents.flatMap((incident) => {
    if (incident.kind !== "relay" || incident.signalKind === undefined) return [];
    const sender = [a, b].find((person) => isBy(incident, person));
    if (sender === undefined) return [];
    const receiver = sender === a ? b : a;
    const ids = incident.to === undefined ? receiver.ids : [incident.to];
    if (!ids.some((id) => isNamed(id, receiver))) return [];
    const sockets = incident.receivers.flatMap((id) => recording.sockets.get(id) ?? []);
    const reach = reachOf(sockets, { event: incident.event, ids, to: incident.to }, receiver);
    // In this order: the other way round takes ten times as long in V8.
    return { sender, receiver, reach, ...incident };
  });

/** Signals by the room that they passed in: numbers of negotiations count in one room. */
export const signalsByRoom = (
  signals: ReadonlyArray<Signal>,
): ReadonlyArray<{ readonly room: string | undefined; readonly signals: ReadonlyArray<Signal> }> =>
  [...new Set(signals.map(({ room }) => room))].map((room) => ({
    room,
    signals: signals.filter((signal) => signal.room === room),
  }));

/** Whether a message is addressed to its receiver's name, as if it were an id. */
export const isAddressedByName = ({ to, receiver }: Pick<Signal, "to" | "receiver">): boolean =>
  to !== undefined && receiver.namesUsedAsIds.includes(to);

/** An attempt of two people to connect: an offer, and what belongs to it. */
export interface Attempt {
  /** The offer that began it, and the one of the other side that crossed it. None, where an answer came to no offer. */
  readonly offers: ReadonlyArray<Signal>;
  readonly answers: ReadonlyArray<Signal>;
  readonly candidates: ReadonlyArray<Signal>;
}

/** An offer that nobody has answered yet. */
interface OpenOffer {
  readonly attempt: OpenAttempt;
  readonly offer: Signal;
}

type OpenAttempt = { readonly [K in keyof Attempt]: Signal[] };

/** Two offers cross if the second was sent so soon after the first that its sender may not have seen the first. */
const crossingMsMax = 3_000;

/** An offer that is older than this counts as abandoned when the same side makes another. */
export const abandonedAfterMs = 10_000;

/** Divides the signals of two people into attempts. */
export const attemptsIn = (signals: ReadonlyArray<Signal>): ReadonlyArray<Attempt> => {
  const attempts: OpenAttempt[] = [];
  const open = new Map<Person, OpenOffer[]>();
  const early: Signal[] = [];
  const begin = (answers: Signal[]): OpenAttempt => {
    const attempt = { offers: [], answers, candidates: early.splice(0) };
    attempts.push(attempt);
    return attempt;
  };
  for (const signal of signals) {
    const last = attempts.at(-1);
    if (signal.signalKind === "candidate") (last?.candidates ?? early).push(signal);
    else if (signal.signalKind === "offer") {
      const attempt = last !== undefined && isCrossedBy(last, signal) ? last : begin([]);
      attempt.offers.push(signal);
      const waiting = open.get(signal.receiver) ?? [];
      open.set(signal.receiver, waiting);
      waiting.push({ attempt, offer: signal });
    } else if (signal.signalKind === "answer") {
      const waiting = (open.get(signal.sender) ?? []).filter(({ offer }) => isStillThere(offer, signal));
      const answered = answeredBy(waiting, signal);
      open.set(
        signal.sender,
        waiting.filter((one) => one !== answered),
      );
      const attempt = answered?.attempt ?? attemptOfExtraAnswer(last, signal);
      if (attempt === undefined) begin([signal]);
      else attempt.answers.push(signal);
    }
  }
  return attempts;
};

const isCrossedBy = ({ offers, answers }: Attempt, offer: Signal): boolean => {
  const [first] = offers;
  return (
    first !== undefined &&
    offers.length === 1 &&
    answers.length === 0 &&
    first.sender === offer.receiver &&
    isDelivered(first) &&
    isDelivered(offer) &&
    (offer.polite !== undefined || offer.at - first.at <= crossingMsMax)
  );
};

/** The offer that an answer names, or else that of the user it names, or else the oldest that still waits for an answer. */
const answeredBy = (open: ReadonlyArray<OpenOffer>, { negotiation, to }: Signal): OpenOffer | undefined => {
  const newest = open.at(-1)?.offer.at ?? 0;
  const isNamed = ({ offer }: OpenOffer): boolean => offer.negotiation === negotiation;
  const waiting = open.filter(({ offer }) => newest - offer.at < abandonedAfterMs);
  const ofNoName = waiting.filter(({ offer }) => offer.negotiation === undefined || negotiation === undefined);
  return (
    (negotiation === undefined ? undefined : open.find(isNamed)) ??
    ofNoName.find(({ offer }) => offer.from === to) ??
    ofNoName[0]
  );
};

/** An extra answer belongs to the last attempt if it arrived; one that did not arrive, and has no offer, is an attempt of its own. */
const attemptOfExtraAnswer = (last: OpenAttempt | undefined, answer: Signal): OpenAttempt | undefined =>
  last !== undefined && (isDelivered(answer) || last.offers.length === 0) ? last : undefined;

const isStillThere = (offer: Signal, { event }: Position): boolean =>
  goneOnWith(offer).some(({ until }) => until === undefined || until.event > event);

/** The answers to the same offer from other sockets of the same person. */
export const rivalsOf = ({ sockets }: Recording, { answers }: Attempt, first: Signal): ReadonlyArray<Signal> =>
  answers.filter((other) => {
    const isConnected = (sockets.get(first.client)?.until?.event ?? other.event) >= other.event;
    const haveArrived = isDelivered(first) && isDelivered(other);
    const isOneSession = sockets.get(first.client)?.session === sockets.get(other.client)?.session;
    return (
      !isOneSession &&
      haveArrived &&
      other.sender === first.sender &&
      isRival({ client: first.client, isConnected }, other)
    );
  });

/** The answer that an offer got. */
export const answerTo = ({ answers }: Attempt, { receiver }: Signal): Signal | undefined =>
  answers.find(({ sender }) => sender === receiver);

/** The signals of an attempt, in order. */
export const signalsOf = ({ offers, answers, candidates }: Attempt): ReadonlyArray<Signal> =>
  [...offers, ...answers, ...candidates].sort((a, b) => a.event - b.event);
