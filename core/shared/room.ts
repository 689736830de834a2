import { pipe } from "fp-ts/lib/function.js";
import * as O from "fp-ts/lib/Option.js";
import type { ClientId, Millis, RoomId, SeatId, Seq } from "../base/id.js";
import * as Id from "../base/id.js";
import * as Multimap from "../base/multimap.js";
import * as Table from "../base/table.js";
import type { Effect, ParticipantLeftWhy, RoomClosedWhy } from "../effect.js";
import type { CreateRequested, JoinRequested, LeaveRequested } from "../event.js";
import type { RefusalCode } from "../message.js";
import type { Client, Participant, Room, State } from "../state.js";
import { all, nothing, refuse, reply, report, type Step, sequence } from "../step.js";

/**
 * Opens a room, or updates name and description of the one that the same host announces again.
 * Refused, in this order: `room-exists`, `too-many-rooms`.
 */
export const create =
  (event: CreateRequested) =>
  (me: Client): Step =>
  (state) => {
    const room = Table.get(state.rooms, event.room.id);
    if (room === undefined) return open(event, me)(state);
    if (!isAnnouncedByHost(room, event, me))
      return refused(event, "room-exists", `Room exists and belongs to another host: ${room.id}`)(state);
    return update(room, event)(state);
  };

const open =
  (event: CreateRequested, me: Client): Step =>
  (state) => {
    const { id, name, description = "", host, hostId } = event.room;
    const { clientRoomsMax, roomsMax } = state.settings.limits;
    if (me.created.length >= clientRoomsMax)
      return refused(
        event,
        "too-many-rooms",
        `a client may have created ${clientRoomsMax} living rooms at most`,
      )(state);
    if (state.rooms.size >= roomsMax)
      return refused(event, "too-many-rooms", `the server holds its ${roomsMax} rooms already`)(state);
    const room: Room = {
      id,
      seq: state.nextSeq,
      name,
      description,
      host: O.fromNullable(host),
      hostId: O.fromNullable(hostId),
      createdAt: state.now,
      participants: Table.empty(),
    };
    return [
      {
        ...state,
        nextSeq: following(state.nextSeq),
        clients: Table.set(state.clients, me.id, { ...me, created: [...me.created, id] }),
        rooms: Table.set(state.rooms, id, room),
        unjoined: Table.set(state.unjoined, room.seq, id),
        creators: Table.set(state.creators, id, me.id),
      },
      [report({ kind: "RoomOpened", room: id, name })],
    ];
  };

const update =
  (room: Room, { client, room: announced }: CreateRequested): Step =>
  (state) => {
    const { name, description = room.description, hostId } = announced;
    const isHostNew = O.isNone(room.hostId) && hostId !== undefined;
    if (name === room.name && description === room.description && !isHostNew) return listTo(client)(state);
    const updated: Room = { ...room, name, description, hostId: isHostNew ? O.some(hostId) : room.hostId };
    return [
      { ...state, rooms: Table.set(state.rooms, room.id, updated) },
      [report({ kind: "RoomUpdated", room: room.id, name })],
    ];
  };

/** The host announces a room again by naming its `hostId`; where either does not name one, by being the host. */
const isAnnouncedByHost = (room: Room, { room: { hostId } }: CreateRequested, me: Client): boolean =>
  O.isSome(room.hostId) && hostId !== undefined ? room.hostId.value === hostId : isHost(room, me);

/** Who created the room, and who acts for the user that it names as its host. */
const isHost = (room: Room, me: Client): boolean =>
  me.created.includes(room.id) || (O.isSome(room.hostId) && me.users.includes(room.hostId.value));

/**
 * The client holds the user's place in the room from now on. Joining again changes nothing, and only the sender is sent the list.
 * Refused, in this order: `room-not-found`, `room-full`, `too-many-rooms`.
 */
export const join =
  (event: JoinRequested) =>
  (me: Client): Step =>
  (state) => {
    const { client, roomId, userId, userName } = event;
    const { clientSeatsMax, roomParticipantsMax } = state.settings.limits;
    const room = Table.get(state.rooms, roomId);
    if (room === undefined) return refused(event, "room-not-found", `Room not found: ${roomId}`)(state);

    const seat = Id.seat(roomId, userId);
    if (Multimap.has(state.holders, seat, client)) return listTo(client)(state);
    const isNew = !Table.has(room.participants, userId);
    if (isNew && room.participants.size >= roomParticipantsMax)
      return refused(event, "room-full", `room ${roomId} has its ${roomParticipantsMax} participants already`)(state);
    if (me.seats.length >= clientSeatsMax)
      return refused(event, "too-many-rooms", `a client may hold ${clientSeatsMax} participants at most`)(state);

    const taken = isNew ? seated(room, { id: userId, name: userName, seq: state.nextSeq }) : room;
    const joined = hosted(taken, event, me);
    const next: State = {
      ...state,
      nextSeq: isNew ? following(state.nextSeq) : state.nextSeq,
      clients: Table.set(state.clients, client, { ...me, seats: [...me.seats, seat] }),
      rooms: joined === room ? state.rooms : Table.set(state.rooms, roomId, joined),
      unjoined: Table.remove(state.unjoined, room.seq),
      holders: Multimap.add(state.holders, seat, client),
    };
    if (!isNew) return listTo(client)(next);
    const { size: total } = joined.participants;
    const fact = {
      kind: "ParticipantJoined",
      room: roomId,
      roomName: room.name,
      user: userId,
      userName,
      total,
    } as const;
    return [next, [report(fact)]];
  };

const seated = (room: Room, participant: Participant): Room => ({
  ...room,
  participants: Table.set(room.participants, participant.id, participant),
});

/** A room announced without a host gets, as its host, the user whom its creator first joins it as. */
const hosted = (room: Room, { userId, userName }: JoinRequested, me: Client): Room =>
  O.isSome(room.hostId) || !me.created.includes(room.id)
    ? room
    : {
        ...room,
        hostId: O.some(userId),
        host: pipe(
          room.host,
          O.alt(() => O.some(userName)),
        ),
      };

/**
 * Ends all holds of the user in the room. Allowed to a client that holds the participant, and to one that acts as the host.
 * Refused, in this order: `room-not-found`, `not-allowed`.
 */
export const leave =
  (event: LeaveRequested) =>
  (me: Client): Step =>
  (state) => {
    const { client, roomId, userId } = event;
    const room = Table.get(state.rooms, roomId);
    if (room === undefined) return refused(event, "room-not-found", `Room not found: ${roomId}`)(state);
    const seat = Id.seat(roomId, userId);
    const isOwn = Multimap.has(state.holders, seat, client);
    if (!isOwn && !isHost(room, me))
      return refused(
        event,
        "not-allowed",
        `only who joined room ${roomId} as ${userId}, or its host, may end that`,
      )(state);
    if (!Table.has(room.participants, userId)) return listTo(client)(state);
    const holders = Table.keys(Multimap.of(state.holders, seat));
    const everybodyLetsGo = all(holders.map((id) => letGo(id, seat)));
    return sequence(everybodyLetsGo, vacate(seat, isOwn ? "left" : "removed by the host"))(state);
  };

const letGo =
  (id: ClientId, seat: SeatId): Step =>
  (state) => [
    {
      ...state,
      clients: Table.update(state.clients, id, (client) => ({
        ...client,
        seats: client.seats.filter((other) => other !== seat),
      })),
      holders: Multimap.remove(state.holders, seat, id),
    },
    [],
  ];

/** Takes the participant out of the room, and the room away if it was the last. */
const vacate =
  (seat: SeatId, why: ParticipantLeftWhy): Step =>
  (state) => {
    const { room: roomId, user } = Id.seatOf(seat);
    const room = Table.get(state.rooms, roomId);
    const participant = room && Table.get(room.participants, user);
    if (room === undefined || participant === undefined) return nothing(state);
    const participants = Table.remove(room.participants, user);
    const { size: total } = participants;
    const userName = participant.name;
    const left = report({ kind: "ParticipantLeft", room: roomId, roomName: room.name, user, userName, why, total });
    if (total > 0) return [{ ...state, rooms: Table.set(state.rooms, roomId, { ...room, participants }) }, [left]];
    const [closed, effects] = close(room, "last participant left")(state);
    return [closed, [left, ...effects]];
  };

const close =
  ({ id, name, seq }: Room, why: RoomClosedWhy): Step =>
  (state) => {
    const creator = Table.get(state.creators, id);
    return [
      {
        ...state,
        clients:
          creator === undefined
            ? state.clients
            : Table.update(state.clients, creator, (client) => ({
                ...client,
                created: client.created.filter((other) => other !== id),
              })),
        rooms: Table.remove(state.rooms, id),
        unjoined: Table.remove(state.unjoined, seq),
        creators: Table.remove(state.creators, id),
      },
      [report({ kind: "RoomClosed", room: id, name, why })],
    ];
  };

/** Of a client that disconnects: its holds go, with the participants that nobody else holds, and the rooms it created in vain. */
export const releaseAllOf = (me: Client): Step =>
  all([...me.seats.map((seat) => release(me.id, seat)), ...me.created.map(abandon)]);

const release =
  (id: ClientId, seat: SeatId): Step =>
  (state) => {
    const holders = Multimap.remove(state.holders, seat, id);
    return (Table.has(holders, seat) ? nothing : vacate(seat, "disconnected"))({ ...state, holders });
  };

/** Without its creator a room that nobody has joined is closed, and any other goes on. */
const abandon =
  (id: RoomId): Step =>
  (state) => {
    const room = Table.get(state.rooms, id);
    if (room !== undefined && room.participants.size === 0) return close(room, "creator disconnected unjoined")(state);
    return [{ ...state, creators: Table.remove(state.creators, id) }, []];
  };

/** When the oldest room that nobody has joined is given up. */
export const nextExpiry = (state: State): O.Option<Millis> => pipe(oldestUnjoined(state), O.map(expiryOf(state)));

/** Closes the rooms that nobody has joined in time. */
export const expire: Step = (state) => {
  let current = state;
  const reports: Effect[] = [];
  for (let room = overdue(current); O.isSome(room); room = overdue(current)) {
    const [closed, effects] = close(room.value, "nobody joined in time")(current);
    current = closed;
    reports.push(...effects);
  }
  return [current, reports];
};

const overdue = (state: State): O.Option<Room> =>
  pipe(
    oldestUnjoined(state),
    O.filter((room) => expiryOf(state)(room) <= state.now),
  );

const expiryOf =
  (state: State) =>
  (room: Room): Millis =>
    (room.createdAt + state.settings.unjoinedRoomMs) as Millis;

const oldestUnjoined = (state: State): O.Option<Room> =>
  pipe(
    O.fromNullable(Table.first(state.unjoined)),
    O.chain((seq) => O.fromNullable(Table.get(state.unjoined, seq))),
    O.chain((id) => O.fromNullable(Table.get(state.rooms, id))),
  );

const listTo =
  (client: ClientId): Step =>
  (state) => [state, [reply(client, { kind: "RoomList", at: state.now })]];

const refused = (
  { client, kind }: CreateRequested | JoinRequested | LeaveRequested,
  code: RefusalCode,
  message: string,
): Step => refuse(client, { code, about: typeOnTheWire[kind], message });

const typeOnTheWire = {
  CreateRequested: "room-created",
  JoinRequested: "user-joined-room",
  LeaveRequested: "user-left-room",
} as const;

const following = (seq: Seq): Seq => (seq + 1) as Seq;
