import { describe, expect, test } from "vitest";
import { closeCodes, errorCodes } from "../core/dialect/v1/wire.js";
import { codeIn, fencesOf, rowsOf } from "./support/markdown.js";
import { type Received, serverWith, until } from "./support/net.js";
import { page } from "./support/pages.js";
import { callerOf, changed, got, v1Socket } from "./support/v1.js";
import { namesOf, wrongInServerFrame } from "./support/v1-schema.js";

const protocol = page("docs/PROTOCOL-V1.md");
const firstCodes = (rows: ReturnType<typeof rowsOf>) => rows.flatMap(([cell = ""]) => codeIn(cell));

describe("what PROTOCOL-V1 lists is what there is", () => {
  test("requests", () => {
    const requests = [...namesOf("ClientFrame").keys()].filter((type) => type !== "hello" && type !== "ack");
    expect(firstCodes(rowsOf(protocol, "type", "members", "result"))).toEqual(requests);
  });

  test("errors", () => {
    const told = firstCodes(rowsOf(protocol, "code", "when", "what to do"));
    expect([...told].sort()).toEqual([...errorCodes].sort());
  });

  test("close codes", () => {
    const told = rowsOf(protocol, "code", "meaning", "what to do").map(([code]) => Number(code));
    expect(told.filter((code) => code >= 3000)).toEqual(Object.values(closeCodes));
  });

  test("limits, with the defaults of the settings", () => {
    const settings = new Map(
      rowsOf(page("docs/OPERATING.md"), "variable", "values", "default", "").map(([name, , fallback]) => [
        name,
        fallback,
      ]),
    );
    const limits = rowsOf(protocol, "limit", "setting", "default");
    expect(limits.length).toBeGreaterThan(15);
    for (const [limit, setting = "", fallback] of limits) expect(fallback, limit).toBe(settings.get(setting));
  });

  test("a room as it is shown", () => {
    const [{ code } = { code: "" }] = fencesOf(protocol, "json");
    expect(wrongInServerFrame({ type: "result", ...{ n: 1, id: 1, room: JSON.parse(code) } })).toBeUndefined();
  });
});

test("a server sends every frame of the schema, and each as it says", async () => {
  const server = await serverWith({ DRAIN_SECONDS: "1" });
  const [ann, bob, cy] = await Promise.all(["Ann", "Bob", "Cy"].map((name) => callerOf(server, { name })));
  if (ann === undefined || bob === undefined || cy === undefined) throw new Error("unreachable");
  const room = "r";
  await cy.ask({ type: "directory", watch: true });
  await ann.ask({ type: "join", room, create: { policy: { lobby: true } } });
  await bob.ask({ type: "join", room });
  await got(ann, "knock");
  await ann.ask({ type: "admit", room, user: bob.welcome.user });
  await bob.ask({ type: "join", room });
  for (const [from, to] of [
    [ann, bob],
    [bob, ann],
  ] as const) {
    await from.ask({ type: "signal", room, to: to.welcome.user, kind: "offer", negotiation: 1, data: null });
    await from.ask({ type: "message", room, data: [1] });
  }
  await cy.ask({ type: "join", room });
  await ann.ask({ type: "deny", room, user: cy.welcome.user });
  await ann.ask({ type: "remove", room, user: bob.welcome.user, banMs: 1_000 });
  await changed(ann, room, { change: "banned" });
  await bob.ask({ type: "join", room });
  await got(cy, "denied");
  await got(bob, "left");
  void server.stop();
  await got(ann, "reconnect");
  const sent = new Set([ann, bob, cy].flatMap(({ frames }) => frames.map(({ type }) => type)));
  expect([...sent].sort()).toEqual([...namesOf("ServerFrame").keys()].sort());
});

describe("the conversation on the page", () => {
  const [{ code } = { code: "" }] = fencesOf(protocol, "transcript");
  const steps = code
    .replace(/\n {2,}/g, "")
    .trim()
    .split("\n")
    .map((line) => /^(\w+) ([→←✕]) ?(.*)$/.exec(line)?.slice(1) ?? []);

  /** What the page shortens, by what it stands for. */
  const shortened = new Map<string, string>();

  /** Learns which ids and tickets the page has other words for. */
  const learn = (shown: Received, sent: Received, key = ""): void => {
    const isShortened = /^(?:session|ticket|user|from|to)$/.test(key) && typeof sent === "string";
    if (isShortened && typeof shown === "string" && !shortened.has(sent)) shortened.set(sent, shown);
    if (typeof shown !== "object" || typeof sent !== "object" || shown === null || sent === null) return;
    for (const [name, value] of Object.entries(sent)) learn(shown[name], value, name);
  };

  const withTimes = (key: string, value: unknown) => (/^(?:until|awayUntil)$/.test(key) ? "a time" : value);
  const asShown = (sent: object): Received => {
    const text = [...shortened].reduce((so, [long, short]) => so.replaceAll(long, short), JSON.stringify(sent));
    return JSON.parse(text, withTimes);
  };
  const asMeant = (text: string): string =>
    [...shortened].reduce((so, [long, short]) => so.replaceAll(`"${short}"`, `"${long}"`), text);

  test("is what a server says", async () => {
    expect(steps.length).toBeGreaterThan(20);
    const server = await serverWith({ STUN_SERVERS: "stun:stun.example.org:3478" });
    const sockets = new Map<string, Awaited<ReturnType<typeof v1Socket>>>();
    const taken = new Map<string, number>();
    for (const [name = "", arrow, text = ""] of steps) {
      const isHello = arrow === "→" && JSON.parse(text).type === "hello";
      const socket = (isHello ? undefined : sockets.get(name)) ?? (await v1Socket(server));
      if (isHello) taken.set(name, 0);
      sockets.set(name, socket);
      if (arrow === "✕") socket.ws.terminate();
      if (arrow === "→") socket.ws.send(asMeant(text));
      if (arrow !== "←") continue;
      const at = taken.get(name) ?? 0;
      taken.set(name, at + 1);
      await until(() => socket.frames.length > at);
      const sent = socket.frames[at] ?? {};
      learn(JSON.parse(text), sent);
      expect(asShown(sent)).toEqual(JSON.parse(text, withTimes));
    }
    for (const [name, { frames, ws }] of sockets) {
      ws.send('{"type":"ping","id":99}');
      await until(() => frames.some((frame) => frame.type === "result" && frame.id === 99));
      expect(frames.at(taken.get(name) ?? 0), name).toMatchObject({ type: "result", id: 99 });
    }
    expect(new Set(shortened.values()).size).toBe(shortened.size);
  });
});
