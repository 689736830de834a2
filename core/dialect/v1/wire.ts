import type { Millis, RoomId, SessionId, UserId } from "../../base/id.js";
import type { KnockEnd, RoomPolicy, RoomRole } from "../../base/room.js";
import {
  closeCodes,
  type IceServers,
  isFinalClose,
  type Outcome,
  type RosterChange,
  type SignalKind,
  signalKinds,
} from "../../message.js";

/*
 * The frames of `signalbox.v1` (docs/PROTOCOL-V1.md): text frames, one JSON object each. These are the types of both sides: the client
 * library uses them too. A frame without `id` is an event; everything with an `id` is a request, and is answered exactly once.
 */

export type { KnockEnd, Outcome, RoomPolicy, RoomRole, RosterChange, SignalKind };
export { closeCodes, isFinalClose, signalKinds };

/** Offered as a WebSocket subprotocol, and named by the server in its answer. */
export const subprotocol = "signalbox.v1";

export interface RosterEntry {
  readonly user: UserId;
  readonly name: string;
  readonly role: RoomRole;
  /** Present while the participant has no socket: until then they may come back. ms since 1970. */
  readonly awayUntil?: Millis;
}

export interface WaitingEntry {
  readonly user: UserId;
  readonly name: string;
}

/** A room as its participants see it. */
export interface RoomState {
  readonly id: RoomId;
  readonly name: string;
  /** Of the roster: every change raises it by one. */
  readonly version: number;
  readonly policy: RoomPolicy;
  readonly locked: boolean;
  /** In the order of joining. */
  readonly participants: ReadonlyArray<RosterEntry>;
  /** Who waits at the door, in the order of knocking. Only for those who may admit. */
  readonly waiting?: ReadonlyArray<WaitingEntry>;
}

/** What a session that waits, or has been admitted and has not joined yet, knows of a room. */
export interface WaitingState {
  readonly id: RoomId;
  readonly name: string;
  readonly state: "knocking" | "admitted";
}

/** The first frame of a socket. */
export interface Hello {
  readonly type: "hello";
  readonly id: number;
  /** What others see. With a token that names the user, the token's name counts. */
  readonly name?: string;
  readonly token?: string;
  /** Of an earlier welcome: the session goes on. */
  readonly ticket?: string;
  /** The highest `n` received in that session. */
  readonly seen?: number;
}

interface Asked {
  /** A whole number from 1, larger than that of every earlier request of the session. */
  readonly id: number;
  /** The highest `n` received: the server may forget what came up to it. */
  readonly seen?: number;
}

interface AboutRoom extends Asked {
  readonly room: RoomId;
}

interface AboutParticipant extends AboutRoom {
  readonly user: UserId;
}

export interface RoomCreation {
  readonly name?: string;
  readonly policy?: Partial<RoomPolicy>;
}

export type Request =
  /** Result: `room`. Creating does not join. */
  | (AboutRoom & RoomCreation & { readonly type: "create" })
  /** Result: `room`, or `waiting`. `create`: the room is created if it does not exist. */
  | (AboutRoom & { readonly type: "join"; readonly create?: RoomCreation })
  | (AboutRoom & { readonly type: "leave" })
  | (AboutRoom & { readonly type: "close" })
  /** Result: `room`, the current state. */
  | (AboutRoom & { readonly type: "roster" })
  | (AboutRoom & { readonly type: "withdraw" })
  | (AboutParticipant & { readonly type: "admit" })
  /** `forMs`: how long the user cannot knock again. */
  | (AboutParticipant & { readonly type: "deny"; readonly forMs?: number })
  | (AboutRoom & { readonly type: "lock"; readonly locked: boolean })
  /** `banMs`: how long the user cannot come back. Without it, for as long as the room is there, a day at most. */
  | (AboutParticipant & { readonly type: "remove"; readonly banMs?: number })
  /** Ends a ban, or what is left of a denial or a removal. */
  | (AboutParticipant & { readonly type: "unban" })
  | (AboutParticipant & { readonly type: "role"; readonly role: RoomRole })
  /** Result: `outcome`. */
  | (AboutRoom & {
      readonly type: "signal";
      readonly to: UserId;
      readonly kind: SignalKind;
      /**
       * A whole number. An offer brings one higher than any that the two have used, whoever offered; the answer and the candidates of
       * both repeat it. After `crossing`, the one of the impolite side's offer holds.
       */
      readonly negotiation: number;
      readonly data?: unknown;
    })
  /** Without `to`: to everybody in the room. Result: `outcome`. */
  | (AboutRoom & { readonly type: "message"; readonly to?: UserId; readonly data: unknown })
  /** Result: `rooms` while watching. */
  | (Asked & { readonly type: "directory"; readonly watch: boolean })
  /** A new token, before the old one expires. Result: `expiresAt`. */
  | (Asked & { readonly type: "renew"; readonly token: string })
  /** New credentials, before the old ones expire. Result: `iceServers`, `iceServersTtlMs`. */
  | (Asked & { readonly type: "ice-servers" })
  | (Asked & { readonly type: "ping" })
  /** Ends the session: nothing is kept, and everybody is told that its user left. */
  | (Asked & { readonly type: "bye" });

/** Has no `id` and no answer. */
export interface Ack {
  readonly type: "ack";
  readonly seen: number;
}

export type ClientFrame = Hello | Request | Ack;

/** The limits that a client meets. */
export interface WelcomeLimits {
  readonly frameBytesMax: number;
  readonly messageCharsMax: number;
  readonly messagesPerSecond: number;
  readonly sayPerSecond: number;
  readonly roomParticipantsMax: number;
  readonly keptMessagesMax: number;
  readonly keptCharsMax: number;
}

/** The answer to the hello. */
export interface Welcome extends IceServers {
  readonly type: "welcome";
  readonly id: number;
  readonly session: SessionId;
  readonly user: UserId;
  readonly name: string;
  /** Whether the session of the ticket goes on. If not, this is a new one: nothing is left of the other. */
  readonly resumed: boolean;
  /** For the next hello. Each welcome brings a new one; the one before is good until something is sent on this socket. */
  readonly ticket: string;
  /** How long a session without a socket is kept. */
  readonly graceMs: number;
  readonly limits: WelcomeLimits;
  /** When the token expires, ms since 1970. Absent without one. */
  readonly expiresAt?: Millis;
  /** The highest request id that the server has dealt with: later ones did not arrive. 0 in a new session. */
  readonly heard: number;
  /** The rooms that the session is in, as they are. Frames that were missed follow, in order. */
  readonly rooms: ReadonlyArray<RoomState>;
  readonly waiting: ReadonlyArray<WaitingState>;
  /** Some of the frames that were missed are gone, perhaps from these users. Absent when none is. */
  readonly gap?: ReadonlyArray<UserId>;
}

/** Frames with `n` are for one session, numbered from 1 without a gap. After a resume they are sent again from `seen` on. */
interface Numbered {
  readonly n: number;
}

export type Result = Numbered & {
  readonly type: "result";
  readonly id: number;
  readonly room?: RoomState;
  readonly waiting?: WaitingState;
  readonly outcome?: Outcome;
  readonly rooms?: ReadonlyArray<DirectoryEntry>;
  readonly expiresAt?: Millis;
} & Partial<IceServers>;

/** `id` is absent where the frame had none that could be read. */
export type ErrorFrame = Numbered & {
  readonly type: "error";
  readonly id?: number;
  readonly code: ErrorCode;
  /** A sentence for developers. */
  readonly message: string;
  /** The member that is wrong, such as `policy.capacity`. */
  readonly path?: string;
  /** When it makes sense to ask again. */
  readonly retryAfterMs?: number;
  /** Of a `stale` signal: the highest number that the two have used. */
  readonly negotiation?: number;
};

export const errorCodes = [
  "invalid-message",
  "room-not-found",
  "room-exists",
  "room-full",
  "room-locked",
  "too-many-rooms",
  "too-many-waiting",
  "not-allowed",
  "not-in-room",
  "waiting",
  "no-such-participant",
  "gone",
  "denied",
  "banned",
  "removed",
  "stale",
  "too-large",
  "rate-limited",
  "token-invalid",
  "token-expired",
  "token-unverifiable",
  "already-connected",
  "unavailable",
] as const;
export type ErrorCode = (typeof errorCodes)[number];

/** Listed rooms, for who watches the directory. */
export interface DirectoryEntry {
  readonly id: RoomId;
  readonly name: string;
  readonly participants: number;
  readonly capacity: number;
  readonly lobby: boolean;
  readonly locked: boolean;
}

export type ServerEvent =
  /**
   * The roster goes from one version to another. A client that has `to` or a later one has had a snapshot since, and ignores it. One that
   * otherwise has another version than `from` asks for the `roster`.
   */
  | {
      readonly type: "roster";
      readonly room: RoomId;
      readonly from: number;
      readonly to: number;
      readonly changes: ReadonlyArray<RosterChange>;
    }
  /** The session is in the room no more, and why. */
  | (Numbered & {
      readonly type: "left";
      readonly room: RoomId;
      readonly reason: "left" | "removed" | "banned" | "closed";
      readonly until?: Millis;
    })
  /** To those who may admit: somebody knocks. */
  | { readonly type: "knock"; readonly room: RoomId; readonly user: UserId; readonly name: string }
  /** To those who may admit: somebody waits no more. */
  | {
      readonly type: "knock-ended";
      readonly room: RoomId;
      readonly user: UserId;
      readonly reason: KnockEnd;
    }
  /** To who waited: join now. `until` is when the admission ends. */
  | (Numbered & { readonly type: "admitted"; readonly room: RoomId; readonly until: Millis })
  /** To who waited: the knock is over. `until`: no new one before. */
  | (Numbered & {
      readonly type: "denied";
      readonly room: RoomId;
      readonly reason: "denied" | "banned" | "expired" | "closed";
      readonly until: Millis;
    })
  | (Numbered & {
      readonly type: "signal";
      readonly room: RoomId;
      readonly from: UserId;
      readonly kind: SignalKind;
      readonly negotiation: number;
      readonly data?: unknown;
    })
  /** Both have offered: the polite side rolls back and answers, the other ignores the offer it got. */
  | (Numbered & { readonly type: "crossing"; readonly room: RoomId; readonly with: UserId; readonly polite: UserId })
  | (Numbered & {
      readonly type: "message";
      readonly room: RoomId;
      readonly from: UserId;
      /** Absent when it is for everybody in the room. */
      readonly to?: UserId;
      readonly data: unknown;
    })
  | {
      readonly type: "directory";
      readonly changed: ReadonlyArray<DirectoryEntry>;
      readonly gone: ReadonlyArray<RoomId>;
    };

/** The server stops: it closes this socket in so many ms, and the client is to come back then. */
export interface Reconnect {
  readonly type: "reconnect";
  readonly inMs: number;
}

export type ServerFrame = Welcome | Result | ErrorFrame | Reconnect | ServerEvent;
