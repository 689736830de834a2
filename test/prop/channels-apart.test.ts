import fc from "fast-check";
import { expect, test } from "vitest";
import * as Table from "../../core/base/table.js";
import { directoryChannel, recipients } from "../../core/index.js";
import { anyRun, play } from "../support/world.js";

test("law: nothing crosses channels: a relay reaches only who subscribed to its channel and has not unsubscribed", () => {
  fc.assert(
    fc.property(anyRun(), (run) => {
      const subscribed = new Set<string>();
      for (const { event, after, before, effects } of play(run)) {
        if (event.kind === "ClientDisconnected")
          for (const pair of subscribed) if (pair.startsWith(`${event.client} `)) subscribed.delete(pair);
        if (event.kind === "UnsubscribeRequested" && effects.length === 0)
          subscribed.delete(`${event.client} ${event.channel}`);
        if (
          event.kind === "SubscribeRequested" &&
          effects.length === 0 &&
          Table.get(before.local.clients, event.client) !== undefined
        )
          subscribed.add(`${event.client} ${event.channel}`);
        for (const effect of effects) {
          if (effect.kind !== "Send" || effect.message.kind !== "Relay") continue;
          const channel = event.kind === "PublishRequested" ? event.channel : directoryChannel;
          for (const client of recipients(after, effect.to)) expect([...subscribed]).toContain(`${client} ${channel}`);
        }
      }
    }),
  );
});
