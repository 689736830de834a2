import fc from "fast-check";
import * as O from "fp-ts/lib/Option.js";
import { expect, test } from "vitest";
import * as Table from "../../core/base/table.js";
import { knocksAt, participantsOf } from "../../core/state.js";
import { anyDoorAct, anyMixedRun } from "../support/v1-world.js";
import { play } from "../support/world.js";

test("law: whoever is admitted has a place, beside all who are in the room or have been admitted", () => {
  fc.assert(
    fc.property(anyMixedRun(undefined, anyDoorAct), (run) => {
      for (const { effects, after } of play(run))
        for (const effect of effects) {
          if (effect.kind !== "Report" || effect.fact.kind !== "KnockAdmitted") continue;
          const { room } = effect.fact;
          const { limits } = after.shared.settings;
          const policy = O.toUndefined(Table.get(after.shared.rooms, room)?.policy ?? O.none);
          const admitted = Table.values(knocksAt(after.shared, room)).filter(({ isAdmitted }) => isAdmitted);
          expect(participantsOf(after.shared, room).size + admitted.length).toBeLessThanOrEqual(
            Math.min(policy?.capacity ?? limits.roomParticipantsMax, limits.roomParticipantsMax),
          );
        }
    }),
    { numRuns: 500 },
  );
});
