import { type ClientId, channelNameOf, groupFor, isMember, type Moment, type Recorded } from "../../core/index.js";
import { noteNames } from "./announced-names.js";
import { type Published, relayOf, signalRelayOf } from "./read-relay.js";
import { doorStepsIn, nodeChangesIn, roomChangesIn, sessionReader, welcomeIn } from "./read-sessions.js";
import type { Incident, Position, Recording, Refused, Relay, RoomLifetime, Socket, Subscription } from "./recording.js";
import { type Refusal, refusalIn } from "./refusal.js";
import { type SignalKind, signalKindReader } from "./signal-kind.js";
import { withoutLog } from "./without-log.js";

interface OpenSocket extends Socket {
  session: string;
  until: Socket["until"];
  readonly users: Map<string, Position>;
  readonly claims: Set<string>;
  readonly subscriptions: Array<{ -readonly [K in keyof Subscription]: Subscription[K] }>;
  readonly heard: Position[];
}

/**
 * How much of a recording is read. `outcomes` is enough to judge what became of messages and calls, and takes little memory: it has no
 * connections, no refusals, and of messages only offers, answers, what may have reached nobody, and the first of candidates that are alike.
 */
type Extent = "all" | "outcomes";

/** Whom messages are addressed to. */
interface Target {
  /** The connected sockets that act for them. */
  readonly sockets: Set<ClientId>;
  /** The sockets that candidates for them have reached, by user, or else by socket, that sent them. */
  readonly reached: Map<string | ClientId, Set<ClientId>>;
}

interface Reading {
  readonly extent: Extent;
  /** By the id that a message is for; undefined is nobody by name. */
  readonly targets: Map<string | undefined, Target>;
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
  const reader = recordingReader("all");
  const settled = withoutLog();
  for (const each of moments) {
    const moment = settled(each);
    if (moment !== undefined) reader.visit(moment, refusalIn(moment));
  }
  return reader.found();
};

/** Reads a recording moment by moment. */
export const recordingReader = (
  extent: Extent,
): {
  readonly visit: (moment: Moment<Recorded>, refusal: Refusal | undefined) => void;
  readonly found: () => Recording;
} => {
  const reading: Reading = {
    extent,
    targets: new Map(),
    startedAt: undefined,
    endedAt: 0,
    rooms: [],
    sockets: new Map(),
    names: new Map(),
    incidents: [],
    sessions: sessionReader(),
    signalKindOf: signalKindReader(),
  };
  return {
    visit: (moment, refusal) => {
      reading.startedAt ??= moment.event.at;
      reading.endedAt = moment.event.at;
      const position: Position = { event: moment.n, at: moment.event.at };
      if (moment.event.kind === "ClientConnected") noteConnected(reading, moment.event, position);
      if (refusal === undefined) noteEvent(reading, moment, position);
      else noteRefusal(reading, moment, { kind: "refusal", ...position, ...refusal });
      if (extent === "all") noteHeard(reading, moment.event, position);
      // Most events are messages, and nothing else comes of them.
      if (moment.event.kind === "PublishRequested" && !moment.effects.some(({ kind }) => kind === "Report")) return;
      noteRooms(reading, moment, position);
      noteMembers(reading, moment, position);
      noteSessions(reading, moment, position);
    },
    found: () => {
      const { startedAt = 0, endedAt, rooms, sockets, names, incidents } = reading;
      return { startedAt, endedAt, rooms, sockets, names, incidents };
    },
  };
};

const noteRefusal = (
  { extent, sockets, incidents, names, signalKindOf }: Reading,
  { event }: Moment<Recorded>,
  refused: Refused,
): void => {
  const { user = greetedAs(sockets.get(refused.client)) } = refused;
  if (extent === "all") incidents.push({ ...refused, user });
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
  { extent, sockets, incidents }: Reading,
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
  if (extent === "all") incidents.push({ kind: "connect", ...position, client, code: undefined });
};

const noteEvent = (reading: Reading, moment: Moment<Recorded>, position: Position): void => {
  const { event, effects } = moment;
  const { extent, sockets, names, incidents, sessions, signalKindOf } = reading;
  switch (event.kind) {
    case "ClientConnected": {
      const socket = sockets.get(event.client);
      const welcome = welcomeIn(moment);
      if (socket === undefined || welcome === undefined) return;
      socket.session = welcome.session;
      // Of a client at a node that is not recorded, the log need not tell the name.
      if (welcome.name !== welcome.user || !names.has(welcome.user)) names.set(welcome.user, welcome.name);
      noteUser(reading, event.client, welcome.user, position);
      return;
    }
    case "ClientDisconnected":
      noteEnd(reading, event.client, { ...position, code: event.code });
      if (extent === "all") incidents.push({ kind: "disconnect", ...position, client: event.client, code: event.code });
      return;
    case "SubscribeRequested":
      noteSubscribed(sockets.get(event.client), channelNameOf(event.channel), position);
      return;
    case "UnsubscribeRequested":
      noteUnsubscribed(sockets.get(event.client), channelNameOf(event.channel), position);
      return;
    case "JoinRequested":
      noteNames(names, event, signalKindOf);
      noteUser(reading, event.client, event.userId, position);
      return;
    case "PublishRequested": {
      const relay = isLeftOut(reading, event, moment) ? "left out" : relayOf(event, moment, { position, signalKindOf });
      if (relay === undefined) return;
      noteUser(reading, event.client, event.from, position);
      noteNames(names, event, signalKindOf);
      if (relay === "left out") return;
      const isKept = relay.receivers.length === 0 && event.signal !== undefined && sessions.isAway(event.to);
      noteRelay(reading, isKept ? { ...relay, isKept } : relay, { text: event.text, room: undefined });
      return;
    }
    case "SignalRequested": {
      if (!effects.some(({ kind }) => kind === "Send")) return;
      const from = greetedAs(sockets.get(event.client));
      const relay = signalRelayOf(event, moment, { position, from });
      noteRelay(reading, relay, { text: event.text, room: event.roomId });
      return;
    }
    case "ServerStopping":
      incidents.push({ kind: "stop", ...position });
      return;
    default:
      return;
  }
};

/** Where only outcomes are read: a message that is no offer or answer, and reached sockets of its recipient. That is cheap to see. */
const isLeftOut = (
  { extent, targets, signalKindOf }: Reading,
  { client, channel, type, from, to }: Published,
  { after }: Moment<Recorded>,
): boolean => {
  if (extent === "all" || to === undefined) return false;
  const kind = signalKindOf(type);
  if (kind !== undefined && kind !== "candidate") return false;
  const target = targets.get(to);
  const others = groupFor(after, { kind: "Others", channel, sender: client });
  if (target === undefined || others === undefined) return false;
  const heard = [...target.sockets].filter((id) => isMember(others, id));
  const reached = target.reached.get(from ?? client);
  return heard.length > 0 && (kind === undefined || heard.every((id) => reached?.has(id) === true));
};

const targetOf = (targets: Reading["targets"], to: string | undefined): Target => {
  const target = targets.get(to) ?? { sockets: new Set(), reached: new Map() };
  targets.set(to, target);
  return target;
};

const noteRelay = (
  { extent, incidents, targets, sessions }: Reading,
  relay: Relay,
  { text, room }: { readonly text: string; readonly room: string | undefined },
): void => {
  const { signalKind, client, from, to, receivers, isKept } = relay;
  if (extent === "all") {
    incidents.push(sessions.noteSignal(relay, text, room));
    return;
  }
  const brief = { ...relay, candidates: [] };
  if (isKept) incidents.push(sessions.noteSignal(brief, text, room));
  else if (signalKind === "candidate" && receivers.length > 0) {
    const { reached } = targetOf(targets, to);
    const before = reached.get(from ?? client) ?? new Set<ClientId>();
    if (receivers.every((id) => before.has(id))) return;
    reached.set(from ?? client, new Set([...before, ...receivers]));
    incidents.push(brief);
  } else if (signalKind !== undefined || to !== undefined) incidents.push(brief);
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

const noteEnd = ({ sockets, targets }: Reading, client: ClientId, end: Position & { readonly code: number }): void => {
  const socket = sockets.get(client);
  if (socket === undefined) return;
  socket.until = end;
  for (const user of socket.users.keys()) targets.get(user)?.sockets.delete(client);
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

const noteUser = (
  { sockets, targets }: Reading,
  client: ClientId,
  user: string | undefined,
  position: Position,
): void => {
  const socket = sockets.get(client);
  if (socket === undefined || user === undefined || socket.users.has(user)) return;
  socket.users.set(user, position);
  targetOf(targets, user).sockets.add(client);
};

/** Joins and leaves are taken from facts: one disconnection can end several participants, or none where a second tab is open. */
const noteMembers = (
  { incidents, sockets, names }: Reading,
  { event, effects }: Moment<Recorded>,
  position: Position,
): void => {
  const by = event.kind === "RemoveRequested" ? greetedAs(sockets.get(event.client)) : undefined;
  for (const effect of effects) {
    if (effect.kind !== "Report") continue;
    const { fact } = effect;
    // Who was there before the recording has announced a name to nobody in it.
    if (fact.kind === "ParticipantJoined" && !names.has(fact.user)) names.set(fact.user, fact.userName);
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
  incidents.push(
    ...doorStepsIn(moment, position, by),
    ...roomChangesIn(moment, position, by),
    ...nodeChangesIn(moment, position),
    ...sessions.changesIn(moment, position),
  );
};
