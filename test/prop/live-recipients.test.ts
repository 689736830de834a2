import fc from "fast-check";
import { expect, test } from "vitest";
import { recipients } from "../../core/index.js";
import { anyMixedRun } from "../support/v1-world.js";
import { anyRun, play } from "../support/world.js";

test("law: a Send reaches connected clients only, and each of them once", () => {
  fc.assert(
    fc.property(fc.oneof(anyRun(), anyMixedRun()), (run) => {
      const connected = new Set<number>();
      for (const { event, after, effects } of play(run)) {
        if (event.kind === "ServerStarted") connected.clear();
        if (event.kind === "ClientConnected") connected.add(event.client);
        if (event.kind === "ClientDisconnected") connected.delete(event.client);
        for (const effect of effects) {
          if (effect.kind !== "Send" && effect.kind !== "Close") continue;
          const reached = recipients(after, effect.to);
          expect(new Set(reached).size).toBe(reached.length);
          for (const client of reached) expect(connected).toContain(client);
        }
      }
    }),
  );
});
