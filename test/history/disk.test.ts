import { execFileSync } from "node:child_process";
import { join } from "node:path";
import Database from "libsql";
import { expect, test } from "vitest";
import { portOf, type Started, start } from "../support/child.js";
import { eventually, folder, keeperOf, rows } from "../support/history.js";
import { peerOf, type Received } from "../support/net.js";

const healthOf = async (port: number): Promise<Received> => (await fetch(`http://127.0.0.1:${port}/health`)).json();
const historyOf = async (port: number): Promise<Received> => (await healthOf(port)).history;

/** No file of the history grows beyond it: a write that would is refused by the kernel, as on a disk that is full. */
const limitFiles = (server: Started, bytes: number | "unlimited"): void => {
  execFileSync("prlimit", ["--pid", String(keeperOf(server)), `--fsize=${bytes}:unlimited`]);
};

/** Somebody who opens rooms, and sees that the server answers at once. */
const visitor = async (port: number) => {
  const peer = await peerOf({ port });
  let n = 0;
  return async (): Promise<number> => {
    const room = `room-${++n}`;
    peer.say({ type: "room-created", data: { id: room, name: room } });
    peer.say({ type: "user-joined-room", data: { roomId: room, userId: "ann", userName: "Ann" } });
    peer.say({ type: "user-left-room", data: { roomId: room, userId: "ann" } });
    const began = performance.now();
    await peer.heard();
    return performance.now() - began;
  };
};

/** A server whose history has a first visit. */
const visited = async () => {
  const path = join(folder(), "history.db");
  const server = start({ HISTORY: path });
  const port = await portOf(server);
  const visit = await visitor(port);
  await visit();
  await eventually(async () => (await historyOf(port)).factsWritten === 4);
  return { path, server, port, visit };
};

test("a disk that is full hurts nobody but the history, shows in /health, and what waited is written when there is room", async () => {
  const { path, server, port, visit } = await visited();
  limitFiles(server, 1);
  expect(await visit()).toBeLessThan(1_000);
  await eventually(async () => (await historyOf(port)).state === "failing");
  for (let n = 0; n < 20; n++) expect(await visit()).toBeLessThan(1_000);
  const failing = await healthOf(port);
  expect(failing).toMatchObject({
    status: "degraded",
    // Beside others: the machine of the tests may stand still, too.
    reasons: expect.arrayContaining([
      { code: "history-failing", sentence: expect.stringMatching(/^The history is not written: .+\.$/) },
    ]),
    history: { state: "failing", factsWritten: 4, factsWaiting: 84, factsDropped: 0, error: expect.any(String) },
  });
  await eventually(() => server.out().includes("The history cannot be written, the server goes on: "));
  limitFiles(server, "unlimited");
  await eventually(async () => (await historyOf(port)).factsWritten === 88, 15_000);
  expect(await historyOf(port)).toEqual({ state: "on", factsWritten: 88, factsWaiting: 0, factsDropped: 0 });
  await eventually(() => server.out().includes("The history is written again"));
  server.child.kill("SIGTERM");
  expect(await server.ended).toEqual([0, null]);
  expect(rows(path, "SELECT count(*) FROM facts")).toEqual([[88]]);
  expect(rows(path, "PRAGMA integrity_check")).toEqual([["ok"]]);
});

test("a server that starts on a full disk serves, and ends in time", async () => {
  const path = join(folder(), "history.db");
  const fault = `import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
    execFileSync("prlimit", ["--pid", String(process.pid), "--fsize=1:unlimited"]);`;
  const server = start({ HISTORY: path }, "--import", `data:text/javascript,${encodeURIComponent(fault)}`);
  const port = await portOf(server);
  const visit = await visitor(port);
  expect(await visit()).toBeLessThan(1_000);
  await eventually(async () => (await historyOf(port)).state === "failing");
  const began = performance.now();
  server.child.kill("SIGTERM");
  expect(await server.ended).toEqual([0, null]);
  expect(performance.now() - began).toBeLessThan(5_000);
  await eventually(() => server.out().includes("4 facts are missing in the history: the disk did not take them"));
});

test("a tool that keeps the file locked delays the history, and loses nothing of it", async () => {
  const path = join(folder(), "history.db");
  const server = start({ HISTORY: path });
  const port = await portOf(server);
  const visit = await visitor(port);
  const tool = new Database(path);
  tool.exec("BEGIN IMMEDIATE");
  await visit();
  await eventually(async () => (await historyOf(port)).state === "failing");
  expect(await visit()).toBeLessThan(500);
  tool.exec("ROLLBACK");
  tool.close();
  await eventually(async () => (await historyOf(port)).factsWritten === 8, 15_000);
  expect((await historyOf(port)).state).toBe("on");
});

test("a reader that never ends holds nobody up", async () => {
  const path = join(folder(), "history.db");
  const server = start({ HISTORY: path });
  const port = await portOf(server);
  const visit = await visitor(port);
  const tool = new Database(path);
  tool.exec("BEGIN");
  expect(tool.prepare("SELECT count(*) FROM facts").raw().all()).toEqual([[0]]);
  await visit();
  await eventually(async () => (await historyOf(port)).factsWritten === 4);
  expect((await historyOf(port)).state).toBe("on");
  expect(tool.prepare("SELECT count(*) FROM facts").raw().all()).toEqual([[0]]);
  tool.exec("ROLLBACK");
  expect(tool.prepare("SELECT count(*) FROM facts").raw().all()).toEqual([[4]]);
  tool.close();
});

test("two servers do not write to one file", async () => {
  const path = join(folder(), "history.db");
  await portOf(start({ HISTORY: path }));
  const second = start({ HISTORY: path });
  expect(await second.ended).toEqual([1, null]);
  expect(second.err()).toBe(
    `HISTORY is ${JSON.stringify(path)}: it must be a file that this server can write a SQLite database to, but another server writes to it.\n`,
  );
});

test("a keeper that crashes is started again, and the history has every fact once", async () => {
  const { path, server, port, visit } = await visited();
  const first = keeperOf(server);
  process.kill(first, "SIGKILL");
  await eventually(async () => (await historyOf(port)).state === "failing");
  expect(await visit()).toBeLessThan(500);
  expect((await healthOf(port)).history).toMatchObject({ factsWritten: 4, error: "its process has ended" });
  await eventually(async () => (await historyOf(port)).factsWritten === 8);
  expect(await historyOf(port)).toEqual({ state: "on", factsWritten: 8, factsWaiting: 0, factsDropped: 0 });
  expect(keeperOf(server)).not.toBe(first);
  const ended =
    "The history cannot be written, the server goes on: its process has ended; it is started again in 500 ms";
  await eventually(() => server.out().includes(ended));
  await eventually(() => server.out().includes("The history is written again"));
  // What was open when it crashed still is.
  expect(rows(path, "SELECT count(*) FROM runs")).toEqual([[1]]);
  server.child.kill("SIGTERM");
  expect(await server.ended).toEqual([0, null]);
  expect(rows(path, "SELECT count(*) FROM facts")).toEqual([[8]]);
});

/** Kills the keeper at any moment, also between what it has written and the answer. */
test("a keeper that is killed while people come and go loses nothing, and writes nothing twice", async () => {
  const { path, server, port, visit } = await visited();
  let visits = 1;
  for (let round = 0; round < 2; round++) {
    const killed = keeperOf(server);
    for (const kill of [false, false, true]) {
      for (let n = 0; n < 10; n++) await visit();
      visits += 10;
      if (kill) process.kill(killed, "SIGKILL");
    }
    await eventually(async () => (await historyOf(port)).state === "failing");
    await eventually(async () => (await historyOf(port)).factsWritten === 4 * visits);
  }
  server.child.kill("SIGTERM");
  expect(await server.ended).toEqual([0, null]);
  expect(rows(path, "SELECT count(*) FROM facts")).toEqual([[4 * visits]]);
  expect(rows(path, "SELECT kind, count(*) FROM facts GROUP BY kind ORDER BY kind")).toEqual(
    ["participant.joined", "participant.left", "room.closed", "room.opened"].map((kind) => [kind, visits]),
  );
  expect(rows(path, "SELECT count(*) FROM rooms WHERE reason <> 'empty'")).toEqual([[0]]);
});

test("a keeper that stands still is reported, and does not hold up the stop", async () => {
  const path = join(folder(), "history.db");
  const server = start({ HISTORY: path });
  const port = await portOf(server);
  const visit = await visitor(port);
  process.kill(keeperOf(server), "SIGSTOP");
  await visit();
  await eventually(async () => (await historyOf(port)).state === "failing", 10_000);
  expect(await historyOf(port)).toMatchObject({
    factsWaiting: 4,
    error: "the disk has been busy for more than 5000 ms",
  });
  expect(await visit()).toBeLessThan(500);
  const began = performance.now();
  server.child.kill("SIGTERM");
  expect(await server.ended).toEqual([0, null]);
  expect(performance.now() - began).toBeLessThan(5_000);
  await eventually(() => server.out().includes("8 facts are missing in the history"));
});
