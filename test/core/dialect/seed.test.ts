import { describe, expect, onTestFinished, test, vi } from "vitest";
import {
  type ChannelName,
  type ClientId,
  type DialectName,
  defaultLimits,
  directoryChannel,
  type Event,
  encodeAmong,
  type FrameEvent,
  initial,
  type Millis,
  type RoomId,
  reduce,
  requestTypeOf,
  type ServerMessage,
  type SessionId,
  seed,
  type UserId,
} from "../../../core/index.js";
import { a, b, connected, created, given, joined, start, subscribed } from "../../support/story.js";
import { eventIn, wordsAmong } from "../../support/world.js";

const arrival = { at: 1_000 as Millis, client: 7 as ClientId };
const wire = seed.decoder(defaultLimits);
const encodeAny = encodeAmong([seed]);
const read = (message: unknown): FrameEvent =>
  eventIn(wire, arrival, typeof message === "string" ? message : JSON.stringify(message));
const refusal = (message: unknown): unknown => {
  const event = read(message);
  return event.kind === "FrameRefused" ? event.refusal : event.kind;
};
const rooms = "webrtc-dashboard-rooms";
const text128 = "a string of 1 to 128 characters, without control characters";

describe("a frame becomes one event", () => {
  test.each([
    [
      { type: "subscribe", channel: "c" },
      { kind: "SubscribeRequested", channel: "c" },
    ],
    [
      { type: "subscribe", channel: rooms },
      { kind: "SubscribeRequested", channel: directoryChannel },
    ],
    [
      { type: "unsubscribe", channel: "c" },
      { kind: "UnsubscribeRequested", channel: "c" },
    ],
    [{ type: "ping" }, { kind: "PingReceived" }],
    [{ type: "ping", channel: "c", data: [] }, { kind: "PingReceived" }],
    [{ type: "room-list-request" }, { kind: "RoomListRequested" }],
    [{ type: "room-list-request", channel: rooms, data: {} }, { kind: "RoomListRequested" }],
    [
      { type: "room-created", data: { id: "r", name: "R", status: "active" }, timestamp: 1, sender: "tab" },
      { kind: "CreateRequested", room: { id: "r", name: "R" } },
    ],
    [
      { type: "room-created", id: "r", name: "R", host: "H", hostId: "h", description: "", channel: rooms },
      { kind: "CreateRequested", room: { id: "r", name: "R", host: "H", hostId: "h", description: "" } },
    ],
  ])("%j", (message, event) => {
    expect(read(message)).toEqual({ ...arrival, ...event });
  });

  test.each(["user-joined-room", "user-left-room"])("%s keeps its text, to be passed on", (type) => {
    const text = JSON.stringify({ type, data: { roomId: "r", userId: "u", userName: "U", more: 1 } });
    const who = type === "user-joined-room" ? { userName: "U" } : {};
    const kind = type === "user-joined-room" ? "JoinRequested" : "LeaveRequested";
    expect(read(text)).toEqual({ ...arrival, kind, roomId: "r", userId: "u", ...who, text });
  });

  test.each(["room-created", "user-joined-room", "user-left-room", "room-list-request"])(
    "%s on another channel is an ordinary message",
    (type) => {
      expect(read({ type, channel: "c", data: 1 })).toMatchObject({ kind: "PublishRequested", channel: "c", type });
    },
  );

  test("a relay keeps the very text, and names who it is from and for", () => {
    const text = '{ "type":"webrtc-offer",  "channel":"c","data":{"fromUserId":"a","toUserId":"b"} }';
    expect(read(text)).toEqual({
      ...arrival,
      kind: "PublishRequested",
      channel: "c",
      type: "webrtc-offer",
      from: "a",
      to: "b",
      text,
    });
    const plain = '{"type":"x","channel":"c","toUserId":"b"}';
    expect(read(plain)).toEqual({
      ...arrival,
      kind: "PublishRequested",
      channel: "c",
      type: "x",
      to: "b",
      text: plain,
    });
  });

  test.each([{ toUserId: 7 }, { toUserId: "" }, { toUserId: "b".repeat(129) }, { toUserId: null }, [], "b", null])(
    "a relay with the body %j is for nobody in particular",
    (data) => {
      expect(read({ type: "x", channel: "c", data })).not.toHaveProperty("to");
    },
  );

  test("what stands beside data is not its body", () => {
    expect(read({ type: "x", channel: "c", data: {}, toUserId: "b" })).not.toHaveProperty("to");
  });

  test.each(["", "hello", "{", '{"type":"ping"', "[".repeat(60_000)])("text that is not JSON is text: %s", (text) => {
    expect(read(text)).toEqual({ ...arrival, kind: "TextReceived", text });
  });
});

describe("null is how the seed's clients say none", () => {
  test.each([
    [{ type: "ping", channel: null }, { kind: "PingReceived" }],
    [{ type: "room-list-request", channel: null, data: null }, { kind: "RoomListRequested" }],
    [
      { type: "room-created", data: { id: "r", name: "R", host: null, hostId: null, description: null } },
      { kind: "CreateRequested", room: { id: "r", name: "R" } },
    ],
    [
      { type: "room-created", data: null, id: "r", name: "R" },
      { kind: "CreateRequested", room: { id: "r", name: "R" } },
    ],
  ])("%j", (message, event) => {
    expect(read(message)).toEqual({ ...arrival, ...event });
  });

  test("and no value of what must be there", () => {
    expect(refusal({ type: "subscribe", channel: null })).toMatchObject({ path: "channel" });
    expect(refusal({ type: "room-created", data: { id: null, name: "R" } })).toMatchObject({ path: "data.id" });
  });
});

describe("refusals, in their order", () => {
  test.each([
    ["null", { code: "invalid-message", message: "a message must be a JSON object" }],
    ["[]", { code: "invalid-message", message: "a message must be a JSON object" }],
    ['"ping"', { code: "invalid-message", message: "a message must be a JSON object" }],
    [
      { type: "pong", channel: "c" },
      {
        code: "invalid-message",
        about: "pong",
        path: "type",
        message: "type must not be pong: only the server sends it",
      },
    ],
    [{}, { code: "invalid-message", path: "type", message: "type is missing: it must be a string" }],
    [
      { type: 5, channel: 5 },
      { code: "invalid-message", path: "type", message: "type must be a string" },
    ],
    [
      { type: "x", channel: 5 },
      { code: "invalid-message", about: "x", path: "channel", message: `channel must be ${text128}` },
    ],
    [
      { type: "ping", channel: "" },
      { code: "invalid-message", about: "ping", path: "channel", message: `channel must be ${text128}` },
    ],
    [
      { type: "subscribe" },
      {
        code: "invalid-message",
        about: "subscribe",
        path: "channel",
        message: `channel is missing: it must be ${text128}`,
      },
    ],
    [
      { type: "x" },
      {
        code: "no-channel",
        about: "x",
        message: "the message needs a channel to be relayed on",
      },
    ],
    [
      { type: "room-created", data: 7 },
      { code: "invalid-message", about: "room-created", path: "data", message: "data must be a JSON object" },
    ],
    [
      { type: "room-created", data: {} },
      {
        code: "invalid-message",
        about: "room-created",
        path: "data.id",
        message: `data.id is missing: it must be ${text128}`,
      },
    ],
    [
      { type: "room-created", id: 1, name: 1 },
      { code: "invalid-message", about: "room-created", path: "id", message: `id must be ${text128}` },
    ],
    [
      { type: "room-created", data: { id: "r", name: "R", hostId: 7 } },
      {
        code: "invalid-message",
        about: "room-created",
        path: "data.hostId",
        message: `data.hostId must be ${text128}`,
      },
    ],
    [
      { type: "user-joined-room", data: { roomId: "r", userId: "u" } },
      {
        code: "invalid-message",
        about: "user-joined-room",
        path: "data.userName",
        message:
          "data.userName is missing: it must be a string of 1 to 128 characters, not only spaces, without control characters",
      },
    ],
    [
      { type: "user-left-room", data: { roomId: "r" } },
      {
        code: "invalid-message",
        about: "user-left-room",
        path: "data.userId",
        message: `data.userId is missing: it must be ${text128}`,
      },
    ],
  ])("%j", (message, expected) => {
    expect(refusal(message)).toEqual(expected);
  });

  test("binary", () => {
    expect(wire.binary(arrival)).toEqual({
      ...arrival,
      kind: "FrameRefused",
      refusal: { code: "binary-unsupported", message: "a message must be a text frame" },
    });
  });

  test("a type too long to be sent back is left out", () => {
    expect(refusal({ type: "x".repeat(129) })).not.toHaveProperty("about");
    expect(refusal({ type: "x".repeat(128) })).toMatchObject({ about: "x".repeat(128) });
  });
});

test.each([
  { type: "room-created", data: { id: "r", name: "   " } },
  { type: "room-created", data: { id: "r", name: "R", host: "\u2003" } },
  { type: "user-joined-room", data: { roomId: "r", userId: "u", userName: " \u00a0" } },
])("a name of nothing but spaces is refused: %j", (message) => {
  expect(refusal(message)).toMatchObject({
    code: "invalid-message",
    message: expect.stringContaining("not only spaces"),
  });
});

describe("bounds, at the limit and one past it", () => {
  const nested = (levels: number): string =>
    `{"type":"x","channel":"c","data":${"[".repeat(levels - 1)}${"]".repeat(levels - 1)}}`;

  test("depth 32", () => {
    expect(refusal(nested(32))).toBe("PublishRequested");
    expect(refusal(nested(33))).toEqual({
      code: "invalid-message",
      message: "the message must not be nested deeper than 32 levels",
    });
    expect(refusal("[".repeat(30_000) + "]".repeat(30_000))).toMatchObject({
      message: "the message must not be nested deeper than 32 levels",
    });
  });

  test("brackets within strings are not depth, and neither are siblings", () => {
    expect(refusal({ type: "x", channel: "c", data: `${"[{".repeat(99)}\\"${"[".repeat(99)}` })).toBe(
      "PublishRequested",
    );
    expect(refusal({ type: "x", channel: "c", data: Array.from({ length: 99 }, () => [{}]) })).toBe("PublishRequested");
  });

  const join = (members: object): object => ({
    type: "user-joined-room",
    data: { roomId: "r", userId: "u", userName: "U", ...members },
  });
  const create = (members: object): object => ({ type: "room-created", data: { id: "r", name: "R", ...members } });

  test.each([
    ["channel", 128, (channel: string) => ({ type: "subscribe", channel })],
    ["data.roomId", 128, (roomId: string) => join({ roomId })],
    ["data.userId", 128, (userId: string) => join({ userId })],
    ["data.userName", 128, (userName: string) => join({ userName })],
    ["data.id", 128, (id: string) => create({ id })],
    ["data.name", 128, (name: string) => create({ name })],
    ["data.host", 128, (host: string) => create({ host })],
    ["data.hostId", 128, (hostId: string) => create({ hostId })],
    ["data.description", 1_024, (description: string) => create({ description })],
  ])("%s: %i characters, counted as code points", (path, max, message) => {
    for (const char of ["x", "é", "😀"]) {
      expect(read(message(char.repeat(max))).kind).not.toBe("FrameRefused");
      expect(refusal(message(char.repeat(max + 1)))).toMatchObject({ code: "invalid-message", path });
    }
    expect(read(message("")).kind === "FrameRefused").toBe(path !== "data.description");
  });

  test.each(["\u0000", "\n", "\u007f", "\u0085", "\ud800", "a\udc00"])(
    "no control characters and no lone surrogates: %j",
    (text) => {
      expect(refusal(create({ name: text }))).toMatchObject({ code: "invalid-message", path: "data.name" });
      expect(refusal(create({ description: text }))).toMatchObject({ path: "data.description" });
    },
  );
});

const encode = wordsAmong([seed]);

test("state messages show the state they are encoded with, and the time they were ordered at", () => {
  expect(encode(seed, initial, { kind: "ClientCount", at: 1_000 as Millis })).toBe(
    '{"type":"client_count","count":0,"timestamp":"1970-01-01T00:00:01.000Z"}',
  );
  expect(encode(seed, initial, { kind: "RoomList", at: 1_000 as Millis })).toBe(
    '{"type":"server-room-list","channel":"webrtc-dashboard-rooms","rooms":[],"timestamp":"1970-01-01T00:00:01.000Z"}',
  );
});

test("what the seed's clients call a request; what is no request has no name", () => {
  expect(requestTypeOf("JoinRequested")).toBe("user-joined-room");
  expect(requestTypeOf("ClockTicked")).toBeUndefined();
});

describe("what clients of another dialect wrote becomes a message of this one", () => {
  const other = "other" as DialectName;
  const encodeBoth = wordsAmong([seed, { ...seed, name: other, body: (frame) => JSON.parse(frame) }]);
  const relay = { kind: "Relay", channel: "c" as ChannelName, type: "x", dialect: other } as const;
  const sent = (message: ServerMessage): unknown => JSON.parse(encodeBoth(seed, initial, message));

  test("a relay, with the members of its body and the users that the core knows", () => {
    const [from, to] = ["ann", "bob"] as ReadonlyArray<string> as readonly [UserId, UserId];
    const text = '{"n":1,"fromUserId":"eve"}';
    expect(sent({ ...relay, text, from, to })).toEqual({
      type: "x",
      channel: "c",
      data: { n: 1, fromUserId: "ann", toUserId: "bob" },
    });
    expect(sent({ ...relay, text: '{"n":1}' })).toEqual({ type: "x", channel: "c", data: { n: 1 } });
    expect(sent({ ...relay, text: '{"fromUserId":7,"toUserId":8}' })).toMatchObject({
      data: { fromUserId: 7, toUserId: 8 },
    });
    expect(sent({ ...relay, text: "{}", channel: directoryChannel })).toMatchObject({ channel: rooms });
  });

  test.each(["7", "null", '"hello"'])("a relay whose body is no object: %s", (text) => {
    expect(sent({ ...relay, text })).toEqual({ type: "x", channel: "c", data: { body: JSON.parse(text) } });
  });

  test("its body is read by the dialect that it names; of one that is not there, there is none", () => {
    const wrapped = { ...seed, name: "wrapped" as DialectName, body: (frame: string) => ({ frame }) };
    const encodeAll = wordsAmong([seed, wrapped]);
    const data = (dialect: string): unknown =>
      JSON.parse(encodeAll(seed, initial, { ...relay, dialect: dialect as DialectName, text: '{"n":1}' })).data;
    expect(data("wrapped")).toEqual({ frame: '{"n":1}' });
    expect(data("absent")).toEqual({});
  });

  test("a join and a leave", () => {
    const who = { roomId: "r" as RoomId, userId: "u" as UserId, dialect: other, text: "?" };
    expect(sent({ kind: "JoinRelay", ...who, userName: "U" })).toEqual({
      type: "user-joined-room",
      channel: rooms,
      data: { roomId: "r", userId: "u", userName: "U" },
    });
    expect(sent({ kind: "LeaveRelay", ...who })).toEqual({
      type: "user-left-room",
      channel: rooms,
      data: { roomId: "r", userId: "u" },
    });
  });

  test("and the other way round the body is read from data, or from the message itself", () => {
    expect(seed.body('{"type":"x","data":{"n":1},"m":2}')).toEqual({ n: 1 });
    expect(seed.body('{"type":"x","n":1}')).toEqual({ type: "x", n: 1 });
    expect(seed.body("7")).toBe(7);
    expect(seed.body("not JSON")).toBeUndefined();
  });
});

test("of a list only the rooms that have changed are written anew", () => {
  const some = given(connected(a), connected(b), created(a, "r1"), created(a, "r2"), created(a, "r3")).when(
    subscribed(b),
  );
  const list = { kind: "RoomList", at: start } as const;
  encode(seed, some.state, list);
  const stringify = vi.spyOn(JSON, "stringify");
  onTestFinished(() => stringify.mockRestore());
  const again = encode(seed, some.state, list);
  expect(stringify).toHaveBeenCalledTimes(0);
  const [joinedOnce] = reduce(some.state, { at: start, ...joined(a, "r2", "ann") } as Event);
  const changed = encode(seed, joinedOnce, list);
  expect(stringify).toHaveBeenCalledTimes(1);
  expect(JSON.parse(again).rooms.map((room: { participantCount: number }) => room.participantCount)).toEqual([0, 0, 0]);
  expect(JSON.parse(changed).rooms.map((room: { participantCount: number }) => room.participantCount)).toEqual([
    0, 1, 0,
  ]);
});

describe("a token", () => {
  const token = { type: "authenticate", token: "t" };
  test.each([
    [token, { kind: "TokenShown", token: "t" }],
    [{ ...token, channel: "c" }, { kind: "PublishRequested" }],
    [{ ...token, token: 5 }, { kind: "FrameRefused" }],
  ])("after the first message: %j", (message, event) => {
    expect(wire.text(arrival, JSON.stringify(message))).toMatchObject(event);
  });

  test.each([
    [token, { right: { token: "t" } }],
    [{ ...token, token: 5 }, { left: { code: "token-invalid", path: "token" } }],
    [{ type: "ping" }, { left: { code: "token-invalid" } }],
  ])("in the first message: %j", (message, hello) => {
    expect(wire.hello?.(JSON.stringify(message))).toMatchObject(hello);
  });
});

describe("a signal of this dialect", () => {
  test.each([
    [{ negotiation: 3 }, { kind: "offer", negotiation: 3 }],
    [{ negotiation: "3" }, { kind: "offer", negotiation: 0 }],
    [5, { kind: "offer", negotiation: 0 }],
  ])("with data %j is %j", (data, signal) => {
    expect(read({ type: "webrtc-offer", channel: "webrtc-signaling", data })).toMatchObject({ signal });
  });

  test("carries what its member holds, and nothing where it is no object", () => {
    expect([seed.signalData?.('{"type":"webrtc-offer","data":{"offer":1}}'), seed.signalData?.("5")]).toEqual([
      1,
      undefined,
    ]);
  });

  test.each([
    ["offer", '"v=0"', { offer: "v=0" }],
    ["offer", "", {}],
    ["end", '"x"', {}],
  ] as const)("%s with %s, as it comes from another one", (signal, text, member) => {
    const [room, from, to] = ["r" as RoomId, "ann" as UserId, "bob" as UserId];
    const channel = "c" as ChannelName;
    const relay: ServerMessage = { kind: "SignalRelay", channel, room, from, to, signal, negotiation: 2, text };
    expect(JSON.parse(encodeAny(seed, initial, relay) ?? "")).toEqual({
      type: expect.any(String),
      channel,
      data: { roomId: room, fromUserId: from, toUserId: to, negotiation: 2, ...member },
    });
  });
});

test("what only another dialect has words for is not written", () => {
  // Ids are plain texts, and have types of their own.
  const [room, user] = ["r", "u"] as unknown as readonly [RoomId, UserId];
  const messages: ReadonlyArray<ServerMessage> = [
    { kind: "Knocked", room, user, name: "U" },
    { kind: "Personal", n: 1, about: { kind: "Result", id: 1 } },
    {
      kind: "Welcome",
      id: 1,
      session: "s" as SessionId,
      generation: 1,
      user,
      name: "U",
      isResumed: false,
      heard: 0,
    },
  ];
  expect(messages.map((message) => encodeAny(seed, initial, message))).toEqual([undefined, undefined, undefined]);
});
