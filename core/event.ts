import type { ChannelName, ClientId, Millis, RoomId, UserId } from "./id.js";
import type { Settings } from "./limits.js";
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

export interface ChannelSubscribed extends Frame {
  readonly kind: "ChannelSubscribed";
  readonly channel: ChannelName;
}

export interface ChannelUnsubscribed extends Frame {
  readonly kind: "ChannelUnsubscribed";
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
export interface RoomAnnouncement {
  readonly id: RoomId;
  readonly name: string;
  readonly host?: string;
  readonly hostId?: UserId;
  readonly description?: string;
}

export interface RoomCreated extends Frame {
  readonly kind: "RoomCreated";
  readonly room: RoomAnnouncement;
}

export interface UserJoinedRoom extends Frame {
  readonly kind: "UserJoinedRoom";
  readonly roomId: RoomId;
  readonly userId: UserId;
  readonly userName: string;
  /** The frame as it came, to be passed on where the settings say so. */
  readonly text: string;
}

export interface UserLeftRoom extends Frame {
  readonly kind: "UserLeftRoom";
  readonly roomId: RoomId;
  readonly userId: UserId;
  /** The frame as it came, to be passed on where the settings say so. */
  readonly text: string;
}

export interface RoomListRequested extends Frame {
  readonly kind: "RoomListRequested";
}

/** Anything that is not the server's own business: it is relayed. */
export interface MessagePublished extends Frame {
  readonly kind: "MessagePublished";
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
  | ChannelSubscribed
  | ChannelUnsubscribed
  | PingReceived
  | TextReceived
  | RoomCreated
  | UserJoinedRoom
  | UserLeftRoom
  | RoomListRequested
  | MessagePublished
  | FrameRefused;

/** Everything that can happen: facts, plain JSON, the only way into the core. */
export type Event = ServerStarted | ServerStopping | ClockTicked | ClientConnected | ClientDisconnected | FrameEvent;
