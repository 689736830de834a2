import { expect, test } from "vitest";
import { peerOf, serverWith, settled, subscribe, until } from "../support/net.js";
import { callerOf } from "../support/v1.js";

const signaling = "webrtc-signaling";
const offer = { type: "offer", sdp: "v=0" };

/** A dashboard of the seed's kind: one socket a channel, as in the golden session. */
const dashboardOf = async (server: { readonly port: number }, user: string, room: string) => {
  const rooms = await peerOf(server);
  const signals = await peerOf(server);
  rooms.say(subscribe(), { type: "user-joined-room", data: { roomId: room, userId: user, userName: user } });
  signals.say(subscribe(signaling), { type: "hello", channel: "x", data: { fromUserId: user } });
  await settled(rooms, signals);
  const say = (type: string, to: string, more: object): void =>
    signals.say({ type, channel: signaling, data: { roomId: room, fromUserId: user, toUserId: to, ...more } });
  return { rooms, signals, say };
};

test("in one room of two dialects everybody is listed, and offers, answers and candidates cross", async () => {
  const server = await serverWith();
  const ann = await callerOf(server, { name: "Ann" });
  const me = ann.welcome.user;
  await ann.ask({ type: "join", room: "r", create: {} });
  const observer = await peerOf(server);
  observer.say(subscribe(signaling));
  await settled(observer);
  const bob = await dashboardOf(server, "bob", "r");
  await until(() => ann.frames.some((f) => f.type === "roster" && JSON.stringify(f.changes).includes("bob")));

  const signal = { type: "signal", room: "r", to: "bob", negotiation: 7 } as const;
  expect(await ann.ask({ ...signal, kind: "offer", data: offer })).toMatchObject({ outcome: "delivered" });
  expect(await bob.signals.heard()).toMatchObject([
    {
      type: "webrtc-offer",
      channel: signaling,
      data: { roomId: "r", fromUserId: me, toUserId: "bob", negotiation: 7, offer },
    },
  ]);
  bob.say("webrtc-answer", me, { answer: { type: "answer", sdp: "v=1" } });
  bob.say("webrtc-ice", me, { candidate: { candidate: "c" } });
  await settled(bob.signals);
  expect(ann.heard("signal")).toMatchObject([
    { room: "r", from: "bob", kind: "answer", negotiation: 7, data: { type: "answer", sdp: "v=1" } },
    { room: "r", from: "bob", kind: "candidate", negotiation: 7, data: { candidate: "c" } },
  ]);
  expect(await ann.ask({ ...signal, kind: "candidate", data: { candidate: "d" } })).toMatchObject({ type: "result" });
  expect(await bob.signals.heard()).toMatchObject([{ type: "webrtc-ice", data: { candidate: { candidate: "d" } } }]);
  expect(await bob.rooms.heard()).not.toContainEqual(expect.objectContaining({ type: "webrtc-offer" }));
  const seen = await observer.heard();
  expect(seen.filter(({ data }) => data?.fromUserId === me)).toEqual([]);
});

test("a dashboard knocks at a room with a lobby, is told so, and joins when it is admitted", async () => {
  const server = await serverWith();
  const ann = await callerOf(server, { name: "Ann" });
  await ann.ask({ type: "join", room: "r", create: { policy: { lobby: true, listed: false } } });
  const bob = await dashboardOf(server, "bob", "r");
  expect(bob.rooms.texts.some((text) => text.includes('"code":"waiting"'))).toBe(true);
  expect(bob.rooms.texts.some((text) => text.includes('"id":"r"'))).toBe(false);
  await until(() => ann.frames.some((frame) => frame.type === "knock" && frame.user === "bob"));
  bob.say("webrtc-offer", ann.welcome.user, { offer });
  await settled(bob.signals);
  expect(ann.frames.filter(({ type }) => type === "signal")).toEqual([]);
  expect(await ann.ask({ type: "admit", room: "r", user: "bob" })).toMatchObject({ type: "result" });
  await until(() => ann.frames.some((f) => f.type === "roster" && f.changes[0]?.change === "joined" && f.to === 2));
  bob.say("webrtc-offer", ann.welcome.user, { offer });
  await settled(bob.signals);
  expect(ann.frames.filter(({ type }) => type === "signal")).toMatchObject([
    { from: "bob", kind: "offer", data: offer },
  ]);
});

test("nobody of the seed's protocol can be the user of a session, nor act as the host of its room", async () => {
  const server = await serverWith();
  const ann = await callerOf(server, { name: "Ann" });
  const user = ann.welcome.user;
  await ann.ask({ type: "join", room: "r", create: {} });
  const eve = await peerOf(server);
  eve.say({ type: "user-joined-room", data: { roomId: "r", userId: user, userName: "Eve" } });
  eve.say({ type: "room-created", data: { id: "r", name: "Mine", hostId: user } });
  eve.say({ type: "user-left-room", data: { roomId: "r", userId: user } });
  eve.say({ type: "webrtc-offer", channel: signaling, data: { fromUserId: user, toUserId: user } });
  const codes = (await eve.heard()).flatMap(({ code }) => (code === undefined ? [] : [code]));
  expect(codes).toEqual(["not-allowed", "room-exists", "not-allowed", "not-allowed"]);
  expect(await ann.ask({ type: "roster", room: "r" })).toMatchObject({ room: { name: "r", version: 1 } });
});
