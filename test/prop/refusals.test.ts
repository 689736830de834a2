import fc from "fast-check";
import { expect, test } from "vitest";
import * as Table from "../../core/base/table.js";
import { anyRun, play } from "../support/world.js";

test("law: a refusal changes nothing and is told to nobody but the sender", () => {
  fc.assert(
    fc.property(anyRun(), (run) => {
      for (const { event, before, after, effects } of play(run)) {
        const isRefused = effects.some((effect) => effect.kind === "Send" && effect.message.kind === "Error");
        if (!isRefused || !("client" in event)) continue;
        const [told, ...others] = effects;
        expect(told).toMatchObject({
          kind: "Send",
          to: { kind: "Client", client: event.client },
          message: { kind: "Error" },
        });
        expect(others.map(({ kind }) => kind)).toEqual(["Report"]);
        // Within a rate the sender has paid for the frame, as for any other; without one the state is the very same.
        if (before.shared.settings.limits.messagesPerSecond === 0) expect(after).toBe(before);
        else
          expect({ ...after, local: { ...after.local, clients: before.local.clients }, now: before.now }).toEqual(
            before,
          );
      }
    }),
  );
});

test("law: an event of a client that is not connected changes nothing and causes nothing", () => {
  fc.assert(
    fc.property(anyRun(), (run) => {
      for (const { event, before, after, effects } of play(run))
        if (
          "client" in event &&
          event.kind !== "ClientConnected" &&
          Table.get(before.local.clients, event.client) === undefined
        ) {
          expect(after).toBe(before);
          expect(effects).toEqual([]);
        }
    }),
  );
});
