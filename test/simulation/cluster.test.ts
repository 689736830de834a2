import fc from "fast-check";
import { expect, test } from "vitest";
import { type Act, cluster } from "./cluster.js";

const who = fc.nat(3);
const at = fc.nat(5);
const anyAct: fc.Arbitrary<Act> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom("arrive" as const), who, at }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom("join" as const), who, at, hasLobby: fc.boolean() }) },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constantFrom("signal", "say", "admit", "leave", "lock", "drop"), who, at }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant("wait" as const), ms: fc.constantFrom(100, 300, 2_000, 9_000) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom("stop", "upgrade", "upgrade", "downgrade"), at }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom("kill", "start", "freeze", "cut", "mute", "mend"), at }) },
);

test("law: nodes that have applied the same entries agree, and when nothing is in the way any more, all is well", {
  timeout: 180_000,
}, () => {
  fc.assert(
    fc.property(fc.array(anyAct, { minLength: 10, maxLength: 60 }), (acts) => {
      const world = cluster(4);
      for (const name of [0, 1, 2]) world.start(name);
      world.wait(500);
      for (const act of acts) {
        world.act(act);
        expect(world.broken).toEqual([]);
      }
      world.heal();
      expect(world.broken).toEqual([]);
      expect(world.unlike()).toEqual([]);
      expect(world.disagreed).toEqual([]);
    }),
    { numRuns: 300 },
  );
});

test("a node that decides something differently is noticed within 5 s, by itself and by the others, and begins anew", () => {
  let isPlanted = true;
  const world = cluster(6, (event, name) => {
    const { entry } = event;
    const isTouched = isPlanted && name === 1 && entry.kind === "Request" && entry.request.kind === "JoinRequested";
    return isTouched ? { ...event, entry: { kind: "Expire", at: entry.at } } : event;
  });
  for (const name of [0, 1, 2]) world.start(name);
  world.wait(5_000);
  world.act({ do: "arrive", who: 0, at: 0 });
  world.act({ do: "join", who: 0, at: 0, hasLobby: false });
  const began = world.now();
  world.flow();
  expect(world.broken.length).toBeGreaterThan(0);
  while (!world.disagreed.some(({ isOdd }) => isOdd) && world.now() < began + 5_000) world.wait(100);
  expect(world.disagreed.filter(({ isOdd }) => isOdd)).toMatchObject([{ name: 1 }]);
  expect(new Set(world.disagreed.map(({ name }) => name))).toEqual(new Set([0, 1, 2]));
  isPlanted = false;
  world.heal();
  expect(world.unlike()).toEqual([]);
});
