import fc from "fast-check";
import { expect, test } from "vitest";
import { recipients } from "../../core/index.js";
import { anyRun, play } from "../support/world.js";

test("law: nobody is sent its own message", () => {
  fc.assert(
    fc.property(anyRun(), (run) => {
      for (const { event, after, effects } of play(run))
        for (const effect of effects)
          if (effect.kind === "Send" && effect.message.kind === "Relay" && "client" in event)
            expect(recipients(after, effect.to)).not.toContain(event.client);
    }),
  );
});
