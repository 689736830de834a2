import * as O from "fp-ts/lib/Option.js";
import { expect, test } from "vitest";
import * as Table from "../../../core/base/table.js";
import {
  type ClientId,
  causeOf,
  defaultGrants,
  defaultSettings,
  type Effect,
  type Entry,
  type Event,
  invariants,
  type Millis,
  type NodeId,
  nextDeadline,
  type RoomId,
  reduce,
  type SessionId,
  type State,
  sharedSnapshot,
  type UserId,
} from "../../../core/index.js";
import { initial } from "../../../core/state.js";
import { Node } from "../../support/node.js";
import { greeted, people } from "../../support/v1-world.js";
import { connected } from "../../support/world.js";

const [at, node] = [1_000_000 as Millis, "node-1" as NodeId];
const [a, b] = [1, 2] as ReadonlyArray<number> as readonly [ClientId, ClientId];
const ann = people[0];

const roomId = "r" as RoomId;
const policy = { listed: true, lobby: false, capacity: 9, withoutHost: "promote" } as const;
const join = (client: ClientId, id: number): Event => ({
  ...{ kind: "JoinRequested", at, client, id, roomId, userId: ann.user, userName: ann.name, text: "" },
  create: { room: { id: roomId, name: "Room", hostId: ann.user }, policy },
});
const reports = (effects: ReadonlyArray<Effect>) =>
  effects.flatMap((effect) => (effect.kind === "Report" ? [effect.fact.kind] : []));

test("nothing is changed, and nobody is told anything, before an entry is back", () => {
  const at1 = new Node(node);
  at1.happens(greeted(a, "s1", ann));
  const { shared } = at1.state;
  const effects = at1.happens(join(a, 2));
  expect(effects.map(({ kind }) => kind)).toEqual(["Append"]);
  expect(at1.state.shared).toBe(shared);
  at1.answer();
  const [asked, back] = [join(a, 2), { kind: "Appended", at, seq: 2, node, entry: at1.last } as const];
  expect([causeOf(asked), causeOf(back)]).toEqual([asked, asked]);
  expect(reports(at1.effects)).toEqual(["SessionOpened", "RoomOpened", "DoorOpened", "ParticipantJoined"]);
  expect(invariants(at1.state)).toEqual([]);
});

test("an entry of another node is applied, once that has begun: here nobody is answered", () => {
  const here = new Node(node);
  const there = new Node(node);
  there.happens(greeted(a, "s1", ann));
  there.happens(join(a, 2));
  const [entry] = there.waiting;
  if (entry === undefined) throw new Error("nothing was appended");
  here.happens(connected(a, at));
  const other = "node-2" as NodeId;
  expect(here.comes(entry, other)).toEqual([]);
  here.comes({ kind: "StartNode", at, node: other, settings: defaultSettings, joins: true }, other);
  const effects = here.comes(entry, other);
  there.answer();
  expect(here.state.shared.rooms).toEqual(there.state.shared.rooms);
  expect(reports(effects)).toEqual(reports(there.effects));
  expect(effects.filter((effect) => effect.kind === "Send" && effect.to.kind === "Client")).toEqual([]);
});

test("while the log takes nothing, requests are refused, sessions cannot be resumed, and new ones begin", () => {
  const at1 = new Node(node);
  at1.happens(greeted(a, "s1", ann));
  at1.happens(join(a, 2));
  at1.answer();
  at1.happens(greeted(4 as ClientId, "s4", people[2]));
  // Its session was being resumed.
  at1.happens(greeted(5 as ClientId, "s5", ann, { resume: { session: "s1" as SessionId, generation: 1 } }));
  expect(at1.waiting.splice(0)).toMatchObject([{ kind: "ResumeSession" }]);
  expect(at1.happens({ kind: "LogFailed", at })).toMatchObject([{ kind: "Close", to: { client: 5 }, code: 1013 }]);
  const refused = at1.happens({ kind: "LeaveRequested", at, client: a, id: 3, roomId, userId: ann.user, text: "" });
  expect(refused).toMatchObject([
    { kind: "Send", message: { about: { kind: "Refused", refusal: { code: "unavailable", retryAfterMs: 1_000 } } } },
    { kind: "Report", fact: { kind: "RequestRefused" } },
  ]);
  const resume = { session: "s1" as SessionId, generation: 1 };
  expect(at1.happens({ kind: "ByeReceived", at, client: 4 as ClientId, id: 2 })).toMatchObject([
    { kind: "Send", message: { about: { kind: "Result", id: 2 } } },
    { kind: "Close", to: { client: 4 }, code: 1000 },
  ]);
  const away = { kind: "Close", to: { kind: "Client", client: b }, code: 1013, reason: "unavailable" };
  expect(at1.happens(greeted(b, "s2", ann, { resume }))).toContainEqual(away);
  expect(at1.waiting).toEqual([]);
  const greetedNow = at1.happens(greeted(3 as ClientId, "s3", people[1]));
  expect(greetedNow.some((effect) => effect.kind === "Send" && effect.message.kind === "Welcome")).toBe(true);
  const grants = { ...defaultGrants, sessions: "newest" } as const;
  const another = { ...greeted(6 as ClientId, "s6", ann), token: { grants, expiresAt: 9e12 as Millis } };
  expect(at1.happens(another)).toContainEqual({ ...away, to: { kind: "Client", client: 6 } });
  at1.happens({ kind: "LogRecovered", at });
  at1.happens({ kind: "LeaveRequested", at, client: a, id: 4, roomId, userId: ann.user, text: "" });
  expect(at1.waiting).toMatchObject([{ kind: "Request" }]);
});

test("what is due is appended once, and asks for no other tick until it is back", () => {
  const at1 = new Node(node);
  at1.happens(connected(a, at));
  at1.happens({ kind: "CreateRequested", at, client: a, room: { id: roomId, name: "Room" } });
  at1.answer();
  const due = (at + defaultSettings.unjoinedRoomMs) as Millis;
  at1.happens({ kind: "ClockTicked", at: due });
  at1.happens({ kind: "ClockTicked", at: due });
  expect(at1.waiting).toEqual([{ kind: "Expire", at: due }]);
  expect(O.toUndefined(nextDeadline(at1.state))).toBeGreaterThan(due);
  at1.answer();
  expect(Table.keys(at1.state.shared.rooms)).toEqual([]);
  expect(nextDeadline(at1.state)).toEqual(O.none);
});

test("whoever is gone when their request is back is lost, and a session that was resumed for nobody is away again", () => {
  const at1 = new Node(node);
  at1.happens(greeted(a, "s1", ann));
  at1.happens(join(a, 2));
  at1.happens({ kind: "ClientDisconnected", at, client: a, code: 1006 });
  at1.answer();
  const lost = () => Table.get(at1.state.shared.sessions, "s1" as SessionId);
  expect(O.isSome(lost()?.awayUntil ?? O.none)).toBe(true);
  for (const [client, generation] of [
    [b, 1],
    [3 as ClientId, 2],
  ] as const) {
    const resume = { session: "s1" as SessionId, generation };
    at1.happens(greeted(client, `s${client}`, ann, { resume }));
    at1.happens({ kind: "ClientDisconnected", at, client, code: 1006 });
    at1.answer();
    expect(lost()).toMatchObject({
      generation: generation + 1,
      awayUntil: O.some(at + defaultSettings.sessionGraceMs),
    });
    expect(invariants(at1.state)).toEqual([]);
  }
});

test("whoever waits for a host waits as long as ever after a restart, and hosts come back as hosts", () => {
  const before = new Node(node);
  before.happens(greeted(a, "s1", ann));
  before.happens(join(a, 2));
  before.answer();
  before.happens(greeted(b, "s2", people[1]));
  before.happens({ ...join(b, 2), userId: people[1].user, userName: people[1].name, create: undefined } as never);
  before.answer();
  before.happens({ kind: "ClientDisconnected", at, client: a, code: 1006 });
  before.answer();
  const lost = (at + defaultSettings.sessionGraceMs) as Millis;
  before.happens({ kind: "ClockTicked", at: lost });
  before.answer();
  const doorOf = ({ shared }: State) => Table.get(shared.doors, roomId);
  expect(doorOf(before.state)?.hostAwaitedUntil).toEqual(O.some(lost + defaultSettings.hostReclaimMs));
  const restored = JSON.parse(JSON.stringify(sharedSnapshot(before.state.shared)));
  const later = (lost + 60_000) as Millis;
  const [state, effects] = reduce(initial, {
    kind: "ServerStarted",
    at: later,
    settings: defaultSettings,
    node,
    restored,
  });
  const entry = effects.flatMap((effect) => (effect.kind === "Append" ? [effect.entry] : []))[0] as Entry;
  const [after] = reduce(state, { kind: "Appended", at: later, seq: 1, node, entry });
  expect(doorOf(after)?.hostAwaitedUntil).toEqual(O.some(later + defaultSettings.hostReclaimMs));
  expect(invariants(after)).toEqual([]);
});

test("many who end together end in steps, and the next step is due at once", () => {
  const settings = { ...defaultSettings, limits: { ...defaultSettings.limits, roomsMax: 4_000 } };
  let [state] = reduce(initial, { kind: "ServerStarted", at, settings });
  for (let n = 1; n <= 2_000; n += 1) {
    const [client, room] = [n as ClientId, `r${n}` as RoomId];
    const member = { user: `~${n}` as UserId, name: "Somebody" };
    [state] = reduce(state, greeted(client, `s${n}`, member));
    const create = { room: { id: room, name: "Room", hostId: member.user }, policy };
    const asked = { kind: "JoinRequested", at, client, id: 2, roomId: room, userId: member.user, userName: "Somebody" };
    [state] = reduce(state, { ...asked, text: "", create } as Event);
    [state] = reduce(state, { kind: "ClientDisconnected", at, client, code: 1006 });
  }
  const due = (at + settings.sessionGraceMs) as Millis;
  const left: number[] = [];
  while (state.shared.sessions.size > 0) {
    expect(O.toUndefined(nextDeadline(state))).toBeLessThanOrEqual(due);
    [state] = reduce(state, { kind: "ClockTicked", at: due });
    left.push(state.shared.sessions.size);
  }
  expect(left).toEqual([1_500, 1_000, 500, 0]);
});

test("who says goodbye is answered when the session has ended, if they are still there", () => {
  const at1 = new Node(node);
  for (const client of [a, b]) {
    at1.happens(greeted(client, `s${client}`, people[client === a ? 0 : 1]));
    expect(at1.happens({ kind: "ByeReceived", at, client, id: 2 }).map(({ kind }) => kind)).toEqual(["Append"]);
  }
  at1.happens({ kind: "ClientDisconnected", at, client: b, code: 1000 });
  const [first, second] = [at1.waiting.shift(), at1.waiting.shift()];
  if (first === undefined || second === undefined) throw new Error("nothing was appended");
  expect(at1.comes(first, node)).toMatchObject([
    { kind: "Send", message: { about: { kind: "Result", id: 2 } } },
    { kind: "Close", code: 1000 },
  ]);
  expect(at1.comes(second, node)).toEqual([]);
});
