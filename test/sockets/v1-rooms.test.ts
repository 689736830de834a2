import { SignJWT } from "jose";
import { describe, expect, test } from "vitest";
import { peerOf, serverWith, until } from "../support/net.js";
import { type Caller, callerOf, changed, changesIn, got, v1Socket } from "../support/v1.js";

const userOf = ({ welcome }: Caller) => welcome.user;

const join = (room: string, create?: object) => ({ type: "join", room, ...(create ? { create } : {}) }) as const;
const offer = { type: "signal", room: "r", kind: "offer", negotiation: 1 } as const;
const ping = { type: "ping" } as const;

/** What the server sends again where it has not been seen. */
const numbered = ({ frames }: Caller) => frames.filter((frame) => "n" in frame);

/** Two participants of room `r`, the first its host, and their server. */
const pair = async (env: Readonly<Record<string, string>> = {}, create: object = {}) => {
  const server = await serverWith(env);
  const ann = await callerOf(server, { name: "Ann" });
  const bob = await callerOf(server, { name: "Bob" });
  await ann.ask(join("r", create));
  await bob.ask(join("r"));
  await changed(ann, "r", { change: "joined", user: userOf(bob) });
  return { server, ann, bob };
};

describe("hello", () => {
  test("has to come within 5 s", async () => {
    const late = await v1Socket(await serverWith());
    const begun = performance.now();
    expect(await late.closed).toEqual({ code: 3001, reason: "invalid-message" });
    expect(performance.now() - begun).toBeGreaterThan(4_500);
    expect(late.frames).toMatchObject([{ type: "error", n: 0, code: "invalid-message" }]);
  });

  test.each([
    ["another frame", '{"type":"ping","id":1}', "type"],
    ["a hello without a number", '{"type":"hello"}', "id"],
    ["a binary frame", Buffer.from('{"type":"hello","id":1}'), undefined],
  ])("is the first frame, and not %s", async (_what, first, path) => {
    const { ws, closed, frames } = await v1Socket(await serverWith());
    ws.send(first);
    expect(await closed).toMatchObject({ code: 3500 });
    expect(frames).toMatchObject([{ type: "error", n: 0, code: "invalid-message", ...(path ? { path } : {}) }]);
  });

  test("comes once, and binary frames never", async () => {
    const ann = await callerOf(await serverWith());
    expect(ann.welcome).toMatchObject({ name: "Guest", user: expect.stringMatching(/^~/), waiting: [] });
    expect(await ann.ask({ type: "hello" })).toMatchObject({ code: "invalid-message", path: "type" });
    ann.ws.send(Buffer.from("{}"));
    await until(() => ann.frames.length === 3);
    expect(ann.frames.at(-1)).toMatchObject({ type: "error", code: "invalid-message" });
    expect(ann.frames.at(-1)).not.toHaveProperty("id");
  });
});

describe("requests", () => {
  test("are numbered upwards, and answered in order", async () => {
    const ann = await callerOf(await serverWith());
    for (const id of [5, 5, 3, 6]) ann.say({ type: "ping", id });
    await until(() => ann.frames.length === 5);
    expect(ann.frames.slice(1)).toMatchObject([
      { type: "result", n: 1, id: 5 },
      { type: "error", n: 2, id: 5, code: "invalid-message", path: "id" },
      { type: "error", n: 3, id: 3, code: "invalid-message", path: "id" },
      { type: "result", n: 4, id: 6 },
    ]);
  });

  test("of more than a message may carry, or more than a second allows, are refused", async () => {
    const { ann } = await pair({ MESSAGE_CHARS_MAX: "5", MESSAGES_PER_SECOND: "1", MESSAGE_BURST: "4" });
    const message = { type: "message", room: "r" } as const;
    expect(await ann.ask({ ...message, data: "1234" })).toMatchObject({ code: "too-large", path: "data" });
    expect(await ann.ask({ ...message, data: "123" })).toMatchObject({ outcome: "delivered" });
    await ann.ask(ping);
    expect(await ann.ask(ping)).toMatchObject({ code: "rate-limited", retryAfterMs: 1_000 });
  });

  test("of type message have a rate of their own, and the socket stays open", async () => {
    const { ann } = await pair({ SAY_PER_SECOND: "1", SAY_BURST: "2" });
    const message = { type: "message", room: "r", data: 1 } as const;
    expect(ann.welcome.limits).toMatchObject({ sayPerSecond: 1 });
    for (let n = 0; n < 2; n++) expect(await ann.ask(message)).toMatchObject({ outcome: "delivered" });
    expect(await ann.ask(message)).toMatchObject({ code: "rate-limited", retryAfterMs: 1_000 });
    expect(await ann.ask(ping)).toMatchObject({ type: "result" });
  });

  test.each([
    ["beyond the rate", (n: number) => 10 + n],
    ["beyond the rate, with a number that was used before,", () => 1],
  ])("%s are refused, and who goes on is closed, and may come back", async (_what, idOf) => {
    const { server, ann } = await pair({ MESSAGES_PER_SECOND: "1", MESSAGE_BURST: "3", REFUSED_BURST: "2" });
    for (let n = 0; n < 10; n++) ann.say({ type: "ping", id: idOf(n) });
    expect(await ann.closed).toMatchObject({ code: 3004, reason: "rate-limited" });
    expect(ann.frames.at(-1)).toMatchObject({ type: "error", code: "rate-limited" });
    const back = await callerOf(server, { ticket: ann.welcome.ticket });
    expect(back.welcome).toMatchObject({ resumed: true });
  });

  test("bye ends the session at once", async () => {
    const { server, ann, bob } = await pair();
    expect(await bob.ask({ type: "bye" })).toMatchObject({ type: "result" });
    expect(await bob.closed).toMatchObject({ code: 1000 });
    await changed(ann, "r", { change: "left", user: userOf(bob) });
    const back = await callerOf(server, { ticket: bob.welcome.ticket });
    expect(back.welcome).toMatchObject({ resumed: false, user: userOf(bob) });
  });
});

describe("a session", () => {
  test("goes on with the newest socket; its old ticket is good until the new one has been used", async () => {
    const { server, ann, bob } = await pair();
    const lost = await callerOf(server, { ticket: bob.welcome.ticket, seen: bob.seen() });
    expect(await bob.closed).toMatchObject({ code: 3501 });
    expect(lost.welcome).toMatchObject({ resumed: true, heard: 2, session: bob.welcome.session });
    const again = await callerOf(server, { ticket: bob.welcome.ticket, seen: bob.seen() });
    expect(again.welcome).toMatchObject({ resumed: true });
    expect(await lost.closed).toMatchObject({ code: 3501 });
    expect(await again.ask(ping)).toMatchObject({ type: "result" });

    const old = await callerOf(server, { ticket: lost.welcome.ticket });
    expect(old.welcome).toMatchObject({ resumed: false, user: userOf(bob), rooms: [] });
    expect(await again.ask(ping)).toMatchObject({ type: "result" });
    const forged = await callerOf(server, { ticket: `${again.welcome.ticket.slice(0, -3)}abc` });
    expect(forged.welcome.resumed).toBe(false);
    expect(forged.welcome.user).not.toBe(userOf(bob));
    await ann.ask(ping);
    expect(changesIn(ann, "r").map(({ change }) => change)).toEqual(["joined", "joined"]);
  });

  test("is sent again what it has not seen, and told which of its requests were heard", async () => {
    const { server, ann, bob } = await pair();
    bob.say({ type: "message", id: 3, room: "r", data: "one" });
    bob.ws.terminate();
    await got(ann, "message", { data: "one" });
    await changed(ann, "r", { change: "away", user: userOf(bob) });
    expect(await ann.ask({ type: "message", room: "r", data: "two" })).toMatchObject({ outcome: "kept" });
    expect(await ann.ask({ ...offer, to: userOf(bob) })).toMatchObject({ outcome: "kept" });
    await ann.ask({ type: "lock", room: "r", locked: true });
    const back = await callerOf(server, { ticket: bob.welcome.ticket, seen: 1 });
    expect(back.welcome).toMatchObject({ heard: 3, rooms: [{ id: "r", version: 5, locked: true }] });
    expect(back.welcome).not.toHaveProperty("gap");
    await back.ask(ping);
    expect(numbered(back).slice(0, 3)).toMatchObject([
      { type: "result", n: 2, id: 3, outcome: "delivered" },
      { type: "message", n: 3, data: "two" },
      { type: "signal", n: 4, kind: "offer" },
    ]);
    back.say({ type: "ack", seen: 4 });
    await back.ask(ping);
    const third = await callerOf(server, { ticket: back.welcome.ticket, seen: 0 });
    expect(third.heard("message")).toEqual([]);
  });

  test("is told of whom it has missed too much", async () => {
    const { server, ann, bob } = await pair({ KEPT_MESSAGES_MAX: "3" });
    bob.ws.terminate();
    await changed(ann, "r", { change: "away", user: userOf(bob) });
    for (const data of [1, 2, 3, 4]) await ann.ask({ type: "message", room: "r", data });
    const back = await callerOf(server, { ticket: bob.welcome.ticket, seen: bob.seen() });
    expect(back.welcome.gap).toEqual([userOf(ann)]);
    await back.ask(ping);
    expect(numbered(back).slice(0, 3)).toMatchObject([2, 3, 4].map((data) => ({ type: "message", data })));
  });

  test("ends with the grace, and at once where it holds nothing", async () => {
    const { server, ann, bob } = await pair({ SESSION_GRACE_MS: "200" });
    bob.ws.terminate();
    await changed(ann, "r", { change: "lost", user: userOf(bob) });
    const away = changesIn(ann, "r").find(({ change }) => change === "away");
    expect(away).toMatchObject({ user: userOf(bob), until: expect.any(Number) });
    const cy = await callerOf(server, { name: "Cy" });
    cy.ws.terminate();
    await cy.closed;
    await ann.ask(ping);
    expect((await callerOf(server, { ticket: cy.welcome.ticket })).welcome).toMatchObject({
      resumed: false,
      user: userOf(cy),
      name: "Cy",
    });
  });

  test("of several of one user: one participant, who leaves with the last of them", async () => {
    const secret = "a secret of more than thirty-two bytes";
    const server = await serverWith({ AUTH_JWT_SECRET: secret });
    const token = await new SignJWT({ signalbox: { sessions: "both" } })
      .setProtectedHeader({ alg: "HS256" })
      .setSubject("ann")
      .setExpirationTime("1m")
      .sign(new TextEncoder().encode(secret));
    const desk = await callerOf(server, { token });
    const phone = await callerOf(server, { token });
    await desk.ask(join("r", {}));
    expect(await phone.ask(join("r"))).toMatchObject({ room: { version: 1, participants: [{ user: "ann" }] } });
    desk.ws.terminate();
    await desk.closed;
    await phone.ask(ping);
    expect(changesIn(phone, "r")).toEqual([]);
    const back = await callerOf(server, { token, ticket: desk.welcome.ticket });
    expect(back.welcome).toMatchObject({ resumed: true, rooms: [{ id: "r" }] });
    await phone.ask({ type: "leave", room: "r" });
    expect(await phone.ask({ type: "roster", room: "r" })).toMatchObject({ code: "not-in-room" });
    expect(await back.ask({ type: "roster", room: "r" })).toMatchObject({ room: { version: 1 } });
    await back.ask({ type: "leave", room: "r" });
    expect(await phone.ask(join("r"))).toMatchObject({ code: "room-not-found" });
  });
});

describe("a room", () => {
  test("has a policy and a name; a snapshot may overtake the changes", async () => {
    const server = await serverWith();
    const ann = await callerOf(server, { name: "Ann" });
    const policy = { listed: false, lobby: false, capacity: 3, withoutHost: "close" };
    expect(await ann.ask({ type: "create", room: "r", name: "Room", policy })).toMatchObject({
      room: { id: "r", name: "Room", version: 0, policy, locked: false, participants: [], waiting: [] },
    });
    const bob = await callerOf(server, { name: "Bob" });
    expect(await bob.ask({ type: "create", room: "r" })).toMatchObject({ code: "room-exists" });
    expect(await bob.ask(join("r"))).toMatchObject({ room: { version: 1, participants: [{ role: "participant" }] } });
    expect(await got(bob, "roster")).toMatchObject({ from: 0, to: 1, changes: [{ change: "joined", name: "Bob" }] });
    expect(await bob.ask(join("r", { name: "Other" }))).toMatchObject({ room: { version: 1, name: "Room" } });
    expect(await ann.ask({ type: "create", room: "r", name: "New" })).toMatchObject({ code: "room-exists" });
    expect(await ann.ask({ type: "create", room: "s" })).toMatchObject({
      room: { name: "s", policy: { listed: true, lobby: false, capacity: 100, withoutHost: "promote" } },
    });
  });

  test("that is full admits nobody: the knock stays, and a place is kept for who has been admitted", async () => {
    const server = await serverWith();
    const [ann, bob, cy] = (await Promise.all(["Ann", "Bob", "Cy"].map((name) => callerOf(server, { name })))) as [
      Caller,
      Caller,
      Caller,
    ];
    await ann.ask(join("r", { policy: { lobby: true, capacity: 2 } }));
    for (const one of [bob, cy]) expect(await one.ask(join("r"))).toMatchObject({ waiting: { id: "r" } });
    const admit = (one: Caller) => ann.ask({ type: "admit", room: "r", user: userOf(one) });
    expect(await admit(bob)).toMatchObject({ type: "result" });
    expect(await admit(cy)).toMatchObject({ code: "room-full" });
    expect(await bob.ask(join("r"))).toMatchObject({ type: "result", room: { id: "r" } });
    expect(await admit(cy)).toMatchObject({ code: "room-full" });
    expect(await cy.ask(join("r"))).toMatchObject({ waiting: { state: "knocking" } });
    await bob.ask({ type: "leave", room: "r" });
    expect(await admit(cy)).toMatchObject({ type: "result" });
    expect(await cy.ask(join("r"))).toMatchObject({ room: { participants: [{}, { user: userOf(cy) }] } });
  });

  test("is full for who joins, also for who has been admitted, if the host has come back meanwhile", async () => {
    const server = await serverWith({ SESSION_GRACE_MS: "50" });
    const [ann, cy, dan] = (await Promise.all(["Ann", "Cy", "Dan"].map((name) => callerOf(server, { name })))) as [
      Caller,
      Caller,
      Caller,
    ];
    await ann.ask(join("r", { policy: { lobby: true, capacity: 2 } }));
    await cy.ask(join("r"));
    await ann.ask({ type: "admit", room: "r", user: userOf(cy) });
    await cy.ask(join("r"));
    await ann.ask({ type: "role", room: "r", user: userOf(cy), role: "cohost" });
    await dan.ask(join("r"));
    ann.ws.terminate();
    await changed(cy, "r", { change: "lost", user: userOf(ann) });
    expect(await cy.ask({ type: "admit", room: "r", user: userOf(dan) })).toMatchObject({ type: "result" });
    const back = await callerOf(server, { ticket: ann.welcome.ticket });
    expect(await back.ask(join("r"))).toMatchObject({ room: { participants: [{}, { role: "host" }] } });
    expect(await dan.ask(join("r"))).toMatchObject({ code: "room-full" });
  });

  test("is closed by its host, for everybody; and with the last participant, or if nobody joins", async () => {
    const { ann, bob } = await pair({ UNJOINED_ROOM_MS: "100" });
    expect(await bob.ask({ type: "close", room: "r" })).toMatchObject({ code: "not-allowed" });
    await ann.ask({ type: "close", room: "r" });
    for (const one of [ann, bob]) expect(await got(one, "left")).toMatchObject({ room: "r", reason: "closed" });
    expect(await bob.ask(join("r"))).toMatchObject({ code: "room-not-found" });

    await bob.ask(join("r", {}));
    await bob.ask({ type: "leave", room: "r" });
    expect(await ann.ask(join("r"))).toMatchObject({ code: "room-not-found" });
    await ann.ask({ type: "create", room: "r" });
    await until(async () => (await bob.ask({ type: "create", room: "r" })).type === "result");
  });
});

describe("signals", () => {
  test("of an older negotiation are stale; two offers that cross are settled", async () => {
    const { ann, bob } = await pair();
    const [polite, other] = userOf(ann) > userOf(bob) ? [ann, bob] : [bob, ann];
    const say = (from: Caller, kind: string, negotiation: number) =>
      from.ask({ ...offer, kind, negotiation, to: userOf(from === ann ? bob : ann), data: { kind } });

    expect(await say(ann, "offer", 1)).toMatchObject({ outcome: "delivered" });
    expect(await say(bob, "answer", 1)).toMatchObject({ outcome: "delivered" });
    expect(await say(bob, "offer", 1)).toMatchObject({ code: "stale" });
    expect(await say(bob, "offer", 2)).toMatchObject({ outcome: "delivered" });
    expect(await say(ann, "candidate", 1)).toMatchObject({ code: "stale" });
    expect(await say(ann, "answer", 2)).toMatchObject({ outcome: "delivered" });

    expect(await say(polite, "offer", 4)).toMatchObject({ outcome: "delivered" });
    expect(await say(other, "offer", 3)).toMatchObject({ outcome: "delivered" });
    for (const [one, another] of [
      [polite, other],
      [other, polite],
    ] as const)
      expect(await got(one, "crossing")).toMatchObject({ with: userOf(another), polite: userOf(polite) });
    expect(await got(polite, "signal", { negotiation: 3 })).toMatchObject({ kind: "offer", data: { kind: "offer" } });
    expect(await say(polite, "candidate", 4)).toMatchObject({ code: "stale", negotiation: 4 });
    expect(await say(polite, "answer", 3)).toMatchObject({ outcome: "delivered" });
    expect(await say(other, "offer", 4)).toMatchObject({ code: "stale" });
    expect(await say(other, "offer", 5)).toMatchObject({ outcome: "delivered" });
    expect(await say(other, "end", 5)).toMatchObject({ outcome: "delivered" });
    const crossings = polite.frames.filter(({ type }) => type === "crossing").length;
    expect(await say(polite, "offer", 6)).toMatchObject({ outcome: "delivered" });
    expect(polite.frames.filter(({ type }) => type === "crossing")).toHaveLength(crossings);

    await polite.ask({ type: "leave", room: "r" });
    await polite.ask(join("r"));
    expect(await say(polite, "offer", 1)).toMatchObject({ outcome: "delivered" });
  });

  test("go to one other participant of a room that both are in", async () => {
    const { server, ann, bob } = await pair();
    const cy = await callerOf(server);
    expect(await ann.ask({ ...offer, to: userOf(ann) })).toMatchObject({ code: "no-such-participant" });
    expect(await ann.ask({ ...offer, to: userOf(cy) })).toMatchObject({ code: "no-such-participant" });
    expect(await cy.ask({ ...offer, to: userOf(bob) })).toMatchObject({ code: "not-in-room" });
    expect(await cy.ask({ type: "message", room: "r", data: 1 })).toMatchObject({ code: "not-in-room" });
    await bob.ask(ping);
    expect(bob.frames.filter(({ type }) => type === "signal" || type === "message")).toEqual([]);
  });

  test("and messages tell what became of them", async () => {
    const { ann, bob } = await pair();
    const message = { type: "message", room: "r", data: { any: ["json", null] } } as const;
    expect(await ann.ask(message)).toMatchObject({ outcome: "delivered" });
    expect(await got(bob, "message")).toMatchObject({ from: userOf(ann), data: { any: ["json", null] } });
    expect(await bob.ask({ ...message, to: userOf(ann) })).toMatchObject({ outcome: "delivered" });
    expect(await got(ann, "message")).toMatchObject({ from: userOf(bob), to: userOf(ann) });
    await bob.ask({ type: "leave", room: "r" });
    expect(await ann.ask(message)).not.toHaveProperty("outcome");
    expect(await ann.ask({ ...message, to: userOf(bob) })).toMatchObject({ code: "no-such-participant" });
  });
});

test("the directory: a snapshot and changes, for who watches, while the socket is there", async () => {
  const { server, ann, bob } = await pair({ STATE_SPACING_MS: "20" }, { name: "Room", policy: { capacity: 5 } });
  const cy = await callerOf(server);
  await cy.ask(join("hidden", { policy: { listed: false } }));
  const entry = { id: "r", name: "Room", participants: 2, capacity: 5, lobby: false, locked: false };
  expect(await cy.ask({ type: "directory", watch: true })).toMatchObject({ rooms: [entry] });
  await ann.ask({ type: "lock", room: "r", locked: true });
  await until(() => cy.frames.some((f) => f.type === "directory" && f.changed[0]?.locked === true));
  await bob.ask({ type: "leave", room: "r" });
  await until(() => cy.frames.some((f) => f.type === "directory" && f.changed[0]?.participants === 1));
  await ann.ask({ type: "leave", room: "r" });
  await until(() => cy.frames.some((f) => f.type === "directory" && f.gone[0] === "r"));
  const back = await callerOf(server, { ticket: cy.welcome.ticket, seen: cy.seen() });
  expect(back.welcome).toMatchObject({ resumed: true });
  await ann.ask(join("s", {}));
  await new Promise((resolve) => setTimeout(resolve, 60));
  await back.ask(ping);
  expect(back.frames.filter(({ type }) => type === "directory")).toEqual([]);
  expect(await back.ask({ type: "directory", watch: false })).not.toHaveProperty("rooms");
});

describe("one room, two dialects", () => {
  test("everybody is in roster and list", async () => {
    const server = await serverWith();
    const dashboard = await peerOf(server);
    dashboard.say({ type: "subscribe", channel: "webrtc-dashboard-rooms" });
    dashboard.say({ type: "room-created", id: "r", name: "Room", host: "Dan", hostId: "dan" });
    dashboard.say({ type: "user-joined-room", roomId: "r", userId: "dan", userName: "Dan" });
    await dashboard.heard();
    const ann = await callerOf(server, { name: "Ann" });
    expect(await ann.ask(join("r"))).toMatchObject({
      room: {
        name: "Room",
        policy: { listed: true, lobby: false, capacity: 100, withoutHost: "open" },
        participants: [
          { user: "dan", role: "host" },
          { user: userOf(ann), role: "participant" },
        ],
      },
    });
    await until(async () => {
      const lists = (await dashboard.heard()).filter(({ type }) => type === "server-room-list");
      return lists.at(-1)?.rooms[0].participantCount === 2;
    });
    expect(await ann.ask({ ...offer, to: "dan" })).toMatchObject({ code: "no-such-participant" });
    expect(await ann.ask({ type: "message", room: "r", to: "dan", data: 1 })).toMatchObject({
      code: "no-such-participant",
    });
    dashboard.ws.terminate();
    await changed(ann, "r", { change: "left", user: "dan" });
  });

  test("a client of the other one knocks, and joins by itself once it is admitted", async () => {
    const server = await serverWith();
    const ann = await callerOf(server, { name: "Ann" });
    await ann.ask(join("r", { policy: { lobby: true } }));
    const dashboard = await peerOf(server);
    dashboard.say({ type: "user-joined-room", roomId: "r", userId: "dan", userName: "Dan" });
    expect(await got(ann, "knock")).toMatchObject({ user: "dan", name: "Dan" });
    await until(async () => (await dashboard.heard()).some(({ code }) => code === "waiting"));
    await ann.ask({ type: "admit", room: "r", user: "dan" });
    await changed(ann, "r", { change: "joined", user: "dan" });
    await ann.ask({ type: "remove", room: "r", user: "dan" });
    dashboard.say({ type: "user-joined-room", roomId: "r", userId: "dan", userName: "Dan" });
    await until(async () => (await dashboard.heard()).some(({ code }) => code === "removed"));
  });
});
