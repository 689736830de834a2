import fc from "fast-check";
import * as O from "fp-ts/lib/Option.js";
import { expect, test } from "vitest";
import type * as Id from "../../core/base/id.js";
import * as Table from "../../core/base/table.js";
import { note } from "../../core/delivery/directory.js";
import { tell } from "../../core/delivery/roster.js";
import * as Sessions from "../../core/delivery/sessions.js";
import type { Token } from "../../core/event.js";
import { type ClientId, type Fact, invariants, type SessionId, type SharedFact, type State } from "../../core/index.js";
import * as Mailbox from "../../core/local/mailbox.js";
import type { Decision } from "../../core/shared/decision.js";
import * as Door from "../../core/shared/door.js";
import { evolve } from "../../core/shared/evolve.js";
import { afterLeaving, succeed, takeGrantedRole } from "../../core/shared/roles.js";
import * as Presence from "../../core/shared/sessions.js";
import type { Step } from "../../core/step.js";
import { anyMixedRun } from "../support/v1-world.js";
import { last, play } from "../support/world.js";

/*
 * Steps and decisions meet what they do not know: the rooms, users, sessions and clients of another run. In one process that does not
 * happen; the facts of a log may be about what a node has not seen.
 */

const factsOf = (run: Parameters<typeof play>[0]): ReadonlyArray<Fact> =>
  play(run).flatMap(({ effects }) => effects.flatMap((effect) => (effect.kind === "Report" ? [effect.fact] : [])));

const sessionsOf = ({ shared, local }: State): ReadonlyArray<SessionId> => [
  ...new Set([...Table.keys(shared.sessions), ...Table.keys(local.mailboxes), "nobody's" as SessionId]),
];

const isShared = (fact: Fact): fact is SharedFact => fact.kind !== "RequestRefused" && fact.kind !== "NothingToDo";

test("law: facts about what nobody here knows are told without harm", () => {
  fc.assert(
    fc.property(anyMixedRun(), anyMixedRun(), (one, other) => {
      const [mine, theirs] = [last(play(one)), last(play(other))];
      for (const fact of factsOf(other))
        for (const before of [mine, theirs]) {
          expect(invariants(tell([fact], before)(mine)[0]), fact.kind).toEqual([]);
          expect(invariants(note([fact], before)(mine)[0]), fact.kind).toEqual([]);
        }
    }),
    { numRuns: 50 },
  );
});

const hostToken: Token = {
  expiresAt: Number.MAX_SAFE_INTEGER as Id.Millis,
  grants: { rooms: [], can: [], role: "host", lobby: "wait", sessions: "both" },
};

test("law: a decision about what is not there comes to facts that say all that it changed", () => {
  fc.assert(
    fc.property(anyMixedRun(), anyMixedRun(), (one, other) => {
      const [{ shared, now }, theirs] = [last(play(one)), last(play(other))];
      const rooms = [...Table.keys(theirs.shared.rooms), "nowhere" as Id.RoomId];
      const users = [...Table.keys(theirs.local.claimants), "nobody" as Id.UserId];
      const about = (room: Id.RoomId, user: Id.UserId, session: SessionId): ReadonlyArray<Decision> => [
        succeed(room),
        afterLeaving(room, user, "left", now),
        afterLeaving(room, user, "lost", now),
        takeGrantedRole(room, user, O.some(hostToken)),
        Door.bar(room, user, { reason: "removed", until: now }),
        Presence.resume({ session, generation: 1, user, by: { node: O.none } }),
        Presence.end({ session, generation: 1 }, now),
      ];
      for (const room of rooms)
        for (const user of users)
          for (const session of sessionsOf(theirs))
            for (const decide of about(room, user, session)) {
              const [after, facts] = decide(shared);
              expect(facts.filter(isShared).reduce(evolve, shared)).toEqual(after);
            }
    }),
    { numRuns: 20 },
  );
});

test("law: what is due and is not there comes to an end of the work, and to facts that say all that it changed", () => {
  fc.assert(
    fc.property(anyMixedRun(), anyMixedRun(), (one, other) => {
      const [mine, theirs] = [last(play(one)), last(play(other))];
      const never = Number.MAX_SAFE_INTEGER as Id.Millis;
      const mixed = { ...mine.shared, due: theirs.shared.due };
      const [after, facts] = Presence.expire(never)(mixed);
      expect(facts.filter(isShared).reduce(evolve, mixed)).toEqual(after);
    }),
    { numRuns: 50 },
  );
});

test("law: a client or a session that is not here is sent nothing, and nothing is kept for it", () => {
  fc.assert(
    fc.property(anyMixedRun(), anyMixedRun(), (one, other) => {
      const [mine, theirs] = [last(play(one)), last(play(other))];
      const known = new Set(sessionsOf(mine));
      const stranger = 99 as ClientId;
      for (const session of sessionsOf(theirs).filter((id) => !known.has(id))) {
        const steps: ReadonlyArray<Step> = [
          Mailbox.post(session, { kind: "Result", id: 1 }),
          Mailbox.sendAgain(session, 0, (message) => message),
          Mailbox.discardIfAlone(session),
          Sessions.closeReplaced(session),
          Sessions.welcome({ client: stranger, node: O.none, session, id: 1, seen: 0 }, true),
        ];
        for (const step of steps) expect(step(mine)).toEqual([mine, []]);
      }
    }),
    { numRuns: 50 },
  );
});
