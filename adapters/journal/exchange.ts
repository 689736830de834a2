import { type ClientId, type Moment, type Recorded, type RefusalCode, recipients } from "../../core/index.js";
import { plain } from "../plain.js";

/** What a relayed message is for, as its type tells. */
export type Role = "offer" | "answer" | "candidate" | "request" | "approval" | "rejection" | "withdrawal";

const access: ReadonlyMap<string, Role> = new Map([
  ["join-request", "request"],
  ["join-approved", "approval"],
  ["join-rejected", "rejection"],
  ["join-withdrawn", "withdrawal"],
]);

/** `ice` counts only as a word of its own: `voice` and `device` are about something else. */
export const roleOf = (type: string): Role | undefined => {
  const words = type
    .replace(/([a-z])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, " ");
  if (access.has(type)) return access.get(type);
  if (words.includes("candidate") || /\bice\b/.test(words)) return "candidate";
  if (words.includes("offer")) return "offer";
  return words.includes("answer") ? "answer" : undefined;
};

/** A span of time for a person. */
export const span = (ms: number): string => (ms < 1_000 ? `${ms} ms` : `${(ms / 1_000).toFixed(1)} s`);

/** Where in a recording something stands. */
export interface Spot {
  readonly event: number;
  readonly at: number;
}

export interface Subscription {
  readonly channel: string;
  readonly since: Spot;
  readonly until: Spot | undefined;
}

/** One client, with all that was ever learnt about it: who it was may come out only after what matters. */
export interface Socket {
  readonly id: ClientId;
  readonly since: Spot;
  readonly until: (Spot & { readonly code: number }) | undefined;
  /** Whom it acts for, and since when the server knew. */
  readonly users: ReadonlyMap<string, Spot>;
  readonly subscriptions: ReadonlyArray<Subscription>;
}

/** A message that was relayed, or would have been. */
export interface Relay extends Spot {
  readonly kind: "relay";
  readonly client: ClientId;
  readonly channel: string;
  readonly type: string;
  readonly role: Role | undefined;
  readonly from: string | undefined;
  readonly to: string | undefined;
  readonly receivers: ReadonlyArray<ClientId>;
  /** How often each type of ICE candidate stands in it. */
  readonly candidates: ReadonlyMap<string, number>;
  /** Whether the recording kept anything of its text. */
  readonly isLegible: boolean;
  /** Which negotiation it says it belongs to. */
  readonly negotiation: string | undefined;
}

export interface Refused extends Spot {
  readonly kind: "refusal";
  readonly client: ClientId;
  readonly user: string | undefined;
  readonly code: RefusalCode;
  /** The type of the refused message. */
  readonly what: string;
  /** The room or the channel that it was about. */
  readonly where: string | undefined;
}

export interface Membership extends Spot {
  readonly kind: "join" | "leave";
  readonly user: string;
  readonly room: string;
  readonly why: string;
}

export interface Coming extends Spot {
  readonly kind: "connect" | "disconnect";
  readonly client: ClientId;
}

export type Incident = Relay | Refused | Membership | Coming | (Spot & { readonly kind: "stop" });

/** What of a recording matters to who reached whom. */
export interface Session {
  readonly startedAt: number;
  readonly sockets: ReadonlyMap<ClientId, Socket>;
  /** Everybody who acted or was addressed, with the name last announced. */
  readonly names: ReadonlyMap<string, string>;
  readonly incidents: ReadonlyArray<Incident>;
}

interface OpenSocket extends Socket {
  until: Socket["until"];
  readonly users: Map<string, Spot>;
  readonly subscriptions: Array<{ -readonly [K in keyof Subscription]: Subscription[K] }>;
}

interface Reading {
  startedAt: number | undefined;
  readonly sockets: Map<ClientId, OpenSocket>;
  readonly names: Map<string, string>;
  readonly incidents: Incident[];
}

/** Reads a recording once, front to back. */
export const readSession = (moments: Iterable<Moment<Recorded>>): Session => {
  const reading: Reading = { startedAt: undefined, sockets: new Map(), names: new Map(), incidents: [] };
  for (const moment of moments) {
    reading.startedAt ??= moment.event.at;
    const spot: Spot = { event: moment.n, at: moment.event.at };
    if (!noteRefusal(reading, moment, spot)) noteEvent(reading, moment, spot);
    noteMembers(reading, moment, spot);
  }
  return { ...reading, startedAt: reading.startedAt ?? 0 };
};

const noteRefusal = ({ incidents, names }: Reading, { event, effects }: Moment<Recorded>, spot: Spot): boolean => {
  for (const effect of effects) {
    if (effect.kind !== "Report" || effect.fact.kind !== "MessageRefused") continue;
    const { client, refusal } = effect.fact;
    if (event.kind === "UserJoinedRoom") names.set(event.userId, event.userName);
    incidents.push({ kind: "refusal", ...spot, client, code: refusal.code, ...subjectOf(event, refusal.about) });
    return true;
  }
  return false;
};

const subjectOf = (event: Recorded, about = "a message"): Pick<Refused, "user" | "what" | "where"> => {
  switch (event.kind) {
    case "UserJoinedRoom":
      return { user: event.userId, what: "user-joined-room", where: event.roomId };
    case "UserLeftRoom":
      return { user: undefined, what: "user-left-room", where: event.roomId };
    case "RoomCreated":
      return { user: event.room.hostId, what: "room-created", where: event.room.id };
    case "ChannelSubscribed":
      return { user: undefined, what: "subscribe", where: event.channel };
    case "MessagePublished":
      return { user: event.from, what: event.type, where: event.channel };
    default:
      return { user: undefined, what: about, where: undefined };
  }
};

const noteEvent = (reading: Reading, { event, after, effects }: Moment<Recorded>, spot: Spot): void => {
  const { sockets, names, incidents } = reading;
  switch (event.kind) {
    case "ClientConnected":
      sockets.set(event.client, {
        id: event.client,
        since: spot,
        until: undefined,
        users: new Map(),
        subscriptions: [],
      });
      incidents.push({ kind: "connect", ...spot, client: event.client });
      return;
    case "ClientDisconnected":
      noteEnd(sockets.get(event.client), { ...spot, code: event.code });
      incidents.push({ kind: "disconnect", ...spot, client: event.client });
      return;
    case "ChannelSubscribed":
      noteSubscribed(sockets.get(event.client), event.channel, spot);
      return;
    case "ChannelUnsubscribed":
      for (const subscription of sockets.get(event.client)?.subscriptions ?? [])
        if (subscription.channel === event.channel) subscription.until ??= spot;
      return;
    case "UserJoinedRoom":
      names.set(event.userId, event.userName);
      noteActs(sockets.get(event.client), event.userId, spot);
      return;
    case "MessagePublished":
      for (const effect of effects)
        if (effect.kind === "Send" && effect.message.kind === "Relay") {
          noteActs(sockets.get(event.client), event.from, spot);
          notePeople(names, event);
          incidents.push({ ...relayOf(event), ...spot, receivers: recipients(after, effect.to) });
        }
      return;
    case "ServerStopping":
      incidents.push({ kind: "stop", ...spot });
      return;
    default:
      return;
  }
};

const noteEnd = (socket: OpenSocket | undefined, end: Spot & { readonly code: number }): void => {
  if (socket === undefined) return;
  socket.until = end;
  for (const subscription of socket.subscriptions) subscription.until ??= end;
};

const noteSubscribed = (socket: OpenSocket | undefined, channel: string, since: Spot): void => {
  if (socket === undefined || socket.until !== undefined) return;
  if (socket.subscriptions.some((other) => other.channel === channel && other.until === undefined)) return;
  socket.subscriptions.push({ channel, since, until: undefined });
};

const noteActs = (socket: OpenSocket | undefined, user: string | undefined, spot: Spot): void => {
  if (socket !== undefined && user !== undefined && !socket.users.has(user)) socket.users.set(user, spot);
};

type Published = Extract<Recorded, { readonly kind: "MessagePublished" }>;

const notePeople = (names: Map<string, string>, { type, from, to, text }: Published): void => {
  for (const user of [from, to]) if (user !== undefined && !names.has(user)) names.set(user, user);
  const announced = type === "join-request" ? memberOf(text, "userName") : undefined;
  if (from !== undefined && announced !== undefined && names.get(from) === from) names.set(from, announced);
};

const relayOf = ({ client, channel, type, from, to, text }: Published) => {
  const role = roleOf(type);
  return {
    kind: "relay",
    client,
    channel,
    type,
    role,
    from,
    to,
    candidates: role === undefined ? new Map<string, number>() : candidatesIn(text),
    isLegible: text !== "",
    negotiation: role === "offer" || role === "answer" ? memberOf(text, "negotiation") : undefined,
  } as const;
};

const candidatesIn = (text: string): ReadonlyMap<string, number> => {
  const found = new Map<string, number>();
  for (const [, type = ""] of text.matchAll(/\btyp (host|srflx|prflx|relay)\b/g))
    found.set(type, (found.get(type) ?? 0) + 1);
  return found;
};

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
const noteMembers = ({ incidents }: Reading, { effects }: Moment<Recorded>, spot: Spot): void => {
  for (const effect of effects) {
    if (effect.kind !== "Report") continue;
    const { fact } = effect;
    if (fact.kind === "ParticipantJoined")
      incidents.push({ kind: "join", ...spot, user: fact.user, room: fact.room, why: "joined" });
    else if (fact.kind === "ParticipantLeft")
      incidents.push({ kind: "leave", ...spot, user: fact.user, room: fact.room, why: fact.why });
  }
};

/** Somebody in a recording, with every socket that ever acted for them. */
export interface Person {
  readonly id: string;
  /** What to call them: the word that was asked with, or else the name and, where it says something else, the id. */
  readonly label: string;
  readonly sockets: ReadonlyArray<Socket>;
}

export const personOf = ({ names, sockets }: Session, id: string, word?: string): Person => {
  const name = names.get(id) ?? id;
  return {
    id,
    label: word !== undefined || name === id ? plain(word ?? id) : `${plain(name)} (${plain(id)})`,
    sockets: [...sockets.values()].filter(({ users }) => users.has(id)),
  };
};

/** The ids that a word may mean: itself, if somebody has it as an id, or else all whose name it is. */
export const idsOf = ({ names }: Session, word: string): ReadonlyArray<string> =>
  names.has(word) ? [word] : [...names].flatMap(([id, name]) => (name === word ? [id] : []));

/** A signal from one of two people that was, or may have been, for the other. */
export interface Signal extends Relay {
  readonly sender: Person;
  readonly receiver: Person;
  /** The receiver's sockets that got it. */
  readonly got: ReadonlyArray<ClientId>;
  /** Sockets that got it, and that never told whom they act for: they may be the receiver's. */
  readonly perhaps: ReadonlyArray<ClientId>;
}

export const isDelivered = ({ got, perhaps }: Signal): boolean => got.length + perhaps.length > 0;

/** All that two people signalled to one another, in order. */
export const between = (session: Session, a: Person, b: Person): ReadonlyArray<Signal> =>
  session.incidents.flatMap((incident) => {
    if (incident.kind !== "relay" || incident.role === undefined) return [];
    const sender = [a, b].find((person) => isBy(incident, person));
    if (sender === undefined) return [];
    const receiver = sender === a ? b : a;
    if (incident.to !== undefined && incident.to !== receiver.id) return [];
    const users = (id: ClientId) => session.sockets.get(id)?.users;
    const got = incident.receivers.filter((id) => users(id)?.has(receiver.id));
    const perhaps = incident.receivers.filter((id) => users(id)?.size === 0);
    return [{ ...incident, sender, receiver, got, perhaps }];
  });

/** A message without `fromUserId` is from whomever its socket acts for. */
export const isBy = ({ client, from }: Pick<Relay, "client" | "from">, { id, sockets }: Person): boolean =>
  from === undefined ? sockets.some((socket) => socket.id === client) : from === id;

/** Which answer belongs to which offer: by what they say, or else the oldest offer that is still waiting is answered first. */
export const answersTo = (session: Session, signals: ReadonlyArray<Signal>): ReadonlyMap<Signal, Signal> => {
  const answers = new Map<Signal, Signal>();
  let waiting: Signal[] = [];
  for (const signal of signals) {
    if (signal.role === "offer" && isDelivered(signal)) waiting.push(signal);
    if (signal.role !== "answer") continue;
    const mine = waiting.filter((offer) => offer.receiver === signal.sender && isStillThere(session, offer, signal));
    const named = mine.find(({ negotiation }) => negotiation !== undefined && negotiation === signal.negotiation);
    const offer = named ?? mine.find(({ negotiation }) => negotiation === undefined || !signal.negotiation);
    if (offer === undefined) continue;
    answers.set(offer, signal);
    // Offers that the answering side had made itself meanwhile are given up: that is how glare ends.
    waiting = waiting.filter((other) => other !== offer && other.sender !== signal.sender);
  }
  return answers;
};

const isStillThere = ({ sockets }: Session, offer: Signal, { event }: Spot): boolean =>
  [...offer.got, ...offer.perhaps].some((id) => {
    const until = sockets.get(id)?.until;
    return until === undefined || until.event > event;
  });
