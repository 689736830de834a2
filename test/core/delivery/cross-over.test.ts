import { expect, test } from "vitest";
import {
  type ClientId,
  defaultSettings,
  type Event,
  type Moment,
  type PublishRequested,
  type RoomId,
  type UserId,
} from "../../../core/index.js";
import { a, b, c, later, signaling, start } from "../../support/story.js";
import { framesOf, greeted, v1FramesOf } from "../../support/v1-world.js";
import { connected, last, play } from "../../support/world.js";

/* Ann, on `signalbox.v1`, and Bob, on a dashboard, are in one room. */

const room = "r" as RoomId;
const [ann, bob] = ["ann", "bob"] as ReadonlyArray<string> as readonly [UserId, UserId];

const signalOfBob = (
  kind: "offer" | "candidate",
  negotiation: number,
  data: object = { offer: "v=0" },
): PublishRequested => ({
  kind: "PublishRequested",
  at: start,
  client: b,
  channel: signaling,
  type: `webrtc-${kind}`,
  from: bob,
  to: ann,
  text: JSON.stringify({ type: `webrtc-${kind}`, channel: signaling, data }),
  signal: { kind, negotiation },
});
const offerOfAnn = (id: number, negotiation: number): Event => ({
  kind: "SignalRequested",
  at: start,
  client: a,
  id,
  roomId: room,
  to: bob,
  signal: "offer",
  negotiation,
  text: '"v=0"',
});

const together = last(
  play([
    { kind: "ServerStarted", at: start, settings: defaultSettings },
    { ...greeted(a, "s1", { user: ann, name: "Ann" }), at: start },
    connected(b, start),
    {
      kind: "JoinRequested",
      at: start,
      client: a,
      id: 2,
      roomId: room,
      userId: ann,
      userName: "Ann",
      text: "",
      create: { room: { id: room, name: "R", hostId: ann, host: "Ann" } },
    },
    { kind: "SubscribeRequested", at: start, client: b, channel: signaling, hasSignals: true },
    { kind: "JoinRequested", at: start, client: b, roomId: room, userId: bob, userName: "Bob", text: "" },
  ] as ReadonlyArray<Event>),
);

const then = (...events: ReadonlyArray<Event>): ReadonlyArray<Moment> => play(events, together);
const heardByAnn = (moments: ReadonlyArray<Moment>): ReadonlyArray<unknown> =>
  moments.flatMap(v1FramesOf).flatMap(({ to, frame }) => (to === a && frame.type !== "result" ? [frame] : []));

test("a number of its own is kept, and a dashboard that numbers nothing takes the current one, or the next", () => {
  expect(heardByAnn(then(signalOfBob("offer", 7), signalOfBob("candidate", 0), signalOfBob("offer", 0)))).toMatchObject(
    [
      { type: "signal", kind: "offer", negotiation: 7, data: "v=0" },
      { type: "signal", kind: "candidate", negotiation: 7 },
      { type: "signal", kind: "offer", negotiation: 8 },
    ],
  );
  expect(heardByAnn(then(signalOfBob("candidate", 0)))).toMatchObject([{ kind: "candidate", negotiation: 0 }]);
});

test("a signal without data has none on the other side", () => {
  expect(heardByAnn(then(signalOfBob("offer", 1, {})))).toEqual([
    { type: "signal", n: expect.any(Number), room, from: bob, kind: "offer", negotiation: 1 },
  ]);
});

test("a stale one does not cross, and what is for nobody in particular does not either", () => {
  expect(heardByAnn(then(signalOfBob("offer", 7), signalOfBob("candidate", 3)))).toHaveLength(1);
  const { to: _, ...toAll } = signalOfBob("offer", 1);
  expect(heardByAnn(then(toAll))).toEqual([]);
});

test("a signal of somebody who is in none of her rooms does not reach her", () => {
  const stranger = { ...signalOfBob("offer", 1), client: c, from: "cy" as UserId };
  expect(heardByAnn(then(connected(c, start), stranger))).toEqual([]);
  const gone: Event = { kind: "LeaveRequested", at: start, client: b, roomId: room, userId: bob, text: "" };
  const heard = heardByAnn(then(gone, signalOfBob("offer", 1)));
  expect(heard).toMatchObject([{ type: "roster", changes: [{ change: "left", user: bob }] }]);
});

test("of two offers that cross, the side that has words for it is told that it is the polite one", () => {
  expect(heardByAnn(then(offerOfAnn(3, 1), signalOfBob("offer", 0)))).toMatchObject([
    { type: "signal", kind: "offer", negotiation: 2 },
    { type: "crossing", with: bob, polite: ann },
  ]);
});

test("a dashboard's token is renewed without an answer, for it has no number to answer to", () => {
  const token = {
    expiresAt: later(60_000),
    grants: { rooms: ["*"], can: [], role: "participant", lobby: "wait", sessions: "both" },
  } as const;
  const verified: Event = { ...connected(c, start), verified: bob, token };
  const renewed: Event = {
    kind: "TokenRenewed",
    at: start,
    client: c,
    user: bob,
    token: { ...token, expiresAt: later(120_000) },
  };
  const [, moment] = then(verified, renewed);
  expect(framesOf(moment as Moment)).toEqual([]);
  expect(moment?.after.local.expiring.size).toBe(1);
});

test("who comes while an ended session has not closed yet, and beside a dashboard of the same user, is welcome", () => {
  const token = {
    expiresAt: later(60_000),
    grants: { rooms: ["*"], can: [], role: "participant", lobby: "wait", sessions: "newest" },
  } as const;
  const hello = (n: number): Event => ({
    ...greeted(n as ClientId, `s${n}`, { user: bob, name: "Bob" }),
    at: start,
    token,
  });
  const moments = then(
    { kind: "PublishRequested", at: start, client: b, channel: signaling, type: "x", from: bob, text: "{}" },
    hello(5),
    hello(6),
    hello(7),
  );
  expect(moments.at(-1)?.effects.flatMap((effect) => (effect.kind === "Close" ? [effect.to] : []))).toContainEqual({
    kind: "Client",
    client: 6,
  });
  expect(moments.at(-1)?.after.local.clients.size).toBe(5);
});
