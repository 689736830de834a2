import * as O from "fp-ts/lib/Option.js";
import type { Millis, RoomId, Seq, SessionId, UserId } from "../base/id.js";
import * as Id from "../base/id.js";
import type { Settings } from "../base/limits.js";
import * as Multimap from "../base/multimap.js";
import type { RoomRole } from "../base/room.js";
import * as Table from "../base/table.js";
import type { SharedFact } from "../fact.js";
import { sessionWith, withShared } from "../replace.js";
import { type Bar, type Door, type Knock, participantsOf, type Shared } from "../state.js";

/* The parts of `evolve` that concern doors: knocks, bars, roles, and what ends by itself. */

const newDoor: Door = {
  version: 0,
  isLocked: false,
  cohosts: [],
  knocks: Table.empty(),
  barred: Table.empty(),
  hostAwaitedUntil: O.none,
};

const changeDoor = (shared: Shared, room: RoomId, change: (door: Door) => Door): Shared => {
  // Most rooms have none.
  if (!Table.has(shared.doors, room)) return shared;
  return withShared(shared, { doors: Table.update(shared.doors, room, change) });
};

/** The roster of the room has changed. */
export const withNextVersion = (shared: Shared, room: RoomId): Shared =>
  changeDoor(shared, room, (door) => ({ ...door, version: door.version + 1 }));

/** Who was lost keeps their role, and whoever left otherwise does not. */
export const participantLeft = (
  shared: Shared,
  { room, user, reason }: Extract<SharedFact, { readonly kind: "ParticipantLeft" }>,
): Shared =>
  changeDoor(shared, room, (door) => ({
    ...door,
    version: door.version + 1,
    cohosts: reason === "lost" ? door.cohosts : without(door.cohosts, user),
  }));

export const doorOpened = (shared: Shared, room: RoomId): Shared =>
  withShared(shared, {
    doors: Table.set(shared.doors, room, newDoor),
  });

/** Of a room that is closed. Its knocks have ended before. */
export const doorClosed = (shared: Shared, room: RoomId): Shared => {
  const door = Table.get(shared.doors, room);
  if (door === undefined) return shared;
  return withShared(hostNoLongerAwaited(shared, room, door), { doors: Table.remove(shared.doors, room) });
};

export const locked = (shared: Shared, room: RoomId, isLocked: boolean): Shared =>
  withNextVersion(
    changeDoor(shared, room, (door) => ({ ...door, isLocked })),
    room,
  );

export const roleChanged = (shared: Shared, room: RoomId, user: UserId, role: RoomRole): Shared => {
  const others = (door: Door): ReadonlyArray<UserId> => without(door.cohosts, user);
  const door = Table.get(shared.doors, room);
  const before = role === "host" && door !== undefined ? hostNoLongerAwaited(shared, room, door) : shared;
  const after = changeDoor(before, room, (there) => ({
    ...there,
    cohosts: role === "cohost" ? withCohost(before, room, others(there), user) : others(there),
    hostAwaitedUntil: role === "host" ? O.none : there.hostAwaitedUntil,
  }));
  return withNextVersion(role === "host" ? withShared(after, { rooms: withHost(after, room, user) }) : after, room);
};

const without = (users: ReadonlyArray<UserId>, user: UserId): ReadonlyArray<UserId> =>
  users.filter((other) => other !== user);

/** Of too many, the first who was lost is forgotten: the others are participants, and so there are fewer than may be. */
const withCohost = (
  shared: Shared,
  room: RoomId,
  cohosts: ReadonlyArray<UserId>,
  user: UserId,
): ReadonlyArray<UserId> => {
  if (cohosts.length < shared.settings.limits.roomParticipantsMax) return [...cohosts, user];
  const there = participantsOf(shared, room);
  const lost = cohosts.findIndex((other) => !Table.has(there, other));
  return [...cohosts.filter((_, i) => i !== lost), user];
};

const withHost = ({ rooms }: Shared, room: RoomId, user: UserId): Shared["rooms"] =>
  Table.update(rooms, room, (there) => ({
    ...there,
    hostId: O.some(user),
    host: O.fromNullable(Table.get(there.participants, user)?.name),
  }));

export const hostAwaited = (shared: Shared, room: RoomId, until: Millis): Shared =>
  withShared(
    changeDoor(shared, room, (door) => ({ ...door, hostAwaitedUntil: O.some(until) })),
    {
      due: Multimap.add(shared.due, until, Id.due({ kind: "host", room })),
    },
  );

/** They are back, or somebody else is the host now. */
const hostNoLongerAwaited = (shared: Shared, room: RoomId, { hostAwaitedUntil }: Door): Shared =>
  O.isNone(hostAwaitedUntil)
    ? shared
    : withShared(shared, { due: Multimap.remove(shared.due, hostAwaitedUntil.value, Id.due({ kind: "host", room })) });

/** The host has joined again. */
export const hostIsBack = (shared: Shared, room: RoomId): Shared => {
  const door = Table.get(shared.doors, room);
  if (door === undefined || O.isNone(door.hostAwaitedUntil)) return shared;
  return changeDoor(hostNoLongerAwaited(shared, room, door), room, (there) => ({ ...there, hostAwaitedUntil: O.none }));
};

export const hostGivenUp = (shared: Shared, room: RoomId): Shared => {
  const rest = hostIsBack(shared, room);
  return withShared(rest, {
    rooms: Table.update(rest.rooms, room, (there) => ({ ...there, host: O.none, hostId: O.none })),
  });
};

export const knockMade = (shared: Shared, room: RoomId, knock: Knock, nextSeq: Seq): Shared =>
  withShared(
    changeDoor(shared, room, (door) => ({ ...door, knocks: Table.set(door.knocks, knock.id, knock) })),
    {
      nextSeq,
      sessions: Table.update(shared.sessions, knock.session, (s) => sessionWith(s, { knocks: [...s.knocks, room] })),
      due: Multimap.add(shared.due, knock.until, dueKnock(room, knock.id)),
    },
  );

const dueKnock = (room: RoomId, user: UserId) => Id.due({ kind: "knock", room, user });

const knockOf = (shared: Shared, room: RoomId, user: UserId): Knock | undefined => {
  const door = Table.get(shared.doors, room);
  return door && Table.get(door.knocks, user);
};

export const knockAdmitted = (shared: Shared, room: RoomId, user: UserId, until: Millis): Shared => {
  const knock = knockOf(shared, room, user);
  if (knock === undefined) return shared;
  const due = Multimap.remove(shared.due, knock.until, dueKnock(room, user));
  const admitted: Knock = { ...knock, isAdmitted: true, until };
  return withShared(
    changeDoor(shared, room, (door) => ({ ...door, knocks: Table.set(door.knocks, user, admitted) })),
    {
      due: Multimap.add(due, until, dueKnock(room, user)),
    },
  );
};

/** A session that acts for several users may wait at a door as each of them. */
const withoutOne = (knocks: ReadonlyArray<RoomId>, room: RoomId): ReadonlyArray<RoomId> => {
  const at = knocks.indexOf(room);
  return knocks.filter((_, i) => i !== at);
};

export const knockEnded = (shared: Shared, room: RoomId, user: UserId): Shared => {
  const knock = knockOf(shared, room, user);
  if (knock === undefined) return shared;
  return withShared(
    changeDoor(shared, room, (door) => ({ ...door, knocks: Table.remove(door.knocks, user) })),
    {
      sessions: Table.update(shared.sessions, knock.session, (s) =>
        sessionWith(s, { knocks: withoutOne(s.knocks, room) }),
      ),
      due: Multimap.remove(shared.due, knock.until, dueKnock(room, user)),
    },
  );
};

/** Whoever is barred has no role any more, also if they were lost before. */
export const barred = (shared: Shared, room: RoomId, user: UserId, bar: Bar): Shared =>
  changeDoor(shared, room, (door) => ({
    ...door,
    cohosts: without(door.cohosts, user),
    barred: Table.set(door.barred, user, bar),
  }));

export const unbarred = (shared: Shared, room: RoomId, user: UserId): Shared =>
  changeDoor(shared, room, (door) => ({ ...door, barred: Table.remove(door.barred, user) }));

export const sessionAway = (shared: Shared, session: SessionId, until: Millis): Shared =>
  withShared(shared, {
    sessions: Table.update(shared.sessions, session, (s) => sessionWith(s, { awayUntil: O.some(until) })),
    due: Multimap.add(shared.due, until, Id.due({ kind: "session", session })),
  });

/** It has a socket again, or ends. */
export const sessionNotAway = (shared: Shared, id: SessionId): Shared => {
  const session = Table.get(shared.sessions, id);
  if (session === undefined || O.isNone(session.awayUntil)) return shared;
  return withShared(shared, {
    sessions: Table.set(shared.sessions, id, sessionWith(session, { awayUntil: O.none })),
    due: Multimap.remove(shared.due, session.awayUntil.value, Id.due({ kind: "session", session: id })),
  });
};

/** The doors when a run begins: knocks, and the waiting for a host, last as long as new ones. */
export const waitingAnew = (shared: Shared, at: Millis, { knockMs, hostReclaimMs }: Settings): Shared["doors"] => {
  const [knockUntil, hostUntil] = [(at + knockMs) as Millis, O.some((at + hostReclaimMs) as Millis)];
  return Table.map(shared.doors, ({ version, isLocked, cohosts, knocks, barred: bars, hostAwaitedUntil }, room) => ({
    ...{ version: version + 1, isLocked, cohosts },
    knocks: Table.map(knocks, (knock) => ({ ...knock, until: knockUntil })),
    // Whoever was let in is not barred: the clock may have been set back since the bar was over.
    barred: bars.size === 0 ? bars : withoutAll(bars, Table.keys(participantsOf(shared, room)), Table.keys(knocks)),
    hostAwaitedUntil: O.isNone(hostAwaitedUntil) ? O.none : hostUntil,
  }));
};

const withoutAll = (bars: Door["barred"], ...users: ReadonlyArray<ReadonlyArray<UserId>>): Door["barred"] =>
  users.flat().reduce((rest, user) => Table.remove(rest, user), bars);
