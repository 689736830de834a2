import fc from "fast-check";
import { expect, test } from "vitest";
import * as Table from "../../core/base/table.js";
import { recipients } from "../../core/index.js";
import { anyRun, anySettings, play } from "../support/world.js";

test("law: targeting keeps a message only from clients that act for others and not for its user; against a model that floods", () => {
  const targeted = anySettings.map((settings) => ({ ...settings, delivery: "targeted" as const }));
  fc.assert(
    fc.property(anyRun(targeted, 80), (run) => {
      const actsFor = new Map<number, Set<string>>();
      const subscribers = new Map<string, Set<number>>();
      for (const { event, before, after, effects } of play(run)) {
        if (event.kind === "ClientDisconnected") {
          actsFor.delete(event.client);
          for (const clients of subscribers.values()) clients.delete(event.client);
        }
        const isRefused = effects.some((effect) => effect.kind === "Send" && effect.message.kind === "Error");
        if (isRefused || !("client" in event) || Table.get(before.local.clients, event.client) === undefined) continue;
        const learn = (user: string): unknown =>
          actsFor.set(event.client, (actsFor.get(event.client) ?? new Set()).add(user));
        if (event.kind === "SubscribeRequested")
          subscribers.set(event.channel, (subscribers.get(event.channel) ?? new Set()).add(event.client));
        if (event.kind === "UnsubscribeRequested") subscribers.get(event.channel)?.delete(event.client);
        if (event.kind === "JoinRequested") learn(event.userId);
        if (event.kind !== "PublishRequested") continue;
        if (event.from !== undefined) learn(event.from);
        const flooded = [...(subscribers.get(event.channel) ?? [])].filter((id) => id !== event.client);
        const { clientUsersMax } = after.shared.settings.limits;
        const meant = flooded.filter((id) => {
          const users = actsFor.get(id) ?? new Set();
          return event.to === undefined || users.size === 0 || users.has(event.to) || users.size > clientUsersMax;
        });
        const reached = effects.flatMap((effect) =>
          effect.kind === "Send" && effect.message.kind === "Relay" ? recipients(after, effect.to) : [],
        );
        expect(reached).toEqual(meant.sort((a, b) => a - b));
      }
    }),
    { numRuns: 300 },
  );
});
