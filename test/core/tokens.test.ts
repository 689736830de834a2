import { describe, expect, test } from "vitest";
import {
  type ClientId,
  defaultGrants,
  defaultSettings,
  type Event,
  type Grants,
  type Moment,
  type RoomId,
  type State,
  type Token,
  type UserId,
} from "../../core/index.js";
import { later, start } from "../support/story.js";
import { framesOf, greeted, v1FramesOf } from "../support/v1-world.js";
import { connected, last, play } from "../support/world.js";

/* What a token allows and forbids to clients of `signalbox.v1`. Each is named by its number; only the user is a word. */

const room = "r" as RoomId;
const begun = last(play([{ kind: "ServerStarted", at: start, settings: defaultSettings }]));

const tokenWith = (grants: Partial<Grants> = {}, expiresAt = later(60_000)): Token => ({
  expiresAt,
  grants: { ...defaultGrants, ...grants },
});

const comes = (n: number, user: string, token: Token = tokenWith(), at = start): Event => ({
  ...greeted(n as ClientId, `s${n}`, { user: user as UserId, name: user }),
  at,
  token,
});

let lastId = 1;
/** Ids are plain texts and numbers here, and have types of their own in an event. */
const asks = (n: number, request: object): Event => {
  lastId += 1;
  return { at: start, client: n, id: lastId, roomId: room, ...request } as unknown as Event;
};
const joins = (n: number, user: string, more: object = {}): Event =>
  asks(n, { kind: "JoinRequested", userId: user, userName: user, text: "", ...more });
const opening = (user: string, lobby = false) => ({
  create: {
    room: { id: room, name: "R", hostId: user, host: user },
    policy: { listed: true, lobby, capacity: 4, withoutHost: "promote" },
  },
});

const after = (events: ReadonlyArray<Event>, from: State = begun): State => last(play(events, from));
const moment = (event: Event, before: ReadonlyArray<Event>): Moment => {
  const [only] = play([event], after(before));
  if (only === undefined) throw new Error("nothing happened");
  return only;
};
/** Without the rosters, which tell everybody who is there. */
const toldTo = (n: number, happened: Moment): ReadonlyArray<unknown> =>
  v1FramesOf(happened).flatMap(({ to, frame }) => (to === n && frame.type !== "roster" ? [frame] : []));
const closesOf = ({ effects }: Moment): ReadonlyArray<unknown> =>
  effects.flatMap((effect) => (effect.kind === "Close" ? [[effect.to, effect.code]] : []));
const client = (n: number) => ({ kind: "Client", client: n });

describe("what the token does not grant is refused, and changes nothing in the rooms", () => {
  const both = (can: Grants["can"]): ReadonlyArray<Event> => [
    comes(1, "ann", tokenWith({ can })),
    comes(2, "bob"),
    joins(2, "bob", opening("bob")),
    joins(1, "ann"),
  ];
  const signal = { kind: "SignalRequested", to: "bob", signal: "offer", negotiation: 1, text: '"v=0"' };
  const say = { kind: "MessageRequested", text: "1" };
  const remove = { kind: "LeaveRequested", userId: "bob", text: "" };

  test.each([
    ["signal", ["join", "say"], signal],
    ["say", ["join", "signal"], say],
    ["lock, without admit", ["join", "say"], { kind: "LockRequested", isLocked: true }],
  ] as const)("%s", (_what, can, request) => {
    const before = both(can);
    const happened = moment(asks(1, request), before);
    expect(toldTo(1, happened)).toMatchObject([{ type: "error", code: "not-allowed" }]);
    expect(toldTo(2, happened)).toEqual([]);
    expect(happened.after.shared).toBe(happened.before.shared);
    const [allowed] = play([asks(2, { ...request, to: "ann" })], after(before));
    expect(allowed && toldTo(2, allowed)).toMatchObject([{ type: "result" }]);
  });

  test("a host without it cannot end the presence of somebody else, also not by the request to leave", () => {
    const hosted = (can: Grants["can"]) => [
      comes(1, "ann", tokenWith({ can })),
      comes(2, "bob"),
      joins(1, "ann", opening("ann")),
      joins(2, "bob"),
    ];
    const [without, granted] = [hosted(["create", "join"]), hosted(["create", "join", "remove"])];
    const refused = moment(asks(1, remove), without);
    expect(toldTo(1, refused)).toMatchObject([{ code: "not-allowed", message: expect.stringContaining("remove") }]);
    expect(refused.after.shared).toBe(refused.before.shared);
    expect(toldTo(2, moment(asks(1, remove), granted))).toMatchObject([{ type: "left", reason: "removed" }]);
  });

  test("a join that would create the room needs both: without create there is no room afterwards", () => {
    const happened = moment(joins(1, "ann", opening("ann")), [comes(1, "ann", tokenWith({ can: ["join"] }))]);
    expect(toldTo(1, happened)).toMatchObject([{ code: "room-not-found", message: expect.stringContaining("create") }]);
    expect(happened.after.shared.rooms.size).toBe(0);
  });

  test("a room that the token does not name", () => {
    const ann = comes(1, "ann", tokenWith({ rooms: ["team-*"] }));
    expect(toldTo(1, moment(joins(1, "ann", opening("ann")), [ann]))).toMatchObject([
      { code: "not-allowed", message: expect.stringContaining("room r") },
    ]);
  });
});

test("in a lobby who waits, and whom the token lets pass", () => {
  const host = [comes(1, "ann"), joins(1, "ann", opening("ann", true))];
  const entering = (grants: Partial<Grants>) =>
    toldTo(2, moment(joins(2, "bob"), [...host, comes(2, "bob", tokenWith(grants))]));
  expect(entering({})).toMatchObject([{ waiting: { id: room } }]);
  expect(entering({ lobby: "bypass" })).toMatchObject([{ room: { id: room } }]);
  expect(entering({ role: "cohost" })).toMatchObject([{ room: { id: room } }]);
});

describe("a second session of the same user", () => {
  const first = (sessions: Grants["sessions"]) => [comes(1, "ann", tokenWith({ sessions }))];
  const second = (sessions: Grants["sessions"], before = first(sessions)) =>
    moment(comes(2, "ann", tokenWith({ sessions })), before);

  test("refuse: it is told so, and closed; the first one stays", () => {
    const happened = second("refuse");
    expect(toldTo(2, happened)).toMatchObject([{ type: "error", id: 1, code: "already-connected" }]);
    expect(closesOf(happened)).toEqual([[client(2), 3502]]);
    expect(closesOf(moment(comes(2, "bob", tokenWith({ sessions: "refuse" })), first("refuse")))).toEqual([]);
  });

  test("both: it is welcome, and nobody is closed", () => {
    const happened = second("both");
    expect(toldTo(2, happened)).toMatchObject([{ type: "welcome", user: "ann", expiresAt: later(60_000) }]);
    expect(closesOf(happened)).toEqual([]);
  });

  test("newest: the first one is closed, and what it held in rooms ends, whether it was in one or not", () => {
    expect(closesOf(second("newest"))).toEqual([[client(1), 3501]]);
    const inRoom = second("newest", [...first("newest"), joins(1, "ann", opening("ann"))]);
    expect(closesOf(inRoom)).toEqual([[client(1), 3501]]);
    expect(toldTo(2, inRoom)).toMatchObject([{ type: "welcome", rooms: [] }]);
    expect(inRoom.before.shared.sessions.size).toBe(1);
    expect(inRoom.after.shared.sessions.size).toBe(0);
  });
});

describe("a token that is renewed", () => {
  const renewal = (n: number, user: string, expiresAt = later(90_000)) =>
    asks(n, { kind: "TokenRenewed", user, token: tokenWith({}, expiresAt) });

  test("of the same user: the answer says until when, and what was refused as expired is allowed again", () => {
    const brief = [comes(1, "ann", tokenWith({}, later(1_000)))];
    const late = { at: later(1_000) };
    const expired = moment({ ...joins(1, "ann", opening("ann")), ...late }, brief);
    expect(toldTo(1, expired)).toMatchObject([{ type: "error", code: "token-expired" }]);
    const renewed = { ...renewal(1, "ann"), ...late };
    expect(toldTo(1, moment(renewed, brief))).toMatchObject([{ type: "result", expiresAt: later(90_000) }]);
    expect(toldTo(1, moment({ ...joins(1, "ann", opening("ann")), ...late }, [...brief, renewed]))).toMatchObject([
      { type: "result", room: { id: room } },
    ]);
  });

  test("of another user, or where nobody was verified: refused, and the client's time does not change", () => {
    const ann = [comes(1, "ann")];
    const happened = moment(renewal(1, "bob"), ann);
    expect(toldTo(1, happened)).toMatchObject([{ type: "error", code: "not-allowed" }]);
    expect(happened.after.local.expiring).toBe(happened.before.local.expiring);
    const unverified = moment(renewal(3, "bob"), [connected(3 as ClientId, start)]);
    expect(framesOf(unverified).map(({ to, text }) => [to, JSON.parse(text).code])).toEqual([[3, "not-allowed"]]);
    expect(unverified.after.local.expiring.size).toBe(0);
  });
});
