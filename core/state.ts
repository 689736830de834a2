import * as O from "fp-ts/lib/Option.js";
import type {
  ChannelName,
  ClientId,
  DialectName,
  DueId,
  Millis,
  NodeId,
  RoomId,
  SeatId,
  Seq,
  SessionId,
  UserId,
} from "./base/id.js";
import { firstLevel } from "./base/level.js";
import { defaultSettings, type Settings } from "./base/limits.js";
import type { Multimap } from "./base/multimap.js";
import type { RoomPolicy } from "./base/room.js";
import * as Table from "./base/table.js";
import type { PersonalMessage } from "./message.js";
import type { Token } from "./request.js";

/** The user of a session that can be resumed. */
export interface Member {
  readonly user: UserId;
  readonly name: string;
}

/** Somebody's presence, from the first room they create or join. What belongs to them outlives a socket; no socket is named here. */
export interface Session {
  readonly id: SessionId;
  /** Each resume raises it: the close of an older generation changes nothing. */
  readonly generation: number;
  /** The seats that it keeps: a seat is one user in one room. A participant whose seat no session keeps leaves. At most `clientSeatsMax`. */
  readonly seats: ReadonlyArray<SeatId>;
  /** The open rooms it created, at most `clientRoomsMax`. */
  readonly created: ReadonlyArray<RoomId>;
  /** The doors that it waits at. */
  readonly knocks: ReadonlyArray<RoomId>;
  /** None for clients whose session ends with their socket. */
  readonly member: O.Option<Member>;
  /** Whether the ticket of the generation before this one is still good. */
  readonly isTicketDue: boolean;
  /** While it has no socket: when it ends. */
  readonly awayUntil: O.Option<Millis>;
  /** The node that has its socket, or had the last one. None where there is no log. */
  readonly node: O.Option<NodeId>;
}

/** A node that is given up if its lease is not renewed. */
export interface Node {
  readonly id: NodeId;
  /** The time of its last renewal. */
  readonly renewedAt: Millis;
  /** How many clients it had then. */
  readonly clients: number;
  readonly startedAt: Millis;
  /** The highest level at which it can decide. */
  readonly level: number;
}

export interface Participant {
  readonly id: UserId;
  readonly name: string;
  /** Order of joining. */
  readonly seq: Seq;
  /** The token with which the user came in has the role `host`. */
  readonly isHostByToken?: true;
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
  /** None for a room of the seed's protocol: listed, open, and its host does not change. */
  readonly policy: O.Option<RoomPolicy>;
  readonly participants: Table.Table<UserId, Participant>;
}

/** Somebody who waits at a door, or has been admitted and has not joined yet. */
export interface Knock {
  readonly id: UserId;
  readonly name: string;
  /** Order of knocking. */
  readonly seq: Seq;
  readonly session: SessionId;
  readonly isAdmitted: boolean;
  /** When the knock, or the admission, ends. */
  readonly until: Millis;
}

/** Somebody who may not come in. */
export interface Bar {
  readonly reason: "denied" | "removed" | "banned";
  readonly until: Millis;
}

/** What a room with participants whose sessions can be resumed has besides its list. */
export interface Door {
  /** Of the roster: each change raises it by one. */
  readonly version: number;
  readonly isLocked: boolean;
  readonly cohosts: ReadonlyArray<UserId>;
  readonly knocks: Table.Table<UserId, Knock>;
  readonly barred: Table.Table<UserId, Bar>;
  /** Until when the host, who was lost, may come back as the host. */
  readonly hostAwaitedUntil: O.Option<Millis>;
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
  /** The sessions that hold a participant, each with the order in which it came to do so. */
  readonly holders: Multimap<SeatId, SessionId, Seq>;
  /** The sessions of a user that can be resumed. */
  readonly memberships: Multimap<UserId, SessionId>;
  readonly doors: Table.Table<RoomId, Door>;
  /** What ends by itself, and when: sessions without a socket, knocks, and the waiting for a host. */
  readonly due: Multimap<Millis, DueId>;
  /** Those whose entries count. */
  readonly nodes: Table.Table<NodeId, Node>;
  /** At which everything is decided. What a later version decides otherwise depends on it. */
  readonly level: number;
}

/** Who a client is. Neither is ever taken for the other. */
export interface Identity {
  /** The users that it said it acts for, in order; one more than `clientUsersMax` at most. */
  readonly claimed: ReadonlyArray<UserId>;
  /** The user that the adapter verified at the handshake. */
  readonly verified: O.Option<UserId>;
}

/** A frame that is kept for a session until it has acknowledged it. */
export interface Kept {
  readonly n: number;
  readonly message: PersonalMessage;
  /** What it carries, in characters. */
  readonly chars: number;
}

/** What is for one session and nobody else: numbered, and kept until it is acknowledged. */
export interface Mailbox {
  readonly session: SessionId;
  readonly client: O.Option<ClientId>;
  /** The number of the last frame. */
  readonly lastN: number;
  /** The highest request id that has been dealt with. */
  readonly heard: number;
  /** Whether the client has sent anything since the session was resumed. */
  readonly isAcknowledged: boolean;
  readonly kept: ReadonlyArray<Kept>;
  readonly keptChars: number;
  /** The number of the last frame that was dropped without having been acknowledged. */
  readonly droppedN: number;
  /** Whose frames were dropped. */
  readonly gap: ReadonlyArray<UserId>;
}

/** What two participants of a room are negotiating. */
export interface Negotiation {
  /** The one that holds: signals of an earlier one are stale. */
  readonly current: number;
  /** No later offer may have this number or a lower one. */
  readonly highest: number;
  /** The highest before: an offer that crosses the current one is above it. */
  readonly floor: number;
  readonly offerer: UserId;
  readonly isAnswered: boolean;
}

/** One socket and all that is its own. */
export interface Client extends Identity {
  readonly id: ClientId;
  readonly session: SessionId;
  readonly generation: number;
  readonly dialect: DialectName;
  /** Of a session that can be resumed. */
  readonly member: O.Option<Member>;
  /** None where there are no tokens. */
  readonly token: O.Option<Token>;
  /** The rate limit in one number: when all frames so far will be worked off, in µs since 1970. */
  readonly paidUntilMicros: number;
  /** The same for the frames that were refused as beyond the rate. */
  readonly refusedUntilMicros: number;
  /** The same for its application messages, which have a rate of their own. */
  readonly saidUntilMicros: number;
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

/** What those are told of who watch the listed rooms. */
export interface Directory {
  readonly watchers: Table.Keys<ClientId>;
  /** The rooms that have changed since they were told. */
  readonly untold: Table.Keys<RoomId>;
  /** When they may be told next. */
  readonly freeAt: Millis;
}

/** How this node stands with the log that orders entries. */
export interface Ordering {
  /** Who it is in the log. None where there is no log: entries are applied at once. */
  readonly node: O.Option<NodeId>;
  /** Whether the log takes entries. */
  readonly isAvailable: boolean;
  /** `Expire` is on its way: what is due need not be asked for again. */
  readonly isExpiring: boolean;
  /** The highest level at which this node can decide. */
  readonly level: number;
  /** None where no other node orders its entries in the same log. */
  readonly cluster: O.Option<Cluster>;
}

/** How this node stands with the others. */
export interface Cluster {
  /** When its lease is to be renewed. */
  readonly renewAt: Millis;
  /** A renewal is on its way to the log. */
  readonly isRenewing: boolean;
  /** Since when entries have come without an interruption: what has not come before may have been held up. */
  readonly availableSince: Millis;
  /** Of the facts of all entries so far. */
  readonly digest: number;
  /** Of each node: its last renewal, and what the digest was here after it. */
  readonly marks: Table.Table<NodeId, Mark>;
  /** The nodes that had another digest when they last said theirs. */
  readonly differing: Table.Keys<NodeId>;
  /** The number of the last request that another node was asked to answer. */
  readonly lastAsked: number;
  /** Those that have not been answered. */
  readonly asked: Table.Table<number, Asked>;
}

/** A place in the log, and the digest of all facts up to it. */
export interface Mark {
  readonly seq: number;
  readonly digest: number;
}

/** A request whose answer another node has. */
export interface Asked {
  readonly session: SessionId;
  /** The number of the request. */
  readonly id: number;
  /** When it is given up. */
  readonly until: Millis;
}

/** What only this node knows: its sockets, and what they have been told. */
export interface Local {
  readonly clients: Table.Table<ClientId, Client>;
  readonly subscribers: Multimap<ChannelName, ClientId>;
  /** The subscribers of a channel that are sent every targeted message (`isObserver`). */
  readonly observers: Multimap<ChannelName, ClientId>;
  /** The clients that act for a user, claimed or verified. */
  readonly claimants: Multimap<UserId, ClientId>;
  /** Of the sessions that can be resumed: those with a socket here, and those that had their last one here. */
  readonly mailboxes: Table.Table<SessionId, Mailbox>;
  /** The clients of those sessions that are in a room. */
  readonly attendees: Multimap<RoomId, ClientId>;
  /** The channels on which clients without such a session expect signals. */
  readonly signalChannels: Table.Keys<ChannelName>;
  /** By the seat of the one with the lower id, and the id of the other. */
  readonly negotiations: Table.Table<SeatId, Table.Table<UserId, Negotiation>>;
  readonly directory: Directory;
  /** The clients whose token expires, and when they are closed. */
  readonly expiring: Multimap<Millis, ClientId>;
  /** When the room list is due to be repeated; none while there is no room. */
  readonly repeatListAt: O.Option<Millis>;
  readonly announced: Readonly<Record<StateKind, Announced>>;
  readonly ordering: Ordering;
}

/** All that the server knows. Never changed, only replaced; a table that is the same object has not changed. */
export interface State {
  /** The latest moment seen; never runs backwards. */
  readonly now: Millis;
  readonly shared: Shared;
  readonly local: Local;
}

export const initialShared = (settings: Settings, level: number = firstLevel): Shared => ({
  settings,
  nextSeq: 0 as Seq,
  sessions: Table.empty(),
  rooms: Table.empty(),
  unjoined: Table.empty(),
  creators: Table.empty(),
  holders: Table.empty(),
  memberships: Table.empty(),
  doors: Table.empty(),
  due: Table.empty(),
  nodes: Table.empty(),
  level,
});

const initialLocal: Local = {
  clients: Table.empty(),
  subscribers: Table.empty(),
  observers: Table.empty(),
  claimants: Table.empty(),
  mailboxes: Table.empty(),
  attendees: Table.empty(),
  signalChannels: Table.empty(),
  negotiations: Table.empty(),
  directory: { watchers: Table.empty(), untold: Table.empty(), freeAt: 0 as Millis },
  expiring: Table.empty(),
  repeatListAt: O.none,
  announced: {
    ClientCount: { paidUntil: 0 as Millis, isPending: false },
    RoomList: { paidUntil: 0 as Millis, isPending: false },
  },
  ordering: { node: O.none, isAvailable: true, isExpiring: false, level: firstLevel, cluster: O.none },
};

/** A run begins with nothing but its settings, and the level at which it decides. */
export const begin = (now: Millis, settings: Settings, level: number = firstLevel): State => ({
  now,
  shared: initialShared(settings, level),
  local: initialLocal,
});

/** Before anything has happened. The first event of a run, `ServerStarted`, brings its settings. */
export const initial: State = begin(0 as Millis, defaultSettings);

/** Whether the level in force is one at which this node cannot decide: nothing that it makes of the log holds. */
export const isOutdated = ({ shared, local: { ordering } }: State): boolean => shared.level > ordering.level;

/** The users that a client acts for, claimed and verified. */
export const usersOf = ({ claimed, verified }: Identity): ReadonlyArray<UserId> =>
  O.isSome(verified) && !claimed.includes(verified.value) ? [...claimed, verified.value] : claimed;

/**
 * Whether a client is sent the targeted messages of all users: it acts for nobody that is known, or for more users than are
 * remembered. Either way nothing that might be for it is kept from it.
 */
export const isObserver = ({ shared: { settings } }: State, client: Client): boolean =>
  client.claimed.length > settings.limits.clientUsersMax || (client.claimed.length === 0 && O.isNone(client.verified));

/** Of the sessions that hold a participant, the one that has done so longest. */
export const firstHolder = ({ holders }: Shared, seat: SeatId): SessionId | undefined =>
  holdersInOrder(holders, seat)[0];

export const holdersInOrder = (holders: Shared["holders"], seat: SeatId): ReadonlyArray<SessionId> => {
  const held = Table.get(holders, seat) ?? Table.empty<SessionId, Seq>();
  if (held.size === 1) return Table.keys(held);
  return [...Table.entries(held)].sort(([, a], [, b]) => a - b).map(([session]) => session);
};

/** Who knocks at the door of a room: nobody where it has none. */
export const knocksAt = ({ doors }: Shared, room: RoomId): Door["knocks"] =>
  Table.get(doors, room)?.knocks ?? Table.empty();

/** The client of a session that can be resumed. */
export const readerOf = ({ mailboxes }: Local, session: SessionId): Mailbox["client"] =>
  Table.get(mailboxes, session)?.client ?? O.none;

/** In the order in which they became it. */
export const cohostsOf = ({ doors }: Shared, room: RoomId): Door["cohosts"] => Table.get(doors, room)?.cohosts ?? [];

/** Whether the host was lost, and may still come back as the host. */
export const isHostAwaited = ({ doors }: Shared, room: RoomId): boolean =>
  O.isSome(Table.get(doors, room)?.hostAwaitedUntil ?? O.none);

/** The channels that somebody here has subscribed to. */
export const channelsOf = ({ local: { subscribers } }: State): ReadonlyArray<ChannelName> => Table.keys(subscribers);

/** Those of the other nodes as they were when they last said so. */
export const clientCount = ({ shared: { nodes }, local: { clients, ordering } }: State): number => {
  let count = clients.size;
  if (O.isNone(ordering.cluster)) return count;
  for (const { id, clients: there } of Table.values(nodes))
    if (O.isNone(ordering.node) || id !== ordering.node.value) count += there;
  return count;
};

/** Nobody where there is no such room. */
export const participantsOf = ({ rooms }: Shared, room: RoomId): Room["participants"] =>
  Table.get(rooms, room)?.participants ?? Table.empty();

/** None where there is no such session. */
export const seatsOf = ({ sessions }: Shared, session: SessionId): Session["seats"] =>
  Table.get(sessions, session)?.seats ?? [];

/** Whether directories show the room. */
export const isListed = ({ policy }: Room): boolean => O.isNone(policy) || policy.value.listed;

/** In the order of creation. */
export const roomsInOrder = (state: State): ReadonlyArray<Room> => inOrder(state.shared.rooms);

/** In the order of joining. */
export const participantsInOrder = (room: Pick<Room, "participants">): ReadonlyArray<Participant> =>
  inOrder(room.participants);

const inOrder = <K extends string, V extends { readonly seq: Seq }>(table: Table.Table<K, V>): ReadonlyArray<V> =>
  [...Table.values(table)].sort((a, b) => a.seq - b.seq);
