import fc from "fast-check";
import * as E from "fp-ts/lib/Either.js";
import type * as TE from "fp-ts/lib/TaskEither.js";
import { expect, onTestFinished, test } from "vitest";
import type { Log, Logged } from "../../adapters/log/log.js";
import {
  apply,
  defaultSettings,
  type Entry,
  initialShared,
  type Shared,
  sharedOf,
  sharedSnapshot,
} from "../../core/index.js";
import { withLog } from "../support/logged-run.js";
import { until } from "../support/net.js";
import { anyMixedRun } from "../support/v1-world.js";

/** A place where a log is kept. */
export interface Place {
  /** Opens the log that is there, with a snapshot after so many entries. */
  readonly open: (snapshotEvery?: number) => TE.TaskEither<string, Log>;
}

export interface Opened {
  readonly log: Log;
  /** What has come back so far. */
  readonly appended: ReadonlyArray<Logged>;
  readonly failures: ReadonlyArray<string>;
}

/** An open log. What comes back is applied at once, from what was restored on. */
export const opened = async (
  place: Place,
  snapshotEvery?: number,
): Promise<Opened & { readonly shared: () => Shared }> => {
  const found = await place.open(snapshotEvery)();
  if (E.isLeft(found)) throw new Error(found.left);
  const log = found.right;
  const appended: Logged[] = [];
  const failures: string[] = [];
  let shared = restoredBy(log);
  log.begin({
    appended: (logged) => {
      appended.push(logged);
      [shared] = apply(shared, logged.entry);
      log.applied(logged.seq, shared);
    },
    failed: (why) => failures.push(why),
    recovered: () => failures.push("recovered"),
    warn: (sentence) => failures.push(sentence),
  });
  return { log, appended, failures, shared: () => shared };
};

/** The shared half that a log begins with. */
export const restoredBy = ({ restored: { shared, tail } }: Log): Shared =>
  tail.reduce(
    (before, { entry }) => apply(before, entry)[0],
    shared === undefined ? initialShared(defaultSettings) : sharedOf(shared),
  );

/** The entries of some run. */
export const anyEntries: fc.Arbitrary<ReadonlyArray<Entry>> = anyMixedRun().map((run) =>
  withLog(run).flatMap((event) => (event.kind === "Appended" ? [event.entry] : [])),
);

const plain = (logged: ReadonlyArray<Logged>) => logged.map(({ seq, entry }) => ({ seq, entry }));

/** What every log does, wherever it keeps its entries. */
export const conforms = (newPlace: () => Place): void => {
  test("law: what is appended comes back once, in its order, and is there when the log is opened again", async () => {
    await fc.assert(
      fc.asyncProperty(anyEntries, fc.nat(9), async (entries, pause) => {
        const place = newPlace();
        const first = await opened(place);
        for (const [i, entry] of entries.entries()) {
          first.log.append(entry);
          if (i % (pause + 1) === pause) await new Promise(setImmediate);
        }
        await until(() => first.appended.length === entries.length);
        const expected = entries.map((entry, i) => ({ seq: i + 1, entry }));
        expect(plain(first.appended)).toEqual(expected);
        expect(new Set(first.appended.map(({ node }) => node))).toEqual(
          new Set(entries.length === 0 ? [] : [first.log.node]),
        );
        await first.log.close();
        const second = await opened(place);
        expect(sharedSnapshot(second.shared())).toEqual(sharedSnapshot(first.shared()));
        expect(second.log.node).not.toBe(first.log.node);
        await second.log.close();
      }),
      { numRuns: 15 },
    );
  });

  test("law: snapshots change nothing, however often they are taken, and the log goes on after them", async () => {
    await fc.assert(
      fc.asyncProperty(anyEntries, fc.integer({ min: 1, max: 20 }), fc.nat(40), async (entries, every, cut) => {
        const place = newPlace();
        let shared = initialShared(defaultSettings);
        for (const some of [entries.slice(0, cut), entries.slice(cut)]) {
          const { log, appended, shared: after } = await opened(place, every);
          expect(sharedSnapshot(restoredBy(log))).toEqual(sharedSnapshot(shared));
          for (const entry of some) {
            log.append(entry);
            await new Promise(setImmediate);
          }
          await until(() => appended.length === some.length);
          shared = after();
          await log.close();
        }
        const { log } = await opened(place);
        expect(sharedSnapshot(restoredBy(log))).toEqual(sharedSnapshot(shared));
        await log.close();
      }),
      { numRuns: 15 },
    );
  });

  test("a log is open once", async () => {
    const place = newPlace();
    const { log } = await opened(place);
    expect(await place.open()()).toMatchObject({ _tag: "Left" });
    await log.close();
    const again = await opened(place);
    onTestFinished(() => again.log.close());
  });
};
