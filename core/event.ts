import type { ClientId, DialectName, NodeId, SessionId, UserId } from "./base/id.js";
import type { Settings } from "./base/limits.js";
import type { Entry } from "./entry.js";
import type { Outcome, Refusal } from "./message.js";
import type { FrameEvent, MessageRequested, Observed, PublishRequested, SignalRequested, Token } from "./request.js";
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
  /** The highest level at which this version can decide. Absent in what was recorded before there were levels: the first. */
  readonly level?: number;
  /** Where there is a log that orders entries: who this node is in it. */
  readonly node?: NodeId;
  /** Other nodes order their entries in it too. `digest`: of the facts up to `restored`. */
  readonly cluster?: { readonly digest: number };
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

/** The log has lost entries that were taken from it: nothing is built on them any more, and `ServerStarted` follows. */
export interface LogLost extends Observed {
  readonly kind: "LogLost";
}

/** The log takes entries again. `node`: this node was given up meanwhile, and begins a run of its own. */
export interface LogRecovered extends Observed {
  readonly kind: "LogRecovered";
  readonly node?: NodeId;
}

/** Who has sent what another node passes on. */
export interface Sender {
  readonly session: SessionId;
  readonly generation: number;
  readonly dialect: DialectName;
  /** Of a session that can be resumed. */
  readonly user?: UserId;
}

/** What a client of another node has sent, for somebody here. */
export interface Forwarded extends Observed {
  readonly kind: "Forwarded";
  readonly from: NodeId;
  /** `subscribers`: those of its channel. `sessions`: those of its addressee. */
  readonly about: "subscribers" | "sessions";
  readonly by: Sender;
  readonly request: PublishRequested | SignalRequested | MessageRequested;
  /** Where the sender is told what has become of it: the number of the question. */
  readonly asked?: number;
}

/** Another node tells what has become of what was forwarded to it. */
export interface Replied extends Observed {
  readonly kind: "Replied";
  readonly asked: number;
  readonly answer: Answer;
}

export type Answer = { readonly outcome: Outcome } | { readonly refusal: Refusal };

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
  | LogLost
  | LogRecovered
  | Forwarded
  | Replied
  | ClientConnected
  | ClientDisconnected
  | FrameEvent;

/** What an event is about: a request that comes back from the log is that request. */
export const causeOf = (event: Event): Event =>
  event.kind === "Appended" && event.entry.kind === "Request" ? event.entry.request : event;
