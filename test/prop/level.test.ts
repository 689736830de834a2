import fc from "fast-check";
import { expect, test } from "vitest";
import * as Table from "../../core/base/table.js";
import {
  apply,
  type Entry,
  evolve,
  type Fact,
  firstLevel,
  initialShared,
  isLive,
  leaseMs,
  type Millis,
  type NodeId,
  type Shared,
  type SharedFact,
  defaultSettings as settings,
  sharedOf,
  sharedSnapshot,
} from "../../core/index.js";

const nodes = ["a", "b", "c", "d"] as ReadonlyArray<string> as ReadonlyArray<NodeId>;

interface Change {
  readonly kind: "StartNode" | "RenewNode" | "SuspectNode" | "StopNode";
  readonly node: NodeId;
  readonly level: number;
  readonly joins: boolean;
  readonly afterMs: number;
}

const anyChange: fc.Arbitrary<Change> = fc.record({
  kind: fc.constantFrom("StartNode", "StartNode", "RenewNode", "RenewNode", "SuspectNode", "StopNode"),
  node: fc.constantFrom(...nodes),
  level: fc.integer({ min: 1, max: 4 }),
  joins: fc.integer({ min: 0, max: 9 }).map((n) => n > 0),
  afterMs: fc.constantFrom(10, 1_500, 7_000),
});

const entryOf = ({ kind, node, level, joins }: Change, at: Millis, shared: Shared): Entry => {
  switch (kind) {
    case "StartNode":
      return { kind, at, node, settings, joins, level };
    case "RenewNode":
      return { kind, at, node, clients: 0 };
    case "SuspectNode":
      return { kind, at, node, renewedAt: Table.get(shared.nodes, node)?.renewedAt ?? at };
    case "StopNode":
      return { kind, at, node };
  }
};

interface Step {
  readonly before: Shared;
  readonly entry: Entry;
  readonly after: Shared;
  readonly facts: ReadonlyArray<Fact>;
}

/** As a log gives them: what a node asks for that takes no part does not count. */
const run = (changes: ReadonlyArray<Change>): ReadonlyArray<Step> => {
  let at = 1_000_000;
  let before = initialShared(settings);
  return changes.flatMap((change) => {
    at += change.afterMs;
    if (change.kind !== "StartNode" && !isLive(before, change.node)) return [];
    const entry = entryOf(change, at as Millis, before);
    const [after, facts] = apply(before, entry);
    const step = { before, entry, after, facts };
    before = after;
    return [step];
  });
};

const levelsIn = ({ nodes: live }: Shared): ReadonlyArray<number> => Table.values(live).map(({ level }) => level);
const anyChanges = fc.array(anyChange, { minLength: 10, maxLength: 40 });

test("law: the level in force is never lowered, and is raised to what each live node can decide at, to no more and no less", () => {
  let raises = 0;
  fc.assert(
    fc.property(anyChanges, (changes) => {
      for (const { before, entry, after, facts } of run(changes)) {
        expect(after.level).toBeGreaterThanOrEqual(before.level);
        expect(levelsIn(after).filter((level) => level < after.level)).toEqual([]);
        const raised = facts.filter(({ kind }) => kind === "LevelRaised");
        expect(raised).toEqual(after.level === before.level ? [] : [{ kind: "LevelRaised", level: after.level }]);
        if (raised.length > 0) expect(after.level).toBe(Math.min(...levelsIn(after)));
        const isSettled = Table.values(after.nodes).every(({ startedAt }) => entry.at - startedAt >= leaseMs);
        if (entry.kind === "RenewNode" && isSettled) expect(after.level).toBe(Math.min(...levelsIn(after)));
        raises += raised.length;
      }
    }),
    { numRuns: 500 },
  );
  expect(raises).toBeGreaterThan(50);
});

test("law: whoever can decide at the level in force takes part, and nobody else; a refusal changes nothing", () => {
  fc.assert(
    fc.property(anyChanges, (changes) => {
      for (const { before, entry, after, facts } of run(changes)) {
        if (entry.kind !== "StartNode") continue;
        const isRefused = facts.some(({ kind }) => kind === "NodeRefused");
        expect(isRefused).toBe((entry.level ?? firstLevel) < before.level);
        if (isRefused) expect([after, facts.length]).toEqual([before, 1]);
        else expect(isLive(after, entry.node)).toBe(true);
      }
    }),
  );
});

test("law: the facts alone make the level, and so does a snapshot with what comes after it", () => {
  const isShared = (fact: Fact): fact is SharedFact => fact.kind !== "NodeRefused";
  fc.assert(
    fc.property(anyChanges, fc.nat(40), (changes, cut) => {
      const steps = run(changes);
      const last = sharedSnapshot(steps.at(-1)?.after ?? initialShared(settings));
      const facts = steps.flatMap((step) => step.facts).filter(isShared);
      expect(sharedSnapshot(JSON.parse(JSON.stringify(facts)).reduce(evolve, initialShared(settings)))).toEqual(last);
      const there = steps[cut]?.before ?? initialShared(settings);
      const restored = sharedOf(JSON.parse(JSON.stringify(sharedSnapshot(there))));
      const rest = cut < steps.length ? steps.slice(cut) : steps;
      expect(sharedSnapshot(rest.reduce((shared, { entry }) => apply(shared, entry)[0], restored))).toEqual(last);
    }),
  );
});
