import * as O from "fp-ts/lib/Option.js";
import type { RoomId, SeatId, SessionId } from "../base/id.js";
import * as Id from "../base/id.js";
import * as Multimap from "../base/multimap.js";
import * as Table from "../base/table.js";
import type { JoinRequested, LeaveRequested } from "../event.js";
import type { ParticipantLeftReason } from "../fact.js";
import type { Refusal } from "../message.js";
import type { Participant, Room, Session, Shared } from "../state.js";
import { conclude, type Decision, inOrder, nothing, record } from "./decision.js";
import type { Requester } from "./entry.js";
import { isHolder, isHost, refusalOf } from "./permissions.js";
import { openSession, refuse, sessionOf } from "./requester.js";
import { close } from "./rooms.js";

/**
 * The session holds the user's place in the room from now on. Joining again changes nothing.
 * Refused, in this order: `room-not-found`, `room-full`, `too-many-rooms`.
 */
export const join =
  (request: JoinRequested, by: Requester): Decision =>
  (shared) => {
    const { roomId, userId: user } = request;
    const room = Table.get(shared.rooms, roomId);
    if (room === undefined) return refuse(request, by, notFound(roomId))(shared);
    if (isHolder(shared, Id.seat(roomId, user), by))
      return conclude({ kind: "NothingToDo", client: by.client })(shared);
    const isNew = !Table.has(room.participants, user);
    const session = sessionOf(shared, by);
    const refusal = limitReached(shared, isNew ? O.some(room) : O.none, session);
    if (O.isSome(refusal)) return refuse(request, by, refusal.value)(shared);
    return inOrder([
      openSession(session, by),
      isNew
        ? addParticipant(room, request, by)
        : record({ kind: "ParticipantHeld", room: roomId, user, session: by.session }),
      nameHost(room, request, by),
    ])(shared);
  };

const notFound = (room: RoomId): Refusal => ({ code: "room-not-found", message: `room not found: ${room}` });

const limitReached = (shared: Shared, entered: O.Option<Room>, session: Session | undefined): O.Option<Refusal> => {
  const { clientSeatsMax, roomParticipantsMax } = shared.settings.limits;
  if (O.isSome(entered) && entered.value.participants.size >= roomParticipantsMax)
    return O.some({
      code: "room-full",
      message: `room ${entered.value.id} is full: ${roomParticipantsMax} participants per room`,
    });
  if (session !== undefined && session.seats.length >= clientSeatsMax)
    return O.some({
      code: "too-many-rooms",
      message: `participant limit reached: ${clientSeatsMax} participants per client`,
    });
  return O.none;
};

const addParticipant =
  ({ id, name, participants }: Room, { userId, userName }: JoinRequested, { session }: Requester): Decision =>
  (shared) =>
    record({
      kind: "ParticipantJoined",
      room: id,
      roomName: name,
      user: userId,
      userName,
      seq: shared.nextSeq,
      session,
      total: participants.size + 1,
    })(shared);

/** A room that was created without a host gets, as its host, the user that its creator first joins it as. */
const nameHost =
  (room: Room, { userId, userName }: JoinRequested, { session }: Requester): Decision =>
  (shared) => {
    if (O.isSome(room.hostId) || Table.get(shared.creators, room.id) !== session) return nothing(shared);
    return record({ kind: "HostNamed", room: room.id, hostId: userId, host: userName })(shared);
  };

/**
 * Ends the presence of the user in the room, whoever holds it.
 * Refused, in this order: `room-not-found`, and what the permissions refuse.
 */
export const leave =
  (request: LeaveRequested, by: Requester): Decision =>
  (shared) => {
    const { roomId, userId } = request;
    const room = Table.get(shared.rooms, roomId);
    if (room === undefined) return refuse(request, by, notFound(roomId))(shared);
    const isOwn = isHolder(shared, Id.seat(roomId, userId), by);
    const refusal = refusalOf(
      isOwn ? "leave" : "remove participant",
      [...(isOwn ? (["participant"] as const) : []), ...(isHost(shared, room, by) ? (["host"] as const) : [])],
      { room: roomId, user: userId },
    );
    if (O.isSome(refusal)) return refuse(request, by, refusal.value)(shared);
    const participant = Table.get(room.participants, userId);
    if (participant === undefined) return conclude({ kind: "NothingToDo", client: by.client })(shared);
    return endPresence(room, participant, isOwn ? "left" : "removed")(shared);
  };

/** Of a session that ends: the participant leaves where no other session holds it. */
export const release =
  (seat: SeatId, session: SessionId): Decision =>
  (shared) => {
    const { room: roomId, user } = Id.seatOf(seat);
    if (Multimap.of(shared.holders, seat).size > 1)
      return record({ kind: "ParticipantReleased", room: roomId, user, session })(shared);
    const room = Table.get(shared.rooms, roomId);
    const participant = room && Table.get(room.participants, user);
    if (room === undefined || participant === undefined) return nothing(shared);
    return endPresence(room, participant, "disconnected")(shared);
  };

/** The participant leaves, and the room closes if it was the last. */
const endPresence = (room: Room, { id, name }: Participant, reason: ParticipantLeftReason): Decision => {
  const total = room.participants.size - 1;
  const left = record({
    kind: "ParticipantLeft",
    room: room.id,
    roomName: room.name,
    user: id,
    userName: name,
    reason,
    total,
  });
  return total > 0 ? left : inOrder([left, close(room, "empty")]);
};
