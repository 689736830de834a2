import { expect, test } from "vitest";
import * as Table from "../../../core/base/table.js";
import * as Elsewhere from "../../../core/delivery/elsewhere.js";
import {
  type ClientId,
  defaultSettings,
  type Effect,
  type Event,
  initial,
  type Millis,
  type NodeId,
  type RoomId,
} from "../../../core/index.js";
import * as Cluster from "../../../core/local/cluster.js";
import { Node } from "../../support/node.js";
import { greeted, people } from "../../support/v1-world.js";
import { connected } from "../../support/world.js";

const at = 1_000_000 as Millis;
const [own, other] = ["node-1", "node-2"] as ReadonlyArray<string> as readonly [NodeId, NodeId];
const [ann, bob] = [people[0], people[1]];
const [a, b] = [1, 2] as ReadonlyArray<number> as readonly [ClientId, ClientId];

const joining = (client: ClientId, { user, name }: typeof ann): Event => ({
  ...{ kind: "JoinRequested", at, client, id: 2, roomId: "r" as RoomId, userId: user, userName: name, text: "" },
  create: {
    room: { id: "r" as RoomId, name: "Room", hostId: user },
    policy: { listed: true, lobby: false, capacity: 9, withoutHost: "promote" },
  },
});
const closes = (effects: ReadonlyArray<Effect>) => effects.filter(({ kind }) => kind === "Close");
const lateAt = (at + 60_000) as Millis;

test("a node that was given up closes all of its clients with 1012, those whose session has ended with it, too", () => {
  const node = new Node(own, true);
  node.comes({ kind: "StartNode", at, node: other, settings: defaultSettings, joins: true }, other);
  node.happens(greeted(a, "s1", ann));
  node.happens(joining(a, ann));
  node.answer();
  node.happens({ kind: "LeaveRequested", at, client: a, id: 3, roomId: "r" as RoomId, userId: ann.user, text: "" });
  node.answer();
  const effects = node.comes({ kind: "SuspectNode", at: lateAt, node: own, renewedAt: at }, other);
  expect(closes(effects)).toMatchObject([{ to: { kind: "Everyone" }, code: 1012 }]);
  // As a new one it begins with an entry, and nothing of the one before counts.
  const [start] = node.happens({ kind: "LogRecovered", at: lateAt, node: "node-3" as NodeId });
  expect(start).toMatchObject({ kind: "Append", entry: { kind: "StartNode", node: "node-3", joins: true } });
});

test("a session that is resumed or ended at another node has no client here any more; a node that is there already stays", () => {
  const node = new Node(own, true);
  node.comes({ kind: "StartNode", at, node: other, settings: defaultSettings, joins: true }, other);
  expect(closes(node.comes({ kind: "SuspectNode", at: lateAt, node: own, renewedAt: 5 as Millis }, other))).toEqual([]);
  for (const [client, session, person] of [
    [a, "s1", ann],
    [b, "s2", bob],
  ] as const) {
    node.happens(greeted(client, session, person));
    node.happens(joining(client, person));
    node.answer();
  }
  const [first, second] = Table.values(node.state.shared.sessions);
  if (first === undefined || second === undefined) throw new Error("no sessions");
  const by = {
    client: 9 as ClientId,
    node: { _tag: "Some", value: other },
    session: first.id,
    id: 1,
    seen: 0,
  } as const;
  const resumed = {
    kind: "ResumeSession",
    at,
    session: first.id,
    generation: first.generation,
    user: ann.user,
    by,
  } as const;
  expect(closes(node.comes(resumed, other))).toMatchObject([{ to: { client: a }, code: 3501 }]);
  const ended = { kind: "EndSession", at, session: second.id, generation: second.generation } as const;
  expect(closes(node.comes(ended, other))).toMatchObject([{ to: { client: b }, code: 3501 }]);
});

test("what another node forwards of a socket that has lost its session since is dropped", () => {
  const node = new Node(own, true);
  node.comes({ kind: "StartNode", at, node: other, settings: defaultSettings, joins: true }, other);
  node.happens(greeted(a, "s1", ann));
  node.happens(joining(a, ann));
  node.answer();
  const session = "s1" as never;
  const request = { kind: "MessageRequested", at, client: b, roomId: "r" as RoomId, to: ann.user, text: "1" } as const;
  const by = { session, dialect: "signalbox.v1" as never, user: bob.user };
  const forwarded = { kind: "Forwarded", at, from: other, about: "sessions", request, asked: 1 } as const;
  expect(node.happens({ ...forwarded, by: { ...by, generation: 7 } })).toEqual([]);
  // Of somebody who is not in the room: refused, and the sender's node is told.
  const told = node.happens({ ...forwarded, by: { ...by, session: "s9" as never, generation: 1 } });
  expect(told).toMatchObject([{ kind: "Reply", to: other, asked: 1, answer: { refusal: { code: "not-in-room" } } }]);
});

/** This node, with Ann, and another one, with Bob, both in a room; `mine` is what has been appended here since. */
const both = () => {
  const [here, there] = [new Node(own, true), new Node(other, true)];
  const start = (node: NodeId) => ({ kind: "StartNode", at, node, settings: defaultSettings, joins: true }) as const;
  here.comes(start(other), other);
  there.comes(start(own), own);
  here.happens(greeted(a, "s1", ann));
  there.happens(greeted(b, "s2", bob));
  for (const [from, to, event] of [
    [here, there, joining(a, ann)],
    [there, here, joining(b, bob)],
  ] as const) {
    from.happens(event);
    for (const entry of from.waiting.splice(0)) {
      from.comes(entry, from.id);
      to.comes(entry, from.id);
    }
  }
  return { here, there };
};
const roomId = "r" as RoomId;
const offer = (client: ClientId, id: number, to: string, negotiation = id): Event => ({
  ...{
    kind: "SignalRequested",
    at,
    client,
    id,
    roomId,
    to: to as typeof ann.user,
    signal: "offer",
    negotiation,
    text: "{}",
  },
});
/** What a node forwards, as it arrives at the other. */
const arrived = (effects: ReadonlyArray<Effect>, from: NodeId): ReadonlyArray<Event> =>
  effects.flatMap((effect): ReadonlyArray<Event> => {
    if (effect.kind === "Reply") return [{ kind: "Replied", at, asked: effect.asked, answer: effect.answer }];
    if (effect.kind !== "Forward") return [];
    return [
      {
        kind: "Forwarded",
        at,
        from,
        about: effect.to === "subscribers" ? "subscribers" : "sessions",
        ...effect.message,
      },
    ];
  });
const results = (effects: ReadonlyArray<Effect>) =>
  effects.flatMap((effect) =>
    effect.kind === "Send" && effect.message.kind === "Personal" ? [effect.message.about] : [],
  );

test("a signal for somebody at another node goes there, and its sender is told what that node says, once", () => {
  const { here, there } = both();
  const [forwarded] = arrived(here.happens(offer(a, 3, bob.user)), own);
  if (forwarded === undefined) throw new Error("nothing was forwarded");
  const [reply] = arrived(there.happens(forwarded), other);
  if (reply === undefined) throw new Error("nothing was replied");
  expect(results(here.happens(reply))).toEqual([{ kind: "Result", id: 3, outcome: "delivered" }]);
  expect(here.happens(reply)).toEqual([]);
  // The same again is stale there, too, and both offers cross there as they do here.
  expect(there.happens(forwarded)).toMatchObject([{ kind: "Reply", answer: { refusal: { code: "stale" } } }]);
  const crossing = there.happens(offer(b, 3, ann.user, 9));
  expect(results(crossing)).toContainEqual({ kind: "Crossing", room: roomId, other: ann.user, polite: bob.user });
  for (const event of arrived(crossing, other))
    expect(results(here.happens(event))).toContainEqual(expect.objectContaining({ kind: "Crossing", other: bob.user }));
  // To nobody, and from nobody.
  if (forwarded.kind !== "Forwarded" || forwarded.request.kind !== "SignalRequested") throw new Error("no signal");
  const { request } = forwarded;
  const without = (more: object) => there.happens({ ...forwarded, ...more } as Event);
  expect(without({ request: { ...request, to: "nobody" } })).toMatchObject([
    { kind: "Reply", answer: { refusal: { code: "no-such-participant" } } },
  ]);
  expect(without({ by: { ...forwarded.by, session: "s9", user: "nobody" } })).toMatchObject([
    { kind: "Reply", answer: { refusal: { code: "not-in-room" } } },
  ]);
  const { user: _, ...nobody } = forwarded.by;
  expect(without({ by: nobody })).toEqual([]);
});

test("an answer that does not come is given up, and a message for all, or for nobody there, waits for none", () => {
  const { here, there } = both();
  here.happens(offer(a, 3, bob.user));
  here.happens({ ...offer(a, 4, bob.user), at: (at + 1_000) as Millis });
  const givenUp = (ms: number) => results(here.happens({ kind: "ClockTicked", at: (at + ms) as Millis }));
  expect(givenUp(1_999)).toEqual([]);
  expect(givenUp(2_000)).toMatchObject([{ kind: "Refused", id: 3, refusal: { code: "unavailable" } }]);
  expect(givenUp(5_000)).toMatchObject([{ kind: "Refused", id: 4, refusal: { code: "unavailable" } }]);
  here.answer();
  const say = (client: ClientId, id: number, to?: typeof ann.user): Event => ({
    ...{ kind: "MessageRequested", at, client, id, roomId, text: "1" },
    ...(to === undefined ? {} : { to }),
  });
  const toAll = here.happens(say(a, 5));
  expect(results(toAll)).toEqual([{ kind: "Result", id: 5 }]);
  for (const event of arrived(toAll, own)) {
    expect(results(there.happens(event))).toMatchObject([{ kind: "Message", from: ann.user, text: "1" }]);
    if (event.kind !== "Forwarded") throw new Error("nothing was forwarded");
    // From Bob, whom nobody else is with there.
    const own = { ...event, by: { ...event.by, session: "s2" as never, user: bob.user }, asked: 7 };
    expect(there.happens(own)).toMatchObject([{ kind: "Reply", answer: { refusal: { code: "no-such-participant" } } }]);
    const toNobody = { ...event, request: { ...event.request, to: "nobody" as never }, asked: 8 } as Event;
    expect(there.happens(toNobody)).toMatchObject([{ kind: "Reply", asked: 8 }]);
  }
  expect(Elsewhere.nodesOf(here.state, ["nobody" as never])).toEqual([]);
  // Without a cluster there is nobody to ask.
  expect(Elsewhere.nodesOf(initial, ["s1" as never])).toEqual([]);
  expect(Cluster.ask(initial, "s1" as never, 1)).toEqual([initial, 0]);
  expect([Cluster.answered(initial, 1), Cluster.unanswered(initial)]).toEqual([undefined, []]);
  const { id: _, ...unnumbered } = offer(a, 6, bob.user) as Event & { readonly id: number };
  expect(arrived(here.happens(unnumbered as Event), own)).toMatchObject([{ asked: 3 }]);
});

test("what dashboards publish goes to the nodes with subscribers, and to the sessions of its addressee", () => {
  const { here, there } = both();
  const cy = 5 as ClientId;
  here.happens(connected(cy, at));
  const channel = "c" as never;
  const publish = (more: object): Event =>
    ({ ...{ kind: "PublishRequested", at, client: cy, channel, type: "t", text: "{}" }, ...more }) as Event;
  const forwards = (event: Event) => here.happens(event).filter(({ kind }) => kind === "Forward");
  expect(forwards(publish({}))).toMatchObject([{ to: "subscribers" }]);
  expect(forwards(publish({ to: bob.user }))).toMatchObject([{ to: "subscribers" }]);
  const signal = { kind: "offer", negotiation: 0 };
  const sent = here.happens(publish({ from: "cy", to: bob.user, signal }));
  expect(sent.filter(({ kind }) => kind === "Forward")).toMatchObject([{ to: "subscribers" }, { to: [other] }]);
  for (const event of arrived(sent, own)) there.happens(event);
});

test("of two nodes that differ, the one that is not the first begins anew; lost entries close everybody", () => {
  for (const [mine, theirs, isOdd] of [
    [own, other, false],
    [other, own, true],
  ] as const) {
    const node = new Node(mine, true);
    node.comes({ kind: "StartNode", at, node: theirs, settings: defaultSettings, joins: true }, theirs);
    const renewed = { kind: "RenewNode", at, node: theirs, clients: 0 } as const;
    node.comes(renewed, theirs);
    const mark = { seq: node.seq, digest: 1 };
    const effects = node.comes({ ...renewed, mark }, theirs);
    expect(effects).toContainEqual({
      kind: "Report",
      fact: { kind: "NodeDisagreed", node: theirs, seq: mark.seq, isOdd },
    });
    expect(closes(node.happens({ kind: "LogLost", at }))).toMatchObject([{ to: { kind: "Everyone" }, code: 1012 }]);
  }
});
