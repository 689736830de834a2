import { type Dialect, seed } from "../../core/index.js";
import { tiny } from "./tiny-dialect.js";

/** How a test speaks a dialect: it says and hears the seed's messages, and these are translated on the way. */
export interface Speech {
  readonly dialect: Dialect;
  readonly say: (message: object) => object;
  readonly hear: (message: Members) => Members;
}

type Members = Readonly<Record<string, unknown>>;

const roomsChannel = "webrtc-dashboard-rooms";
const onTheWire = (channel: unknown): unknown => (channel === roomsChannel ? "directory" : channel);
const inTheTest = (channel: unknown): unknown => (channel === "directory" ? roomsChannel : channel);

/** Without the members that are undefined. */
const defined = (members: Members): Members =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));

const sayTiny = (message: object): object => {
  const { type, channel, data } = message as Members;
  const m = (data ?? message) as Members;
  const { fromUserId, toUserId, ...load } = (data ?? {}) as Members;
  switch (type) {
    case "subscribe":
      return { t: "sub", on: onTheWire(channel) };
    case "unsubscribe":
      return { t: "unsub", on: onTheWire(channel) };
    case "ping":
      return { t: "hi" };
    case "room-list-request":
      return { t: "rooms?" };
    case "room-created":
      return { t: "open", key: m.id, title: m.name, about: m.description, owner: m.hostId, ownerName: m.host };
    case "user-joined-room":
      return { t: "enter", key: m.roomId, who: m.userId, called: m.userName };
    case "user-left-room":
      return { t: "exit", key: m.roomId, who: m.userId };
  }
  if (typeof type !== "string") return { t: type };
  return { t: "say", what: type, on: onTheWire(channel), by: fromUserId, for: toUserId, load: data && load };
};

const types: Readonly<Record<string, string>> = {
  sub: "subscribe",
  open: "room-created",
  enter: "user-joined-room",
  exit: "user-left-room",
};
const paths: Readonly<Record<string, string>> = { t: "type", title: "data.name", key: "data.id" };

const hearTiny = (message: Members): Members => {
  const timestamp = typeof message.at === "number" ? new Date(message.at).toISOString() : undefined;
  const m = message as Readonly<Record<string, string | undefined>>;
  switch (message.t) {
    case "count":
      return { type: "client_count", count: message.n, timestamp };
    case "rooms":
      return {
        type: "server-room-list",
        channel: roomsChannel,
        rooms: (message.list as ReadonlyArray<Members>).map(listed),
        timestamp,
      };
    case "ho":
      return { type: "pong", timestamp };
    case "huh":
      return { type: "echo", original: message.text, timestamp };
    case "no":
      return defined({
        type: "error",
        code: m.why,
        about: types[m.what ?? ""] ?? m.what,
        path: paths[m.where ?? ""] ?? m.where,
        message: m.sentence,
        timestamp,
      });
    case "enter":
    case "exit":
      return { type: types[message.t], data: { roomId: m.key, userId: m.who, userName: m.called } };
    default: {
      const users = defined({ fromUserId: m.by, toUserId: m.for });
      const data = { ...users, ...(message.load as Members | undefined) };
      const hasBody = message.load !== undefined || Object.keys(users).length > 0;
      return { type: m.what, channel: inTheTest(m.on), ...(hasBody ? { data } : {}) };
    }
  }
};

const listed = ({ key, title, about, owner, ownerName, since, people }: Members): Members => {
  const participants = (people as ReadonlyArray<Members>).map(({ who, called }) => ({ id: who, name: called }));
  const host = defined({ host: ownerName, hostId: owner });
  const room = { id: key, name: title, description: about, createdAt: since };
  return { ...room, ...host, participantCount: participants.length, participants };
};

export const seedSpeech: Speech = { dialect: seed, say: (message) => message, hear: (message) => message };
export const tinySpeech: Speech = { dialect: tiny, say: sayTiny, hear: hearTiny };
