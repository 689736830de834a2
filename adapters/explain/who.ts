import type { Position } from "./recording.js";

/** Somebody, by id and by the name that they were last seen with. */
export interface Named {
  readonly id: string;
  readonly name: string;
}

/** A socket, and whom it acts for. */
export interface SocketOwner {
  readonly socket: number;
  /** Everybody it ever acted for in the recording. */
  readonly users: ReadonlyArray<Named>;
  /** As whom it was refused a room. */
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

/** Why a word names nobody, or no room, of a recording. `known` are those whom it might have meant, the most similar first. */
export type NameProblem =
  | { readonly code: "unknown-user" | "unknown-room"; readonly word: string; readonly known: ReadonlyArray<Named> }
  | { readonly code: "ambiguous-name"; readonly word: string; readonly known: ReadonlyArray<Named> }
  | { readonly code: "same-user" };
