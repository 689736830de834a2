import {
  type ClientId,
  type Effect,
  type Moment,
  type NodeId,
  type Recorded,
  recipients,
} from "../../../core/index.js";
import { arrivalKey, type Merge, passedOn } from "./merge.js";
import type { Piece } from "./stream.js";

/** A message for others that was passed on to other nodes too: what became of it is told later, by them. */
export interface Open {
  readonly sender: number;
  /** What it is known by where it arrives. */
  readonly keys: ReadonlyArray<string>;
  readonly moment: Moment<Recorded>;
  readonly asked: number | undefined;
  /** Of nodes whose recordings are at hand: that it has not arrived there yet. */
  readonly awaited: Set<number>;
  readonly isToSubscribers: boolean;
  /** The nodes whose recordings are not at hand. */
  readonly unseen: ReadonlyArray<NodeId>;
  readonly arrived: Effect[];
  /** The node whose recording has the text: addresses in it are comparable to those of what others sent there. */
  textOf: number;
  text: string;
  answer: Answer | undefined;
}

type Answer = Extract<Recorded, { readonly kind: "Replied" }>["answer"];
type Forwarded = Extract<Recorded, { readonly kind: "Forwarded" }>;
type Request = Forwarded["request"];
/** A client of a user at a node that has no recording here. */
type ClientOf = (node: NodeId, user: string) => ClientId | undefined;

/** What is not told within this time is not told any more: an answer is waited for 2 s (`core/local/cluster.ts`). */
const patienceMs = 4_000;

/** Puts together what was sent at one node and what became of it at others, at the place where it was sent. */
export const passing = ({ numberOf, isOver, readUntil }: Merge, clientOf: ClientOf) => {
  const open = new Set<Open>();
  const byKey = new Map<string, Open[]>();
  const isSettled = (one: Open): boolean => {
    if (one.moment.event.at + patienceMs < readUntil()) return true;
    if (one.answer !== undefined && "refusal" in one.answer) return true;
    if (one.isToSubscribers) return false;
    if (one.asked !== undefined && one.answer === undefined) return isOver(one.sender);
    return [...one.awaited].every(isOver);
  };
  return {
    /** Takes a moment that passes something on. */
    sent: (moment: Moment<Recorded>, piece: Piece, sender: number): Open | undefined => {
      const { event } = piece.moment;
      const passed = event.kind === "Forwarded" ? arrivalsOf(event) : passedOn(moment, piece.node);
      if (passed.length === 0 || !isMessage(moment.event)) return undefined;
      const to = passed.flatMap((one) => (one.to === "subscribers" ? [] : one.to.flatMap((id) => numberOf(id) ?? [])));
      const one: Open = {
        sender,
        keys: passed.map(({ key }) => key),
        moment,
        asked: passed.find(({ asked }) => asked !== undefined)?.asked,
        awaited: new Set(to),
        isToSubscribers: passed.some((other) => other.to === "subscribers"),
        arrived: [],
        unseen: passed.flatMap((one) =>
          one.to === "subscribers" ? [] : one.to.filter((id) => numberOf(id) === undefined),
        ),
        textOf: sender,
        text: moment.event.text,
        answer: undefined,
      };
      open.add(one);
      for (const key of one.keys) byKey.set(key, [...(byKey.get(key) ?? []), one]);
      return one;
    },
    /** It has arrived at a node. False where nobody is known to have sent it. */
    arrived: (event: Forwarded, { moment }: Piece, at: number): boolean => {
      const known = byKey.get(arrivalKey(event)) ?? [];
      const one = known.find(({ awaited, isToSubscribers }) => awaited.has(at) || isToSubscribers) ?? known[0];
      if (one === undefined) return false;
      if (event.about === "sessions") one.awaited.delete(at);
      one.arrived.push(...arrivalsIn(moment));
      if (at < one.textOf && event.request.text !== "") [one.textOf, one.text] = [at, event.request.text];
      return true;
    },
    /** What came from a node that has no recording here, as the moment in which it was sent. */
    alone: (moment: Moment<Recorded>): Moment<Recorded> => ({ ...moment, effects: arrivalsIn(moment) }),
    /** The sender was told what has become of it, or that nobody knows. */
    told: ({ event, effects }: Moment<Recorded>, at: number): void => {
      if (event.kind === "Replied") {
        for (const one of open) if (one.sender === at && one.asked === event.asked) one.answer ??= event.answer;
      } else if (event.kind === "ClockTicked")
        for (const { client, id, answer } of givenUpIn(effects))
          for (const one of open)
            if (one.asked !== undefined && isBy(one.moment.event, client, id)) one.answer ??= answer;
    },
    /** The moment with all that became of it; undefined while that may still come. */
    outcome: (one: Open, isEnd: boolean): Moment<Recorded> | undefined => {
      if (!isEnd && !isSettled(one)) return undefined;
      open.delete(one);
      for (const key of one.keys) {
        const others = (byKey.get(key) ?? []).filter((other) => other !== one);
        if (others.length === 0) byKey.delete(key);
        else byKey.set(key, others);
      }
      return whole({ ...one, arrived: [...one.arrived, ...unseenArrivals(one, clientOf)] });
    },
  };
};

/** What a node that has no recording here has passed on: it may have arrived at several nodes that have one, in either way. */
const arrivalsOf = (event: Forwarded) =>
  (["subscribers", "sessions"] as const).map((about) => ({
    to: about === "subscribers" ? about : [],
    asked: undefined,
    key: arrivalKey({ ...event, about }),
  }));

const isMessage = (event: Recorded): event is Recorded & Request =>
  event.kind === "PublishRequested" || event.kind === "SignalRequested" || event.kind === "MessageRequested";

const isBy = (event: Recorded, client: ClientId, id: number): boolean =>
  isMessage(event) && event.client === client && event.id === id;

/** What reached clients there, each by itself: audiences mean nobody in the state of another node. */
const arrivalsIn = ({ after, effects }: Moment<Recorded>): ReadonlyArray<Effect> =>
  effects.flatMap((effect): ReadonlyArray<Effect> => {
    if (effect.kind !== "Send") return [];
    return recipients(after, effect.to).map((client) => ({ ...effect, to: { kind: "Client", client } }));
  });

/** What was delivered at nodes that have no recording here. */
const unseenArrivals = ({ moment: { event }, answer, unseen }: Open, clientOf: ClientOf): ReadonlyArray<Effect> => {
  const isDelivered = answer !== undefined && "outcome" in answer && answer.outcome === "delivered";
  if (!isDelivered || event.kind !== "SignalRequested") return [];
  const { roomId: room, to: user, signal, negotiation, text } = event;
  const about = { kind: "Signal", room, from: user, signal, negotiation, text } as const;
  return unseen.flatMap((node) => {
    const client = clientOf(node, user);
    return client === undefined
      ? []
      : [{ kind: "Send", to: { kind: "Client", client }, message: { kind: "Personal", n: 0, about } } as const];
  });
};

const givenUpIn = (effects: ReadonlyArray<Effect>) =>
  effects.flatMap((effect) => {
    if (effect.kind !== "Send" || effect.to.kind !== "Client" || effect.message.kind !== "Personal") return [];
    const { about } = effect.message;
    if (about.kind !== "Refused" || about.refusal.code !== "unavailable" || about.id === undefined) return [];
    return [{ client: effect.to.client, id: about.id, answer: { refusal: about.refusal } }];
  });

const whole = (open: Open): Moment<Recorded> => {
  const { moment, arrived, answer, text } = open;
  const { event } = moment;
  if (!isMessage(event)) return moment;
  const effects = [
    ...moment.effects,
    ...arrived,
    ...answeredWith(event, answer ?? unanswered(open), arrived.length > 0),
  ];
  return { ...moment, event: { ...event, text }, effects };
};

/** Nobody was there any more to be told. */
const unanswered = ({ asked, arrived }: Open): Answer | undefined =>
  asked === undefined || arrived.length > 0 ? undefined : { refusal: { code: "unavailable", message: "" } };

/** The answer of another node, as the sender's own would have given it. What has arrived was not refused, whatever was told. */
const answeredWith = (
  { client, id = 0 }: Request,
  answer: Answer | undefined,
  hasArrived: boolean,
): ReadonlyArray<Effect> => {
  if (answer === undefined) return [];
  if ("outcome" in answer) {
    const about = { kind: "Result", id, outcome: answer.outcome } as const;
    return [{ kind: "Send", to: { kind: "Client", client }, message: { kind: "Personal", n: 0, about } }];
  }
  if (hasArrived) return [];
  const { refusal } = answer;
  // It was taken, and nobody knows what became of it.
  if (refusal.code === "unavailable")
    return [
      {
        kind: "Send",
        to: { kind: "Client", client },
        message: { kind: "Personal", n: 0, about: { kind: "Refused", id, refusal } },
      },
    ];
  return [{ kind: "Report", fact: { kind: "RequestRefused", client, refusal } }];
};
