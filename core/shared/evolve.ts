import { pipe } from "fp-ts/lib/function.js";
import * as O from "fp-ts/lib/Option.js";
import type { Millis, RoomId, SeatId, Seq, SessionId, UserId } from "../base/id.js";
import * as Id from "../base/id.js";
import { firstLevel } from "../base/level.js";
import * as Multimap from "../base/multimap.js";
import * as Table from "../base/table.js";
import type { SharedFact } from "../fact.js";
import { sessionWith, withShared } from "../replace.js";
import type { Node, Participant, Room, Session, Shared } from "../state.js";
import { dueOf } from "../written.js";
import * as Door from "./door-changes.js";

/** The shared half after a fact. Decides nothing: whatever may not happen has been refused before there was a fact. */
export const evolve = (shared: Shared, fact: SharedFact): Shared => {
  switch (fact.kind) {
    case "SessionOpened":
      return withSession(shared, newSession(fact));
    case "SessionAway":
      return Door.sessionAway(shared, fact.session, fact.until);
    case "SessionResumed":
      return changeSession(Door.sessionNotAway(shared, fact.session), fact.session, (session) => ({
        ...session,
        generation: fact.generation,
        isTicketDue: true,
        node: O.fromNullable(fact.node),
      }));
    case "SessionAcknowledged":
      return changeSession(shared, fact.session, (session) => sessionWith(session, { isTicketDue: false }));
    case "SessionEnded":
      return withoutSession(Door.sessionNotAway(shared, fact.session), fact.session);
    case "NodeStarted":
      return nodeStarted(shared, fact);
    case "NodeRenewed":
      return withShared(shared, {
        nodes: Table.update(shared.nodes, fact.node, (node) => ({
          ...node,
          renewedAt: fact.at,
          clients: fact.clients,
        })),
      });
    case "NodeGone":
      return withShared(shared, { nodes: Table.remove(shared.nodes, fact.node) });
    case "LevelRaised":
      return withShared(shared, { level: fact.level });
    case "RoomOpened":
      return opened(shared, withParticipants(fact.room, Table.empty()), fact.session);
    case "RoomUpdated":
      return changeRoom(shared, fact.room, (room) => ({ ...room, name: fact.name, description: fact.description }));
    case "HostNamed":
      return Door.withNextVersion(
        changeRoom(shared, fact.room, (room) => ({
          ...room,
          hostId: O.some(fact.hostId),
          host: pipe(
            room.host,
            O.alt(() => O.fromNullable(fact.host)),
          ),
        })),
        fact.room,
      );
    case "CreatorLeft":
      return withoutCreator(shared, fact.room);
    case "RoomClosed":
      return Door.doorClosed(closed(shared, fact.room), fact.room);
    case "ParticipantJoined": {
      const { room, user: id, userName: name, seq, session, isHostByToken } = fact;
      const participant = { id, name, seq, ...(isHostByToken ? { isHostByToken } : {}) };
      return Door.withNextVersion(held(joined(shared, room, participant), Id.seat(room, id), { session, seq }), room);
    }
    case "ParticipantHeld":
      return held(withShared(shared, { nextSeq: after(fact.seq) }), Id.seat(fact.room, fact.user), fact);
    case "ParticipantReleased":
      return released(shared, Id.seat(fact.room, fact.user), fact.session);
    case "ParticipantLeft":
      return Door.participantLeft(left(shared, fact.room, fact.user), fact);
    case "ParticipantAway":
    case "ParticipantBack":
      return Door.withNextVersion(shared, fact.room);
    case "DoorOpened":
      return Door.doorOpened(shared, fact.room);
    case "RoomLocked":
      return Door.locked(shared, fact.room, true);
    case "RoomUnlocked":
      return Door.locked(shared, fact.room, false);
    case "RoleChanged":
      return Door.roleChanged(shared, fact.room, fact.user, fact.role);
    case "HostAwaited":
      return Door.hostAwaited(shared, fact.room, fact.until);
    case "HostReturned":
      return Door.hostIsBack(shared, fact.room);
    case "HostGivenUp":
      return Door.hostGivenUp(shared, fact.room);
    case "KnockMade": {
      const { room, user: id, userName: name, session, seq, until } = fact;
      return Door.knockMade(shared, room, { id, name, seq, session, isAdmitted: false, until }, after(seq));
    }
    case "KnockAdmitted":
      return Door.knockAdmitted(shared, fact.room, fact.user, fact.until);
    case "KnockEnded":
      return Door.knockEnded(shared, fact.room, fact.user);
    case "UserBarred":
      return Door.barred(shared, fact.room, fact.user, fact.bar);
    case "UserUnbarred":
      return Door.unbarred(shared, fact.room, fact.user);
  }
};

/** Everybody is away, and whatever waits for somebody waits anew: nobody could come while no server was there. Bars end when they would have. */
const nodeStarted = (
  shared: Shared,
  { at, node: id, settings, joins, level = firstLevel }: Extract<SharedFact, { readonly kind: "NodeStarted" }>,
): Shared => {
  const node = { id, renewedAt: at, clients: 0, startedAt: at, level };
  if (joins) return withNode(withShared(shared, { settings }), node);
  const awayUntil = O.some((at + settings.sessionGraceMs) as Millis);
  const sessions = Table.map(shared.sessions, (session) =>
    O.isNone(session.member) ? session : sessionWith(session, { awayUntil }),
  );
  const doors = Door.waitingAnew(shared, at, settings);
  return withShared(shared, { settings, sessions, doors, due: dueOf(sessions, doors), nodes: Table.of(id, node) });
};

const withNode = (shared: Shared, node: Node): Shared =>
  withShared(shared, { nodes: Table.set(shared.nodes, node.id, node) });

const newSession = ({
  session: id,
  generation,
  member,
  node,
}: Extract<SharedFact, { readonly kind: "SessionOpened" }>): Session => ({
  id,
  generation,
  seats: [],
  created: [],
  knocks: [],
  member: O.fromNullable(member),
  isTicketDue: false,
  awayUntil: O.none,
  node: O.fromNullable(node),
});

/** Members are spelled out: to spread an object that holds a time, which is a double, costs V8 several times as much. */
const withParticipants = (
  { id, seq, name, description, host, hostId, createdAt, policy }: Omit<Room, "participants">,
  participants: Room["participants"],
): Room => ({ id, seq, name, description, host, hostId, createdAt, policy, participants });

const withSession = (shared: Shared, session: Session): Shared => {
  const { id, member } = session;
  const sessions = Table.set(shared.sessions, id, session);
  if (O.isNone(member)) return withShared(shared, { sessions });
  return withShared(shared, { sessions, memberships: Multimap.add(shared.memberships, member.value.user, id) });
};

const withoutSession = (shared: Shared, id: SessionId): Shared => {
  const member = Table.get(shared.sessions, id)?.member ?? O.none;
  const sessions = Table.remove(shared.sessions, id);
  if (O.isNone(member)) return withShared(shared, { sessions });
  return withShared(shared, { sessions, memberships: Multimap.remove(shared.memberships, member.value.user, id) });
};

const changeSession = (shared: Shared, id: SessionId, change: (session: Session) => Session): Shared =>
  withShared(shared, {
    sessions: Table.update(shared.sessions, id, change),
  });

const changeRoom = (shared: Shared, id: RoomId, change: (room: Room) => Room): Shared =>
  withShared(shared, {
    rooms: Table.update(shared.rooms, id, change),
  });

const opened = (shared: Shared, room: Room, session: SessionId): Shared =>
  withShared(shared, {
    nextSeq: after(room.seq),
    sessions: Table.update(shared.sessions, session, (s) => sessionWith(s, { created: [...s.created, room.id] })),
    rooms: Table.set(shared.rooms, room.id, room),
    unjoined: Table.set(shared.unjoined, room.seq, room.id),
    creators: Table.set(shared.creators, room.id, session),
  });

const withoutCreator = (shared: Shared, room: RoomId): Shared => {
  const creator = Table.get(shared.creators, room);
  if (creator === undefined) return shared;
  return withShared(shared, {
    sessions: Table.update(shared.sessions, creator, (session) =>
      sessionWith(session, { created: session.created.filter((other) => other !== room) }),
    ),
    creators: Table.remove(shared.creators, room),
  });
};

const closed = (shared: Shared, id: RoomId): Shared => {
  const room = Table.get(shared.rooms, id);
  if (room === undefined) return shared;
  const rest = withoutCreator(shared, id);
  return withShared(rest, { rooms: Table.remove(rest.rooms, id), unjoined: Table.remove(rest.unjoined, room.seq) });
};

const joined = (shared: Shared, id: RoomId, participant: Participant): Shared => {
  const room = Table.get(shared.rooms, id);
  if (room === undefined) return shared;
  const participants = Table.set(room.participants, participant.id, participant);
  return withShared(shared, {
    nextSeq: after(participant.seq),
    rooms: Table.set(shared.rooms, id, withParticipants(room, participants)),
    unjoined: room.participants.size === 0 ? Table.remove(shared.unjoined, room.seq) : shared.unjoined,
  });
};

const held = (
  shared: Shared,
  seat: SeatId,
  { session, seq }: { readonly session: SessionId; readonly seq: Seq },
): Shared =>
  withShared(shared, {
    sessions: Table.update(shared.sessions, session, (s) => sessionWith(s, { seats: [...s.seats, seat] })),
    holders: Multimap.addWith(shared.holders, seat, session, seq),
  });

const released = (shared: Shared, seat: SeatId, session: SessionId): Shared =>
  withShared(shared, {
    sessions: withoutSeat(shared.sessions, session, seat),
    holders: Multimap.remove(shared.holders, seat, session),
  });

/** The participant is gone, and with it every hold on it. */
const left = (shared: Shared, room: RoomId, user: UserId): Shared => {
  const seat = Id.seat(room, user);
  const holders = Multimap.of(shared.holders, seat);
  let { sessions } = shared;
  for (const session of Table.keys(holders)) sessions = withoutSeat(sessions, session, seat);
  const rooms = Table.update(shared.rooms, room, (there) =>
    withParticipants(there, Table.remove(there.participants, user)),
  );
  return withShared(shared, { sessions, rooms, holders: Table.remove(shared.holders, seat) });
};

const withoutSeat = (sessions: Shared["sessions"], session: SessionId, seat: SeatId): Shared["sessions"] =>
  Table.update(sessions, session, (s) => sessionWith(s, { seats: s.seats.filter((other) => other !== seat) }));

const after = (seq: Seq): Seq => (seq + 1) as Seq;
