import type { RoomId, UserId } from "../base/id.js";
import * as Id from "../base/id.js";
import * as Table from "../base/table.js";
import type { SignalKind } from "../message.js";
import { withLocal } from "../replace.js";
import { type Negotiation, participantsInOrder, type State } from "../state.js";

/** Two participants of a room. */
export interface Pair {
  readonly room: RoomId;
  readonly from: UserId;
  readonly to: UserId;
  /** Who gives way where only one of the two can be told to. */
  readonly polite?: UserId;
}

/** What a signal is to the negotiation of the two. */
export type Course =
  | { readonly kind: "current"; readonly negotiation: Negotiation | undefined }
  /** `highest`: of all that the two have used. */
  | { readonly kind: "stale"; readonly highest: number }
  /** Both have offered, and neither has been answered. */
  | { readonly kind: "crossing"; readonly negotiation: Negotiation; readonly polite: UserId };

const lowerOf = ({ from, to }: Pair): UserId => (from < to ? from : to);
const higherOf = ({ from, to }: Pair): UserId => (from < to ? to : from);

export const negotiationOf = (state: State, pair: Pair): Negotiation | undefined => {
  const others = Table.get(state.local.negotiations, Id.seat(pair.room, lowerOf(pair)));
  return others && Table.get(others, higherOf(pair));
};

/**
 * An offer begins a negotiation, with a number above all that the two have used. Answers, candidates and ends belong to the current one.
 * Of two offers that cross, the one of the user with the lower id holds; the other side is the polite one. Where the dialect of one side
 * has no words for that, the other side is polite.
 */
export const courseOf = (state: State, pair: Pair, signal: SignalKind, n: number): Course => {
  const known = negotiationOf(state, pair);
  if (signal !== "offer") {
    if (known !== undefined && n < known.current) return { kind: "stale", highest: known.highest };
    // A negotiation that two offers have crossed in, and that does not hold.
    if (known !== undefined && n > known.current && n <= known.highest)
      return { kind: "stale", highest: known.highest };
    // After an end, too, the next offer crosses nothing.
    const isOver = known?.current === n && (signal === "end" || (signal === "answer" && known.offerer === pair.to));
    return { kind: "current", negotiation: isOver ? { ...known, isAnswered: true } : known };
  }
  const offered: Negotiation = {
    current: n,
    highest: n,
    floor: known?.highest ?? -1,
    offerer: pair.from,
    isAnswered: false,
  };
  if (known === undefined) return { kind: "current", negotiation: offered };
  const isCrossing = !known.isAnswered && known.offerer === pair.to && n > known.floor;
  if (!isCrossing)
    return n > known.highest ? { kind: "current", negotiation: offered } : { kind: "stale", highest: known.highest };
  const polite = pair.polite ?? higherOf(pair);
  const highest = Math.max(n, known.highest);
  const holds = polite === pair.from ? { ...known, highest } : { ...offered, highest, floor: known.floor };
  return { kind: "crossing", negotiation: holds, polite };
};

/** The identical state where nothing is new. */
export const withNegotiation = (state: State, pair: Pair, negotiation: Negotiation | undefined): State => {
  if (negotiation === undefined || negotiation === negotiationOf(state, pair)) return state;
  const { negotiations } = state.local;
  const seat = Id.seat(pair.room, lowerOf(pair));
  const others = Table.get(negotiations, seat) ?? Table.empty<UserId, Negotiation>();
  return withLocal(state, {
    negotiations: Table.set(negotiations, seat, Table.set(others, higherOf(pair), negotiation)),
  });
};

/** Of a participant that is gone. */
export const forgetNegotiations = (state: State, room: RoomId, user: UserId): State => {
  if (state.local.negotiations.size === 0) return state;
  let negotiations = Table.remove(state.local.negotiations, Id.seat(room, user));
  const there = Table.get(state.shared.rooms, room);
  for (const { id } of there === undefined ? [] : participantsInOrder(there)) {
    const seat = Id.seat(room, id);
    const others = Table.get(negotiations, seat);
    if (others === undefined || !Table.has(others, user)) continue;
    const rest = Table.remove(others, user);
    negotiations = rest.size === 0 ? Table.remove(negotiations, seat) : Table.set(negotiations, seat, rest);
  }
  return withLocal(state, { negotiations });
};
