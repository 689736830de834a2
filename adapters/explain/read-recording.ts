import { type ClientId, channelNameOf, type Moment, type Recorded } from "../../core/index.js";
import { noteNames } from "./announced-names.js";
import { relayOf, signalRelayOf } from "./read-relay.js";
import { doorStepsIn, sessionReader, welcomeIn } from "./read-sessions.js";
import type { Incident, Position, Recording, Refused, RoomLifetime, Socket, Subscription } from "./recording.js";
import { refusalIn } from "./refusal.js";
import { type SignalKind, signalKindReader } from "./signal-kind.js";

interface OpenSocket extends Socket {
  session: string;
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
  readonly sessions: ReturnType<typeof sessionReader>;
  readonly signalKindOf: (type: string) => SignalKind | undefined;
}

type Connected = Extract<Recorded, { readonly kind: "ClientConnected" }>;

/** Reads a recording once, front to back. */
export const readRecording = (moments: Iterable<Moment<Recorded>>): Recording => {
  const reading: Reading = {
    startedAt: undefined,
    endedAt: 0,
    rooms: [],
    sockets: new Map(),
    names: new Map(),
    incidents: [],
    sessions: sessionReader(),
    signalKindOf: signalKindReader(),
  };
  for (const moment of moments) {
    reading.startedAt ??= moment.event.at;
    reading.endedAt = moment.event.at;
    const position: Position = { event: moment.n, at: moment.event.at };
    const refusal = refusalIn(moment);
    if (moment.event.kind === "ClientConnected") noteConnected(reading, moment.event, position);
    if (refusal === undefined) noteEvent(reading, moment, position);
    else noteRefusal(reading, moment, { kind: "refusal", ...position, ...refusal });
    noteHeard(reading, moment.event, position);
    noteRooms(reading, moment, position);
    noteMembers(reading, moment, position);
    noteSessions(reading, moment, position);
  }
  const { startedAt = 0, endedAt, rooms, sockets, names, incidents } = reading;
  return { startedAt, endedAt, rooms, sockets, names, incidents };
};

const noteRefusal = (
  { sockets, incidents, names, signalKindOf }: Reading,
  { event }: Moment<Recorded>,
  refused: Refused,
): void => {
  const { user = greetedAs(sockets.get(refused.client)) } = refused;
  incidents.push({ ...refused, user });
  if (event.kind === "ClientConnected" && event.greeting !== undefined)
    sockets.get(refused.client)?.claims.add(event.greeting.user);
  if (event.kind !== "JoinRequested") return;
  noteNames(names, event, signalKindOf);
  sockets.get(refused.client)?.claims.add(event.userId);
};

/** The user of a client that has said who it is when it connected. */
const greetedAs = (socket: OpenSocket | undefined): string | undefined =>
  socket?.isResumable === true ? socket.users.keys().next().value : undefined;

const noteConnected = (
  { sockets, incidents }: Reading,
  { client, session, address, greeting }: Connected,
  position: Position,
): void => {
  sockets.set(client, {
    id: client,
    address,
    session,
    isResumable: greeting !== undefined,
    since: position,
    until: undefined,
    users: new Map(),
    claims: new Set(),
    subscriptions: [],
    heard: [],
  });
  incidents.push({ kind: "connect", ...position, client });
};

const noteEvent = (reading: Reading, moment: Moment<Recorded>, position: Position): void => {
  const { event, effects } = moment;
  const { sockets, names, incidents, sessions, signalKindOf } = reading;
  switch (event.kind) {
    case "ClientConnected": {
      const socket = sockets.get(event.client);
      const welcome = welcomeIn(moment);
      if (socket === undefined || welcome === undefined) return;
      socket.session = welcome.session;
      names.set(welcome.user, welcome.name);
      noteUser(socket, welcome.user, position);
      return;
    }
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
      noteNames(names, event, signalKindOf);
      noteUser(sockets.get(event.client), event.userId, position);
      return;
    case "PublishRequested": {
      const relay = relayOf(event, moment, { position, signalKindOf });
      if (relay === undefined) return;
      noteUser(sockets.get(event.client), event.from, position);
      noteNames(names, event, signalKindOf);
      const { to, receivers } = relay;
      const isKept = receivers.length === 0 && to !== undefined && sessions.isAway(to);
      incidents.push(sessions.noteSignal({ ...relay, isKept }, event.text, undefined));
      return;
    }
    case "SignalRequested": {
      const isAccepted = effects.some(({ kind }) => kind === "Send");
      const from = greetedAs(sockets.get(event.client));
      const relay = signalRelayOf(event, moment, { position, from });
      if (isAccepted) incidents.push(sessions.noteSignal(relay, event.text, event.roomId));
      return;
    }
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
      const [creator, hostId] = creatorIn(event);
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

const creatorIn = (event: Recorded): readonly [] | readonly [ClientId, string | undefined] => {
  if (event.kind === "CreateRequested") return [event.client, event.room.hostId];
  if (event.kind === "JoinRequested" && event.create !== undefined) return [event.client, event.create.room.hostId];
  return [];
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

const noteUser = (socket: OpenSocket | undefined, user: string | undefined, position: Position): void => {
  if (socket !== undefined && user !== undefined && !socket.users.has(user)) socket.users.set(user, position);
};

/** Joins and leaves are taken from facts: one disconnection can end several participants, or none where a second tab is open. */
const noteMembers = (
  { incidents, sockets }: Reading,
  { event, effects }: Moment<Recorded>,
  position: Position,
): void => {
  const by = event.kind === "RemoveRequested" ? greetedAs(sockets.get(event.client)) : undefined;
  for (const effect of effects) {
    if (effect.kind !== "Report") continue;
    const { fact } = effect;
    if (fact.kind === "ParticipantJoined")
      incidents.push({ kind: "join", ...position, user: fact.user, room: fact.room });
    else if (fact.kind === "ParticipantLeft")
      incidents.push({ kind: "leave", ...position, user: fact.user, room: fact.room, reason: fact.reason, by });
  }
};

const noteSessions = (
  { incidents, sessions, sockets }: Reading,
  moment: Moment<Recorded>,
  position: Position,
): void => {
  const { event } = moment;
  const by = "client" in event ? greetedAs(sockets.get(event.client)) : undefined;
  incidents.push(...doorStepsIn(moment, position, by), ...sessions.changesIn(moment, position));
};
