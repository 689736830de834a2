import type { ChannelName, ClientId, Millis, RoomId, UserId } from "./base/id.js";
import type { RoomPolicy, RoomRole } from "./base/room.js";
import type { Grants } from "./grants.js";
import type { Refusal, SignalKind } from "./message.js";

/* What clients send, as their dialects read it. */

export interface Observed {
  /** When it was observed; the core never lets it run backwards. */
  readonly at: Millis;
}

interface Frame extends Observed {
  readonly client: ClientId;
  /** The number of the request, in a dialect that answers each. */
  readonly id?: number;
  /** The highest number of a frame that the client has received. */
  readonly seen?: number;
}

/** What the adapter has read in a token that it verified. The token itself stays outside. */
export interface Token {
  readonly grants: Grants;
  readonly expiresAt: Millis;
}

export interface SubscribeRequested extends Frame {
  readonly kind: "SubscribeRequested";
  readonly channel: ChannelName;
  /** Whether clients of this dialect expect signals on it. */
  readonly hasSignals?: true;
}

export interface UnsubscribeRequested extends Frame {
  readonly kind: "UnsubscribeRequested";
  readonly channel: ChannelName;
}

export interface PingReceived extends Frame {
  readonly kind: "PingReceived";
}

/** A text frame that is not JSON. */
export interface TextReceived extends Frame {
  readonly kind: "TextReceived";
  readonly text: string;
}

/** A room as its creator describes it. */
export interface RoomDescription {
  readonly id: RoomId;
  readonly name: string;
  readonly host?: string;
  readonly hostId?: UserId;
  readonly description?: string;
}

export interface CreateRequested extends Frame {
  readonly kind: "CreateRequested";
  readonly room: RoomDescription;
  /** How a room is run whose host does not stay who created it. */
  readonly policy?: RoomPolicy;
}

export interface JoinRequested extends Frame {
  readonly kind: "JoinRequested";
  readonly roomId: RoomId;
  readonly userId: UserId;
  readonly userName: string;
  /** The room to create if it does not exist. */
  readonly create?: { readonly room: RoomDescription; readonly policy: RoomPolicy };
  /** The frame as it came, to be passed on where the settings say so. */
  readonly text: string;
}

export interface LeaveRequested extends Frame {
  readonly kind: "LeaveRequested";
  readonly roomId: RoomId;
  readonly userId: UserId;
  /** The frame as it came, to be passed on where the settings say so. */
  readonly text: string;
}

export interface RoomListRequested extends Frame {
  readonly kind: "RoomListRequested";
}

/** A message for other clients: it is relayed. */
export interface PublishRequested extends Frame {
  readonly kind: "PublishRequested";
  readonly channel: ChannelName;
  readonly type: string;
  /** The user that the message says it comes from: the client acts for them from then on. */
  readonly from?: UserId;
  /** The one user that the message is meant for. */
  readonly to?: UserId;
  /** What the message is to somebody who speaks another dialect. */
  readonly signal?: { readonly kind: SignalKind; readonly negotiation: number };
  /** The characters of the text, where a recording has kept less of it. */
  readonly chars?: number;
  /** The frame as it came. Receivers of the same dialect get exactly this text. */
  readonly text: string;
}

interface RoomOrder extends Frame {
  readonly roomId: RoomId;
}

interface ParticipantOrder extends RoomOrder {
  readonly userId: UserId;
}

export interface CloseRequested extends RoomOrder {
  readonly kind: "CloseRequested";
}

/** Of a knock. */
export interface WithdrawRequested extends ParticipantOrder {
  readonly kind: "WithdrawRequested";
}

export interface AdmitRequested extends ParticipantOrder {
  readonly kind: "AdmitRequested";
}

export interface DenyRequested extends ParticipantOrder {
  readonly kind: "DenyRequested";
  /** How long the user cannot knock again. */
  readonly forMs: number;
}

export interface LockRequested extends RoomOrder {
  readonly kind: "LockRequested";
  readonly isLocked: boolean;
}

export interface RemoveRequested extends ParticipantOrder {
  readonly kind: "RemoveRequested";
  /** How long the user cannot come back; 0 is not at all. */
  readonly banMs: number;
}

/** Ends a ban. */
export interface UnbanRequested extends ParticipantOrder {
  readonly kind: "UnbanRequested";
}

export interface RoleRequested extends ParticipantOrder {
  readonly kind: "RoleRequested";
  readonly role: RoomRole;
}

export interface RosterRequested extends RoomOrder {
  readonly kind: "RosterRequested";
}

/** A signal for one participant. */
export interface SignalRequested extends RoomOrder {
  readonly kind: "SignalRequested";
  readonly to: UserId;
  readonly signal: SignalKind;
  readonly negotiation: number;
  /** What it carries, as JSON; empty for nothing. */
  readonly text: string;
  /** The characters of the text, where a recording has kept less of it. */
  readonly chars?: number;
}

/** An application message for one participant, or for all others. */
export interface MessageRequested extends RoomOrder {
  readonly kind: "MessageRequested";
  readonly to?: UserId;
  /** What it carries, as JSON. */
  readonly text: string;
  /** The characters of the text, where a recording has kept less of it. */
  readonly chars?: number;
}

export interface DirectoryRequested extends Frame {
  readonly kind: "DirectoryRequested";
  readonly isWatching: boolean;
}

/** A client wants ICE servers with fresh credentials. */
export interface IceServersRequested extends Frame {
  readonly kind: "IceServersRequested";
}

/** Nothing but the `seen` that it brings. */
export interface AckReceived extends Frame {
  readonly kind: "AckReceived";
}

/** A client has brought another token, which the adapter has verified. */
export interface TokenRenewed extends Frame {
  readonly kind: "TokenRenewed";
  readonly user: UserId;
  readonly token: Token;
}

/** The session ends now. */
export interface ByeReceived extends Frame {
  readonly kind: "ByeReceived";
}

/** A frame that the dialect could not read as one of the above. */
export interface FrameRefused extends Frame {
  readonly kind: "FrameRefused";
  readonly refusal: Refusal;
  /** The bytes of the frame, for the recording. */
  readonly bytes?: number;
}

/** What a client sent, as its dialect reads it. */
export type FrameEvent =
  | SubscribeRequested
  | UnsubscribeRequested
  | PingReceived
  | TextReceived
  | CreateRequested
  | JoinRequested
  | LeaveRequested
  | RoomListRequested
  | PublishRequested
  | CloseRequested
  | WithdrawRequested
  | AdmitRequested
  | DenyRequested
  | LockRequested
  | RemoveRequested
  | UnbanRequested
  | RoleRequested
  | RosterRequested
  | SignalRequested
  | MessageRequested
  | DirectoryRequested
  | IceServersRequested
  | AckReceived
  | TokenRenewed
  | ByeReceived
  | FrameRefused;

/** What a client asks of the shared half of the state. */
export type RoomRequest =
  | CreateRequested
  | JoinRequested
  | LeaveRequested
  | CloseRequested
  | WithdrawRequested
  | AdmitRequested
  | DenyRequested
  | LockRequested
  | RemoveRequested
  | UnbanRequested
  | RoleRequested;
