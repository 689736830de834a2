import * as O from "fp-ts/lib/Option.js";
import type { Millis, RoomId, UserId } from "../base/id.js";
import * as Id from "../base/id.js";
import * as Multimap from "../base/multimap.js";
import type { RoomRole } from "../base/room.js";
import * as Table from "../base/table.js";
import type { Requester } from "../entry.js";
import type { RoleRequested } from "../event.js";
import type { ParticipantLeftReason } from "../fact.js";
import { cohostsOf, type Participant, participantsInOrder, type Room, type Shared } from "../state.js";
import { conclude, type Decision, inOrder, nothing, record } from "./decision.js";
import { notFound } from "./door.js";
import { grantedRole, refusalOf, rolesIn } from "./permissions.js";
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
    return change(room, user, role)(shared);
  };

/** A host who is there becomes a co-host of whoever is the host now. */
const change = (room: Room, user: UserId, role: RoomRole): Decision => {
  const host = hostThere(room);
  return inOrder([
    record({ kind: "RoleChanged", room: room.id, user, role }),
    role === "host" && host !== undefined
      ? record({ kind: "RoleChanged", room: room.id, user: host.id, role: "cohost" })
      : nothing,
  ]);
};

const hostThere = ({ hostId, participants }: Room): Participant | undefined =>
  O.isSome(hostId) ? Table.get(participants, hostId.value) : undefined;

/**
 * Of a token, on entering. A host by token is the host, also instead of one who is it by creating the room, by succession or by the
 * order of another; beside another host by token, a co-host.
 */
export const takeGrantedRole =
  (id: RoomId, user: UserId, token: Requester["token"]): Decision =>
  (shared) => {
    const room = Table.get(shared.rooms, id);
    const granted = grantedRole(token);
    if (room === undefined || O.isNone(room.policy) || granted === "participant") return nothing(shared);
    const role = granted === "host" && hostThere(room)?.isHostByToken !== true ? "host" : "cohost";
    const before = roleOf(shared, room, user);
    if (before === role || before === "host") return nothing(shared);
    return change(room, user, role)(shared);
  };

export const roleOf = (shared: Shared, room: Room, user: UserId): "host" | "cohost" | "participant" => {
  if (O.isSome(room.hostId) && room.hostId.value === user) return "host";
  return cohostsOf(shared, room.id).includes(user) ? "cohost" : "participant";
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

/**
 * A co-host becomes the host, a host by token before any other: one who is here, or else one who is away, whoever joined first. Without
 * any, the policy decides.
 */
export const succeed =
  (id: RoomId): Decision =>
  (shared) => {
    const room = Table.get(shared.rooms, id);
    if (room === undefined || O.isNone(room.policy)) return nothing(shared);
    const cohosts = cohostsOf(shared, id);
    const isCohost = ({ id: user }: Participant) => cohosts.includes(user);
    const cohost =
      firstOf(shared, room, (one) => isCohost(one) && one.isHostByToken === true) ?? firstOf(shared, room, isCohost);
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
