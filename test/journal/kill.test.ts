import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { WebSocket } from "ws";
import { openJournal } from "../../adapters/journal/read.js";
import { run } from "../../adapters/journal/verify.js";
import { peerOf, settled, subscribe, until } from "../support/net.js";
import { type Call, missingStrace, type Traced, traced } from "../support/strace.js";

const missing = missingStrace();
if (missing !== undefined) process.stdout.write(`test/journal/kill.test.ts is skipped. ${missing}\n`);

const folder = (): string => {
  const path = mkdtempSync(join(tmpdir(), "signalbox-kill-"));
  onTestFinished(() => rmSync(path, { recursive: true }));
  return path;
};

/**
 * Says one numbered message after the other, and now and then so much at once that its group is written in several pieces; returns
 * what it said, which grows until the socket breaks.
 */
const chatter = async (server: Traced): Promise<ReadonlyArray<string>> => {
  const said: string[] = [];
  const port = await server.port();
  if (Number.isNaN(port)) return said;
  const ws = new WebSocket(`ws://127.0.0.1:${port}/ws`);
  const say = (channel: string, pad = ""): void => {
    const text = JSON.stringify({ type: "count", channel, n: said.length, pad });
    said.push(text);
    ws.send(text);
  };
  let burstAt = 0;
  const clock = setInterval(() => {
    if (ws.readyState !== WebSocket.OPEN) return;
    say("c");
    if (performance.now() < burstAt) return;
    burstAt = performance.now() + 60;
    for (let i = 0; i < 20; i++) say("where nobody is", "x".repeat(60_000));
  }, 1);
  ws.on("error", () => {});
  void server.ended.then(() => {
    clearInterval(clock);
    ws.terminate();
  });
  return said;
};

/** The texts that a journal holds, after it has been replayed and compared with its digests. */
const replayed = (paths: ReadonlyArray<string>) => {
  const texts: string[] = [];
  const outcome = run(openJournal(paths), {
    isVerified: true,
    visit: ({ event }) => {
      if (event.kind === "PublishRequested") texts.push(event.text);
      return true;
    },
  });
  expect(outcome.divergence).toBeUndefined();
  return { ...outcome, texts };
};

interface Fate {
  /** Bytes that writes had taken when the process ended. */
  readonly written: number;
  /** How many of them a sync that had returned had covered: these survive a power cut too. */
  readonly synced: number;
}

/** What the kernel saw of each file. Nothing but appending and syncing happens to it, and no group is begun before the one before is safe. */
const fatesOf = (calls: ReadonlyArray<Call>): ReadonlyMap<string, Fate> => {
  const fates = new Map<string, Fate>();
  for (const { name, path, result } of calls) {
    expect(["statx", "openat", "write", "fdatasync", "close"]).toContain(name);
    const { written, synced } = fates.get(path) ?? { written: 0, synced: 0 };
    if (name === "write" && written > synced)
      expect(readFileSync(path)[written - 1], `a group that ended at byte ${written} was not synced`).not.toBe(10);
    if (name === "write") fates.set(path, { written: written + Math.max(0, result ?? 0), synced });
    if (name === "fdatasync" && result === 0) fates.set(path, { written, synced: written });
    if (name === "close") expect(synced, "all is safe before a file is left").toBe(written);
  }
  return fates;
};

interface Killed {
  readonly tornBytes: number;
  readonly parts: number;
}

/** Kills the server as it enters its n-th such call on the journal, and looks at what is left. */
const killedAt = async (call: string, n: number): Promise<Killed> => {
  const place = folder();
  const env = { RECORD_PAYLOADS: "full", RECORD_FILE_BYTES_MAX: "300000" };
  const server = traced(place, `${call}:signal=SIGKILL:when=${n}`, env);
  const said = await chatter(server);
  const timer = setTimeout(server.stop, 8_000);
  const end = await server.ended;
  clearTimeout(timer);
  const calls = server.calls();
  expect(end, "the server was killed").toEqual([null, "SIGKILL"]);
  expect(calls.at(-1)).toMatchObject({ name: call, result: undefined });
  expect(calls.filter(({ name }) => name === call)).toHaveLength(n);

  const parts = server.parts();
  const fates = fatesOf(calls);
  for (const path of parts) expect(statSync(path).size).toBe(fates.get(path)?.written);
  if (parts.length === 0) return { tornBytes: 0, parts: 0 };
  const left = replayed(parts);
  const last = readFileSync(parts.at(-1) ?? "");
  expect(left.tornBytes).toBe(last.length - 1 - last.lastIndexOf(10));
  expect(left.texts).toEqual(said.slice(0, left.texts.length));

  // Had the power gone too, only what was synced would be left: whole lines, and as good a journal.
  const safe = parts.flatMap((path, i) => {
    const bytes = readFileSync(path).subarray(0, fates.get(path)?.synced);
    const copy = join(place, `safe-${i}.ndjson`);
    writeFileSync(copy, bytes);
    return bytes.length === 0 ? [] : [copy];
  });
  if (safe.length === 0) return { tornBytes: left.tornBytes, parts: parts.length };
  const kept = replayed(safe);
  expect(kept.tornBytes).toBe(0);
  expect(kept.texts).toEqual(left.texts.slice(0, kept.texts.length));
  return { tornBytes: left.tornBytes, parts: parts.length };
};

/** Two at a time: starting the server is most of it. */
const inTwoLanes = async <A, B>(all: ReadonlyArray<A>, work: (one: A) => Promise<B>): Promise<ReadonlyArray<B>> => {
  const results: B[] = [];
  const waiting = [...all];
  const lane = async (): Promise<void> => {
    for (let one = waiting.shift(); one !== undefined; one = waiting.shift()) results.push(await work(one));
  };
  await Promise.all([lane(), lane()]);
  return results;
};

const upTo = (n: number): ReadonlyArray<number> => Array.from({ length: n }, (_, i) => i + 1);

describe.skipIf(missing !== undefined)("kill -9 leaves all that was written, and it replays", () => {
  test("before a write, which is after the sync before it has returned, and between the pieces of one group", {
    timeout: 60_000,
  }, async () => {
    const killed = await inTwoLanes(upTo(12), (n) => killedAt("write", n));
    const isTorn = killed.some(({ tornBytes }) => tornBytes > 0);
    // On a slow machine the first group of several pieces comes later.
    const later = isTorn ? [] : await inTwoLanes([14, 16, 18, 20, 22, 24], (n) => killedAt("write", n));
    expect([...killed, ...later].some(({ tornBytes }) => tornBytes > 0)).toBe(true);
  });

  test("after a write and before its sync", async () => {
    const killed = await inTwoLanes(upTo(9), (n) => killedAt("fdatasync", n));
    expect(killed.some(({ parts }) => parts > 1)).toBe(true);
  });

  test("while one file follows another", async () => {
    await inTwoLanes(["openat 1", "close 1", "openat 2", "close 2", "openat 3"], (point) => {
      const [call = "", n] = point.split(" ");
      return killedAt(call, Number(n));
    });
  });
});

/** The n-th such call fails, while one talks and another listens. */
const failedAt = async ([call, error, n]: readonly [string, string, number]): Promise<void> => {
  const env = { RECORD_PAYLOADS: "full", RECORD_FILE_BYTES_MAX: "300000" };
  const server = traced(folder(), `${call}:error=${error}:when=${n}`, env);
  const said = await chatter(server);
  const bystander = await peerOf({ port: await server.port() });
  bystander.say(subscribe("c"));
  await until(() => server.out().includes("Recording has ended after"), 10_000);
  await settled(bystander);
  const now = said.length;
  const isNew = (text: string): boolean => said.indexOf(text) >= now;
  await until(() => bystander.texts.some(isNew));
  server.stop();
  expect(await server.ended).toEqual([0, null]);

  expect(server.out().match(/ERROR: .*Recording has ended after \d+ events, the server goes on: \w+/g)).toEqual([
    expect.stringContaining(error),
  ]);
  const calls = server.calls();
  const failed = calls.findIndex(({ name, result }) => name === call && result === -1);
  expect(failed).toBeGreaterThan(0);
  for (const { name } of calls.slice(failed + 1)) expect(name).toBe("close");
  const left = replayed(server.parts());
  expect(left.texts).toEqual(said.slice(0, left.texts.length));
};

describe.skipIf(missing !== undefined)("a failing disk ends the recording with one loud line, and nothing else", () => {
  test("in a write, in a sync, and as one file follows another", async () => {
    await inTwoLanes(
      [
        ["write", "EIO", 2],
        ["write", "ENOSPC", 6],
        ["fdatasync", "EIO", 3],
        ["fdatasync", "ENOSPC", 7],
        ["openat", "ENOSPC", 2],
        ["close", "EIO", 1],
      ] as const,
      failedAt,
    );
  });
});
