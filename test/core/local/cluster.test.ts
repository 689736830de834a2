import { expect, test } from "vitest";
import * as Table from "../../../core/base/table.js";
import {
  type ClientId,
  defaultSettings,
  type Effect,
  type Entry,
  type Event,
  initial,
  type Millis,
  type NodeId,
  type RoomId,
  reduce,
  type State,
} from "../../../core/index.js";
import { greeted, people } from "../../support/v1-world.js";

const at = 1_000_000 as Millis;
const [own, other] = ["node-1", "node-2"] as ReadonlyArray<string> as readonly [NodeId, NodeId];
const [ann, bob] = [people[0], people[1]];
const [a, b] = [1, 2] as ReadonlyArray<number> as readonly [ClientId, ClientId];

/** A node among others. What it appends comes back when `answer` is called. */
class Node {
  state: State = initial;
  effects: ReadonlyArray<Effect> = [];
  waiting: Entry[] = [];
  seq = 0;

  constructor(readonly id: NodeId) {
    this.happens({ kind: "ServerStarted", at, settings: defaultSettings, node: id, cluster: { digest: 0 } });
    this.answer();
  }

  happens(event: Event): ReadonlyArray<Effect> {
    [this.state, this.effects] = reduce(this.state, event);
    for (const effect of this.effects) if (effect.kind === "Append") this.waiting.push(effect.entry);
    return this.effects;
  }

  answer(): void {
    for (const entry of this.waiting.splice(0)) this.comes(entry, this.id);
  }

  comes(entry: Entry, from: NodeId): ReadonlyArray<Effect> {
    this.seq += 1;
    return this.happens({ kind: "Appended", at: Math.max(at, entry.at) as Millis, seq: this.seq, node: from, entry });
  }
}

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
  const node = new Node(own);
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
  const node = new Node(own);
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
  const node = new Node(own);
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
