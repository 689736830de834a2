import * as O from "fp-ts/lib/Option.js";
import type { ChannelName, ClientId, Millis, RoomId, SeatId, Seq, UserId } from "./id.js";
import * as Id from "./id.js";
import { defaultSettings, type Settings } from "./limits.js";
import * as Relation from "./relation.js";
import * as Table from "./table.js";

export interface Client {
  /** Where the socket came from, as the adapter saw it: for the log, never for a decision. */
  readonly address: string;
  /** The frames sent so far are paid for until here, in µs since 1970: the state of the rate limit. */
  readonly paidUntilMicros: number;
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
  /** Which living rooms a connected client created. */
  readonly creations: Relation.Relation<ClientId, RoomId>;
  /** Which participants a client holds; one that nobody holds leaves. */
  readonly holds: Relation.Relation<ClientId, SeatId>;
  readonly subscriptions: Relation.Relation<ClientId, ChannelName>;
  /** The subscriptions of those clients that are sent every targeted message (`isObserver`). */
  readonly observers: Relation.Relation<ClientId, ChannelName>;
  /** Which users a client is known to act for, for as long as it is connected. */
  readonly identities: Relation.Relation<ClientId, UserId>;
  /** When the list is due to be repeated; none while there is no room. */
  readonly repeatListAt: O.Option<Millis>;
}

/** Before anything has happened. The first event of a run, `ServerStarted`, brings its settings. */
export const initial: State = {
  now: 0 as Millis,
  settings: defaultSettings,
  nextSeq: 0 as Seq,
  clients: Table.empty(),
  rooms: Table.empty(),
  unjoined: Table.empty(),
  creations: Relation.empty(),
  holds: Relation.empty(),
  subscriptions: Relation.empty(),
  observers: Relation.empty(),
  identities: Relation.empty(),
  repeatListAt: O.none,
};

/**
 * Whether a client is sent the targeted messages of all users: nobody knows whom it acts for, or it acts for more users than
 * are remembered. Either way nothing that might be for it is kept from it.
 */
export const isObserver = (state: State, client: ClientId): boolean => {
  const users = Relation.from(state.identities, client).size;
  return users === 0 || users > state.settings.limits.clientUsersMax;
};

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

  const mustBeWhole = <B extends string>(name: string, relation: Relation.Relation<ClientId, B>): void => {
    for (const [client, rights] of Table.entries(relation.forward)) {
      must(Table.has(state.clients, client), `${name} name client ${client}, which is not connected`);
      must(rights.size > 0, `${name} of client ${client} are empty and still there`);
      for (const right of Table.keys(rights))
        must(Table.has(Relation.to(relation, right), client), `${name}: client ${client} leads to ${right}, not back`);
    }
    for (const [right, clients] of Table.entries(relation.backward)) {
      must(clients.size > 0, `${name} of ${right} are empty and still there`);
      for (const client of Table.keys(clients))
        must(Relation.has(relation, client, right), `${name}: ${right} leads to client ${client}, not back`);
    }
  };
  mustBeWhole("creations", state.creations);
  mustBeWhole("holds", state.holds);
  mustBeWhole("subscriptions", state.subscriptions);
  mustBeWhole("observers", state.observers);
  mustBeWhole("identities", state.identities);

  for (const [client, channels] of Table.entries(state.subscriptions.forward)) {
    must(channels.size <= limits.clientChannelsMax, `client ${client} has ${channels.size} channels`);
    for (const channel of Table.keys(channels))
      must(
        Relation.has(state.observers, client, channel) === isObserver(state, client),
        `client ${client} is on the wrong side of targeting in ${channel}`,
      );
  }
  for (const [client, channels] of Table.entries(state.observers.forward))
    for (const channel of Table.keys(channels))
      must(
        Relation.has(state.subscriptions, client, channel),
        `client ${client} observes ${channel} without a subscription`,
      );

  for (const [client, rooms] of Table.entries(state.creations.forward)) {
    must(rooms.size <= limits.clientRoomsMax, `client ${client} has created ${rooms.size} rooms`);
    for (const room of Table.keys(rooms)) must(Table.has(state.rooms, room), `a creation names no room: ${room}`);
  }
  for (const [client, seats] of Table.entries(state.holds.forward))
    must(seats.size <= limits.clientSeatsMax, `client ${client} holds ${seats.size} seats`);
  for (const held of Table.keys(state.holds.backward)) {
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
      must(Relation.to(state.holds, Id.seat(id, user)).size > 0, `nobody holds participant ${user} of room ${id}`);
    }
  }
  must(
    state.unjoined.size === Table.values(state.rooms).filter((room) => room.participants.size === 0).length,
    "an unjoined room is listed that does not exist",
  );
  must(O.isSome(state.repeatListAt) === state.rooms.size > 0, "the list is repeated without a room, or not repeated");
  return broken;
};
