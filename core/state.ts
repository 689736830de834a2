import * as O from "fp-ts/lib/Option.js";
import type { ChannelName, ClientId, DialectName, Millis, RoomId, SeatId, Seq, SessionId, UserId } from "./base/id.js";
import { defaultSettings, type Settings } from "./base/limits.js";
import type { Multimap } from "./base/multimap.js";
import * as Table from "./base/table.js";

/** Somebody's presence, from the first room they create or join. What belongs to them outlives a socket; no socket is named here. */
export interface Session {
  readonly id: SessionId;
  /** Each resume raises it: the close of an older generation changes nothing. */
  readonly generation: number;
  /** The seats that it keeps: a seat is one user in one room. A participant whose seat no session keeps leaves. At most `clientSeatsMax`. */
  readonly seats: ReadonlyArray<SeatId>;
  /** The open rooms it created, at most `clientRoomsMax`. */
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
  /** None until a request names it, or until the session that created the room joins it as somebody. */
  readonly hostId: O.Option<UserId>;
  readonly createdAt: Millis;
  readonly participants: Table.Table<UserId, Participant>;
}

/** What every node must agree on. Only `evolve` makes a new one, from a fact. */
export interface Shared {
  readonly settings: Settings;
  readonly nextSeq: Seq;
  readonly sessions: Table.Table<SessionId, Session>;
  /** Exactly what room lists show: a new object means a new list. */
  readonly rooms: Table.Table<RoomId, Room>;
  /** Rooms that nobody has joined yet, oldest first. */
  readonly unjoined: Table.Table<Seq, RoomId>;
  /** The session that created a room, until it ends. */
  readonly creators: Table.Table<RoomId, SessionId>;
  /** The sessions that hold a participant. */
  readonly holders: Multimap<SeatId, SessionId>;
}

/** Who a client is. Neither is ever taken for the other. */
export interface Identity {
  /** The users that it said it acts for, in order; one more than `clientUsersMax` at most. */
  readonly claimed: ReadonlyArray<UserId>;
  /** The user that the adapter verified at the handshake. */
  readonly verified: O.Option<UserId>;
}

/** One socket and all that is its own. */
export interface Client extends Identity {
  readonly id: ClientId;
  readonly session: SessionId;
  readonly generation: number;
  readonly dialect: DialectName;
  /** The rate limit in one number: when all frames so far will be worked off, in µs since 1970. */
  readonly paidUntilMicros: number;
  /** In the order of subscribing, at most `clientChannelsMax`. */
  readonly channels: ReadonlyArray<ChannelName>;
}

/** The messages that carry a whole state: a newer one replaces an older one. */
export const stateKinds = ["ClientCount", "RoomList"] as const;
export type StateKind = (typeof stateKinds)[number];

export interface Announced {
  /** The token bucket in one number: when all announcements so far will be worked off, at one every `stateSpacingMs`. */
  readonly paidUntil: Millis;
  /** Something has changed since, and nobody has been told yet. */
  readonly isPending: boolean;
}

/** What only this node knows: its sockets, and what they have been told. */
export interface Local {
  readonly clients: Table.Table<ClientId, Client>;
  readonly subscribers: Multimap<ChannelName, ClientId>;
  /** The subscribers of a channel that are sent every targeted message (`isObserver`). */
  readonly observers: Multimap<ChannelName, ClientId>;
  /** The clients that act for a user, claimed or verified. */
  readonly claimants: Multimap<UserId, ClientId>;
  /** When the room list is due to be repeated; none while there is no room. */
  readonly repeatListAt: O.Option<Millis>;
  readonly announced: Readonly<Record<StateKind, Announced>>;
}

/** All that the server knows. Never changed, only replaced; a table that is the same object has not changed. */
export interface State {
  /** The latest moment seen; never runs backwards. */
  readonly now: Millis;
  readonly shared: Shared;
  readonly local: Local;
}

export const initialShared = (settings: Settings): Shared => ({
  settings,
  nextSeq: 0 as Seq,
  sessions: Table.empty(),
  rooms: Table.empty(),
  unjoined: Table.empty(),
  creators: Table.empty(),
  holders: Table.empty(),
});

const initialLocal: Local = {
  clients: Table.empty(),
  subscribers: Table.empty(),
  observers: Table.empty(),
  claimants: Table.empty(),
  repeatListAt: O.none,
  announced: {
    ClientCount: { paidUntil: 0 as Millis, isPending: false },
    RoomList: { paidUntil: 0 as Millis, isPending: false },
  },
};

/** A run begins with nothing but its settings. */
export const begin = (now: Millis, settings: Settings): State => ({
  now,
  shared: initialShared(settings),
  local: initialLocal,
});

/** Before anything has happened. The first event of a run, `ServerStarted`, brings its settings. */
export const initial: State = begin(0 as Millis, defaultSettings);

/** Members are spelled out: to spread an object that holds a time, which is a double, costs V8 several times as much. */
export const withLocal = ({ now, shared }: State, local: Local): State => ({ now, shared, local });

/** The users that a client acts for, claimed and verified. */
export const usersOf = ({ claimed, verified }: Identity): ReadonlyArray<UserId> =>
  O.isSome(verified) && !claimed.includes(verified.value) ? [...claimed, verified.value] : claimed;

/**
 * Whether a client is sent the targeted messages of all users: it acts for nobody that is known, or for more users than are
 * remembered. Either way nothing that might be for it is kept from it.
 */
export const isObserver = ({ shared: { settings } }: State, client: Client): boolean =>
  client.claimed.length > settings.limits.clientUsersMax || (client.claimed.length === 0 && O.isNone(client.verified));

/** In the order of creation. */
export const roomsInOrder = (state: State): ReadonlyArray<Room> => inOrder(state.shared.rooms);

/** In the order of joining. */
export const participantsInOrder = (room: Room): ReadonlyArray<Participant> => inOrder(room.participants);

const inOrder = <K extends string, V extends { readonly seq: Seq }>(table: Table.Table<K, V>): ReadonlyArray<V> =>
  [...Table.values(table)].sort((a, b) => a.seq - b.seq);
