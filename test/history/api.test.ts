import { join } from "node:path";
import * as E from "fp-ts/lib/Either.js";
import { expect, test } from "vitest";
import { mint } from "../../adapters/auth/mint.js";
import { historyApi } from "../../adapters/history/api.js";
import { configOf } from "../../adapters/server/config.js";
import { eventually, folder, rows } from "../support/history.js";
import { peerOf, type Received, serverWith } from "../support/net.js";
import { callerOf } from "../support/v1.js";

const good = `whsec_${"A".repeat(32)}`;
const secret = "a secret of more than thirty-two bytes";

const tokenFor = (user: string, grants: object = {}, seconds = 60): Promise<string> => {
  const issuedAtS = Math.floor(Date.now() / 1_000);
  const claims = { issuer: undefined, audience: undefined, name: undefined };
  return mint({ ...claims, secret, user, issuedAtS, expiresAtS: issuedAtS + seconds, grants });
};

const get = async (port: number, query = "", token?: string) => {
  const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const answer = await fetch(`http://127.0.0.1:${port}/api/history${query}`, { headers });
  const body: Received = await answer.json();
  return { status: answer.status, body, headers: answer.headers };
};

const written = async (port: number, facts: number): Promise<void> =>
  eventually(async () => {
    const { history }: Received = await (await fetch(`http://127.0.0.1:${port}/health`)).json();
    return history.factsWritten >= facts;
  });

const reader = { history: true };

test("who may is told what happened, page by page", async () => {
  const server = await serverWith({ HISTORY: join(folder(), "history.db"), AUTH_JWT_SECRET: secret });
  const ann = await callerOf(server, { token: await tokenFor("ann") });
  await ann.ask({ type: "join", room: "r", create: { name: "Standup" } });
  const bob = await callerOf(server, { token: await tokenFor("bob") });
  await bob.ask({ type: "join", room: "r" });
  await ann.ask({ type: "remove", room: "r", user: "bob", banMs: 60_000 });
  expect(await bob.ask({ type: "join", room: "r" })).toMatchObject({ code: "banned" });
  await ann.ask({ type: "leave", room: "r" });
  await written(server.port, 7);
  const token = await tokenFor("ops", reader);
  const { status, body, headers } = await get(server.port, "?room=r", token);
  expect([status, headers.get("cache-control")]).toEqual([200, "no-store"]);
  const stamp = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  const fact = (type: string, data: object) => ({
    id: expect.any(String),
    type,
    timestamp: stamp,
    data: { room: "r", ...data },
  });
  expect(body).toEqual({
    facts: [
      fact("room.opened", { name: "Standup" }),
      fact("participant.joined", { user: "ann", name: "ann", verified: true, total: 1 }),
      fact("participant.joined", { user: "bob", name: "bob", verified: true, total: 2 }),
      fact("participant.left", { user: "bob", name: "bob", reason: "banned", total: 1 }),
      fact("door.refused", { user: "bob", name: "bob", verified: true, reason: "banned" }),
      fact("participant.left", { user: "ann", name: "ann", reason: "left", total: 0 }),
      fact("room.closed", { name: "Standup", reason: "empty" }),
    ],
    cursor: expect.any(String),
    more: false,
  });
  const [, , third] = body.facts;
  const after = await get(server.port, `?since=${third.timestamp}&user=bob`, token);
  expect(after.body.facts.map(({ type }: Received) => type)).toEqual([
    "participant.joined",
    "participant.left",
    "door.refused",
  ]);
  const rest = await get(server.port, `?cursor=${body.cursor}`, token);
  expect(rest.body).toEqual({ facts: [], cursor: body.cursor, more: false });
});

test("a token that does not allow it, or none, is refused with a sentence", async () => {
  const server = await serverWith({ HISTORY: join(folder(), "history.db"), AUTH_JWT_SECRET: secret });
  const refused = async (query: string, token?: string) => {
    const { status, body } = await get(server.port, query, token);
    return [status, body.error];
  };
  expect(await refused("")).toEqual([401, "a token is missing: send it as Authorization: Bearer TOKEN"]);
  expect((await get(server.port)).headers.get("www-authenticate")).toBe("Bearer");
  expect(await refused("", "x.y.z")).toEqual([401, expect.stringContaining("not a JWT")]);
  expect(await refused("", await tokenFor("ops", reader, -60))).toEqual([401, "the token has expired: get a new one"]);
  const plain = [403, "not allowed: the token does not grant history"];
  expect(await refused("", await tokenFor("ann"))).toEqual(plain);
  expect(await refused("", await tokenFor("ann", { history: false }))).toEqual(plain);
  expect(await refused("?room=b", await tokenFor("ops", { ...reader, rooms: ["a*"] }))).toEqual([
    403,
    "not allowed: the token is not for room b",
  ]);
  expect(await refused("", await tokenFor("ops", { history: "yes" }))).toEqual([
    401,
    "signalbox.history must be true or false",
  ]);
});

test("a token is told of its rooms only", async () => {
  const server = await serverWith({ HISTORY: join(folder(), "history.db"), AUTH_JWT_SECRET: secret });
  const ann = await callerOf(server, { token: await tokenFor("ann") });
  for (const room of ["team-1", "other", "team-2"]) await ann.ask({ type: "join", room, create: {} });
  await written(server.port, 6);
  const { body } = await get(server.port, "", await tokenFor("ops", { ...reader, rooms: ["team-*"] }));
  expect(body.facts.map(({ data }: Received) => data.room)).toEqual(["team-1", "team-1", "team-2", "team-2"]);
});

test("without authentication nobody is told, and without a history there is none", async () => {
  const open = await serverWith({ HISTORY: join(folder(), "history.db") });
  expect(await get(open.port)).toMatchObject({
    status: 403,
    body: { error: expect.stringContaining("AUTH_JWT_SECRET") },
  });
  const none = await serverWith({ AUTH_JWT_SECRET: secret });
  expect((await get(none.port, "", await tokenFor("ops", reader))).status).toBe(404);
});

test.each([
  ["?rom=r", "rom is not known: only room, user, since, cursor are"],
  ["?%3Cb%3E=r", "a member is not known: only room, user, since, cursor are"],
  ["?room=a&room=b", "room is there more than once"],
  ["?room=", "room must be a string of 1 to 1024 characters, without control characters"],
  ["?user=a%0Ab", "user must be a string of 1 to 1024 characters, without control characters"],
  ["?since=yesterday", "since must be a time in UTC, such as 2026-11-26T08:30:00Z"],
  ["?since=2026-13-26T08:30:00Z", "since must be a time in UTC, such as 2026-11-26T08:30:00Z"],
  ["?cursor=7", "cursor is of no page of this history: leave it out to begin at the start"],
  ["?cursor=c2VxOjk5OTk", "cursor is of no page of this history: leave it out to begin at the start"],
])("%s is refused with a sentence", async (query, sentence) => {
  const server = await serverWith({ HISTORY: join(folder(), "history.db"), AUTH_JWT_SECRET: secret });
  const { status, body } = await get(server.port, query, await tokenFor("ops", reader));
  expect([status, body.error]).toEqual([400, sentence]);
});

test("on the port of the metrics everybody is told, without a token", async () => {
  const server = await serverWith({ HISTORY: join(folder(), "history.db"), METRICS_PORT: "0" });
  const ann = await callerOf(server, { name: "Ann" });
  await ann.ask({ type: "join", room: "r", create: {} });
  await written(server.port, 2);
  const { status, body } = await get(server.metricsPort ?? 0);
  expect([status, body.facts.map(({ type }: Received) => type)]).toEqual([200, ["room.opened", "participant.joined"]]);
  expect((await get(server.port)).status).toBe(403);
  const none = await serverWith({ METRICS_PORT: "0" });
  expect((await get(none.metricsPort ?? 0)).status).toBe(404);
});

test("without a reader, as on a port that strangers do not reach, everybody may know about all", async () => {
  const asked: Received[] = [];
  const app = historyApi({
    query: async (query) => {
      asked.push(query);
      return { _tag: "Left", left: "the history cannot be read: disk" };
    },
  });
  const answer = await app.request("/api/history?user=ann");
  expect([answer.status, await answer.json()]).toEqual([503, { error: "the history cannot be read: disk" }]);
  expect(asked).toEqual([{ user: "ann", after: 0, rooms: ["*"] }]);
});

test("users are claimed where nothing has verified them, and who speaks signalbox.v1 is verified", async () => {
  const path = join(folder(), "history.db");
  const server = await serverWith({ HISTORY: path });
  const seed = await peerOf(server);
  seed.say({ type: "room-created", data: { id: "r", name: "R" } });
  seed.say({ type: "user-joined-room", data: { roomId: "r", userId: "ann", userName: "Ann" } });
  await seed.heard();
  const bob = await callerOf(server, { name: "Bob" });
  await bob.ask({ type: "join", room: "r" });
  await written(server.port, 3);
  expect(rows(path, "SELECT name, verified FROM visits ORDER BY id")).toEqual([
    ["Ann", 0],
    ["Bob", 1],
  ]);
});

test.each<readonly [Readonly<Record<string, string>>, string]>([
  [
    { HISTORY: "/nowhere/at/all.db" },
    'HISTORY is "/nowhere/at/all.db": it must be a file that this server can write a SQLite database to, but it cannot be opened for writing.',
  ],
  [
    { HISTORY: "/tmp" },
    'HISTORY is "/tmp": it must be a file that this server can write a SQLite database to, but it cannot be opened for writing.',
  ],
])("%o ends the start with one line", async (env, line) => {
  await expect(serverWith(env)).rejects.toThrow(line);
});

test.each<readonly [object, string]>([
  [
    { WEBHOOK_URL: "https://a.example/x" },
    "WEBHOOK_URL is set in the environment, but WEBHOOK_SECRET is not: it must be whsec_",
  ],
  [{ WEBHOOK_SECRET: good }, "WEBHOOK_SECRET is set in the environment, but WEBHOOK_URL is not: it must be a URL"],
  [
    { WEBHOOK_URL: "https://a.example/x", WEBHOOK_SECRET: good },
    "WEBHOOK_URL is set in the environment, but HISTORY is not: it must be the path of a file.",
  ],
  [
    { HISTORY: "x", WEBHOOK_URL: "https://user:pass@a.example" },
    "WEBHOOK_URL is wrong in the environment: it must be a URL",
  ],
  ...["secret", "whsec_", `whsec_${"A".repeat(31)}`, `whsec_${"A".repeat(89)}`, "A".repeat(32)].map(
    (WEBHOOK_SECRET) => [{ WEBHOOK_SECRET }, "WEBHOOK_SECRET is wrong in the environment: it must be whsec_"] as const,
  ),
])("%o is no configuration, and its secrets are not shown", (env, line) => {
  const config = configOf(env as Record<string, string>);
  if (E.isRight(config)) throw new Error("a configuration");
  expect(config.left[0]?.text.slice(0, line.length)).toBe(line);
  expect(JSON.stringify(config)).not.toMatch(/pass@|AAAA/);
});
