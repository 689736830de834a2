import {
  type ClientId,
  channelNameOf,
  type Moment,
  type ParticipantLeftReason,
  type Recorded,
  type RefusalCode,
  recipients,
  refusedTypeOf,
} from "../../core/index.js";

/** What a relayed message is for, as its type tells. */
export type SignalKind = "offer" | "answer" | "candidate" | "knock" | "admit" | "deny" | "withdraw";

const access: ReadonlyMap<string, SignalKind> = new Map([
  ["join-request", "knock"],
  ["join-approved", "admit"],
  ["join-rejected", "deny"],
  ["join-withdrawn", "withdraw"],
]);

/** `ice` counts only as a word of its own: `voice` and `device` are about something else. */
export const signalKindOf = (type: string): SignalKind | undefined => {
  const words = type
    .replace(/([a-z])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, " ");
  if (access.has(type)) return access.get(type);
  if (words.includes("candidate") || /\bice\b/.test(words)) return "candidate";
  if (words.includes("offer")) return "offer";
  return words.includes("answer") ? "answer" : undefined;
};

/** `signalKindOf` that remembers: a recording has few types, and many messages of each. */
export const signalKindReader = (): ((type: string) => SignalKind | undefined) => {
  const known = new Map<string, SignalKind | undefined>();
  return (type) => {
    if (!known.has(type)) known.set(type, signalKindOf(type));
    return known.get(type);
  };
};

/** Where in a recording something stands. */
export interface Position {
  readonly event: number;
  readonly at: number;
}

export interface Subscription {
  readonly channel: string;
  readonly since: Position;
  readonly until: Position | undefined;
}

/** One client, with all that was ever learnt about it: who it was may come out only after what matters. */
export interface Socket {
  readonly id: ClientId;
  /** Where it came from, as the server saw it; of a redacted recording in disguise. */
  readonly address: string;
  readonly since: Position;
  readonly until: (Position & { readonly code: number }) | undefined;
  /** Whom it acts for, and since when the server knew. */
  readonly users: ReadonlyMap<string, Position>;
  /** As whom it was refused a room: the server did not learn from it, and yet it said so. */
  readonly claims: ReadonlySet<string>;
  readonly subscriptions: ReadonlyArray<Subscription>;
  /** Every event in which the client did something. */
  readonly heard: ReadonlyArray<Position>;
}

/** In the whole recording it never says who it is: it may be anybody's. */
export const isAnonymous = ({ users, claims }: Socket): boolean => users.size + claims.size === 0;

/** An ICE candidate (RFC 8839, 5.1), as far as it tells whether two may find each other. */
export interface Candidate {
  readonly type: string;
  readonly transport: string;
  readonly address: string;
}

/** A message that was relayed, or would have been. */
export interface Relay extends Position {
  readonly kind: "relay";
  readonly client: ClientId;
  readonly channel: string;
  readonly type: string;
  readonly signalKind: SignalKind | undefined;
  readonly from: string | undefined;
  readonly to: string | undefined;
  readonly receivers: ReadonlyArray<ClientId>;
  readonly candidates: ReadonlyArray<Candidate>;
  /** Whether the recording kept anything of its text. */
  readonly isLegible: boolean;
  /** Which negotiation it says it belongs to. */
  readonly negotiation: string | undefined;
}

export interface Refused extends Position {
  readonly kind: "refusal";
  readonly client: ClientId;
  readonly user: string | undefined;
  readonly code: RefusalCode;
  /** The type of the refused message. */
  readonly what: string;
  /** The room or the channel that it was about. */
  readonly where: string | undefined;
}

/** Somebody came into a room, or went. */
export type Membership = Position & { readonly user: string; readonly room: string } & (
    | { readonly kind: "join" }
    | { readonly kind: "leave"; readonly reason: ParticipantLeftReason }
  );

/** A room, from its opening to its end; one of the same id may open again. */
export interface RoomLifetime {
  readonly id: string;
  readonly name: string;
  /** Whom it was announced with, or else who its creator joined as. */
  readonly hostId: string | undefined;
  readonly creator: ClientId | undefined;
  readonly since: Position;
  readonly until: Position | undefined;
}

export interface Connection extends Position {
  readonly kind: "connect" | "disconnect";
  readonly client: ClientId;
}

export type Incident = Relay | Refused | Membership | Connection | (Position & { readonly kind: "stop" });

/** What of a recording matters to who reached whom. */
export interface Recording {
  readonly startedAt: number;
  readonly endedAt: number;
  readonly rooms: ReadonlyArray<RoomLifetime>;
  readonly sockets: ReadonlyMap<ClientId, Socket>;
  /** Everybody who acted or was addressed, with the name last announced. */
  readonly names: ReadonlyMap<string, string>;
  readonly incidents: ReadonlyArray<Incident>;
}

interface OpenSocket extends Socket {
  until: Socket["until"];
  readonly users: Map<string, Position>;
  readonly claims: Set<string>;
  readonly subscriptions: Array<{ -readonly [K in keyof Subscription]: Subscription[K] }>;
  readonly heard: Position[];
}

interface Reading {
  startedAt: number | undefined;
  endedAt: number;
  readonly rooms: Array<{ -readonly [K in keyof RoomLifetime]: RoomLifetime[K] }>;
  readonly sockets: Map<ClientId, OpenSocket>;
  readonly names: Map<string, string>;
  readonly incidents: Incident[];
  readonly signalKindOf: (type: string) => SignalKind | undefined;
}

/** Reads a recording once, front to back. */
export const readRecording = (moments: Iterable<Moment<Recorded>>): Recording => {
  const reading: Reading = {
    startedAt: undefined,
    endedAt: 0,
    rooms: [],
    sockets: new Map(),
    names: new Map(),
    incidents: [],
    signalKindOf: signalKindReader(),
  };
  for (const moment of moments) {
    reading.startedAt ??= moment.event.at;
    reading.endedAt = moment.event.at;
    const position: Position = { event: moment.n, at: moment.event.at };
    if (!noteRefusal(reading, moment, position)) noteEvent(reading, moment, position);
    noteHeard(reading, moment.event, position);
    noteRooms(reading, moment, position);
    noteMembers(reading, moment, position);
  }
  const { startedAt = 0, endedAt, rooms, sockets, names, incidents } = reading;
  return { startedAt, endedAt, rooms, sockets, names, incidents };
};

const noteRefusal = (
  { sockets, incidents, names }: Reading,
  { event, effects }: Moment<Recorded>,
  position: Position,
): boolean => {
  for (const effect of effects) {
    if (effect.kind !== "Report" || effect.fact.kind !== "RequestRefused") continue;
    const { client, refusal } = effect.fact;
    if (event.kind === "JoinRequested") {
      names.set(event.userId, event.userName);
      sockets.get(client)?.claims.add(event.userId);
    }
    incidents.push({
      kind: "refusal",
      ...position,
      client,
      code: refusal.code,
      ...subjectOf(event, refusedTypeOf(refusal)),
    });
    return true;
  }
  return false;
};

const subjectOf = (event: Recorded, about = "a message"): Pick<Refused, "user" | "what" | "where"> => {
  switch (event.kind) {
    case "JoinRequested":
      return { user: event.userId, what: "user-joined-room", where: event.roomId };
    case "LeaveRequested":
      return { user: undefined, what: "user-left-room", where: event.roomId };
    case "CreateRequested":
      return { user: event.room.hostId, what: "room-created", where: event.room.id };
    case "SubscribeRequested":
      return { user: undefined, what: "subscribe", where: channelNameOf(event.channel) };
    case "PublishRequested":
      return { user: event.from, what: event.type, where: channelNameOf(event.channel) };
    default:
      return { user: undefined, what: about, where: undefined };
  }
};

const noteEvent = (reading: Reading, { event, after, effects }: Moment<Recorded>, position: Position): void => {
  const { sockets, names, incidents } = reading;
  switch (event.kind) {
    case "ClientConnected":
      sockets.set(event.client, {
        id: event.client,
        address: event.address,
        since: position,
        until: undefined,
        users: new Map(),
        claims: new Set(),
        subscriptions: [],
        heard: [],
      });
      incidents.push({ kind: "connect", ...position, client: event.client });
      return;
    case "ClientDisconnected":
      noteEnd(sockets.get(event.client), { ...position, code: event.code });
      incidents.push({ kind: "disconnect", ...position, client: event.client });
      return;
    case "SubscribeRequested":
      noteSubscribed(sockets.get(event.client), channelNameOf(event.channel), position);
      return;
    case "UnsubscribeRequested":
      noteUnsubscribed(sockets.get(event.client), channelNameOf(event.channel), position);
      return;
    case "JoinRequested":
      names.set(event.userId, event.userName);
      noteActs(sockets.get(event.client), event.userId, position);
      return;
    case "PublishRequested":
      for (const effect of effects)
        if (effect.kind === "Send" && effect.message.kind === "Relay") {
          noteActs(sockets.get(event.client), event.from, position);
          notePeople(names, event);
          incidents.push(
            relayOf(event, { position, receivers: recipients(after, effect.to), signalKindOf: reading.signalKindOf }),
          );
        }
      return;
    case "ServerStopping":
      incidents.push({ kind: "stop", ...position });
      return;
    default:
      return;
  }
};

const noteHeard = ({ sockets }: Reading, event: Recorded, position: Position): void => {
  if ("client" in event && event.kind !== "ClientDisconnected") sockets.get(event.client)?.heard.push(position);
};

const noteRooms = ({ rooms }: Reading, { event, effects }: Moment<Recorded>, position: Position): void => {
  for (const effect of effects) {
    if (effect.kind !== "Report" || !("room" in effect.fact)) continue;
    const { fact } = effect;
    if (fact.kind === "RoomOpened") {
      const [creator, hostId] = event.kind === "CreateRequested" ? [event.client, event.room.hostId] : [];
      const { id, name } = fact.room;
      rooms.push({ id, name, hostId, creator, since: position, until: undefined });
      continue;
    }
    const lifetime = rooms.findLast(({ id }) => id === fact.room);
    if (lifetime !== undefined) {
      if (fact.kind === "RoomUpdated") lifetime.name = fact.name;
      if (fact.kind === "RoomClosed") lifetime.until = position;
      if (event.kind === "JoinRequested" && event.client === lifetime.creator) lifetime.hostId ??= event.userId;
    }
  }
};

const noteEnd = (socket: OpenSocket | undefined, end: Position & { readonly code: number }): void => {
  if (socket === undefined) return;
  socket.until = end;
  for (const subscription of socket.subscriptions) subscription.until ??= end;
};

const noteSubscribed = (socket: OpenSocket | undefined, channel: string, since: Position): void => {
  if (socket === undefined || socket.until !== undefined) return;
  const last = lastOf(socket, channel);
  if (last === undefined || last.until !== undefined) socket.subscriptions.push({ channel, since, until: undefined });
};

const noteUnsubscribed = (socket: OpenSocket | undefined, channel: string, until: Position): void => {
  const last = socket && lastOf(socket, channel);
  if (last !== undefined) last.until ??= until;
};

const lastOf = ({ subscriptions }: OpenSocket, channel: string) =>
  subscriptions.findLast((subscription) => subscription.channel === channel);

const noteActs = (socket: OpenSocket | undefined, user: string | undefined, position: Position): void => {
  if (socket !== undefined && user !== undefined && !socket.users.has(user)) socket.users.set(user, position);
};

type Published = Extract<Recorded, { readonly kind: "PublishRequested" }>;

const notePeople = (names: Map<string, string>, { type, from, to, text }: Published): void => {
  for (const user of [from, to]) if (user !== undefined && !names.has(user)) names.set(user, user);
  const announced = type === "join-request" ? memberOf(text, "userName") : undefined;
  if (from !== undefined && announced !== undefined && names.get(from) === from) names.set(from, announced);
};

interface Delivery {
  readonly position: Position;
  readonly receivers: ReadonlyArray<ClientId>;
  readonly signalKindOf: (type: string) => SignalKind | undefined;
}

const relayOf = (published: Published, { position, receivers, signalKindOf: readKind }: Delivery): Relay => {
  const { client, channel, type, from, to, text } = published;
  const signalKind = readKind(type);
  return {
    kind: "relay",
    event: position.event,
    at: position.at,
    client,
    channel: channelNameOf(channel),
    type,
    signalKind,
    from,
    to,
    receivers,
    candidates: signalKind === undefined ? [] : candidatesIn(text),
    isLegible: text !== "",
    negotiation: signalKind === "offer" || signalKind === "answer" ? memberOf(text, "negotiation") : undefined,
  };
};

const candidateLine = /candidate:\S+ \d+ (udp|tcp) \d+ ([\w.:-]+) \d+ typ (host|srflx|prflx|relay)\b/gi;

const candidatesIn = (text: string): ReadonlyArray<Candidate> =>
  [...text.matchAll(candidateLine)].map(([, transport = "", address = "", type = ""]) => ({
    type: type.toLowerCase(),
    transport: transport.toLowerCase(),
    address: address.toLowerCase(),
  }));

/** A text of the body; the body is `data`, or the message itself. */
const memberOf = (text: string, member: string): string | undefined => {
  try {
    const message = JSON.parse(text);
    const value = (message?.data ?? message)?.[member];
    return typeof value === "string" ? value : undefined;
  } catch {
    return undefined;
  }
};

/** Only facts tell who came and went: a disconnection takes several people with it, and a second tab nobody. */
const noteMembers = ({ incidents }: Reading, { effects }: Moment<Recorded>, position: Position): void => {
  for (const effect of effects) {
    if (effect.kind !== "Report") continue;
    const { fact } = effect;
    if (fact.kind === "ParticipantJoined")
      incidents.push({ kind: "join", ...position, user: fact.user, room: fact.room });
    else if (fact.kind === "ParticipantLeft")
      incidents.push({ kind: "leave", ...position, user: fact.user, room: fact.room, reason: fact.reason });
  }
};
