import type * as O from "fp-ts/lib/Option.js";
import type { ClientId, DialectName, Millis, NodeId, SessionId, UserId } from "./base/id.js";
import type { Settings } from "./base/limits.js";
import type { RoomRequest, Token } from "./request.js";
import type { Identity, Mark, Member } from "./state.js";

/** Who asks: known when the entry is made, so that applying it looks at nothing local. */
export interface Requester {
  /** The client to answer, on the node that made the entry. */
  readonly client: ClientId;
  readonly node: O.Option<NodeId>;
  readonly dialect: DialectName;
  readonly session: SessionId;
  readonly generation: number;
  readonly identity: Identity;
  /** Of a session that can be resumed. */
  readonly member: O.Option<Member>;
  readonly token: O.Option<Token>;
}

/** Who shows a ticket: the client, and the session that it begins if the ticket is not good. */
export interface Arriving {
  readonly client: ClientId;
  readonly node: O.Option<NodeId>;
  readonly session: SessionId;
  /** The number of the hello. */
  readonly id: number;
  /** The highest number of a frame that it has received. */
  readonly seen: number;
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
      readonly by: Arriving;
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
  | {
      readonly kind: "EndSession";
      readonly at: Millis;
      readonly session: SessionId;
      readonly generation: number;
      /** The client that asked for it, and the number of its request. */
      readonly goodbye?: { readonly client: ClientId; readonly id: number };
    }
  /** What was due up to now. */
  | { readonly kind: "Expire"; readonly at: Millis }
  /**
   * A run begins, with these settings. Unless it `joins` others, nobody has a socket any more. `level`: the highest at which it can decide;
   * absent in what was written before there were levels, which is the first.
   */
  | {
      readonly kind: "StartNode";
      readonly at: Millis;
      readonly node: NodeId;
      readonly settings: Settings;
      readonly joins: boolean;
      readonly level?: number;
    }
  /** The node is still there. `mark`: its digest after its renewal before this one. */
  | {
      readonly kind: "RenewNode";
      readonly at: Millis;
      readonly node: NodeId;
      readonly clients: number;
      readonly mark?: Mark;
    }
  /** The node is given up, if this renewal of it is still its last, and its lease is over. */
  | { readonly kind: "SuspectNode"; readonly at: Millis; readonly node: NodeId; readonly renewedAt: Millis }
  /** The run ends: nobody has a socket there any more. */
  | { readonly kind: "StopNode"; readonly at: Millis; readonly node: NodeId };
