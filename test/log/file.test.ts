import { execFileSync } from "node:child_process";
import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import fc from "fast-check";
import * as E from "fp-ts/lib/Either.js";
import { describe, expect, onTestFinished, test } from "vitest";
import { type FileLog, fileLog } from "../../adapters/log/file.js";
import { nameOf } from "../../adapters/log/folder.js";
import { lineOf } from "../../adapters/log/lines.js";
import { apply, defaultSettings, type Entry, initialShared, sharedSnapshot } from "../../core/index.js";
import { until } from "../support/net.js";
import {
  anyEntries,
  conforms,
  type FragilePlace,
  marker,
  opened,
  type Place,
  restoredBy,
  upTo,
} from "./conformance.js";
import { emptyFolder } from "./folder.js";

const placeAt = (path: string): Place<FileLog> => ({
  open: (snapshotEvery) => fileLog({ path, version: "0", ...(snapshotEvery === undefined ? {} : { snapshotEvery }) }),
});

const namesIn = (path: string, kind: string): ReadonlyArray<string> =>
  readdirSync(path).filter((name) => name.startsWith(kind));

/** The files of a log as they are at one moment: what is deleted meanwhile makes it another. */
const copyOf = async (path: string): Promise<string> => {
  const copy = emptyFolder();
  const isCopied = (): boolean => {
    for (const name of readdirSync(copy)) rmSync(join(copy, name));
    const names = readdirSync(path).filter((name) => name !== "lock");
    if (names.some((name) => name.endsWith(".tmp"))) return false;
    for (const name of names) copyFileSync(join(path, name), join(copy, name));
    return true;
  };
  await until(() => {
    try {
      return isCopied();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
      throw error;
    }
  });
  return copy;
};

/** A folder as a process leaves it that ends without a word: with these entries, and no snapshot. */
const leftBehind = async (entries: Parameters<typeof apply>[1][]): Promise<string> => {
  const path = emptyFolder();
  const { log, appended } = await opened(placeAt(path));
  for (const entry of entries) log.append(entry);
  await until(() => appended.length === entries.length);
  const copy = await copyOf(path);
  await log.close();
  return copy;
};

/** Changes a line of a file. */
const change = (path: string, line: number, changed: (text: string) => string): void => {
  const lines = readFileSync(path, "utf8").split("\n");
  writeFileSync(path, lines.map((text, i) => (i === line ? changed(text) : text)).join("\n"));
};

const [sample = []] = fc.sample(
  anyEntries.filter(({ length }) => length > 20),
  { numRuns: 1, seed: 5 },
);

/** The files of entries, by the number of the first that each has. */
const firstsIn = (path: string): ReadonlyArray<number> =>
  namesIn(path, "entries").map((name) => Number(/\d+/.exec(name)?.[0]));

const fragile = (path: string): FragilePlace => ({
  ...placeAt(path),
  fail: async () => {
    const snapshots = namesIn(path, "snapshot").map((name) => Number(/\d+/.exec(name)?.[0]));
    // The file that is to be written next cannot be made.
    const inTheWay = nameOf(path, "entries", Math.max(...snapshots) + 1);
    mkdirSync(inTheWay);
    return async () => rmSync(inTheWay, { recursive: true });
  },
  damage: async () => {
    for (const name of namesIn(path, "snapshot")) change(join(path, name), 0, (text) => text.replace("kind", "kinb"));
    return { named: `${namesIn(path, "snapshot")[0]} in it is damaged`, goesOn: false };
  },
  first: async () => Math.min(...firstsIn(path)),
});

describe("a log in a folder", () => conforms(async () => () => fragile(emptyFolder())));

test("a log is open once", async () => {
  const place = placeAt(emptyFolder());
  const { log } = await opened(place);
  expect(await place.open()()).toMatchObject({ _tag: "Left" });
  await log.close();
  const again = await opened(place);
  onTestFinished(() => again.log.close());
});

test("what cannot be written is told when it begins, and when it is over", async () => {
  const place = fragile(emptyFolder());
  const before = await opened(place);
  before.log.append(sample[0] as Entry);
  await before.log.close();
  const { log, appended, failures } = await opened(place);
  const mend = await place.fail();
  log.append(sample[1] as Entry);
  await until(() => failures.length === 1);
  await mend();
  await until(() => appended.length === 1);
  expect(failures).toEqual([expect.stringContaining("EISDIR"), "recovered"]);
  await log.close();
});

test("after a stop, nothing happens in the folder any more, also where a snapshot was due with the last entry", async () => {
  for (let round = 0; round < 20; round += 1) {
    const path = emptyFolder();
    const { log } = await opened(placeAt(path), 8);
    for (const n of upTo(8)) log.append(marker(n));
    await log.close();
    const files = readdirSync(path).sort();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(readdirSync(path).sort()).toEqual(files);
  }
});

const openedAt = (path: string) => placeAt(path).open()();

const messageAt = async (path: string): Promise<string> => {
  const found = await openedAt(path);
  if (E.isLeft(found)) return found.left;
  await found.right.close();
  throw new Error("it was opened");
};

test("law: cut at any byte, the log is what stood before the cut, and goes on from there", async () => {
  await fc.assert(
    fc.asyncProperty(
      anyEntries.filter(({ length }) => length > 2),
      fc.nat(),
      async (entries, at) => {
        const path = await leftBehind([...entries]);
        const [name = ""] = namesIn(path, "entries");
        const content = readFileSync(join(path, name));
        truncateSync(join(path, name), at % content.length);
        const { log, appended, restored } = await opened(placeAt(path));
        const whole =
          content
            .subarray(0, at % content.length)
            .toString()
            .split("\n").length - 1;
        const kept = Math.max(0, whole - 1);
        expect(restored.tail.map(({ seq }) => seq)).toEqual(Array.from({ length: kept }, (_, i) => i + 1));
        const shared = entries.slice(0, kept).reduce((s, entry) => apply(s, entry)[0], initialShared(defaultSettings));
        expect(sharedSnapshot(restoredBy(restored))).toEqual(sharedSnapshot(shared));
        for (const entry of entries.slice(kept)) log.append(entry);
        await until(() => appended.length === entries.length - kept);
        await log.close();
        const again = await opened(placeAt(path));
        expect(sharedSnapshot(again.shared())).toEqual(
          sharedSnapshot(entries.reduce((s, entry) => apply(s, entry)[0], initialShared(defaultSettings))),
        );
        await again.log.close();
      },
    ),
    { numRuns: 30 },
  );
});

test("law: killed at any moment between groups and snapshots, nothing is missing", async () => {
  const anyBursts = fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(anyEntries, fc.integer({ min: 2, max: 9 }), anyBursts, async (entries, every, bursts) => {
      const path = emptyFolder();
      const { log, appended, shared } = await opened(placeAt(path), every);
      for (let [from, round] = [0, 0]; from < entries.length; round += 1) {
        const to = from + (bursts[round % bursts.length] ?? 1);
        for (const entry of entries.slice(from, to)) log.append(entry);
        from = Math.min(to, entries.length);
        // Some bursts follow while the one before is being written, or a snapshot is.
        if (round % 2 === 0) await new Promise(setImmediate);
        else await until(() => appended.length === from);
        if (round % 4 !== 3) continue;
        const again = await opened(placeAt(await copyOf(path)));
        expect(sharedSnapshot(again.shared())).toEqual(sharedSnapshot(shared()));
        await again.log.close();
      }
      await until(() => appended.length === entries.length);
      await log.close();
    }),
    { numRuns: 25 },
  );
});

describe("a folder that is damaged is refused, with the place", () => {
  test("a bit that has changed in what was on the disk", async () => {
    const path = emptyFolder();
    const { log, appended } = await opened(placeAt(path));
    for (const entry of sample) {
      log.append(entry);
      await until(() => appended.length === log.status().entriesWritten && log.status().entriesWaiting === 0);
    }
    const copy = await copyOf(path);
    await log.close();
    const [name = ""] = namesIn(copy, "entries");
    const lines = readFileSync(join(copy, name), "utf8").split("\n");
    lines[3] = `${lines[3]?.slice(0, 40)}X${lines[3]?.slice(41)}`;
    writeFileSync(join(copy, name), lines.join("\n"));
    expect(await messageAt(copy)).toBe(
      `DATA is ${JSON.stringify(copy)}: line 4 of ${name} in it is damaged: restore the folder from a backup.`,
    );
  });

  test("a bit that has changed anywhere: in the header, in a last entry, in a group that was written at once", async () => {
    for (const line of [0, 1, 5, 10]) {
      const path = await leftBehind(sample.slice(0, 10));
      const [name = ""] = namesIn(path, "entries");
      change(join(path, name), line, (text) => `${text.slice(0, 30)}${text[30] === "x" ? "y" : "x"}${text.slice(31)}`);
      expect(await messageAt(path), `line ${line + 1}`).toBe(
        `DATA is ${JSON.stringify(path)}: line ${line + 1} of ${name} in it is damaged: restore the folder from a backup.`,
      );
    }
  });

  test("what the disk had not written of a last group was never told: it is cut. What it says of an earlier one is not", async () => {
    const path = await leftBehind(sample.slice(0, 10));
    const [name = ""] = namesIn(path, "entries");
    change(join(path, name), 7, (text) => "\0".repeat(text.length));
    const whole = readFileSync(join(path, name));
    const { log, restored } = await opened(placeAt(path));
    expect(restored.tail).toHaveLength(6);
    expect(restored.cutBytes).toBeGreaterThan(0);
    await log.close();
    for (const made of namesIn(path, "snapshot")) rmSync(join(path, made));
    writeFileSync(join(path, name), whole);
    change(join(path, name), 0, (text) => "\0".repeat(text.length));
    expect(await messageAt(path)).toContain(`line 1 of ${name} in it is damaged`);
    writeFileSync(join(path, name), whole);
    change(join(path, name), 9, (text) => lineOf({ ...JSON.parse(text.slice(9)), synced: 8 }).trimEnd());
    expect(await messageAt(path)).toContain(`line 8 of ${name} in it is damaged`);
  });

  test("damage in what a snapshot holds does not matter", async () => {
    const path = emptyFolder();
    const { log, appended, shared } = await opened(placeAt(path));
    for (const entry of sample.slice(0, 10)) log.append(entry);
    await until(() => appended.length === 10);
    const [name = ""] = namesIn(path, "entries");
    const former = readFileSync(join(path, name), "utf8");
    await log.close();
    const node = log.node();
    const later = sample.slice(10, 15).map((entry, i) => lineOf({ seq: 11 + i, node, entry, synced: 10 }));
    writeFileSync(join(path, name), former + later.join(""));
    change(join(path, name), 4, (text) => `${text.slice(0, 30)}#${text.slice(31)}`);
    const again = await opened(placeAt(path));
    expect(again.restored.tail.map(({ seq }) => seq)).toEqual([11, 12, 13, 14, 15]);
    expect(sharedSnapshot(again.shared())).not.toEqual(sharedSnapshot(shared()));
    await again.log.close();
  });

  test("a snapshot that is not whole, or an entry that is missing", async () => {
    const path = emptyFolder();
    const { log, appended } = await opened(placeAt(path));
    for (const entry of sample) log.append(entry);
    await until(() => appended.length === sample.length);
    await log.close();
    const [name = ""] = namesIn(path, "snapshot");
    const content = readFileSync(join(path, name), "utf8");
    writeFileSync(join(path, name), content.slice(0, content.trimEnd().lastIndexOf("\n") + 1));
    expect(await messageAt(path)).toContain(`${name} in it is not whole`);
    writeFileSync(join(path, name), content);
    const next = `entries-${String(sample.length + 2).padStart(15, "0")}.ndjson`;
    writeFileSync(join(path, next), lineOf({ kind: "entries", seq: sample.length + 2, version: 1 }));
    const entry = { seq: sample.length + 2, node: "n", entry: sample[0], synced: 0 };
    appendFileSync(join(path, next), lineOf(entry));
    expect(await messageAt(path)).toContain(`entry ${sample.length + 1} is missing in ${next}`);
  });

  test("files of a newer version, and what is no folder", async () => {
    const path = emptyFolder();
    writeFileSync(join(path, "entries-000000000000001.ndjson"), lineOf({ kind: "entries", seq: 1, version: 2 }));
    expect(await messageAt(path)).toContain("a newer version of this server wrote it (format 2, and this one knows 1)");
    const file = join(emptyFolder(), "file");
    writeFileSync(file, "");
    expect(await messageAt(file)).toBe(`DATA is ${JSON.stringify(file)}: it must be a folder, and is a file.`);
    const mistyped = join(emptyFolder(), "elsewhere", "data");
    expect(await messageAt(mistyped)).toContain(`there is no ${dirname(mistyped)}: make it first`);
    const long = join(emptyFolder(), "x".repeat(100));
    mkdirSync(long);
    expect(await messageAt(long)).toContain("its path is too long: 98 bytes at most");
    const others = emptyFolder();
    for (const name of ["notes.tmp", "lock"]) writeFileSync(join(others, name), "mine");
    expect(await messageAt(others)).toContain("its file `lock` is not one that this server has made");
    chmodSync(others, 0o777);
    expect(await messageAt(others)).toContain("everybody may write to it: `chmod o-w` makes it fit");
    expect(readdirSync(others)).toEqual(["lock", "notes.tmp"]);
  });
});

test("a disk that hangs keeps nobody from stopping, and its folder is given to nobody else", async () => {
  const path = emptyFolder();
  const { log, failures } = await opened(placeAt(path));
  // Whoever opens a pipe to write waits until somebody reads.
  const pipe = join(path, nameOf("", "entries", 1));
  execFileSync("mkfifo", [pipe]);
  for (const entry of sample.slice(0, 3)) log.append(entry);
  const began = performance.now();
  await log.close();
  expect(performance.now() - began).toBeLessThan(10_000);
  expect(failures.at(-1)).toBe("DATA lacks the last 3 changes: the disk did not take them");
  expect(await messageAt(path)).toContain("another server uses it");
}, 20_000);

test("what a snapshot holds is deleted", async () => {
  const path = emptyFolder();
  const { log, appended } = await opened(placeAt(path), 5);
  for (const entry of sample.slice(0, 20)) {
    log.append(entry);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await until(() => appended.length === 20 && namesIn(path, "snapshot").length === 1);
  await until(() => namesIn(path, "entries").length <= 2);
  await log.close();
  expect(namesIn(path, "snapshot")).toEqual([`snapshot-${"20".padStart(15, "0")}.ndjson`]);
  // The one that was being written to.
  expect(namesIn(path, "entries").length).toBeLessThanOrEqual(1);
});
