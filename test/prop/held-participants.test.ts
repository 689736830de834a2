import fc from "fast-check";
import { expect, test } from "vitest";
import { listedRooms } from "../../core/index.js";
import { anyRun, play } from "../support/world.js";

test("law: every participant shown was announced by a client that is still connected", () => {
  fc.assert(
    fc.property(anyRun(), (run) => {
      const announced = new Map<number, Set<string>>();
      for (const { event, after } of play(run)) {
        if (event.kind === "ClientDisconnected") announced.delete(event.client);
        if (event.kind === "JoinRequested")
          announced.set(
            event.client,
            (announced.get(event.client) ?? new Set()).add(`${event.roomId}/${event.userId}`),
          );
        const live = new Set([...announced.values()].flatMap((seats) => [...seats]));
        for (const room of listedRooms(after))
          for (const participant of room.participants) expect([...live]).toContain(`${room.id}/${participant.id}`);
      }
    }),
  );
});
