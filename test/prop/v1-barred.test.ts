import fc from "fast-check";
import { expect, test } from "vitest";
import * as Table from "../../core/base/table.js";
import type { Moment, RoomId, UserId } from "../../core/index.js";
import { anyMixedRun, anyMixedSettings } from "../support/v1-world.js";
import { play } from "../support/world.js";

interface Barred {
  readonly room: RoomId;
  readonly user: UserId;
  readonly until: number;
}

const dayMs = 86_400_000;

/** Who is barred by the requests that were accepted, as plainly as PROTOCOL says it. */
const barredAfter = (known: ReadonlyArray<Barred>, { event, effects, after }: Moment): ReadonlyArray<Barred> => {
  const facts = effects.flatMap((effect) => (effect.kind === "Report" ? [effect.fact] : []));
  const closed = facts.flatMap((fact) => (fact.kind === "RoomClosed" ? [fact.room] : []));
  const open = known.filter(({ room }) => !closed.includes(room));
  const isRefused = facts.length === 0 || facts.some(({ kind }) => kind === "RequestRefused");
  if (isRefused || !("userId" in event) || !Table.has(after.shared.rooms, event.roomId)) return open;
  const { roomId: room, userId: user } = event;
  const others = open.filter((one) => one.room !== room || one.user !== user);
  switch (event.kind) {
    case "DenyRequested":
      return [...others, { room, user, until: after.now + event.forMs }];
    case "RemoveRequested":
      return [...others, { room, user, until: after.now + (event.banMs === 0 ? dayMs : event.banMs) }];
    case "UnbanRequested":
      return others;
    default:
      return open;
  }
};

/** Nobody is forgotten for want of room. */
const roomy = anyMixedSettings.map((settings) => ({
  ...settings,
  limits: { ...settings.limits, roomBarredMax: 100 },
}));

test("law: whoever is denied, removed or banned is neither in the room nor at its door until the time is up, whatever they send", () => {
  fc.assert(
    fc.property(anyMixedRun(roomy), (run) => {
      let barred: ReadonlyArray<Barred> = [];
      for (const moment of play(run)) {
        const { shared, now } = moment.after;
        barred = barredAfter(barred, moment);
        for (const { room, user, until } of barred) {
          if (until <= now) continue;
          expect(Table.has(Table.get(shared.rooms, room)?.participants ?? Table.empty(), user), user).toBe(false);
          expect(Table.has(Table.get(shared.doors, room)?.knocks ?? Table.empty(), user), user).toBe(false);
        }
      }
    }),
    { numRuns: 100 },
  );
});
