import type { Position } from "./recording.js";

/** A user or a room, with the last known name. */
export interface Named {
  readonly id: string;
  readonly name: string;
}

/** A socket, and whom it acts for. */
export interface SocketOwner {
  readonly socket: number;
  /** Everybody it ever acted for in the recording. */
  readonly users: ReadonlyArray<Named>;
  /** The users that it was refused a room as. */
  readonly claims: ReadonlyArray<Named>;
  /** Whether the server knew of any of `users` by then. */
  readonly isKnown: boolean;
}

/** A socket with the users that the server knew it acts for, and since when. */
export interface ActingSocket {
  readonly socket: number;
  readonly users: ReadonlyArray<Named & { readonly since: Position }>;
}

/** A signal and who sent it. */
export interface Sent extends Position {
  readonly sender: Named;
}

/** Why a word names no user, or no room, of a recording. `known` are those that it may have meant, the most similar first. */
export type NameProblem =
  | { readonly code: "unknown-user" | "unknown-room"; readonly word: string; readonly known: ReadonlyArray<Named> }
  | { readonly code: "ambiguous-name"; readonly word: string; readonly known: ReadonlyArray<Named> }
  | { readonly code: "same-user" };
