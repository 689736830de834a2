import fc from "fast-check";
import { expect, test } from "vitest";
import * as Id from "../../core/base/id.js";
import * as Table from "../../core/base/table.js";
import { type Event, reduce, type State } from "../../core/index.js";
import { requesterOf } from "../../core/local/order.js";
import { isHolder, isHost } from "../../core/shared/permissions.js";
import { anyRun, anySettings, play } from "../support/world.js";

/** A leave by the host, who is not there as that user any more, removes whoever else is: it repeats nothing. */
const isRemoval = (after: State, event: Event): boolean => {
  if (event.kind !== "LeaveRequested") return false;
  const room = Table.get(after.shared.rooms, event.roomId);
  const me = Table.get(after.local.clients, event.client);
  if (room === undefined || me === undefined || !Table.has(room.participants, event.userId)) return false;
  const seat = Id.seat(event.roomId, event.userId);
  return isHost(after.shared, room, requesterOf(after, me)) && !isHolder(after.shared, seat, me);
};

test("law: a duplicate is harmless: the same announcement again changes nothing and tells nobody else", () => {
  const unlimited = anySettings.map((settings) => ({
    ...settings,
    limits: { ...settings.limits, messagesPerSecond: 0 },
  }));
  const repeatable = new Set([
    "ClientConnected",
    "ClientDisconnected",
    "SubscribeRequested",
    "UnsubscribeRequested",
    "CreateRequested",
    "JoinRequested",
    "LeaveRequested",
    "ClockTicked",
  ]);
  fc.assert(
    fc.property(anyRun(unlimited), (run) => {
      for (const { event, after } of play(run)) {
        if (!repeatable.has(event.kind) || isRemoval(after, event)) continue;
        const [again, effects] = reduce(after, event);
        expect(again, event.kind).toBe(after);
        for (const effect of effects)
          if (effect.kind === "Send" && "client" in event)
            expect(effect.to).toEqual({ kind: "Client", client: event.client });
      }
    }),
  );
});
