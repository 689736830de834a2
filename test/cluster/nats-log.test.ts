import { jetstreamManager } from "@nats-io/jetstream";
import * as E from "fp-ts/lib/Either.js";
import { describe, expect, onTestFinished, test } from "vitest";
import { type NatsLog, type NatsOptions, natsLog } from "../../adapters/cluster/nats-log.js";
import type { Snapshot } from "../../adapters/cluster/snapshots.js";
import type { Logged } from "../../adapters/log/log.js";
import { defaultSettings, type Entry, initialShared, type Millis, type SessionId } from "../../core/index.js";
import { until } from "../support/net.js";
import { engine, missingEngine } from "./nodes.js";

const missing = missingEngine();

interface Reader {
  readonly log: NatsLog;
  readonly read: Logged[];
  readonly broken: string[];
  readonly restored: Snapshot | undefined;
}

const readerOf = async (url: string, more: Partial<NatsOptions> = {}): Promise<Reader> => {
  const made = await natsLog({ servers: url, name: "test", replicas: 1, ...more })();
  if (E.isLeft(made)) throw new Error(made.left);
  const log = made.right;
  onTestFinished(log.close);
  const read: Logged[] = [];
  const broken: string[] = [];
  const restored = await log.restore();
  await log.begin({
    appended: (logged) => void read.push(logged),
    broken: (why) => void broken.push(why),
    warn: (sentence) => void broken.push(sentence),
  });
  return { log, read, broken, restored };
};

const entry = (n: number): Entry => ({
  ...{ kind: "EndSession", at: 1 as Millis },
  ...{ session: `session-${n}` as SessionId, generation: n },
});
const generations = (read: ReadonlyArray<Logged>) =>
  read.map(({ entry: it }) => (it.kind === "EndSession" ? it.generation : -1));
const upTo = (n: number) => Array.from({ length: n }, (_, i) => i + 1);

describe.skipIf(missing)(missing ?? "the log of a cluster", () => {
  test("all readers get the entries of all nodes once, in one order, numbered, with times that never run backwards", async () => {
    const { url } = await engine();
    const readers = [await readerOf(url), await readerOf(url), await readerOf(url)];
    for (const n of upTo(200)) readers[n % 3]?.log.append(entry(n));
    await until(() => readers.every(({ read }) => read.length === 200));
    const late = await readerOf(url);
    await until(() => late.read.length === 200);
    for (const { read } of [...readers, late]) expect(read).toEqual(late.read);
    expect(late.read.map(({ seq }) => seq)).toEqual(upTo(200));
    const times = late.read.map(({ entry: { at } }) => at);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    // By the engine's clock, whatever a node has said.
    expect(times[0]).toBeGreaterThan(1_700_000_000_000);
    // Of each node, in its own order.
    for (const node of new Set(late.read.map((it) => it.node))) {
      const own = generations(late.read.filter((it) => it.node === node));
      expect(own).toEqual([...own].sort((a, b) => a - b));
    }
  });

  test("what is appended while the engine is stopped or away is there afterwards, once", async () => {
    const nats = await engine();
    const { log, read } = await readerOf(nats.url);
    log.append(entry(1));
    await until(() => read.length === 1);
    nats.signal("SIGSTOP");
    for (const n of [2, 3]) log.append(entry(n));
    // The engine is asked again and again, and has all of it in its socket when it goes on.
    await new Promise((resolve) => setTimeout(resolve, 5_000));
    nats.signal("SIGCONT");
    await until(() => read.length === 3, 10_000);
    await nats.kill();
    log.append(entry(4));
    await nats.start();
    await until(() => read.length === 4, 10_000);
    log.append(entry(5));
    await until(() => read.length === 5);
    expect(generations(read)).toEqual([1, 2, 3, 4, 5]);
  });

  test("a newcomer reads a snapshot and what came after it; what is before the last two is deleted", async () => {
    const { url } = await engine();
    const shared = initialShared(defaultSettings);
    const { log, read } = await readerOf(url, { snapshotEvery: 10 });
    const { streams } = await jetstreamManager(log.connection);
    for (const n of upTo(35)) {
      log.append(entry(n));
      await until(() => read.length === n);
      log.applied(n, { shared, digest: 1_000 + n, isFirst: true });
      // Each snapshot has a part and an end.
      if (n % 10 === 0) await until(async () => (await streams.info("test_snapshots")).state.last_seq === n / 5);
    }
    let late = await readerOf(url);
    for (const end = Date.now() + 5_000; late.restored?.lastSeq !== 30 && Date.now() < end; late = await readerOf(url));
    expect(late.restored).toMatchObject({ lastSeq: 30, digest: 1_030, shared: { settings: defaultSettings } });
    await until(() => late.read.length === 5);
    expect(late.read.map(({ seq }) => seq)).toEqual([31, 32, 33, 34, 35]);
    expect(late.read).toEqual(read.slice(30));
    // From the last entry of the snapshot before the last on.
    await until(async () => (await streams.info("test")).state.first_seq === 20);
    expect((await streams.info("test_snapshots")).state.messages).toBe(4);
  });

  test("credentials stand in the address, and are not in what the operator is told", async () => {
    const { url } = await engine("--user", "ann", "--pass", "pass/word");
    const reader = await readerOf(url.replace("//", "//ann:pass%2Fword@"));
    reader.log.append(entry(1));
    await until(() => reader.read.length === 1);
    const refused = await natsLog({ servers: url.replace("//", "//ann:wrong@"), name: "test", replicas: 1 })();
    expect(refused).toMatchObject({ left: expect.stringMatching(/^CLUSTER is "nats:\/\/…@127.*Authorization/) });
  });

  test("a log that has lost its end, or is another one, is noticed; a snapshot of a log that is gone is not used", async () => {
    const { url } = await engine();
    const shared = initialShared(defaultSettings);
    const { log, read, broken } = await readerOf(url, { snapshotEvery: 3 });
    for (const n of upTo(4)) {
      log.append(entry(n));
      await until(() => read.length === n);
      log.applied(n, { shared, digest: n, isFirst: true });
    }
    const { streams } = await jetstreamManager(log.connection);
    await until(async () => (await streams.info("test_snapshots")).state.messages === 2);
    await streams.delete("test");
    const other = await readerOf(url);
    expect(other.restored).toBeUndefined();
    for (const n of upTo(9)) other.log.append(entry(100 + n));
    await until(() => other.read.length === 9, 10_000);
    await until(() => broken.length > 0, 15_000);
    expect(read.length).toBe(4);
  });
});
