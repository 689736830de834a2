import type * as E from "fp-ts/lib/Either.js";
import type { ClientId, DialectName, Millis, SessionId } from "../base/id.js";
import type { Limits } from "../base/limits.js";
import type { FrameEvent } from "../event.js";
import type { Refusal, ServerMessage } from "../message.js";
import type { Member, State } from "../state.js";

/** What the socket knows about a frame before it is decoded. */
export interface Arrival {
  readonly at: Millis;
  readonly client: ClientId;
  /** Who the client is, in a dialect that begins with a hello. */
  readonly member?: Member;
}

/** The first frame of a dialect that begins with one. What it brings is secret, and is verified before it enters the core. */
export interface Hello {
  readonly id: number;
  readonly name?: string;
  readonly token?: string;
  readonly ticket?: string;
  readonly seen: number;
}

/** Every frame is exactly one event; what cannot be read becomes `FrameRefused`. Neither function throws. */
export interface Decoder {
  readonly text: (arrival: Arrival, frame: string) => FrameEvent;
  readonly binary: (arrival: Arrival) => FrameEvent;
  /** In a dialect that begins with a hello. Left: why it is none. */
  readonly hello?: (frame: string) => E.Either<Refusal, Hello>;
}

/** What a message needs that is not in the state, because it is secret or the adapters' own. */
export interface Beside {
  readonly bodyOf: BodyOf;
  /** The ticket of a session, for its generation and its user. */
  readonly ticketOf: (ticketed: Member & { readonly session: SessionId; readonly generation: number }) => string;
  /** As `RTCConfiguration` takes them. */
  readonly iceServers: ReadonlyArray<unknown>;
}

/** A wire protocol. Chosen at the handshake, and named by `ClientConnected`. Pure. */
export interface Dialect {
  readonly name: DialectName;
  /** Reads frames within the limits. The size of a frame is capped before, by the socket. */
  readonly decoder: (limits: Limits) => Decoder;
  /**
   * A message as the text of its frame; empty where the dialect has no words for it, and nothing is sent. A state message shows the
   * state given here, whenever it was ordered.
   */
  readonly encode: (state: State, message: ServerMessage, beside: Beside) => string;
  /** In a dialect that begins with a hello: the frame that tells somebody who is not let in why. */
  readonly refused?: (refusal: Refusal, id: number | undefined) => string;
  /** The body of a relayed frame of this dialect, as JSON, for clients of another one. Never throws. */
  readonly body: (frame: string) => unknown;
}

export type BodyOf = (relayed: { readonly dialect: DialectName; readonly text: string }) => unknown;

/** Encodes for a client of the dialect. The dialects of one server are named, so that a client can be sent what another one wrote. */
export const encodeAmong = (
  dialects: ReadonlyArray<Dialect>,
  others: Omit<Beside, "bodyOf"> = { ticketOf: () => "", iceServers: [] },
): ((dialect: Dialect, state: State, message: ServerMessage) => string) => {
  const bodyOf: BodyOf = ({ dialect, text }) => dialects.find(({ name }) => name === dialect)?.body(text);
  const beside: Beside = { ...others, bodyOf };
  return (dialect, state, message) => dialect.encode(state, message, beside);
};
