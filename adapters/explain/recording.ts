import type { ClientId, KnockEnd, ParticipantLeftReason, RoomRole } from "../../core/index.js";
import type { Refusal } from "./refusal.js";
import type { SignalKind } from "./signal-kind.js";

/** An event of a recording: its number, from 1, and its time in ms since 1970. */
export interface Position {
  readonly event: number;
  readonly at: number;
}

/** The time that a socket was subscribed to a channel. */
export interface Subscription {
  readonly channel: string;
  readonly since: Position;
  readonly until: Position | undefined;
}

/** One client, with all that the whole recording tells about it: who it was may come out long after a message for it. */
export interface Socket {
  readonly id: ClientId;
  /** The remote address as the server saw it; in a redacted recording, a stand-in. */
  readonly address: string;
  /** The session, which may go on with other sockets if it is resumed. */
  readonly session: string;
  /** Whether the session can be resumed. */
  readonly isResumable: boolean;
  readonly since: Position;
  readonly until: (Position & { readonly code: number }) | undefined;
  /** The users that it acts for, and since when the server knew. */
  readonly users: ReadonlyMap<string, Position>;
  /** The users that it was refused a room as. The server learns nothing from a refused join, but a reader does. */
  readonly claims: ReadonlySet<string>;
  readonly subscriptions: ReadonlyArray<Subscription>;
  /** Every event in which the client did something. */
  readonly heard: ReadonlyArray<Position>;
}

/** Whether a socket never names a user. It may be anybody's. */
export const isAnonymous = ({ users, claims }: Socket): boolean => users.size + claims.size === 0;

/** The members of an ICE candidate (RFC 8839, 5.1) that matter for connectivity. */
export interface Candidate {
  readonly type: string;
  readonly transport: string;
  readonly address: string;
}

/** A message that was accepted for relaying, whether or not anybody got it. */
export interface Relay extends Position {
  readonly kind: "relay";
  readonly client: ClientId;
  /** The channel, or the room where signals are for the participants of rooms. */
  readonly channel: string;
  /** The room that a signal passed in, where the server knows of one. */
  readonly room: string | undefined;
  readonly type: string;
  readonly signalKind: SignalKind | undefined;
  readonly from: string | undefined;
  readonly to: string | undefined;
  /** The nodes that it was passed on to, and that did not say in time what became of it. */
  readonly noReplyOf: ReadonlyArray<string>;
  /** Those that got it in the end: also who was away, and got it after coming back. */
  readonly receivers: ReadonlyArray<ClientId>;
  /** The recipient was away, and it was kept. */
  readonly isKept: boolean;
  /** When it was sent to a recipient who had come back, whether or not it had been sent before. */
  readonly sentAgain: Position | undefined;
  /** Of an offer that crossed one of the recipient's: who is to give way. */
  readonly polite: string | undefined;
  readonly candidates: ReadonlyArray<Candidate>;
  /** Whether there are any, also where they are left out. */
  readonly hasCandidates: boolean;
  /** Whether the recording kept its text. */
  readonly hasText: boolean;
  /** The id of the negotiation that it belongs to, if it names one. */
  readonly negotiation: string | undefined;
}

/** A message that was refused. */
export interface Refused extends Position, Refusal {
  readonly kind: "refusal";
}

/** A user joined or left a room. */
export type Membership = Position & { readonly user: string; readonly room: string } & (
    | { readonly kind: "join" }
    | {
        readonly kind: "leave";
        readonly reason: ParticipantLeftReason;
        /** Who asked for it, of somebody who was removed. */
        readonly by: string | undefined;
      }
  );

/** A session has lost its socket, goes on with another, or ended while it was away. */
export type SessionChange = Position & { readonly user: string; readonly session: string } & (
    | {
        readonly kind: "away";
        /** When its grace is over. */
        readonly until: number;
        /** The node that is gone, where that is why. */
        readonly node: string | undefined;
      }
    | {
        readonly kind: "back";
        readonly client: ClientId;
        /** Some of what was kept for it is gone. */
        readonly isGap: boolean;
      }
    | { readonly kind: "lost" }
  );

/** Somebody knocked at the door of a room, was admitted, or waits no longer. */
export interface DoorStep extends Position {
  readonly kind: "door";
  readonly step: "knocked" | Exclude<KnockEnd, "joined">;
  readonly user: string;
  readonly room: string;
  /** Who admitted or denied them. */
  readonly by: string | undefined;
  /** Of a knock: whether anybody who may admit was told at once. */
  readonly isHeard: boolean;
}

/** Somebody may not come into a room until then. */
export interface Barring extends Position {
  readonly kind: "bar";
  readonly user: string;
  readonly room: string;
  readonly reason: "denied" | "removed" | "banned";
  readonly until: number;
  readonly by: string | undefined;
}

/** What somebody is in a room has changed, or who may come into it. `by` is who asked for it; undefined where it followed from something else. */
export type RoomChange = Position & { readonly room: string; readonly by: string | undefined } & (
    | { readonly kind: "role"; readonly user: string; readonly role: RoomRole }
    | { readonly kind: "lock"; readonly isLocked: boolean }
    /** The host was lost: until when they may come back as the host. */
    | { readonly kind: "host-awaited"; readonly until: number }
    /** The host came back in time, or did not, and nobody succeeds. */
    | { readonly kind: "host-returned" | "no-host" }
  );

/** One of several nodes began to take part, or takes part no more: it has said so, or was given up by the others. */
export interface NodeChange extends Position {
  readonly kind: "node";
  readonly node: string;
  readonly step: "started" | "stopped" | "lost";
}

/** A room, from its opening to its end. The same id may open again. */
export interface RoomLifetime {
  readonly id: string;
  readonly name: string;
  /** The host that it was announced with, or else the user that its creator joined as. */
  readonly hostId: string | undefined;
  readonly creator: ClientId | undefined;
  readonly since: Position;
  readonly until: Position | undefined;
}

/** A socket connected or disconnected. */
export interface Connection extends Position {
  readonly kind: "connect" | "disconnect";
  readonly client: ClientId;
  /** Of the end: the close code (RFC 6455, 7.4). */
  readonly code: number | undefined;
}

/** What happened, as far as it matters to signalling. `stop` is the stop of the server. */
export type Incident =
  | Relay
  | Refused
  | Membership
  | SessionChange
  | DoorStep
  | Barring
  | RoomChange
  | Connection
  | NodeChange
  | (Position & { readonly kind: "stop" });

/** What a recording tells about who reached whom. */
export interface Recording {
  readonly startedAt: number;
  readonly endedAt: number;
  readonly rooms: ReadonlyArray<RoomLifetime>;
  readonly sockets: ReadonlyMap<ClientId, Socket>;
  /** Everybody who acted or was addressed, with the name last announced. */
  readonly names: ReadonlyMap<string, string>;
  readonly incidents: ReadonlyArray<Incident>;
}
