import * as O from "fp-ts/lib/Option.js";
import type { Millis, RoomId, UserId } from "../base/id.js";
import * as Table from "../base/table.js";
import type { Requester } from "../entry.js";
import type {
  AdmitRequested,
  DenyRequested,
  JoinRequested,
  LockRequested,
  RoomRequest,
  UnbanRequested,
  WithdrawRequested,
} from "../event.js";
import type { Refusal } from "../message.js";
import { type Bar, type Door, type Knock, knocksAt, type Room, type Shared } from "../state.js";
import { conclude, type Decision, inOrder, nothing, record } from "./decision.js";
import { type Action, grantedRole, refusalOf, rolesIn } from "./permissions.js";
import { openSession, refuse, sessionOf } from "./requester.js";

/*
 * The door of a room: a knock is `knocking`, then admitted for a while, and over when its user joins, is denied, withdraws, waits too
 * long or is gone. Orders name the user who knocks; what is over answers `gone`.
 */

/** A room gets a door with the first session that can be resumed. */
export const openDoor =
  (room: RoomId): Decision =>
  (shared) =>
    Table.has(shared.doors, room) ? nothing(shared) : record({ kind: "DoorOpened", room })(shared);

/** How a door meets somebody who is not in the room yet. */
export type Entrance =
  | { readonly kind: "open" }
  | { readonly kind: "knock" }
  | { readonly kind: "shut"; readonly refusal: Refusal };

const isOpen: Entrance = { kind: "open" };

/**
 * Refused, in this order: `banned`, `removed` or `denied`, `room-locked`. The host and whoever has a role always pass, and so does whose
 * token says so.
 */
export const entranceOf = (
  shared: Shared,
  room: Room,
  { token }: Requester,
  { user, at }: { readonly user: UserId; readonly at: Millis },
): Entrance => {
  const door = Table.get(shared.doors, room.id);
  if (door === undefined) return isOpen;
  const bar = Table.get(door.barred, user);
  if (bar !== undefined && bar.until > at) return { kind: "shut", refusal: barredBy(bar, room.id, at) };
  if (hasPassage(room, door, user) || hasGrantedPassage(token)) return isOpen;
  if (door.isLocked) return { kind: "shut", refusal: { code: "room-locked", message: `room ${room.id} is locked` } };
  return O.isSome(room.policy) && room.policy.value.lobby ? { kind: "knock" } : isOpen;
};

const barredBy = ({ reason, until }: Bar, room: RoomId, at: Millis): Refusal => ({
  code: reason,
  message: `${reason}: this user cannot come into room ${room} for ${Math.ceil((until - at) / 1_000)} s`,
  retryAfterMs: until - at,
});

const hasGrantedPassage = (token: Requester["token"]): boolean =>
  grantedRole(token) !== "participant" || (O.isSome(token) && token.value.grants.lobby === "bypass");

const hasPassage = (room: Room, door: Door, user: UserId): boolean =>
  (O.isSome(room.hostId) && room.hostId.value === user) ||
  door.cohosts.includes(user) ||
  Table.get(door.knocks, user)?.isAdmitted === true;

/** Knocking again changes nothing. Refused, in this order: `waiting`, `too-many-waiting`. */
export const knock =
  (request: JoinRequested, room: Room, by: Requester, at: Millis): Decision =>
  (shared) => {
    const { userId: user, userName } = request;
    const { roomWaitingMax, clientRoomsMax } = shared.settings.limits;
    const session = sessionOf(shared, by);
    const knocks = knocksAt(shared, room.id);
    const known = Table.get(knocks, user);
    if (known !== undefined)
      return known.session === by.session
        ? conclude({ kind: "NothingToDo", client: by.client })(shared)
        : refuse(request, by, { code: "waiting", message: `${user} already waits at room ${room.id}` })(shared);
    if (knocks.size >= roomWaitingMax || (session?.knocks.length ?? 0) >= clientRoomsMax)
      return refuse(request, by, { code: "too-many-waiting", message: `too many wait at room ${room.id}` })(shared);
    return inOrder([
      openSession(session, by),
      (current) =>
        record({
          kind: "KnockMade",
          room: room.id,
          user,
          userName,
          session: by.session,
          seq: current.nextSeq,
          until: (at + current.settings.knockMs) as Millis,
        })(current),
    ])(shared);
  };

/** An order about somebody at the door, from somebody who may give it. */
const ordered =
  <R extends RoomRequest & { readonly roomId: RoomId }>(
    request: R,
    by: Requester,
    action: Action,
    then: (room: Room, door: Door) => Decision,
  ): Decision =>
  (shared) => {
    const room = Table.get(shared.rooms, request.roomId);
    const door = Table.get(shared.doors, request.roomId);
    if (room === undefined || door === undefined) return refuse(request, by, notFound(request.roomId))(shared);
    const refusal = refusalOf(action, rolesIn(shared, room, by), { room: room.id });
    return (O.isSome(refusal) ? refuse(request, by, refusal.value) : then(room, door))(shared);
  };

export const notFound = (room: RoomId): Refusal => ({ code: "room-not-found", message: `room not found: ${room}` });

/** The limit of this server, or a lower one of the room. */
const capacityOf = ({ settings: { limits } }: Shared, { policy }: Room): number =>
  O.isSome(policy) ? Math.min(policy.value.capacity, limits.roomParticipantsMax) : limits.roomParticipantsMax;

/** Why nobody else has a place in the room, where so many have one already; none where somebody has. */
export const refusedIfFull = (shared: Shared, room: Room, taken: number): O.Option<Refusal> => {
  const capacity = capacityOf(shared, room);
  return taken < capacity
    ? O.none
    : O.some({ code: "room-full", message: `room ${room.id} is full: ${capacity} participants per room` });
};

/** A place is kept for whoever has been admitted. */
const placesTaken = ({ participants }: Room, { knocks }: Door): number =>
  participants.size + Table.values(knocks).filter(({ isAdmitted }) => isAdmitted).length;

const gone = (user: UserId, room: RoomId): Refusal => ({
  code: "gone",
  message: `${user} does not wait at room ${room}`,
});

/**
 * `then` is what follows for a session that cannot be told to join by itself. Admitting twice is once.
 * Refused, in this order: `room-not-found`, what the permissions refuse, `gone`, `room-full`.
 */
export const admit = (
  request: AdmitRequested,
  by: Requester,
  at: Millis,
  then: (knock: Knock, room: Room) => Decision,
): Decision =>
  ordered(request, by, "admit", (room, door) => (shared) => {
    const { userId: user } = request;
    const known = Table.get(door.knocks, user);
    if (known === undefined && !Table.has(room.participants, user))
      return refuse(request, by, gone(user, room.id))(shared);
    if (known === undefined || known.isAdmitted) return conclude({ kind: "NothingToDo", client: by.client })(shared);
    const full = refusedIfFull(shared, room, placesTaken(room, door));
    if (O.isSome(full)) return refuse(request, by, full.value)(shared);
    const until = (at + shared.settings.knockMs) as Millis;
    return inOrder([record({ kind: "KnockAdmitted", room: room.id, user, until }), then(known, room)])(shared);
  });

/** An admission that has not been used is taken back. Refused, in this order: `room-not-found`, what the permissions refuse, `gone`. */
export const deny = (request: DenyRequested, by: Requester, at: Millis): Decision =>
  ordered(request, by, "admit", (room, door) => {
    const { userId: user, forMs } = request;
    if (!Table.has(door.knocks, user)) return refuse(request, by, gone(user, room.id));
    return inOrder([
      bar(room.id, user, { reason: "denied", until: (at + forMs) as Millis }),
      record({ kind: "KnockEnded", room: room.id, user, reason: "denied" }),
    ]);
  });

/** Twice is once. */
export const withdraw =
  (request: WithdrawRequested, by: Requester): Decision =>
  (shared) => {
    const { roomId: room, userId: user } = request;
    const door = Table.get(shared.doors, room);
    if (door && Table.get(door.knocks, user)?.session === by.session)
      return record({ kind: "KnockEnded", room, user, reason: "withdrawn" })(shared);
    return conclude({ kind: "NothingToDo", client: by.client })(shared);
  };

/** For newcomers only. Refused: `room-not-found`, and what the permissions refuse. */
export const lock = (request: LockRequested, by: Requester): Decision =>
  ordered(request, by, "lock", (room, door) => {
    if (door.isLocked === request.isLocked) return conclude({ kind: "NothingToDo", client: by.client });
    return record({ kind: request.isLocked ? "RoomLocked" : "RoomUnlocked", room: room.id });
  });

/** Ends a ban, or what is left of a denial. Refused: `room-not-found`, and what the permissions refuse. */
export const unban = (request: UnbanRequested, by: Requester): Decision =>
  ordered(request, by, "remove participant", (room, door) =>
    Table.has(door.barred, request.userId)
      ? record({ kind: "UserUnbarred", room: room.id, user: request.userId })
      : conclude({ kind: "NothingToDo", client: by.client }),
  );

/** The user cannot come in until then. Of too many, the one whose time is up first is forgotten. */
export const bar =
  (room: RoomId, user: UserId, why: Bar): Decision =>
  (shared) => {
    const barred = Table.get(shared.doors, room)?.barred ?? Table.empty<UserId, Bar>();
    const isFull = barred.size >= shared.settings.limits.roomBarredMax && !Table.has(barred, user);
    return inOrder([
      isFull ? record({ kind: "UserUnbarred", room, user: firstOver(barred) }) : nothing,
      record({ kind: "UserBarred", room, user, bar: why }),
    ])(shared);
  };

const firstOver = (barred: Door["barred"]): UserId =>
  Table.entries(barred).reduce((first, next) => (next[1].until < first[1].until ? next : first))[0];
