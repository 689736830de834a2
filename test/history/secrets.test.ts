import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { mint } from "../../adapters/auth/mint.js";
import { eventually, folder, rows } from "../support/history.js";
import { type Received, serverWith } from "../support/net.js";
import { callerOf } from "../support/v1.js";

test("tokens, tickets, addresses, signals and messages are in none of it", async () => {
  const secret = "a secret of more than thirty-two bytes";
  const files = folder();
  const path = join(files, "history.db");
  const server = await serverWith({ HISTORY: path, AUTH_JWT_SECRET: secret });
  const nowS = Math.floor(Date.now() / 1_000);
  const people = await Promise.all(
    ["ann", "bob"].map(async (user) => {
      const claims = { issuer: undefined, audience: undefined, name: user, grants: {} };
      const token = await mint({ ...claims, secret, user, issuedAtS: nowS, expiresAtS: nowS + 60 });
      return { token, caller: await callerOf(server, { token }) };
    }),
  );
  const [ann, bob] = people.map(({ caller }) => caller);
  await ann?.ask({ type: "join", room: "r", create: {} });
  await bob?.ask({ type: "join", room: "r" });
  const sdp = "v=0 o=- 46117317 2 IN IP4 203.0.113.77";
  await ann?.ask({ type: "signal", room: "r", to: "bob", kind: "offer", negotiation: 1, data: { sdp } });
  await ann?.ask({ type: "message", room: "r", data: "between ourselves" });
  await ann?.ask({ type: "leave", room: "r" });
  await eventually(async () => {
    const health: Received = await (await fetch(`http://127.0.0.1:${server.port}/health`)).json();
    return health.history.factsWritten >= 4;
  });
  const found = readdirSync(files)
    .map((name) => readFileSync(join(files, name), "latin1"))
    .join();
  // What is kept is found this way, so that what is not found is not there.
  expect(found).toContain("participant.joined");
  expect(found).toContain("bob");
  expect(rows(path, "SELECT count(*) FROM visits")).toEqual([[2]]);
  const tickets = people.map(({ caller }) => caller.welcome.ticket);
  for (const hidden of [
    secret,
    ...people.map(({ token }) => token),
    ...tickets,
    "203.0.113.77",
    "127.0.0.1",
    "between ourselves",
  ]) {
    expect(hidden.length).toBeGreaterThan(8);
    expect(found).not.toContain(hidden);
    expect(found).not.toContain(hidden.slice(-24));
  }
});
