import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import * as O from "fp-ts/lib/Option.js";
import { expect, test } from "vitest";
import * as Id from "../../core/base/id.js";
import * as Table from "../../core/base/table.js";
import type { Moment, RoomId, SessionId } from "../../core/index.js";
import { awayUntil } from "../../core/shared/participants.js";
import { roleOf } from "../../core/shared/roles.js";
import { participantsInOrder } from "../../core/state.js";
import { KnownClients, type KnownRoom, sessionOf } from "../support/v1-client.js";
import { anyMixedRun } from "../support/v1-world.js";
import { play } from "../support/world.js";

/** The rooms of a session as they are. */
const roomsOf = ({ after: { shared } }: Moment, session: SessionId): ReadonlyMap<RoomId, KnownRoom> => {
  const seats = Table.get(shared.sessions, session)?.seats ?? [];
  const rooms = new Map<RoomId, KnownRoom>();
  for (const { room: id } of seats.map(Id.seatOf)) {
    const room = Table.get(shared.rooms, id);
    const door = Table.get(shared.doors, id);
    if (room === undefined || door === undefined) continue;
    const participants = participantsInOrder(room).map(({ id: user, name }) => {
      const until = awayUntil(shared, Id.seat(id, user));
      return { user, name, role: roleOf(shared, room, user), ...(O.isSome(until) ? { awayUntil: until.value } : {}) };
    });
    rooms.set(id, { version: door.version, locked: door.isLocked, participants });
  }
  return rooms;
};

test("law: what a client makes of its frames is at any time the roster of each room that it is in, version by version", () => {
  fc.assert(
    fc.property(anyMixedRun(), (run) => {
      const known = new KnownClients();
      for (const moment of play(run)) {
        known.after(moment);
        for (const { client, rooms, wrong } of known.clients.values()) {
          if (wrong.length > 0) expect(wrong, `client ${client}`).toEqual([]);
          const session = sessionOf(moment.after, client);
          const actual = session === undefined ? rooms : roomsOf(moment, session);
          // To expect each time costs ten times as much.
          if (!isDeepStrictEqual(rooms, actual)) expect(rooms, `client ${client}`).toEqual(actual);
        }
      }
    }),
    { numRuns: 100 },
  );
});
