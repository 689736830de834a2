import * as O from "fp-ts/lib/Option.js";
import type { Millis, RoomId, UserId } from "../../base/id.js";
import * as Id from "../../base/id.js";
import * as Table from "../../base/table.js";
import type { PersonalMessage, Refusal, ServerMessage } from "../../message.js";
import { awayUntil } from "../../shared/participants.js";
import { roleOf } from "../../shared/roles.js";
import { isListed, knocksAt, participantsInOrder, type Room, roomsInOrder, type State } from "../../state.js";
import type { Beside } from "../dialect.js";
import type {
  DirectoryEntry,
  ErrorCode,
  ErrorFrame,
  Reconnect,
  Result,
  RoomPolicy,
  RoomState,
  ServerEvent,
  WaitingState,
  Welcome,
} from "./wire.js";

export const encode = (state: State, message: ServerMessage, beside: Beside): string | undefined => {
  switch (message.kind) {
    case "Welcome":
      return JSON.stringify(welcome(state, message, beside));
    case "Personal":
      return personal(state, message.n, message.about, beside);
    case "RosterChanged": {
      const { room, from, to, changes } = message;
      return event({ type: "roster", room, from, to, changes });
    }
    case "Knocked":
      return event({ type: "knock", room: message.room, user: message.user, name: message.name });
    case "KnockEnded":
      return event({ type: "knock-ended", room: message.room, user: message.user, reason: message.reason });
    case "DirectoryChanged":
      return event(directoryChange(state, message.rooms));
    case "ClientCount":
    case "RoomList":
    case "Pong":
    case "Echo":
    case "Error":
    case "Relay":
    case "SignalRelay":
    case "JoinRelay":
    case "LeaveRelay":
      return undefined;
  }
};

const event = (frame: ServerEvent): string => JSON.stringify(frame);

/** The policy of a room whose creator could not choose one. */
const openPolicy = (capacity: number): RoomPolicy => ({ listed: true, lobby: false, capacity, withoutHost: "open" });

const policyOf = (state: State, { policy }: Room): RoomPolicy =>
  O.isSome(policy) ? policy.value : openPolicy(state.shared.settings.limits.roomParticipantsMax);

const roomState = (state: State, id: RoomId, isDoorShown: boolean): RoomState | undefined => {
  const room = Table.get(state.shared.rooms, id);
  const door = Table.get(state.shared.doors, id);
  if (room === undefined || door === undefined) return undefined;
  return {
    id,
    name: room.name,
    version: door.version,
    policy: policyOf(state, room),
    locked: door.isLocked,
    participants: participantsInOrder(room).map(({ id: user, name }) => {
      const away = awayUntil(state.shared, Id.seat(id, user));
      return {
        user,
        name,
        role: roleOf(state.shared, room, user),
        ...(O.isSome(away) ? { awayUntil: away.value } : {}),
      };
    }),
    ...(isDoorShown ? { waiting: waitingAt(state, id) } : {}),
  };
};

/** In the order of knocking. Who has been admitted is about to join, and waits no longer. */
const waitingAt = (state: State, id: RoomId) =>
  Table.values(knocksAt(state.shared, id))
    .filter(({ isAdmitted }) => !isAdmitted)
    .sort((a, b) => a.seq - b.seq)
    .map(({ id: user, name }) => ({ user, name }));

const waitingState = (state: State, id: RoomId, user: UserId): WaitingState | undefined => {
  const room = Table.get(state.shared.rooms, id);
  const knock = Table.get(knocksAt(state.shared, id), user);
  if (room === undefined || knock === undefined) return undefined;
  return { id, name: room.name, state: knock.isAdmitted ? "admitted" : "knocking" };
};

const isThere = <A>(value: A | undefined): value is A => value !== undefined;

const welcome = (
  state: State,
  message: Extract<ServerMessage, { kind: "Welcome" }>,
  { ticketOf, iceServersOf }: Beside,
): Welcome => {
  const { id, session, generation, user, name, isResumed, heard, gap, expiresAt } = message;
  const { limits, sessionGraceMs } = state.shared.settings;
  const known = Table.get(state.shared.sessions, session);
  const rooms = (known?.seats ?? []).map((seat) => Id.seatOf(seat).room);
  return {
    type: "welcome",
    id,
    session,
    user,
    name,
    resumed: isResumed,
    ticket: ticketOf({ session, generation, user, name }),
    graceMs: sessionGraceMs,
    limits: {
      frameBytesMax: limits.frameBytesMax,
      messageCharsMax: limits.messageCharsMax,
      messagesPerSecond: limits.messagesPerSecond,
      sayPerSecond: limits.sayPerSecond,
      roomParticipantsMax: limits.roomParticipantsMax,
      keptMessagesMax: limits.keptMessagesMax,
      keptCharsMax: limits.keptCharsMax,
    },
    ...iceServersOf(user),
    heard,
    rooms: rooms.map((room) => roomState(state, room, isModerator(state, room, user))).filter(isThere),
    waiting: (known?.knocks ?? []).map((room) => waitingState(state, room, user)).filter(isThere),
    ...(gap === undefined ? {} : { gap }),
    ...(expiresAt === undefined ? {} : { expiresAt }),
  };
};

const isModerator = ({ shared }: State, id: RoomId, user: UserId): boolean => {
  const room = Table.get(shared.rooms, id);
  return room !== undefined && roleOf(shared, room, user) !== "participant";
};

/** What a signal or a message carries is JSON already, and is not read again. */
const withData = (frame: ServerEvent, text: string): string => {
  const head = JSON.stringify(frame);
  return text === "" ? head : `${head.slice(0, -1)},"data":${text}}`;
};

/** A frame without its `data`. */
type Bare<F> = F extends { readonly data: unknown } ? Omit<F, "data"> : F;

const personal = (state: State, n: number, about: PersonalMessage, beside: Beside): string => {
  switch (about.kind) {
    case "Result":
      return JSON.stringify(result(state, n, about, beside));
    case "Refused":
      return JSON.stringify(refused(n, about));
    case "RoomLeft": {
      const { room, reason, until } = about;
      return event({ type: "left", n, room, reason, ...(until === undefined ? {} : { until }) });
    }
    case "Admitted":
      return event({ type: "admitted", n, room: about.room, until: about.until });
    case "KnockOver":
      return event({ type: "denied", n, room: about.room, reason: about.reason, until: about.until });
    case "Signal": {
      const { room, from, signal: kind, negotiation, text, dialect } = about;
      // What JSON cannot say is left out, as in any frame.
      const data = dialect === undefined ? text : (JSON.stringify(beside.signalDataOf({ dialect, text })) ?? "");
      return withData({ type: "signal", n, room, from, kind, negotiation }, data);
    }
    case "Crossing":
      return event({ type: "crossing", n, room: about.room, with: about.other, polite: about.polite });
    case "Message": {
      const { room, from, to, text } = about;
      const bare: Bare<Extract<ServerEvent, { readonly type: "message" }>> = {
        type: "message",
        n,
        room,
        from,
        ...(to === undefined ? {} : { to }),
      };
      return withData(bare as ServerEvent, text);
    }
  }
};

const result = (
  state: State,
  n: number,
  about: Extract<PersonalMessage, { kind: "Result" }>,
  { iceServersOf }: Beside,
): Result => {
  const { id, room, isDoorShown = false, waiting, outcome, isWatching, expiresAt, iceServersFor } = about;
  const roomNow = room === undefined ? undefined : roomState(state, room, isDoorShown);
  const there = waiting === undefined ? undefined : Table.get(state.shared.rooms, waiting);
  return {
    type: "result",
    n,
    id,
    ...(roomNow === undefined ? {} : { room: roomNow }),
    ...(there === undefined ? {} : { waiting: { id: there.id, name: there.name, state: "knocking" } }),
    ...(outcome === undefined ? {} : { outcome }),
    ...(expiresAt === undefined ? {} : { expiresAt }),
    ...(iceServersFor === undefined ? {} : iceServersOf(iceServersFor)),
    ...(isWatching === true ? { rooms: roomsInOrder(state).filter(isListed).map(directoryEntry(state)) } : {}),
  };
};

/** To somebody who has no session: it has no number. */
export const refusedHello = (refusal: Refusal, _at: Millis, id?: number): string =>
  JSON.stringify(refused(0, { kind: "Refused", refusal, ...(id === undefined ? {} : { id }) }));

export const comeBack = (inMs: number): string => JSON.stringify({ type: "reconnect", inMs } satisfies Reconnect);

/** Members that are undefined are left out when they are written. */
const refused = (n: number, { id, refusal }: Extract<PersonalMessage, { kind: "Refused" }>): object => {
  const { code, message, path, retryAfterMs, negotiation } = refusal;
  const frame: { readonly [K in keyof ErrorFrame]: ErrorFrame[K] | undefined } = {
    type: "error",
    n,
    id,
    code: code as ErrorCode,
    message,
    path,
    retryAfterMs,
    negotiation,
  };
  return frame;
};

const directoryEntry =
  (state: State) =>
  (room: Room): DirectoryEntry => {
    const { capacity, lobby } = policyOf(state, room);
    return {
      id: room.id,
      name: room.name,
      participants: room.participants.size,
      capacity,
      lobby,
      locked: Table.get(state.shared.doors, room.id)?.isLocked === true,
    };
  };

const directoryChange = (state: State, ids: ReadonlyArray<RoomId>): ServerEvent => {
  const there = ids.map((id) => Table.get(state.shared.rooms, id)).filter(isThere);
  const shown = there.filter(isListed);
  const gone = ids.filter((id) => !shown.some((room) => room.id === id));
  return { type: "directory", changed: shown.map(directoryEntry(state)), gone };
};
