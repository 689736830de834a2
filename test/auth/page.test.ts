import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { abilities, lobbyGrants, roomRoles, sessionGrants } from "../../core/index.js";
import { codeIn, fencesOf, rowsOf } from "../support/markdown.js";
import { page, root } from "../support/pages.js";
import { forged, good, secret, verifierOf } from "../support/tokens.js";

const auth = page("docs/AUTH.md");

test("the token that AUTH makes with Node is good", async () => {
  const [{ code } = { code: "" }] = fencesOf(auth, "js");
  const token = execFileSync("node", ["--input-type=module"], {
    cwd: root,
    input: code,
    encoding: "utf8",
    env: { ...process.env, AUTH_JWT_SECRET: secret },
  });
  expect(await verifierOf({}, { now: Date.now })(token.trim())).toMatchObject({
    right: { user: "ann", name: "Ann", grants: { rooms: ["team-*"], can: ["join", "say", "signal"] } },
  });
});

test("AUTH lists every grant with its values", async () => {
  const told = rowsOf(auth, "member of `signalbox`", "values", "without it").map(([name = "", values = ""]) => ({
    name: codeIn(name)[0],
    values: codeIn(values),
  }));
  expect(told).toEqual([
    { name: "rooms", values: ["*", "team-*"] },
    { name: "can", values: [...abilities] },
    { name: "role", values: [...roomRoles] },
    { name: "lobby", values: [...lobbyGrants] },
    { name: "sessions", values: [...sessionGrants, "refuse"] },
    { name: "history", values: ["true", "false"] },
  ]);
  const names = told.map(({ name }) => name).join(", ");
  expect(await verifierOf()(forged({ alg: "HS256" }, { ...good, signalbox: { x: 1 } }, secret))).toMatchObject({
    left: { message: `signalbox.x is not known: signalbox must be an object with some of ${names}` },
  });
});
