import fc from "fast-check";
import { expect, test } from "vitest";
import { reduce } from "../../core/index.js";
import { anyRun, anySettings, play } from "../support/world.js";

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
        if (!repeatable.has(event.kind)) continue;
        const [again, effects] = reduce(after, event);
        expect(again, event.kind).toBe(after);
        for (const effect of effects)
          if (effect.kind === "Send" && "client" in event)
            expect(effect.to).toEqual({ kind: "Client", client: event.client });
      }
    }),
  );
});
