import * as O from "fp-ts/lib/Option.js";
import type { Millis, RoomId, SeatId, UserId } from "../base/id.js";
import * as Id from "../base/id.js";
import * as Multimap from "../base/multimap.js";
import type { RoomRole } from "../base/room.js";
import * as Table from "../base/table.js";
import type { Requester } from "../entry.js";
import type {
  IceServersRequested,
  MessageRequested,
  PublishRequested,
  RoomRequest,
  SignalRequested,
  Token,
} from "../event.js";
import { type Ability, mayEnter } from "../grants.js";
import type { Refusal } from "../message.js";
import { cohostsOf, firstHolder, type Identity, type Room, type Shared, usersOf } from "../state.js";

/** What a requester is to a room. Somebody may be several of these, or none. */
export type Role =
  /** Its user is verified as the host; it was the first to join as the host; or it created the room, where the host does not change. */
  | "host"
  /** The host has made its user one, and it is in the room. */
  | "cohost"
  /** The session holds the participant that the request is about. */
  | "participant";

export type Action =
  | "update room"
  | "close room"
  | "lock"
  | "admit"
  | "leave"
  | "remove participant"
  | "remove host or cohost"
  | "give role";

/** Which role may do what. Callers say which roles somebody has (`rolesIn`, `isHolder`); nothing else decides what is allowed. */
const permissions: Readonly<Record<Action, Readonly<Record<Role, boolean>>>> = {
  "update room": { host: true, cohost: false, participant: false },
  "close room": { host: true, cohost: false, participant: false },
  lock: { host: true, cohost: true, participant: false },
  admit: { host: true, cohost: true, participant: false },
  leave: { host: true, cohost: true, participant: true },
  "remove participant": { host: true, cohost: true, participant: false },
  "remove host or cohost": { host: true, cohost: false, participant: false },
  "give role": { host: true, cohost: false, participant: false },
};

/** How each action is refused, to somebody whose roles do not allow it. */
const refusals: Readonly<Record<Action, (room: RoomId, user: UserId | undefined) => Refusal>> = {
  "update room": (room) => ({ code: "room-exists", message: `room ${room} already exists and has another host` }),
  "close room": (room) => onlyFor("the host", `close room ${room}`),
  lock: (room) => onlyFor("the host or a co-host", `lock or unlock room ${room}`),
  admit: (room) => onlyFor("the host or a co-host", `decide who comes into room ${room}`),
  leave: (room, user) => mayNotEnd(room, user),
  "remove participant": (room, user) => mayNotEnd(room, user),
  "remove host or cohost": (room, user) =>
    onlyFor("the host", `remove ${user}, who is host or co-host of room ${room}`),
  "give role": (room) => onlyFor("the host", `give roles in room ${room}`),
};

const onlyFor = (who: string, what: string): Refusal => ({
  code: "not-allowed",
  message: `not allowed: only ${who} can ${what}`,
});

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

/** Nobody becomes the host by a claim: whoever only says that they are must have been in the room as the host before all others. */
export const isHost = (shared: Shared, room: Room, { session, identity }: Requester): boolean => {
  if (O.isNone(room.policy) && Table.get(shared.creators, room.id) === session) return true;
  if (O.isNone(room.hostId)) return false;
  const { value: host } = room.hostId;
  if (O.isSome(identity.verified)) return identity.verified.value === host;
  return firstHolder(shared, Id.seat(room.id, host)) === session;
};

export const isHolder = (shared: Shared, seat: SeatId, { session }: Pick<Requester, "session">): boolean =>
  Multimap.has(shared.holders, seat, session);

/** What the requester may decide about the room. */
export const rolesIn = (shared: Shared, room: Room, by: Requester): ReadonlyArray<Role> => [
  ...(isHost(shared, room, by) ? (["host"] as const) : []),
  ...(isCohost(shared, room, by) ? (["cohost"] as const) : []),
];

const isCohost = (shared: Shared, room: Room, by: Requester): boolean =>
  cohostsOf(shared, room.id).some(
    (user) => usersOf(by.identity).includes(user) && isHolder(shared, Id.seat(room.id, user), by),
  );

type Granted = RoomRequest | SignalRequested | MessageRequested | PublishRequested | IceServersRequested;

/** What a token must grant for a request, besides what a role allows. */
const abilityFor = (request: Granted): Ability | undefined => {
  switch (request.kind) {
    case "CreateRequested":
      return "create";
    case "JoinRequested":
      return "join";
    case "AdmitRequested":
    case "DenyRequested":
    case "LockRequested":
      return "admit";
    case "RemoveRequested":
    case "UnbanRequested":
      return "remove";
    case "SignalRequested":
      return "signal";
    case "MessageRequested":
      return "say";
    case "PublishRequested":
      return request.to === undefined ? "say" : "signal";
    case "LeaveRequested":
    case "CloseRequested":
    case "WithdrawRequested":
    case "RoleRequested":
    case "IceServersRequested":
      return undefined;
  }
};

/** Requests that are still carried out when the token has expired: they take nothing that was not there before. */
const outlivesToken: ReadonlySet<Granted["kind"]> = new Set([
  "LeaveRequested",
  "WithdrawRequested",
  "SignalRequested",
  "MessageRequested",
  "PublishRequested",
]);

/** What the bearer of the token is on entering a room. */
export const grantedRole = (token: O.Option<Token>): RoomRole =>
  O.isSome(token) ? token.value.grants.role : "participant";

/** Why the token of a client does not allow a request; none where it does, or where there are no tokens. */
export const refusedByToken = (token: O.Option<Token>, request: Granted, at: Millis): O.Option<Refusal> => {
  if (O.isNone(token)) return O.none;
  const { grants, expiresAt } = token.value;
  if (expiresAt <= at && !outlivesToken.has(request.kind))
    return O.some({ code: "token-expired", message: "the token has expired: renew it" });
  const ability = abilityFor(request);
  if (ability !== undefined && !grants.can.includes(ability))
    return O.some({ code: "not-allowed", message: `not allowed: the token does not grant ${ability}` });
  const room = enteredRoom(request);
  if (room !== undefined && !mayEnter(grants, room))
    return O.some({ code: "not-allowed", message: `not allowed: the token is not for room ${room}` });
  return O.none;
};

const enteredRoom = (request: Granted): RoomId | undefined => {
  if (request.kind === "CreateRequested") return request.room.id;
  return request.kind === "JoinRequested" ? request.roomId : undefined;
};

/** Users that the adapter makes have ids that begin so. Nobody can claim one. */
export const madeUserPrefix = "~";

/** Why a client cannot act as a user; none where it can. A verified client is nobody else. */
export const cannotActAs = ({ verified }: Identity, user: UserId): O.Option<Refusal> => {
  if (O.isSome(verified) && verified.value !== user)
    return O.some({ code: "not-allowed", message: `not allowed: this client is ${verified.value}, not ${user}` });
  if (O.isNone(verified) && user.startsWith(madeUserPrefix))
    return O.some({ code: "not-allowed", message: `not allowed: ${user} is the user of another session` });
  return O.none;
};
