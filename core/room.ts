import { pipe } from "fp-ts/lib/function.js";
import * as O from "fp-ts/lib/Option.js";
import { listeners } from "./audience.js";
import type { Effect, ParticipantLeftWhy, RoomClosedWhy } from "./effect.js";
import type { ClientDisconnected, RoomCreated, RoomListRequested, UserJoinedRoom, UserLeftRoom } from "./event.js";
import type { ClientId, Millis, RoomId, SeatId, Seq } from "./id.js";
import * as Id from "./id.js";
import type { RefusalCode } from "./message.js";
import * as Relation from "./relation.js";
import type { Participant, Room, State } from "./state.js";
import { nothing, refuse, reply, report, type Step, send, sequence } from "./step.js";
import * as Table from "./table.js";

/**
 * Opens a room, or updates name and description of the one that the same host announces again.
 * Refused, in this order: `room-exists`, `too-many-rooms`.
 */
export const create =
  (event: RoomCreated): Step =>
  (state) => {
    const room = Table.get(state.rooms, event.room.id);
    if (room === undefined) return open(event)(state);
    if (!isAnnouncedByHost(state, room, event))
      return refused(event, "room-exists", `Room exists and belongs to another host: ${room.id}`)(state);
    return update(room, event)(state);
  };

const open =
  (event: RoomCreated): Step =>
  (state) => {
    const { client, room: announced } = event;
    const { clientRoomsMax, roomsMax } = state.settings.limits;
    if (Relation.from(state.creations, client).size >= clientRoomsMax)
      return refused(
        event,
        "too-many-rooms",
        `a client may have created ${clientRoomsMax} living rooms at most`,
      )(state);
    if (state.rooms.size >= roomsMax)
      return refused(event, "too-many-rooms", `the server holds its ${roomsMax} rooms already`)(state);
    const room: Room = {
      id: announced.id,
      seq: state.nextSeq,
      name: announced.name,
      description: announced.description ?? "",
      host: O.fromNullable(announced.host),
      hostId: O.fromNullable(announced.hostId),
      createdAt: state.now,
      participants: Table.empty(),
    };
    return [
      {
        ...state,
        nextSeq: following(state.nextSeq),
        rooms: Table.set(state.rooms, room.id, room),
        unjoined: Table.set(state.unjoined, room.seq, room.id),
        creations: Relation.link(state.creations, client, room.id),
      },
      [report({ kind: "RoomOpened", room: room.id, name: room.name })],
    ];
  };

const update =
  (room: Room, { client, room: announced }: RoomCreated): Step =>
  (state) => {
    const { name, description = room.description, hostId } = announced;
    const isNew =
      name !== room.name || description !== room.description || (O.isNone(room.hostId) && hostId !== undefined);
    if (!isNew) return listTo(client)(state);
    const updated: Room = {
      ...room,
      name,
      description,
      hostId: O.isSome(room.hostId) ? room.hostId : O.fromNullable(hostId),
    };
    return [
      { ...state, rooms: Table.set(state.rooms, room.id, updated) },
      [report({ kind: "RoomUpdated", room: room.id, name })],
    ];
  };

/** Who names the room's `hostId` is its host; where either does not name one, it is the client that created it. */
const isAnnouncedByHost = (state: State, room: Room, { client, room: { hostId } }: RoomCreated): boolean =>
  O.isSome(room.hostId) && hostId !== undefined
    ? room.hostId.value === hostId
    : Relation.has(state.creations, client, room.id);

/**
 * The client holds the user's place in the room from now on. Joining again changes nothing, and only the sender is sent the list.
 * Refused, in this order: `room-not-found`, `room-full`, `too-many-rooms`.
 */
export const join =
  (event: UserJoinedRoom): Step =>
  (state) => {
    const { client, roomId, userId, userName } = event;
    const { clientSeatsMax, roomParticipantsMax } = state.settings.limits;
    const room = Table.get(state.rooms, roomId);
    if (room === undefined) return refused(event, "room-not-found", `Room not found: ${roomId}`)(state);

    const seat = Id.seat(roomId, userId);
    if (Relation.has(state.holds, client, seat)) return listTo(client)(state);
    const isNew = !Table.has(room.participants, userId);
    if (isNew && room.participants.size >= roomParticipantsMax)
      return refused(event, "room-full", `room ${roomId} has its ${roomParticipantsMax} participants already`)(state);
    if (Relation.from(state.holds, client).size >= clientSeatsMax)
      return refused(event, "too-many-rooms", `a client may hold ${clientSeatsMax} participants at most`)(state);

    const seatedRoom = isNew ? seated(room, { id: userId, name: userName, seq: state.nextSeq }) : room;
    const joined = hosted(state, seatedRoom, event);
    const next: State = {
      ...state,
      nextSeq: isNew ? following(state.nextSeq) : state.nextSeq,
      rooms: joined === room ? state.rooms : Table.set(state.rooms, roomId, joined),
      unjoined: Table.remove(state.unjoined, room.seq),
      holds: Relation.link(state.holds, client, seat),
    };
    if (!isNew) return listTo(client)(next);
    const { size: total } = joined.participants;
    return [
      next,
      [report({ kind: "ParticipantJoined", room: roomId, roomName: room.name, user: userId, userName, total })],
    ];
  };

const seated = (room: Room, participant: Participant): Room => ({
  ...room,
  participants: Table.set(room.participants, participant.id, participant),
});

/** A room announced without a host gets, as its host, the user whom its creator first joins it as. */
const hosted = (state: State, room: Room, { client, userId, userName }: UserJoinedRoom): Room =>
  O.isSome(room.hostId) || !Relation.has(state.creations, client, room.id)
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
  (event: UserLeftRoom): Step =>
  (state) => {
    const { client, roomId, userId } = event;
    const room = Table.get(state.rooms, roomId);
    if (room === undefined) return refused(event, "room-not-found", `Room not found: ${roomId}`)(state);
    const seat = Id.seat(roomId, userId);
    const holds = Relation.has(state.holds, client, seat);
    if (!holds && !actsAsHost(state, client, room))
      return refused(
        event,
        "not-allowed",
        `only who joined room ${roomId} as ${userId}, or its host, may end that`,
      )(state);
    if (!Table.has(room.participants, userId)) return listTo(client)(state);
    const released = { ...state, holds: Relation.unlinkTo(state.holds, seat) };
    return vacate(seat, holds ? "left" : "removed by the host")(released);
  };

const actsAsHost = (state: State, client: ClientId, room: Room): boolean =>
  Relation.has(state.creations, client, room.id) ||
  (O.isSome(room.hostId) && Relation.has(state.identities, client, room.hostId.value));

/** Takes the participant out of the room, and the room away if it was the last. */
const vacate =
  (seat: SeatId, why: ParticipantLeftWhy): Step =>
  (state) => {
    const { room: roomId, user } = Id.seatOf(seat);
    const room = Table.get(state.rooms, roomId);
    const participant = room && Table.get(room.participants, user);
    if (room === undefined || participant === undefined) return nothing(state);
    const participants = Table.remove(room.participants, user);
    const left = report({
      kind: "ParticipantLeft",
      room: roomId,
      roomName: room.name,
      user,
      userName: participant.name,
      why,
      total: participants.size,
    });
    if (participants.size > 0)
      return [{ ...state, rooms: Table.set(state.rooms, roomId, { ...room, participants }) }, [left]];
    const [closed, effects] = close(room, "last participant left")(state);
    return [closed, [left, ...effects]];
  };

const close =
  ({ id, name, seq }: Room, why: RoomClosedWhy): Step =>
  (state) => [
    {
      ...state,
      rooms: Table.remove(state.rooms, id),
      unjoined: Table.remove(state.unjoined, seq),
      creations: Relation.unlinkTo(state.creations, id),
    },
    [report({ kind: "RoomClosed", room: id, name, why })],
  ];

/** Of a client that disconnects: its holds go, with the participants that nobody else holds; and the rooms it created that nobody joined. */
export const releaseAllOf =
  ({ client }: ClientDisconnected): Step =>
  (state) => {
    const seats = Table.keys(Relation.from(state.holds, client));
    const created = Table.keys(Relation.from(state.creations, client));
    return sequence(
      ...seats.map((seat) => release(client, seat)),
      ...created.map((room) => closeUnjoined(room, "creator disconnected unjoined")),
      (left) => [{ ...left, creations: Relation.unlinkFrom(left.creations, client) }, []],
    )(state);
  };

const release =
  (client: ClientId, seat: SeatId): Step =>
  (state) => {
    const holds = Relation.unlink(state.holds, client, seat);
    const isHeld = Relation.to(holds, seat).size > 0;
    return (isHeld ? nothing : vacate(seat, "disconnected"))({ ...state, holds });
  };

const closeUnjoined =
  (id: RoomId, why: RoomClosedWhy): Step =>
  (state) => {
    const room = Table.get(state.rooms, id);
    return room !== undefined && room.participants.size === 0 ? close(room, why)(state) : [state, []];
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

/** To the sender, and to all who keep a list. */
export const list =
  ({ client }: RoomListRequested): Step =>
  (state) => {
    const broadcast = send(listeners, { kind: "RoomList", at: state.now });
    return [
      state,
      Relation.has(state.subscriptions, client, Id.roomsChannel)
        ? [broadcast]
        : [broadcast, ...listTo(client)(state)[1]],
    ];
  };

const listTo =
  (client: ClientId): Step =>
  (state) => [state, [reply(client, { kind: "RoomList", at: state.now })]];

const refused = (
  { client, kind }: RoomCreated | UserJoinedRoom | UserLeftRoom,
  code: RefusalCode,
  message: string,
): Step => refuse(client, { code, about: typeOnTheWire[kind], message });

const typeOnTheWire = {
  RoomCreated: "room-created",
  UserJoinedRoom: "user-joined-room",
  UserLeftRoom: "user-left-room",
} as const;

const following = (seq: Seq): Seq => (seq + 1) as Seq;
