import type { ClientId, DialectName, NodeId, SessionId, UserId } from "./base/id.js";
import type { Settings } from "./base/limits.js";
import type { Entry } from "./entry.js";
import type { FrameEvent, Observed, Token } from "./request.js";
import type { WrittenShared } from "./written.js";

export type * from "./request.js";

/** What a client said of itself in its first frame, as far as the adapter has verified it. */
export interface Greeting {
  /** The number of the request. */
  readonly id: number;
  readonly name: string;
  /** Verified, or made by the adapter for this session alone. */
  readonly user: UserId;
  readonly seen: number;
  /** Of the ticket, which is genuine: the session to go on with, and the generation that the ticket was made for. */
  readonly resume?: { readonly session: SessionId; readonly generation: number };
}

/** The first event of every run: what the core may not know by itself. */
export interface ServerStarted extends Observed {
  readonly kind: "ServerStarted";
  readonly settings: Settings;
  /** Where there is a log that orders entries: who this node is in it. */
  readonly node?: NodeId;
  /** The shared half as it was at some place of the log. What stands after it follows as `Appended`. */
  readonly restored?: WrittenShared;
}

/** An entry of the log, of this node or of another one. They come in the order of the log, and none is left out. */
export interface Appended extends Observed {
  readonly kind: "Appended";
  /** Its place in the log. */
  readonly seq: number;
  /** The node that made it. */
  readonly node: NodeId;
  readonly entry: Entry;
}

/** The log takes no entries. */
export interface LogFailed extends Observed {
  readonly kind: "LogFailed";
}

/** The log takes entries again. */
export interface LogRecovered extends Observed {
  readonly kind: "LogRecovered";
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
  readonly dialect: DialectName;
  /** The user that the adapter verified; absent where nobody was. */
  readonly verified?: UserId;
  /** What the user may do, and until when; absent where there was no token. */
  readonly token?: Token;
  /** In a dialect whose sessions can be resumed. */
  readonly greeting?: Greeting;
  /** The remote address of the socket: for the log, never for a decision. */
  readonly address: string;
}

export interface ClientDisconnected extends Observed {
  readonly kind: "ClientDisconnected";
  readonly client: ClientId;
  /** WebSocket close code (RFC 6455, 7.4): after a frame that was not taken, the one that the client was closed with. */
  readonly code: number;
}

/** Everything that can happen, as plain JSON: the only way into the core. */
export type Event =
  | ServerStarted
  | ServerStopping
  | ClockTicked
  | Appended
  | LogFailed
  | LogRecovered
  | ClientConnected
  | ClientDisconnected
  | FrameEvent;

/** What an event is about: a request that comes back from the log is that request. */
export const causeOf = (event: Event): Event =>
  event.kind === "Appended" && event.entry.kind === "Request" ? event.entry.request : event;
