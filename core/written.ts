import type { DueId, Millis, RoomId, SeatId, Seq, SessionId, UserId } from "./base/id.js";
import type { Settings } from "./base/limits.js";
import type { Multimap } from "./base/multimap.js";
import * as Table from "./base/table.js";
import type { Bar, Door, Knock, Participant, Room, Session, Shared } from "./state.js";

/** A table as a list, in the order of its keys. */
type Entries<K, V> = ReadonlyArray<readonly [K, V]>;
type WrittenRoom = Omit<Room, "participants"> & { readonly participants: ReadonlyArray<Participant> };
type WrittenDoor = Omit<Door, "knocks" | "barred"> & {
  readonly knocks: ReadonlyArray<Knock>;
  readonly barred: Entries<UserId, Bar>;
};

/** The shared half as plain JSON: the same for the same history, whatever way the tables have been built. */
export interface WrittenShared {
  readonly settings: Settings;
  readonly nextSeq: Seq;
  readonly sessions: ReadonlyArray<Session>;
  readonly rooms: ReadonlyArray<WrittenRoom>;
  readonly unjoined: Entries<Seq, RoomId>;
  readonly creators: Entries<RoomId, SessionId>;
  readonly holders: Entries<SeatId, Entries<SessionId, Seq>>;
  readonly memberships: Entries<UserId, ReadonlyArray<SessionId>>;
  readonly doors: Entries<RoomId, WrittenDoor>;
  readonly due: Entries<Millis, ReadonlyArray<DueId>>;
}

const multimapOf = <K extends string | number, V extends string | number>(
  lists: Entries<K, ReadonlyArray<V>>,
): Multimap<K, V> =>
  Table.from(lists.map(([key, values]) => [key, Table.from(values.map((value) => [value, true as const]))]));

const byId = <K extends string, V extends { readonly id: K }>(values: ReadonlyArray<V>): Table.Table<K, V> =>
  Table.from(values.map((value) => [value.id, value]));

const setWritten = <K, V extends string | number>([key, values]: readonly [K, Table.Keys<V>]): readonly [
  K,
  ReadonlyArray<V>,
] => [key, Table.keys(values)];

/** Some of a written shared half. */
export type WrittenPart = Partial<WrittenShared>;

/** In small parts, made one by one: a server that goes on meanwhile writes one after the other. */
export function* partsOf(shared: Shared): Generator<WrittenPart, void> {
  const { settings, nextSeq } = shared;
  yield { settings, nextSeq };
  for (const some of Table.groups(shared.sessions)) yield { sessions: some.map(([, session]) => session) };
  for (const some of Table.groups(shared.rooms))
    yield { rooms: some.map(([, room]) => ({ ...room, participants: Table.values(room.participants) })) };
  for (const unjoined of Table.groups(shared.unjoined)) yield { unjoined };
  for (const creators of Table.groups(shared.creators)) yield { creators };
  for (const some of Table.groups(shared.holders))
    yield { holders: some.map(([seat, held]) => [seat, Table.entries(held)]) };
  for (const some of Table.groups(shared.memberships)) yield { memberships: some.map(setWritten) };
  for (const some of Table.groups(shared.doors))
    yield {
      doors: some.map(([room, door]) => [
        room,
        { ...door, knocks: Table.values(door.knocks), barred: Table.entries(door.barred) },
      ]),
    };
  for (const some of Table.groups(shared.due)) yield { due: some.map(setWritten) };
}

/** The parts of a shared half as one. */
export const wholeOf = (parts: ReadonlyArray<WrittenPart>): WrittenShared => {
  const first = parts.find((part) => part.settings !== undefined);
  if (first?.settings === undefined || first.nextSeq === undefined)
    throw new Error("the part with the settings is missing");
  return {
    settings: first.settings,
    nextSeq: first.nextSeq,
    sessions: parts.flatMap(({ sessions = [] }) => sessions),
    rooms: parts.flatMap(({ rooms = [] }) => rooms),
    unjoined: parts.flatMap(({ unjoined = [] }) => unjoined),
    creators: parts.flatMap(({ creators = [] }) => creators),
    holders: parts.flatMap(({ holders = [] }) => holders),
    memberships: parts.flatMap(({ memberships = [] }) => memberships),
    doors: parts.flatMap(({ doors = [] }) => doors),
    due: parts.flatMap(({ due = [] }) => due),
  };
};

export const sharedOf = (written: WrittenShared): Shared => ({
  settings: written.settings,
  nextSeq: written.nextSeq,
  sessions: byId(written.sessions),
  rooms: byId(written.rooms.map((room) => ({ ...room, participants: byId(room.participants) }))),
  unjoined: Table.from(written.unjoined),
  creators: Table.from(written.creators),
  holders: Table.from(written.holders.map(([seat, held]) => [seat, Table.from(held)])),
  memberships: multimapOf(written.memberships),
  doors: Table.from(
    written.doors.map(([room, door]) => [
      room,
      { ...door, knocks: byId(door.knocks), barred: Table.from(door.barred) },
    ]),
  ),
  due: multimapOf(written.due),
});
