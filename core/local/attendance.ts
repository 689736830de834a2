import * as O from "fp-ts/lib/Option.js";
import type { ClientId, RoomId, SessionId, UserId } from "../base/id.js";
import * as Id from "../base/id.js";
import * as Multimap from "../base/multimap.js";
import * as Table from "../base/table.js";
import type { Fact } from "../fact.js";
import { withLocal } from "../replace.js";
import { type State, seatsOf } from "../state.js";
import { all, type Step } from "../step.js";
import * as Mailbox from "./mailbox.js";
import { forgetNegotiations } from "./negotiations.js";

/* The clients of this node that are in a room and are told what changes there: kept by the facts. */

const withAttendees = (state: State, attendees: State["local"]["attendees"]): State =>
  attendees === state.local.attendees ? state : withLocal(state, { attendees });

const attend = (state: State, room: RoomId, client: ClientId): State =>
  withAttendees(state, Multimap.add(state.local.attendees, room, client));

const stayAway = (state: State, room: RoomId, client: ClientId): State =>
  withAttendees(state, Multimap.remove(state.local.attendees, room, client));

const clientOf = (state: State, session: SessionId): ClientId | undefined => {
  const client = Mailbox.mailboxOf(state, session)?.client;
  return client === undefined ? undefined : O.toUndefined(client);
};

const roomsOf = (state: State, session: SessionId): ReadonlyArray<RoomId> =>
  seatsOf(state.shared, session).map((seat) => Id.seatOf(seat).room);

/** The client has the session from now on, with the rooms that it is in. */
export const attendAll =
  (session: SessionId, client: ClientId): Step =>
  (state) => [roomsOf(state, session).reduce((current, room) => attend(current, room, client), state), []];

/** The client is gone, or has lost its session to another one. */
export const leaveAll =
  (session: SessionId, client: ClientId): Step =>
  (state) => [roomsOf(state, session).reduce((current, room) => stayAway(current, room, client), state), []];

/** The local half after facts. */
export const follow =
  (facts: ReadonlyArray<Fact>): Step =>
  (state) =>
    state.local.mailboxes.size + state.local.negotiations.size === 0 ? [state, []] : all(facts.map(followOne))(state);

const followOne =
  (fact: Fact): Step =>
  (state) => {
    switch (fact.kind) {
      case "ParticipantJoined":
      case "ParticipantHeld": {
        const client = clientOf(state, fact.session);
        return [client === undefined ? state : attend(state, fact.room, client), []];
      }
      case "ParticipantReleased": {
        const client = clientOf(state, fact.session);
        return [client === undefined ? state : stayAway(state, fact.room, client), []];
      }
      case "ParticipantLeft":
        return [forgetNegotiations(withoutUser(state, fact.room, fact.user), fact.room, fact.user), []];
      case "SessionEnded":
        return Mailbox.discardIfAlone(fact.session)(state);
      default:
        return [state, []];
    }
  };

const withoutUser = (state: State, room: RoomId, user: UserId): State => {
  const there = Multimap.of(state.local.attendees, room);
  if (there.size === 0) return state;
  return Table.keys(Multimap.of(state.local.claimants, user)).reduce(
    (current, client) => stayAway(current, room, client),
    state,
  );
};
