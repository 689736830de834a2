import fc from "fast-check";
import { expect, test } from "vitest";
import { type ClientId, type Event, initial, type Millis, snapshot } from "../../core/index.js";
import { anyFrame, anyRun, clientIds, connected, last, play } from "../support/world.js";

const visitor = 99 as ClientId;

test("law: when everybody is gone, nothing is left", () => {
  fc.assert(
    fc.property(anyRun(), (run) => {
      const state = last(play(run));
      const everyoneGoes = clientIds.map(
        (client): Event => ({ kind: "ClientDisconnected", at: state.now, client, code: 1005 }),
      );
      const end = last(play(everyoneGoes, state));
      const { settings, nextSeq } = end.shared;
      const empty = {
        now: end.now,
        shared: { ...initial.shared, settings, nextSeq },
        local: { ...initial.local, announced: end.local.announced },
      };
      expect(snapshot(end)).toEqual(snapshot(empty));
    }),
  );
});

test("law: who connects, says anything in a world of its own, and disconnects, leaves the rest as it was", () => {
  fc.assert(
    fc.property(anyRun(), fc.array(anyFrame, { maxLength: 10 }), (run, frames) => {
      const state = last(play(run));
      const at = state.now as Millis;
      const visit: ReadonlyArray<Event> = [
        connected(visitor, at),
        ...frames.map((frame) => apart({ ...frame, at, client: visitor })),
        { kind: "ClientDisconnected", at, client: visitor, code: 1005 },
      ];
      const end = last(play(visit, state));
      const left = {
        now: end.now,
        shared: { ...end.shared, nextSeq: state.shared.nextSeq },
        local: { ...end.local, announced: state.local.announced },
      };
      if (state.shared.rooms.size > 0) expect(snapshot(left)).toEqual(snapshot(state));
      else expect(left.shared.rooms.size).toBe(0);
    }),
  );
});

/** The same frame about rooms that nobody else knows. */
const apart = (event: Event): Event => {
  if (event.kind === "CreateRequested")
    return { ...event, room: { ...event.room, id: `own ${event.room.id}` as never } };
  if (event.kind === "JoinRequested" || event.kind === "LeaveRequested")
    return { ...event, roomId: `own ${event.roomId}` as never };
  return event;
};
