import fc from "fast-check";
import * as O from "fp-ts/lib/Option.js";
import { expect, test } from "vitest";
import {
  type ClientId,
  defaultGrants,
  defaultSettings,
  type Event,
  initial,
  type Millis,
  nextDeadline,
  reduce,
  type Token,
  type UserId,
} from "../../core/index.js";
import { greeted } from "../support/v1-world.js";

const clients = [1, 2, 3] as ReadonlyArray<number> as ReadonlyArray<ClientId>;
const graceMs = 100;
const settings = { ...defaultSettings, tokenGraceMs: graceMs };

const anyAct = fc.record({
  act: fc.constantFrom("come", "renew", "renew", "renew as somebody else", "go", "tick", "tick"),
  client: fc.constantFrom(...clients),
  // Few times, so that ticks often come at the very moment that a token's grace ends.
  elapsedMs: fc.nat(4).map((n) => n * 20),
  validMs: fc.integer({ min: -3, max: 15 }).map((n) => n * 20),
});

test("law: a tick closes exactly the clients whose latest token has been over for the grace, each of them once", () => {
  const seen = { closed: 0, renewed: 0 };
  fc.assert(
    fc.property(fc.array(anyAct, { minLength: 10, maxLength: 60, size: "max" }), (acts) => {
      let now = 1_000;
      let [state] = reduce(initial, { kind: "ServerStarted", at: now as Millis, settings });
      const closeAt = new Map<ClientId, number>();
      const here = new Set<ClientId>();
      for (const { act, client, elapsedMs, validMs } of acts) {
        now += elapsedMs;
        const at = now as Millis;
        const user = `u${client}` as UserId;
        const token: Token = { grants: { ...defaultGrants, sessions: "both" }, expiresAt: (now + validMs) as Millis };
        const events: Readonly<Record<typeof act, Event>> = {
          come: { ...greeted(client, `s${client}-${now}`, { user, name: user }), at, token },
          renew: { kind: "TokenRenewed", at, client, user, token },
          "renew as somebody else": { kind: "TokenRenewed", at, client, user: "eve" as UserId, token },
          go: { kind: "ClientDisconnected", at, client, code: 1006 },
          tick: { kind: "ClockTicked", at },
        };
        const due = [...closeAt].flatMap(([id, time]) => (act === "tick" && time <= now ? [id] : []));
        for (const id of due) closeAt.delete(id);
        if (act === "go") {
          here.delete(client);
          closeAt.delete(client);
        }
        if (act === "come" ? !here.has(client) : act === "renew" && here.has(client)) {
          here.add(client);
          closeAt.set(client, now + validMs + graceMs);
        }
        const [after, effects] = reduce(state, events[act]);
        state = after;
        const closed = effects.flatMap((effect) =>
          effect.kind === "Close" && effect.to.kind === "Client" ? [[effect.to.client, effect.code]] : [],
        );
        expect(closed.sort()).toEqual(due.map((id) => [id, 3002]).sort());
        const wakesAt = O.toUndefined(nextDeadline(state));
        if (closeAt.size > 0) expect(wakesAt).toBeLessThanOrEqual(Math.min(...closeAt.values()));
        seen.closed += due.length;
        seen.renewed += act === "renew" && here.has(client) ? 1 : 0;
      }
    }),
    { numRuns: 100 },
  );
  expect(Math.min(seen.closed, seen.renewed)).toBeGreaterThan(10);
});
