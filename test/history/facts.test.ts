import { join } from "node:path";
import { expect, test } from "vitest";
import { eventually, folder, rows } from "../support/history.js";
import { type Received, serverWith } from "../support/net.js";
import { callerOf } from "../support/v1.js";

const written = async (port: number, facts: number): Promise<void> =>
  eventually(async () => {
    const health: Received = await (await fetch(`http://127.0.0.1:${port}/health`)).json();
    return health.history.factsWritten >= facts;
  });

test("whom a door refuses stands in the history, with the reason; a client's mistakes do not", async () => {
  const path = join(folder(), "history.db");
  const server = await serverWith({ HISTORY: path, ROOM_WAITING_MAX: "1", KNOCK_MS: "1000" });
  const [ann, bob, cy] = await Promise.all(["Ann", "Bob", "Cy"].map((name) => callerOf(server, { name })));
  if (ann === undefined || bob === undefined || cy === undefined) throw new Error("nobody is there");
  const join_ = { type: "join", room: "r" } as const;
  expect(await bob.ask(join_)).toMatchObject({ code: "room-not-found" });
  await ann.ask({ ...join_, create: { policy: { lobby: true } } });
  await bob.ask(join_);
  expect(await cy.ask(join_)).toMatchObject({ code: "too-many-waiting" });
  await ann.ask({ type: "deny", room: "r", user: bob.welcome.user, forMs: 60_000 });
  expect(await bob.ask(join_)).toMatchObject({ code: "denied" });
  await ann.ask({ type: "lock", room: "r", locked: true });
  expect(await cy.ask(join_)).toMatchObject({ code: "room-locked" });
  await ann.ask({ type: "lock", room: "r", locked: false });
  await cy.ask(join_);
  await written(server.port, 7);
  expect(rows(path, "SELECT room, name, verified, reason FROM refusals ORDER BY id")).toEqual([
    ["r", "Cy", 1, "too-many-waiting"],
    ["r", null, null, "denied"],
    ["r", "Bob", 1, "denied"],
    ["r", "Cy", 1, "room-locked"],
    ["r", null, null, "expired"],
  ]);
  expect(rows(path, "SELECT user FROM refusals WHERE name IS NULL ORDER BY id")).toEqual([
    [bob.welcome.user],
    [cy.welcome.user],
  ]);
});

test("why people leave, and rooms close, stands in the history", async () => {
  const path = join(folder(), "history.db");
  const server = await serverWith({ HISTORY: path, SESSION_GRACE_MS: "50" });
  const ann = await callerOf(server, { name: "Ann" });
  await ann.ask({ type: "join", room: "r", create: {} });
  for (const name of ["Bob", "Cy", "Dan"]) {
    const other = await callerOf(server, { name });
    await other.ask({ type: "join", room: "r" });
    if (name === "Bob") await other.ask({ type: "leave", room: "r" });
    if (name === "Cy") other.ws.terminate();
  }
  await written(server.port, 7);
  await ann.ask({ type: "close", room: "r" });
  await written(server.port, 10);
  expect(rows(path, "SELECT name, reason FROM visits ORDER BY name")).toEqual([
    ["Ann", "closed"],
    ["Bob", "left"],
    ["Cy", "lost"],
    ["Dan", "closed"],
  ]);
  expect(rows(path, "SELECT reason, peak > 1 FROM rooms")).toEqual([["closed", 1]]);
});
