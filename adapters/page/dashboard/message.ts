/** What the page says and hears on the socket (PROTOCOL). Relayed messages come from strangers: nothing in them is taken on trust. */

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

/** A message between two users; `to` is whom it is meant for, which the server may not have been able to tell. */
interface Between {
  readonly roomId: string;
  readonly from: string;
  readonly to: string;
}

export type Heard =
  | { readonly kind: "ClientCount"; readonly count: number }
  | { readonly kind: "RoomList"; readonly rooms: ReadonlyArray<Room> }
  | { readonly kind: "Refused"; readonly code: string; readonly message: string; readonly about: string | undefined }
  | ({ readonly kind: "JoinRequested"; readonly userName: string } & Between)
  | ({ readonly kind: "JoinWithdrawn" } & Between)
  | ({ readonly kind: "JoinAnswered"; readonly isApproved: boolean } & Between)
  | ({ readonly kind: "Signalled"; readonly signal: Signal } & Between);

export interface Said {
  readonly type: string;
  readonly channel?: string;
  readonly data?: unknown;
}

/** Undefined: nothing that this page knows, such as a pong or another dashboard's own message. */
export const read = (frame: string): Heard | undefined => {
  const message = recordOf(parsed(frame));
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

const relayed = (message: Loose): Heard | undefined => {
  const data = recordOf(message.data);
  const [roomId, from, to] = [textOf(data.roomId), textOf(data.fromUserId), textOf(data.toUserId)];
  if (roomId === undefined || from === undefined || to === undefined) return undefined;
  const between = { roomId, from, to };
  switch (message.type) {
    case "join-request":
      return { kind: "JoinRequested", userName: textOf(data.userName) ?? from, ...between };
    case "join-withdrawn":
      return { kind: "JoinWithdrawn", ...between };
    case "join-approved":
    case "join-rejected":
      return { kind: "JoinAnswered", isApproved: message.type === "join-approved", ...between };
    default: {
      const signal = signalOf(message.type, data);
      return signal && { kind: "Signalled", signal, ...between };
    }
  }
};

const signalOf = (type: unknown, data: Loose): Signal | undefined => {
  if (type === "webrtc-ice") return { kind: "candidate", candidate: candidateOf(recordOf(data.candidate)) };
  const kind = type === "webrtc-offer" ? "offer" : type === "webrtc-answer" ? "answer" : undefined;
  const sdp = kind && textOf(recordOf(data[kind]).sdp);
  return kind && sdp !== undefined ? { kind, sdp, negotiation: textOf(data.negotiation) } : undefined;
};

const candidateOf = (candidate: Loose): RTCIceCandidateInit => ({
  candidate: textOf(candidate.candidate) ?? "",
  sdpMid: textOf(candidate.sdpMid) ?? null,
  sdpMLineIndex: typeof candidate.sdpMLineIndex === "number" ? candidate.sdpMLineIndex : null,
  usernameFragment: textOf(candidate.usernameFragment) ?? null,
});

const roomOf = (value: unknown): ReadonlyArray<Room> => {
  const room = recordOf(value);
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
  const person = recordOf(value);
  const id = textOf(person.id);
  return id === undefined ? [] : [{ id, name: textOf(person.name) ?? id }];
};

type Loose = Readonly<Record<string, unknown>>;

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

const recordOf = (value: unknown): Loose =>
  typeof value === "object" && value !== null ? Object.fromEntries(Object.entries(value)) : {};
const listOf = (value: unknown): ReadonlyArray<unknown> => (Array.isArray(value) ? value : []);
const textOf = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);

export const subscribe = (channel: string): Said => ({ type: "subscribe", channel });

export const roomListRequest: Said = { type: "room-list-request", channel: channels.rooms };

export const roomCreated = ({ id, name, description, host, hostId }: Omit<Room, "participants">): Said => ({
  type: "room-created",
  channel: channels.rooms,
  data: { id, name, description, host, hostId },
});

export const userJoined = (roomId: string, { id, name }: Person): Said => ({
  type: "user-joined-room",
  channel: channels.rooms,
  data: { roomId, userId: id, userName: name },
});

export const userLeft = (roomId: string, userId: string): Said => ({
  type: "user-left-room",
  channel: channels.rooms,
  data: { roomId, userId },
});

/** Other dashboards of this family announce participants to one another besides. */
export const participant = (what: "joined" | "left", roomId: string, { id, name }: Person): Said => ({
  type: `participant-${what}`,
  channel: channels.chat,
  data: { roomId, participant: { id, name } },
});

export const joinRequest = (room: Pick<Room, "id" | "name" | "hostId">, { id, name }: Person): Said => ({
  type: "join-request",
  channel: channels.access,
  data: { roomId: room.id, roomName: room.name, fromUserId: id, userName: name, toUserId: room.hostId },
});

export const joinWithdrawn = (room: Pick<Room, "id" | "hostId">, fromUserId: string): Said => ({
  type: "join-withdrawn",
  channel: channels.access,
  data: { roomId: room.id, fromUserId, toUserId: room.hostId },
});

export const joinAnswered = (isApproved: boolean, roomId: string, fromUserId: string, toUserId: string): Said => ({
  type: isApproved ? "join-approved" : "join-rejected",
  channel: channels.access,
  data: { roomId, fromUserId, toUserId },
});

export const signalled = ({ roomId, from, to }: Between, signal: Signal): Said => {
  const between = { roomId, fromUserId: from, toUserId: to };
  const { signalling: channel } = channels;
  if (signal.kind === "candidate")
    return { type: "webrtc-ice", channel, data: { ...between, candidate: signal.candidate } };
  const { kind, sdp, negotiation } = signal;
  return { type: `webrtc-${kind}`, channel, data: { ...between, negotiation, [kind]: { type: kind, sdp } } };
};
