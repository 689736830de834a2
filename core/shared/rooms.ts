import { pipe } from "fp-ts/lib/function.js";
import * as O from "fp-ts/lib/Option.js";
import type { Millis, RoomId, SessionId } from "../base/id.js";
import * as Table from "../base/table.js";
import type { Requester } from "../entry.js";
import type { CloseRequested, CreateRequested } from "../event.js";
import type { Fact, RoomClosedReason } from "../fact.js";
import type { Refusal } from "../message.js";
import { knocksAt, participantsInOrder, participantsOf, type Room, type Session, type Shared } from "../state.js";
import { conclude, type Decision, inOrder, nothing, record } from "./decision.js";
import { notFound, openDoor } from "./door.js";
import { cannotActAs, isHost, refusalOf, rolesIn } from "./permissions.js";
import { openSession, refuse, sessionOf } from "./requester.js";

/**
 * Opens a room, or, in a dialect where rooms have no policy, updates name and description of the one that its host describes again.
 * Refused, in this order: `room-exists`, `not-allowed`, `too-many-rooms`.
 */
export const create =
  (request: CreateRequested, by: Requester, at: Millis): Decision =>
  (shared) => {
    const room = Table.get(shared.rooms, request.room.id);
    if (room !== undefined && request.policy !== undefined) return refuse(request, by, exists(room.id))(shared);
    if (room !== undefined) return update(room, request, by)(shared);
    const { hostId } = request.room;
    const notThem = hostId === undefined ? O.none : cannotActAs(by.identity, hostId);
    if (O.isSome(notThem)) return refuse(request, by, notThem.value)(shared);
    const session = sessionOf(shared, by);
    const refusal = limitReached(shared, session);
    if (O.isSome(refusal)) return refuse(request, by, refusal.value)(shared);
    return inOrder([
      openSession(session, by),
      record({ kind: "RoomOpened", room: newRoom(shared, request, at), session: by.session }),
      O.isSome(by.member) ? openDoor(request.room.id) : nothing,
    ])(shared);
  };

const exists = (room: RoomId): Refusal => ({ code: "room-exists", message: `room ${room} already exists: join it` });

const limitReached = (shared: Shared, session: Session | undefined): O.Option<Refusal> => {
  const { clientRoomsMax, roomsMax } = shared.settings.limits;
  if (session !== undefined && session.created.length >= clientRoomsMax)
    return O.some({ code: "too-many-rooms", message: `room limit reached: ${clientRoomsMax} rooms per client` });
  if (shared.rooms.size >= roomsMax)
    return O.some({ code: "too-many-rooms", message: `room limit reached: ${roomsMax} rooms on this server` });
  return O.none;
};

const newRoom = (
  { nextSeq }: Shared,
  { room, policy }: CreateRequested,
  createdAt: Millis,
): Omit<Room, "participants"> => ({
  id: room.id,
  seq: nextSeq,
  name: room.name,
  description: room.description ?? "",
  host: O.fromNullable(room.host),
  hostId: O.fromNullable(room.hostId),
  createdAt,
  policy: O.fromNullable(policy),
});

const update =
  (room: Room, request: CreateRequested, by: Requester): Decision =>
  (shared) => {
    const { name, description = room.description, hostId } = request.room;
    const isRenamed = name !== room.name || description !== room.description;
    const isHostNew = O.isNone(room.hostId) && hostId !== undefined;
    // Participants that come back after a restart all describe the room as it was, and name its host.
    const isRepeated = !isRenamed && O.isSome(room.hostId) && room.hostId.value === hostId;
    const isOthers = hostId !== undefined && O.isSome(room.hostId) && room.hostId.value !== hostId;
    const roles = isRepeated || (!isOthers && isHost(shared, room, by)) ? (["host"] as const) : [];
    const refusal = refusalOf("update room", roles, { room: room.id });
    if (O.isSome(refusal)) return refuse(request, by, refusal.value)(shared);
    const notThem = isHostNew ? cannotActAs(by.identity, hostId) : O.none;
    if (O.isSome(notThem)) return refuse(request, by, notThem.value)(shared);
    if (!isRenamed && !isHostNew) return conclude({ kind: "NothingToDo", client: by.client })(shared);
    return inOrder([
      isHostNew ? record({ kind: "HostNamed", room: room.id, hostId }) : nothing,
      record({ kind: "RoomUpdated", room: room.id, name, description }),
    ])(shared);
  };

/** With its creator gone, a room that nobody has joined is closed, and any other goes on. */
export const abandon =
  (id: RoomId, session: SessionId): Decision =>
  (shared) => {
    const room = Table.get(shared.rooms, id);
    if (room === undefined) return nothing(shared);
    if (room.participants.size > 0) return record({ kind: "CreatorLeft", room: id, session })(shared);
    return close(room, "abandoned")(shared);
  };

/** Closes the rooms that nobody has joined in time, oldest first. */
export const closeUnjoined =
  (at: Millis): Decision =>
  (shared) => {
    let current = shared;
    const facts: Fact[] = [];
    const overdue = (): O.Option<Room> =>
      pipe(
        oldestUnjoined(current),
        O.filter((room) => expiryOf(current, room) <= at),
      );
    for (let room = overdue(); O.isSome(room); room = overdue()) {
      const [next, closed] = close(room.value, "unjoined")(current);
      current = next;
      facts.push(...closed);
    }
    return [current, facts];
  };

/** When the oldest room that nobody has joined is due to be closed. */
export const nextExpiry = (shared: Shared): O.Option<Millis> =>
  pipe(
    oldestUnjoined(shared),
    O.map((room) => expiryOf(shared, room)),
  );

const oldestUnjoined = ({ rooms, unjoined }: Shared): O.Option<Room> =>
  pipe(
    O.fromNullable(Table.first(unjoined)),
    O.chain((seq) => O.fromNullable(Table.get(unjoined, seq))),
    O.chain((id) => O.fromNullable(Table.get(rooms, id))),
  );

const expiryOf = ({ settings }: Shared, room: Room): Millis => (room.createdAt + settings.unjoinedRoomMs) as Millis;

/** Who waits at its door waits no longer, and who is in it leaves. */
export const close =
  ({ id, name }: Room, reason: RoomClosedReason): Decision =>
  (shared) => {
    const participants = participantsOf(shared, id);
    return inOrder([
      ...Table.keys(knocksAt(shared, id)).map((user) =>
        record({ kind: "KnockEnded", room: id, user, reason: "closed" }),
      ),
      ...participantsInOrder({ participants }).map((one, i) =>
        record({
          kind: "ParticipantLeft",
          room: id,
          roomName: name,
          user: one.id,
          userName: one.name,
          reason: "closed",
          total: participants.size - 1 - i,
        }),
      ),
      record({ kind: "RoomClosed", room: id, name, reason }),
    ])(shared);
  };

/** Refused, in this order: `room-not-found`, and what the permissions refuse. */
export const closeAsAsked =
  (request: CloseRequested, by: Requester): Decision =>
  (shared) => {
    const room = Table.get(shared.rooms, request.roomId);
    if (room === undefined) return refuse(request, by, notFound(request.roomId))(shared);
    const refusal = refusalOf("close room", rolesIn(shared, room, by), { room: room.id });
    return (O.isSome(refusal) ? refuse(request, by, refusal.value) : close(room, "closed"))(shared);
  };
