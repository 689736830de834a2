import { expect, test } from "vitest";
import { due } from "../../../core/base/id.js";
import * as Multimap from "../../../core/base/multimap.js";
import * as Table from "../../../core/base/table.js";
import {
  apply,
  type ClientId,
  defaultSettings,
  type Event,
  invariants,
  type Millis,
  type RoomId,
  type Settings,
  type State,
  type UserId,
} from "../../../core/index.js";
import { greeted } from "../../support/v1-world.js";
import { last, play } from "../../support/world.js";

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
