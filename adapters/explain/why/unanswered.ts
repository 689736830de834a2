import { abandonedAfterMs, goneOnWith, type Signal } from "../attempts.js";
import { isBy, type Person, userNamed } from "../people.js";
import type { Position, Recording, Relay, Socket } from "../recording.js";
import type { Advice } from "./codes/advice.js";
import type { End, SignOfLife } from "./codes/delivery.js";
import {
  defined,
  type Finding,
  finding,
  type Inquiry,
  latest,
  nextStep,
  optional,
  positionOf,
  stopOf,
  type Verdict,
} from "./finding.js";
import type { Outcome } from "./outcome.js";

/** Offers that arrived and got no answer. */
export const noAnswer = (inquiry: Inquiry, offers: ReadonlyArray<Signal>): Verdict => {
  const [first] = offers;
  const last = offers.at(-1);
  if (first === undefined || last === undefined) throw new Error("what is not answered is an offer");
  const { sender, receiver, reach } = last;
  const isCertain = reach.certain.length > 0;
  const reached = isCertain ? offers.flatMap((offer) => offer.reach.certain) : reach.possible;
  const sign = signOfLife(inquiry.recording, receiver, { first, last });
  const { silentSince, heardAgain, ended, back } = sign;
  const others = answersToOthers(inquiry, first);
  return {
    conclusion: finding([...offers, ...defined([silentSince, heardAgain, ended, back])], {
      code: "no-answer",
      offers: offers.map(positionOf),
      sender: sender.named,
      receiver: receiver.named,
      sockets: [...new Set(reached.map(({ id }) => id))],
      isCertain,
      ...sign,
    }),
    next:
      others.length > 0
        ? nextStep({ code: "answer-to-sender", receiver: receiver.named, sender: sender.named })
        : hasStaleAnswer(inquiry, first)
          ? nextStep({ code: "one-offer-at-a-time", sender: sender.named })
          : adviceAfter(inquiry, last, sign),
    details: others,
  };
};

/** Whether the receiver answered an earlier offer, after a newer one had replaced it. */
const hasStaleAnswer = ({ recording }: Inquiry, { sender, receiver, event }: Signal): boolean =>
  recording.incidents.some(
    (one) =>
      one.kind === "refusal" &&
      one.code === "stale" &&
      one.type === "answer" &&
      one.event > event &&
      one.user !== undefined &&
      receiver.ids.includes(one.user) &&
      one.signal !== undefined &&
      sender.ids.includes(one.signal.to),
  );

interface Waiting {
  readonly first: Signal;
  readonly last: Signal;
}

/** When the receiver was last heard, and what became of the sockets that got the offer. */
const signOfLife = (recording: Recording, receiver: Person, { first, last }: Waiting): SignOfLife => {
  const all = receiver.sockets;
  const reached = last.reach.certain.length > 0 ? goneOnWith(last) : all;
  const heard = (some: ReadonlyArray<Socket>): ReadonlyArray<Position> => some.flatMap((socket) => socket.heard);
  const ended = endOf(recording, reached, first);
  const back = ended && all.map(({ since, id }) => ({ ...since, socket: id })).find(({ event }) => event > ended.event);
  const before = latest(heard(all).filter(({ event }) => event < first.event));
  const isSilent = !heard(all).some(
    ({ event }) => event > first.event && event < (back?.event ?? Number.POSITIVE_INFINITY),
  );
  return {
    ...optional("silentSince", isSilent ? before : undefined),
    ...optional(
      "heardAgain",
      heard(reached).find(({ event }) => event > last.event),
    ),
    ...optional("ended", ended),
    isListedUntilEnd: ended !== undefined && isListedUntil(recording, receiver, ended),
    ...optional("back", back),
  };
};

const adviceAfter = ({ cutAfterMs }: Inquiry, last: Signal, { silentSince, heardAgain, ended, back }: SignOfLife) => {
  const two = { sender: last.sender.named, receiver: last.receiver.named, isBack: back !== undefined };
  if (ended?.code === 1006 && silentSince !== undefined)
    return nextStep({ code: "lost-connection", ...two, ended: positionOf(ended), cutAfterMs }, ended);
  if (ended !== undefined && heardAgain === undefined)
    return nextStep({ code: "gone-before-answer", ...two, ended }, ended);
  const { receiver } = two;
  const isHeard = heardAgain !== undefined;
  const advice: Advice = { code: "page-did-not-answer", receiver, offer: positionOf(last), isHeard };
  return nextStep(advice, last);
};

/** The end of the last of some sockets, if all ended after an event and before the server stopped. */
const endOf = (recording: Recording, some: ReadonlyArray<Socket>, { event }: Position): End | undefined => {
  const ends = some.flatMap(({ id, until }) => (until === undefined ? [] : { ...until, socket: id }));
  const last = ends.length === some.length ? latest(ends) : undefined;
  return last === undefined || last.event < event || last.event > stopOf(recording) ? undefined : last;
};

const isListedUntil = ({ incidents }: Recording, { ids }: Person, { event }: Position): boolean =>
  incidents.some((one) => one.kind === "leave" && one.event === event && ids.includes(one.user));

/** Answers that went to users who had not offered. An answer to a third person's offer is fine. */
const answersToOthers = (
  { recording, people }: Inquiry,
  { receiver, sender, event }: Signal,
): ReadonlyArray<Finding> => {
  const relays = recording.incidents.filter((incident): incident is Relay => incident.kind === "relay");
  const answers = relays.filter((answer) => {
    if (answer.signalKind !== "answer" || answer.event < event || !isBy(answer, receiver)) return false;
    const whom = people.find(({ ids }) => answer.to !== undefined && ids.includes(answer.to));
    if (whom === undefined || whom.id === sender.id) return false;
    return !relays.some((offer) => offer.signalKind === "offer" && offer.event < answer.event && isBy(offer, whom));
  });
  if (answers.length === 0) return [];
  return [
    finding(answers, {
      code: "answered-others",
      sender: sender.named,
      receiver: receiver.named,
      answers: answers.map((answer) => ({ ...positionOf(answer), to: userNamed(recording, answer.to ?? "") })),
    }),
  ];
};

/** The caller offered once, and waited. */
export const noSecondOffer = ({ recording }: Inquiry, { offer }: Outcome): ReadonlyArray<Finding> => {
  if (offer === undefined) return [];
  const { sender, receiver } = offer;
  const ends = sender.sockets.map(({ until }) => until);
  const end = ends.includes(undefined) ? undefined : latest(ends.flatMap((until) => until ?? []));
  const stayedMs = (end?.at ?? recording.endedAt) - offer.at;
  if (stayedMs < abandonedAfterMs) return [];
  const moved = (kind: "join" | "leave", after: number): Position | undefined =>
    recording.incidents.find(
      (one) =>
        one.kind === kind &&
        one.event > after &&
        one.event < (end?.event ?? Number.POSITIVE_INFINITY) &&
        receiver.ids.includes(one.user),
    );
  const lost = moved("leave", offer.event);
  const back = lost && moved("join", lost.event);
  return [
    finding([offer, ...defined([end])], {
      code: "no-second-offer",
      sender: sender.named,
      receiver: receiver.named,
      stayedMs,
      ...optional("end", end && positionOf(end)),
      ...optional("lost", lost && positionOf(lost)),
      ...optional("back", back && positionOf(back)),
    }),
  ];
};
