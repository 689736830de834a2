import type { ChannelName, DialectName, Millis, RoomId, UserId } from "./base/id.js";

/** Why a request was refused (docs/PROTOCOL.md, "Refusals"). */
export type RefusalCode =
  | "invalid-message"
  | "binary-unsupported"
  | "no-channel"
  | "room-not-found"
  | "room-exists"
  | "not-allowed"
  | "too-many-channels"
  | "too-many-rooms"
  | "room-full"
  | "rate-limited";

/** The requests whose refusal names them by kind. A dialect names the frames that it cannot read, and the rate limit names none. */
export type RefusedRequest = "SubscribeRequested" | "CreateRequested" | "JoinRequested" | "LeaveRequested";

/** Sent to the client as an error. A refusal changes no state and is not noticed by anybody else. */
export interface Refusal {
  readonly code: RefusalCode;
  /** A sentence for the developer of the client. */
  readonly message: string;
  /** The type of the refused message as the client wrote it, where only the dialect knows it. */
  readonly about?: string;
  /** The kind of the refused request; the dialect knows what its clients call it. */
  readonly request?: RefusedRequest;
  /** The offending member, such as `data.roomId`. */
  readonly path?: string;
}

/** A frame that is passed on: what it means, and beside it the original text in the dialect of its sender. */
interface Relayed {
  readonly dialect: DialectName;
  readonly text: string;
}

export type ServerMessage =
  /** `ClientCount` and `RoomList` name a state: `encode` writes the state that holds when they leave. `at` is their time. */
  | { readonly kind: "ClientCount"; readonly at: Millis }
  | { readonly kind: "RoomList"; readonly at: Millis }
  | { readonly kind: "Pong"; readonly at: Millis }
  | { readonly kind: "Echo"; readonly at: Millis; readonly original: string }
  | { readonly kind: "Error"; readonly at: Millis; readonly refusal: Refusal }
  | ({
      readonly kind: "Relay";
      readonly channel: ChannelName;
      readonly type: string;
      readonly from?: UserId;
      readonly to?: UserId;
    } & Relayed)
  | ({
      readonly kind: "JoinRelay";
      readonly roomId: RoomId;
      readonly userId: UserId;
      readonly userName: string;
    } & Relayed)
  | ({ readonly kind: "LeaveRelay"; readonly roomId: RoomId; readonly userId: UserId } & Relayed);
