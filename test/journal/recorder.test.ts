import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import * as E from "fp-ts/lib/Either.js";
import { describe, expect, onTestFinished, test } from "vitest";
import { WebSocket } from "ws";
import { stateDigest } from "../../adapters/journal/digest.js";
import { type Journal, JournalError, openJournal } from "../../adapters/journal/read.js";
import { recorder } from "../../adapters/journal/recorder.js";
import { redactor } from "../../adapters/journal/redact.js";
import { type Outcome, run } from "../../adapters/journal/verify.js";
import { logger } from "../../adapters/observe/log.js";
import { serve } from "../../adapters/server/serve.js";
import { type Event, initial } from "../../core/index.js";
import { configWith, pages, peerOf, type Received, serverWith, settled, until } from "../support/net.js";
import { a, published, start, started } from "../support/story.js";

const main = new URL("../../dist/main.js", import.meta.url).pathname;

const folder = (): string => {
  const path = mkdtempSync(join(tmpdir(), "signalbox-"));
  onTestFinished(() => rmSync(path, { recursive: true }));
  return path;
};

const verified = (journal: Journal): Outcome => run(journal, { isVerified: true });

/** Three sockets that say this and that, on the server that is recorded. */
const traffic = async (server: { readonly port: number }, seed: number, frames: number): Promise<void> => {
  const user = fc.constantFrom("ann", "bob", "cy");
  const room = fc.constantFrom("r", "s");
  const anyFrame = fc.oneof(
    fc.constant({ type: "subscribe", channel: "webrtc-dashboard-rooms" }),
    fc.constant({ type: "subscribe", channel: "webrtc-signaling" }),
    fc.record({ type: fc.constant("room-created"), id: room, name: fc.constant("R") }),
    fc.record({ type: fc.constant("user-joined-room"), roomId: room, userId: user, userName: user }),
    fc.record({ type: fc.constant("user-left-room"), roomId: room, userId: user }),
    fc.record({
      type: fc.constant("webrtc-offer"),
      channel: fc.constant("webrtc-signaling"),
      fromUserId: user,
      toUserId: user,
    }),
    fc.constant({ type: "room-list-request" }),
    fc.constant({ type: 7 }),
  );
  const said = fc.sample(fc.tuple(fc.nat(2), anyFrame, fc.nat(20)), { seed, numRuns: frames });
  const peers = [await peerOf(server), await peerOf(server), await peerOf(server)];
  for (const [who, frame, chance] of said) {
    peers[who]?.say(frame, chance === 0 ? "not JSON" : frame);
    if (chance > 0) continue;
    peers[who]?.ws.terminate();
    await peers[who]?.closed;
    peers[who] = await peerOf(server);
  }
  await settled(...peers);
};

describe("what is recorded is what happened", () => {
  test.each([1, 2, 3])(
    "the digest of the live server is that of its journal, under random traffic (%i)",
    async (seed) => {
      const path = join(folder(), "run.ndjson");
      const server = await serverWith({ RECORD: path });
      await traffic(server, seed, 1_500);
      await server.stop();
      const outcome = verified(openJournal([path]));
      expect(outcome.divergence).toBeUndefined();
      expect(outcome.digests).toBeGreaterThan(1);
      expect(stateDigest(outcome.state)).toBe(stateDigest(server.runtime.state()));
      expect(statSync(path).mode & 0o777).toBe(0o600);
    },
  );

  test.each(["full", "none"])("with RECORD_PAYLOADS=%s too", async (payloads) => {
    const path = join(folder(), "run.ndjson");
    const server = await serverWith({ RECORD: path, RECORD_PAYLOADS: payloads });
    await traffic(server, 4, 300);
    await server.stop();
    expect(verified(openJournal([path])).divergence).toBeUndefined();
    expect(readFileSync(path, "utf8").includes("webrtc-offer\\")).toBe(payloads === "full");
  });

  test("large frames that come faster than the disk takes them are bounded in bytes, and what was written replays", async () => {
    const path = join(folder(), "run.ndjson");
    const lines: string[] = [];
    const begun = await recorder({
      path,
      payloads: "full",
      fileBytesMax: 2 ** 30,
      version: "0",
      timings: { pingAfterMs: 5_000, cutAfterMs: 8_000 },
      now: Date.now,
      redactor,
      failed: (line) => lines.push(line),
    })();
    if (E.isLeft(begun)) throw new Error(begun.left);
    const event = { at: start, ...published(a, "x".repeat(60_000)) } as Event;
    begun.right.record({ at: start, ...started() } as Event, [], initial);
    for (let i = 0; i < 500; i++) begun.right.record(event, [], initial);
    await until(() => begun.right.status().eventsWritten === 501);
    for (let i = 0; i < 2_000; i++) begun.right.record(event, [], initial);
    expect(lines).toEqual([expect.stringContaining("67108864 bytes were waiting for the disk")]);
    await begun.right.close();
    expect(run(openJournal([path]), {}).events).toBe(501);
  });

  test("nothing happens after the journal is closed, though a count is still owed", async () => {
    const path = join(folder(), "run.ndjson");
    const server = await serverWith({ RECORD: path, STATE_SPACING_MS: "50" });
    for (let i = 0; i < 20; i++) await peerOf(server);
    await server.stop();
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    expect(stateDigest(verified(openJournal([path])).state)).toBe(stateDigest(server.runtime.state()));
  });

  test("a run that outgrows its file goes on in the next, and is replayed from all of them", async () => {
    const path = folder();
    const server = await serverWith({ RECORD: path, RECORD_FILE_BYTES_MAX: "20000" });
    for (let i = 0; i < 6; i++) {
      await traffic(server, i, 100);
      // What is written together is not divided.
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    await server.stop();
    const parts = readdirSync(path)
      .map((name) => join(path, name))
      .sort((a, b) => (a.length === b.length ? (a < b ? -1 : 1) : a.length - b.length));
    expect(parts.length).toBeGreaterThan(2);
    expect(verified(openJournal(parts)).divergence).toBeUndefined();
    expect(() => openJournal(parts.slice(1))).toThrow(/is part 2 of its run, and stands in place 1/);
    const [first = "", second = ""] = parts;
    const stranger = join(folder(), "run.ndjson");
    writeFileSync(stranger, `${readFileSync(first, "utf8").split("\n").slice(0, 3).join("\n")}\n`);
    expect(() => [...openJournal([stranger, second]).entries]).toThrow(
      /goes on after \d+ events, and the parts before it have 2: they are not of one run/,
    );
  });
});

describe("damage", () => {
  const recorded = async (): Promise<string> => {
    const path = join(folder(), "run.ndjson");
    const server = await serverWith({ RECORD: path });
    await traffic(server, 9, 60);
    await server.stop();
    return path;
  };

  test("a journal cut at any byte replays up to its last whole line", async () => {
    const path = await recorded();
    const whole = readFileSync(path);
    const header = whole.indexOf(10) + 1;
    for (let bytes = whole.length; bytes >= header; bytes -= 37) {
      truncateSync(path, bytes);
      const outcome = verified(openJournal([path]));
      const lines = whole.subarray(0, bytes).toString().split("\n");
      expect(outcome.tornBytes).toBe(Buffer.byteLength(lines.at(-1) ?? ""));
      expect(outcome.events).toBe(lines.slice(1, -1).filter((line) => line.includes('"kind"')).length);
      expect(outcome.divergence).toBeUndefined();
    }
  });

  test("anywhere else is refused with its line", async () => {
    const path = await recorded();
    const lines = readFileSync(path, "utf8").split("\n");
    for (const [line, damage, why] of [
      [5, "{", "it is not JSON"],
      [6, '{"kind":"Nothing"}', "it is neither a header, nor a digest, nor an event of a known kind"],
      [
        7,
        '{"kind":"ClientConnected","at":-1,"client":1,"address":"x"}',
        "at must be a whole number from 0 to 253402300799999",
      ],
      [1, "{}", ""],
    ] as const) {
      writeFileSync(path, lines.map((text, i) => (i === line - 1 ? damage : text)).join("\n"));
      expect(() => verified(openJournal([path]))).toThrow(JournalError);
      expect(() => verified(openJournal([path]))).toThrow(
        `${path}:${line} is ${line === 1 ? "not a header" : `damaged: ${why}`}`,
      );
    }
  });

  test("an event that was changed is found, between the digests around it", async () => {
    const path = await recorded();
    const text = readFileSync(path, "utf8");
    writeFileSync(path, text.replace('"userName":"ann"', '"userName":"eve"'));
    const { divergence } = verified(openJournal([path]));
    expect(divergence).toMatchObject({ since: 0 });
    expect(divergence?.what).toContain("effects");
  });
});

describe("trouble", () => {
  test("a file that is there already, or cannot be, ends the start with one line", async () => {
    const path = join(folder(), "run.ndjson");
    writeFileSync(path, "precious");
    for (const [record, why] of [
      [path, "a file of this name is there"],
      ["/nowhere/run.ndjson", "there is no such folder: make it first"],
      [`${folder()}/recordings/`, "there is no such folder: make it first"],
    ] as const) {
      const config = configWith({ PORT: "0", RECORD: record });
      const refused = await serve(config, pages, logger({ level: "silent", isProduction: true }))();
      const must = "it must be a file that is not there yet, or a folder, where this user may write";
      expect(refused).toEqual(E.left(`RECORD is "${record}": ${must} (${why}).`));
    }
    expect(readFileSync(path, "utf8")).toBe("precious");
  });

  test("a server that cannot listen leaves no journal behind", async () => {
    const blocker = await serverWith();
    const path = join(folder(), "run.ndjson");
    const config = configWith({ PORT: String(blocker.port), HOST: "127.0.0.1", RECORD: path });
    expect(E.isLeft(await serve(config, pages, logger({ level: "silent", isProduction: true }))())).toBe(true);
    expect(existsSync(path)).toBe(false);
  });

  test("a full disk ends the recording with one loud line, and nothing else", async () => {
    if (!existsSync("/dev/full")) throw new Error("this test needs /dev/full");
    const path = join(folder(), "run.ndjson");
    const child = spawn("sh", ["-c", `ulimit -f 40; exec ${process.execPath} ${main}`], {
      env: { ...process.env, PORT: "0", HOST: "127.0.0.1", RECORD: path },
    });
    onTestFinished(() => void child.kill("SIGKILL"));
    let out = "";
    child.stdout.on("data", (data) => {
      out += data;
    });
    await until(() => /http:\/\/[^/]*:\d+/.test(out), 10_000);
    const server = { port: Number(/http:\/\/[^/]*:(\d+)/.exec(out)?.[1]) };
    const peer = await peerOf(server);
    for (let i = 0; i < 400; i++) peer.say({ type: "x", channel: "c", data: "x".repeat(300) });
    await peer.heard();
    await until(() => out.includes("Recording has ended after"), 10_000);
    expect(out.split("Recording has ended after")).toHaveLength(2);
    await peer.heard();
    const { recording } = (await (await fetch(`http://127.0.0.1:${server.port}/health`)).json()) as Received;
    expect(recording.state).toBe("ended");
    expect(out).toContain(`Recording has ended after ${recording.eventsWritten} events`);
    expect(verified(openJournal([path])).events).toBeGreaterThanOrEqual(recording.eventsWritten);
  });

  test("kill -9 at any moment leaves a file that replays", async () => {
    for (const ms of [0, 30, 60, 130]) {
      const path = join(folder(), "run.ndjson");
      const child = spawn(process.execPath, [main], {
        env: { ...process.env, PORT: "0", HOST: "127.0.0.1", RECORD: path },
      });
      let out = "";
      child.stdout.on("data", (data) => {
        out += data;
      });
      await until(() => /http:\/\/[^/]*:\d+/.test(out), 10_000);
      const ws = new WebSocket(`ws://127.0.0.1:${/http:\/\/[^/]*:(\d+)/.exec(out)?.[1]}/ws`);
      ws.on("error", () => {});
      await once(ws, "open");
      const chatter = setInterval(() => ws.send('{"type":"subscribe","channel":"c"}'), 1);
      await until(() => readFileSync(path, "utf8").includes("ClientConnected"));
      await new Promise((resolve) => setTimeout(resolve, ms));
      child.kill("SIGKILL");
      await once(child, "exit");
      clearInterval(chatter);
      const outcome = verified(openJournal([path]));
      expect(outcome.divergence).toBeUndefined();
      expect(outcome.events).toBeGreaterThan(1);
    }
  });
});
