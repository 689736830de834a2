import { expect, test } from "vitest";
import { WebSocket } from "ws";
import { mint } from "../../adapters/auth/mint.js";
import type { Knock, Room, SignalboxError } from "../../adapters/client/index.js";
import { serverWith } from "../support/net.js";
import { next, person, until } from "./people.js";

/* The library against the real server. */

const data = { data: true };
const secret = "a secret of more than thirty-two bytes";
const quiet = { connections: false };
const urlOf = ({ port }: { readonly port: number }): string => `ws://127.0.0.1:${port}/ws`;
const isConnected = (room: Room): boolean => room.others.length > 0 && room.others.every(({ canSend }) => canSend);

const tokenFor = (user: string, grants: object): Promise<string> => {
  const nowS = Math.floor(Date.now() / 1_000);
  const claims = { secret, user, name: user, issuer: undefined, audience: undefined, grants };
  return mint({ ...claims, issuedAtS: nowS, expiresAtS: nowS + 60 });
};

/** Sockets that a test can cut off, as a lift does; while it is held, nothing gets through. */
const cuttable = () => {
  const sockets: WebSocket[] = [];
  let isHeld = false;
  class Socket extends WebSocket {
    constructor(url: string, protocol: string) {
      super(isHeld ? "ws://127.0.0.1:9/" : url, protocol);
      sockets.push(this);
    }
  }
  return {
    WebSocket: Socket,
    cut: () => sockets.at(-1)?.terminate(),
    hold: (held: boolean): void => {
      isHeld = held;
    },
  };
};

test("two meet, are connected, and stay so while both lose their sockets; nothing that is said is lost", async () => {
  const url = urlOf(await serverWith());
  const [hers, his] = [cuttable(), cuttable()];
  const ann = await person(url, { name: "Ann", WebSocket: hers.WebSocket });
  const bob = await person(url, { name: "Bob", WebSocket: his.WebSocket });
  const errors: SignalboxError[] = [];
  const annRoom = await ann.join("standup", data);
  const bobRoom = await bob.join("standup", data);
  for (const it of [ann, bob]) it.on("error", (error) => errors.push(error));
  expect([annRoom.me.role, bobRoom.me.role]).toEqual(["host", "participant"]);
  await until(() => isConnected(annRoom) && isConnected(bobRoom), 20_000);
  const states: string[] = [];
  for (const room of [annRoom, bobRoom]) room.on("connection", ({ state }) => states.push(state));
  const said: unknown[] = [];
  bobRoom.on("message", ({ data }) => said.push(data));

  const away = next(annRoom, "away");
  his.hold(true);
  his.cut();
  await away;
  expect(await annRoom.say("to who is away", { to: bob.user })).toBe("kept");
  const back = next(annRoom, "back");
  his.hold(false);
  await back;
  const cut = next(ann, "state");
  hers.cut();
  expect(await cut).toMatchObject({ state: "reconnecting" });
  await annRoom.say("from who was away");
  await until(() => said.length === 2);
  expect(said).toEqual(["to who is away", "from who was away"]);
  expect(annRoom.send("x")).toBe(1);
  expect([states, errors]).toEqual([[], []]);
});

test("a lobby: knock, admit, deny, remove, and what is said at the door", async () => {
  const url = urlOf(await serverWith());
  const [ann, bob] = [await person(url, { name: "Ann" }), await person(url, { name: "Bob" })];
  const hers = await ann.join("r", { ...quiet, create: { name: "Round", policy: { lobby: true } } });
  expect([hers.name, hers.policy.lobby]).toEqual(["Round", true]);
  const heard: unknown[] = [];
  hers.on("message", ({ from, data }) => heard.push([from.name, data]));
  bob.on("waiting", (waiting) => void waiting.say("let me in", ann.user));
  const knocking = next<Knock>(hers, "knock");
  const joining = bob.join("r", quiet);
  const knock = await knocking;
  await until(() => heard.length === 1);
  expect([knock.name, heard]).toEqual(["Bob", [["Bob", "let me in"]]]);
  await knock.admit();
  const his = await joining;
  expect([...his.participants.keys()]).toEqual([ann.user, bob.user]);
  expect(hers.waiting.size).toBe(0);

  const closed = next(his, "closed");
  await hers.remove(bob.user, { banMs: 60_000 });
  expect(await closed).toMatchObject({ reason: "banned", until: expect.any(Number) });
  await expect(bob.join("r", quiet)).rejects.toMatchObject({ code: "banned" });
  await hers.unban(bob.user);
  hers.on("knock", ({ deny }) => void deny(1_000));
  await expect(bob.join("r", quiet)).rejects.toMatchObject({ code: "denied", until: expect.any(Number) });
});

test("who is kept out is told until when, however they were put out", async () => {
  const url = urlOf(await serverWith());
  const [ann, bob] = [await person(url, { name: "Ann" }), await person(url, { name: "Bob" })];
  const hers = await ann.join("r", { ...quiet, create: { policy: { lobby: true } } });
  hers.on("knock", ({ admit, user }) => void (user === bob.user ? admit() : hers.deny(user, { forMs: 60_000 })));
  const rejects = async (code: string, ms: number, who = bob): Promise<void> => {
    await until(() => who.rooms.size === 0);
    const failed = await who.join("r", quiet).catch((error) => error);
    expect(failed).toMatchObject({ code, until: expect.any(Number) });
    expect(Math.abs(failed.until - Date.now() - ms)).toBeLessThan(10_000);
  };
  await bob.join("r", quiet);
  await hers.remove(bob.user);
  await rejects("removed", 86_400_000);
  await hers.unban(bob.user);
  await bob.join("r", quiet);
  await hers.remove(bob.user, { banMs: 600_000 });
  await rejects("banned", 600_000);
  const eve = await person(url, { name: "Eve" });
  for (const _ of ["the knock is denied", "and there is no other one yet"]) await rejects("denied", 60_000, eve);
});

test("who comes back to a room hears of those who wait there", async () => {
  const url = urlOf(await serverWith());
  const items = new Map<string, string>();
  const storage = {
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => void items.set(key, value),
    removeItem: () => {},
  };
  const lobby = { ...quiet, create: { policy: { lobby: true } } };
  await (await person(url, { name: "Ann", storage })).join("r", lobby);
  const bob = await person(url, { name: "Bob" });
  const joining = bob.join("r", lobby);
  await next(bob, "waiting");
  const hers = await (await person(url, { name: "Ann", storage })).join("r", lobby);
  const told: string[] = [];
  hers.on("knock", ({ name, admit }) => {
    told.push(name);
    void admit();
  });
  expect((await joining).others.map(({ name }) => name)).toEqual(["Ann"]);
  expect(told).toEqual(["Bob"]);
});

test("roles, locks and succession are told", async () => {
  const url = urlOf(await serverWith());
  const [ann, bob] = [await person(url, { name: "Ann" }), await person(url, { name: "Bob" })];
  const hers = await ann.join("r", quiet);
  const his = await bob.join("r", quiet);
  await until(() => hers.participants.size === 2);
  const role = next(his, "role");
  await hers.setRole(bob.user, "cohost");
  expect(await role).toMatchObject({ role: "cohost" });
  const locked = next(his, "locked");
  await his.lock();
  expect(await locked).toEqual({ locked: true });
  const eve = await person(url);
  await expect(eve.join("r", quiet)).rejects.toMatchObject({ code: "room-locked" });
  await hers.leave();
  await until(() => his.me.role === "host");
  await his.close();
  await until(() => his.state === "over");
  await expect(eve.join("r", { ...quiet, create: false })).rejects.toMatchObject({ code: "room-not-found" });
});

test("the directory shows listed rooms as they change", async () => {
  const url = urlOf(await serverWith());
  const [ann, bob] = [await person(url), await person(url)];
  const told: string[][] = [];
  const stop = await bob.directory((rooms) => told.push(rooms.map(({ id, participants }) => `${id} ${participants}`)));
  const room = await ann.join("r", quiet);
  await until(() => told.at(-1)?.[0] === "r 1");
  await room.leave();
  await until(() => told.at(-1)?.length === 0);
  await stop();
});

test("a page that is loaded again goes on, and its participants are connected again", async () => {
  const url = urlOf(await serverWith());
  const items = new Map<string, string>();
  const storage = {
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => void items.set(key, value),
    removeItem: () => {},
  };
  const ann = await person(url, { name: "Ann" });
  const hers = await ann.join("r", data);
  const first = await person(url, { name: "Bob", storage });
  const old = await first.join("r", data);
  await until(() => isConnected(hers) && isConnected(old), 20_000);
  const told: string[] = [];
  hers.on("left", () => told.push("left"));
  hers.on("joined", () => told.push("joined"));
  const second = await person(url, { name: "Bob", storage });
  expect([second.user, [...second.rooms.keys()]]).toEqual([first.user, ["r"]]);
  await until(() => first.state === "closed");
  const again = await second.join("r", data);
  await until(() => isConnected(again) && again.send("new page") === 1, 20_000);
  expect((await next<{ data: unknown }>(hers, "data")).data).toBe("new page");
  expect(told).toEqual([]);
});

test("a page whose clock is behind the other's is heard nevertheless", async () => {
  const url = urlOf(await serverWith());
  const [ann, bob] = [await person(url, { name: "Ann" }), await person(url, { name: "Bob" })];
  const hers = await ann.join("r", data);
  // The two have negotiated under a number of tomorrow.
  const his = await bob.join("r", quiet);
  await until(() => hers.participants.size === 2);
  const { now } = Date;
  Date.now = () => now() + 50_000;
  const storage = new Map<string, string>();
  const eve = await person(url, {
    name: "Eve",
    storage: {
      getItem: (key) => storage.get(key) ?? null,
      setItem: (key, value) => void storage.set(key, value),
      removeItem: () => {},
    },
  });
  const first = await eve.join("r", data);
  await until(() => first.others.some(({ name, canSend }) => name === "Ann" && canSend), 20_000);
  Date.now = now;
  const again = await person(url, {
    name: "Eve",
    storage: { getItem: (key) => storage.get(key) ?? null, setItem: () => {}, removeItem: () => {} },
  });
  const room = await again.join("r", data);
  await until(() => room.others.some(({ name, canSend }) => name === "Ann" && canSend), 20_000);
  expect(his.state).toBe("joined");
});

test("a guest whose token may not create the room, and who is back before the host, is in it when she is", async () => {
  const env = { AUTH_JWT_SECRET: secret };
  const before = await serverWith(env);
  const url = urlOf(before);
  const hers = cuttable();
  const ann = await person(url, { token: await tokenFor("ann", {}), WebSocket: hers.WebSocket });
  const bob = await person(url, { token: await tokenFor("bob", { can: ["join", "say", "signal"] }) });
  const rooms = [await ann.join("r", quiet), await bob.join("r", quiet)] as const;
  const told: unknown[] = [];
  for (const it of [ann, bob]) it.on("error", (error) => told.push(error));
  for (const room of rooms) room.on("closed", (event) => told.push(event));
  hers.hold(true);
  await before.stop();
  await serverWith({ ...env, PORT: String(before.port) });
  await until(() => bob.state === "connected" && rooms[1].state === "rejoining");
  hers.hold(false);
  await until(() => rooms.every(({ state, others }) => state === "joined" && others.length === 1));
  expect([told, rooms.map(({ me }) => me.role)]).toEqual([[], ["host", "participant"]]);
});

test("who signs in elsewhere is told so in the rooms of the older session", async () => {
  const url = urlOf(await serverWith({ AUTH_JWT_SECRET: secret }));
  const token = await tokenFor("ann", { sessions: "newest" });
  const first = await person(url, { token });
  const room = await first.join("r", quiet);
  const told: unknown[] = [];
  room.on("closed", ({ reason }) => told.push(reason));
  first.on("state", ({ state, error }) => told.push([state, error?.code]));
  await person(url, { token });
  await until(() => first.state === "closed" && told.length === 2);
  expect(told).toEqual(["replaced", ["closed", "replaced"]]);
});

test("a session whose grace is over is lost, and joins again", async () => {
  const url = urlOf(await serverWith({ SESSION_GRACE_MS: "50" }));
  const sockets = cuttable();
  const ann = await person(url, {
    name: "Ann",
    WebSocket: sockets.WebSocket,
    backoff: { baseMs: 1_000, capMs: 1_000 },
  });
  const hers = await ann.join("r", quiet);
  const lost = next(ann, "lost");
  const chance = Math.random;
  Math.random = () => 0.5;
  sockets.cut();
  await lost;
  Math.random = chance;
  await until(() => hers.state === "joined" && hers.me.user === ann.user);
  expect([hers.state, ann.rooms.get("r")]).toEqual(["joined", hers]);
});
