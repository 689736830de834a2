import type { ClientId, Millis, SessionId } from "../base/id.js";
import type { RoomRequest } from "../event.js";
import type { Identity } from "../state.js";

/** Who asks: known when the entry is made, so that applying it looks at nothing local. */
export interface Requester {
  /** The client to answer, on the node that made the entry. */
  readonly client: ClientId;
  readonly session: SessionId;
  readonly generation: number;
  readonly identity: Identity;
}

/** A change to try on the shared half; with a log, a line of it. `at` is the time of whatever it changes. */
export type Entry =
  | { readonly kind: "Request"; readonly at: Millis; readonly request: RoomRequest; readonly by: Requester }
  | { readonly kind: "ResumeSession"; readonly at: Millis; readonly session: SessionId; readonly generation: number }
  | { readonly kind: "EndSession"; readonly at: Millis; readonly session: SessionId; readonly generation: number }
  | { readonly kind: "CloseUnjoinedRooms"; readonly at: Millis };
