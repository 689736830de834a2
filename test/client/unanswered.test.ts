import { describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import type { Room, SignalboxError } from "../../adapters/client/index.js";
import { engine, missingEngine, type Node, nodeOf } from "../cluster/nodes.js";
import { lineTo } from "../examples/site.js";
import { person, until } from "./people.js";

const missing = missingEngine();

const isConnected = (room: Room): boolean => room.others.length === 1 && room.others.every(({ canSend }) => canSend);
const urlOf = ({ port }: Node): string => `ws://127.0.0.1:${port}/ws`;
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Sockets of a client that do something right before its first signal of a kind goes out. */
const before = (kind: string, act: () => void): typeof WebSocket => {
  let hasActed = false;
  return class extends WebSocket {
    override send(text: string): void {
      if (!hasActed && text.includes(`"kind":"${kind}"`)) {
        hasActed = true;
        act();
      }
      super.send(text);
    }
  };
};

/**
 * Bob is there, at a node with a line of its own to NATS, and Ann comes at another one, and offers. Right before a signal something
 * happens to Bob's node; it is `mended` `afterMs` later. Returned: how long after that the two were connected.
 */
const connectedAfter = async (
  kind: "offer" | "answer",
  afterMs: number,
  trouble: (
    bobs: Node,
    line: Awaited<ReturnType<typeof lineTo>>,
  ) => { readonly begin: () => void; readonly end: () => void },
): Promise<number> => {
  const nats = await engine();
  const line = await lineTo({ port: Number(new URL(nats.url).port) });
  const [one, two] = [await nodeOf(nats), await nodeOf({ url: `nats://127.0.0.1:${line.port}` })];
  const { begin, end } = trouble(two, line);
  let mendedAt: number | undefined;
  const Socket = before(kind, () => {
    begin();
    setTimeout(() => {
      end();
      mendedAt = performance.now();
    }, afterMs);
  });
  const bob = await person(urlOf(two), { name: "Bob", ...(kind === "answer" ? { WebSocket: Socket } : {}) });
  const ann = await person(urlOf(one), { name: "Ann", ...(kind === "offer" ? { WebSocket: Socket } : {}) });
  const errors: SignalboxError[] = [];
  for (const it of [ann, bob]) it.on("error", (error) => errors.push(error));
  const open = { data: true, create: { policy: { lobby: false } } };
  const his = await bob.join("r", open);
  const hers = await ann.join("r", open);
  const gaps: unknown[] = [];
  for (const room of [hers, his]) room.on("gap", (gap) => gaps.push(gap));
  await until(() => mendedAt !== undefined && isConnected(hers) && isConnected(his), 40_000);
  const took = performance.now() - (mendedAt ?? 0);
  // What is late, or comes twice, changes nothing.
  await sleep(2_000);
  expect([isConnected(hers), isConnected(his), gaps, errors]).toEqual([true, true, [], []]);
  // It was not given up.
  expect([one.process.out().includes("node-gone"), hers.send("x")]).toEqual([false, 1]);
  return took;
};

describe.skipIf(missing)(missing ?? "a node that does not answer for less than its lease", () => {
  test.each(["offer", "answer"] as const)(
    "the link of a node is cut, and the %s is lost: the two are connected soon after",
    { timeout: 60_000 },
    async (kind) => {
      const took = await connectedAfter(kind, 3_000, (_, { cut, mend }) => ({ begin: cut, end: mend }));
      expect(took).toBeLessThan(8_000);
    },
  );

  test.each(["offer", "answer"] as const)(
    "a node stands still while the %s is sent: it comes late, and the two are connected soon after",
    { timeout: 60_000 },
    async (kind) => {
      const took = await connectedAfter(kind, 3_000, ({ process: { child } }) => ({
        begin: () => child.kill("SIGSTOP"),
        end: () => child.kill("SIGCONT"),
      }));
      expect(took).toBeLessThan(8_000);
    },
  );
});
