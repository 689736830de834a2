import type { Millis } from "./base/id.js";

/** Why a message was not carried out (PROTOCOL, "Refusals"). */
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

/** Told to the client as an `error` message. A refusal changes no state and costs nobody else anything. */
export interface Refusal {
  readonly code: RefusalCode;
  /** A sentence for the developer of the client. */
  readonly message: string;
  /** The type of the refused message, where it had one. */
  readonly about?: string;
  /** The offending member, as `data.roomId`. */
  readonly path?: string;
}

/**
 * What the server says. `ClientCount` and `RoomList` are names of states, not copies: `encode` writes the state that holds when
 * they leave, so that a newer one replaces one that is still waiting. `at` becomes the `timestamp`.
 */
export type ServerMessage =
  | { readonly kind: "ClientCount"; readonly at: Millis }
  | { readonly kind: "RoomList"; readonly at: Millis }
  | { readonly kind: "Pong"; readonly at: Millis }
  | { readonly kind: "Echo"; readonly at: Millis; readonly original: string }
  | { readonly kind: "Error"; readonly at: Millis; readonly refusal: Refusal }
  | { readonly kind: "Relay"; readonly text: string };
