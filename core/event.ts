import type { ChannelName, ClientId, DialectName, Millis, RoomId, SessionId, UserId } from "./base/id.js";
import type { Settings } from "./base/limits.js";
import type { Refusal } from "./message.js";

interface Observed {
  /** When it was observed; the core never lets it run backwards. */
  readonly at: Millis;
}

interface Frame extends Observed {
  readonly client: ClientId;
}

/** The first event of every run: what the core may not know by itself. */
export interface ServerStarted extends Observed {
  readonly kind: "ServerStarted";
  readonly settings: Settings;
}

export interface ServerStopping extends Observed {
  readonly kind: "ServerStopping";
}

export interface ClockTicked extends Observed {
  readonly kind: "ClockTicked";
}

export interface ClientConnected extends Observed {
  readonly kind: "ClientConnected";
  readonly client: ClientId;
  readonly session: SessionId;
  /** 1 for a new session, one more at each resume. */
  readonly generation: number;
  readonly dialect: DialectName;
  /** The user that the adapter verified; absent where nobody was. */
  readonly verified?: UserId;
  /** The remote address of the socket: for the log, never for a decision. */
  readonly address: string;
}

export interface ClientDisconnected extends Observed {
  readonly kind: "ClientDisconnected";
  readonly client: ClientId;
  /** WebSocket close code (RFC 6455, 7.4). */
  readonly code: number;
}

export interface SubscribeRequested extends Frame {
  readonly kind: "SubscribeRequested";
  readonly channel: ChannelName;
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
}

export interface JoinRequested extends Frame {
  readonly kind: "JoinRequested";
  readonly roomId: RoomId;
  readonly userId: UserId;
  readonly userName: string;
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
  /** The frame as it came. Receivers of the same dialect get exactly this text. */
  readonly text: string;
}

/** A frame that the dialect could not read as one of the above. */
export interface FrameRefused extends Frame {
  readonly kind: "FrameRefused";
  readonly refusal: Refusal;
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
  | FrameRefused;

/** Everything that can happen, as plain JSON: the only way into the core. */
export type Event = ServerStarted | ServerStopping | ClockTicked | ClientConnected | ClientDisconnected | FrameEvent;

/** What a client asks of the shared half of the state. */
export type RoomRequest = CreateRequested | JoinRequested | LeaveRequested;
