import * as O from "fp-ts/lib/Option.js";
import type { ChannelName, ClientId, DueId, Millis, RoomId, SeatId, UserId } from "./base/id.js";
import * as Id from "./base/id.js";
import * as Multimap from "./base/multimap.js";
import * as Table from "./base/table.js";
import {
  type Client,
  type Door,
  isObserver,
  knocksAt,
  type Mailbox,
  participantsOf,
  type Room,
  readerOf,
  type Session,
  type Shared,
  type State,
  seatsOf,
  stateKinds,
  usersOf,
} from "./state.js";

type Must = (holds: boolean, sentence: string) => void;

/** What must hold in every reachable state, as sentences about what does not; empty when all is well. Walks everything. */
export const invariants = (state: State): ReadonlyArray<string> => {
  const broken: string[] = [];
  const must: Must = (holds, sentence) => {
    if (!holds) broken.push(sentence);
  };
  sessionsHold(state.shared, must);
  membersHold(state.shared, must);
  roomsHold(state.shared, must);
  doorsHold(state, must);
  dueHolds(state.shared, must);
  levelHolds(state.shared, must);
  clientsHold(state, must);
  mailboxesHold(state, must);
  attendeesHold(state, must);
  negotiationsHold(state, must);
  announcementsHold(state, must);
  return broken;
};

/** An index names exactly what the lists of its owners name, and no key is kept without a value. */
const indexHolds = <O extends { readonly id: string | number }, K extends string>(
  must: Must,
  name: string,
  index: Multimap.Multimap<K, O["id"], unknown>,
  owners: Table.Table<O["id"], O>,
  listOf: (owner: O) => ReadonlyArray<K>,
): void => {
  for (const owner of Table.values(owners))
    for (const key of listOf(owner)) must(Multimap.has(index, key, owner.id), `${name} of ${key} lack ${owner.id}`);
  for (const [key, ids] of Table.entries(index)) {
    must(ids.size > 0, `${name} of ${key} are empty and still there`);
    for (const id of Table.keys(ids)) {
      const owner = Table.get(owners, id);
      must(owner !== undefined && listOf(owner).includes(key), `${name} of ${key} name ${id} wrongly`);
    }
  }
};

const hasNoDuplicates = (list: ReadonlyArray<string>): boolean => new Set(list).size === list.length;

const sessionsHold = (shared: Shared, must: Must): void => {
  const { clientSeatsMax, clientRoomsMax } = shared.settings.limits;
  indexHolds<Session, SeatId>(must, "holders", shared.holders, shared.sessions, ({ seats }) => seats);
  for (const [id, session] of Table.entries(shared.sessions)) {
    const { seats, created } = session;
    must(session.id === id, `session ${id} calls itself ${session.id}`);
    must(seats.length <= clientSeatsMax, `session ${id} holds ${seats.length} seats`);
    must(created.length <= clientRoomsMax, `session ${id} has created ${created.length} rooms`);
    must(hasNoDuplicates(seats) && hasNoDuplicates(created), `session ${id} lists something twice`);
    for (const room of created)
      must(Table.get(shared.creators, room) === id, `session ${id} lists room ${room}, which names another creator`);
  }
  for (const [room, id] of Table.entries(shared.creators)) {
    must(Table.has(shared.rooms, room), `a creator has no room: ${room}`);
    must(Table.get(shared.sessions, id)?.created.includes(room) === true, `room ${room} names creator ${id} wrongly`);
  }
  for (const seat of Table.keys(shared.holders)) {
    const { room, user } = Id.seatOf(seat);
    const there = Table.get(shared.rooms, room);
    must(there !== undefined && Table.has(there.participants, user), `a seat has no participant: ${room}, ${user}`);
  }
};

/** What a session that can be resumed is besides, and what any other is not. */
const membersHold = (shared: Shared, must: Must): void => {
  const { clientRoomsMax } = shared.settings.limits;
  for (const { id, member, seats, knocks, generation, isTicketDue, awayUntil } of Table.values(shared.sessions)) {
    must(knocks.length <= clientRoomsMax, `session ${id} waits at ${knocks.length} doors`);
    for (const room of knocks) {
      const waiting = Table.values(knocksAt(shared, room)).filter(({ session }) => session === id);
      const listed = knocks.filter((other) => other === room);
      must(
        waiting.length === listed.length,
        `session ${id} waits at ${room} as ${waiting.length} users, and lists another number`,
      );
      if (O.isSome(member))
        must(
          waiting.every((knock) => knock.id === member.value.user),
          `session ${id} waits at ${room} as somebody else`,
        );
    }
    if (O.isNone(member)) {
      must(generation === 1 && !isTicketDue && O.isNone(awayUntil), `session ${id} cannot be resumed, and was`);
      continue;
    }
    for (const { room, user } of seats.map(Id.seatOf)) {
      must(user === member.value.user, `session ${id} holds ${user}, who is somebody else`);
      must(Table.has(shared.doors, room), `session ${id} is in room ${room}, which has no door`);
    }
  }
};

const roomsHold = (shared: Shared, must: Must): void => {
  const { roomsMax, roomParticipantsMax } = shared.settings.limits;
  must(shared.rooms.size <= roomsMax, `there are ${shared.rooms.size} rooms`);
  for (const [id, room] of Table.entries(shared.rooms)) {
    must(room.id === id, `room ${id} calls itself ${room.id}`);
    must(room.seq < shared.nextSeq, `room ${id} has a seq that was never given out`);
    must(room.participants.size <= roomParticipantsMax, `room ${id} has ${room.participants.size} participants`);
    must(
      (room.participants.size === 0) === (Table.get(shared.unjoined, room.seq) === id),
      `room ${id} is listed as unjoined wrongly`,
    );
    for (const [user, participant] of Table.entries(room.participants)) {
      must(participant.id === user, `participant ${user} of room ${id} calls itself ${participant.id}`);
      must(participant.seq < shared.nextSeq, `participant ${user} of room ${id} has a seq that was never given out`);
      must(Table.has(shared.holders, Id.seat(id, user)), `nobody holds participant ${user} of room ${id}`);
    }
  }
  const unjoined = Table.values(shared.rooms).filter((room) => room.participants.size === 0);
  must(shared.unjoined.size === unjoined.length, "an unjoined room is listed that does not exist");
};

const doorsHold = ({ now, shared }: State, must: Must): void => {
  const { roomWaitingMax, roomBarredMax } = shared.settings.limits;
  for (const { id, policy } of Table.values(shared.rooms))
    must(O.isNone(policy) || Table.has(shared.doors, id), `room ${id} has a policy and no door`);
  for (const [id, door] of Table.entries(shared.doors)) {
    const { knocks, barred } = door;
    const room = Table.get(shared.rooms, id);
    if (room === undefined) must(false, `a door has no room: ${id}`);
    else rolesHold(room, door, shared, must);
    must(knocks.size <= roomWaitingMax, `${knocks.size} wait at room ${id}`);
    must(barred.size <= roomBarredMax, `${barred.size} are barred from room ${id}`);
    for (const [user, knock] of Table.entries(knocks)) {
      must(knock.id === user, `who waits at ${id} as ${user} is called ${knock.id}`);
      must(knock.seq < shared.nextSeq, `the knock of ${user} at ${id} has a seq that was never given out`);
      const session = Table.get(shared.sessions, knock.session);
      must(session?.knocks.includes(id) === true, `session ${knock.session} does not know that it waits at ${id}`);
      must(room === undefined || !Table.has(room.participants, user), `${user} waits at room ${id} and is in it`);
    }
    for (const [user, { until }] of Table.entries(barred))
      must(
        until <= now || !(Table.has(knocks, user) || (room !== undefined && Table.has(room.participants, user))),
        `${user} is barred from room ${id}, and there`,
      );
  }
};

const rolesHold = (room: Room, { cohosts, hostAwaitedUntil }: Door, { settings }: Shared, must: Must): void => {
  const { id, hostId, policy, participants } = room;
  must(hasNoDuplicates(cohosts), `room ${id} lists a co-host twice`);
  must(O.isNone(hostId) || !cohosts.includes(hostId.value), `the host of room ${id} is a co-host too`);
  must(cohosts.length <= settings.limits.roomParticipantsMax, `room ${id} has ${cohosts.length} co-hosts`);
  must(O.isNone(policy) || participants.size <= policy.value.capacity, `room ${id} is over its capacity`);
  if (O.isNone(hostAwaitedUntil)) return;
  must(
    O.isSome(hostId) && !Table.has(participants, hostId.value) && participants.size > 0,
    `the host of room ${id} is awaited, and there, or nobody, or by nobody`,
  );
};

/** What ends by itself is known as such, at its time and no other. */
const dueHolds = ({ sessions, doors, due }: Shared, must: Must): void => {
  const expected: Array<readonly [Millis, DueId]> = [];
  for (const { id, awayUntil } of Table.values(sessions))
    if (O.isSome(awayUntil)) expected.push([awayUntil.value, Id.due({ kind: "session", session: id })]);
  for (const [room, { knocks, hostAwaitedUntil }] of Table.entries(doors)) {
    if (O.isSome(hostAwaitedUntil)) expected.push([hostAwaitedUntil.value, Id.due({ kind: "host", room })]);
    for (const { id: user, until } of Table.values(knocks))
      expected.push([until, Id.due({ kind: "knock", room, user })]);
  }
  sameHolds(must, "what is due", due, expected);
};

/** Whoever takes part can decide at the level in force. */
const levelHolds = ({ nodes, level }: Shared, must: Must): void => {
  for (const node of Table.values(nodes))
    must(node.level >= level, `node ${node.id} takes part at level ${level}, and can decide up to ${node.level}`);
};

/** The index has these pairs and no other. */
const sameHolds = <K extends string | number, V extends string | number>(
  must: Must,
  name: string,
  index: Multimap.Multimap<K, V>,
  expected: ReadonlyArray<readonly [K, V]>,
): void => {
  for (const [key, value] of expected) must(Multimap.has(index, key, value), `${name}: ${key} lacks ${value}`);
  const sizes = Table.values(index).map(({ size }) => size);
  must(!sizes.includes(0), `${name}: a key is kept without a value`);
  must(sizes.reduce((sum, size) => sum + size, 0) === expected.length, `${name}: there is more than should be`);
};

const clientsHold = (state: State, must: Must): void => {
  const { clients, subscribers, observers, claimants } = state.local;
  const { clientChannelsMax, clientUsersMax } = state.shared.settings.limits;
  indexHolds<Client, ChannelName>(must, "subscribers", subscribers, clients, ({ channels }) => channels);
  indexHolds<Client, ChannelName>(must, "observers", observers, clients, (client) =>
    isObserver(state, client) ? client.channels : [],
  );
  indexHolds<Client, UserId>(must, "claimants", claimants, clients, usersOf);
  for (const { id, channels, claimed } of Table.values(clients)) {
    must(channels.length <= clientChannelsMax, `client ${id} has ${channels.length} channels`);
    must(claimed.length <= clientUsersMax + 1, `client ${id} claims ${claimed.length} users`);
    must(hasNoDuplicates(channels) && hasNoDuplicates(claimed), `client ${id} lists something twice`);
  }
};

const mailboxesHold = ({ shared, local }: State, must: Must): void => {
  for (const [id, mailbox] of Table.entries(local.mailboxes)) {
    const { session, client } = mailbox;
    must(session === id, `the mailbox of ${id} calls its session ${session}`);
    must(O.isSome(client) || Table.has(shared.sessions, id), `the mailbox of ${id} is nobody's`);
    keptHolds(mailbox, shared, must);
    if (O.isNone(client)) continue;
    const me = Table.get(local.clients, client.value);
    must(me?.session === id && O.isSome(me.member), `the mailbox of ${id} names client ${client.value} wrongly`);
  }
  for (const { id, member, generation, awayUntil, node } of Table.values(shared.sessions)) {
    const isElsewhere = O.isSome(node) && O.isSome(local.ordering.node) && node.value !== local.ordering.node.value;
    if (O.isNone(member) || isElsewhere) continue;
    const reader = O.toUndefined(readerOf(local, id));
    must(O.isSome(awayUntil) === (reader === undefined), `session ${id} is away and has a client, or neither`);
    const me = reader && Table.get(local.clients, reader);
    must(me === undefined || me.generation === generation, `client ${reader} has session ${id}, of another generation`);
  }
};

const keptHolds = ({ session, kept, keptChars, lastN, droppedN, gap }: Mailbox, shared: Shared, must: Must): void => {
  const { keptMessagesMax, keptCharsMax } = shared.settings.limits;
  must(kept.length <= keptMessagesMax && keptChars <= keptCharsMax, `too much is kept for ${session}`);
  must(keptChars === kept.reduce((sum, { chars }) => sum + chars, 0), `what is kept for ${session} is counted wrongly`);
  must(
    kept.every(({ n }, i) => n === lastN - kept.length + 1 + i && n > droppedN),
    `what is kept for ${session} is not numbered up to its last`,
  );
  must(hasNoDuplicates(gap), `the gap of ${session} names somebody twice`);
  must(gap.length <= 256 && (gap.length === 0 || droppedN > 0), `the gap of ${session} names ${gap.length} users`);
};

const attendeesHold = ({ shared, local }: State, must: Must): void => {
  const expected: Array<readonly [RoomId, ClientId]> = [];
  for (const { session, client } of Table.values(local.mailboxes))
    if (O.isSome(client))
      for (const seat of seatsOf(shared, session)) expected.push([Id.seatOf(seat).room, client.value]);
  sameHolds(must, "attendees", local.attendees, expected);
  for (const id of Table.keys(local.directory.watchers)) {
    const me = Table.get(local.clients, id);
    must(me !== undefined && O.isSome(me.member), `client ${id} watches the directory, and cannot`);
  }
};

const negotiationsHold = ({ shared, local }: State, must: Must): void => {
  for (const [seat, others] of Table.entries(local.negotiations)) {
    const { room, user } = Id.seatOf(seat);
    const there = participantsOf(shared, room);
    must(others.size > 0, `${user} negotiates with nobody in ${room}`);
    for (const [other, { current, highest, offerer }] of Table.entries(others)) {
      must(user < other, `the negotiation of ${user} and ${other} is listed the other way round`);
      must(
        Table.has(there, user) && Table.has(there, other),
        `${user} and ${other} negotiate without being in ${room}`,
      );
      must(current <= highest && [user, other].includes(offerer), `${user} and ${other} negotiate about nothing`);
    }
  }
};

const announcementsHold = ({ shared, local }: State, must: Must): void => {
  const { rooms, settings } = shared;
  must(O.isSome(local.repeatListAt) === rooms.size > 0, "the list is repeated without a room, or not repeated");
  for (const kind of stateKinds)
    must(!local.announced[kind].isPending || settings.stateSpacingMs > 0, `${kind} is pending, and nothing is spaced`);
  must(
    local.directory.untold.size === 0 || settings.stateSpacingMs > 0,
    "watchers are not told, and nothing is spaced",
  );
};
