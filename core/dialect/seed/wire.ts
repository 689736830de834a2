import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as Json from "fp-ts/lib/Json.js";
import * as O from "fp-ts/lib/Option.js";
import * as t from "io-ts";
import type { ChannelName, ClientId, Millis, RoomId, UserId } from "../../base/id.js";
import * as Id from "../../base/id.js";
import type { Limits } from "../../base/limits.js";
import { iso } from "../../base/time.js";
import type { FrameEvent, RoomDescription } from "../../event.js";
import type { Refusal, ServerMessage } from "../../message.js";
import { participantsInOrder, type Room, roomsInOrder, type State } from "../../state.js";

/** What the socket knows about a frame before anybody has read it. */
export interface Arrival {
  readonly at: Millis;
  readonly client: ClientId;
}

/** Every frame is exactly one event; what cannot be read becomes `FrameRefused`. Neither function throws. */
export interface Decoder {
  /**
   * Refused, in this order: `invalid-message` (depth, not an object, `type`, `channel`, `data`, then the members in the order of
   * PROTOCOL's table), `no-channel`. What is not JSON is no fault: it is echoed.
   */
  readonly text: (arrival: Arrival, frame: string) => FrameEvent;
  readonly binary: (arrival: Arrival) => FrameEvent;
}

/** The four types that are handled on the rooms channel, or on none; on any other channel they are ordinary messages. */
const roomTypes: ReadonlySet<string> = new Set([
  "room-created",
  "user-joined-room",
  "user-left-room",
  "room-list-request",
]);

interface Envelope {
  readonly type: string;
  readonly channel?: ChannelName;
}

/** Reads frames within the given limits. The size of a frame is capped before, by the socket. */
export const decoder = (limits: Limits): Decoder => {
  const channelName = Id.text<ChannelName>(1, limits.idCharsMax);
  const roomId = Id.text<RoomId>(1, limits.idCharsMax);
  const userId = Id.text<UserId>(1, limits.idCharsMax);
  const name = Id.text<string>(1, limits.nameCharsMax);
  const description = Id.text<string>(0, limits.descriptionCharsMax);

  const envelope: t.Type<Envelope, unknown, unknown> = t.intersection([
    t.type({ type: aString }),
    t.partial({ channel: channelName }),
  ]);
  const subscription = t.strict({ channel: channelName });
  const creation: t.Type<RoomDescription, unknown, unknown> = t.exact(
    t.intersection([t.type({ id: roomId, name }), t.partial({ host: name, hostId: userId, description })]),
  );
  const joining = t.strict({ roomId, userId, userName: name });
  const leaving = t.strict({ roomId, userId });

  const text = (arrival: Arrival, frame: string): FrameEvent => {
    const parsed = Json.parse(frame);
    if (E.isLeft(parsed)) return { kind: "TextReceived", ...arrival, text: frame };
    const message = present(parsed.right);
    if (isDeeper(frame, limits.jsonDepthMax))
      return refused(arrival, { code: "invalid-message", message: `nested deeper than ${limits.jsonDepthMax} levels` });
    if (!t.UnknownRecord.is(message))
      return refused(arrival, { code: "invalid-message", message: "a message must be a JSON object" });

    const read = <A>(part: Part, codec: t.Type<A, unknown, unknown>, then: (a: A) => FrameEvent): FrameEvent =>
      pipe(
        codec.decode(part.value),
        E.match((errors) => refused(arrival, invalidMember(message, part, errors)), then),
      );
    const whole: Part = { path: [], value: message };
    const body: Part = "data" in message ? { path: ["data"], value: present(message.data) } : whole;

    return read(whole, envelope, ({ type, channel }) => {
      const isOrdinary = roomTypes.has(type) && channel !== undefined && channel !== Id.roomsChannel;
      switch (isOrdinary ? undefined : type) {
        case "subscribe":
          return read(whole, subscription, (to) => ({ kind: "SubscribeRequested", ...arrival, ...to }));
        case "unsubscribe":
          return read(whole, subscription, (from) => ({ kind: "UnsubscribeRequested", ...arrival, ...from }));
        case "ping":
          return { kind: "PingReceived", ...arrival };
        case "room-created":
          return read(body, creation, (room) => ({ kind: "CreateRequested", ...arrival, room }));
        case "user-joined-room":
          return read(body, joining, (who) => ({ kind: "JoinRequested", ...arrival, ...who, text: frame }));
        case "user-left-room":
          return read(body, leaving, (who) => ({ kind: "LeaveRequested", ...arrival, ...who, text: frame }));
        case "room-list-request":
          return { kind: "RoomListRequested", ...arrival };
      }
      if (channel === undefined)
        return refused(arrival, {
          code: "no-channel",
          ...about(type),
          message: "a message that is not for the server needs a channel to be relayed on",
        });
      const from = named(body, "fromUserId", userId);
      const to = named(body, "toUserId", userId);
      return { kind: "PublishRequested", ...arrival, channel, type, ...from, ...to, text: frame };
    });
  };

  const binary = (arrival: Arrival): FrameEvent =>
    refused(arrival, { code: "binary-unsupported", message: "a message must be a text frame" });

  return { text, binary };
};

/** Members that are null count as missing: that is how the seed's clients, and its server, say "none". */
const present = (value: unknown): unknown =>
  t.UnknownRecord.is(value) && Object.values(value).includes(null)
    ? Object.fromEntries(Object.entries(value).filter(([, member]) => member !== null))
    : value;

/** A part of a message, and where in it that part is. */
interface Part {
  readonly path: ReadonlyArray<string>;
  readonly value: unknown;
}

const aString = new t.Type<string, string, unknown>("a string", t.string.is, t.string.validate, t.identity);

const refused = (arrival: Arrival, refusal: Refusal): FrameEvent => ({ kind: "FrameRefused", ...arrival, refusal });

/** The refused type, unless it is too long to be worth sending back. */
const about = (type: unknown): Pick<Refusal, "about"> =>
  typeof type === "string" && type.length <= 128 ? { about: type } : {};

/** The first member that is wrong: where it is, and what it must be. io-ts's own report is never shown. */
const invalidMember = (message: { readonly type?: unknown }, part: Part, errors: t.Errors): Refusal => {
  const context = errors.slice(0, 1).flatMap((first) => first.context);
  // An intersection counts its parts as "0" and "1"; no member that is read here has such a name.
  const members = context.filter(({ key }) => !/^\d*$/.test(key));
  const path = [...part.path, ...members.map(({ key }) => key)].join(".");
  const wrong = context.at(-1);
  const expected = members.length === 0 ? "a JSON object" : wrong?.type.name;
  const verb = wrong?.actual === undefined ? "is missing: it must be" : "must be";
  return { code: "invalid-message", ...about(message.type), path, message: `${path} ${verb} ${expected}` };
};

/** A relay is free to carry anything: a member that is not a user id names nobody. */
const named = (body: Part, member: "fromUserId" | "toUserId", userId: t.Type<UserId, string, unknown>) => {
  const value = t.UnknownRecord.is(body.value) ? body.value[member] : undefined;
  if (!userId.is(value)) return {};
  return member === "fromUserId" ? { from: value } : { to: value };
};

/** Whether valid JSON nests deeper than `max`: a scan that never recurses. */
const isDeeper = (json: string, max: number): boolean => {
  let depth = 0;
  let inString = false;
  for (let i = 0; i < json.length; i++) {
    const char = json[i];
    if (char === '"') inString = !inString;
    else if (char === "\\") i++;
    else if (inString) continue;
    else if (char === "{" || char === "[") {
      depth++;
      if (depth > max) return true;
    } else if (char === "}" || char === "]") depth--;
  }
  return false;
};

/** A room as clients see it (PROTOCOL, "Server → client"). `host` and `hostId` are absent while nobody knows them. */
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
export const listedRooms = (state: State): ReadonlyArray<ListedRoom> => roomsInOrder(state).map(listed);

/**
 * Texts of things that never change, as long as they are there: a room is written anew only when it is another object. Nobody can tell
 * a remembered text from one that is written again, but by the time it takes.
 */
const roomTexts = new WeakMap<Room, string>();
const listTexts = new WeakMap<State["rooms"], string>();

const remembered = <K extends object>(texts: WeakMap<K, string>, key: K, write: (key: K) => string): string => {
  const known = texts.get(key);
  if (known !== undefined) return known;
  const text = write(key);
  texts.set(key, text);
  return text;
};

const roomText = (room: Room): string => JSON.stringify(listed(room));

const listText = (state: State): string =>
  remembered(listTexts, state.rooms, () => {
    const rooms = roomsInOrder(state).map((room) => remembered(roomTexts, room, roomText));
    return `{"type":"server-room-list","channel":"${Id.roomsChannel}","rooms":[${rooms.join(",")}]`;
  });

/** A message as the text of its frame. A state message shows the state given here, whenever it was ordered. */
export const encode = (state: State, message: ServerMessage): string => {
  switch (message.kind) {
    case "Relay":
      return message.text;
    case "ClientCount":
      return JSON.stringify({ type: "client_count", count: state.clients.size, timestamp: iso(message.at) });
    case "RoomList":
      return `${listText(state)},"timestamp":"${iso(message.at)}"}`;
    case "Pong":
      return JSON.stringify({ type: "pong", timestamp: iso(message.at) });
    case "Echo":
      return JSON.stringify({ type: "echo", original: message.original, timestamp: iso(message.at) });
    case "Error":
      return JSON.stringify({ type: "error", ...message.refusal, timestamp: iso(message.at) });
  }
};
