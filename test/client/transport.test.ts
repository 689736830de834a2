import * as fc from "fast-check";
import { expect, onTestFinished, test, vi } from "vitest";
import { WebSocket } from "ws";
import { waitMs } from "../../adapters/client/backoff.js";
import { connect, SignalboxError } from "../../adapters/client/index.js";
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
  const back = next(hers, "back");
  for (const n of [1, 2, 3]) await hers.say(n);
  const queued = his.say("while away");
  await back;
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
  const cut = next(ann, "state");
  server.forget();
  expect(await cut).toMatchObject({ state: "reconnecting" });
  await expect(hers.say("x")).rejects.toMatchObject({ code: "session-lost" });
  await lost;
  await gone;
  await until(() => hers.participants.has(ann.user));
  expect(ann.user).not.toBe(user);
  expect(hers.me.user).toBe(ann.user);
  expect(ann.rooms.get("r")).toBe(hers);
  expect(await hers.say("again")).toBe("delivered");
});

test("who was closed for sending too much comes back, and waits longer than who was cut off", async () => {
  const server = await relay();
  const almostOne = vi.spyOn(Math, "random").mockReturnValue(0.999);
  onTestFinished(() => almostOne.mockRestore());
  const ann = await person(server.url, { backoff: { baseMs: 20, capMs: 10_000 } });
  const timeToReturn = async (end: () => void): Promise<number> => {
    const began = performance.now();
    const hellos = server.frames.filter(({ type }) => type === "hello").length;
    end();
    await until(() => server.frames.filter(({ type }) => type === "hello").length > hellos);
    await until(() => ann.state === "connected");
    return performance.now() - began;
  };
  const longest = waitMs({ baseMs: 20, capMs: 10_000 }, 4, 0.999);
  expect(await timeToReturn(() => server.cut(ann.user))).toBeLessThan(longest);
  const close = (): void => server.of(ann.user).socket?.close(closeCodes.rateLimited);
  expect(await timeToReturn(close)).toBeGreaterThanOrEqual(longest - 5);
});

test("a newer socket of the session has it: the older one does not come back", async () => {
  const server = await relay();
  const ann = await person(server.url);
  const hers = await ann.join("r", { connections: false });
  const closed = next(hers, "closed");
  const state = next<{ state: string; error: SignalboxError }>(ann, "state");
  server.of(ann.user).socket?.close(closeCodes.replaced);
  expect(await state).toMatchObject({ state: "closed", error: { code: "replaced" } });
  expect(await closed).toMatchObject({ reason: "replaced" });
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
  await expect(person("ws://127.0.0.1:1/", { connectMs: 200 })).rejects.toMatchObject({
    code: "timeout",
    message: "No connection to ws://127.0.0.1:1/ within 200 ms.",
  });
});

/** A server that refuses each hello. */
const refusing = async (code: string, closeCode: number) => {
  const hellos: unknown[] = [];
  const refuse = (frame: unknown): object => {
    hellos.push(frame);
    return { code, message: "Not with this token." };
  };
  return { ...(await relay({ refuse, closeCode })), hellos };
};

test("a connection that is not made in time says what its last attempt has failed of", async () => {
  const { url } = await refusing("token-unverifiable", 1013);
  await expect(person(url, { connectMs: 300, token: "x" })).rejects.toMatchObject({
    code: "timeout",
    message: `No connection to ${url} within 300 ms; the last attempt: token-unverifiable.`,
    cause: { code: "token-unverifiable", message: "Not with this token." },
  });
});

test("a token that has expired rejects at once where it is a string, and where a function gives such a one twice", async () => {
  const expired = { code: "token-expired", message: "Not with this token." };
  const first = await refusing("token-expired", closeCodes.tokenExpired);
  await expect(person(first.url, { token: "old" })).rejects.toMatchObject(expired);
  expect(first.hellos).toHaveLength(1);
  const second = await refusing("token-expired", closeCodes.tokenExpired);
  await expect(person(second.url, { token: () => "old" })).rejects.toMatchObject(expired);
  expect(second.hellos).toHaveLength(2);
});

test("a string that expires ends the session", async () => {
  const server = await relay();
  const ann = await person(server.url, { token: "old" });
  const state = next(ann, "state");
  server.of(ann.user).socket?.close(closeCodes.tokenExpired, "It is over.");
  expect(await state).toMatchObject({ state: "closed", error: { code: "token-expired", message: "It is over." } });
});

test("a token function that throws rejects the first connection, and is asked again once there was one", async () => {
  const server = await relay();
  let asked = 0;
  let isDown = true;
  const token = (): string => {
    asked++;
    if (isDown) throw new Error("no network");
    return "good";
  };
  await expect(person(server.url, { token })).rejects.toMatchObject({
    code: "token-failed",
    cause: { message: "no network" },
  });
  expect(asked).toBe(1);
  isDown = false;
  const ann = await person(server.url, { token });
  isDown = true;
  server.cut(ann.user);
  expect(await next(ann, "error")).toMatchObject({ code: "token-failed" });
  isDown = false;
  await until(() => ann.state === "connected");
});

test("who does not want to connect any more says so with a signal, which a session that is open does not heed", async () => {
  const server = await relay();
  const [before, during, after] = [new AbortController(), new AbortController(), new AbortController()];
  before.abort("too late");
  await expect(person(server.url, { signal: before.signal })).rejects.toMatchObject({
    name: "SignalboxError",
    code: "aborted",
    cause: "too late",
  });
  const unreachable = person("ws://127.0.0.1:1/", { signal: during.signal });
  setTimeout(() => during.abort(), 50);
  await expect(unreachable).rejects.toMatchObject({ code: "aborted", cause: { name: "AbortError" } });
  expect(server.frames).toEqual([]);
  const ann = await person(server.url, { signal: after.signal });
  after.abort();
  expect(ann.state).toBe("connected");
  await (await ann.join("r", { connections: false })).say("x");
});

test("what is no address of a WebSocket is refused at once, whatever it is", async () => {
  const isAddress = (text: string): boolean => {
    try {
      return /^(?:ws|http)s?:$/.test(new URL(text).protocol);
    } catch {
      return false;
    }
  };
  const text = fc.oneof(fc.string(), fc.constantFrom("", "foo", "ftp://x/ws", "//x/ws", "ws://", "ws://x:99999/"));
  await fc.assert(
    fc.asyncProperty(text, async (url) => {
      fc.pre(!isAddress(url));
      const failed = await connect(url, { WebSocket }).catch((error) => error);
      expect(failed).toBeInstanceOf(SignalboxError);
      expect(failed).toMatchObject({ code: "bad-address", cause: expect.any(Error) });
    }),
  );
});

test("what a browser does not allow here is refused at once", async () => {
  let made = 0;
  const Socket = class {
    constructor() {
      made++;
      throw new DOMException("An insecure connection from a secure page.", "SecurityError");
    }
    // Nothing else is asked of one that cannot be made.
  } as unknown as typeof globalThis.WebSocket;
  await expect(connect("ws://your.server/ws", { WebSocket: Socket })).rejects.toMatchObject({
    code: "bad-address",
    message: expect.stringContaining("wss://"),
    cause: { name: "SecurityError" },
  });
  expect(made).toBe(1);
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
  const cut = next(ann, "state");
  server.cut(ann.user);
  expect(await cut).toMatchObject({ state: "reconnecting" });
  online();
  await until(() => ann.state === "connected", 1_000);
});

test("waits grow up to the cap, with full jitter", () => {
  const backoff = { baseMs: 100, capMs: 1_000 };
  expect([0, 1, 2, 3, 4, 50].map((attempt) => waitMs(backoff, attempt, 1))).toEqual([100, 200, 400, 800, 1_000, 1_000]);
  expect(waitMs(backoff, 5, 0.25)).toBe(250);
  expect(waitMs(backoff, 5, 0)).toBe(0);
});

test("nothing is written to a socket that closes: it is said again on the next one", async () => {
  const server = await relay();
  const sockets: WebSocket[] = [];
  const late: unknown[] = [];
  class Watched extends WebSocket {
    constructor(url: string, protocol: string) {
      super(url, protocol);
      sockets.push(this);
    }
    override send(data: Parameters<WebSocket["send"]>[0]): void {
      if (this.readyState !== WebSocket.OPEN) late.push(data);
      else super.send(data);
    }
  }
  const ann = await person(server.url, { WebSocket: Watched });
  const room = await ann.join("r", { connections: false });
  sockets.at(-1)?.close();
  const said = room.say("while it closes");
  await said;
  expect([late, sockets.length]).toEqual([[], 2]);
});
