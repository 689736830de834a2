import type { ClientId } from "../../core/index.js";
import { isRival } from "./delivered.js";
import type { Position } from "./recording.js";
import type { SignalKind } from "./signal-kind.js";

/** An offer or an answer of one user to another. */
export interface Call extends Position {
  readonly client: ClientId;
  readonly signalKind: SignalKind;
  readonly from: string;
  readonly to: string;
}

/** What went wrong with offers, judged by offers and answers alone. `why` knows more. */
export interface Calls {
  /** Offers that nobody answered. */
  readonly unanswered: ReadonlyArray<Call>;
  /** Offers that crossed and were both answered: neither answer has an offer left. */
  readonly crossed: ReadonlyArray<readonly [Call, Call]>;
  /** Answers of one user to one offer, from two sockets. */
  readonly answeredTwice: ReadonlyArray<readonly [Call, Call]>;
}

/** Two offers cross if the second was sent so soon after the first that its sender may not have seen the first. */
export const crossingMsMax = 3_000;

/** The open offers of two people. */
interface Pair {
  /** Offers that nobody has answered yet, by whom they are for. */
  readonly waiting: Map<string, Call[]>;
  /** The answer that settled the last offer, by who answered. */
  readonly settled: Map<string, Call>;
  crossing: { readonly offers: readonly [Call, Call]; readonly answeredBy: Set<string> } | undefined;
}

/** Collects the calls of a recording, in order. */
export const callTally = (): {
  /** `isConnected` tells whether a client is connected at the time of the call. */
  readonly visit: (call: Call, isConnected: (client: ClientId) => boolean) => void;
  /** `isUnheard` tells whether the message with this event number did not reach its recipient. */
  readonly found: (isUnheard: (event: number) => boolean) => Calls;
} => {
  const pairs = new Map<string, Pair>();
  const crossed: Array<readonly [Call, Call]> = [];
  const answeredTwice: Array<readonly [Call, Call]> = [];
  return {
    visit: (call, isConnected) => {
      const { from, to } = call;
      const key = from < to ? `${from}\n${to}` : `${to}\n${from}`;
      const pair = pairs.get(key) ?? { waiting: new Map(), settled: new Map(), crossing: undefined };
      pairs.set(key, pair);
      if (call.signalKind === "offer") return offered(pair, call);
      const before = pair.settled.get(from);
      const isTwice =
        before !== undefined && isRival({ client: before.client, isConnected: isConnected(before.client) }, call);
      if (isTwice) answeredTwice.push([before, call]);
      else if (pair.waiting.has(from)) pair.settled.set(from, call);
      if (answered(pair, call) && pair.crossing !== undefined) crossed.push(pair.crossing.offers);
    },
    found: (isUnheard) => {
      const unanswered = [...pairs.values()].flatMap(({ waiting }) => [...waiting.values()].flat());
      return {
        unanswered: unanswered.sort((a, b) => a.event - b.event),
        crossed,
        answeredTwice: answeredTwice.filter((answers) => !answers.some(({ event }) => isUnheard(event))),
      };
    },
  };
};

const offered = (pair: Pair, offer: Call): void => {
  const own = pair.waiting.get(offer.to) ?? [];
  const theirs = pair.waiting.get(offer.from)?.at(-1);
  const isCrossing =
    theirs !== undefined && theirs.event > (own.at(-1)?.event ?? 0) && offer.at - theirs.at <= crossingMsMax;
  pair.crossing = isCrossing ? { offers: [theirs, offer], answeredBy: new Set() } : undefined;
  own.push(offer);
  pair.settled.delete(offer.to);
  pair.waiting.set(offer.to, own);
};

/** One answer settles both of two offers that crossed. Returns whether this one is the other side's, too. */
const answered = ({ waiting, crossing }: Pair, { from }: Call): boolean => {
  waiting.delete(from);
  if (crossing === undefined) return false;
  for (const offer of crossing.offers) {
    const others = waiting.get(offer.to);
    if (others?.at(-1) === offer) others.pop();
  }
  const sides = crossing.answeredBy.size;
  return crossing.answeredBy.add(from).size === 2 && sides === 1;
};
