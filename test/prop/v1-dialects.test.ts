import fc from "fast-check";
import { expect, test } from "vitest";
import * as Table from "../../core/base/table.js";
import { recipients, type ServerMessage, seed, v1 } from "../../core/index.js";
import { anyMixedRun } from "../support/v1-world.js";
import { play } from "../support/world.js";

/** Whose words a message has; the two share none. */
const dialectOf = (message: ServerMessage): string => {
  switch (message.kind) {
    case "ClientCount":
    case "RoomList":
    case "Pong":
    case "Echo":
    case "Error":
    case "Relay":
    case "JoinRelay":
    case "LeaveRelay":
      return seed.name;
    default:
      return v1.name;
  }
};

test("law: no client is sent what only the other protocol has words for, but for the count, which goes to all and is not written for v1", () => {
  fc.assert(
    fc.property(anyMixedRun(), (run) => {
      for (const { effects, after, event } of play(run))
        for (const effect of effects) {
          if (effect.kind !== "Send" || effect.to.kind === "Everyone") continue;
          for (const client of recipients(after, effect.to))
            expect(Table.get(after.local.clients, client)?.dialect, `${effect.message.kind} after ${event.kind}`).toBe(
              dialectOf(effect.message),
            );
        }
    }),
    { numRuns: 100 },
  );
});

test("law: no unlisted room, and nobody who only waits at a door, is shown or passed on to clients of the seed's protocol", () => {
  fc.assert(
    fc.property(anyMixedRun(), (run) => {
      for (const { effects, after } of play(run))
        for (const effect of effects) {
          if (effect.kind !== "Send" || effect.message.kind !== "JoinRelay") continue;
          const { roomId, userId } = effect.message;
          const room = Table.get(after.shared.rooms, roomId);
          expect(room !== undefined && Table.has(room.participants, userId)).toBe(true);
          expect(room?.policy).not.toMatchObject({ value: { listed: false } });
        }
    }),
    { numRuns: 100 },
  );
});
