import type { ClientId } from "../../core/index.js";
import { attemptsIn, between, rivalsOf, type Signal, signalsByRoom } from "./attempts.js";
import type { Person } from "./people.js";
import type { Recording, Relay } from "./recording.js";
import { sidesWithoutCandidates } from "./why/candidates.js";
import type { Exchange } from "./why/finding.js";
import { type Outcome, outcomeOf } from "./why/outcome.js";

/** What went wrong between people who tried to connect, as `--why` judges it. Addressed messages that did not arrive are told elsewhere. */
export interface Calls {
  /** Offers that arrived, and got no answer. */
  readonly unanswered: ReadonlyArray<Signal>;
  /** Offers that name nobody, and got no answer from anybody whom they reached. */
  readonly unansweredByAny: ReadonlyArray<Relay & { readonly sender: Person }>;
  /** Offers that crossed, and were both answered, or neither was. */
  readonly crossed: ReadonlyArray<{ readonly offers: readonly [Signal, Signal]; readonly isAnswered: boolean }>;
  /** Answers of one person to one offer, from two sockets. */
  readonly answeredTwice: ReadonlyArray<readonly [Signal, Signal]>;
  /** Answers that name nobody, and reached others than who had offered. */
  readonly astray: ReadonlyArray<Signal>;
  /** Those of whom no candidate arrived in the last attempt, though it was answered. */
  readonly withoutCandidates: ReadonlyArray<{
    readonly person: Person;
    readonly other: Person;
    readonly answer: Signal;
  }>;
}

type OpenCalls = { readonly [K in keyof Calls]: Array<Calls[K][number]> };

/** Judges all calls of a recording. */
export const callsIn = (recording: Recording, people: ReadonlyArray<Person>): Calls => {
  const calls: OpenCalls = {
    unanswered: [],
    unansweredByAny: [],
    crossed: [],
    answeredTwice: [],
    astray: [],
    withoutCandidates: [],
  };
  const { pairs, unaddressed } = pairsIn(recording, people);
  const settled = new Set<number>();
  for (const exchange of pairs.flatMap((pair) => exchangesOf(recording, pair, unaddressed))) {
    const outcomes = exchange.attempts.map((attempt) => outcomeOf(exchange, attempt));
    const last = outcomes.at(-1);
    for (const outcome of outcomes) {
      // An offer that a later one has replaced needs no answer of its own.
      if (outcome.kind !== "overtaken" || outcome === last) note(calls, exchange, outcome);
      if (isOpen(outcome)) continue;
      for (const { event } of outcome.attempt.offers) settled.add(event);
    }
    if (last !== undefined) calls.withoutCandidates.push(...withoutCandidates(exchange, last));
  }
  for (const [sender, relays] of unaddressed)
    for (const relay of relays)
      if (relay.signalKind === "offer" && relay.receivers.length > 0 && !settled.has(relay.event))
        calls.unansweredByAny.push({ sender, ...relay });
  return calls;
};

const isOpen = ({ kind }: Outcome): boolean => kind === "undelivered" || kind === "unanswered" || kind === "overtaken";

const note = (calls: OpenCalls, { recording }: Exchange, { kind, attempt, offer, answer }: Outcome): void => {
  const [first, second] = attempt.offers;
  switch (kind) {
    case "unanswered":
    case "overtaken":
      if (offer?.to !== undefined) calls.unanswered.push(offer);
      return;
    case "neither-gave-way":
    case "both-gave-way":
      if (first !== undefined && second !== undefined)
        calls.crossed.push({ offers: [first, second], isAnswered: kind === "both-gave-way" });
      return;
    case "answered-twice":
      for (const rival of answer === undefined ? [] : rivalsOf(recording, attempt, answer))
        if (answer !== undefined) calls.answeredTwice.push([answer, rival]);
      return;
    case "answer-lost":
      if (offer !== undefined && answer !== undefined && answer.to === undefined && answer.receivers.length > 0)
        calls.astray.push(answer);
      return;
    // What did not arrive is told for messages of all kinds.
    case "undelivered":
    case "answered-former-id":
    case "answered-name":
    case "answer-late":
    case "complete":
      return;
  }
};

const withoutCandidates = (
  exchange: Exchange,
  { kind, attempt, offer, answer }: Outcome,
): Calls["withoutCandidates"] => {
  const { from, to } = exchange;
  if (offer === undefined || answer === undefined || (kind !== "complete" && kind !== "answer-late")) return [];
  return sidesWithoutCandidates(exchange, attempt).map((person) => ({
    person,
    other: person === from ? to : from,
    answer,
  }));
};

interface Pair {
  readonly from: Person;
  readonly to: Person;
  readonly relays: Set<Relay>;
}

/** What passed between two people, by room. What one of them sent to nobody by name may have been for the other. */
const exchangesOf = (
  recording: Recording,
  { from, to, relays }: Pair,
  unaddressed: ReadonlyMap<Person, ReadonlyArray<Relay>>,
): ReadonlyArray<Exchange> => {
  const all = new Set([...relays, ...(unaddressed.get(from) ?? []), ...(unaddressed.get(to) ?? [])]);
  const incidents = [...all].sort((a, b) => a.event - b.event);
  return signalsByRoom(between({ ...recording, incidents }, from, to)).map(({ signals }) => ({
    recording,
    from,
    to,
    signals,
    attempts: attemptsIn(signals),
  }));
};

/** Each two people of whom one addressed or reached the other, and what people sent to nobody by name. */
const pairsIn = ({ incidents, sockets }: Recording, people: ReadonlyArray<Person>) => {
  const owners = new Map(people.flatMap((one) => [...one.ids, ...one.namesUsedAsIds].map((id) => [id, one] as const)));
  const ownersOf = (ids: Iterable<string>): ReadonlyArray<Person> => [...ids].flatMap((id) => owners.get(id) ?? []);
  const usersOf = (client: ClientId): Iterable<string> => sockets.get(client)?.users.keys() ?? [];
  const pairs = new Map<Person, Map<Person, Pair>>();
  const unaddressed = new Map<Person, Relay[]>();
  const pairOf = (from: Person, to: Person): Pair => {
    const known = pairs.get(from)?.get(to) ?? pairs.get(to)?.get(from);
    if (known !== undefined) return known;
    const pair = { from, to, relays: new Set<Relay>() };
    pairs.set(from, (pairs.get(from) ?? new Map<Person, Pair>()).set(to, pair));
    return pair;
  };
  for (const relay of incidents) {
    if (relay.kind !== "relay" || relay.signalKind === undefined) continue;
    const { from, to, client, receivers } = relay;
    const senders = ownersOf(from === undefined ? usersOf(client) : [from]);
    const addressees = ownersOf(to === undefined ? receivers.flatMap((id) => [...usersOf(id)]) : [to]);
    for (const sender of senders) {
      if (to === undefined) {
        const own = unaddressed.get(sender);
        if (own === undefined) unaddressed.set(sender, [relay]);
        else own.push(relay);
      }
      for (const addressee of addressees) if (addressee !== sender) pairOf(sender, addressee).relays.add(relay);
    }
  }
  return { pairs: [...pairs.values()].flatMap((some) => [...some.values()]), unaddressed };
};
