import fc from "fast-check";
import * as O from "fp-ts/lib/Option.js";
import { expect, test } from "vitest";
import * as Table from "../../core/base/table.js";
import type { Fact, Moment, RoomId, State, UserId } from "../../core/index.js";
import { usersOf } from "../../core/state.js";
import { anyMixedRun } from "../support/v1-world.js";
import { play } from "../support/world.js";

const hostOf = ({ shared }: State, room: RoomId): UserId | undefined => {
  const known = Table.get(shared.rooms, room)?.hostId;
  return known && O.toUndefined(known);
};

const isThere = ({ shared }: State, room: RoomId, user: UserId | undefined): boolean =>
  user !== undefined && Table.has(Table.get(shared.rooms, room)?.participants ?? Table.empty(), user);

/** The users that the sender of an event acts for. */
const senders = ({ event, before }: Moment): ReadonlyArray<UserId> => {
  const me = "client" in event ? Table.get(before.local.clients, event.client) : undefined;
  return me === undefined ? [] : usersOf(me);
};

const factsOf = ({ effects }: Moment): ReadonlyArray<Fact> =>
  effects.flatMap((effect) => (effect.kind === "Report" ? [effect.fact] : []));

test("law: a room has the host who created it, or whom the host named, or who was in it when the host was gone for good", () => {
  fc.assert(
    fc.property(anyMixedRun(), (run) => {
      for (const moment of play(run)) {
        const { event, before, after } = moment;
        for (const { id, policy } of Table.values(after.shared.rooms)) {
          const [was, is] = [hostOf(before, id), hostOf(after, id)];
          if (was === is || O.isNone(policy)) continue;
          const isNew =
            !Table.has(before.shared.rooms, id) || factsOf(moment).some((fact) => fact.kind === "RoomOpened");
          const isCreator = isNew && is !== undefined && senders(moment).includes(is);
          const isNamed =
            event.kind === "RoleRequested" &&
            event.role === "host" &&
            event.userId === is &&
            was !== undefined &&
            senders(moment).includes(was) &&
            isThere(before, id, is);
          const isSuccessor =
            was !== undefined && !isThere(after, id, was) && (is === undefined || isThere(after, id, is));
          expect(isCreator || isNamed || isSuccessor, `${event.kind}: ${was} → ${is}`).toBe(true);
        }
      }
    }),
    { numRuns: 100 },
  );
});

/** That an earlier ticket is over is no answer. */
const isCarriedOut = (moment: Moment): boolean => {
  const kinds = factsOf(moment)
    .map(({ kind }) => kind)
    .filter((kind) => kind !== "SessionAcknowledged");
  return kinds.length > 0 && !kinds.includes("RequestRefused") && !kinds.includes("NothingToDo");
};

/** To create a room that is there is to describe it anew. */
const orders = [
  "CreateRequested",
  "CloseRequested",
  "LockRequested",
  "AdmitRequested",
  "DenyRequested",
  "RemoveRequested",
  "UnbanRequested",
  "RoleRequested",
];

test("law: nobody's order is carried out but the host's, and where they may a co-host's who is in the room", () => {
  fc.assert(
    fc.property(anyMixedRun(), (run) => {
      for (const moment of play(run)) {
        const { event, before } = moment;
        if (!orders.includes(event.kind)) continue;
        const id = event.kind === "CreateRequested" ? event.room.id : "roomId" in event ? event.roomId : undefined;
        if (!isCarriedOut(moment)) continue;
        const room = id && Table.get(before.shared.rooms, id);
        if (room === undefined || O.isNone(room.policy)) continue;
        const users = senders(moment);
        const host = hostOf(before, room.id);
        const isHost = host !== undefined && users.includes(host);
        const cohosts = Table.get(before.shared.doors, room.id)?.cohosts ?? [];
        const isCohost = cohosts.some((user) => users.includes(user) && isThere(before, room.id, user));
        const mayCohost = !["CreateRequested", "CloseRequested", "RoleRequested"].includes(event.kind);
        expect(isHost || (isCohost && mayCohost), `${event.kind} by ${users.join()} in a room of ${host}`).toBe(true);
        if (event.kind === "RemoveRequested" && !isHost)
          expect([host, ...cohosts], "a co-host removes nobody above a participant").not.toContain(event.userId);
      }
    }),
    { numRuns: 100 },
  );
});

test("law: a role ends with a removal, and with a departure by one's own will", () => {
  fc.assert(
    fc.property(anyMixedRun(), (run) => {
      for (const moment of play(run))
        for (const fact of factsOf(moment)) {
          const isOver =
            fact.kind === "UserBarred"
              ? fact.bar.reason !== "denied"
              : fact.kind === "ParticipantLeft" && fact.reason === "left";
          if (!isOver || !("room" in fact) || typeof fact.room !== "string" || !("user" in fact)) continue;
          const cohosts = Table.get(moment.after.shared.doors, fact.room)?.cohosts ?? [];
          expect(cohosts).not.toContain(fact.user);
        }
    }),
    { numRuns: 100 },
  );
});

test("law: a host whose session is over and who is in the room no more is awaited for a while at most", () => {
  fc.assert(
    fc.property(anyMixedRun(), (run) => {
      for (const { after } of play(run))
        for (const { id, policy, hostId } of Table.values(after.shared.rooms)) {
          if (O.isNone(policy) || O.isNone(hostId) || isThere(after, id, hostId.value)) continue;
          const isAwaited = O.isSome(Table.get(after.shared.doors, id)?.hostAwaitedUntil ?? O.none);
          expect(isAwaited || Table.has(after.shared.creators, id), `${hostId.value} of ${id}`).toBe(true);
        }
    }),
    { numRuns: 100 },
  );
});
