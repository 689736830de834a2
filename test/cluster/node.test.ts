import fc from "fast-check";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { NatsLog, NatsPorts } from "../../adapters/cluster/nats-log.js";
import { type ClusterNode, clusterNode } from "../../adapters/cluster/node.js";
import {
  defaultSettings,
  type Entry,
  type Event,
  initial,
  type Millis,
  type NodeId,
  reduce,
} from "../../core/index.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A log of one node that does what the test says. */
class StubbedLog {
  ports: NatsPorts | undefined;
  /** The snapshots that are being read. */
  readonly reading: Array<() => void> = [];
  readingMost = 0;
  isRead = false;
  /** Whether what is appended comes back, or is taken and lost. */
  answers = true;
  /** How long what is appended is on its way. */
  delayMs = 1;
  /** What the node knew each time that it began, if it did. */
  readonly known: boolean[] = [];
  error: string | undefined;
  runs = 1;
  seq = 0;
  isClosed = false;

  readonly log: NatsLog = {
    connection: { subscribe: () => ({ unsubscribe: () => {} }), isClosed: () => this.isClosed } as never,
    node: () => `node-${this.runs}` as NodeId,
    restore: (known) =>
      new Promise((resolve) => {
        this.known.push(known !== undefined);
        this.reading.push(() => resolve({ shared: undefined, tail: [], digest: 0 }));
        this.readingMost = Math.max(this.readingMost, this.reading.length);
      }),
    begin: async (ports) => {
      this.ports = ports;
      this.isRead = true;
    },
    stopReading: () => {
      this.isRead = false;
    },
    append: (entry) => this.answers && setTimeout(() => this.comes(entry), this.delayMs),
    newRun: () => {
      this.runs += 1;
      return this.log.node();
    },
    forgetResumes: () => {},
    applied: () => {},
    lastSeq: () => this.seq,
    status: () => ({
      ...({ state: "on", entriesWritten: 0, entriesWaiting: 0 } as const),
      ...(this.error === undefined ? {} : { error: this.error }),
    }),
    close: async () => {
      this.isClosed = true;
    },
  };

  comes(entry: Entry): void {
    if (!this.isRead) return;
    this.seq += 1;
    this.ports?.appended({ seq: this.seq, node: this.log.node(), entry });
  }

  /** The reading of snapshots ends. */
  async restored(): Promise<void> {
    for (const end of this.reading.splice(0)) end();
    await vi.advanceTimersByTimeAsync(10);
  }
}

/** A node with its core: what happens to it, and what the operator is told. */
const begun = async () => {
  const stub = new StubbedLog();
  let state = initial;
  const events: string[] = [];
  const told: string[] = [];
  const dispatch = (event: Event): void => {
    if (event.kind !== "Appended" && event.kind !== "ClockTicked") events.push(event.kind);
    const [after, effects] = reduce(state, event);
    state = after;
    node.observe(event, effects, state);
    for (const effect of effects) if (effect.kind === "Append") node.append(effect.entry);
  };
  const node: ClusterNode = clusterNode(stub.log, {
    ...{ name: "test", settings: defaultSettings, clock: () => Date.now() as Millis },
    ...{ dispatch, state: () => state },
    failed: (why) => told.push(why),
    recovered: () => told.push("recovered"),
    outdated: () => told.push("outdated"),
    warn: () => {},
  });
  const clock = setInterval(() => {
    node.check();
    dispatch({ kind: "ClockTicked", at: node.now() });
  }, 250);
  const joined = node.begin();
  const close = async (): Promise<void> => {
    clearInterval(clock);
    await node.close();
  };
  return { stub, node, events, told, joined, close };
};

test("it joins once its start has come back, and begins anew when the log is not what it was", async () => {
  const { stub, node, events, told, joined, close } = await begun();
  await stub.restored();
  expect(await joined).toBe(true);
  expect(node.status().state).toBe("on");
  stub.ports?.broken("it ends with entry 3");
  expect(told).toEqual(["it ends with entry 3"]);
  expect([node.status().state, stub.isRead]).toEqual(["failing", false]);
  await vi.advanceTimersByTimeAsync(300);
  // Whoever came meanwhile is sent away once more.
  await stub.restored();
  // Until its lease is known to hold, rooms cannot be changed.
  expect(events).toEqual(["ServerStarted", "LogLost", "LogLost", "ServerStarted", "LogFailed", "LogRecovered"]);
  expect(told).toEqual([expect.anything(), "recovered"]);
  expect(node.status().state).toBe("on");
  await close();
});

test("a start that takes longer than the lease is no failure, and no sockets are taken until the lease holds", async () => {
  const { stub, told, joined, close } = await begun();
  stub.delayMs = 5_000;
  let hasJoined = false;
  void joined.then(() => {
    hasJoined = true;
  });
  await stub.restored();
  await vi.advanceTimersByTimeAsync(4_900);
  stub.delayMs = 1;
  await vi.advanceTimersByTimeAsync(150);
  // Its start is back, and was under way for so long that the others may be about to give it up.
  expect([stub.seq > 0, hasJoined]).toEqual([true, false]);
  await vi.advanceTimersByTimeAsync(2_000);
  expect([await joined, told]).toEqual([true, []]);
  await close();
});

test("a log that is lost is begun with what a node knew that had read it to its end, and with nothing by another", async () => {
  const { stub, joined, close } = await begun();
  const { delayMs } = stub;
  stub.delayMs = 60_000;
  await stub.restored();
  stub.ports?.broken("while it reads");
  stub.delayMs = delayMs;
  await vi.advanceTimersByTimeAsync(300);
  await stub.restored();
  expect(await joined).toBe(true);
  stub.ports?.broken("while it serves");
  await vi.advanceTimersByTimeAsync(300);
  expect(stub.known).toEqual([false, false, true]);
  await stub.restored();
  await close();
});

test("without renewals it has failed; when what it appends is lost, it begins anew, and later each time", async () => {
  const { stub, node, told, joined, close } = await begun();
  await stub.restored();
  await joined;
  stub.answers = false;
  await vi.advanceTimersByTimeAsync(6_000);
  expect(told).toEqual(["the log does not answer"]);
  expect([node.status().state, stub.runs]).toEqual(["failing", 1]);
  // As long as the engine does not answer, it is waited for.
  stub.error = "it is not connected";
  await vi.advanceTimersByTimeAsync(60_000);
  expect(stub.runs).toBe(1);
  stub.error = undefined;
  const starts: number[] = [];
  for (let ms = 0; starts.length < 3; ms += 50) {
    await vi.advanceTimersByTimeAsync(50);
    if (stub.reading.length === 0) continue;
    starts.push(ms);
    await stub.restored();
  }
  expect(stub.runs).toBe(4);
  expect(told.slice(1)).toEqual(Array(3).fill("what it has taken does not come back"));
  const [a = 0, b = 0, c = 0] = starts;
  expect(c - b).toBeGreaterThan(b - a);
  stub.answers = true;
  stub.ports?.broken("again");
  await vi.advanceTimersByTimeAsync(5_000);
  await stub.restored();
  expect([told.at(-1), node.status().state]).toEqual(["recovered", "on"]);
  await close();
});

test("law: two starts never overlap, and nothing is begun after the end, whatever happens when", async () => {
  const anySteps = fc.array(fc.constantFrom("broken", "restored", "lost", "answers", "second", "minute"), {
    minLength: 1,
    maxLength: 40,
  });
  await fc.assert(
    fc.asyncProperty(anySteps, async (steps) => {
      const { stub, node, events, close } = await begun();
      for (const step of steps) {
        if (step === "broken") stub.ports?.broken("as the test says");
        if (step === "restored") await stub.restored();
        if (step === "lost") stub.answers = false;
        if (step === "answers") stub.answers = true;
        if (step === "second") await vi.advanceTimersByTimeAsync(1_000);
        if (step === "minute") await vi.advanceTimersByTimeAsync(60_000);
        expect(stub.readingMost).toBeLessThanOrEqual(1);
      }
      // Whatever has happened: it takes part again when the log lets it.
      stub.answers = true;
      for (let i = 0; i < 60; i += 1) {
        await vi.advanceTimersByTimeAsync(1_000);
        await stub.restored();
      }
      expect(node.status().state).toBe("on");
      stub.ports?.broken("at the end");
      await close();
      const { length } = events;
      await vi.advanceTimersByTimeAsync(60_000);
      await stub.restored();
      expect(events.length).toBe(length);
      vi.clearAllTimers();
    }),
    { numRuns: 60 },
  );
}, 60_000);
