import fc from "fast-check";
import * as O from "fp-ts/lib/Option.js";
import { expect, test } from "vitest";
import * as Table from "../../core/base/table.js";
import {
  apply,
  type ClientId,
  type Effect,
  type Entry,
  type Event,
  evolve,
  type Fact,
  initialShared,
  type Millis,
  type SessionId,
  type Shared,
  type SharedFact,
  sharedSnapshot,
} from "../../core/index.js";
import { connected, created, given, joined } from "../support/story.js";
import { anyRun, last, play } from "../support/world.js";

const isShared = (fact: Fact): fact is SharedFact => fact.kind !== "RequestRefused" && fact.kind !== "NothingToDo";

const factsOf = (effects: ReadonlyArray<Effect>): ReadonlyArray<SharedFact> =>
  effects.flatMap((effect) => (effect.kind === "Report" && isShared(effect.fact) ? [effect.fact] : []));

const settingsOf = ([first]: ReadonlyArray<Event>) => {
  if (first?.kind !== "ServerStarted") throw new Error("a run begins with its settings");
  return first.settings;
};

test("law: folding the facts that a run reports yields its shared half", () => {
  fc.assert(
    fc.property(anyRun(), (run) => {
      const moments = play(run);
      // Through JSON, as a log would carry them.
      const facts: ReadonlyArray<SharedFact> = moments
        .flatMap(({ effects }) => factsOf(effects))
        .map((fact) => JSON.parse(JSON.stringify(fact)));
      const folded = facts.reduce(evolve, initialShared(settingsOf(run)));
      expect(sharedSnapshot(folded)).toEqual(sharedSnapshot(last(moments).shared));
    }),
    { numRuns: 300 },
  );
});

test("law: the shared half changes only with a fact, and a fact changes it", () => {
  fc.assert(
    fc.property(anyRun(), (run) => {
      for (const { before, after, effects, event } of play(run))
        if (event.kind !== "ServerStarted")
          expect(after.shared !== before.shared, event.kind).toBe(factsOf(effects).length > 0);
    }),
  );
});

test("law: a fact about something that is not there leaves no trace, and does not throw", () => {
  fc.assert(
    fc.property(anyRun(), (run) => {
      const facts = play(run).flatMap(({ effects }) => factsOf(effects));
      for (const fact of facts) {
        const empty = initialShared(settingsOf(run));
        const { sessions, rooms, unjoined } = evolve(empty, fact);
        expect(sessions.size).toBe(fact.kind === "SessionOpened" ? 1 : 0);
        expect(rooms.size).toBe(fact.kind === "RoomOpened" ? 1 : 0);
        expect(unjoined.size).toBe(fact.kind === "RoomOpened" ? 1 : 0);
      }
    }),
  );
});

const session = "session-1" as SessionId;
const at = 0 as Millis;
const ann = given(connected(1 as ClientId), created(1 as ClientId, "r")).when(joined(1 as ClientId, "r", "ann")).state
  .shared;
const applied = (shared: Shared, ...entries: ReadonlyArray<Entry>): Shared =>
  entries.reduce((current, entry) => apply(current, entry)[0], shared);

test("the end of an older generation changes nothing, and the end of the latest ends the session", () => {
  const resumed = applied(ann, { kind: "ResumeSession", at, session, generation: 2 });
  expect(Table.get(resumed.sessions, session)?.generation).toBe(2);
  expect(applied(resumed, { kind: "EndSession", at, session, generation: 1 })).toBe(resumed);
  const ended = applied(resumed, { kind: "EndSession", at, session, generation: 2 });
  expect([ended.sessions.size, ended.rooms.size, ended.holders.size]).toEqual([0, 0, 0]);
});

test("resuming with the same or an older generation, or a session that is not there, changes nothing", () => {
  const resumed = applied(ann, { kind: "ResumeSession", at, session, generation: 3 });
  for (const generation of [1, 2, 3])
    expect(applied(resumed, { kind: "ResumeSession", at, session, generation })).toBe(resumed);
  const stranger = "session-9" as SessionId;
  expect(applied(ann, { kind: "ResumeSession", at, session: stranger, generation: 2 })).toBe(ann);
});

test("a client that takes its session over keeps the participant when the older socket closes", () => {
  const [older, newer] = [1, 2] as ReadonlyArray<number> as [ClientId, ClientId];
  const before = [connected(older), created(older, "r"), joined(older, "r", "ann")];
  const takeOver = { ...connected(newer), session, generation: 2 } as ReturnType<typeof connected>;
  const { state, facts } = given(...before, takeOver).when({ kind: "ClientDisconnected", client: older, code: 1006 });
  expect(facts).toEqual([]);
  expect(state.shared.rooms.size).toBe(1);
  const gone = given(...before, takeOver).when({ kind: "ClientDisconnected", client: newer, code: 1000 });
  expect(gone.facts.map(({ kind }) => kind)).toEqual(["SessionEnded", "ParticipantLeft", "RoomClosed"]);
});

test("who is verified is a host without a claim, and a claim verifies nobody", () => {
  const [host, eve] = [1, 2] as ReadonlyArray<number> as [ClientId, ClientId];
  const verified = { ...connected(host), verified: "ann" } as ReturnType<typeof connected>;
  const room = [created(eve, "r", { hostId: "ann" }), joined(eve, "r", "eve")];
  const leave = { kind: "LeaveRequested", client: host, roomId: "r", userId: "eve", text: "" } as never;
  const outcome = given(verified, connected(eve), ...room).when(leave);
  expect(outcome.facts[0]).toMatchObject({ kind: "ParticipantLeft", reason: "removed" });
  const { clients } = given(verified, connected(eve), ...room).when(joined(host, "r", "bob")).state.local;
  expect(Table.get(clients, host)).toMatchObject({ claimed: ["bob"], verified: O.some("ann") });
});
