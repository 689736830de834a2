import { constants, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { portOf, start } from "../support/child.js";
import { type Received, until } from "../support/net.js";
import { missingStrace, type Traced, traced } from "../support/strace.js";
import { callerOf, got, v1Socket } from "../support/v1.js";
import { emptyFolder } from "./folder.js";

const missing = missingStrace();
if (missing !== undefined) process.stdout.write(`test/log/disk.test.ts is skipped. ${missing}\n`);

/** The server with a disk that does not do what it is asked to. */
const withDisk = (tampering: string): Traced => {
  const data = emptyFolder();
  const paths = Array.from({ length: 60 }, (_, i) => join(data, `entries-${String(i + 1).padStart(15, "0")}.ndjson`));
  return traced(emptyFolder(), tampering, {}, { paths, env: { DATA: data } });
};

const health = async (port: number): Promise<Received> => (await fetch(`http://127.0.0.1:${port}/health`)).json();
const codesOf = ({ reasons = [] }: Received): ReadonlyArray<string> => reasons.map(({ code }: Received) => code);

test.skipIf(missing !== undefined)(
  "a disk that fails: who asked is answered when it is back, others are told to come again, a call goes on, and nothing is lost",
  async () => {
    // The first four are of the start (the header, and an entry), and of the room.
    const server = withDisk("write:error=EIO:when=5..7");
    const port = await server.port();
    const ann = await callerOf({ port }, { name: "Ann" });
    const bob = await callerOf({ port }, { name: "Bob" });
    await ann.ask({ type: "join", room: "r", create: { name: "Room" } });
    await bob.ask({ type: "join", room: "r" });
    const locked = ann.ask({ type: "lock", room: "r", locked: true });
    await until(async () => codesOf(await health(port)).includes("data-failing"));
    // The line comes by a pipe, and the answer of /health may be here before it.
    await until(() => server.out().includes("DATA cannot be written, rooms cannot be changed until it can: EIO"));
    // What needs no change of a room goes on, also for who waits for an answer.
    const signal = { type: "signal" as const, room: "r", negotiation: 1, data: { sdp: "v=0" } };
    await bob.ask({ ...signal, to: ann.welcome.user, kind: "offer" });
    await ann.ask({ ...signal, to: bob.welcome.user, kind: "answer" });
    await got(bob, "signal", { kind: "answer" });
    expect(await bob.ask({ type: "leave", room: "r" })).toMatchObject({
      type: "error",
      code: "unavailable",
      retryAfterMs: 1_000,
    });
    const away = await v1Socket({ port });
    away.ws.send(JSON.stringify({ type: "hello", id: 1, ticket: bob.welcome.ticket }));
    expect(await away.closed).toEqual({ code: 1013, reason: "unavailable" });
    expect(await (await fetch(`http://127.0.0.1:${port}/readyz`)).json()).toEqual({ status: "ready" });
    expect(await locked).toMatchObject({ type: "result" });
    await until(async () => !codesOf(await health(port)).includes("data-failing"));
    await until(() => server.out().includes("DATA can be written again"));
    expect(await bob.ask({ type: "leave", room: "r" })).toMatchObject({ type: "result" });
    const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    expect(metrics).toContain('signalbox_data_state{state="on"} 1');
    server.stop();
    await server.ended;
  },
  30_000,
);

test("what is written is on the disk when the call returns (O_DSYNC)", async () => {
  const server = start({ DATA: emptyFolder() });
  await portOf(server);
  const proc = `/proc/${server.child.pid}`;
  const fd = readdirSync(`${proc}/fd`).find((one) => readlinkSync(`${proc}/fd/${one}`).includes("/entries-"));
  const [, flags = ""] = /^flags:\s+(\d+)/m.exec(readFileSync(`${proc}/fdinfo/${fd}`, "utf8")) ?? [];
  expect(Number.parseInt(flags, 8) & constants.O_DSYNC).toBe(constants.O_DSYNC);
});

test.skipIf(missing !== undefined)(
  "nobody is answered before what they asked for is on the disk",
  async () => {
    const server = withDisk("write:delay_exit=300000:when=3+");
    const port = await server.port();
    const ann = await callerOf({ port }, { name: "Ann" });
    const began = performance.now();
    // What comes after it waits for it, and what others say does not.
    const joined = ann.ask({ type: "join", room: "r", create: { name: "Room" } });
    const pinged = ann.ask({ type: "ping" });
    const bob = await callerOf({ port }, { name: "Bob" });
    expect(bob.frames.length).toBeGreaterThan(0);
    await pinged;
    expect(performance.now() - began).toBeGreaterThan(250);
    expect(await joined).toMatchObject({ type: "result", room: { id: "r" } });
    server.stop();
    await server.ended;
  },
  30_000,
);
