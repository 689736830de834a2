import * as O from "fp-ts/lib/Option.js";
import type { Millis, RoomId, UserId } from "../../base/id.js";
import { iso } from "../../base/time.js";
import type { Event } from "../../event.js";
import type { Refusal, RefusedRequest, ServerMessage } from "../../message.js";
import { clientCount, isListed, participantsInOrder, type Room, roomsInOrder, type State } from "../../state.js";
import type { Beside, BodyOf } from "../dialect.js";
import { channelNameOf, roomsChannel, seedName, signalTypes } from "./names.js";

/** A room as clients see it (docs/PROTOCOL.md). `host` and `hostId` are absent while nobody knows them. */
export interface ListedRoom {
  readonly id: RoomId;
  readonly name: string;
  readonly description: string;
  readonly host?: string;
  readonly hostId?: UserId;
  readonly createdAt: string;
  readonly participantCount: number;
  readonly participants: ReadonlyArray<{ readonly id: UserId; readonly name: string }>;
}

const listed = (room: Room): ListedRoom => ({
  id: room.id,
  name: room.name,
  description: room.description,
  ...(O.isSome(room.host) ? { host: room.host.value } : {}),
  ...(O.isSome(room.hostId) ? { hostId: room.hostId.value } : {}),
  createdAt: iso(room.createdAt),
  participantCount: room.participants.size,
  participants: participantsInOrder(room).map(({ id, name }) => ({ id, name })),
});

/** The rooms in the order of their creation. */
export const listedRooms = (state: State): ReadonlyArray<ListedRoom> =>
  roomsInOrder(state).filter(isListed).map(listed);

/** Cached texts of immutable objects: a room is written again only when it is another object. A cache changes no result. */
const roomTexts = new WeakMap<Room, string>();
const lists = new WeakMap<State["shared"]["rooms"], WrittenList>();

const remembered = <K extends object, V>(known: WeakMap<K, V>, key: K, write: (key: K) => V): V => {
  const found = known.get(key);
  if (found !== undefined) return found;
  const written = write(key);
  known.set(key, written);
  return written;
};

const textOf = (room: Room): string => remembered(roomTexts, room, (it) => JSON.stringify(listed(it)));

export interface WrittenList {
  /** A JSON array of at most `listCharsMax` characters. */
  readonly text: string;
  /** How many rooms there are, with those that it leaves out. */
  readonly total: number;
  /** How many it leaves out: those without participants first, then the others, of each the newest first. */
  readonly omitted: number;
}

const arrayOf = (rooms: ReadonlyArray<Room>): string => `[${rooms.map(textOf).join(",")}]`;

/** The listed rooms. Costs something for each room that has changed since it was last asked for, and little for others. */
export const writtenList = (state: State): WrittenList =>
  remembered(lists, state.shared.rooms, () => {
    const rooms = roomsInOrder(state).filter(isListed);
    const [total, whole] = [rooms.length, arrayOf(rooms)];
    const excess = whole.length - state.shared.settings.limits.listCharsMax;
    if (excess <= 0) return { text: whole, total, omitted: 0 };
    const shown = without(rooms, excess);
    return { text: arrayOf(shown), total, omitted: total - shown.length };
  });

/** Rooms without so many characters or more: whoever comes later hides no call that goes on. */
const without = (rooms: ReadonlyArray<Room>, excess: number): ReadonlyArray<Room> => {
  const isEmpty = ({ participants }: Room): boolean => participants.size === 0;
  const firstToGo = [...rooms.filter((room) => !isEmpty(room)), ...rooms.filter(isEmpty)].reverse();
  const omitted = new Set<Room>();
  let left = excess;
  for (const room of firstToGo) {
    if (left <= 0) break;
    // With its comma.
    left -= textOf(room).length + 1;
    omitted.add(room);
  }
  return rooms.filter((room) => !omitted.has(room));
};

const roomList = (state: State, at: Millis): string => {
  const { text, omitted } = writtenList(state);
  const told = omitted === 0 ? "" : `"omitted":${omitted},`;
  return `{"type":"server-room-list","channel":"${roomsChannel}","rooms":${text},${told}"timestamp":"${iso(at)}"}`;
};

type SeedRequest = "SubscribeRequested" | "CreateRequested" | "JoinRequested" | "LeaveRequested";

/** What the seed's clients call a request; those that they cannot make have no name. */
const typeOf: Readonly<Partial<Record<RefusedRequest, string>>> & { readonly [K in SeedRequest]: string } = {
  SubscribeRequested: "subscribe",
  CreateRequested: "room-created",
  JoinRequested: "user-joined-room",
  LeaveRequested: "user-left-room",
};

/** What the seed's clients call an event that they ask for; undefined for one that has no name of its own. */
export const requestTypeOf = (kind: Event["kind"]): string | undefined =>
  Object.hasOwn(typeOf, kind) ? typeOf[kind as RefusedRequest] : undefined;

/** What the seed's clients call the refused message; undefined where it has no name. */
export const refusedTypeOf = ({ about, request }: Refusal): string | undefined => about ?? (request && typeOf[request]);

/** Members that are undefined are left out when they are written. */
const errorMembers = (refusal: Refusal): object => {
  const { code, message, path } = refusal;
  return { code, about: refusedTypeOf(refusal), path, message };
};

export const refused = (refusal: Refusal, at: Millis): string =>
  JSON.stringify({ type: "error", ...errorMembers(refusal), timestamp: iso(at) });

/** A relay of this dialect leaves as it came. One of another dialect becomes a message of this one. */
type Foreign = Extract<ServerMessage, { readonly kind: "Relay" | "JoinRelay" | "LeaveRelay" }>;

const relayed = (message: Foreign, bodyOf: BodyOf): string => {
  switch (message.kind) {
    case "Relay": {
      const { channel, type, from, to } = message;
      const body = bodyOf(message);
      const users = {
        ...(from === undefined ? {} : { fromUserId: from }),
        ...(to === undefined ? {} : { toUserId: to }),
      };
      return JSON.stringify({ type, channel: channelNameOf(channel), data: { ...asRecord(body), ...users } });
    }
    case "JoinRelay": {
      const { roomId, userId, userName } = message;
      return JSON.stringify({ type: typeOf.JoinRequested, channel: roomsChannel, data: { roomId, userId, userName } });
    }
    case "LeaveRelay": {
      const { roomId, userId } = message;
      return JSON.stringify({ type: typeOf.LeaveRequested, channel: roomsChannel, data: { roomId, userId } });
    }
  }
};

/** A signal of another dialect, as dashboards expect it. */
const signalRelay = (message: Extract<ServerMessage, { readonly kind: "SignalRelay" }>): string => {
  const { channel, room, from, to, signal, negotiation, text } = message;
  const { type, member } = signalTypes[signal];
  const frame = {
    type,
    channel: channelNameOf(channel),
    data: { roomId: room, fromUserId: from, toUserId: to, negotiation },
  };
  const head = JSON.stringify(frame);
  return member === undefined || text === "" ? head : `${head.slice(0, -2)},"${member}":${text}}}`;
};

const asRecord = (body: unknown): object => (typeof body === "object" && body !== null ? body : { body });

export const encode = (
  state: State,
  message: ServerMessage,
  { bodyOf }: Pick<Beside, "bodyOf">,
): string | undefined => {
  switch (message.kind) {
    case "Relay":
    case "JoinRelay":
    case "LeaveRelay":
      return message.dialect === seedName ? message.text : relayed(message, bodyOf);
    case "ClientCount":
      return JSON.stringify({ type: "client_count", count: clientCount(state), timestamp: iso(message.at) });
    case "RoomList":
      return roomList(state, message.at);
    case "Pong":
      return JSON.stringify({ type: "pong", timestamp: iso(message.at) });
    case "Echo":
      return JSON.stringify({ type: "echo", original: message.original, timestamp: iso(message.at) });
    case "Error":
      return refused(message.refusal, message.at);
    case "SignalRelay":
      return signalRelay(message);
    case "Welcome":
    case "Personal":
    case "RosterChanged":
    case "Knocked":
    case "KnockEnded":
    case "DirectoryChanged":
      return undefined;
  }
};
