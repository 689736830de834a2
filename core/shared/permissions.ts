import * as O from "fp-ts/lib/Option.js";
import type { RoomId, SeatId, UserId } from "../base/id.js";
import * as Multimap from "../base/multimap.js";
import * as Table from "../base/table.js";
import type { Refusal } from "../message.js";
import { type Room, type Shared, usersOf } from "../state.js";
import type { Requester } from "./entry.js";

/** What a requester is to a room. Somebody may be several of these, or none. */
export type Role =
  /** The session created the room, or the client acts for the user that the room names as its host. */
  | "host"
  /** The session holds the participant that the request is about. */
  | "participant";

export type Action = "update room" | "leave" | "remove participant";

/** Which role may do what. Callers say which roles somebody has (`isHost`, `isHolder`); nothing else decides what is allowed. */
const permissions: Readonly<Record<Action, Readonly<Record<Role, boolean>>>> = {
  "update room": { host: true, participant: false },
  leave: { host: true, participant: true },
  "remove participant": { host: true, participant: false },
};

/** How each action is refused, to somebody whose roles do not allow it. */
const refusals: Readonly<Record<Action, (room: RoomId, user: UserId | undefined) => Refusal>> = {
  "update room": (room) => ({ code: "room-exists", message: `room ${room} already exists and has another host` }),
  leave: (room, user) => mayNotEnd(room, user),
  "remove participant": (room, user) => mayNotEnd(room, user),
};

const mayNotEnd = (room: RoomId, user: UserId | undefined): Refusal => ({
  code: "not-allowed",
  message: `not allowed: only ${user} or the host can end the presence of ${user} in room ${room}`,
});

/** None where the roles allow the action, and otherwise the refusal. */
export const refusalOf = (
  action: Action,
  roles: ReadonlyArray<Role>,
  about: { readonly room: RoomId; readonly user?: UserId },
): O.Option<Refusal> =>
  roles.some((role) => permissions[action][role]) ? O.none : O.some(refusals[action](about.room, about.user));

export const isHost = (shared: Shared, room: Room, { session, identity }: Requester): boolean =>
  Table.get(shared.creators, room.id) === session ||
  (O.isSome(room.hostId) && usersOf(identity).includes(room.hostId.value));

export const isHolder = (shared: Shared, seat: SeatId, { session }: Requester): boolean =>
  Multimap.has(shared.holders, seat, session);
