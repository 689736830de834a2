import fc from "fast-check";
import * as O from "fp-ts/lib/Option.js";
import { expect, test } from "vitest";
import * as Table from "../../core/base/table.js";
import { sessionOf } from "../support/v1-client.js";
import { anyMixedRun, v1FramesOf } from "../support/v1-world.js";
import { play } from "../support/world.js";

test("law: what a socket does that has lost its session, and its close, changes nothing and is told to nobody", () => {
  fc.assert(
    fc.property(anyMixedRun(), (run) => {
      for (const moment of play(run)) {
        const { event, before, after } = moment;
        if (!("client" in event) || event.kind === "ClientConnected") continue;
        const me = Table.get(before.local.clients, event.client);
        if (me === undefined || O.isNone(me.member) || sessionOf(before, event.client) !== undefined) continue;
        expect(after.shared, event.kind).toBe(before.shared);
        expect(after.local.mailboxes, event.kind).toBe(before.local.mailboxes);
        expect(after.local.attendees, event.kind).toBe(before.local.attendees);
        expect(after.local.negotiations, event.kind).toBe(before.local.negotiations);
        expect(v1FramesOf(moment), event.kind).toEqual([]);
      }
    }),
    { numRuns: 100 },
  );
});

test("law: only the ticket of the latest generation is good, and until that is used the one before", () => {
  fc.assert(
    fc.property(anyMixedRun(), (run) => {
      for (const { event, before, after } of play(run)) {
        if (event.kind !== "ClientConnected" || event.greeting?.resume === undefined) continue;
        const { session, generation } = event.greeting.resume;
        const known = Table.get(before.shared.sessions, session);
        if (known === undefined) continue;
        const isGood = generation === known.generation || (known.isTicketDue && generation === known.generation - 1);
        const isTheirs = O.isSome(known.member) && known.member.value.user === event.greeting.user;
        const resumed = Table.get(after.shared.sessions, session)?.generation;
        expect(resumed).toBe(known.generation + (isGood && isTheirs ? 1 : 0));
        const mine = Table.get(after.local.clients, event.client)?.session;
        expect(mine).toBe(isGood && isTheirs ? session : event.session);
      }
    }),
    { numRuns: 100 },
  );
});
