import type {
  Arrival,
  Beside,
  BodyOf,
  Decoder,
  Dialect,
  FrameEvent,
  Limits,
  ServerMessage,
  State,
} from "../../core/index.js";
import { type DialectName, directoryChannel, listedRooms } from "../../core/index.js";

/*
 * A second dialect, as small as it can be, with other type and member names than the seed's. It shows that nothing outside a dialect
 * knows the wire. `t` is the type; rooms have a `key` and a `title`, and people are `who` and `called`.
 */

type Members = Readonly<Record<string, unknown>>;

const isMembers = (u: unknown): u is Members => typeof u === "object" && u !== null && !Array.isArray(u);

const channelOf = (on: string) => (on === "directory" ? directoryChannel : on) as typeof directoryChannel;
const nameOf = (channel: string): string => (channel === directoryChannel ? "directory" : channel);

const depthOf = (value: unknown): number =>
  typeof value === "object" && value !== null ? 1 + Math.max(0, ...Object.values(value).map(depthOf)) : 0;

const decoder = (limits: Limits): Decoder => {
  const refuse = (arrival: Arrival, message: string, more: object = {}): FrameEvent => ({
    kind: "FrameRefused",
    ...arrival,
    refusal: { code: "invalid-message", message, ...more },
  });

  /** The first member that is missing, no text, or too long. */
  const wrongMember = (frame: Members, needed: ReadonlyArray<string>, max: Readonly<Record<string, number>>) =>
    needed.find((name) => typeof frame[name] !== "string" || frame[name] === "") ??
    Object.keys(max).find((name) => frame[name] !== undefined && String(frame[name]).length > (max[name] ?? 0));

  const read = (arrival: Arrival, frame: Members, text: string): FrameEvent => {
    const { idCharsMax: id, nameCharsMax: name, descriptionCharsMax: description } = limits;
    const needed: Readonly<Record<string, ReadonlyArray<string>>> = {
      sub: ["on"],
      unsub: ["on"],
      open: ["key", "title"],
      enter: ["key", "who", "called"],
      exit: ["key", "who"],
    };
    const type = frame.t;
    if (typeof type !== "string") return refuse(arrival, "t must be a string", { path: "t" });
    const max = { on: id, key: id, who: id, owner: id, title: name, called: name, ownerName: name, about: description };
    const wrong = wrongMember(frame, needed[type] ?? [], max);
    if (wrong !== undefined) return refuse(arrival, `${wrong} is wrong`, { about: type, path: wrong });
    const m = frame as Readonly<Record<string, never>>;
    switch (type) {
      case "sub":
        return { kind: "SubscribeRequested", ...arrival, channel: channelOf(m.on ?? "") };
      case "unsub":
        return { kind: "UnsubscribeRequested", ...arrival, channel: channelOf(m.on ?? "") };
      case "hi":
        return { kind: "PingReceived", ...arrival };
      case "rooms?":
        return { kind: "RoomListRequested", ...arrival };
      case "open": {
        const { key, title, owner, ownerName, about } = m as never as Readonly<Record<string, undefined>>;
        const optional = Object.entries({ hostId: owner, host: ownerName, description: about });
        const given = Object.fromEntries(optional.filter(([, value]) => value !== undefined));
        return { kind: "CreateRequested", ...arrival, room: { id: key as never, name: title as never, ...given } };
      }
      case "enter":
        return { kind: "JoinRequested", ...arrival, ...ids(m), userName: m.called ?? "", text };
      case "exit":
        return { kind: "LeaveRequested", ...arrival, ...ids(m), text };
    }
    if (m.on === undefined)
      return {
        kind: "FrameRefused",
        ...arrival,
        refusal: { code: "no-channel", message: "on is missing", about: m.what ?? type },
      };
    const from = m.by === undefined ? {} : { from: m.by };
    const to = m.for === undefined ? {} : { to: m.for };
    return {
      kind: "PublishRequested",
      ...arrival,
      channel: channelOf(m.on),
      type: m.what ?? type,
      ...from,
      ...to,
      text,
    };
  };

  return {
    text: (arrival, text) => {
      let frame: unknown;
      try {
        frame = JSON.parse(text);
      } catch {
        return { kind: "TextReceived", ...arrival, text };
      }
      if (!isMembers(frame)) return refuse(arrival, "a frame is a JSON object");
      if (depthOf(frame) > limits.jsonDepthMax) return refuse(arrival, "nested too deep");
      return read(arrival, frame, text);
    },
    binary: (arrival) => ({
      kind: "FrameRefused",
      ...arrival,
      refusal: { code: "binary-unsupported", message: "a frame is text" },
    }),
  };
};

const ids = (m: Readonly<Record<string, never>>) => ({ roomId: m.key as never, userId: m.who as never });

const body = (text: string): unknown => JSON.parse(text).load;

const requests: Readonly<Record<string, string>> = {
  SubscribeRequested: "sub",
  CreateRequested: "open",
  JoinRequested: "enter",
  LeaveRequested: "exit",
};

const encode = (state: State, message: ServerMessage, { bodyOf }: Beside): string | undefined => {
  if ("dialect" in message && message.dialect === tiny.name) return said(message.text);
  return JSON.stringify(written(state, message, bodyOf));
};

/** A relay among clients of this dialect is the sender's frame. */
const said = (text: string): string => text;

const written = (state: State, message: ServerMessage, bodyOf: BodyOf): object | undefined => {
  switch (message.kind) {
    case "ClientCount":
      return { t: "count", n: state.local.clients.size, at: message.at };
    case "RoomList":
      return { t: "rooms", at: message.at, list: listedRooms(state).map(room) };
    case "Pong":
      return { t: "ho", at: message.at };
    case "Echo":
      return { t: "huh", text: message.original, at: message.at };
    case "Error": {
      const { code, message: sentence, about, request, path } = message.refusal;
      return { t: "no", why: code, what: about ?? requests[request ?? ""], where: path, sentence, at: message.at };
    }
    case "Relay": {
      const { type, channel, from, to } = message;
      return { t: "say", what: type, on: nameOf(channel), by: from, for: to, load: bodyOf(message) };
    }
    case "JoinRelay":
      return { t: "enter", key: message.roomId, who: message.userId, called: message.userName };
    case "LeaveRelay":
      return { t: "exit", key: message.roomId, who: message.userId };
    default:
      return undefined;
  }
};

const room = ({
  id,
  name,
  description,
  host,
  hostId,
  createdAt,
  participants,
}: ReturnType<typeof listedRooms>[number]) => ({
  key: id,
  title: name,
  about: description,
  ownerName: host,
  owner: hostId,
  since: createdAt,
  people: participants.map((one) => ({ who: one.id, called: one.name })),
});

export const tiny: Dialect = { name: "tiny" as DialectName, beginsWithHello: false, decoder, encode, body };
