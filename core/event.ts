import type { ChannelName, ClientId, Millis, RoomId, UserId } from "./base/id.js";
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
  /** Where the socket came from, as the adapter saw it: for the log, never for a decision. */
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

/** A room as its creator announces it. */
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

/** Anything that is not the server's own business: it is relayed. */
export interface PublishRequested extends Frame {
  readonly kind: "PublishRequested";
  readonly channel: ChannelName;
  readonly type: string;
  /** `fromUserId` of the body: a user whom the client thereby acts for. */
  readonly from?: UserId;
  /** `toUserId` of the body: the one user whom the message is meant for. */
  readonly to?: UserId;
  /** The frame as it came; every receiver gets these very characters. */
  readonly text: string;
}

/** What could not even be read as one of the above. */
export interface FrameRefused extends Frame {
  readonly kind: "FrameRefused";
  readonly refusal: Refusal;
}

/** What a client sent. A room event says what a client announced; the core decides whether it holds. */
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

/** Everything that can happen: facts, plain JSON, the only way into the core. */
export type Event = ServerStarted | ServerStopping | ClockTicked | ClientConnected | ClientDisconnected | FrameEvent;
