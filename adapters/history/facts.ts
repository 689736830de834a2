import * as O from "fp-ts/lib/Option.js";
import {
  type ClientId,
  causeOf,
  type Effect,
  type Event,
  type Fact,
  isOwn,
  isVerified,
  participantsInOrder,
  type RefusalCode,
  roomsInOrder,
  type State,
} from "../../core/index.js";

export const factKinds = [
  "room.opened",
  "room.closed",
  "participant.joined",
  "participant.left",
  "door.refused",
  "history.gap",
] as const;
export type FactKind = (typeof factKinds)[number];

/** One line of the history. It holds ids and names: no token, ticket, address or message. */
export interface HistoryFact {
  /** In ms since 1970 UTC. */
  readonly at: number;
  readonly kind: FactKind;
  /** Absent for a gap. */
  readonly room?: string;
  /** Of the room, for `room.opened` and `room.closed`; otherwise of the user. */
  readonly name?: string;
  readonly user?: string;
  /** Whether the user was verified; otherwise it is what a client claimed. */
  readonly isVerified?: boolean;
  /** Why a room was closed, a participant left, or somebody was refused. */
  readonly reason?: string;
  /** Participants of the room after it; for a gap, the facts that are missing. */
  readonly total?: number;
}

/** How a door refuses somebody. Other refusals are mistakes of a client, and no history. */
const doorCodes: ReadonlySet<RefusalCode> = new Set([
  "denied",
  "removed",
  "banned",
  "room-locked",
  "room-full",
  "too-many-waiting",
  "not-allowed",
  "token-expired",
]);

/** What an event and its effects add to the history; `state` is the state after it. */
export const factsOf = (event: Event, effects: ReadonlyArray<Effect>, state: State): ReadonlyArray<HistoryFact> => {
  if (event.kind === "Appended" && event.entry.kind === "StartNode")
    return event.entry.joins ? [] : restoredFacts(state);
  // What is asked of another node stands in the history of that node.
  if (event.kind === "Appended" && O.isSome(state.local.ordering.cluster) && !isOwn(state, event)) return [];
  const cause = causeOf(event);
  const facts: HistoryFact[] = [];
  for (const effect of effects) {
    if (effect.kind !== "Report") continue;
    const fact = factOf(effect.fact, cause, state);
    if (fact !== undefined) facts.push(fact);
  }
  return facts;
};

/** The run before has ended every visit. Those who are waited for begin another. */
const restoredFacts = (state: State): ReadonlyArray<HistoryFact> =>
  roomsInOrder(state).flatMap(
    (room): ReadonlyArray<HistoryFact> => [
      { at: state.now, kind: "room.opened", room: room.id, name: room.name },
      ...participantsInOrder(room).map(({ id: user, name }, i) => ({
        ...({ at: state.now, kind: "participant.joined", room: room.id, user, name } as const),
        // Only sessions of verified users are waited for.
        ...{ isVerified: true, total: i + 1 },
      })),
    ],
  );

const factOf = (fact: Fact, event: Event, state: State): HistoryFact | undefined => {
  const at = state.now;
  switch (fact.kind) {
    case "RoomOpened":
      return { at, kind: "room.opened", room: fact.room.id, name: fact.room.name };
    case "RoomClosed":
      return { at, kind: "room.closed", room: fact.room, name: fact.name, reason: fact.reason };
    case "ParticipantJoined": {
      const { room, user, userName: name, total, session } = fact;
      const verified = isVerified(state, clientOf(event), session);
      return { at, kind: "participant.joined", room, user, name, isVerified: verified, total };
    }
    case "ParticipantLeft": {
      const { room, user, userName: name, reason, total } = fact;
      return { at, kind: "participant.left", room, user, name, reason, total };
    }
    case "KnockEnded": {
      const { room, user, reason } = fact;
      if (reason !== "denied" && reason !== "banned" && reason !== "expired") return undefined;
      return { at, kind: "door.refused", room, user, reason };
    }
    case "RequestRefused": {
      const { code } = fact.refusal;
      if (event.kind !== "JoinRequested" || !doorCodes.has(code)) return undefined;
      const { roomId: room, userId: user, userName: name, client } = event;
      return { at, kind: "door.refused", room, user, name, isVerified: isVerified(state, client), reason: code };
    }
    default:
      return undefined;
  }
};

const clientOf = (event: Event): ClientId | undefined => ("client" in event ? event.client : undefined);
