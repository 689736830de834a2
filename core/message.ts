import type { ChannelName, DialectName, Millis, RoomId, SessionId, UserId } from "./base/id.js";
import type { KnockEnd, RoomRole } from "./base/room.js";

/** Why a request was refused (docs/PROTOCOL.md, "Refusals"). */
export type RefusalCode =
  | "invalid-message"
  | "binary-unsupported"
  | "no-channel"
  | "room-not-found"
  | "room-exists"
  | "not-allowed"
  | "too-many-channels"
  | "too-many-rooms"
  | "room-full"
  | "rate-limited"
  | "room-locked"
  | "too-many-waiting"
  | "not-in-room"
  | "no-such-participant"
  | "gone"
  | "waiting"
  | "denied"
  | "banned"
  | "removed"
  | "stale"
  | "too-large"
  | "token-invalid"
  | "token-expired"
  | "token-unverifiable"
  | "already-connected"
  | "unavailable";

/** The requests whose refusal names them by kind. A dialect names the frames that it cannot read, and the rate limit names none. */
export type RefusedRequest =
  | "SubscribeRequested"
  | "CreateRequested"
  | "JoinRequested"
  | "LeaveRequested"
  | "CloseRequested"
  | "WithdrawRequested"
  | "AdmitRequested"
  | "DenyRequested"
  | "LockRequested"
  | "RemoveRequested"
  | "UnbanRequested"
  | "RoleRequested"
  | "RosterRequested"
  | "SignalRequested"
  | "MessageRequested"
  | "PublishRequested";

/** Sent to the client as an error. A refusal changes no state and is not noticed by anybody else. */
export interface Refusal {
  readonly code: RefusalCode;
  /** A sentence for the developer of the client. */
  readonly message: string;
  /** The type of the refused message as the client wrote it, where only the dialect knows it. */
  readonly about?: string;
  /** The kind of the refused request; the dialect knows what its clients call it. */
  readonly request?: RefusedRequest;
  /** The offending member, such as `data.roomId`. */
  readonly path?: string;
  /** When it makes sense to ask again, from now. */
  readonly retryAfterMs?: number;
  /** Of a stale signal: the highest number that the two have used. */
  readonly negotiation?: number;
}

/**
 * Why the server closes a client, beside the codes of RFC 6455 and the registered 1012 and 1013. From 3000 to 3499 a client comes
 * back by itself, from 3500 to 3999 it does not: it would be closed again. Libraries register codes of this range with IANA (RFC 6455,
 * 7.4.2); these are not registered, and leave out 3000, 3003 and 3008, which are.
 */
export const closeCodes = {
  /** No hello within 5 s. */
  helloLate: 3001,
  /** The token has expired: come back with a new one. */
  tokenExpired: 3002,
  /** The client went on with frames beyond the rate after they were refused. */
  rateLimited: 3004,
  /** The first frame is not a hello. */
  helloExpected: 3500,
  /** The session goes on with a newer socket. */
  replaced: 3501,
  /** The hello was refused; the error before says why. */
  refused: 3502,
} as const;

/** Whether to come back by oneself after the server has closed with this code. */
export const isFinalClose = (code: number): boolean => code >= 3_500 && code < 4_000;

/** What a signal carries. `end` ends the connection of the two. */
export const signalKinds = ["offer", "answer", "candidate", "end"] as const;
export type SignalKind = (typeof signalKinds)[number];

/** `delivered`: to a client of theirs. `kept`: they are away, and are sent it when they are back. */
export type Outcome = "delivered" | "kept";

/** One change of a roster. */
export type RosterChange =
  | { readonly change: "joined"; readonly user: UserId; readonly name: string; readonly role: RoomRole }
  | { readonly change: "left" | "lost" | "removed" | "banned"; readonly user: UserId }
  | { readonly change: "away"; readonly user: UserId; readonly until: Millis }
  | { readonly change: "back"; readonly user: UserId }
  | { readonly change: "role"; readonly user: UserId; readonly role: RoomRole }
  | { readonly change: "locked" | "unlocked" };

/** What the answer to a request holds. Rooms are named: `encode` writes them as they are when it leaves. */
export interface Answered {
  readonly room?: RoomId;
  /** Whether who waits at its door is shown: to those who may admit. */
  readonly isDoorShown?: boolean;
  readonly waiting?: RoomId;
  readonly outcome?: Outcome;
  readonly isWatching?: boolean;
  readonly expiresAt?: Millis;
  /** ICE servers, with credentials of this user. */
  readonly iceServersFor?: UserId;
}

/** For one session, and numbered: it is kept until the client has acknowledged the number. */
export type PersonalMessage =
  | ({ readonly kind: "Result"; readonly id: number } & Answered)
  | { readonly kind: "Refused"; readonly id?: number; readonly refusal: Refusal }
  | {
      readonly kind: "RoomLeft";
      readonly room: RoomId;
      readonly reason: "left" | "removed" | "banned" | "closed";
      readonly until?: Millis;
    }
  | { readonly kind: "Admitted"; readonly room: RoomId; readonly until: Millis }
  /** The knock is over. `until`: no new one before. */
  | {
      readonly kind: "KnockOver";
      readonly room: RoomId;
      readonly reason: "denied" | "banned" | "expired" | "closed";
      readonly until: Millis;
    }
  | {
      readonly kind: "Signal";
      readonly room: RoomId;
      readonly from: UserId;
      readonly signal: SignalKind;
      readonly negotiation: number;
      /** What it carries, as JSON, and empty for nothing; or the frame in another dialect that carried it. */
      readonly text: string;
      /** The characters of the text, where a recording has kept less of it. */
      readonly chars?: number;
      readonly dialect?: DialectName;
    }
  | { readonly kind: "Crossing"; readonly room: RoomId; readonly other: UserId; readonly polite: UserId }
  | {
      readonly kind: "Message";
      readonly room: RoomId;
      readonly from: UserId;
      readonly to?: UserId;
      /** What it carries, as JSON. */
      readonly text: string;
      /** The characters of the text, where a recording has kept less of it. */
      readonly chars?: number;
    };

/** What a client is told about STUN and TURN. Made by the adapter when it leaves, since credentials are secret. */
export interface IceServers {
  /** As `RTCConfiguration` takes them. */
  readonly iceServers: ReadonlyArray<IceServer>;
  /** How long their credentials hold, ms from when they leave. Absent where there are none. */
  readonly iceServersTtlMs?: number;
}

/** As `RTCConfiguration` takes it. */
export interface IceServer {
  readonly urls: string | ReadonlyArray<string>;
  readonly username?: string;
  readonly credential?: string;
}

/** A frame that is passed on: what it means, and beside it the original text in the dialect of its sender. */
interface Relayed {
  readonly dialect: DialectName;
  readonly text: string;
}

export type ServerMessage =
  /** `ClientCount` and `RoomList` name a state: `encode` writes the state that holds when they leave. `at` is their time. */
  | { readonly kind: "ClientCount"; readonly at: Millis }
  | { readonly kind: "RoomList"; readonly at: Millis }
  | { readonly kind: "Pong"; readonly at: Millis }
  | { readonly kind: "Echo"; readonly at: Millis; readonly original: string }
  | { readonly kind: "Error"; readonly at: Millis; readonly refusal: Refusal }
  | ({
      readonly kind: "Relay";
      readonly channel: ChannelName;
      readonly type: string;
      readonly from?: UserId;
      readonly to?: UserId;
    } & Relayed)
  | ({
      readonly kind: "JoinRelay";
      readonly roomId: RoomId;
      readonly userId: UserId;
      readonly userName: string;
    } & Relayed)
  | ({ readonly kind: "LeaveRelay"; readonly roomId: RoomId; readonly userId: UserId } & Relayed)
  /** A signal of a session that can be resumed, for a client without one. */
  | {
      readonly kind: "SignalRelay";
      readonly channel: ChannelName;
      readonly room: RoomId;
      readonly from: UserId;
      readonly to: UserId;
      readonly signal: SignalKind;
      readonly negotiation: number;
      /** What it carries, as JSON; empty for nothing. */
      readonly text: string;
    }
  | {
      readonly kind: "Welcome";
      readonly id: number;
      readonly session: SessionId;
      readonly generation: number;
      readonly user: UserId;
      readonly name: string;
      readonly isResumed: boolean;
      readonly heard: number;
      readonly gap?: ReadonlyArray<UserId>;
      readonly expiresAt?: Millis;
    }
  | { readonly kind: "Personal"; readonly n: number; readonly about: PersonalMessage }
  | {
      readonly kind: "RosterChanged";
      readonly room: RoomId;
      readonly from: number;
      readonly to: number;
      readonly changes: ReadonlyArray<RosterChange>;
    }
  | { readonly kind: "Knocked"; readonly room: RoomId; readonly user: UserId; readonly name: string }
  | { readonly kind: "KnockEnded"; readonly room: RoomId; readonly user: UserId; readonly reason: KnockEnd }
  | { readonly kind: "DirectoryChanged"; readonly rooms: ReadonlyArray<RoomId> };
