import type { Role, Spot } from "./exchange.js";

/** An offer or an answer of one user to another. */
export interface Call extends Spot {
  readonly role: Role;
  readonly from: string;
  readonly to: string;
}

/** What went wrong with offers, as far as offers and answers alone can tell: `why` knows more. */
export interface Calls {
  /** Nobody answered them afterwards. */
  readonly unanswered: ReadonlyArray<Call>;
  /** Offers that crossed and were both answered: neither answer has an offer any more. */
  readonly crossed: ReadonlyArray<readonly [Call, Call]>;
}

/** Offers of both sides cross if the second was sent so soon after the first that its sender may not have seen it. */
export const crossingMsMax = 3_000;

/** What two people have open. */
interface Pair {
  waiting: ReadonlyArray<Call>;
  crossing: { readonly offers: readonly [Call, Call]; readonly answeredBy: ReadonlySet<string> } | undefined;
}

/** Goes through the calls of a session, in order. */
export const judged = (calls: ReadonlyArray<Call>): Calls => {
  const pairs = new Map<string, Pair>();
  const crossed: Array<readonly [Call, Call]> = [];
  for (const call of calls) {
    const key = [call.from, call.to].sort().join("\n");
    const pair = pairs.get(key) ?? { waiting: [], crossing: undefined };
    pairs.set(key, pair);
    if (call.role === "offer") offered(pair, call);
    else answered(pair, call, crossed);
  }
  const unanswered = [...pairs.values()].flatMap(({ waiting }) => waiting);
  return { unanswered: unanswered.sort((a, b) => a.event - b.event), crossed };
};

const offered = (pair: Pair, offer: Call): void => {
  const last = pair.waiting.at(-1);
  const isCrossing = last !== undefined && last.from === offer.to && offer.at - last.at <= crossingMsMax;
  pair.crossing = isCrossing ? { offers: [last, offer], answeredBy: new Set() } : undefined;
  pair.waiting = [...pair.waiting, offer];
};

/** Of offers that crossed one answer settles both. */
const answered = (pair: Pair, { from }: Call, crossed: Array<readonly [Call, Call]>): void => {
  pair.waiting = pair.waiting.filter((offer) => offer.to !== from && pair.crossing?.offers.includes(offer) !== true);
  if (pair.crossing === undefined) return;
  const answeredBy = new Set([...pair.crossing.answeredBy, from]);
  if (answeredBy.size === 2 && pair.crossing.answeredBy.size === 1) crossed.push(pair.crossing.offers);
  pair.crossing = { ...pair.crossing, answeredBy };
};
