import { jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import * as E from "fp-ts/lib/Either.js";
import { describe, expect, onTestFinished, test } from "vitest";
import { type NatsLog, type NatsOptions, natsLog } from "../../adapters/cluster/nats-log.js";
import type { Logged } from "../../adapters/log/log.js";
import {
  defaultSettings,
  type Event,
  initial,
  isLive,
  type Millis,
  reduce,
  type State,
  sharedSnapshot,
} from "../../core/index.js";
import { conforms, type FragilePlace, marker, upTo } from "../log/conformance.js";
import { until } from "../support/net.js";
import { type Engine, engine, missingEngine } from "./nodes.js";

const missing = missingEngine();

const logIn = (url: string, more: Partial<NatsOptions> = {}) =>
  natsLog({ servers: url, name: "test", replicas: 1, newcomerMs: 0, ...more });

const streamsAt = async (url: string) => {
  const connection = await connect({ servers: url.replace("nats://", "") });
  onTestFinished(() => connection.close());
  return { connection, ...(await jetstreamManager(connection)) };
};

const placeIn = (nats: Engine, name: string): FragilePlace => ({
  open: (snapshotEvery) => logIn(nats.url, { name, ...(snapshotEvery === undefined ? {} : { snapshotEvery }) }),
  fail: async () => {
    await nats.kill();
    return nats.start;
  },
  damage: async () => {
    const { connection } = await streamsAt(nats.url);
    connection.publish(`${name}.log.0`, "{}");
    await connection.flush();
    return { named: "Message 7 of the log has no entries of Signalbox, or is damaged", goesOn: true };
  },
  first: async () => (await (await streamsAt(nats.url)).streams.info(name)).state.first_seq,
});

describe.skipIf(missing)(missing ?? "a log in a stream", () =>
  conforms(async () => {
    const nats = await engine();
    let places = 0;
    return () => {
      places += 1;
      return placeIn(nats, `test-${places}`);
    };
  }, 8),
);

interface Reader {
  readonly log: NatsLog;
  readonly read: Logged[];
  readonly broken: string[];
  readonly restored: Awaited<ReturnType<NatsLog["restore"]>>;
  readonly restoredAt: number;
}

interface ReaderOptions extends Partial<NatsOptions> {
  /** Takes what it reads; given so that it does something with it. */
  readonly appended?: (logged: Logged, log: NatsLog) => void;
}

const readerOf = async (url: string, { appended, ...more }: ReaderOptions = {}): Promise<Reader> => {
  const made = await logIn(url, more)();
  if (E.isLeft(made)) throw new Error(made.left);
  const log = made.right;
  onTestFinished(log.close);
  const read: Logged[] = [];
  const broken: string[] = [];
  const restored = await log.restore();
  const restoredAt = log.lastSeq();
  await log.begin({
    appended: (logged) => {
      read.push(logged);
      appended?.(logged, log);
    },
    broken: (why) => void broken.push(why),
    warn: (sentence) => void broken.push(sentence),
  });
  return { log, read, broken, restored, restoredAt };
};

/** Takes part, with a state of its own. One that is odd takes some entries for others. */
const nodeIn = async (url: string, snapshotEvery: number, wasOdd = false) => {
  let state: State = initial;
  let isOdd = wasOdd;
  const happens = (event: Event, log: NatsLog): void => {
    const [after, effects] = reduce(state, event);
    state = after;
    for (const effect of effects) if (effect.kind === "Append") log.append(effect.entry);
  };
  const at = 1 as Millis;
  const { log, read, broken } = await readerOf(url, {
    snapshotEvery,
    appended: (logged, own) => {
      const { entry } = logged;
      const taken = isOdd && entry.kind === "RenewNode" ? { ...entry, clients: 999 } : entry;
      happens({ kind: "Appended", ...logged, entry: taken, at: entry.at }, own);
      own.applied(logged.seq, state);
    },
  });
  happens({ kind: "ServerStarted", at, settings: defaultSettings, node: log.node(), cluster: { digest: 0 } }, log);
  await until(() => isLive(state.shared, log.node()));
  return {
    ...{ log, read, broken },
    say: (clients: number) => log.append({ kind: "RenewNode", at, node: log.node(), clients }),
    stop: () => log.append({ kind: "StopNode", at, node: log.node() }),
    becomeOdd: () => {
      isOdd = true;
    },
    state: () => state,
  };
};

/** Three nodes, the first of which writes the snapshots, and what the log and its snapshots have. */
const three = async (snapshotEvery: number) => {
  const { url } = await engine();
  const { streams } = await streamsAt(url);
  const made = [await nodeIn(url, snapshotEvery), await nodeIn(url, snapshotEvery), await nodeIn(url, snapshotEvery)];
  const nodes = made.toSorted((a, b) => (a.log.node() < b.log.node() ? -1 : 1));
  /** Entries come one at a time, until there are so many. A node that was stopped hears of them, too. */
  const goTo = async (count: number, from = nodes[2]): Promise<void> => {
    while (nodes.some(({ read }) => read.length < count)) {
      const { length } = nodes[0]?.read ?? [];
      from?.say(length);
      await until(() => nodes.every(({ read }) => read.length === length + 1));
      // Whoever writes a snapshot has time for it.
      if ((length + 1) % snapshotEvery === 0) await new Promise((resolve) => setTimeout(resolve, 150));
    }
  };
  const firstSeq = async () => (await streams.info("test")).state.first_seq;
  return { url, nodes, streams, goTo, firstSeq };
};

/** On a busy machine, those who know have begun within it. */
const newcomerMs = 4_000;

const entry = marker;
const generations = (read: ReadonlyArray<Logged>) =>
  read.map(({ entry: it }) => (it.kind === "EndSession" ? it.generation : -1));

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

  test("a message that the engine has stored twice counts once, also for whoever begins with a snapshot after the first", async () => {
    const { url } = await engine();
    const { connection, streams } = await streamsAt(url);
    const node = await nodeIn(url, 3);
    for (const n of upTo(2)) {
      node.say(n);
      await until(() => node.read.length === n + 1);
    }
    await until(async () => (await streams.info("test_snapshots")).state.last_seq === 4);
    const stored = await streams.getMessage("test", { seq: 3 });
    connection.publish("test.log.0", stored?.data);
    await connection.flush();
    for (const n of [3, 4]) node.say(n);
    await until(() => node.read.length === 5);
    const late = await readerOf(url);
    expect(late.restoredAt).toBe(3);
    await until(() => late.read.length === 2);
    expect(late.read).toEqual(node.read.slice(3));
  });

  test("a newcomer reads the last snapshot that most have confirmed, and what came after it", async () => {
    const { url, nodes, streams, goTo, firstSeq } = await three(10);
    await goTo(35);
    const late = await readerOf(url);
    expect(late).toMatchObject({ restoredAt: 30, restored: { shared: { settings: defaultSettings } } });
    await until(() => late.read.length === 5);
    expect(late.read).toEqual(nodes[0]?.read.slice(30));
    // From the last entry of the snapshot before the last on.
    expect(await firstSeq()).toBe(20);
    // Of each of the two a part, an end, and what three nodes say about it.
    expect((await streams.info("test_snapshots")).state.messages).toBe(10);
  });

  test("a snapshot of a node that differs is no start for a newcomer, and nothing is deleted before it", async () => {
    const { url, nodes, goTo, firstSeq } = await three(10);
    const [odd, second] = nodes;
    await goTo(15);
    odd?.becomeOdd();
    await goTo(35);
    // It has written those of 20 and 30.
    const late = await readerOf(url);
    expect(late.restoredAt).toBe(10);
    await until(() => late.read.length === 25);
    expect(late.read).toEqual(second?.read.slice(10));
    expect(await firstSeq()).toBe(10);
    odd?.stop();
    await until(() => nodes.every(({ read }) => read.length === 36));
    await goTo(45);
    const later = await readerOf(url);
    expect(later.restoredAt).toBe(40);
    expect(JSON.stringify(later.restored.shared)).not.toContain("999");
    expect(await firstSeq()).toBe(10);
    await goTo(50);
    expect(await firstSeq()).toBe(40);
  });

  test("one of two that differ confirms nothing, and neither does a node that comes later", async () => {
    const { url, nodes, goTo, firstSeq } = await three(10);
    const [odd, other, third] = nodes;
    third?.stop();
    await until(() => nodes.every(({ read }) => read.length === 4));
    odd?.becomeOdd();
    await goTo(25, other);
    expect((await readerOf(url)).restoredAt).toBe(0);
    // It comes to the same as the odd one, from the beginning, and was not there.
    await nodeIn(url, 10, true);
    expect((await readerOf(url)).restoredAt).toBe(0);
    expect(await firstSeq()).toBe(1);
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
    const nats = await engine();
    const { url } = nats;
    const { streams } = await streamsAt(url);
    const { read, broken, say } = await nodeIn(url, 3);
    // A snapshot that is due while the last is still being written is left out.
    const pause = () => new Promise((resolve) => setTimeout(resolve, 100));
    for (const n of upTo(8)) {
      say(n);
      await until(() => read.length === n + 1);
      await pause();
    }
    await until(async () => (await streams.info("test")).state.first_seq === 6);
    await nats.kill();
    await nats.startWithout("test");
    const other = await nodeIn(url, 3);
    expect(other.read.length).toBe(1);
    for (const n of upTo(10)) {
      other.say(n);
      await until(() => other.read.length === n + 1, 10_000);
      await pause();
    }
    await until(() => broken.length > 0, 15_000);
    expect(broken).toEqual([expect.stringMatching(/it ends with message|its last message is not the one/)]);
    expect(read.length).toBe(9);
    // Snapshots are written again, though those of the other log had higher numbers.
    const late = await readerOf(url);
    expect(late.restoredAt).toBe(9);
    await until(() => late.read.length === 2);
  });

  test("a log that is lost begins anew with what the first says, and all begin with that", async () => {
    const { url, nodes, streams, goTo } = await three(10);
    await goTo(15);
    const [one] = nodes;
    const before = one === undefined ? undefined : sharedSnapshot(one.state().shared);
    await streams.delete("test");
    await until(() => nodes.every(({ broken }) => broken.length > 0), 10_000);
    const newcomer = readerOf(url, { newcomerMs });
    const restored = await Promise.all(nodes.map(({ log, state }) => log.restore(state())));
    for (const it of restored) expect(it).toEqual(restored[0]);
    expect(restored[0]?.shared).toEqual(before);
    expect((await newcomer).restored).toEqual(restored[0]);
    expect((await newcomer).restoredAt).toBe(15);
  });

  test("whoever is the first to say what an empty log begins with, all begin with the same", async () => {
    const { url, nodes, streams, goTo } = await three(10);
    await goTo(5);
    const begin = async (known?: State) => {
      const made = await logIn(url)();
      if (E.isLeft(made)) throw new Error(made.left);
      const log = made.right;
      onTestFinished(log.close);
      for (;;) {
        const restored = await log.restore(known);
        let isBroken = false;
        const broken = (): void => {
          isBroken = true;
        };
        await log.begin({ appended: () => {}, broken, warn: () => {} });
        if (!isBroken) return restored;
      }
    };
    for (let round = 0; round < 5; round += 1) {
      await streams.delete("test");
      // Two that know nothing, and do not wait, among three that do.
      const all = await Promise.all([begin(), begin(), ...nodes.map(({ state }) => begin(state()))]);
      for (const it of all) expect(it).toEqual(all[0]);
    }
  });

  test("a node that finds no snapshot says so and waits for the next, or for a log that begins anew", async () => {
    const { url, nodes, streams, goTo } = await three(10);
    await goTo(15);
    const begin = async () => {
      const made = await logIn(url, { newcomerMs })();
      if (E.isLeft(made)) throw new Error(made.left);
      const log = made.right;
      onTestFinished(log.close);
      const restored = log.restore();
      await until(() => log.status().error?.includes('its snapshots are lost. Delete the stream "test"') === true);
      return { log, restored };
    };
    await streams.delete("test_snapshots");
    const waiting = await begin();
    await goTo(25);
    expect((await waiting.restored).shared).toBeDefined();
    expect(waiting.log.lastSeq()).toBe(20);
    await streams.delete("test_snapshots");
    const again = await begin();
    // However long it has waited: what an empty log begins with, it leaves to those who know.
    await new Promise((resolve) => setTimeout(resolve, newcomerMs + 200));
    await streams.delete("test");
    const [one] = nodes;
    await until(() => one?.broken.length === 1, 10_000);
    await new Promise((resolve) => setTimeout(resolve, 400));
    await one?.log.restore(one.state());
    await again.restored;
    expect(again.log.lastSeq()).toBe(25);
  });
});
