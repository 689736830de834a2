import * as fc from "fast-check";
import { RTCPeerConnection } from "node-datachannel/polyfill";
import { expect, test } from "vitest";
import type { Participant, Room, Session, SignalboxError } from "../../adapters/client/index.js";
import { signals, unanswered } from "./other-node.js";
import { next, person, until } from "./people.js";
import { type Relay, relay } from "./relay.js";

const data = { data: true };
const isConnected = (room: Room): boolean =>
  room.others.every(({ connection, canSend }) => connection === "connected" && canSend);
const offersIn = ({ frames }: Relay) => frames.filter(({ kind }) => kind === "offer");

interface Someone {
  readonly session: Session;
  readonly room: Room;
}

/** A room with as many people as names, all connected. */
const together = async (server: Relay, names: ReadonlyArray<string>) => {
  const people: Someone[] = [];
  for (const name of names) {
    const session = await person(server.url, { name });
    people.push({ session, room: await session.join("r", data) });
  }
  await until(() => people.every(({ room }) => room.others.length === names.length - 1 && isConnected(room)), 20_000);
  return people as [Someone, Someone, ...Someone[]];
};

test("all who join a room are connected, and what one sends the others get", async () => {
  const server = await relay();
  const people = await together(server, ["Ann", "Bob", "Eve"]);
  const got: unknown[] = [];
  for (const { room } of people)
    room.on("data", ({ from, data }) => got.push(`${from.name} to ${room.me.name}: ${data}`));
  for (const { room } of people) await until(() => room.send("hi") === 2);
  await until(() => got.length >= 6);
  expect(new Set(got)).toEqual(
    new Set(
      ["Ann to Bob", "Ann to Eve", "Bob to Ann", "Bob to Eve", "Eve to Ann", "Eve to Bob"].map((it) => `${it}: hi`),
    ),
  );
});

test("only what a channel carries as it is can be sent, whoever is there", async () => {
  const server = await relay();
  const alone = await (await person(server.url)).join("alone", data);
  const [ann, bob] = await together(server, ["Ann", "Bob"]);
  const refusal = expect.objectContaining({ name: "SignalboxError", code: "invalid-message", path: "data" });
  const other = fc.oneof(
    fc.jsonValue().filter((it) => typeof it !== "string"),
    fc.constantFrom(undefined, new Date(), new Map(), () => "x", [new Uint8Array(1)]),
  );
  fc.assert(
    fc.property(other, (it) => {
      for (const to of [alone, ann.room, ...ann.room.others]) expect(() => to.send(it as never)).toThrow(refusal);
    }),
  );
  const got: unknown[] = [];
  bob.room.on("data", ({ data: it }) => got.push(typeof it === "string" ? it : [...new Uint8Array(it)]));
  for (const it of ["text", new Uint8Array([1, 2]), new Uint8Array([3]).buffer]) expect(ann.room.send(it)).toBe(1);
  await until(() => got.length >= 3);
  expect(got).toEqual(["text", [1, 2], [3]]);
});

test("who comes offers to who is there, once", async () => {
  const server = await relay();
  const [ann] = await together(server, ["Ann", "Bob"]);
  // On a machine that is busy a connection can fail at first. Then either side offers again, which is another matter.
  const untilAnswered = server.frames.slice(
    0,
    server.frames.findIndex(({ kind }) => kind === "answer"),
  );
  expect(untilAnswered.filter(({ kind }) => kind === "offer")).toMatchObject([{ to: ann.session.user }]);
});

test("a connection outlives the sockets of both, and nothing is offered anew", async () => {
  const server = await relay();
  const [ann, bob] = await together(server, ["Ann", "Bob"]);
  const offers = offersIn(server).length;
  const states: string[] = [];
  ann.room.on("connection", ({ state }) => states.push(state));
  server.cut(ann.session.user);
  server.cut(bob.session.user);
  const got = next<{ data: unknown }>(bob.room, "data");
  expect(ann.room.send("without the server")).toBe(1);
  expect((await got).data).toBe("without the server");
  await until(() => ann.session.state === "connected" && bob.session.state === "connected");
  await ann.room.say("x");
  expect([offersIn(server).length, states]).toEqual([offers, []]);
});

test("when signals were lost, the pair connects again", async () => {
  const server = await relay();
  const [ann, bob] = await together(server, ["Ann", "Bob"]);
  const offers = offersIn(server).length;
  const gap = next<{ participants: ReadonlyArray<Participant> }>(ann.room, "gap");
  server.welcome.gap = [bob.session.user];
  server.cut(ann.session.user);
  expect((await gap).participants.map(({ name }) => name)).toEqual(["Bob"]);
  await until(() => offersIn(server).length > offers);
  await until(() => isConnected(ann.room) && isConnected(bob.room) && ann.room.send("y") === 1, 20_000);
});

test("who comes back on a new page ends the old connection, and offers with a higher number", async () => {
  const server = await relay();
  const items = new Map<string, string>();
  const storage = {
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => void items.set(key, value),
    removeItem: () => {},
  };
  const [ann] = await together(server, ["Ann"]);
  const first = await person(server.url, { name: "Bob", storage, backoff: { baseMs: 1e9, capMs: 1e9 } });
  const old = await first.join("r", data);
  await until(() => isConnected(old) && isConnected(ann.room) && ann.room.others.length === 1, 20_000);
  const before = Math.max(...server.frames.map(({ negotiation = 0 }) => negotiation));
  const { length } = server.frames;
  const again = await person(server.url, { name: "Bob", storage });
  const room = await again.join("r", data);
  const states: string[] = [];
  ann.room.on("connection", ({ state }) => states.push(state));
  await until(() => states.includes("connected") && isConnected(room), 20_000);
  await until(() => room.send("new page") === 1);
  const signals = server.frames.slice(length).filter(({ to, type }) => type === "signal" && to === ann.session.user);
  expect(signals.slice(0, 2).map(({ kind }) => kind)).toEqual(["end", "offer"]);
  expect(signals[1].negotiation).toBeGreaterThan(before);
  expect(states[0]).toBe("closed");
});

test("two offers at the same time: one side gives way", async () => {
  const server = await relay();
  const [ann, bob] = [await person(server.url, { name: "Ann" }), await person(server.url, { name: "Bob" })];
  const hers = await ann.join("r", { data: true });
  // Both find the other there already, as after a resume.
  const joining = bob.join("r", { data: true });
  server.intercept.push((frame) => {
    if (frame.kind === "offer" && offersIn(server).length === 1) server.cut(frame.to);
    return undefined;
  });
  const his = await joining;
  await until(() => isConnected(hers) && isConnected(his) && hers.others.length === 1, 20_000);
  expect(hers.send("x") + his.send("y")).toBe(2);
});

test("a stale signal is nothing to tell of", async () => {
  const server = await relay();
  server.intercept.push(({ kind }) =>
    kind === "candidate" ? { type: "error", code: "stale", message: "Too late." } : undefined,
  );
  const [ann, bob] = await together(server, ["Ann", "Bob"]);
  const errors: SignalboxError[] = [];
  for (const { session, room } of [ann, bob]) {
    room.on("error", (error) => errors.push(error));
    session.on("error", (error) => errors.push(error));
  }
  await ann.room.say("x");
  expect(errors).toEqual([]);
});

test("signals that the server wants later are sent later", async () => {
  const server = await relay();
  let refused = 0;
  server.intercept.push(({ kind }) =>
    kind === "offer" && refused++ < 2
      ? { type: "error", code: "rate-limited", message: "Slower.", retryAfterMs: 10 }
      : undefined,
  );
  await together(server, ["Ann", "Bob"]);
  expect(refused).toBeGreaterThan(2);
});

test.each([
  ["an offer is lost", ["offer"], false],
  ["an answer is lost", ["answer"], false],
  ["all signals are lost once", signals, false],
  ["all signals arrive twice", signals, true],
])("another node does not answer, and %s: the two are connected before ICE has failed", async (_, kinds, arrives) => {
  const server = await relay();
  unanswered(server, kinds, arrives);
  const [ann, bob] = [await person(server.url, { name: "Ann" }), await person(server.url, { name: "Bob" })];
  const errors: SignalboxError[] = [];
  for (const it of [ann, bob]) it.on("error", (error) => errors.push(error));
  const hers = await ann.join("r", data);
  const his = await bob.join("r", data);
  await until(() => hers.others.length === 1 && isConnected(hers) && isConnected(his), 10_000);
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect([isConnected(hers), isConnected(his), errors]).toEqual([true, true, []]);
});

test("another node is slow, and answers nothing in time: offers are not made anew for ever, so an answer counts at last", async () => {
  const server = await relay();
  server.intercept.push(({ type, room, to, ...rest }, session) => {
    if (type !== "signal") return undefined;
    const { kind, negotiation, data } = rest;
    const target = server.of(to);
    const event = { type, room, from: session.user, kind, negotiation, data };
    setTimeout(() => server.send(target, { ...event, n: ++target.n }), 400);
    return { type: "error", code: "unavailable", message: "No answer.", retryAfterMs: 100 };
  });
  const [ann, bob] = [await person(server.url), await person(server.url)];
  const [hers, his] = [await ann.join("r", data), await bob.join("r", data)];
  await until(() => hers.others.length === 1 && isConnected(hers) && isConnected(his), 10_000);
});

test("another node never answers: each signal is sent four times, and nobody is told", async () => {
  const server = await relay();
  server.intercept.push(({ type }) =>
    type === "signal" ? { type: "error", code: "unavailable", message: "No answer.", retryAfterMs: 5 } : undefined,
  );
  // The one who is there offers, too, when nothing has come for 2 s.
  const [ann, bob] = [await person(server.url), await person(server.url)];
  const errors: SignalboxError[] = [];
  for (const it of [ann, bob]) it.on("error", (error) => errors.push(error));
  await ann.join("r", data);
  await bob.join("r", data);
  const times = (): ReadonlyArray<number> => {
    const counts = new Map<string, number>();
    for (const { type, to, kind, data: it } of server.frames)
      if (type === "signal") {
        const what = `${to} ${kind} ${it.candidate}`;
        counts.set(what, (counts.get(what) ?? 0) + 1);
      }
    return [...counts.values()];
  };
  await until(() => times().length > 1 && times().every((count) => count >= 4));
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(Math.max(...times())).toBe(4);
  expect(errors).toEqual([]);
});

test("who takes no connections says so, and nobody waits for an answer", async () => {
  const server = await relay();
  const [ann, bob] = [await person(server.url), await person(server.url)];
  await ann.join("r", { connections: false });
  const his = await bob.join("r", data);
  await until(() => his.others.some(({ connection }) => connection === "closed"));
  expect(server.frames.filter(({ kind }) => kind === "end")).toHaveLength(1);
});

test("without RTCPeerConnection, a join that wants connections is refused, and one that does not is not", async () => {
  const { url } = await relay();
  const ann = await person(url, { RTCPeerConnection: undefined });
  await expect(ann.join("r", data)).rejects.toMatchObject({ code: "unsupported" });
  const hers = await ann.join("r");
  expect(await hers.say("x")).toBe("delivered");
});

test("the polyfill is what these tests think it is", () => {
  const pc = new RTCPeerConnection({});
  expect(() => pc.restartIce()).toThrow();
  pc.close();
});
