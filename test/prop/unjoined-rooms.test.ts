import fc from "fast-check";
import * as O from "fp-ts/lib/Option.js";
import { expect, test } from "vitest";
import { listedRooms, type Millis, nextDeadline, reduce } from "../../core/index.js";
import { anyRun, play } from "../support/world.js";

test("law: no room that nobody has joined outlives its deadline, and the deadline is asked for in time", () => {
  fc.assert(
    fc.property(anyRun(), (run) => {
      for (const { after } of play(run)) {
        const empty = listedRooms(after).filter((room) => room.participantCount === 0);
        for (const room of empty) {
          const deadline = Date.parse(room.createdAt) + after.shared.settings.unjoinedRoomMs;
          const asked = O.toUndefined(nextDeadline(after));
          expect(asked).toBeLessThanOrEqual(deadline);
          const [ticked] = reduce(after, { kind: "ClockTicked", at: deadline as Millis });
          expect(listedRooms(ticked).map(({ id }) => id)).not.toContain(room.id);
        }
      }
    }),
  );
});

test("law: a tick before the deadline changes nothing, and a tick at the deadline changes something", () => {
  fc.assert(
    fc.property(anyRun(), (run) => {
      for (const { after } of play(run)) {
        const deadline = O.toUndefined(nextDeadline(after));
        if (deadline === undefined) continue;
        if (deadline > after.now)
          expect(reduce(after, { kind: "ClockTicked", at: (deadline - 1) as Millis })).toEqual([after, []]);
        expect(reduce(after, { kind: "ClockTicked", at: deadline })[0]).not.toBe(after);
      }
    }),
  );
});
