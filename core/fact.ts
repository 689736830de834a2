import type { ClientId, Millis, NodeId, RoomId, Seq, SessionId, UserId } from "./base/id.js";
import type { Settings } from "./base/limits.js";
import type { KnockEnd, RoomRole } from "./base/room.js";
import type { Refusal } from "./message.js";
import type { Bar, Member, Room } from "./state.js";

/**
 * `empty`: the last participant left. `abandoned`: its creator disconnected before anybody joined. `unjoined`: nobody joined in time.
 * `closed`: by its host. `no-host`: the host did not come back, and the policy closes the room then.
 */
export type RoomClosedReason = "empty" | "abandoned" | "unjoined" | "closed" | "no-host";
/**
 * `removed`, `banned`: by somebody who may. `disconnected`: the last session that held the participant ended with its socket.
 * `lost`: it was away for longer than the grace. `closed`: the room was.
 */
export type ParticipantLeftReason = "left" | "removed" | "banned" | "disconnected" | "lost" | "closed";

/** What changes the shared half. A fact carries all that it changes: folding the facts of a run yields its shared half. */
export type SharedFact =
  | {
      readonly kind: "SessionOpened";
      readonly session: SessionId;
      readonly generation: number;
      readonly member?: Member;
      readonly node?: NodeId;
    }
  /** Its socket is gone. It ends at `until` unless somebody resumes it. */
  | { readonly kind: "SessionAway"; readonly session: SessionId; readonly until: Millis }
  | {
      readonly kind: "SessionResumed";
      readonly session: SessionId;
      readonly generation: number;
      readonly node?: NodeId;
    }
  /** Earlier tickets are no longer good. */
  | { readonly kind: "SessionAcknowledged"; readonly session: SessionId }
  | { readonly kind: "SessionEnded"; readonly session: SessionId }
  /**
   * A run has begun with these settings. Unless it `joins` others, they are gone, all sessions are away, and what waits for somebody waits
   * anew from `at` on.
   */
  | {
      readonly kind: "NodeStarted";
      readonly at: Millis;
      readonly node: NodeId;
      readonly settings: Settings;
      readonly joins: boolean;
      readonly level?: number;
    }
  | { readonly kind: "NodeRenewed"; readonly at: Millis; readonly node: NodeId; readonly clients: number }
  /** Its entries do not count any more. What was there is away, or ends. */
  | { readonly kind: "NodeGone"; readonly node: NodeId; readonly reason: "stopped" | "lost" }
  /** From now on everything is decided at this level: each node can. */
  | { readonly kind: "LevelRaised"; readonly level: number }
  | { readonly kind: "RoomOpened"; readonly room: Omit<Room, "participants">; readonly session: SessionId }
  | { readonly kind: "RoomUpdated"; readonly room: RoomId; readonly name: string; readonly description: string }
  | { readonly kind: "HostNamed"; readonly room: RoomId; readonly hostId: UserId; readonly host?: string }
  /** The session that created the room has ended, and the room goes on. */
  | { readonly kind: "CreatorLeft"; readonly room: RoomId; readonly session: SessionId }
  | { readonly kind: "RoomClosed"; readonly room: RoomId; readonly name: string; readonly reason: RoomClosedReason }
  | {
      readonly kind: "ParticipantJoined";
      readonly room: RoomId;
      readonly roomName: string;
      readonly user: UserId;
      readonly userName: string;
      readonly seq: Seq;
      readonly session: SessionId;
      /** Participants of the room, this one included. */
      readonly total: number;
      readonly isHostByToken?: true;
    }
  /** One more session holds a participant. */
  | {
      readonly kind: "ParticipantHeld";
      readonly room: RoomId;
      readonly user: UserId;
      readonly session: SessionId;
      readonly seq: Seq;
    }
  /** A session lets go of a participant that another one still holds. */
  | { readonly kind: "ParticipantReleased"; readonly room: RoomId; readonly user: UserId; readonly session: SessionId }
  | {
      readonly kind: "ParticipantLeft";
      readonly room: RoomId;
      readonly roomName: string;
      readonly user: UserId;
      readonly userName: string;
      readonly reason: ParticipantLeftReason;
      /** Participants that are left. */
      readonly total: number;
    }
  /** All sessions that hold the participant are away. */
  | { readonly kind: "ParticipantAway"; readonly room: RoomId; readonly user: UserId; readonly until: Millis }
  | { readonly kind: "ParticipantBack"; readonly room: RoomId; readonly user: UserId }
  /** From now on the room has a roster with versions. */
  | { readonly kind: "DoorOpened"; readonly room: RoomId }
  | { readonly kind: "RoomLocked" | "RoomUnlocked"; readonly room: RoomId }
  | { readonly kind: "RoleChanged"; readonly room: RoomId; readonly user: UserId; readonly role: RoomRole }
  /** The host was lost, and may come back as the host until then. */
  | { readonly kind: "HostAwaited"; readonly room: RoomId; readonly until: Millis }
  | { readonly kind: "HostReturned"; readonly room: RoomId }
  /** The host did not come back, and nobody could succeed: the room has none. */
  | { readonly kind: "HostGivenUp"; readonly room: RoomId }
  | {
      readonly kind: "KnockMade";
      readonly room: RoomId;
      readonly user: UserId;
      readonly userName: string;
      readonly session: SessionId;
      readonly seq: Seq;
      readonly until: Millis;
    }
  | { readonly kind: "KnockAdmitted"; readonly room: RoomId; readonly user: UserId; readonly until: Millis }
  | { readonly kind: "KnockEnded"; readonly room: RoomId; readonly user: UserId; readonly reason: KnockEnd }
  | { readonly kind: "UserBarred"; readonly room: RoomId; readonly user: UserId; readonly bar: Bar }
  | { readonly kind: "UserUnbarred"; readonly room: RoomId; readonly user: UserId };

/** What an entry came to, where nothing has changed. */
export type Outcome =
  | { readonly kind: "RequestRefused"; readonly client: ClientId; readonly refusal: Refusal }
  /** What was asked for is so already. */
  | { readonly kind: "NothingToDo"; readonly client: ClientId }
  /** A node can decide up to this level only, which is below the one in force: it takes no part. */
  | { readonly kind: "NodeRefused"; readonly node: NodeId; readonly level: number };

/** What this node has noticed, and what changes nothing in the shared half. */
export type Notice =
  /** With the same entries, that node has come to another state than this one. `isOdd`: most agree with it, and this one has to begin anew. */
  { readonly kind: "NodeDisagreed"; readonly node: NodeId; readonly seq: number; readonly isOdd: boolean };

/** What has happened and been accepted, or refused. What anybody is told, logs and metrics are made from facts; nothing is decided by them. */
export type Fact = SharedFact | Outcome | Notice;
