import { expect, test } from "vitest";
import type { Knock, Participant, Room, Waiting } from "../../adapters/client/index.js";
import { next, person, until } from "./people.js";
import { relay } from "./relay.js";

const quiet = { connections: false };
const namesIn = (room: Room): ReadonlyArray<string> => [...room.participants.values()].map(({ name }) => name);

test("a room shows who is in it, and tells who comes and goes", async () => {
  const { url } = await relay();
  const [ann, bob] = [await person(url, { name: "Ann" }), await person(url, { name: "Bob" })];
  const hers = await ann.join("r", quiet);
  expect([hers.me.name, hers.me.role, hers.others]).toEqual(["Ann", "host", []]);
  const joined = next<{ participant: Participant }>(hers, "joined");
  const his = await bob.join("r", quiet);
  const { participant } = await joined;
  expect([participant.name, participant.role, participant.state]).toEqual(["Bob", "participant", "here"]);
  expect([namesIn(hers), namesIn(his)]).toEqual([
    ["Ann", "Bob"],
    ["Ann", "Bob"],
  ]);
  const left = next(hers, "left");
  await his.leave();
  expect(await left).toMatchObject({ participant, reason: "left" });
  expect([participant.state, his.state, bob.rooms.size, hers.others]).toEqual(["gone", "over", 0, []]);
});

test("a change that does not start at the version held makes the room ask", async () => {
  const server = await relay();
  const [ann, bob] = [await person(server.url, { name: "Ann" }), await person(server.url, { name: "Bob" })];
  const hers = await ann.join("r", quiet);
  await bob.join("r", quiet);
  await until(() => hers.participants.size === 2);
  const changes = [{ change: "joined", user: "ghost", name: "Ghost", role: "participant" }];
  server.send(server.of(ann.user), { type: "roster", room: "r", from: 7, to: 8, changes });
  await until(() => server.frames.some(({ type }) => type === "roster"));
  await hers.say("x");
  expect(namesIn(hers)).toEqual(["Ann", "Bob"]);
  // One that leads to a version already held changes nothing, and asks nothing.
  server.send(server.of(ann.user), { type: "roster", room: "r", from: 0, to: 1, changes });
  await hers.say("y");
  expect(server.frames.filter(({ type }) => type === "roster")).toHaveLength(1);
});

test("a change that does not start at the version held makes the room ask, also before anybody can listen", async () => {
  const server = await relay();
  const ann = await person(server.url, { name: "Ann" });
  const changes = [{ change: "joined", user: "ghost", name: "Ghost", role: "participant" }];
  server.intercept.push(({ type }, session) => {
    // In one piece with the answer to the join.
    if (type === "join")
      queueMicrotask(() => server.send(session, { type: "roster", room: "r", from: 7, to: 8, changes }));
    return undefined;
  });
  const hers = await ann.join("r", quiet);
  await until(() => server.frames.some(({ type }) => type === "roster"));
  await hers.say("x");
  expect(namesIn(hers)).toEqual(["Ann"]);
});

test("somebody who speaks before the roster names them is looked up", async () => {
  const server = await relay();
  const [ann, bob] = [await person(server.url, { name: "Ann" }), await person(server.url, { name: "Bob" })];
  const hers = await ann.join("r", quiet);
  const got: unknown[] = [];
  hers.on("message", ({ from, data, isPrivate }) => got.push([from.name, data, isPrivate]));
  // Bob's coming is told late.
  const session = server.of(ann.user);
  const { socket } = session;
  session.socket = undefined;
  const his = await bob.join("r", quiet);
  session.socket = socket;
  await his.say("hello", { to: ann.user });
  await until(() => got.length === 1);
  expect(got).toEqual([["Bob", "hello", true]]);
});

test("where there is a lobby, one waits, is admitted, and is in", async () => {
  const server = await relay();
  const [ann, bob] = [await person(server.url, { name: "Ann" }), await person(server.url, { name: "Bob" })];
  const hers = await ann.join("r", { ...quiet, create: { policy: { lobby: true } } });
  const knocking = next<Knock>(hers, "knock");
  const waiting: Waiting[] = [];
  const joining = bob.join("r", { ...quiet, onWaiting: (it) => waiting.push(it) });
  const knock = await knocking;
  await until(() => waiting.length === 1);
  expect([knock.name, hers.waiting.get(bob.user), waiting.map(({ room }) => room)]).toEqual(["Bob", knock, ["r"]]);
  const ended = next(hers, "knock-ended");
  await knock.admit();
  expect(namesIn(await joining)).toEqual(["Ann", "Bob"]);
  expect(await ended).toEqual({ user: bob.user, reason: "admitted" });
  expect(hers.waiting.size).toBe(0);
});

test("who is denied is told so, and who gives up too", async () => {
  const server = await relay();
  const [ann, bob] = [await person(server.url, { name: "Ann" }), await person(server.url, { name: "Bob" })];
  const hers = await ann.join("r", { ...quiet, create: { policy: { lobby: true } } });
  hers.on("knock", (knock) => void knock.deny(60_000));
  await expect(bob.join("r", quiet)).rejects.toMatchObject({ code: "denied", until: 9e12 });
  expect(server.frames.find(({ type }) => type === "deny")).toMatchObject({ user: bob.user, forMs: 60_000 });
  const eve = await person(server.url);
  const withdrawn = eve.join("r", { ...quiet, onWaiting: ({ withdraw }) => void withdraw() });
  await expect(withdrawn).rejects.toMatchObject({ code: expect.stringMatching(/withdrawn|denied/) });
});

test("who is removed is out of the room, and learns why", async () => {
  const { url } = await relay();
  const [ann, bob] = [await person(url), await person(url)];
  const hers = await ann.join("r", quiet);
  const his = await bob.join("r", quiet);
  const closed = next(his, "closed");
  await hers.remove(bob.user, { banMs: 1_000 });
  expect(await closed).toMatchObject({ reason: "removed" });
  expect([his.state, bob.rooms.size]).toEqual(["over", 0]);
});

test("who has left by a socket of the other protocol is out of the room", async () => {
  const server = await relay();
  const ann = await person(server.url);
  const hers = await ann.join("r", quiet);
  const closed = next(hers, "closed");
  server.send(server.of(ann.user), { type: "left", room: "r", reason: "left" });
  expect(await closed).toMatchObject({ reason: "left" });
  expect([hers.state, ann.rooms.size, ann.state]).toEqual(["over", 0, "connected"]);
});

/** Fast enough to see many attempts. */
const backoff = { baseMs: 20, capMs: 20 };

test.each([
  ["that is not there yet", { code: "room-not-found", message: "No room." }],
  ["that the token may not create", { code: "not-allowed", message: "The token does not grant create." }],
])("after a restart, a room %s is asked for until it is", async (_name, refusal) => {
  const server = await relay();
  const bob = await person(server.url, { backoff });
  const his = await bob.join("r", quiet);
  const told: unknown[] = [];
  for (const name of ["closed", "error"] as const) his.on(name, (event) => told.push(event));
  bob.on("error", (error) => told.push(error));
  let refused = 0;
  let isThere = false;
  server.intercept.push(({ type }) =>
    type === "join" && !isThere && ++refused ? { type: "error", ...refusal } : undefined,
  );
  server.forget();
  await until(() => refused > 3);
  expect([his.state, bob.rooms.get("r")]).toEqual(["rejoining", his]);
  // A lost socket changes nothing.
  const connected = next(bob, "state");
  server.cut(bob.user);
  await connected;
  const before = refused;
  await until(() => bob.state === "connected" && refused > before + 3);
  expect(his.state).toBe("rejoining");
  isThere = true;
  await until(() => his.state === "joined");
  expect([told, his.me.user]).toEqual([[], bob.user]);
  await his.say("back");
});

test("a room that is not there after half a minute is over, and one that is left meanwhile is not asked for any more", async () => {
  const server = await relay();
  const [ann, bob] = [await person(server.url, { backoff }), await person(server.url, { backoff })];
  const [hers, his] = [await ann.join("r", quiet), await bob.join("r", { ...quiet, create: false })];
  const joins = (): number => server.frames.filter(({ type }) => type === "join").length;
  const refusal = { type: "error", code: "room-not-found", message: "No room." };
  server.intercept.push(({ type }) => (type === "join" || type === "leave" ? refusal : undefined));
  const errors: unknown[] = [];
  bob.on("error", ({ code }) => errors.push(code));
  const closed = next(his, "closed");
  server.forget();
  await until(() => joins() > 8);
  const left = next(hers, "closed");
  await hers.leave();
  expect([await left, hers.state]).toEqual([{ reason: "left", until: undefined }, "over"]);
  expect(his.state).toBe("rejoining");
  const { now } = Date;
  Date.now = () => now() + 31_000;
  try {
    expect(await closed).toMatchObject({ reason: "lost" });
  } finally {
    Date.now = now;
  }
  await until(() => errors.length > 0);
  expect(errors).toEqual(["room-not-found"]);
  const asked = joins();
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(joins()).toBe(asked);
});

test.each(["admitted", "left"])(
  "who knocks again after a restart is told so, and is not in the room until %s",
  async (end) => {
    const server = await relay();
    const lobby = { ...quiet, create: { policy: { lobby: true } } };
    const [ann, bob] = [await person(server.url, { name: "Ann" }), await person(server.url, { name: "Bob", backoff })];
    const hers = await ann.join("r", lobby);
    const first = next<Knock>(hers, "knock").then(({ admit }) => admit());
    const waiting: Waiting[] = [];
    const his = await bob.join("r", { ...lobby, onWaiting: (it) => waiting.push(it) });
    await first;
    const [states, told]: [string[], unknown[]] = [[], []];
    his.on("change", ({ state }) => state !== (states.at(-1) ?? "joined") && states.push(state));
    bob.on("waiting", ({ room }) => told.push(room));
    bob.on("error", (error) => told.push(error));
    // Ann is the first to come back.
    const refusal = { type: "error", code: "room-not-found", message: "No room." };
    let isAnnBack = false;
    server.intercept.push(({ type }, { name }) => {
      if (type === "join" && name === "Ann") isAnnBack = true;
      return type === "join" && !isAnnBack ? refusal : undefined;
    });
    const knocking = next<Knock>(hers, "knock");
    server.forget();
    const knock = await knocking;
    await until(() => his.state === "waiting");
    expect([states, told, waiting.map(({ room }) => room)]).toEqual([["rejoining", "waiting"], ["r"], ["r", "r"]]);
    if (end === "admitted") await knock.admit();
    else await his.leave();
    await until(() => his.state === (end === "admitted" ? "joined" : "over"));
    expect([told, bob.rooms.size]).toEqual([["r"], end === "admitted" ? 1 : 0]);
    expect(server.frames.filter(({ type }) => type === "withdraw")).toHaveLength(end === "admitted" ? 0 : 1);
  },
);

test("a refusal is a failure with the server's code", async () => {
  const server = await relay();
  const ann = await person(server.url);
  await expect(ann.join("nowhere", { create: false })).rejects.toMatchObject({
    name: "SignalboxError",
    code: "room-not-found",
  });
  const hers = await ann.join("r", quiet);
  // It is not asked again by itself, as a signal would be.
  for (const code of ["rate-limited", "unavailable"]) {
    server.intercept.unshift(({ type }) =>
      type === "lock" ? { type: "error", code, message: "Later.", path: "locked", retryAfterMs: 5 } : undefined,
    );
    await expect(hers.lock()).rejects.toMatchObject({ code, path: "locked", retryAfterMs: 5 });
  }
  await hers.say("x");
  expect(server.frames.filter(({ type }) => type === "lock")).toHaveLength(2);
});

test("what has no JSON cannot be said, and what is said after it is, also over a lost connection", async () => {
  const server = await relay();
  const [ann, bob] = [await person(server.url), await person(server.url)];
  const hers = await ann.join("r", quiet);
  const his = await bob.join("r", quiet);
  const got: unknown[] = [];
  his.on("message", ({ data }) => got.push(data));
  const circular: { self?: unknown } = {};
  circular.self = circular;
  const refusal = { name: "SignalboxError", code: "invalid-message", cause: { name: "TypeError" } };
  for (const data of [circular, 1n, [1n]]) await expect(hers.say(data)).rejects.toMatchObject(refusal);
  await hers.say("one");
  const cut = next(ann, "state");
  server.cut(ann.user);
  expect(await cut).toMatchObject({ state: "reconnecting" });
  const saying = [hers.say(circular), hers.say("two")] as const;
  await expect(saying[0]).rejects.toMatchObject(refusal);
  await saying[1];
  await until(() => got.length === 2);
  expect(got).toEqual(["one", "two"]);
});

test("after a resume the roster is what the server says, told as changes", async () => {
  const server = await relay();
  const [ann, bob, eve] = [await person(server.url), await person(server.url), await person(server.url)];
  const hers = await ann.join("r", quiet);
  const his = await bob.join("r", quiet);
  await until(() => hers.participants.size === 2);
  const told: unknown[] = [];
  hers.on("joined", ({ participant }) => told.push(["joined", participant.user]));
  hers.on("left", ({ participant }) => told.push(["left", participant.user]));
  server.cut(ann.user);
  await his.leave();
  await eve.join("r", quiet);
  await until(() => ann.state === "connected" && told.length === 2);
  expect(told).toEqual([
    ["left", bob.user],
    ["joined", eve.user],
  ]);
});

test("the directory is told at once, and as it changes", async () => {
  const server = await relay();
  const ann = await person(server.url);
  const room = { id: "r", name: "R", participants: 1, capacity: 5, lobby: false, locked: false };
  server.intercept.push(({ type, watch }) =>
    type === "directory" ? { type: "result", ...(watch ? { rooms: [room] } : {}) } : undefined,
  );
  const told: unknown[] = [];
  const stop = await ann.directory((rooms) => told.push(rooms));
  server.send(server.of(ann.user), { type: "directory", changed: [{ ...room, participants: 2 }], gone: [] });
  server.send(server.of(ann.user), { type: "directory", changed: [], gone: ["r"] });
  await until(() => told.length === 3);
  expect(told).toEqual([[room], [{ ...room, participants: 2 }], []]);
  await stop();
  expect(server.frames.at(-1)).toMatchObject({ type: "directory", watch: false });
});
