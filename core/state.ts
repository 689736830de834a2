import * as O from "fp-ts/lib/Option.js";
import type { ChannelName, ClientId, Millis, RoomId, SeatId, Seq, UserId } from "./base/id.js";
import * as Id from "./base/id.js";
import { defaultSettings, type Settings } from "./base/limits.js";
import type { Multimap as MultimapOf } from "./base/multimap.js";
import * as Multimap from "./base/multimap.js";
import * as Table from "./base/table.js";

/** One socket and all that is its own. The lists are in the order of arrival, and bounded by `clientChannelsMax` and its like. */
export interface Client {
  readonly id: ClientId;
  /** The frames sent so far are paid for until here, in µs since 1970: the state of the rate limit. */
  readonly paidUntilMicros: number;
  readonly channels: ReadonlyArray<ChannelName>;
  /** Whom it is known to act for, as long as it is connected. */
  readonly users: ReadonlyArray<UserId>;
  /** The participants it holds; one that nobody holds leaves. */
  readonly seats: ReadonlyArray<SeatId>;
  /** The living rooms it created. */
  readonly created: ReadonlyArray<RoomId>;
}

export interface Participant {
  readonly id: UserId;
  readonly name: string;
  /** Order of joining. */
  readonly seq: Seq;
}

export interface Room {
  readonly id: RoomId;
  /** Order of creation. */
  readonly seq: Seq;
  readonly name: string;
  readonly description: string;
  readonly host: O.Option<string>;
  /** Unknown until announced, or until the client that created the room joins it as somebody. */
  readonly hostId: O.Option<UserId>;
  readonly createdAt: Millis;
  readonly participants: Table.Table<UserId, Participant>;
}

/** The messages that carry a whole state: a newer one replaces an older one. */
export const stateKinds = ["ClientCount", "RoomList"] as const;
export type StateKind = (typeof stateKinds)[number];

export interface Announced {
  /** Each announcement costs `stateSpacingMs`, and those so far are paid for until here. */
  readonly paidUntil: Millis;
  /** Something has changed since, and they have not been told yet. */
  readonly isOwed: boolean;
}

/** All that the server knows. Never changed, only replaced; a table that is the same object has not changed. */
export interface State {
  /** The latest moment seen; never runs backwards. */
  readonly now: Millis;
  readonly settings: Settings;
  readonly nextSeq: Seq;
  readonly clients: Table.Table<ClientId, Client>;
  /** Exactly what room lists show: a new object means a new list. */
  readonly rooms: Table.Table<RoomId, Room>;
  /** Rooms that nobody has joined yet, oldest first. */
  readonly unjoined: Table.Table<Seq, RoomId>;
  /** Who created a room, while connected. */
  readonly creators: Table.Table<RoomId, ClientId>;
  /** Who holds a participant. */
  readonly holders: MultimapOf<SeatId, ClientId>;
  readonly subscribers: MultimapOf<ChannelName, ClientId>;
  /** The subscribers of a channel that are sent every targeted message (`isObserver`). */
  readonly observers: MultimapOf<ChannelName, ClientId>;
  /** Who is known to act for a user. */
  readonly actors: MultimapOf<UserId, ClientId>;
  /** When the list is due to be repeated; none while there is no room. */
  readonly repeatListAt: O.Option<Millis>;
  readonly announced: Readonly<Record<StateKind, Announced>>;
}

/** Before anything has happened. The first event of a run, `ServerStarted`, brings its settings. */
export const initial: State = {
  now: 0 as Millis,
  settings: defaultSettings,
  nextSeq: 0 as Seq,
  clients: Table.empty(),
  rooms: Table.empty(),
  unjoined: Table.empty(),
  creators: Table.empty(),
  holders: Table.empty(),
  subscribers: Table.empty(),
  observers: Table.empty(),
  actors: Table.empty(),
  repeatListAt: O.none,
  announced: {
    ClientCount: { paidUntil: 0 as Millis, isOwed: false },
    RoomList: { paidUntil: 0 as Millis, isOwed: false },
  },
};

/**
 * Whether a client is sent the targeted messages of all users: nobody knows whom it acts for, or it acts for more users than
 * are remembered. Either way nothing that might be for it is kept from it.
 */
export const isObserver = ({ settings }: State, { users }: Client): boolean =>
  users.length === 0 || users.length > settings.limits.clientUsersMax;

/** In the order of creation. */
export const roomsInOrder = (state: State): ReadonlyArray<Room> => inOrder(state.rooms);

/** In the order of joining. */
export const participantsInOrder = (room: Room): ReadonlyArray<Participant> => inOrder(room.participants);

const inOrder = <K extends string, V extends { readonly seq: Seq }>(table: Table.Table<K, V>): ReadonlyArray<V> =>
  [...Table.values(table)].sort((a, b) => a.seq - b.seq);

/** What must hold in every reachable state, as sentences about what does not; empty when all is well. Walks everything. */
export const invariants = (state: State): ReadonlyArray<string> => {
  const { limits } = state.settings;
  const broken: string[] = [];
  const must = (holds: boolean, sentence: string): void => {
    if (!holds) broken.push(sentence);
  };

  const mustMirror = <K extends string>(
    name: string,
    index: MultimapOf<K, ClientId>,
    listOf: (c: Client) => ReadonlyArray<K>,
  ): void => {
    for (const client of Table.values(state.clients))
      for (const key of listOf(client))
        must(Multimap.has(index, key, client.id), `${name} of ${key} lack client ${client.id}`);
    for (const [key, ids] of Table.entries(index)) {
      must(ids.size > 0, `${name} of ${key} are empty and still there`);
      for (const id of Table.keys(ids)) {
        const client = Table.get(state.clients, id);
        must(client !== undefined && listOf(client).includes(key), `${name} of ${key} name client ${id} wrongly`);
      }
    }
  };
  mustMirror("subscribers", state.subscribers, ({ channels }) => channels);
  mustMirror("observers", state.observers, (client) => (isObserver(state, client) ? client.channels : []));
  mustMirror("actors", state.actors, ({ users }) => users);
  mustMirror("holders", state.holders, ({ seats }) => seats);

  for (const client of Table.values(state.clients)) {
    const { id, channels, seats, created, users } = client;
    must(channels.length <= limits.clientChannelsMax, `client ${id} has ${channels.length} channels`);
    must(seats.length <= limits.clientSeatsMax, `client ${id} holds ${seats.length} seats`);
    must(created.length <= limits.clientRoomsMax, `client ${id} has created ${created.length} rooms`);
    must(users.length <= limits.clientUsersMax + 1, `client ${id} acts for ${users.length} users`);
    for (const list of [channels, seats, created, users])
      must(new Set<string>(list).size === list.length, `client ${id} has something twice: ${list.join(", ")}`);
    for (const room of created)
      must(Table.get(state.creators, room) === id, `client ${id} has created ${room}, whose creator it is not`);
  }
  for (const [room, id] of Table.entries(state.creators)) {
    must(Table.has(state.rooms, room), `a creator has no room: ${room}`);
    must(Table.get(state.clients, id)?.created.includes(room) === true, `room ${room} names client ${id} wrongly`);
  }
  for (const held of Table.keys(state.holders)) {
    const { room, user } = Id.seatOf(held);
    const there = Table.get(state.rooms, room);
    must(there !== undefined && Table.has(there.participants, user), `a hold names no participant: ${room}, ${user}`);
  }

  must(state.rooms.size <= limits.roomsMax, `there are ${state.rooms.size} rooms`);
  for (const [id, room] of Table.entries(state.rooms)) {
    must(room.id === id, `room ${id} calls itself ${room.id}`);
    must(room.seq < state.nextSeq, `room ${id} has a seq that was never given out`);
    must(room.participants.size <= limits.roomParticipantsMax, `room ${id} has ${room.participants.size} participants`);
    must(
      (room.participants.size === 0) === (Table.get(state.unjoined, room.seq) === id),
      `room ${id} is on the wrong side of having been joined`,
    );
    for (const [user, participant] of Table.entries(room.participants)) {
      must(participant.id === user, `participant ${user} of room ${id} calls itself ${participant.id}`);
      must(participant.seq < state.nextSeq, `participant ${user} of room ${id} has a seq that was never given out`);
      must(Table.has(state.holders, Id.seat(id, user)), `nobody holds participant ${user} of room ${id}`);
    }
  }
  must(
    state.unjoined.size === Table.values(state.rooms).filter((room) => room.participants.size === 0).length,
    "an unjoined room is listed that does not exist",
  );
  must(O.isSome(state.repeatListAt) === state.rooms.size > 0, "the list is repeated without a room, or not repeated");
  for (const kind of stateKinds)
    must(!state.announced[kind].isOwed || state.settings.stateSpacingMs > 0, `${kind} is owed, and nothing is spaced`);
  return broken;
};
