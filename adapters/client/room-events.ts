import type { RoomRole, RoomPolicy as WirePolicy } from "../../core/dialect/v1/wire.js";
import type { Listening } from "./emitter.js";
import type { SignalboxError } from "./error.js";
import type { Event, Plain } from "./frames.js";
import type { Media } from "./media.js";
import type { Participant } from "./participant.js";
import type { ConnectionState, Data } from "./peer.js";

export type RoomPolicy = Plain<WirePolicy>;

/** Somebody who waits at the door. */
export interface Knock {
  readonly user: string;
  readonly name: string;
  readonly admit: () => Promise<void>;
  /** `forMs`: how long they cannot knock again. */
  readonly deny: (forMs?: number) => Promise<void>;
}

/** `replaced`: the session goes on elsewhere. `lost`: it could not be resumed, and the room could not be joined again. */
export type Ending = "left" | "removed" | "banned" | "closed" | "replaced" | "lost";

interface About {
  readonly participant: Participant;
}

export interface RoomEvents {
  readonly joined: About;
  /** `left`: of their own accord. `lost`: they did not come back in time. */
  readonly left: About & { readonly reason: "left" | "lost" | "removed" | "banned" };
  readonly away: About & { readonly until: number };
  readonly back: About;
  readonly role: About & { readonly role: RoomRole };
  readonly locked: { readonly locked: boolean };
  readonly knock: Knock;
  readonly "knock-ended": { readonly user: string; readonly reason: Extract<Event, { type: "knock-ended" }>["reason"] };
  /** By way of the server. */
  readonly message: { readonly from: Participant; readonly data: unknown; readonly isPrivate: boolean };
  /** From one to the other. */
  readonly data: { readonly from: Participant; readonly data: string | ArrayBuffer };
  readonly track: About & { readonly track: MediaStreamTrack; readonly stream: MediaStream };
  /** A stream has no track any more. */
  readonly "stream-ended": About & { readonly stream: MediaStream };
  /** The channel between the two was opened or closed. */
  readonly reach: About & { readonly canSend: boolean };
  readonly connection: About & { readonly state: ConnectionState };
  /** The two cannot be connected: `error.reason` says why. A later offer of either side is tried nevertheless. */
  readonly failed: About & { readonly error: SignalboxError };
  /** A data channel that the other side has opened by itself. */
  readonly channel: About & { readonly channel: RTCDataChannel };
  /** Messages of these may have been lost while this session was away. */
  readonly gap: { readonly participants: ReadonlyArray<Participant> };
  readonly closed: { readonly reason: Ending; readonly until: number | undefined };
  /** After each of the others, and when `state` has changed: something that a page shows may have changed. */
  readonly change: Room;
  readonly error: SignalboxError;
}

export interface Room extends Listening<RoomEvents>, Orders {
  readonly id: string;
  readonly name: string;
  readonly policy: RoomPolicy;
  readonly locked: boolean;
  /** `rejoining`, `waiting`: the session is new, and not in the room again yet. Who else is there is what was known before. */
  readonly state: "joined" | "rejoining" | "waiting" | "over";
  /** All who are in it, in the order of joining. */
  readonly participants: ReadonlyMap<string, Participant>;
  readonly me: Participant;
  readonly others: ReadonlyArray<Participant>;
  /** By user. Only for those who may admit. */
  readonly waiting: ReadonlyMap<string, Knock>;
  /** By way of the server, to one or to everybody. */
  readonly say: (data: unknown, options?: { readonly to?: string | Participant }) => Promise<"delivered" | "kept">;
  /** From one to the others, to whom there is an open channel. Answers how many these are. */
  readonly send: (data: Data) => number;
  /** What this side sends from now on. */
  readonly setMedia: (media: Media | undefined) => void;
  readonly leave: () => Promise<void>;
}

/** What hosts and co-hosts may do. */
export interface Orders {
  readonly close: () => Promise<void>;
  readonly lock: (locked?: boolean) => Promise<void>;
  readonly admit: (user: string) => Promise<void>;
  readonly deny: (user: string, options?: { readonly forMs?: number }) => Promise<void>;
  /** `banMs`: how long they cannot come back. */
  readonly remove: (user: string, options?: { readonly banMs?: number }) => Promise<void>;
  /** Ends a ban, or what is left of a denial or a removal. */
  readonly unban: (user: string) => Promise<void>;
  readonly setRole: (user: string, role: RoomRole) => Promise<void>;
}
