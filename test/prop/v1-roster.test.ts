import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { expect, test } from "vitest";
import { roomsOf } from "../support/as-it-is.js";
import { KnownClients, sessionOf } from "../support/v1-client.js";
import { anyMixedRun } from "../support/v1-world.js";
import { play } from "../support/world.js";

test("law: what a client makes of its frames is at any time the roster of each room that it is in, version by version", () => {
  fc.assert(
    fc.property(anyMixedRun(), (run) => {
      const known = new KnownClients();
      for (const moment of play(run)) {
        known.after(moment);
        for (const { client, rooms, wrong } of known.clients.values()) {
          if (wrong.length > 0) expect(wrong, `client ${client}`).toEqual([]);
          const session = sessionOf(moment.after, client);
          const actual = session === undefined ? rooms : roomsOf(moment.after, session);
          // To expect each time costs ten times as much.
          if (!isDeepStrictEqual(rooms, actual)) expect(rooms, `client ${client}`).toEqual(actual);
        }
      }
    }),
    { numRuns: 100 },
  );
});
