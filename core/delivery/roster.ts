import * as O from "fp-ts/lib/Option.js";
import type { ClientId, Millis, RoomId, SessionId, UserId } from "../base/id.js";
import * as Id from "../base/id.js";
import * as Multimap from "../base/multimap.js";
import type { KnockEnd } from "../base/room.js";
import * as Table from "../base/table.js";
import type { Fact } from "../fact.js";
import * as Mailbox from "../local/mailbox.js";
import type { RosterChange, ServerMessage } from "../message.js";
import { roleOf } from "../shared/roles.js";
import { cohostsOf, knocksAt, type State } from "../state.js";
import { all, nothing, reply, type Step, send } from "../step.js";

/*
 * What facts mean for the clients of a room with a door: changes of its roster for those who are in it, knocks for those who may admit,
 * and for whoever is concerned what was decided about them.
 */

/** `before` is the state before the facts, and `asker` the session whose request they follow from. */
export const tell = (facts: ReadonlyArray<Fact>, before: State, asker?: SessionId): Step =>
  // Most rooms have no door.
  before.shared.doors.size === 0 && !facts.some(({ kind }) => kind === "DoorOpened")
    ? nothing
    : all([tellRosters(facts), ...facts.map((fact) => tellConcerned(fact, before, asker))]);

const tellRosters =
  (facts: ReadonlyArray<Fact>): Step =>
  (state) => {
    const changes = new Map<RoomId, RosterChange[]>();
    for (const fact of facts) {
      const change = changeOf(fact, state);
      if (change === undefined || !("room" in fact) || typeof fact.room !== "string") continue;
      const of = changes.get(fact.room) ?? [];
      changes.set(fact.room, of);
      of.push(change);
    }
    const effects = [...changes].flatMap(([room, some]) => {
      const version = Table.get(state.shared.doors, room)?.version;
      if (version === undefined || Multimap.of(state.local.attendees, room).size === 0) return [];
      const message = { kind: "RosterChanged", room, from: version - some.length, to: version, changes: some } as const;
      return [send({ kind: "Attendees", room }, message)];
    });
    return [state, effects];
  };

/** One for each fact that raises the version. */
const changeOf = (fact: Fact, { shared }: State): RosterChange | undefined => {
  switch (fact.kind) {
    case "ParticipantJoined": {
      const room = Table.get(shared.rooms, fact.room);
      const role = room === undefined ? "participant" : roleOf(shared, room, fact.user);
      return { change: "joined", user: fact.user, name: fact.userName, role };
    }
    case "ParticipantLeft":
      return { change: leaving[fact.reason], user: fact.user };
    case "ParticipantAway":
      return { change: "away", user: fact.user, until: fact.until };
    case "ParticipantBack":
      return { change: "back", user: fact.user };
    case "RoleChanged":
      return { change: "role", user: fact.user, role: fact.role };
    case "HostNamed":
      return { change: "role", user: fact.hostId, role: "host" };
    case "RoomLocked":
      return { change: "locked" };
    case "RoomUnlocked":
      return { change: "unlocked" };
    default:
      return undefined;
  }
};

type Left = Extract<Fact, { readonly kind: "ParticipantLeft" }>;

const leaving: Readonly<Record<Left["reason"], "left" | "lost" | "removed" | "banned">> = {
  left: "left",
  disconnected: "left",
  closed: "left",
  lost: "lost",
  removed: "removed",
  banned: "banned",
};

const tellConcerned = (fact: Fact, before: State, asker: SessionId | undefined): Step => {
  switch (fact.kind) {
    case "ParticipantLeft":
      return tellWhoLeft(fact, before, asker);
    case "KnockMade":
      return toModerators(fact.room, { kind: "Knocked", room: fact.room, user: fact.user, name: fact.userName });
    case "KnockAdmitted": {
      const { room, user, until } = fact;
      return all([
        toModerators(room, { kind: "KnockEnded", room, user, reason: "admitted" }),
        toKnocker(before, room, user, (session) => Mailbox.post(session, { kind: "Admitted", room, until })),
      ]);
    }
    case "KnockEnded":
      return tellOfKnockEnd(fact.room, fact.user, fact.reason, before);
    default:
      return nothing;
  }
};

/** The sessions that were in the room, but not the one that asked to leave, whose answer tells it. */
const tellWhoLeft = ({ room, user, reason }: Left, before: State, asker: SessionId | undefined): Step => {
  if (reason === "lost" || reason === "disconnected") return nothing;
  const until = barredUntil(room, user);
  return all(
    Table.keys(Multimap.of(before.shared.holders, Id.seat(room, user)))
      .filter((session) => reason !== "left" || session !== asker)
      .map((session) => (state) => {
        const time = until(state);
        const message = { kind: "RoomLeft", room, reason, ...(time === undefined ? {} : { until: time }) } as const;
        return Mailbox.post(session, message)(state);
      }),
  );
};

const barredUntil =
  (room: RoomId, user: UserId) =>
  ({ shared }: State): Millis | undefined => {
    const door = Table.get(shared.doors, room);
    return door && Table.get(door.barred, user)?.until;
  };

const tellOfKnockEnd = (room: RoomId, user: UserId, reason: KnockEnd, before: State): Step => {
  if (reason === "joined" || reason === "admitted") return nothing;
  const ended = toModerators(room, { kind: "KnockEnded", room, user, reason });
  if (reason === "withdrawn" || reason === "disconnected") return ended;
  return all([
    ended,
    toKnocker(before, room, user, (session) => (state) => {
      const until = barredUntil(room, user)(state) ?? state.now;
      return Mailbox.post(session, { kind: "KnockOver", room, reason, until })(state);
    }),
  ]);
};

const toKnocker = ({ shared }: State, room: RoomId, user: UserId, then: (session: SessionId) => Step): Step => {
  const knock = Table.get(knocksAt(shared, room), user);
  return knock === undefined ? nothing : then(knock.session);
};

/** The clients of the host and the co-hosts that are in the room. */
const toModerators =
  (room: RoomId, message: ServerMessage): Step =>
  (state) => [state, moderators(state, room).map((client) => reply(client, message))];

const moderators = ({ shared, local }: State, id: RoomId): ReadonlyArray<ClientId> => {
  const room = Table.get(shared.rooms, id);
  if (room === undefined) return [];
  const host = O.isSome(room.hostId) ? [room.hostId.value] : [];
  const attendees = Multimap.of(local.attendees, id);
  return [...host, ...cohostsOf(shared, id)].flatMap((user) =>
    Table.keys(Multimap.of(local.claimants, user)).filter((client) => Table.has(attendees, client)),
  );
};
