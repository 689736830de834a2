import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { candidateKinds, reasonOf } from "../../adapters/client/failure.js";
import type { RosterEntry } from "../../adapters/client/frames.js";
import { changesBetween, entryAfter, rosterOf } from "../../adapters/client/roster.js";
import { storedTicket } from "../../adapters/client/ticket.js";
import { renewalMs } from "../../adapters/client/token.js";

const entry: fc.Arbitrary<RosterEntry> = fc.record(
  {
    user: fc.constantFrom("a", "b", "c", "d"),
    name: fc.constantFrom("Ann", "Bob"),
    role: fc.constantFrom("host" as const, "cohost" as const, "participant" as const),
    awayUntil: fc.constantFrom(1, 2),
  },
  { requiredKeys: ["user", "name", "role"] },
);
const roster = fc.uniqueArray(entry, { selector: ({ user }) => user }).map(rosterOf);

test("the changes between two rosters lead from the one to the other", () => {
  fc.assert(
    fc.property(roster, roster, (before, after) => {
      const folded = new Map(before);
      for (const change of changesBetween(before, after)) {
        if (!("user" in change)) continue;
        const next = entryAfter(folded.get(change.user), change);
        if (next) folded.set(change.user, next);
        else folded.delete(change.user);
      }
      // A name belongs to the user, and is not changed by a roster.
      const nameless = (it: ReadonlyMap<string, RosterEntry>) =>
        new Map([...it].map(([user, { role, awayUntil }]) => [user, { role, awayUntil }]));
      expect(nameless(folded)).toEqual(nameless(after));
    }),
  );
});

test("a roster that is the same has no changes", () => {
  fc.assert(fc.property(roster, (it) => changesBetween(it, it).length === 0));
});

const evidence = {
  isAnswered: true,
  hasIceServers: true,
  local: new Set(["host"]),
  remote: new Set(["host"]),
  iceState: "failed",
};
test.each([
  [{ isAnswered: false }, "no-answer"],
  [{ iceState: "connected" }, "handshake"],
  [{ local: new Set<string>() }, "no-candidates"],
  [{ remote: new Set<string>() }, "no-remote-candidates"],
  [{ hasIceServers: false }, "no-ice-servers"],
  [{}, "no-relay"],
  [{ remote: new Set(["relay"]) }, "unreachable"],
] as const)("why a connection failed: %j", (change, reason) => {
  expect(reasonOf({ ...evidence, ...change })).toBe(reason);
});

test("the kinds of candidates are read from lines and from descriptions", () => {
  const line = "candidate:1 1 udp 2 192.0.2.1 5 typ srflx raddr 0.0.0.0 rport 0";
  expect(candidateKinds(line)).toEqual(["srflx"]);
  expect(candidateKinds(`v=0\r\na=${line}\r\na=candidate:2 1 udp 2 192.0.2.1 5 typ host\r\n`)).toEqual([
    "srflx",
    "host",
  ]);
});

test("a token is renewed half a minute early, a short-lived one at half of its time, and never all the time", () => {
  expect([600_000, 40_000, 100, -5, 1e12].map(renewalMs)).toEqual([570_000, 20_000, 1_000, 1_000, 2 ** 31 - 1]);
});

test("what is stored by somebody else is no ticket", () => {
  const holding = (text: string | null) =>
    storedTicket({ getItem: () => text, setItem: () => {}, removeItem: () => {} }, "k").read();
  expect(holding('{"ticket":"t","seen":3}')).toEqual({ ticket: "t", seen: 3 });
  for (const text of [null, "", "x", "null", "{}", '{"ticket":1,"seen":2}']) expect(holding(text)).toBeUndefined();
});

test("the library is at most 11 KB, compressed", async () => {
  const entry = new URL("../../adapters/client/index.ts", import.meta.url).pathname;
  const built = await build({ entryPoints: [entry], bundle: true, minify: true, format: "esm", write: false });
  expect(gzipSync(built.outputFiles[0]?.contents ?? "").length).toBeLessThanOrEqual(11_000);
});
