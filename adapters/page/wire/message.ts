/**
 * What the pages send and receive on the socket (docs/PROTOCOL.md). No other file of the pages knows a member name of the protocol.
 * Relayed messages come from other users, so every member is checked.
 */

export const channels = {
  rooms: "webrtc-dashboard-rooms",
  chat: "webrtc-dashboard-chat",
  signalling: "webrtc-signaling",
  access: "webrtc-dashboard-access",
} as const;

export interface Person {
  readonly id: string;
  readonly name: string;
}

export interface Room {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly host: string | undefined;
  readonly hostId: string | undefined;
  readonly participants: ReadonlyArray<Person>;
}

export type Signal =
  | { readonly kind: "offer"; readonly sdp: string; readonly negotiation: string | undefined }
  | { readonly kind: "answer"; readonly sdp: string; readonly negotiation: string | undefined }
  | { readonly kind: "candidate"; readonly candidate: RTCIceCandidateInit };

/** A message from one user to another. The server may deliver it to others too, so `to` must be checked. */
interface Addressed {
  readonly roomId: string;
  readonly from: string;
  readonly to: string;
}

/** What came from the server. */
export type Incoming =
  | { readonly kind: "ClientCount"; readonly count: number }
  | { readonly kind: "RoomList"; readonly rooms: ReadonlyArray<Room> }
  | { readonly kind: "Refused"; readonly code: string; readonly message: string; readonly about: string | undefined }
  | ({ readonly kind: "Knocked"; readonly userName: string } & Addressed)
  | ({ readonly kind: "KnockWithdrawn" } & Addressed)
  | ({ readonly kind: "KnockAnswered"; readonly isAdmitted: boolean } & Addressed)
  | ({ readonly kind: "Signalled"; readonly signal: Signal } & Addressed);

/** What goes to the server. */
export interface Outgoing {
  readonly type: string;
  readonly channel?: string;
  readonly data?: unknown;
}

/** Undefined when the page has no use for the message, such as a pong or another dashboard's own message. */
export const decode = (frame: string): Incoming | undefined => {
  const message = objectOf(parsed(frame));
  switch (message.type) {
    case "client_count":
      return typeof message.count === "number" ? { kind: "ClientCount", count: message.count } : undefined;
    case "server-room-list":
      return { kind: "RoomList", rooms: listOf(message.rooms).flatMap(roomOf) };
    case "error":
      return {
        kind: "Refused",
        code: textOf(message.code) ?? "",
        message: textOf(message.message) ?? "",
        about: textOf(message.about),
      };
    default:
      return relayed(message);
  }
};

const relayed = (message: JsonObject): Incoming | undefined => {
  const data = objectOf(message.data);
  const [roomId, from, to] = [textOf(data.roomId), textOf(data.fromUserId), textOf(data.toUserId)];
  if (roomId === undefined || from === undefined || to === undefined) return undefined;
  const addresses = { roomId, from, to };
  switch (message.type) {
    case "join-request":
      return { kind: "Knocked", userName: textOf(data.userName) ?? from, ...addresses };
    case "join-withdrawn":
      return { kind: "KnockWithdrawn", ...addresses };
    case "join-approved":
    case "join-rejected":
      return { kind: "KnockAnswered", isAdmitted: message.type === "join-approved", ...addresses };
    default: {
      const signal = signalOf(message.type, data);
      return signal && { kind: "Signalled", signal, ...addresses };
    }
  }
};

const signalOf = (type: unknown, data: JsonObject): Signal | undefined => {
  if (type === "webrtc-ice") return { kind: "candidate", candidate: candidateOf(objectOf(data.candidate)) };
  const kind = type === "webrtc-offer" ? "offer" : type === "webrtc-answer" ? "answer" : undefined;
  const sdp = kind && textOf(objectOf(data[kind]).sdp);
  return kind && sdp !== undefined ? { kind, sdp, negotiation: textOf(data.negotiation) } : undefined;
};

const candidateOf = (candidate: JsonObject): RTCIceCandidateInit => ({
  candidate: textOf(candidate.candidate) ?? "",
  sdpMid: textOf(candidate.sdpMid) ?? null,
  sdpMLineIndex: typeof candidate.sdpMLineIndex === "number" ? candidate.sdpMLineIndex : null,
  usernameFragment: textOf(candidate.usernameFragment) ?? null,
});

const roomOf = (value: unknown): ReadonlyArray<Room> => {
  const room = objectOf(value);
  const [id, name] = [textOf(room.id), textOf(room.name)];
  if (id === undefined || name === undefined) return [];
  return [
    {
      id,
      name,
      description: textOf(room.description) ?? "",
      host: textOf(room.host),
      hostId: textOf(room.hostId),
      participants: listOf(room.participants).flatMap(personOf),
    },
  ];
};

const personOf = (value: unknown): ReadonlyArray<Person> => {
  const person = objectOf(value);
  const id = textOf(person.id);
  return id === undefined ? [] : [{ id, name: textOf(person.name) ?? id }];
};

type JsonObject = Readonly<Record<string, unknown>>;

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

const objectOf = (value: unknown): JsonObject =>
  typeof value === "object" && value !== null ? Object.fromEntries(Object.entries(value)) : {};
const listOf = (value: unknown): ReadonlyArray<unknown> => (Array.isArray(value) ? value : []);
const textOf = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);

export const ping: Outgoing = { type: "ping" };

export const subscribe = (channel: string): Outgoing => ({ type: "subscribe", channel });

export const unsubscribe = (channel: string): Outgoing => ({ type: "unsubscribe", channel });

export const roomListRequest: Outgoing = { type: "room-list-request", channel: channels.rooms };

export const roomCreated = ({ id, name, description, host, hostId }: Omit<Room, "participants">): Outgoing => ({
  type: "room-created",
  channel: channels.rooms,
  data: { id, name, description, host, hostId },
});

export const userJoined = (roomId: string, { id, name }: Person): Outgoing => ({
  type: "user-joined-room",
  channel: channels.rooms,
  data: { roomId, userId: id, userName: name },
});

export const userLeft = (roomId: string, userId: string): Outgoing => ({
  type: "user-left-room",
  channel: channels.rooms,
  data: { roomId, userId },
});

/** Dashboards of this family also announce participants to each other. */
export const participantNews = (what: "joined" | "left", roomId: string, { id, name }: Person): Outgoing => ({
  type: `participant-${what}`,
  channel: channels.chat,
  data: { roomId, participant: { id, name } },
});

export const knock = (room: Pick<Room, "id" | "name" | "hostId">, { id, name }: Person): Outgoing => ({
  type: "join-request",
  channel: channels.access,
  data: { roomId: room.id, roomName: room.name, fromUserId: id, userName: name, toUserId: room.hostId },
});

export const knockWithdrawn = (room: Pick<Room, "id" | "hostId">, fromUserId: string): Outgoing => ({
  type: "join-withdrawn",
  channel: channels.access,
  data: { roomId: room.id, fromUserId, toUserId: room.hostId },
});

export const knockAnswered = (isAdmitted: boolean, roomId: string, fromUserId: string, toUserId: string): Outgoing => ({
  type: isAdmitted ? "join-approved" : "join-rejected",
  channel: channels.access,
  data: { roomId, fromUserId, toUserId },
});

export const signalled = ({ roomId, from, to }: Addressed, signal: Signal): Outgoing => {
  const addresses = { roomId, fromUserId: from, toUserId: to };
  const { signalling: channel } = channels;
  if (signal.kind === "candidate")
    return { type: "webrtc-ice", channel, data: { ...addresses, candidate: signal.candidate } };
  const { kind, sdp, negotiation } = signal;
  return { type: `webrtc-${kind}`, channel, data: { ...addresses, negotiation, [kind]: { type: kind, sdp } } };
};
