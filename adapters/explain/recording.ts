import type { ClientId, ParticipantLeftReason } from "../../core/index.js";
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
  /** Where it came from, as the server saw it; of a redacted recording in disguise. */
  readonly address: string;
  readonly since: Position;
  readonly until: (Position & { readonly code: number }) | undefined;
  /** Whom it acts for, and since when the server knew. */
  readonly users: ReadonlyMap<string, Position>;
  /** As whom it was refused a room. The server learns nothing from a refused join, but it tells who the client says it is. */
  readonly claims: ReadonlySet<string>;
  readonly subscriptions: ReadonlyArray<Subscription>;
  /** Every event in which the client did something. */
  readonly heard: ReadonlyArray<Position>;
}

/** Whether a socket never says who it is: it may be anybody's. */
export const isAnonymous = ({ users, claims }: Socket): boolean => users.size + claims.size === 0;

/** An ICE candidate (RFC 8839, 5.1), as far as it tells whether two may find each other. */
export interface Candidate {
  readonly type: string;
  readonly transport: string;
  readonly address: string;
}

/** A message that was relayed, or would have been. */
export interface Relay extends Position {
  readonly kind: "relay";
  readonly client: ClientId;
  readonly channel: string;
  readonly type: string;
  readonly signalKind: SignalKind | undefined;
  readonly from: string | undefined;
  readonly to: string | undefined;
  readonly receivers: ReadonlyArray<ClientId>;
  readonly candidates: ReadonlyArray<Candidate>;
  /** Whether the recording kept anything of its text. */
  readonly hasText: boolean;
  /** Which negotiation it says it belongs to. */
  readonly negotiation: string | undefined;
}

/** A message that was refused. */
export interface Refused extends Position, Refusal {
  readonly kind: "refusal";
}

/** Somebody came into a room, or went. */
export type Membership = Position & { readonly user: string; readonly room: string } & (
    | { readonly kind: "join" }
    | { readonly kind: "leave"; readonly reason: ParticipantLeftReason }
  );

/** A room, from its opening to its end; one of the same id may open again. */
export interface RoomLifetime {
  readonly id: string;
  readonly name: string;
  /** Whom it was announced with, or else who its creator joined as. */
  readonly hostId: string | undefined;
  readonly creator: ClientId | undefined;
  readonly since: Position;
  readonly until: Position | undefined;
}

/** A socket connected or disconnected. */
export interface Connection extends Position {
  readonly kind: "connect" | "disconnect";
  readonly client: ClientId;
}

/** What happened, as far as it matters to signalling. `stop` is the end of the server. */
export type Incident = Relay | Refused | Membership | Connection | (Position & { readonly kind: "stop" });

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
