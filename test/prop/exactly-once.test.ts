import fc from "fast-check";
import { expect, test } from "vitest";
import type { Event, Millis } from "../../core/index.js";
import { anyRun, anySettings, clientIds, connected, deliveries, last, play } from "../support/world.js";

test("law: what one client sends reaches any one receiver exactly once and in the order sent", () => {
  const flooding = anySettings.map((settings) => ({
    ...settings,
    delivery: "broadcast" as const,
    limits: { ...settings.limits, messagesPerSecond: 0 },
  }));
  fc.assert(
    fc.property(
      anyRun(flooding),
      fc.array(fc.tuple(fc.constantFrom(...clientIds), fc.constantFrom("a", "b")), { maxLength: 30 }),
      (run, sends) => {
        const start = last(play(run));
        const at = start.now as Millis;
        const connect: ReadonlyArray<Event> = clientIds.flatMap(
          (client): ReadonlyArray<Event> => [
            { kind: "ClientDisconnected", at, client, code: 1005 },
            connected(client, at),
            { kind: "SubscribeRequested", at, client, channel: "a" as never },
            { kind: "SubscribeRequested", at, client, channel: "b" as never },
          ],
        );
        const publish: ReadonlyArray<Event> = sends.map(([client, channel], i) => ({
          kind: "PublishRequested",
          at,
          client,
          channel: channel as never,
          type: "x",
          text: `${client}:${i}`,
        }));
        const seen = new Map(clientIds.map((client) => [client, [] as string[]]));
        for (const { after, effects } of play(publish, last(play(connect, start))))
          for (const [client, texts] of deliveries(after, effects)) seen.get(client)?.push(...texts);
        for (const receiver of clientIds)
          for (const sender of clientIds) {
            const expected = sends.flatMap(([client], i) =>
              client === sender && sender !== receiver ? [`${client}:${i}`] : [],
            );
            expect(seen.get(receiver)?.filter((text) => text.startsWith(`${sender}:`))).toEqual(expected);
          }
      },
    ),
  );
});
