import fc from "fast-check";
import * as E from "fp-ts/lib/Either.js";
import * as O from "fp-ts/lib/Option.js";
import type * as TE from "fp-ts/lib/TaskEither.js";
import { expect, onTestFinished, test } from "vitest";
import type { Log, Logged, Restored } from "../../adapters/log/log.js";
import {
  apply,
  defaultSettings,
  type Entry,
  initial,
  initialShared,
  type Millis,
  type SessionId,
  type Shared,
  type State,
  sharedOf,
  sharedSnapshot,
} from "../../core/index.js";
import * as Cluster from "../../core/local/cluster.js";
import { withLog } from "../support/logged-run.js";
import { until } from "../support/net.js";
import { anyMixedRun } from "../support/v1-world.js";

/** A place where a log can be opened. */
export interface Place<L extends Log = Log> {
  /** Opens the log that is there, with a snapshot after so many entries. */
  readonly open: (snapshotEvery?: number) => TE.TaskEither<string, L>;
}

/** A place of which the test knows how to do harm to it. */
export interface FragilePlace extends Place {
  /** From now on nothing can be appended to the open log, which has appended nothing yet. Returned: makes it well again. */
  readonly fail: () => Promise<() => Promise<void>>;
  /** Damages the log, which is not open. Returned: what has to be named, and whether the log goes on without it. */
  readonly damage: () => Promise<{ readonly named: string; readonly goesOn: boolean }>;
  /** The number of the first entry that is still kept. */
  readonly first: () => Promise<number>;
}

export interface Opened<L extends Log = Log> {
  readonly log: L;
  readonly restored: Awaited<ReturnType<L["restore"]>>;
  /** What has come back so far. */
  readonly appended: ReadonlyArray<Logged>;
  /** What the operator is told. */
  readonly failures: ReadonlyArray<string>;
  /** What the entries so far have made. */
  readonly shared: () => Shared;
}

/** An open log. What comes back is applied at once, from what was restored on. */
export const opened = async <L extends Log>(place: Place<L>, snapshotEvery?: number): Promise<Opened<L>> => {
  const found = await place.open(snapshotEvery)();
  if (E.isLeft(found)) throw new Error(found.left);
  const log = found.right;
  const appended: Logged[] = [];
  const failures: string[] = [];
  const restored = await log.restore();
  let shared = begunWith(restored);
  const take = ({ seq, entry }: Logged): void => {
    [shared] = apply(shared, entry);
    log.applied(seq, stateOf(log, seq, shared));
  };
  for (const logged of restored.tail) take(logged);
  await log.begin({
    appended: (logged) => {
      appended.push(logged);
      take(logged);
    },
    failed: (why) => failures.push(why),
    recovered: () => failures.push("recovered"),
    broken: (why) => failures.push(why),
    warn: (sentence) => failures.push(sentence),
  });
  return { log, restored: restored as Awaited<ReturnType<L["restore"]>>, appended, failures, shared: () => shared };
};

const begunWith = ({ shared }: Restored): Shared =>
  shared === undefined ? initialShared(defaultSettings) : sharedOf(shared);

/** The shared half that a log begins with. */
export const restoredBy = (restored: Restored): Shared =>
  restored.tail.reduce((before, { entry }) => apply(before, entry)[0], begunWith(restored));

/** The state of a node that has applied so much. Its digest is one of the place alone: it has no other node to differ from. */
export const stateOf = (log: Log, seq: number, shared: Shared, digest = seq): State => {
  const cluster = O.some(Cluster.begin(0 as Millis, digest));
  const ordering = { ...initial.local.ordering, node: O.some(log.node()), cluster };
  return { ...initial, shared, local: { ...initial.local, ordering } };
};

/** The entries of some run. */
export const anyEntries: fc.Arbitrary<ReadonlyArray<Entry>> = anyMixedRun().map((run) =>
  withLog(run).flatMap((event) => (event.kind === "Appended" ? [event.entry] : [])),
);

/** Without those that say which nodes there are. */
const anyRequests = anyEntries.map((entries) => entries.filter(({ kind }) => kind !== "StartNode"));

/** An entry that can be told from others, and changes nothing. */
export const marker = (n: number): Entry => ({
  ...{ kind: "EndSession", at: 1 as Millis },
  ...{ session: `session-${n}` as SessionId, generation: n },
});

export const upTo = (n: number): ReadonlyArray<number> => Array.from({ length: n }, (_, i) => i + 1);

const timeless = ({ seq, entry: { at: _, ...entry } }: Logged) => ({ seq, entry });
/** The log may have a time of its own. */
const expected = (entries: ReadonlyArray<Entry>, before = 0) =>
  entries.map((entry, i) => timeless({ seq: before + i + 1, entry } as Logged));

const startOf = (log: Log): Entry => ({
  ...{ kind: "StartNode", at: 1 as Millis, node: log.node() },
  ...{ settings: defaultSettings, joins: true },
});

/** Opened, and read to its end. Checked: its numbers go on after so many entries. */
const reopened = async (place: Place, count: number, snapshotEvery?: number): Promise<Opened> => {
  const again = await opened(place, snapshotEvery);
  again.log.append(startOf(again.log));
  await until(() => again.appended.some(({ node }) => node === again.log.node()));
  expect(again.appended.at(-1)?.seq).toBe(count + 1);
  return again;
};

const ended = async ({ log, appended }: Opened): Promise<void> => {
  log.append({ kind: "StopNode", at: 1 as Millis, node: log.node() });
  await until(() => appended.at(-1)?.entry.kind === "StopNode");
  await log.close();
};

/** What every log does, wherever it keeps its entries. `places`: gives a new place each time; it is called once in each test. */
export const conforms = (places: () => Promise<() => FragilePlace>, numRuns = 15): void => {
  test("law: what is appended comes back once, in its order, numbered without a gap, and is there when the log is opened again", async () => {
    const newPlace = await places();
    await fc.assert(
      fc.asyncProperty(anyEntries, fc.nat(9), async (entries, pause) => {
        const place = newPlace();
        const first = await opened(place);
        for (const [i, entry] of entries.entries()) {
          first.log.append(entry);
          if (i % (pause + 1) === pause) await new Promise(setImmediate);
        }
        await until(() => first.appended.length === entries.length);
        expect(first.appended.map(timeless)).toEqual(expected(entries));
        expect(new Set(first.appended.map(({ node }) => node))).toEqual(
          new Set(entries.length === 0 ? [] : [first.log.node()]),
        );
        await first.log.close();
        const second = await opened(place);
        await until(() => second.restored.shared !== undefined || readBy(second) === entries.length);
        expect(sharedSnapshot(second.shared())).toEqual(sharedSnapshot(first.shared()));
        expect(second.log.node()).not.toBe(first.log.node());
        await second.log.close();
      }),
      { numRuns },
    );
  });

  test("law: snapshots change nothing, however often they are taken, and the log goes on after them", async () => {
    const newPlace = await places();
    await fc.assert(
      fc.asyncProperty(anyRequests, fc.integer({ min: 1, max: 20 }), fc.nat(40), async (entries, every, cut) => {
        const place = newPlace();
        let [shared, count] = [initialShared(defaultSettings), 0];
        for (const some of [entries.slice(0, cut), entries.slice(cut), []]) {
          const now = await reopened(place, count, every);
          // The same as if nobody had stopped: only the start has come since.
          const start = now.appended.at(-1)?.entry;
          if (start === undefined) throw new Error("no start");
          expect(sharedSnapshot(now.shared())).toEqual(sharedSnapshot(apply(shared, start)[0]));
          for (const entry of some) {
            now.log.append(entry);
            await new Promise(setImmediate);
          }
          await ended(now);
          shared = now.shared();
          count += some.length + 2;
        }
      }),
      { numRuns },
    );
  });

  test("law: whatever is appended before and after a stop counts once, under the next number", async () => {
    const newPlace = await places();
    const anyRounds = fc.array(fc.nat(12), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(anyRounds, fc.integer({ min: 2, max: 9 }), async (rounds, every) => {
        const place = newPlace();
        let count = 0;
        for (const length of rounds) {
          const now = await reopened(place, count, every);
          const some = upTo(length).map((n) => marker(count + n));
          for (const entry of some) now.log.append(entry);
          // Nobody waits for it: a stop writes what there is. What comes later is nobody's.
          await now.log.close();
          now.log.append(marker(0));
          expect(now.log.status()).toMatchObject({ entriesWritten: length + 1, entriesWaiting: 0 });
          count += length + 1;
        }
        const last = await opened(place);
        last.log.append(startOf(last.log));
        await until(() => last.appended.at(-1)?.node === last.log.node());
        expect(last.appended.at(-1)?.seq).toBe(count + 1);
        const seqs = [...last.restored.tail, ...last.appended].map(({ seq }) => seq);
        expect(seqs).toEqual(upTo(count + 1).slice(-seqs.length));
        await last.log.close();
      }),
      { numRuns },
    );
  });

  test("while nothing can be appended it waits, the status says why, and then it comes back once", async () => {
    const place = (await places())();
    const before = await reopened(place, 0);
    await ended(before);
    const now = await opened(place);
    const { log, appended } = now;
    await until(() => now.restored.shared !== undefined || readBy(now) === 2);
    const mend = await place.fail();
    const former = appended.length;
    for (const n of upTo(5)) log.append(marker(n));
    await until(() => log.status().state === "failing", 10_000);
    expect(log.status()).toMatchObject({ error: expect.stringMatching(/./), entriesWritten: 0, entriesWaiting: 5 });
    expect(appended.length).toBe(former);
    await mend();
    for (const n of upTo(5)) log.append(marker(5 + n));
    await until(() => appended.length === former + 10, 15_000);
    await until(() => log.status().state === "on");
    expect(log.status()).toMatchObject({ entriesWritten: 10, entriesWaiting: 0 });
    expect(log.status()).not.toHaveProperty("error");
    expect(appended.slice(former).map(timeless)).toEqual(expected(upTo(10).map(marker), 2));
    await log.close();
  }, 60_000);

  test("what is damaged is named, and is taken for nothing else", async () => {
    const place = (await places())();
    const { log, appended } = await opened(place);
    for (const n of upTo(6)) {
      log.append(marker(n));
      await until(() => appended.length === n);
    }
    await log.close();
    const { named, goesOn } = await place.damage();
    const found = await place.open()();
    if (E.isLeft(found)) return void expect(found.left).toContain(named);
    onTestFinished(found.right.close);
    const [told, read]: [string[], number[]] = [[], []];
    await found.right.restore();
    await found.right.begin({
      ...{ appended: ({ seq }) => read.push(seq), broken: (why) => told.push(why), warn: (why) => told.push(why) },
      ...{ failed: () => {}, recovered: () => {} },
    });
    await until(() => told.length > 0);
    found.right.append(marker(7));
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(told).toEqual([expect.stringContaining(named)]);
    expect(read).toEqual(upTo(goesOn ? 7 : 6));
  });

  test("the log is cut before a snapshot, which takes the place of what is gone", async () => {
    const place = (await places())();
    const { log, appended, shared } = await opened(place, 10);
    log.append(startOf(log));
    for (const n of upTo(44)) {
      log.append(marker(n));
      await until(() => appended.length === n + 1);
      // As slowly as a snapshot is written.
      if (n % 10 === 9) await new Promise((resolve) => setTimeout(resolve, 100));
    }
    await until(async () => (await place.first()) >= 20);
    expect(await place.first()).toBeLessThanOrEqual(41);
    const expectedShared = sharedSnapshot(shared());
    await log.close();
    const again = await opened(place);
    expect(again.restored.shared).toBeDefined();
    await until(() => again.restored.tail.length + again.appended.length <= 24);
    expect(sharedSnapshot(again.shared())).toEqual(expectedShared);
    again.log.append(marker(99));
    await until(() => again.appended.at(-1)?.seq === 46);
    await again.log.close();
  });
};

const readBy = ({ restored, appended }: Opened): number => restored.tail.length + appended.length;
