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
  type UserId,
} from "../../core/index.js";
import { connected, created, given, joined } from "../support/story.js";
import { anyMixedRun } from "../support/v1-world.js";
import { anyRun as anySeedRun, last, play } from "../support/world.js";

const anyRun = () => fc.oneof(anySeedRun(), anyMixedRun());

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

const session = "session-2" as SessionId;
const at = 0 as Millis;
const ann = given(connected(1 as ClientId), created(1 as ClientId, "r")).when(joined(1 as ClientId, "r", "ann")).state
  .shared;
const applied = (shared: Shared, ...entries: ReadonlyArray<Entry>): Shared =>
  entries.reduce((current, entry) => apply(current, entry)[0], shared);

/** A session that can be resumed, in the room of another one. */
const member = { user: "~bob" as UserId, name: "Bob" };
const bob = given(connected(1 as ClientId), created(1 as ClientId, "r"), joined(1 as ClientId, "r", "ann"), {
  ...connected(2 as ClientId),
  greeting: { id: 1, seen: 0, ...member },
  verified: member.user,
} as ReturnType<typeof connected>).when(joined(2 as ClientId, "r", "~bob")).state.shared;
const resumeWith = (generation: number, user = member.user, id = session): Entry => ({
  kind: "ResumeSession",
  at,
  session: id,
  generation,
  user,
  by: { client: 9 as ClientId, node: O.none, session: "session-9" as SessionId, id: 1, seen: 0 },
});
const generationOf = (shared: Shared): number | undefined => Table.get(shared.sessions, session)?.generation;

test("a resume raises the generation; the end of an older one changes nothing, and that of the latest ends the session", () => {
  const resumed = applied(bob, resumeWith(1));
  expect(generationOf(resumed)).toBe(2);
  expect(applied(resumed, { kind: "EndSession", at, session, generation: 1 })).toBe(resumed);
  expect(applied(resumed, { kind: "LoseSession", at, session, generation: 1 })).toBe(resumed);
  const ended = applied(resumed, { kind: "EndSession", at, session, generation: 2 });
  expect([ended.sessions.size, ended.rooms.size, ended.holders.size]).toEqual([1, 1, 1]);
});

test("the ticket before the latest is good until the latest has been used", () => {
  const again = applied(bob, resumeWith(1), resumeWith(1));
  expect(generationOf(again)).toBe(3);
  const used = applied(again, { kind: "AcknowledgeSession", at, session, generation: 3 });
  for (const generation of [0, 1, 2, 4]) expect(applied(used, resumeWith(generation))).toBe(used);
  expect(generationOf(applied(used, resumeWith(3)))).toBe(4);
});

test("a session of the seed's protocol, one that is not there, and one of another user are not resumed", () => {
  expect(applied(ann, { ...resumeWith(1), session: "session-1" as SessionId } as Entry)).toBe(ann);
  expect(applied(bob, resumeWith(1, member.user, "session-9" as SessionId))).toBe(bob);
  expect(applied(bob, resumeWith(1, "~eve" as UserId))).toBe(bob);
});

test("who is verified is a host without a claim, and can claim to be nobody else", () => {
  const [host, eve] = [1, 2] as ReadonlyArray<number> as [ClientId, ClientId];
  const verified = { ...connected(host), verified: "ann" } as ReturnType<typeof connected>;
  const room = [created(eve, "r", { hostId: "ann" }), joined(eve, "r", "eve")];
  const leave = { kind: "LeaveRequested", client: host, roomId: "r", userId: "eve", text: "" } as never;
  const outcome = given(verified, connected(eve), ...room).when(leave);
  expect(outcome.facts[0]).toMatchObject({ kind: "ParticipantLeft", reason: "removed" });
  const claim = given(verified, connected(eve), ...room).when(joined(host, "r", "bob"));
  expect(claim.facts).toMatchObject([{ kind: "RequestRefused", refusal: { code: "not-allowed" } }]);
  expect(Table.get(claim.state.local.clients, host)).toMatchObject({ claimed: [], verified: O.some("ann") });
});
