import type * as O from "fp-ts/lib/Option.js";
import type { ClientId, Millis, SessionId, UserId } from "../base/id.js";
import type { RoomRequest, Token } from "../event.js";
import type { Identity, Member } from "../state.js";

/** Who asks: known when the entry is made, so that applying it looks at nothing local. */
export interface Requester {
  /** The client to answer, on the node that made the entry. */
  readonly client: ClientId;
  readonly session: SessionId;
  readonly generation: number;
  readonly identity: Identity;
  /** Of a session that can be resumed. */
  readonly member: O.Option<Member>;
  readonly token: O.Option<Token>;
}

/** A change to try on the shared half; with a log, a line of it. `at` is the time of whatever it changes. */
export type Entry =
  | { readonly kind: "Request"; readonly at: Millis; readonly request: RoomRequest; readonly by: Requester }
  /** `generation`: of the ticket that was shown. */
  | {
      readonly kind: "ResumeSession";
      readonly at: Millis;
      readonly session: SessionId;
      readonly generation: number;
      readonly user: UserId;
    }
  /** The client of this generation has shown that it has its ticket: earlier ones are no longer good. */
  | {
      readonly kind: "AcknowledgeSession";
      readonly at: Millis;
      readonly session: SessionId;
      readonly generation: number;
    }
  /** The socket is gone, and the session may be resumed. */
  | { readonly kind: "LoseSession"; readonly at: Millis; readonly session: SessionId; readonly generation: number }
  | { readonly kind: "EndSession"; readonly at: Millis; readonly session: SessionId; readonly generation: number }
  /** What was due up to now. */
  | { readonly kind: "Expire"; readonly at: Millis };
