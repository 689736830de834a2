import { once } from "node:events";
import { connect } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import { freePort } from "../../bench/port.js";
import { portOf, type Started, start, startWithDescriptors } from "../support/child.js";
import { peerOf, type Received, rooms, subscribe, until } from "../support/net.js";
import { limitDescriptors, missingSystem, otherMachine, smallDisk } from "../support/system.js";
import { callerOf } from "../support/v1.js";
import { attacks } from "./attacks.js";
import { frame, nonReaders, sleep } from "./raw.js";
import { type Outcome, type Unusual, underAttack } from "./under-attack.js";

const missing = missingSystem();
if (missing !== undefined) process.stdout.write(`test/hostile/forces.test.ts is left out in part. ${missing}\n`);

const isAlone = process.env.HOSTILE === "1";
const tell = (what: string, figures: object): void => {
  if (isAlone) process.stdout.write(`${what}: ${JSON.stringify({ ...figures, log: undefined })}\n`);
};

/** What holds whatever happens: the server lives, and the honest clients were served all the time. */
const expectWell = ({ hasCrashed, cut, p50, messages, log }: Outcome): void => {
  expect([hasCrashed, cut], log).toEqual([false, 0]);
  expect(messages).toBeGreaterThan(10);
  expect(p50).toBeLessThan(1_000);
};

const healthOf = async (port: number): Promise<Received> => (await fetch(`http://127.0.0.1:${port}/health`)).json();
const times = (text: string, part: string): number => text.split(part).length - 1;

/** A client of the seed's dialect comes to a server that may know nothing of its room, as docs/PROTOCOL.md says it. */
const seedMember = async (port: number, userId: string) => {
  const peer = await peerOf({ port });
  const joins = { type: "user-joined-room", data: { roomId: "seed", userId, userName: userId } };
  peer.say(subscribe(rooms), joins);
  if ((await peer.heard()).some(({ code }) => code === "room-not-found"))
    peer.say({ type: "room-created", data: { id: "seed", name: "Seed", hostId: "ann" } }, joins);
  return {
    sees: async (): Promise<ReadonlyArray<string>> => {
      peer.say({ type: "room-list-request" });
      const list = (await peer.heard()).findLast(({ type }) => type === "server-room-list");
      const room = list?.rooms.find(({ id }: Received) => id === "seed");
      return (room?.participants ?? []).map(({ id }: Received) => id);
    },
  };
};

/** One of signalbox.v1 likewise. */
const v1Member = async (port: number, hello: object) => {
  const { ask, welcome } = await callerOf({ port }, { ...hello });
  await ask({ type: "join", room: "v1", create: {} });
  return {
    welcome,
    sees: async (): Promise<ReadonlyArray<string>> => {
      const answer: Received = await ask({ type: "roster", room: "v1" });
      return answer.room.participants.map(({ user }: Received) => user);
    },
  };
};

test("a server that is killed under attack, and started again into the same attack, has its clients of both dialects back", async () => {
  const env = { NODE_ENV: "production", PORT: String(await freePort()), SESSION_SECRET: "s".repeat(32) };
  const attack = async (port: number): Promise<void> => {
    for (const socket of await nonReaders(port, 40))
      socket.write(Buffer.concat(Array(64).fill(frame("x".repeat(65_000)))));
  };
  const come = async (port: number, tickets: ReadonlyArray<string | undefined>) => ({
    seed: await Promise.all(["ann", "bob"].map((user) => seedMember(port, user))),
    v1: await Promise.all(tickets.map((ticket) => v1Member(port, ticket === undefined ? {} : { ticket }))),
  });
  const before = start(env);
  const port = await portOf(before);
  const first = await come(port, [undefined, undefined]);
  const users = first.v1.map(({ welcome }) => welcome.user);
  await attack(port);
  before.child.kill("SIGKILL");
  expect(await before.ended).toEqual([null, "SIGKILL"]);

  const after = start(env);
  await portOf(after);
  const began = performance.now();
  const attacked = attack(port);
  const second = await come(
    port,
    first.v1.map(({ welcome }) => welcome.ticket),
  );
  for (const { sees } of second.seed) await until(async () => (await sees()).length === 2, 20_000);
  for (const { sees } of second.v1) await until(async () => (await sees()).length === 2, 20_000);
  const backMs = performance.now() - began;
  await attacked;
  tell("killed, and started again", { backMs });
  expect([...((await second.seed[0]?.sees()) ?? [])].sort()).toEqual(["ann", "bob"]);
  expect(second.v1.map(({ welcome }) => [welcome.user, welcome.resumed])).toEqual(users.map((user) => [user, false]));
  expect(backMs).toBeLessThan(3_000);
});

/** Strangers take all that there is and stay; what became of the server is looked at when they have gone. */
const crowded = async (limit: (server: Started) => void, unusual?: Unusual) => {
  let [port, refused] = [0, 0];
  const attack = async (at: number, server: Started) => {
    port = at;
    limit(server);
    const strangers = Array.from({ length: 300 }, () => connect(at, "127.0.0.1").on("error", () => {}));
    for (const socket of strangers)
      socket.on("close", () => {
        refused += 1;
      });
    await until(() => refused > 100, 15_000);
    // Meanwhile the honest clients write to each other.
    await sleep(1_500);
    expect(await healthOf(at).catch(() => undefined)).toBeUndefined();
    return () => {
      for (const socket of strangers) socket.destroy();
    };
  };
  const outcome = await underAttack(attack, {}, unusual);
  expectWell(outcome);
  await until(async () => (await healthOf(port).catch(() => undefined))?.connected_clients === 2);
  return outcome;
};

test("strangers who take all connections that the limit of descriptors allows are logged, and cost no honest client its connection", async () => {
  const outcome = await crowded(() => {}, { startWith: (env) => startWithDescriptors(200, env) });
  tell("all connections taken", outcome);
  const turnedAway = outcome.log.split("\n").filter((line) => line.includes("All 136 connections are taken."));
  const seconds = turnedAway.map((line) => Date.parse(JSON.parse(line).time) / 1_000);
  // Ten lines are of one address in a second; a span of n seconds touches n + 1 of them, and a part.
  const touched = Math.floor(Math.max(...seconds) - Math.min(...seconds)) + 2;
  expect(turnedAway.length).toBeGreaterThan(0);
  expect(turnedAway.length).toBeLessThanOrEqual(10 * touched);
});

test.skipIf(missing !== undefined)(
  "descriptors that run out although the server counts its connections cost no honest client its connection, and newcomers are let in when there are some again",
  async () => tell("no descriptors", await crowded(({ child }) => limitDescriptors(child.pid ?? 0, 20))),
);

test.skipIf(missing !== undefined)(
  "a disk that runs full under attack ends the recording with one line, and nothing else",
  async () => {
    const path = smallDisk(256);
    let health: Received;
    const attack = attacks.find(({ name }) => name.startsWith("100 on one channel"));
    const outcome = await underAttack(
      async (port) => {
        const leave = await attack?.run(port);
        health = await healthOf(port);
        return () => leave?.();
      },
      { RECORD: join(path, "run.ndjson"), RECORD_PAYLOADS: "full" },
    );
    tell("a full disk", outcome);
    expectWell(outcome);
    expect(times(outcome.log, "Recording has ended after")).toBe(1);
    expect(outcome.log).toContain("ENOSPC");
    expect(health).toMatchObject({ status: "degraded", recording: { state: "ended" } });
  },
);

test.skipIf(missing !== undefined)(
  "a link that is cut: who was behind it is gone, or away, within 10 s, and lost after the grace",
  {
    timeout: 60_000,
  },
  async () => {
    const { host, run, cut } = otherMachine();
    const server = start({ NODE_ENV: "production", HOST: "0.0.0.0", SESSION_GRACE_MS: "2000" });
    const port = await portOf(server);
    const near = await seedMember(port, "near");
    const caller = await callerOf({ port });
    await caller.ask({ type: "join", room: "v1", create: {} });
    const far = run(process.execPath, new URL("far.mjs", import.meta.url).pathname, `${host}:${port}`);
    await once(far.stdout, "data");
    await until(async () => (await near.sees()).includes("far"));
    /** What became of others in the room. */
    const changes = (): ReadonlyArray<string> =>
      caller.frames
        .flatMap((sent) => (sent.type === "roster" ? sent.changes : []))
        .filter((change) => "user" in change && change.user !== caller.welcome.user)
        .map(({ change }) => change);
    await until(() => changes().length > 0);
    expect(changes()).toEqual(["joined"]);

    cut();
    const began = performance.now();
    const timeOf = async (isSo: () => boolean | Promise<boolean>): Promise<number> => {
      await until(isSo, 20_000);
      return performance.now() - began;
    };
    const [goneMs, awayMs, lostMs] = await Promise.all([
      timeOf(async () => sleep(100).then(async () => !(await near.sees()).includes("far"))),
      timeOf(() => changes().includes("away")),
      timeOf(() => changes().includes("lost")),
    ]);
    tell("a link that is cut", { goneMs, awayMs, lostMs });
    // Not sooner than a client that is only slow would be.
    for (const ms of [goneMs, awayMs]) expect(ms).toBeGreaterThan(4_000);
    expect(goneMs).toBeLessThan(10_000);
    expect(awayMs).toBeLessThan(10_000);
    expect(lostMs - awayMs).toBeGreaterThan(1_900);
    expect(lostMs).toBeLessThan(12_500);
    expect(await near.sees()).toEqual(["near"]);
  },
);
