import { describe, expect, test } from "vitest";
import { peerOf as connect, type Peer, rooms, serverWith, settled, subscribe, until } from "../support/net.js";
import { seedSpeech, tinySpeech } from "../support/speech.js";

const stamp = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
const list = (...shown: ReadonlyArray<unknown>): unknown => ({
  type: "server-room-list",
  channel: rooms,
  rooms: shown,
  timestamp: stamp,
});
const create = (id: string, more: object = {}): object => ({
  type: "room-created",
  channel: rooms,
  data: { id, name: `Room ${id}`, ...more },
});
const join = (roomId: string, userId: string): object => ({
  type: "user-joined-room",
  channel: rooms,
  data: { roomId, userId, userName: userId },
});
const leave = (roomId: string, userId: string): object => ({
  type: "user-left-room",
  channel: rooms,
  data: { roomId, userId },
});

describe.each([
  ["the seed", seedSpeech],
  ["a dialect of other names", tinySpeech],
])("in %s", (_, speech) => {
  const peerOf = (server: { readonly port: number }, path?: string): Promise<Peer> => connect(server, path, speech);

  describe("connecting", () => {
    test.each(["/", "/ws", "/ws/", "/ws?token=1"])("is accepted on %s, and the count is told", async (path) => {
      const peer = await peerOf(await serverWith(), path);
      expect(await peer.heard()).toEqual([{ type: "client_count", count: 1, timestamp: stamp }]);
    });

    test("the count is told to all when it changes", async () => {
      const server = await serverWith();
      const a = await peerOf(server);
      await a.heard();
      const b = await peerOf(server);
      expect((await b.heard())[0]).toMatchObject({ type: "client_count", count: 2 });
      expect(await a.heard()).toMatchObject([{ type: "client_count", count: 2 }]);
      b.ws.close();
      await until(() => server.runtime.state().local.clients.size === 1);
      expect(await a.heard()).toMatchObject([{ type: "client_count", count: 1 }]);
    });
  });

  describe("relays", () => {
    test("end with unsubscribe", async () => {
      const server = await serverWith();
      const [a, b] = [await peerOf(server), await peerOf(server)];
      b.say(subscribe("x"), { type: "unsubscribe", channel: "x" }, { type: "unsubscribe", channel: "never" });
      await settled(a, b);
      a.say({ type: "hi", channel: "x" });
      await a.heard();
      expect(await b.heard()).toEqual([]);
    });

    test.each([
      ["targeted", []],
      ["broadcast", [{ type: "offer", channel: "x", data: { fromUserId: "a", toUserId: "b" } }]],
    ])("for one user, DELIVERY=%s", async (delivery, seenByOther) => {
      const server = await serverWith({ DELIVERY: delivery });
      const [a, b, c] = [await peerOf(server), await peerOf(server), await peerOf(server)];
      for (const peer of [a, b, c]) peer.say(subscribe("x"));
      b.say({ type: "hello", channel: "x", data: { fromUserId: "b" } });
      c.say({ type: "hello", channel: "x", data: { fromUserId: "c" } });
      await settled(a, b, c);
      const offer = { type: "offer", channel: "x", data: { fromUserId: "a", toUserId: "b" } };
      a.say(offer);
      await a.heard();
      expect(await b.heard()).toEqual([offer]);
      expect(await c.heard()).toEqual(seenByOther);
    });
  });

  describe("rooms", () => {
    test("live from creation to the last participant", async () => {
      const server = await serverWith();
      const [a, b] = [await peerOf(server), await peerOf(server)];
      a.say(subscribe());
      await settled(a, b);
      const shown = { id: "r", name: "Room r", description: "daily", host: "Ann", hostId: "ann", createdAt: stamp };
      a.say(create("r", { host: "Ann", hostId: "ann", description: "daily" }));
      expect(await a.heard()).toEqual([list({ ...shown, participantCount: 0, participants: [] })]);
      b.say(join("r", "bob"));
      await b.heard();
      expect(await a.heard()).toEqual([
        list({ ...shown, participantCount: 1, participants: [{ id: "bob", name: "bob" }] }),
      ]);
      const answer = await fetch(`http://127.0.0.1:${server.port}/api/rooms`);
      expect(await answer.json()).toMatchObject({ total: 1 });
      b.say(leave("r", "bob"));
      await b.heard();
      expect(await a.heard()).toEqual([list()]);
    });

    test("lose who disconnects", async () => {
      const server = await serverWith();
      const [a, b] = [await peerOf(server), await peerOf(server)];
      a.say(subscribe(), create("r"), join("r", "ann"));
      await a.heard();
      b.say(join("r", "bob"));
      await settled(b, a);
      b.ws.terminate();
      await b.closed;
      await until(() => server.runtime.state().local.clients.size === 1);
      expect(await a.heard()).toMatchObject([
        { type: "client_count", count: 1 },
        { rooms: [{ participants: [{ id: "ann" }] }] },
      ]);
    });

    test("a join again is answered with the list, to the sender only", async () => {
      const server = await serverWith();
      const [a, b] = [await peerOf(server), await peerOf(server)];
      a.say(subscribe());
      b.say(create("r"), join("r", "bob"));
      await settled(b, a);
      b.say(join("r", "bob"));
      expect(await b.heard()).toMatchObject([{ type: "server-room-list" }]);
      expect(await a.heard()).toEqual([]);
    });

    test("are repeated while there is one", async () => {
      const server = await serverWith({ ROOM_LIST_INTERVAL_MS: "30" });
      const a = await peerOf(server);
      a.say(subscribe(), create("r"));
      await a.heard();
      await new Promise((resolve) => setTimeout(resolve, 200));
      const lists = (await a.heard()).filter(({ type }) => type === "server-room-list");
      expect(lists.length).toBeGreaterThanOrEqual(2);
      expect(lists.length).toBeLessThanOrEqual(7);
      a.say(join("r", "ann"), leave("r", "ann"));
      await a.heard();
      await new Promise((resolve) => setTimeout(resolve, 100));
      expect(await a.heard()).toEqual([]);
    });

    test("that nobody joins are closed in time", async () => {
      const server = await serverWith({ UNJOINED_ROOM_MS: "50" });
      const a = await peerOf(server);
      a.say(subscribe(), create("r"));
      await a.heard();
      await new Promise((resolve) => setTimeout(resolve, 150));
      expect(await a.heard()).toEqual([list()]);
    });
  });

  describe("refusals", () => {
    const error = (code: string, more: object = {}): unknown =>
      expect.objectContaining({ type: "error", code, timestamp: stamp, ...more });

    test.each([
      ["invalid-message", "[]", {}],
      ["invalid-message", { type: 1 }, { path: "type" }],
      ["invalid-message", { type: "room-created", data: { id: "r" } }, { about: "room-created", path: "data.name" }],
      ["no-channel", { type: "webrtc-offer" }, { about: "webrtc-offer" }],
      ["room-not-found", join("nowhere", "bob"), { about: "user-joined-room" }],
      ["room-not-found", leave("nowhere", "bob"), { about: "user-left-room" }],
      ["room-exists", create("r", { hostId: "eve" }), { about: "room-created" }],
      ["not-allowed", leave("r", "ann"), { about: "user-left-room" }],
    ])("%s for %j", async (code, message, more) => {
      const server = await serverWith();
      const [a, b] = [await peerOf(server), await peerOf(server)];
      a.say(subscribe(), create("r", { hostId: "ann" }), join("r", "ann"));
      await settled(a, b);
      b.say(message);
      expect(await b.heard()).toEqual([error(code, more)]);
      expect(await a.heard()).toEqual([]);
    });

    test("binary-unsupported, and the socket stays open", async () => {
      const a = await peerOf(await serverWith());
      await a.heard();
      a.ws.send(Buffer.from([1, 2, 3]));
      expect(await a.heard()).toEqual([error("binary-unsupported")]);
    });

    test.each([
      ["too-many-channels", { CLIENT_CHANNELS_MAX: "1" }, [subscribe("x"), subscribe("y")]],
      ["too-many-rooms", { CLIENT_ROOMS_MAX: "1" }, [create("r"), create("s")]],
      ["too-many-rooms", { ROOMS_MAX: "1" }, [create("r"), create("s")]],
      ["too-many-rooms", { CLIENT_SEATS_MAX: "1" }, [create("r"), join("r", "ann"), join("r", "bob")]],
      ["room-full", { ROOM_PARTICIPANTS_MAX: "1" }, [create("r"), join("r", "ann"), join("r", "bob")]],
      ["invalid-message", { NAME_CHARS_MAX: "3" }, [{ type: "room-created", data: { id: "r", name: "1234" } }]],
      ["invalid-message", { ID_CHARS_MAX: "3" }, [{ type: "room-created", data: { id: "1234", name: "n" } }]],
      ["invalid-message", { DESCRIPTION_CHARS_MAX: "3" }, [create("r", { description: "1234" })]],
      ["invalid-message", { JSON_DEPTH_MAX: "2" }, [{ type: "x", channel: "c", data: { a: [] } }]],
    ])("%s with %j", async (code, env, messages) => {
      const a = await peerOf(await serverWith(env));
      await a.heard();
      a.say(...messages);
      expect((await a.heard()).filter(({ type }) => type === "error")).toEqual([error(code)]);
    });

    test("what is not JSON is echoed", async () => {
      const a = await peerOf(await serverWith());
      await a.heard();
      a.say("hello, {world");
      expect(await a.heard()).toEqual([{ type: "echo", original: "hello, {world", timestamp: stamp }]);
    });
  });
});

describe("in the seed, byte for byte", () => {
  const peerOf = connect;

  test("reach the other subscribers byte for byte, in order, and nobody else", async () => {
    const server = await serverWith();
    const [a, b, c] = [await peerOf(server), await peerOf(server), await peerOf(server)];
    a.say(subscribe("x"));
    b.say(subscribe("x"));
    c.say(subscribe("y"));
    await settled(a, b, c);
    const texts = ['{ "type":"webrtc-offer","channel":"x",  "é":"\\u00e9😀"}', '{"channel":"x","type":"z","data":1}'];
    a.say(...texts);
    expect(await a.heard()).toEqual([]);
    await b.heard();
    expect(b.texts.filter((text) => texts.includes(text))).toEqual(texts);
    expect(await c.heard()).toEqual([]);
  });

  test("ROOM_EVENTS=relay passes joins and leaves on, byte for byte, after the list", async () => {
    const server = await serverWith({ ROOM_EVENTS: "relay" });
    const [a, b] = [await peerOf(server), await peerOf(server)];
    a.say(subscribe(), create("r"));
    await settled(a, b);
    const text = '{"type":"user-joined-room",  "roomId":"r","userId":"bob","userName":"Bob","existingParticipants":[]}';
    b.say(text);
    await b.heard();
    expect((await a.heard()).map(({ type }) => type)).toEqual(["server-room-list", "user-joined-room"]);
    expect(a.texts).toContain(text);
  });

  test("rate-limited, with MESSAGES_PER_SECOND and MESSAGE_BURST", async () => {
    const a = await peerOf(await serverWith({ MESSAGES_PER_SECOND: "1", MESSAGE_BURST: "3" }));
    a.say({ type: "ping" }, { type: "ping" }, { type: "ping" }, { type: "ping" });
    await a.heard();
    await a.heard();
    await a.heard();
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(a.texts.filter((text) => text.includes('"rate-limited"')).length).toBeGreaterThanOrEqual(1);
    expect(a.texts.filter((text) => text.includes('"pong"')).length).toBe(3);
  });
});

describe("across dialects", () => {
  test("clients share rooms, and each is sent them in its own words", async () => {
    const server = await serverWith({ ROOM_EVENTS: "relay" });
    const [ann, bob] = [await connect(server), await connect(server, "/ws", tinySpeech)];
    ann.say(subscribe(), create("r", { hostId: "ann" }), join("r", "ann"));
    await ann.heard();
    bob.say(subscribe(), join("r", "bob"));
    await settled(bob, ann);
    const shown = JSON.parse(ann.texts.findLast((text) => text.includes("server-room-list")) ?? "{}").rooms[0];
    expect(shown).toMatchObject({ id: "r", participants: [{ id: "ann" }, { id: "bob" }] });
    const own = JSON.parse(bob.texts.findLast((text) => text.includes('"t":"rooms"')) ?? "{}").list[0];
    expect(own).toMatchObject({ key: "r", owner: "ann", people: [{ who: "ann" }, { who: "bob" }] });
    expect(ann.texts.map((text) => JSON.parse(text))).toContainEqual({
      type: "user-joined-room",
      channel: rooms,
      data: { roomId: "r", userId: "bob", userName: "bob" },
    });
    ann.say(leave("r", "ann"));
    await settled(ann, bob);
    expect(bob.texts.map((text) => JSON.parse(text))).toContainEqual({ t: "exit", key: "r", who: "ann" });
  });

  test("a signal for one user arrives in the words of its receiver, with its body", async () => {
    const server = await serverWith();
    const [ann, bob] = [await connect(server), await connect(server, "/ws", tinySpeech)];
    for (const peer of [ann, bob]) peer.say(subscribe("x"));
    await settled(ann, bob);
    ann.say({ type: "offer", channel: "x", data: { fromUserId: "ann", toUserId: "bob", sdp: "v=0" } });
    await settled(ann, bob);
    expect(JSON.parse(bob.texts.find((text) => text.includes("v=0")) ?? "{}")).toMatchObject({
      t: "say",
      what: "offer",
      by: "ann",
      for: "bob",
      load: { sdp: "v=0" },
    });
    bob.say({ type: "answer", channel: "x", data: { fromUserId: "bob", toUserId: "ann", sdp: "v=1" } });
    await settled(bob, ann);
    expect(JSON.parse(ann.texts.find((text) => text.includes("v=1")) ?? "{}")).toEqual({
      type: "answer",
      channel: "x",
      data: { fromUserId: "bob", toUserId: "ann", sdp: "v=1" },
    });
  });
});
