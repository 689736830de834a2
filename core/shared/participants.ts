import { pipe } from "fp-ts/lib/function.js";
import * as O from "fp-ts/lib/Option.js";
import type { Millis, RoomId, SeatId, SessionId, UserId } from "../base/id.js";
import * as Id from "../base/id.js";
import * as Multimap from "../base/multimap.js";
import * as Table from "../base/table.js";
import type { Requester } from "../entry.js";
import type { JoinRequested, LeaveRequested, RemoveRequested } from "../event.js";
import type { ParticipantLeftReason } from "../fact.js";
import type { Refusal } from "../message.js";
import { firstHolder, isHostAwaited, type Knock, knocksAt, type Room, type Session, type Shared } from "../state.js";
import { conclude, type Decision, inOrder, nothing, record } from "./decision.js";
import { bar, entranceOf, knock, notFound, openDoor, refusedIfFull } from "./door.js";
import {
  cannotActAs,
  grantedRole,
  isHolder,
  isHost,
  type Role,
  refusalOf,
  refusedByToken,
  rolesIn,
} from "./permissions.js";
import { openSession, refuse, sessionOf } from "./requester.js";
import { afterLeaving, isHere, roleOf, takeGrantedRole } from "./roles.js";
import { close, create } from "./rooms.js";

/**
 * The session holds the user's place in the room from now on, or the user waits at its door. Joining again changes nothing.
 * Refused, in this order: `not-allowed`, `room-not-found`, what the door refuses, `room-full`, `too-many-rooms`.
 */
export const join =
  (request: JoinRequested, by: Requester, at: Millis): Decision =>
  (shared) => {
    const { roomId, userId: user, create: wanted } = request;
    const refusal = cannotActAs(by.identity, user);
    if (O.isSome(refusal)) return refuse(request, by, refusal.value)(shared);
    const room = Table.get(shared.rooms, roomId);
    if (room !== undefined) return enter(request, room, by, at)(shared);
    if (wanted === undefined) return refuse(request, by, notFound(roomId))(shared);
    const creation = { ...request, kind: "CreateRequested", ...wanted } as const;
    // They may join, and come too early: the room may be there soon.
    if (O.isSome(refusedByToken(by.token, creation, at)))
      return refuse(request, by, {
        ...notFound(roomId),
        message: `room not found: ${roomId}, and the token does not grant create`,
      })(shared);
    const [created, facts] = create(creation, by, at)(shared);
    const opened = Table.get(created.rooms, roomId);
    if (opened === undefined) return [shared, facts];
    const [joined, more] = enter(request, opened, by, at)(created);
    // Whoever may not come in does not leave a room behind.
    return more.some(({ kind }) => kind === "RequestRefused") ? [shared, more] : [joined, [...facts, ...more]];
  };

const enter =
  (request: JoinRequested, room: Room, by: Requester, at: Millis): Decision =>
  (shared) => {
    const { userId: user } = request;
    if (isHolder(shared, Id.seat(room.id, user), by))
      return conclude({ kind: "NothingToDo", client: by.client })(shared);
    const isNew = !Table.has(room.participants, user);
    if (isNew) {
      const entrance = entranceOf(shared, room, by, { user, at });
      if (entrance.kind === "shut") return refuse(request, by, entrance.refusal)(shared);
      if (entrance.kind === "knock") return knock(request, room, by, at)(shared);
    }
    const session = sessionOf(shared, by);
    const full = isNew ? refusedIfFull(shared, room, room.participants.size) : O.none;
    const refusal = O.isSome(full) ? full : refusedIfInTooMany(shared, session);
    if (O.isSome(refusal)) return refuse(request, by, refusal.value)(shared);
    return inOrder([
      openSession(session, by),
      O.isSome(by.member) ? openDoor(room.id) : nothing,
      isNew ? addParticipant(room, request, by) : holdToo(room.id, user, by.session),
      nameHost(room, request, by),
      isNew ? takeGrantedRole(room.id, user, by.token) : nothing,
    ])(shared);
  };

const refusedIfInTooMany = (shared: Shared, session: Session | undefined): O.Option<Refusal> => {
  const { clientSeatsMax } = shared.settings.limits;
  return session === undefined || session.seats.length < clientSeatsMax
    ? O.none
    : O.some({
        code: "too-many-rooms",
        message: `participant limit reached: ${clientSeatsMax} participants per client`,
      });
};

/** A session that cannot be resumed is not told that it may join: it joins. If it is in too many rooms, it waits on. */
export const joinAdmitted =
  ({ id: userId, name: userName, session }: Knock, room: Room): Decision =>
  (shared) => {
    const known = Table.get(shared.sessions, session);
    if (known === undefined || O.isSome(known.member)) return nothing(shared);
    if (O.isSome(refusedIfInTooMany(shared, known))) return nothing(shared);
    return addParticipant(room, { userId, userName }, { session, token: O.none })(shared);
  };

const addParticipant =
  (
    { id, name, participants }: Room,
    { userId, userName }: Pick<JoinRequested, "userId" | "userName">,
    { session, token }: Pick<Requester, "session" | "token">,
  ): Decision =>
  (shared) => {
    const joined = record({
      kind: "ParticipantJoined",
      room: id,
      roomName: name,
      user: userId,
      userName,
      seq: shared.nextSeq,
      session,
      total: participants.size + 1,
      ...(grantedRole(token) === "host" ? { isHostByToken: true } : {}),
    });
    if (!Table.has(shared.doors, id)) return joined(shared);
    return inOrder([
      Table.has(knocksAt(shared, id), userId)
        ? record({ kind: "KnockEnded", room: id, user: userId, reason: "joined" })
        : nothing,
      joined,
      isAwaitedHost(shared, id, userId) ? record({ kind: "HostReturned", room: id }) : nothing,
    ])(shared);
  };

const isAwaitedHost = (shared: Shared, id: RoomId, user: UserId): boolean => {
  const room = Table.get(shared.rooms, id);
  return room !== undefined && O.isSome(room.hostId) && room.hostId.value === user && isHostAwaited(shared, id);
};

/** One more session of a participant, who is not away any longer if all others are. */
const holdToo =
  (room: RoomId, user: UserId, session: SessionId): Decision =>
  (shared) =>
    inOrder([
      record({ kind: "ParticipantHeld", room, user, session, seq: shared.nextSeq }),
      isHere(shared, Id.seat(room, user)) ? nothing : record({ kind: "ParticipantBack", room, user }),
    ])(shared);

/** A room of the seed's protocol that was created without a host gets, as its host, the user that its creator first joins it as. */
const nameHost =
  (room: Room, { userId, userName }: JoinRequested, { session }: Requester): Decision =>
  (shared) => {
    if (O.isSome(room.policy) || O.isSome(room.hostId)) return nothing(shared);
    if (Table.get(shared.creators, room.id) !== session) return nothing(shared);
    return record({ kind: "HostNamed", room: room.id, hostId: userId, host: userName })(shared);
  };

/**
 * Ends the presence of the user in the room. A session that holds it beside an earlier one, or beside others of the same user, ends only
 * its own hold. Refused, in this order: `room-not-found`, and what the permissions refuse.
 */
export const leave =
  (request: LeaveRequested, by: Requester, at: Millis): Decision =>
  (shared) => {
    const { roomId, userId } = request;
    const room = Table.get(shared.rooms, roomId);
    if (room === undefined) return refuse(request, by, notFound(roomId))(shared);
    const seat = Id.seat(roomId, userId);
    const isOwn = isHolder(shared, seat, by);
    const refusal = refusalOf(
      isOwn ? "leave" : "remove participant",
      isOwn ? ["participant"] : hostOnly(isHost(shared, room, by)),
      { room: roomId, user: userId },
    );
    if (O.isSome(refusal)) return refuse(request, by, refusal.value)(shared);
    // To end the presence of somebody else is to remove them, whatever the dialect calls it: the token must grant that.
    const notGranted = isOwn ? O.none : refusedByToken(by.token, { ...request, kind: "RemoveRequested", banMs: 0 }, at);
    if (O.isSome(notGranted)) return refuse(request, by, notGranted.value)(shared);
    if (!Table.has(room.participants, userId)) return conclude({ kind: "NothingToDo", client: by.client })(shared);
    if (isOwn && (O.isSome(by.member) || firstHolder(shared, seat) !== by.session))
      return release(seat, by.session, "left", at)(shared);
    return endPresence(roomId, userId, isOwn ? "left" : "removed", at)(shared);
  };

const hostOnly = (isTheHost: boolean): ReadonlyArray<Role> => (isTheHost ? ["host"] : []);

/** Without a ban, whoever is removed stays out for as long as the room is there, a day at most. */
const removedMs = 86_400_000;

/**
 * Ends the presence of the user, who cannot come back for a time. Somebody who is not there can be banned all the same.
 * Refused, in this order: `room-not-found`, what the permissions refuse, `no-such-participant`.
 */
export const remove =
  (request: RemoveRequested, by: Requester, at: Millis): Decision =>
  (shared) => {
    const { roomId, userId, banMs } = request;
    const room = Table.get(shared.rooms, roomId);
    if (room === undefined) return refuse(request, by, notFound(roomId))(shared);
    const isPlain = roleOf(shared, room, userId) === "participant";
    const refusal = refusalOf(isPlain ? "remove participant" : "remove host or cohost", rolesIn(shared, room, by), {
      room: roomId,
      user: userId,
    });
    if (O.isSome(refusal)) return refuse(request, by, refusal.value)(shared);
    const isThere = Table.has(room.participants, userId);
    const isWaiting = Table.has(knocksAt(shared, roomId), userId);
    if (!isThere && !isWaiting && banMs === 0)
      return refuse(request, by, { code: "no-such-participant", message: `${userId} is not in room ${roomId}` })(
        shared,
      );
    const reason = banMs > 0 ? "banned" : "removed";
    return inOrder([
      openDoor(roomId),
      bar(roomId, userId, { reason, until: (at + (banMs > 0 ? banMs : removedMs)) as Millis }),
      isWaiting ? record({ kind: "KnockEnded", room: roomId, user: userId, reason: "banned" }) : nothing,
      isThere ? endPresence(roomId, userId, reason, at) : nothing,
    ])(shared);
  };

/** Of a session that ends: the participant leaves where no other session holds it. */
export const release =
  (seat: SeatId, session: SessionId, reason: ParticipantLeftReason, at: Millis): Decision =>
  (shared) => {
    const { room, user } = Id.seatOf(seat);
    if (Multimap.of(shared.holders, seat).size === 1) return endPresence(room, user, reason, at)(shared);
    const [after, facts] = record({ kind: "ParticipantReleased", room, user, session })(shared);
    // A session that is lost was away, and others that are away have been told so.
    const until = reason === "lost" ? O.none : awayUntil(after, seat);
    if (O.isNone(until)) return [after, facts];
    const [last, more] = record({ kind: "ParticipantAway", room, user, until: until.value })(after);
    return [last, [...facts, ...more]];
  };

/** When the last of the sessions that hold the seat ends; none where one of them has a socket, or none holds it. */
export const awayUntil = (shared: Shared, seat: SeatId): O.Option<Millis> =>
  Table.keys(Multimap.of(shared.holders, seat)).reduce<O.Option<Millis>>((latest, id, i) => {
    const until = Table.get(shared.sessions, id)?.awayUntil ?? O.none;
    if (i === 0 || O.isNone(until)) return until;
    return pipe(
      latest,
      O.map((known) => Math.max(known, until.value) as Millis),
    );
  }, O.none);

/** The participant leaves, and the room closes if it was the last. */
const endPresence =
  (roomId: RoomId, userId: UserId, reason: ParticipantLeftReason, at: Millis): Decision =>
  (shared) => {
    const room = Table.get(shared.rooms, roomId);
    const participant = room && Table.get(room.participants, userId);
    if (room === undefined || participant === undefined) return nothing(shared);
    const { id, name } = participant;
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
    return inOrder([left, total > 0 ? afterLeaving(roomId, userId, reason, at) : close(room, "empty")])(shared);
  };
