import { describe, expect, test } from "vitest";
import { serverWith, until } from "../support/net.js";
import { type Caller, callerOf, changed, changesIn, got } from "../support/v1.js";

const lobby = { policy: { lobby: true } };
type Server = Parameters<typeof callerOf>[0];

const people = (server: Server, ...names: ReadonlyArray<string>): Promise<ReadonlyArray<Caller>> =>
  Promise.all(names.map((name) => callerOf(server, { name })));

const userOf = ({ welcome }: Caller) => welcome.user;

/** A room of the first one, who is its host, with the others in it. */
const roomOf = async (
  [host, ...others]: ReadonlyArray<Caller>,
  create: object = {},
  room = "r",
): Promise<ReadonlyArray<unknown>> => {
  await host?.ask({ type: "join", room, create });
  const answers: unknown[] = [];
  for (const other of others) answers.push(await other.ask({ type: "join", room }));
  return answers;
};

/** What the caller has got up to now, and all that was caused before. */
const quiet = async (caller: Caller): Promise<void> => {
  await caller.ask({ type: "ping" });
};

describe("a knock", () => {
  test("is shown to host and co-hosts, and who is admitted joins", async () => {
    const [ann, bob, cy] = (await people(await serverWith(), "Ann", "Bob", "Cy")) as [Caller, Caller, Caller];
    const [knocking] = await roomOf([ann, bob], { ...lobby, name: "Stand-up" });
    expect(knocking).toMatchObject({ type: "result", waiting: { id: "r", name: "Stand-up", state: "knocking" } });
    expect(await got(ann, "knock")).toEqual({ type: "knock", room: "r", user: userOf(bob), name: "Bob" });
    expect(await ann.ask({ type: "roster", room: "r" })).toMatchObject({
      room: { waiting: [{ user: userOf(bob), name: "Bob" }], participants: [{ user: userOf(ann) }] },
    });
    expect(await bob.ask({ type: "join", room: "r" })).toMatchObject({ waiting: { state: "knocking" } });

    const before = Date.now();
    expect(await ann.ask({ type: "admit", room: "r", user: userOf(bob) })).toMatchObject({ type: "result" });
    expect(await ann.ask({ type: "admit", room: "r", user: userOf(bob) })).toMatchObject({ type: "result" });
    expect((await got(bob, "admitted")).until).toBeGreaterThanOrEqual(before + 600_000);
    expect(await got(ann, "knock-ended")).toMatchObject({ user: userOf(bob), reason: "admitted" });
    expect(await bob.ask({ type: "join", room: "r" })).toMatchObject({ room: { id: "r", version: 2 } });
    await changed(ann, "r", { change: "joined", user: userOf(bob), role: "participant" });
    expect(await ann.ask({ type: "admit", room: "r", user: userOf(bob) })).toMatchObject({ type: "result" });
    expect(await ann.ask({ type: "admit", room: "r", user: userOf(cy) })).toMatchObject({ code: "gone" });

    await cy.ask({ type: "join", room: "r" });
    await quiet(bob);
    expect(bob.frames.filter(({ type }) => type === "knock")).toEqual([]);
    await ann.ask({ type: "role", room: "r", user: userOf(bob), role: "cohost" });
    expect(await bob.ask({ type: "roster", room: "r" })).toMatchObject({ room: { waiting: [{ user: userOf(cy) }] } });
    expect(await bob.ask({ type: "admit", room: "r", user: userOf(cy) })).toMatchObject({ type: "result" });
    await got(ann, "knock-ended", { user: userOf(cy), reason: "admitted" });
  });

  test("that is denied cannot be repeated for a time; an admission can be taken back so, and a denial by unban", async () => {
    const [ann, bob] = (await people(await serverWith(), "Ann", "Bob")) as [Caller, Caller];
    await roomOf([ann, bob], lobby);
    await ann.ask({ type: "deny", room: "r", user: userOf(bob) });
    const denied = await got(bob, "denied");
    expect(denied).toMatchObject({ room: "r", reason: "denied" });
    expect(denied.until - Date.now()).toBeGreaterThan(25_000);
    await got(ann, "knock-ended", { user: userOf(bob), reason: "denied" });
    expect(await ann.ask({ type: "deny", room: "r", user: userOf(bob) })).toMatchObject({ code: "gone" });
    expect(await bob.ask({ type: "join", room: "r" })).toMatchObject({
      code: "denied",
      retryAfterMs: expect.any(Number),
    });

    await ann.ask({ type: "unban", room: "r", user: userOf(bob) });
    expect(await bob.ask({ type: "join", room: "r" })).toMatchObject({ waiting: { state: "knocking" } });
    await ann.ask({ type: "admit", room: "r", user: userOf(bob) });
    await ann.ask({ type: "deny", room: "r", user: userOf(bob), forMs: 0 });
    expect(await bob.ask({ type: "join", room: "r" })).toMatchObject({ waiting: { state: "knocking" } });
  });

  test("ends when it is withdrawn, and when nobody decides", async () => {
    const server = await serverWith({ KNOCK_MS: "1000" });
    const [ann, bob, cy] = (await people(server, "Ann", "Bob", "Cy")) as [Caller, Caller, Caller];
    await roomOf([ann, bob, cy], lobby);
    await bob.ask({ type: "withdraw", room: "r" });
    expect(await bob.ask({ type: "withdraw", room: "r" })).toMatchObject({ type: "result" });
    await got(ann, "knock-ended", { user: userOf(bob), reason: "withdrawn" });
    const { reason, until: again } = await got(cy, "denied");
    expect({ reason, isOver: again <= Date.now() }).toEqual({ reason: "expired", isOver: true });
    await got(ann, "knock-ended", { user: userOf(cy), reason: "expired" });
    expect(await cy.ask({ type: "join", room: "r" })).toMatchObject({ waiting: { state: "knocking" } });
    await ann.ask({ type: "admit", room: "r", user: userOf(cy) });
    await until(() => cy.frames.filter(({ type }) => type === "denied").length === 2);
    expect(await cy.ask({ type: "join", room: "r" })).toMatchObject({ waiting: { state: "knocking" } });
  });

  test("outlives a drop, and ends with its session and with the room", async () => {
    const server = await serverWith({ SESSION_GRACE_MS: "500" });
    const [ann, bob, cy, dan] = (await people(server, "Ann", "Bob", "Cy", "Dan")) as [Caller, Caller, Caller, Caller];
    await roomOf([ann, bob, cy, dan], lobby);
    cy.ws.terminate();
    await got(ann, "knock-ended", { user: userOf(cy), reason: "disconnected" });
    bob.ws.terminate();
    await ann.ask({ type: "admit", room: "r", user: userOf(bob) });
    const back = await callerOf(server, { ticket: bob.welcome.ticket, seen: bob.seen() });
    expect(back.welcome).toMatchObject({ resumed: true, waiting: [{ id: "r", state: "admitted" }], rooms: [] });
    await got(back, "admitted", { room: "r" });
    await ann.ask({ type: "close", room: "r" });
    await got(dan, "denied", { reason: "closed" });
    await got(ann, "left", { reason: "closed" });
    expect(await back.ask({ type: "join", room: "r" })).toMatchObject({ code: "room-not-found" });
  });

  test("lets who waits write to host and co-hosts, one by one, and to nobody else", async () => {
    const [ann, bob, cy] = (await people(await serverWith(), "Ann", "Bob", "Cy")) as [Caller, Caller, Caller];
    await roomOf([ann, bob], lobby);
    await ann.ask({ type: "admit", room: "r", user: userOf(bob) });
    await bob.ask({ type: "join", room: "r" });
    await cy.ask({ type: "join", room: "r" });
    const message = { type: "message", room: "r", data: "hello" } as const;
    expect(await cy.ask({ ...message, to: userOf(ann) })).toMatchObject({ outcome: "delivered" });
    expect(await got(ann, "message")).toMatchObject({ from: userOf(cy), to: userOf(ann), data: "hello" });
    expect(await ann.ask({ ...message, to: userOf(cy) })).toMatchObject({ outcome: "delivered" });
    expect(await got(cy, "message")).toMatchObject({ from: userOf(ann), to: userOf(cy) });
    expect(await cy.ask({ ...message, to: userOf(bob) })).toMatchObject({ code: "no-such-participant" });
    expect(await bob.ask({ ...message, to: userOf(cy) })).toMatchObject({ code: "no-such-participant" });
    expect(await cy.ask(message)).toMatchObject({ code: "not-in-room" });
    const offer = { type: "signal", room: "r", kind: "offer", negotiation: 1 } as const;
    expect(await cy.ask({ ...offer, to: userOf(ann) })).toMatchObject({ code: "not-in-room" });
    expect(await ann.ask({ ...offer, to: userOf(cy) })).toMatchObject({ code: "no-such-participant" });
    await ann.ask(message);
    expect(await got(bob, "message")).not.toHaveProperty("to");
    await quiet(cy);
    expect(cy.frames.filter(({ type }) => type === "message" || type === "roster" || type === "signal")).toHaveLength(
      1,
    );
  });
});

test("a lock keeps out who is new, and neither host nor participants nor who was admitted", async () => {
  const server = await serverWith();
  const [ann, bob, cy] = (await people(server, "Ann", "Bob", "Cy")) as [Caller, Caller, Caller];
  await roomOf([ann, bob], lobby);
  await ann.ask({ type: "admit", room: "r", user: userOf(bob) });
  expect(await ann.ask({ type: "lock", room: "r", locked: true })).toMatchObject({ type: "result" });
  await changed(ann, "r", { change: "locked" });
  expect(await ann.ask({ type: "lock", room: "r", locked: true })).toMatchObject({ type: "result" });
  expect(await cy.ask({ type: "join", room: "r" })).toMatchObject({ code: "room-locked" });
  expect(await bob.ask({ type: "join", room: "r" })).toMatchObject({ room: { locked: true } });
  await ann.ask({ type: "lock", room: "r", locked: false });
  await changed(bob, "r", { change: "unlocked" });
  expect(await cy.ask({ type: "join", room: "r" })).toMatchObject({ waiting: { state: "knocking" } });
});

describe("who is removed", () => {
  test("stays out, is told so, and comes back after unban", async () => {
    const [ann, bob] = (await people(await serverWith(), "Ann", "Bob")) as [Caller, Caller];
    await roomOf([ann, bob]);
    await ann.ask({ type: "remove", room: "r", user: userOf(bob) });
    const left = await got(bob, "left");
    expect(left).toMatchObject({ room: "r", reason: "removed" });
    expect((left.until ?? 0) - Date.now()).toBeGreaterThan(86_000_000);
    await changed(ann, "r", { change: "removed", user: userOf(bob) });
    expect(await bob.ask({ type: "join", room: "r" })).toMatchObject({ code: "removed" });
    expect(await bob.ask({ type: "roster", room: "r" })).toMatchObject({ code: "not-in-room" });
    expect(await ann.ask({ type: "remove", room: "r", user: userOf(bob) })).toMatchObject({
      code: "no-such-participant",
    });
    await ann.ask({ type: "unban", room: "r", user: userOf(bob) });
    expect(await bob.ask({ type: "join", room: "r" })).toMatchObject({ room: { id: "r" } });
  });

  test("with a ban is out for that time, whether there or not, and at the door too", async () => {
    const [ann, bob, cy] = (await people(await serverWith(), "Ann", "Bob", "Cy")) as [Caller, Caller, Caller];
    await roomOf([ann, bob]);
    await ann.ask({ type: "remove", room: "r", user: userOf(bob), banMs: 300 });
    expect(await got(bob, "left")).toMatchObject({ reason: "banned", until: expect.any(Number) });
    await changed(ann, "r", { change: "banned", user: userOf(bob) });
    const refused = await bob.ask({ type: "join", room: "r" });
    expect(refused).toMatchObject({ code: "banned" });
    expect(refused.type === "error" && (refused.retryAfterMs ?? 301) <= 300).toBe(true);
    await until(async () => (await bob.ask({ type: "join", room: "r" })).type === "result");
    await ann.ask({ type: "remove", room: "r", user: userOf(cy), banMs: 60_000 });
    expect(await cy.ask({ type: "join", room: "r" })).toMatchObject({ code: "banned" });

    await roomOf([ann, bob], lobby, "s");
    await ann.ask({ type: "remove", room: "s", user: userOf(bob) });
    await got(bob, "denied", { room: "s", reason: "banned" });
    await got(ann, "knock-ended", { room: "s", reason: "banned" });
    expect(await bob.ask({ type: "join", room: "s" })).toMatchObject({ code: "removed" });
  });
});

describe("roles", () => {
  test("are given by the host, who hands the room over by making somebody else the host", async () => {
    const [ann, bob, cy] = (await people(await serverWith(), "Ann", "Bob", "Cy")) as [Caller, Caller, Caller];
    await roomOf([ann, bob, cy]);
    const role = { type: "role", room: "r" } as const;
    expect(await ann.ask({ ...role, user: userOf(ann), role: "participant" })).toMatchObject({ code: "not-allowed" });
    await ann.ask({ ...role, user: userOf(cy), role: "cohost" });
    await changed(bob, "r", { change: "role", user: userOf(cy), role: "cohost" });
    expect(await cy.ask({ type: "remove", room: "r", user: userOf(ann) })).toMatchObject({ code: "not-allowed" });
    await ann.ask({ ...role, user: userOf(bob), role: "host" });
    await changed(cy, "r", { change: "role", user: userOf(ann), role: "cohost" });
    expect(await bob.ask({ type: "roster", room: "r" })).toMatchObject({
      room: { participants: [{ role: "cohost" }, { role: "host" }, { role: "cohost" }] },
    });
    expect(await bob.ask({ type: "remove", room: "r", user: userOf(ann) })).toMatchObject({ type: "result" });
    expect(await ann.ask({ type: "join", room: "r" })).toMatchObject({ code: "removed" });
  });

  test.each([
    ["promote", ["left", "role"], "host"],
    ["open", ["left"], "participant"],
    ["lock", ["left", "locked"], "participant"],
  ])("without a host, %s", async (withoutHost, changes, role) => {
    const [ann, bob] = (await people(await serverWith(), "Ann", "Bob")) as [Caller, Caller];
    await roomOf([ann, bob], { policy: { withoutHost } });
    await ann.ask({ type: "leave", room: "r" });
    await changed(bob, "r", { change: "left", user: userOf(ann) });
    const own = changesIn(bob, "r").filter(({ change }) => change !== "joined");
    expect(own.map(({ change }) => change)).toEqual(changes);
    expect(await bob.ask({ type: "roster", room: "r" })).toMatchObject({ room: { participants: [{ role }] } });
  });

  test("without a host, close; and a co-host before any of these, one who is not away", async () => {
    const [ann, bob, cy, dan] = (await people(await serverWith(), "Ann", "Bob", "Cy", "Dan")) as [
      Caller,
      Caller,
      Caller,
      Caller,
    ];
    await roomOf([ann, bob, cy, dan], { policy: { withoutHost: "close" } });
    for (const user of [cy, dan].map(userOf)) await ann.ask({ type: "role", room: "r", user, role: "cohost" });
    cy.ws.terminate();
    await changed(ann, "r", { change: "away", user: userOf(cy) });
    await ann.ask({ type: "leave", room: "r" });
    await changed(bob, "r", { change: "role", user: userOf(dan), role: "host" });
    await dan.ask({ type: "role", room: "r", user: userOf(cy), role: "participant" });
    await dan.ask({ type: "leave", room: "r" });
    expect(await got(bob, "left")).toMatchObject({ reason: "closed" });
  });

  test("of a host who was lost, who is the host again in time, through lobby and lock", async () => {
    const server = await serverWith({ SESSION_GRACE_MS: "100", HOST_RECLAIM_MS: "60000" });
    const [ann, bob] = (await people(server, "Ann", "Bob")) as [Caller, Caller];
    await roomOf([ann, bob], lobby);
    await ann.ask({ type: "admit", room: "r", user: userOf(bob) });
    await bob.ask({ type: "join", room: "r" });
    await ann.ask({ type: "lock", room: "r", locked: true });
    ann.ws.terminate();
    await changed(bob, "r", { change: "lost", user: userOf(ann) });
    const back = await callerOf(server, { ticket: ann.welcome.ticket, seen: ann.seen() });
    expect(back.welcome).toMatchObject({ resumed: false, user: userOf(ann), heard: 0, rooms: [] });
    expect(await back.ask({ type: "join", room: "r" })).toMatchObject({
      room: { participants: [{ user: userOf(bob) }, { user: userOf(ann), role: "host" }], waiting: [] },
    });
    await changed(bob, "r", { change: "joined", user: userOf(ann), role: "host" });
    expect(changesIn(bob, "r").filter(({ change }) => change === "role")).toEqual([]);
  });

  test("of a host who was lost, which pass on when the time is over", async () => {
    const server = await serverWith({ SESSION_GRACE_MS: "50", HOST_RECLAIM_MS: "100" });
    const [ann, bob] = (await people(server, "Ann", "Bob")) as [Caller, Caller];
    await roomOf([ann, bob]);
    ann.ws.terminate();
    await changed(bob, "r", { change: "role", user: userOf(bob), role: "host" });
    const back = await callerOf(server, { ticket: ann.welcome.ticket });
    expect(await back.ask({ type: "join", room: "r" })).toMatchObject({
      room: { participants: [{ role: "host" }, { user: userOf(ann), role: "participant" }] },
    });
  });
});
