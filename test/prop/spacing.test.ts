import fc from "fast-check";
import * as O from "fp-ts/lib/Option.js";
import { expect, test } from "vitest";
import { type Effect, type Event, initial, listedRooms, nextDeadline, reduce, type State } from "../../core/index.js";
import { anyRun, deliveries, last, play } from "../support/world.js";

type StateKind = "ClientCount" | "RoomList";

const shown = (state: State, kind: StateKind): unknown =>
  kind === "ClientCount" ? state.local.clients.size : listedRooms(state);

const toAll = (effects: ReadonlyArray<Effect>, kind: StateKind): number =>
  effects.filter((effect) => effect.kind === "Send" && effect.message.kind === kind && effect.to.kind !== "Client")
    .length;

/** The ticks that the clock would bring if nothing else happened any more, for as long as it is owed. */
const released = (from: State, kind: StateKind): ReadonlyArray<Event> => {
  const ticks: Event[] = [];
  for (let state = from; state.local.announced[kind].isPending; ) {
    const due = nextDeadline(state);
    if (O.isNone(due) || ticks.length === 100) throw new Error(`${kind} is owed and nothing will tell it`);
    const tick: Event = { kind: "ClockTicked", at: due.value };
    ticks.push(tick);
    [state] = reduce(state, tick);
  }
  return ticks;
};

test.each(["ClientCount", "RoomList"] as const)("law: the last %s is always told", (kind) => {
  fc.assert(
    fc.property(anyRun(), (run) => {
      const ticks = released(last(play(run)), kind);
      let told = shown(initial, kind);
      const moments = play([...run, ...ticks]);
      for (const { effects, after } of moments) if (toAll(effects, kind) > 0) told = shown(after, kind);
      expect(told).toEqual(shown(last(moments), kind));
    }),
  );
});

test.each(["ClientCount", "RoomList"] as const)(
  "law: however often a %s changes, it is told eight times at once, and then not more often than the spacing lets",
  (kind) => {
    fc.assert(
      fc.property(anyRun(), (run) => {
        const moments = play(run);
        const { stateSpacingMs } = last(moments).shared.settings;
        const times = moments
          // A repetition comes at its own pace.
          .filter(
            ({ event, before, after }) =>
              event.kind !== "ClockTicked" || before.local.repeatListAt === after.local.repeatListAt,
          )
          .flatMap(({ effects, event, after }) =>
            Array.from({ length: toAll(effects, kind) }, () => Math.max(event.at, after.now)),
          );
        times.forEach((at, i) => {
          const ninthBefore = times[i - 8];
          if (ninthBefore !== undefined) expect(at - ninthBefore).toBeGreaterThanOrEqual(stateSpacingMs);
        });
      }),
    );
  },
);

/** Runs in which little else happens than that clients come and go. */
const comingAndGoing = anyRun(undefined, 200).map((run) =>
  run.filter(({ kind }) => ["ServerStarted", "ClientConnected", "ClientDisconnected", "ClockTicked"].includes(kind)),
);

test("law: whoever connects hears the count at once, whoever else has to wait for it", () => {
  fc.assert(
    fc.property(comingAndGoing, (run) => {
      for (const { event, before, after, effects } of play(run)) {
        if (event.kind !== "ClientConnected" || after.local.clients.size === before.local.clients.size) continue;
        const heard = deliveries(after, effects).get(event.client) ?? [];
        expect(heard.filter((text) => text.includes(`"count":${after.local.clients.size}`)).length).toBe(1);
      }
    }),
  );
});
