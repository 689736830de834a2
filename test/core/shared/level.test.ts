import * as O from "fp-ts/lib/Option.js";
import { expect, test } from "vitest";
import * as Table from "../../../core/base/table.js";
import {
  apply,
  type Effect,
  type Entry,
  type Event,
  evolve,
  firstLevel,
  highestLevel,
  initial,
  initialShared,
  invariants,
  isOutdated,
  type Millis,
  type NodeId,
  parseLine,
  reduce,
  type Shared,
  type State,
  defaultSettings as settings,
  sharedOf,
  sharedSnapshot,
} from "../../../core/index.js";

const [a, b, c] = ["node-a", "node-b", "node-c"] as ReadonlyArray<string> as readonly [NodeId, NodeId, NodeId];
const begun = 1_000_000;
/** When all that began at first have been there for as long as a lease. */
const later = begun + 6_000;

const start = (node: NodeId, level?: number, at = begun): Entry => ({
  ...{ kind: "StartNode", at: at as Millis, node, settings, joins: true },
  ...(level === undefined ? {} : { level }),
});
const renew = (node: NodeId, at = later): Entry => ({ kind: "RenewNode", at: at as Millis, node, clients: 0 });
const stop = (node: NodeId, at = later): Entry => ({ kind: "StopNode", at: at as Millis, node });

const after = (...entries: ReadonlyArray<Entry>): Shared =>
  entries.reduce((shared, entry) => apply(shared, entry)[0], initialShared(settings));

test("a level is in force once each node can decide at it, and the last of them has been there as long as a lease", () => {
  const two = [start(a, 2), start(b, 3)];
  expect(after(...two).level).toBe(firstLevel);
  expect(after(...two, renew(a, later - 1)).level).toBe(firstLevel);
  expect(apply(after(...two), renew(a))[1]).toEqual([
    { kind: "NodeRenewed", at: later, node: a, clients: 0 },
    { kind: "LevelRaised", level: 2 },
  ]);
  // Nothing is raised twice.
  expect(apply(after(...two, renew(a)), renew(b))[1]).toHaveLength(1);
  // Where there is no node, nobody can.
  expect(after(renew(a)).level).toBe(firstLevel);
  // Whoever has begun since may not have been the last to.
  expect(after(...two, start(c, 2, later - 1), renew(a)).level).toBe(firstLevel);
});

test("one old node keeps the others at its level until it is gone, and the level is not lowered by anybody", () => {
  const mixed = [start(a), start(b, 2), start(c, 2), renew(b)];
  expect(after(...mixed).level).toBe(firstLevel);
  const raised = after(...mixed, stop(a), renew(b));
  expect(raised.level).toBe(2);
  expect(after(...mixed, stop(a), renew(b), stop(b), stop(c)).level).toBe(2);
});

test("a node that cannot decide at the level in force takes no part, and its renewals create nothing", () => {
  const raised = after(start(b, 2), renew(b));
  for (const old of [start(a), start(a, 1)])
    expect(apply(raised, old)).toEqual([raised, [{ kind: "NodeRefused", node: a, level: 1 }]]);
  expect(apply(raised, start(c, 2))[0].nodes.size).toBe(2);
  expect(evolve(raised, { kind: "NodeRenewed", at: later as Millis, node: a, clients: 1 }).nodes).toEqual(raised.nodes);
});

test("a server alone decides at its own level: at once where nothing is kept, and otherwise after what was kept", () => {
  const [alone] = reduce(initial, { kind: "ServerStarted", at: begun as Millis, settings, level: 2 });
  expect([alone.shared.level, isOutdated(alone)]).toEqual([2, false]);
  const [former] = reduce(initial, { kind: "ServerStarted", at: begun as Millis, settings });
  expect(former.shared.level).toBe(firstLevel);
  const own = { ...start(a, 2), joins: false } as Entry;
  expect(apply(initialShared(settings), own)[1].map(({ kind }) => kind)).toEqual(["NodeStarted", "LevelRaised"]);
});

test("what was written before there were levels is read as of the first", () => {
  const { level: _, nodes, ...written } = sharedSnapshot(after(start(a), renew(a)));
  const before = { ...written, nodes: nodes.map(({ id, renewedAt, clients }) => ({ id, renewedAt, clients })) };
  const read = sharedOf(before);
  expect([read.level, Table.get(read.nodes, a)]).toEqual([
    firstLevel,
    { id: a, renewedAt: later, startedAt: later, clients: 0, level: firstLevel },
  ]);
  const line = { kind: "ServerStarted", at: 1, settings, node: a, restored: before };
  expect(parseLine(JSON.stringify(line))).toEqual({ _tag: "Right", right: line });
});

test("a recording of a version that decides at a higher level is not replayed as if it were of this one", () => {
  const line = (level: number) => JSON.stringify({ kind: "ServerStarted", at: 1, settings, level });
  expect(parseLine(line(highestLevel))._tag).toBe("Right");
  expect(parseLine(line(highestLevel + 1))).toEqual({
    _tag: "Left",
    left: `its version can decide up to level ${highestLevel + 1}, and this build up to ${highestLevel}: use a newer one`,
  });
});

test("the laws of a state tell of a node that takes part and cannot", () => {
  const shared = { ...after(start(a)), level: 2 };
  expect(invariants({ ...initial, shared })).toContain("node node-a takes part at level 2, and can decide up to 1");
});

/** A node of a cluster, and the entries that come to it. */
class Node {
  state: State = initial;
  effects: ReadonlyArray<Effect> = [];
  seq = 0;

  happens(event: Event): this {
    [this.state, this.effects] = reduce(this.state, event);
    return this;
  }

  started(level: number, restored?: Shared): this {
    const more = restored === undefined ? {} : { restored: sharedSnapshot(restored) };
    return this.happens({
      ...{ kind: "ServerStarted", at: begun as Millis, settings, node: a, cluster: { digest: 0 }, level },
      ...more,
    });
  }

  comes(...entries: ReadonlyArray<Entry>): this {
    for (const entry of entries) {
      this.seq += 1;
      const node = "node" in entry ? entry.node : b;
      this.happens({ kind: "Appended", at: entry.at, seq: this.seq, node, entry });
    }
    return this;
  }
}

test("a node that stood still while the others were upgraded decides nothing at their level, and tells nobody of it", () => {
  const node = new Node().started(1).comes(start(a, 1), start(b, 2), renew(a), renew(b));
  expect(isOutdated(node.state)).toBe(false);
  const over = later + 7_000;
  node.comes({ kind: "SuspectNode", at: over as Millis, node: a, renewedAt: later as Millis });
  expect(node.effects).toMatchObject([{ kind: "Report" }, { kind: "Close", to: { kind: "Everyone" }, code: 1012 }]);
  node.comes(renew(b, over));
  expect([node.state.shared.level, isOutdated(node.state)]).toEqual([2, true]);
  expect(node.effects).toContainEqual({ kind: "Report", fact: { kind: "LevelRaised", level: 2 } });
  const { shared } = node.state;
  node.comes(start(c, 2), { ...renew(b, over), mark: { seq: 4, digest: 1 } } as Entry);
  expect([node.state.shared, node.effects]).toEqual([shared, []]);
  // It asks to take part again as what it is, and the others refuse it.
  node.happens({ kind: "LogRecovered", at: over as Millis, node: c });
  expect(node.effects).toMatchObject([{ kind: "Append", entry: { kind: "StartNode", node: c, level: 1 } }]);
});

test("a node that begins with a snapshot of a level at which it cannot decide, decides nothing", () => {
  const raised = after(start(b, 2), renew(b));
  const node = new Node().started(1, raised);
  expect([isOutdated(node.state), O.isSome(node.state.local.ordering.cluster)]).toEqual([true, true]);
  expect(node.effects).toMatchObject([{ kind: "Append", entry: { kind: "StartNode", level: 1 } }]);
  node.comes(start(a, 1), renew(b, later + 1));
  expect([node.state.shared.nodes.size, node.effects]).toEqual([1, []]);
  expect(isOutdated(new Node().started(2, raised).state)).toBe(false);
});

test("where the log was lost during a deploy, the old nodes that come back after a new one take part again", () => {
  const again = after(start(b, 2), renew(b, begun + 10), start(a, 1, begun + 500), renew(b), renew(a, later + 900));
  expect([again.level, again.nodes.size]).toEqual([firstLevel, 2]);
});
