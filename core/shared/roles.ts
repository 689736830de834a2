import * as O from "fp-ts/lib/Option.js";
import type { Millis, RoomId, UserId } from "../base/id.js";
import * as Id from "../base/id.js";
import * as Multimap from "../base/multimap.js";
import * as Table from "../base/table.js";
import type { RoleRequested } from "../event.js";
import type { ParticipantLeftReason } from "../fact.js";
import { type Participant, participantsInOrder, type Room, type Shared } from "../state.js";
import { conclude, type Decision, inOrder, nothing, record } from "./decision.js";
import { notFound } from "./door.js";
import type { Requester } from "./entry.js";
import { refusalOf, rolesIn } from "./permissions.js";
import { refuse } from "./requester.js";
import { close } from "./rooms.js";

/**
 * Who is made the host takes over; who was becomes a co-host.
 * Refused, in this order: `room-not-found`, what the permissions refuse, `no-such-participant`, `not-allowed`.
 */
export const giveRole =
  (request: RoleRequested, by: Requester): Decision =>
  (shared) => {
    const { roomId, userId: user, role } = request;
    const room = Table.get(shared.rooms, roomId);
    const door = Table.get(shared.doors, roomId);
    if (room === undefined || door === undefined) return refuse(request, by, notFound(roomId))(shared);
    const refusal = refusalOf("give role", rolesIn(shared, room, by), { room: roomId });
    if (O.isSome(refusal)) return refuse(request, by, refusal.value)(shared);
    if (!Table.has(room.participants, user))
      return refuse(request, by, { code: "no-such-participant", message: `${user} is not in room ${roomId}` })(shared);
    const before = roleOf(shared, room, user);
    if (before === role) return conclude({ kind: "NothingToDo", client: by.client })(shared);
    if (before === "host")
      return refuse(request, by, {
        code: "not-allowed",
        message: "not allowed: the host stays the host until somebody else is made the host",
      })(shared);
    const host = O.toUndefined(room.hostId);
    const isOver = role === "host" && host !== undefined && Table.has(room.participants, host);
    return inOrder([
      record({ kind: "RoleChanged", room: roomId, user, role }),
      isOver ? record({ kind: "RoleChanged", room: roomId, user: host, role: "cohost" }) : nothing,
    ])(shared);
  };

/** Of a token. A host by token is the host where the room has none, or none that is there; beside another one, a co-host. */
export const takeGrantedRole =
  (id: RoomId, user: UserId, { token }: Requester): Decision =>
  (shared) => {
    const room = Table.get(shared.rooms, id);
    const granted = O.isSome(token) ? token.value.grants.role : "participant";
    if (room === undefined || O.isNone(room.policy) || granted === "participant") return nothing(shared);
    const isHostThere = O.isSome(room.hostId) && Table.has(room.participants, room.hostId.value);
    const role = granted === "host" && !isHostThere ? "host" : "cohost";
    const before = roleOf(shared, room, user);
    if (before === role || before === "host") return nothing(shared);
    return record({ kind: "RoleChanged", room: id, user, role })(shared);
  };

export const roleOf = (shared: Shared, room: Room, user: UserId): "host" | "cohost" | "participant" => {
  if (O.isSome(room.hostId) && room.hostId.value === user) return "host";
  return Table.get(shared.doors, room.id)?.cohosts.includes(user) === true ? "cohost" : "participant";
};

/** A host who was lost is awaited. One who has left otherwise is succeeded at once. */
export const afterLeaving =
  (id: RoomId, user: UserId, reason: ParticipantLeftReason, at: Millis): Decision =>
  (shared) => {
    const room = Table.get(shared.rooms, id);
    if (room === undefined || O.isNone(room.policy)) return nothing(shared);
    if (O.isNone(room.hostId) || room.hostId.value !== user) return nothing(shared);
    if (reason === "lost")
      return record({ kind: "HostAwaited", room: id, until: (at + shared.settings.hostReclaimMs) as Millis })(shared);
    return succeed(id)(shared);
  };

/** A co-host becomes the host: one who is here, or else one who is away, whoever joined first. Without any, the policy decides. */
export const succeed =
  (id: RoomId): Decision =>
  (shared) => {
    const room = Table.get(shared.rooms, id);
    if (room === undefined || O.isNone(room.policy)) return nothing(shared);
    const cohosts = Table.get(shared.doors, id)?.cohosts ?? [];
    const cohost = firstOf(shared, room, ({ id: user }) => cohosts.includes(user));
    if (cohost !== undefined) return record({ kind: "RoleChanged", room: id, user: cohost.id, role: "host" })(shared);
    switch (room.policy.value.withoutHost) {
      case "promote": {
        const first = firstOf(shared, room, () => true);
        return first === undefined
          ? nothing(shared)
          : record({ kind: "RoleChanged", room: id, user: first.id, role: "host" })(shared);
      }
      case "open":
        return record({ kind: "HostGivenUp", room: id })(shared);
      case "lock":
        return inOrder([record({ kind: "HostGivenUp", room: id }), record({ kind: "RoomLocked", room: id })])(shared);
      case "close":
        return close(room, "no-host")(shared);
    }
  };

const firstOf = (shared: Shared, room: Room, may: (one: Participant) => boolean): Participant | undefined => {
  const able = participantsInOrder(room).filter(may);
  return able.find(({ id }) => isHere(shared, Id.seat(room.id, id))) ?? able[0];
};

/** Whether a session with a socket holds the seat. */
export const isHere = (shared: Shared, seat: Id.SeatId): boolean =>
  Table.someKey(Multimap.of(shared.holders, seat), (session) => {
    const holder = Table.get(shared.sessions, session);
    return holder !== undefined && O.isNone(holder.awayUntil);
  });
