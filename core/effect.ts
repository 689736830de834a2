import type { ChannelName, ClientId, NodeId, RoomId, UserId } from "./base/id.js";
import type { Entry } from "./entry.js";
import type { Answer, Forwarded } from "./event.js";
import type { Fact } from "./fact.js";
import type { ServerMessage } from "./message.js";

/** Who is meant, as a name: `recipients` tells which clients that is in a given state. */
export type Audience =
  | { readonly kind: "Client"; readonly client: ClientId }
  | { readonly kind: "Everyone" }
  /** The clients that are in the room with a session that can be resumed. */
  | { readonly kind: "Attendees"; readonly room: RoomId }
  /** The clients that watch the directory. */
  | { readonly kind: "Watchers" }
  | { readonly kind: "Subscribers"; readonly channel: ChannelName }
  /** Subscribers of the channel, except the sender. */
  | { readonly kind: "Others"; readonly channel: ChannelName; readonly sender: ClientId }
  /** Of those, the ones not known to act only for somebody else. A sender on another node is none of them. */
  | { readonly kind: "User"; readonly channel: ChannelName; readonly sender?: ClientId; readonly user: UserId };

/** An order to the adapters, as plain JSON: the only way out of the core. A broadcast is one effect however many receive it. */
export type Effect =
  | { readonly kind: "Send"; readonly to: Audience; readonly message: ServerMessage }
  | { readonly kind: "Close"; readonly to: Audience; readonly code: number; readonly reason: string }
  | { readonly kind: "Report"; readonly fact: Fact }
  /** To be written into the log. It comes back as `Appended`, in the order of the log, and changes nothing before. */
  | { readonly kind: "Append"; readonly entry: Entry }
  /** To other nodes, where it arrives as `Forwarded`: to these, or to all with subscribers of its channel. */
  | { readonly kind: "Forward"; readonly to: ReadonlyArray<NodeId> | "subscribers"; readonly message: ToForward }
  /** To the node that has asked, where it arrives as `Replied`. */
  | { readonly kind: "Reply"; readonly to: NodeId; readonly asked: number; readonly answer: Answer };

export type ToForward = Pick<Forwarded, "by" | "request" | "asked">;
