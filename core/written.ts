import * as O from "fp-ts/lib/Option.js";
import type { DueId, Millis, RoomId, SeatId, Seq, SessionId, UserId } from "./base/id.js";
import * as Id from "./base/id.js";
import { firstLevel } from "./base/level.js";
import type { Settings } from "./base/limits.js";
import * as Multimap from "./base/multimap.js";
import * as Table from "./base/table.js";
import type { Bar, Door, Knock, Node, Participant, Room, Session, Shared } from "./state.js";

type WrittenRoom = Omit<Room, "participants"> & { readonly participants: ReadonlyArray<Participant> };
/** What was written before there were levels lacks the rest. */
type WrittenNode = Pick<Node, "id" | "renewedAt" | "clients"> & Partial<Node>;
type WrittenDoor = Omit<Door, "knocks" | "barred"> & {
  readonly room: RoomId;
  readonly knocks: ReadonlyArray<Knock>;
  readonly barred: ReadonlyArray<readonly [UserId, Bar]>;
};

/** The shared half as plain JSON: the same for the same history, whatever way the tables have been built. What follows from the rest is left out. */
export interface WrittenShared {
  readonly settings: Settings;
  readonly nextSeq: Seq;
  readonly sessions: ReadonlyArray<Session>;
  /** Of each session, in the same order: when it came to hold each of its seats. */
  readonly holds: ReadonlyArray<ReadonlyArray<Seq>>;
  readonly rooms: ReadonlyArray<WrittenRoom>;
  readonly doors: ReadonlyArray<WrittenDoor>;
  readonly nodes: ReadonlyArray<WrittenNode>;
  /** Absent in what was written before there were levels: the first. */
  readonly level?: number;
}

/** Some of a written shared half. */
export type WrittenPart = Partial<WrittenShared>;

/** In small parts, made one by one: a server that goes on meanwhile writes one after the other. */
export function* partsOf(shared: Shared): Generator<WrittenPart, void> {
  const { settings, nextSeq, level } = shared;
  yield { settings, nextSeq, level, nodes: Table.values(shared.nodes) };
  const seqOf = (seat: SeatId, session: SessionId): Seq => Table.get(Multimap.of(shared.holders, seat), session) as Seq;
  for (const some of Table.groups(shared.sessions)) {
    const sessions = some.map(([, session]) => session);
    yield { sessions, holds: sessions.map(({ id, seats }) => seats.map((seat) => seqOf(seat, id))) };
  }
  for (const rooms of Table.groups(shared.rooms))
    yield { rooms: rooms.map(([, room]) => ({ ...room, participants: Table.values(room.participants) })) };
  for (const rooms of Table.groups(shared.doors))
    yield {
      doors: rooms.map(([room, door]) => ({
        ...door,
        room,
        knocks: Table.values(door.knocks),
        barred: Table.entries(door.barred),
      })),
    };
}

/** The parts of a shared half as one. */
export const wholeOf = (parts: ReadonlyArray<WrittenPart>): WrittenShared => {
  const others: WrittenShared = Object.assign({}, ...parts);
  return {
    ...others,
    sessions: parts.flatMap(({ sessions = [] }) => sessions),
    holds: parts.flatMap(({ holds = [] }) => holds),
    rooms: parts.flatMap(({ rooms = [] }) => rooms),
    doors: parts.flatMap(({ doors = [] }) => doors),
    nodes: parts.flatMap(({ nodes = [] }) => nodes),
  };
};

/** The shared half that was written so. */
export const sharedOf = ({ settings, nextSeq, level = firstLevel, ...written }: WrittenShared): Shared => {
  const sessions = byId(written.sessions);
  const rooms = byId(written.rooms.map(roomOf));
  const doors = tableOf(written.doors.map((door) => [door.room, doorOf(door)]));
  const seats: Array<readonly [SeatId, SessionId, Seq]> = [];
  const members: Array<readonly [UserId, SessionId, true]> = [];
  const creators: Array<readonly [RoomId, SessionId]> = [];
  for (const [i, { id, seats: held, created, member }] of written.sessions.entries()) {
    const holds = written.holds[i] as ReadonlyArray<Seq>;
    for (const [n, seat] of held.entries()) seats.push([seat, id, holds[n] as Seq]);
    for (const room of created) creators.push([room, id]);
    if (O.isSome(member)) members.push([member.value.user, id, true]);
  }
  const unjoined = written.rooms.filter(({ participants }) => participants.length === 0);
  return {
    ...{ settings, nextSeq, sessions, rooms, doors },
    unjoined: tableOf(unjoined.map(({ seq, id }) => [seq, id])),
    creators: tableOf(creators),
    holders: grouped(seats),
    memberships: grouped(members),
    due: dueOf(sessions, doors),
    nodes: byId(written.nodes.map(nodeOf)),
    level,
  };
};

const nodeOf = ({ id, renewedAt, clients, startedAt = renewedAt, level = firstLevel }: WrittenNode): Node => ({
  ...{ id, renewedAt, clients, startedAt, level },
});

const roomOf = (room: WrittenRoom): Room => {
  const { id, seq, name, description, host, hostId, createdAt, policy } = room;
  return { id, seq, name, description, host, hostId, createdAt, policy, participants: byId(room.participants) };
};

const doorOf = ({ version, isLocked, cohosts, knocks, barred, hostAwaitedUntil }: WrittenDoor): Door => ({
  ...{ version, isLocked, cohosts },
  knocks: byId(knocks),
  barred: tableOf(barred),
  hostAwaitedUntil,
});

const byId = <K extends string, V extends { readonly id: K }>(values: ReadonlyArray<V>): Table.Table<K, V> =>
  Table.from(
    values.map(({ id }) => id),
    values,
  );

const ascending = <K extends string | number>([a]: readonly [K, ...unknown[]], [b]: readonly [K, ...unknown[]]) =>
  a < b ? -1 : a > b ? 1 : 0;

const tableOf = <K extends string | number, V>(pairs: ReadonlyArray<readonly [K, V]>): Table.Table<K, V> => {
  const sorted = [...pairs].sort(ascending);
  return Table.from(
    sorted.map(([key]) => key),
    sorted.map(([, value]) => value),
  );
};

/** The multimap of these: a key, a value, and what is known of the pair. */
const grouped = <K extends string | number, V extends string | number, X>(
  all: ReadonlyArray<readonly [K, V, X]>,
): Multimap.Multimap<K, V, X> => {
  const sorted = [...all].sort(ascending);
  const keys: K[] = [];
  const values: Array<Table.Table<V, X>> = [];
  for (let from = 0; from < sorted.length; ) {
    const [key, value, known] = sorted[from] as readonly [K, V, X];
    let to = from + 1;
    while (to < sorted.length && sorted[to]?.[0] === key) to += 1;
    keys.push(key);
    // Most have one.
    values.push(
      to === from + 1
        ? Table.of(value, known)
        : tableOf(sorted.slice(from, to).map(([, one, knownOfIt]) => [one, knownOfIt])),
    );
    from = to;
  }
  return Table.from(keys, values);
};

/** All that ends by itself. */
export const dueOf = (sessions: Shared["sessions"], doors: Shared["doors"]): Shared["due"] => {
  const all: Array<readonly [Millis, DueId, true]> = [];
  for (const { id: session, awayUntil } of Table.values(sessions))
    if (O.isSome(awayUntil)) all.push([awayUntil.value, Id.due({ kind: "session", session }), true]);
  for (const [room, { knocks, hostAwaitedUntil }] of Table.entries(doors)) {
    if (O.isSome(hostAwaitedUntil)) all.push([hostAwaitedUntil.value, Id.due({ kind: "host", room }), true]);
    for (const { id: user, until } of Table.values(knocks))
      all.push([until, Id.due({ kind: "knock", room, user }), true]);
  }
  return grouped(all);
};
