import { expect, test } from "vitest";
import { waitMs } from "../../adapters/client/backoff.js";
import { SignalboxError } from "../../adapters/client/index.js";
import { closeCodes } from "../../core/dialect/v1/wire.js";
import { next, person, until } from "./people.js";
import { relay } from "./relay.js";

test("a session outlives its socket: what was missed comes in order, and what was not heard is said again", async () => {
  const server = await relay();
  const [ann, bob] = [await person(server.url), await person(server.url, { backoff: { baseMs: 300, capMs: 300 } })];
  const hers = await ann.join("r", { connections: false });
  const his = await bob.join("r", { connections: false });
  const got: unknown[] = [];
  his.on("message", ({ data }) => got.push(data));
  const heard: unknown[] = [];
  hers.on("message", ({ data }) => heard.push(data));
  const states: string[] = [];
  bob.on("state", ({ state }) => states.push(state));

  await hers.say(0);
  // Lost on its way in: the server has not dealt with it when the socket goes.
  server.intercept.push((frame, session) =>
    frame.data === "lost" && session.socket && !heard.includes("lost once") && heard.push("lost once")
      ? "nothing"
      : undefined,
  );
  const saying = his.say("lost");
  await until(() => heard.includes("lost once"));
  server.cut(bob.user);
  const away = await next<{ participant: { user: string; state: string } }>(hers, "away");
  expect([away.participant.user, away.participant.state]).toEqual([bob.user, "away"]);
  for (const n of [1, 2, 3]) await hers.say(n);
  const queued = his.say("while away");
  await next(hers, "back");
  expect(await saying).toBe("delivered");
  expect(await queued).toBe("delivered");
  await until(() => got.length === 4);
  expect(got).toEqual([0, 1, 2, 3]);
  expect(heard).toEqual(["lost once", "lost", "while away"]);
  expect(states).toEqual(["reconnecting", "connected"]);
  expect(bob.rooms.get("r")).toBe(his);
});

test("a request whose answer was lost is not made twice", async () => {
  const server = await relay();
  const ann = await person(server.url);
  const hers = await ann.join("r", { connections: false });
  const session = server.of(ann.user);
  server.intercept.push((frame) => {
    // Dealt with, and the socket is gone before the answer is written.
    if (frame.data === "once") session.socket?.terminate();
    return undefined;
  });
  expect(await hers.say("once")).toBe("delivered");
  expect(server.frames.filter(({ data }) => data === "once")).toHaveLength(1);
});

test("a frame that is sent again is taken once", async () => {
  const server = await relay();
  const [ann, bob] = [await person(server.url), await person(server.url)];
  const hers = await ann.join("r", { connections: false });
  const his = await bob.join("r", { connections: false });
  const got: unknown[] = [];
  his.on("message", ({ data }) => got.push(data));
  await hers.say("x");
  const again = server.of(bob.user).kept.find(({ type }) => type === "message");
  server.send(server.of(bob.user), again);
  await hers.say("y");
  await until(() => got.includes("y"));
  expect(got).toEqual(["x", "y"]);
});

test("what comes is acknowledged: within a second, after sixteen, and with each request", async () => {
  const server = await relay();
  const [ann, bob] = [await person(server.url), await person(server.url)];
  const hers = await ann.join("r", { connections: false });
  await bob.join("r", { connections: false });
  const acks = () => server.frames.filter(({ type }) => type === "ack").map(({ seen }) => seen);
  await until(() => acks().length === 2, 2_000);
  await Promise.all(Array.from({ length: 16 }, (_, n) => hers.say(n)));
  await until(() => acks().length > 2, 300);
  expect(server.frames.find(({ type, data }) => type === "message" && data === 15)).toMatchObject({ seen: 1 });
});

test("a session that the server has forgotten is lost, and a new one joins its rooms", async () => {
  const server = await relay();
  const ann = await person(server.url, { backoff: { baseMs: 200, capMs: 200 } });
  const hers = await ann.join("r", { connections: false });
  const user = ann.user;
  const lost = next(ann, "lost");
  const gone = next(hers, "left");
  server.forget();
  await until(() => ann.state === "reconnecting");
  await expect(hers.say("x")).rejects.toMatchObject({ code: "session-lost" });
  await lost;
  await gone;
  await until(() => hers.participants.has(ann.user));
  expect(ann.user).not.toBe(user);
  expect(hers.me.user).toBe(ann.user);
  expect(ann.rooms.get("r")).toBe(hers);
  expect(await hers.say("again")).toBe("delivered");
});

test("a newer socket of the session has it: the older one does not come back", async () => {
  const server = await relay();
  const ann = await person(server.url);
  const hers = await ann.join("r", { connections: false });
  const closed = next(hers, "closed");
  const state = next<{ state: string; error: SignalboxError }>(ann, "state");
  server.of(ann.user).socket?.close(closeCodes.replaced);
  expect(await state).toMatchObject({ state: "closed", error: { code: "replaced" } });
  expect(await closed).toMatchObject({ reason: "lost" });
  await expect(ann.join("s")).rejects.toMatchObject({ code: "closed" });
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(server.frames.filter(({ type }) => type === "hello")).toHaveLength(1);
});

test("a hello that is refused rejects, with the server's reason", async () => {
  const { url } = await relay({ refuse: () => ({ code: "token-invalid", message: "The signature is wrong." }) });
  const failed = await person(url, { token: "x" }).catch((error) => error);
  expect(failed).toBeInstanceOf(SignalboxError);
  expect(failed).toMatchObject({ code: "token-invalid", message: "The signature is wrong." });
});

test("a server that cannot be reached rejects in time", async () => {
  await expect(person("ws://127.0.0.1:1/", { connectMs: 200 })).rejects.toMatchObject({ code: "timeout" });
});

test("a token is asked for again when it has expired, and renewed before", async () => {
  const server = await relay();
  const asked: number[] = [];
  server.welcome.expiresAt = Date.now() + 500;
  server.intercept.push((frame) =>
    frame.type === "renew" ? { type: "result", expiresAt: Date.now() + 1_000_000 } : undefined,
  );
  const ann = await person(server.url, { token: async () => `token ${asked.push(asked.length)}` });
  server.of(ann.user).socket?.close(closeCodes.tokenExpired);
  await until(() => server.frames.filter(({ type }) => type === "hello").length === 2);
  expect(server.frames.filter(({ type }) => type === "hello").map(({ token }) => token)).toEqual([
    "token 1",
    "token 2",
  ]);
  await until(() => server.frames.some(({ type, token }) => type === "renew" && token === "token 3"));
});

test("with a storage, the next page goes on with the session and its rooms", async () => {
  const server = await relay();
  const items = new Map<string, string>();
  const storage = {
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => void items.set(key, value),
    removeItem: (key: string) => void items.delete(key),
  };
  const first = await person(server.url, { storage });
  await first.join("r", { connections: false });
  await first.rooms.get("r")?.say("x");
  const { user } = first;
  const kept = new Map(items);
  // As a page that is loaded again: nothing is said, and a new page has the ticket.
  server.cut(user);
  for (const [key, value] of kept) items.set(key, value);
  const second = await person(server.url, { storage });
  expect(second.user).toBe(user);
  expect([...second.rooms.keys()]).toEqual(["r"]);
  const room = await second.join("r", { connections: false });
  expect(room).toBe(second.rooms.get("r"));
  expect(server.frames.filter(({ type }) => type === "join")).toHaveLength(1);
  // Numbers of requests rise over pages too, or the server would take them for old ones.
  expect(await room.say("y")).toBe("delivered");
  expect(server.frames.find(({ data }) => data === "y").id).toBeGreaterThan(
    server.frames.find(({ data }) => data === "x").id,
  );
  await second.close();
  expect(items.size).toBe(0);
});

test("a session that is closed says bye, and everything after it is refused", async () => {
  const server = await relay();
  const ann = await person(server.url);
  const hers = await ann.join("r", { connections: false });
  const closed = next(hers, "closed");
  await ann.close();
  expect(await closed).toMatchObject({ reason: "left" });
  expect(server.frames.at(-1)).toMatchObject({ type: "bye" });
  expect(ann.state).toBe("closed");
  await expect(hers.say("x")).rejects.toMatchObject({ code: "closed" });
});

test("the network is back: a waiting retry is made now", async () => {
  const server = await relay();
  let online = (): void => {};
  globalThis.addEventListener = ((name: string, listener: () => void) => {
    if (name === "online") online = listener;
  }) as typeof globalThis.addEventListener;
  const ann = await person(server.url, { backoff: { baseMs: 60_000, capMs: 60_000 } });
  globalThis.addEventListener = undefined as never;
  server.cut(ann.user);
  await until(() => ann.state === "reconnecting");
  online();
  await until(() => ann.state === "connected", 1_000);
});

test("waits grow up to the cap, with full jitter", () => {
  const backoff = { baseMs: 100, capMs: 1_000 };
  expect([0, 1, 2, 3, 4, 50].map((attempt) => waitMs(backoff, attempt, 1))).toEqual([100, 200, 400, 800, 1_000, 1_000]);
  expect(waitMs(backoff, 5, 0.25)).toBe(250);
  expect(waitMs(backoff, 5, 0)).toBe(0);
});
