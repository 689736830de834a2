import type { ChannelName, ClientId, RoomId, UserId } from "./base/id.js";
import type { Refusal, ServerMessage } from "./message.js";

/** Who is meant, as a name: `recipients` tells which clients that is in a given state. */
export type Audience =
  | { readonly kind: "Client"; readonly client: ClientId }
  | { readonly kind: "Everyone" }
  | { readonly kind: "Subscribers"; readonly channel: ChannelName }
  /** Subscribers of the channel, except the sender. */
  | { readonly kind: "Others"; readonly channel: ChannelName; readonly sender: ClientId }
  /** Of those, the ones not known to act only for somebody else. */
  | { readonly kind: "User"; readonly channel: ChannelName; readonly sender: ClientId; readonly user: UserId };

export type RoomClosedWhy = "last participant left" | "creator disconnected unjoined" | "nobody joined in time";
export type ParticipantLeftWhy = "left" | "removed by the host" | "disconnected";

/** What happened in the domain's words: logs, metrics and audits are made from it, and nothing is decided by it. */
export type Fact =
  | { readonly kind: "RoomOpened"; readonly room: RoomId; readonly name: string }
  | { readonly kind: "RoomUpdated"; readonly room: RoomId; readonly name: string }
  | { readonly kind: "RoomClosed"; readonly room: RoomId; readonly name: string; readonly why: RoomClosedWhy }
  | {
      readonly kind: "ParticipantJoined";
      readonly room: RoomId;
      readonly roomName: string;
      readonly user: UserId;
      readonly userName: string;
      readonly total: number;
    }
  | {
      readonly kind: "ParticipantLeft";
      readonly room: RoomId;
      readonly roomName: string;
      readonly user: UserId;
      readonly userName: string;
      readonly why: ParticipantLeftWhy;
      readonly total: number;
    }
  | { readonly kind: "MessageRefused"; readonly client: ClientId; readonly refusal: Refusal };

/** An order to the adapters: plain JSON, the only way out of the core. A broadcast is one effect however many receive it. */
export type Effect =
  | { readonly kind: "Send"; readonly to: Audience; readonly message: ServerMessage }
  | { readonly kind: "Close"; readonly to: Audience; readonly code: number; readonly reason: string }
  | { readonly kind: "Report"; readonly fact: Fact };
