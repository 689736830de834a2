import type { Backoff } from "./backoff.js";
import type { JoinOptions as ConnectionOptions } from "./connections.js";
import type { DirectoryListener } from "./directory.js";
import type { RoomCreation, Waiting } from "./door.js";
import type { Listening } from "./emitter.js";
import type { SignalboxError } from "./error.js";
import type { Room } from "./room-events.js";
import type { SessionState } from "./transport.js";

/** `sessionStorage` is one: a page that is loaded again goes on with its session. */
export interface TicketStorage {
  readonly getItem: (key: string) => string | null;
  readonly setItem: (key: string, value: string) => void;
  readonly removeItem: (key: string) => void;
}

/** As far as it is needed here: the types of Node's stand-ins differ from the browsers' in their events. */
type SocketClass = new (
  url: string,
  protocol: string,
) => Pick<WebSocket, "send" | "close"> & Record<"onopen" | "onmessage" | "onclose" | "onerror", unknown>;

type PeerConnectionClass = new (
  configuration?: RTCConfiguration,
) => Omit<RTCPeerConnection, `on${string}` | "addEventListener" | "removeEventListener">;

export interface ConnectOptions {
  /** What others see. */
  readonly name?: string;
  /** A callback is called for each connection, and before its token expires. */
  readonly token?: string | (() => string | Promise<string>);
  readonly storage?: TicketStorage;
  /** Over the ICE servers that the server names, its members have precedence. */
  readonly rtc?: RTCConfiguration;
  readonly backoff?: Backoff;
  /** How long `connect` tries. */
  readonly connectMs?: number;
  /** Ends `connect` when it is aborted, and nothing after that. */
  readonly signal?: AbortSignal;
  readonly WebSocket?: SocketClass;
  readonly RTCPeerConnection?: PeerConnectionClass;
}

export interface JoinOptions extends ConnectionOptions {
  /** A room that does not exist is created so. False: it is not created. */
  readonly create?: RoomCreation | false;
  /** Somebody must admit this user first. */
  readonly onWaiting?: (waiting: Waiting) => void;
}

export interface SessionEvents {
  /** `error` says why a session is closed, if not by `close`. */
  readonly state: { readonly state: SessionState; readonly error: SignalboxError | undefined };
  /** The session could not be resumed. A new one joins its rooms again. */
  readonly lost: Session;
  readonly waiting: Waiting;
  /** From somebody inside, while this session waits at the door. */
  readonly message: { readonly room: string; readonly from: string; readonly data: unknown };
  readonly error: SignalboxError;
}

export interface Session extends Listening<SessionEvents> {
  readonly state: SessionState;
  readonly id: string;
  readonly user: string;
  readonly name: string;
  readonly ticket: string;
  readonly rooms: ReadonlyMap<string, Room>;
  readonly join: (room: string, options?: JoinOptions) => Promise<Room>;
  /** Tells the listed rooms now and at each change. Answers with a function that ends it. */
  readonly directory: (onChange: DirectoryListener) => Promise<() => Promise<void>>;
  /** Leaves every room, and cannot be undone. */
  readonly close: () => Promise<void>;
}
