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
  expect([participant.state, his.isOver, bob.rooms.size, hers.others]).toEqual(["gone", true, 0, []]);
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
  expect([his.isOver, bob.rooms.size]).toEqual([true, 0]);
});

test("a refusal is a failure with the server's code", async () => {
  const server = await relay();
  const ann = await person(server.url);
  await expect(ann.join("nowhere", { create: false })).rejects.toMatchObject({
    name: "SignalboxError",
    code: "room-not-found",
  });
  const hers = await ann.join("r", quiet);
  server.intercept.push(({ type }) =>
    type === "lock"
      ? { type: "error", code: "rate-limited", message: "Slower.", path: "locked", retryAfterMs: 5 }
      : undefined,
  );
  await expect(hers.lock()).rejects.toMatchObject({ code: "rate-limited", path: "locked", retryAfterMs: 5 });
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
