import * as O from "fp-ts/lib/Option.js";
import { expect, test } from "vitest";
import { due, seat } from "../../../core/base/id.js";
import * as Multimap from "../../../core/base/multimap.js";
import * as Table from "../../../core/base/table.js";
import {
  apply,
  type ClientId,
  defaultGrants,
  defaultSettings,
  type Event,
  invariants,
  type Millis,
  type RoomId,
  type Settings,
  type SharedFact,
  type State,
  type UserId,
} from "../../../core/index.js";
import { bar } from "../../../core/shared/door.js";
import { evolve } from "../../../core/shared/evolve.js";
import { awayUntil } from "../../../core/shared/participants.js";
import { succeed, takeGrantedRole } from "../../../core/shared/roles.js";
import { knocksAt } from "../../../core/state.js";
import { greeted, v1FramesOf } from "../../support/v1-world.js";
import { connected, last, play } from "../../support/world.js";

const room = "r" as RoomId;
const settings: Settings = {
  ...defaultSettings,
  sessionGraceMs: 100,
  limits: { ...defaultSettings.limits, roomParticipantsMax: 3 },
};
const policy = { listed: true, lobby: true, capacity: 3, withoutHost: "promote" };

/** Each line is one client, who is `~` and its number, or the clock. */
const story = (...lines: ReadonlyArray<readonly [number, string, object?]>): State => {
  let at = 1_000;
  let id = 1;
  const events = lines.map(([n, kind, members = {}]): Event => {
    const client = n as ClientId;
    const user = `~${n}`;
    at += kind === "ClockTicked" ? 100 : 0;
    id += 1;
    if (kind === "connect")
      return { ...greeted(client, `s${n}`, { user: user as UserId, name: user }), at: at as Millis };
    const create = { room: { id: room, name: "R", hostId: user, host: user }, policy };
    const join = kind === "JoinRequested" ? { userId: user, userName: user, text: "", create } : {};
    return { kind, at, client, id, roomId: room, ...join, ...members } as Event;
  });
  const state = last(play([{ kind: "ServerStarted", at: 1_000 as Millis, settings }, ...events]));
  expect(invariants(state)).toEqual([]);
  return state;
};

/** Comes, knocks, is admitted, and is made co-host by the host. */
const cohost = (n: number): ReadonlyArray<readonly [number, string, object?]> => [
  [n, "connect"],
  [n, "JoinRequested"],
  [1, "AdmitRequested", { userId: `~${n}` }],
  [n, "JoinRequested"],
  [1, "RoleRequested", { userId: `~${n}`, role: "cohost" }],
];
const lost = (n: number): ReadonlyArray<readonly [number, string, object?]> => [
  [n, "ClientDisconnected", { code: 1006 }],
  [0, "ClockTicked"],
];
const host = [
  [1, "connect"],
  [1, "JoinRequested"],
] as const;

const cohostsOf = ({ shared }: State) => Table.get(shared.doors, room)?.cohosts;

test("a co-host who was lost is one still, and one who is banned then is none any more", () => {
  expect(cohostsOf(story(...host, ...cohost(2), ...lost(2)))).toEqual(["~2"]);
  expect(
    cohostsOf(story(...host, ...cohost(2), ...lost(2), [1, "RemoveRequested", { userId: "~2", banMs: 9 }])),
  ).toEqual([]);
});

test("of more co-hosts than a room has places, the first who was lost is forgotten", () => {
  const three = [2, 3, 4].flatMap((n) => [...cohost(n), ...lost(n)]);
  expect(cohostsOf(story(...host, ...three))).toEqual(["~2", "~3", "~4"]);
  expect(cohostsOf(story(...host, ...three, ...cohost(5)))).toEqual(["~3", "~4", "~5"]);
});

test("what is due and names nothing changes nothing, and does not keep the server", () => {
  const { shared } = story(...host);
  const at = 2_000 as Millis;
  const nothing = due({ kind: "knock", room, user: "~9" as UserId });
  const wrong = { ...shared, due: Multimap.add(shared.due, at, nothing) };
  expect(apply(wrong, { kind: "Expire", at })).toEqual([wrong, []]);
});

test("a time at which nothing is due any more does not keep the server", () => {
  const { shared } = story(...host);
  const at = 2_000 as Millis;
  const wrong = { ...shared, due: Table.set(shared.due, at, Table.empty()) };
  expect(apply(wrong, { kind: "Expire", at })).toEqual([wrong, []]);
});

test("nobody becomes the host of a room in which nobody is", () => {
  const { shared } = story(...host);
  const empty = {
    ...shared,
    rooms: Table.update(shared.rooms, room, (it) => ({ ...it, participants: Table.empty<UserId, never>() })),
  };
  expect(succeed(room)(empty)).toEqual([empty, []]);
});

test.each([
  ["the last", [30, 10, 20], [20, 30]],
  ["the first", [10, 30, 20], [20, 30]],
])(
  "of more who are barred than a room remembers, the one whose time is up first is forgotten: %s",
  (_, times, kept) => {
    const { shared } = story(...host);
    const few = { ...shared, settings: { ...settings, limits: { ...settings.limits, roomBarredMax: 2 } } };
    const [after] = times.reduce<readonly [typeof shared, number]>(
      ([before, n], until) => [
        bar(room, `u${n}` as UserId, { reason: "banned", until: until as Millis })(before)[0],
        n + 1,
      ],
      [few, 1],
    );
    const barred = Table.get(after.doors, room)?.barred ?? Table.empty();
    expect(
      Table.values(barred)
        .map(({ until }) => until)
        .sort(),
    ).toEqual(kept);
  },
);

/** Ids are plain texts and numbers here, and have types of their own in an event. */
const eventOf = (members: object): Event => ({ roomId: room, ...members }) as unknown as Event;

/** What then happens: who is sent which frame of `signalbox.v1`. */
const told = (from: State, event: object) => {
  const [moment] = play([eventOf({ at: 9_000, id: 99, ...event })], from);
  if (moment === undefined) throw new Error("nothing happened");
  return { moment, frames: v1FramesOf(moment) };
};

test("a room is unlocked for newcomers, all are told, and a second time nothing changes", () => {
  const locked = story(...host, ...cohost(2), [1, "LockRequested", { isLocked: true }], [3, "connect"]);
  const comes = { kind: "JoinRequested", client: 3, userId: "~3", userName: "~3", text: "" };
  expect(told(locked, comes).frames).toMatchObject([{ to: 3, frame: { type: "error", code: "room-locked" } }]);
  const unlock = { kind: "LockRequested", client: 1, isLocked: false };
  const unlocked = told(locked, unlock);
  const rosters = unlocked.frames.filter(({ frame }) => frame.type === "roster");
  expect(rosters.map(({ to }) => to).sort()).toEqual([1, 2]);
  expect(rosters).toMatchObject([1, 2].map(() => ({ frame: { changes: [{ change: "unlocked" }] } })));
  expect(told(unlocked.moment.after, comes).frames).toContainEqual({
    to: 3,
    frame: expect.objectContaining({ type: "result", waiting: expect.objectContaining({ state: "knocking" }) }),
  });
  const again = told(unlocked.moment.after, { ...unlock, id: 100 });
  expect(again.frames).toMatchObject([{ to: 1, frame: { type: "result" } }]);
  expect(again.moment.after.shared).toBe(unlocked.moment.after.shared);
});

test("a ban that the host ends: who was removed may knock again", () => {
  const removed = story(...host, ...cohost(2), [1, "RemoveRequested", { userId: "~2", banMs: 5_000_000 }]);
  const comes = { kind: "JoinRequested", client: 2, userId: "~2", userName: "~2", text: "" };
  expect(told(removed, comes).frames).toMatchObject([{ to: 2, frame: { type: "error", code: "banned" } }]);
  const { after } = told(removed, { kind: "UnbanRequested", client: 1, userId: "~2" }).moment;
  expect(told(after, comes).frames).toContainEqual({
    to: 2,
    frame: expect.objectContaining({ type: "result", waiting: expect.anything() }),
  });
});

test("where there is no host and no co-host any more, nobody is told of a knock", () => {
  const open = { room: { id: room, name: "R", hostId: "~1", host: "~1" }, policy: { ...policy, withoutHost: "open" } };
  const hostless = story(
    [1, "connect"],
    [1, "JoinRequested", { create: open }],
    ...cohost(2),
    [1, "RoleRequested", { userId: "~2", role: "participant" }],
    [1, "LeaveRequested", { userId: "~1", text: "" }],
    [3, "connect"],
  );
  const knocked = told(hostless, { kind: "JoinRequested", client: 3, userId: "~3", userName: "~3", text: "" });
  expect(knocked.frames).toMatchObject([{ to: 3, frame: { type: "result", waiting: { state: "knocking" } } }]);
});

test("a token's host is the host of a room, also of one that has none, and the host before is a co-host", () => {
  const token = O.some({ grants: { ...defaultGrants, role: "host" as const }, expiresAt: 9_000 as Millis });
  const { shared } = story(...host, [2, "connect"]);
  const user = "~2" as UserId;
  const [given] = takeGrantedRole(room, user, token)(shared);
  expect(Table.get(given.rooms, room)?.hostId).toEqual(O.some(user));
  expect(Table.get(given.doors, room)?.cohosts).toEqual(["~1"]);
  const vacant = { ...shared, rooms: Table.update(shared.rooms, room, (it) => ({ ...it, hostId: O.none })) };
  const [taken] = takeGrantedRole(room, user, token)(vacant);
  expect(Table.get(taken.rooms, room)?.hostId).toEqual(O.some(user));
  expect(Table.get(taken.doors, room)?.cohosts).toEqual([]);
});

test("a door without a room, and a negotiation in one that is gone, are against the invariants", () => {
  const signal = { to: "~2", signal: "offer", negotiation: 1, text: "" };
  const state = story(...host, ...cohost(2), [1, "SignalRequested", signal]);
  const gone = { ...state, shared: { ...state.shared, rooms: Table.remove(state.shared.rooms, room) } };
  expect(invariants(gone)).toEqual(
    expect.arrayContaining(["a door has no room: r", "~1 and ~2 negotiate without being in r"]),
  );
});

test("a participant whose session nobody knows is not away", () => {
  const { shared } = story(...host);
  expect(awayUntil({ ...shared, sessions: Table.empty() }, seat(room, "~1" as UserId))).toEqual(O.none);
});

test("a host who was lost and comes back in time is the host, and is awaited no more", () => {
  const awaited = story(...host, ...cohost(2), ...lost(1));
  const isAwaited = ({ shared }: State) => O.isSome(Table.get(shared.doors, room)?.hostAwaitedUntil ?? O.none);
  expect(isAwaited(awaited)).toBe(true);
  const user = "~1" as UserId;
  const here = last(play([{ ...greeted(7 as ClientId, "s7", { user, name: user }), at: 1_500 as Millis }], awaited));
  const { after } = told(here, {
    kind: "JoinRequested",
    at: 1_500,
    client: 7,
    userId: user,
    userName: user,
    text: "",
  }).moment;
  expect(isAwaited(after)).toBe(false);
  expect(Table.get(after.shared.rooms, room)?.hostId).toEqual(O.some(user));
  expect(Table.has(Table.get(after.shared.rooms, room)?.participants ?? Table.empty(), user)).toBe(true);
});

test("a dashboard that is admitted joins at once; in too many rooms already, it waits on; where the room is full, it is not admitted", () => {
  const dashboard = connected(3 as ClientId, 1_000 as Millis);
  const comes = { kind: "JoinRequested", client: 3, userId: "dan", userName: "Dan", text: "" };
  const admit = { kind: "AdmitRequested", client: 1, userId: "dan" };
  const elsewhere = { ...comes, roomId: "hers" };
  const hers = { kind: "CreateRequested", client: 3, room: { id: "hers", name: "Hers" } };
  const who = (from: State, ...before: ReadonlyArray<object>) => {
    const asked = [...before, comes].map((event) => eventOf({ at: 1_100, ...event }));
    const { after, effects } = told(last(play([dashboard, ...asked], from)), { ...admit, at: 1_100 }).moment;
    const there = Table.get(after.shared.rooms, room)?.participants ?? Table.empty();
    const knock = Table.get(knocksAt(after.shared, room), "dan" as UserId);
    const refused = effects.flatMap((effect) =>
      effect.kind === "Report" && effect.fact.kind === "RequestRefused" ? [effect.fact.refusal.code] : [],
    );
    return { isThere: Table.has(there, "dan" as UserId), isAdmitted: knock?.isAdmitted, refused };
  };
  expect(who(story(...host, ...cohost(2)))).toEqual({ isThere: true, isAdmitted: undefined, refused: [] });
  const settled = story(...host, ...cohost(2));
  const { limits } = settings;
  const one = { ...settled.shared, settings: { ...settings, limits: { ...limits, clientSeatsMax: 1 } } };
  expect(who({ ...settled, shared: one }, hers, elsewhere)).toEqual({ isThere: false, isAdmitted: true, refused: [] });
  expect(who(story(...host, ...cohost(2), ...cohost(4)))).toEqual({
    isThere: false,
    isAdmitted: false,
    refused: ["room-full"],
  });
});

test("the admission of somebody who does not wait changes nothing", () => {
  const { shared } = story(...host);
  const fact = { kind: "KnockAdmitted", room, user: "~9" as UserId, until: 9_000 as Millis } as const;
  expect(evolve(shared, fact as SharedFact)).toBe(shared);
});
