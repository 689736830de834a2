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

const roomWritten = (room: Room): WrittenRoom => ({ ...room, participants: Table.values(room.participants) });

const doorWritten = ([room, door]: readonly [RoomId, Door]): readonly [RoomId, WrittenDoor] => [
  room,
  { ...door, knocks: Table.values(door.knocks), barred: Table.entries(door.barred) },
];

const setWritten = <K, V extends string | number>([key, values]: readonly [K, Table.Keys<V>]): readonly [
  K,
  ReadonlyArray<V>,
] => [key, Table.keys(values)];

/** Some of a written shared half. */
export type WrittenPart = Partial<WrittenShared>;

/** In parts of at most `size` elements, made one by one: a server that goes on meanwhile writes them in slices. */
export function* partsOf(shared: Shared, size = Number.POSITIVE_INFINITY): Generator<WrittenPart, void> {
  function* slices<A, B>(all: ReadonlyArray<A>, written: (one: A) => B): Generator<ReadonlyArray<B>, void> {
    for (let from = 0; from < all.length; from += size) yield all.slice(from, from + size).map(written);
  }
  const asItIs = <A>(one: A): A => one;
  const { settings, nextSeq } = shared;
  yield { settings, nextSeq };
  for (const sessions of slices(Table.values(shared.sessions), asItIs)) yield { sessions };
  for (const rooms of slices(Table.values(shared.rooms), roomWritten)) yield { rooms };
  for (const unjoined of slices(Table.entries(shared.unjoined), asItIs)) yield { unjoined };
  for (const creators of slices(Table.entries(shared.creators), asItIs)) yield { creators };
  for (const holders of slices(Table.entries(shared.holders), ([seat, held]) => [seat, Table.entries(held)] as const))
    yield { holders };
  for (const memberships of slices(Table.entries(shared.memberships), setWritten)) yield { memberships };
  for (const doors of slices(Table.entries(shared.doors), doorWritten)) yield { doors };
  for (const due of slices(Table.entries(shared.due), setWritten)) yield { due };
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
