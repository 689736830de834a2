import * as O from "fp-ts/lib/Option.js";
import type { ChannelName, SeatId, UserId } from "./base/id.js";
import * as Id from "./base/id.js";
import * as Multimap from "./base/multimap.js";
import * as Table from "./base/table.js";
import { type Client, isObserver, type Session, type Shared, type State, stateKinds, usersOf } from "./state.js";

type Must = (holds: boolean, sentence: string) => void;

/** What must hold in every reachable state, as sentences about what does not; empty when all is well. Walks everything. */
export const invariants = (state: State): ReadonlyArray<string> => {
  const broken: string[] = [];
  const must: Must = (holds, sentence) => {
    if (!holds) broken.push(sentence);
  };
  sessionsHold(state.shared, must);
  roomsHold(state.shared, must);
  clientsHold(state, must);
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

const announcementsHold = ({ shared, local }: State, must: Must): void => {
  const { rooms, settings } = shared;
  must(O.isSome(local.repeatListAt) === rooms.size > 0, "the list is repeated without a room, or not repeated");
  for (const kind of stateKinds)
    must(!local.announced[kind].isPending || settings.stateSpacingMs > 0, `${kind} is pending, and nothing is spaced`);
};
