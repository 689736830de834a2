import type { ClientId, RoomId, Seq, SessionId, UserId } from "./base/id.js";
import type { Refusal } from "./message.js";
import type { Room } from "./state.js";

/** `empty`: the last participant left. `abandoned`: its creator disconnected before anybody joined. `unjoined`: nobody joined in time. */
export type RoomClosedReason = "empty" | "abandoned" | "unjoined";
/** `removed`: by the host. `disconnected`: the last session that held the participant ended. */
export type ParticipantLeftReason = "left" | "removed" | "disconnected";

/** What changes the shared half. A fact carries all that it changes: folding the facts of a run yields its shared half. */
export type SharedFact =
  | { readonly kind: "SessionOpened"; readonly session: SessionId; readonly generation: number }
  | { readonly kind: "SessionResumed"; readonly session: SessionId; readonly generation: number }
  | { readonly kind: "SessionEnded"; readonly session: SessionId }
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
    }
  /** One more session holds a participant. */
  | { readonly kind: "ParticipantHeld"; readonly room: RoomId; readonly user: UserId; readonly session: SessionId }
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
    };

/** What an entry came to, where nothing has changed. */
export type Outcome =
  | { readonly kind: "RequestRefused"; readonly client: ClientId; readonly refusal: Refusal }
  /** What was asked for is so already. */
  | { readonly kind: "NothingToDo"; readonly client: ClientId };

/** What has happened and been accepted, or refused. What anybody is told, logs and metrics are made from facts; nothing is decided by them. */
export type Fact = SharedFact | Outcome;
