import type * as E from "fp-ts/lib/Either.js";
import type { ClientId, DialectName, Millis, SessionId, UserId } from "../base/id.js";
import type { Limits } from "../base/limits.js";
import type { FrameEvent } from "../event.js";
import type { IceServers, Refusal, ServerMessage } from "../message.js";
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

/** A token that the adapter has to verify before anything of it enters the core. */
export interface TokenShown {
  readonly kind: "TokenShown";
  readonly at: Millis;
  readonly client: ClientId;
  readonly id?: number;
  readonly seen?: number;
  readonly token: string;
}

/** Every frame is exactly one event; what cannot be read becomes `FrameRefused`. Neither function throws. */
export interface Decoder {
  readonly text: (arrival: Arrival, frame: string) => FrameEvent | TokenShown;
  readonly binary: (arrival: Arrival) => FrameEvent;
  /** The first frame, where the dialect begins with a hello or the server asks for a token. Left: why it is none. */
  readonly hello?: (frame: string) => E.Either<Refusal, Hello>;
}

/** What a message needs that is not in the state, because it is secret or the adapters' own. */
export interface Beside {
  readonly bodyOf: BodyOf;
  /** What a signal carries that was sent in another dialect. */
  readonly signalDataOf: BodyOf;
  /** The ticket of a session, for its generation and its user. */
  readonly ticketOf: (ticketed: Member & { readonly session: SessionId; readonly generation: number }) => string;
  /** Made for the user at this moment, where they need credentials. */
  readonly iceServersOf: (user: UserId) => IceServers;
}

/** A wire protocol. Chosen at the handshake, and named by `ClientConnected`. Pure. */
export interface Dialect {
  readonly name: DialectName;
  /** Whether the first frame is a hello also where the server asks for no token. */
  readonly beginsWithHello: boolean;
  /** Reads frames within the limits. The size of a frame is capped before, by the socket. */
  readonly decoder: (limits: Limits) => Decoder;
  /**
   * A message as the text of its frame; undefined where the dialect has no words for it, and nothing is sent. A state message shows the
   * state given here, whenever it was ordered.
   */
  readonly encode: (state: State, message: ServerMessage, beside: Beside) => string | undefined;
  /** The frame that tells somebody who is not let in why. `id` is that of the hello. */
  readonly refused?: (refusal: Refusal, at: Millis, id?: number) => string;
  /** The frame that tells a client that its socket will be closed in so many ms, and that it is to come back then. */
  readonly comeBack?: (inMs: number) => string;
  /** The body of a relayed frame of this dialect, as JSON, for clients of another one. Never throws. */
  readonly body: (frame: string) => unknown;
  /** What a signal of this dialect carries, as JSON, for clients of another one. Never throws. */
  readonly signalData?: (frame: string) => unknown;
}

export type BodyOf = (relayed: { readonly dialect: DialectName; readonly text: string }) => unknown;

/** Encodes for a client of the dialect. The dialects of one server are named, so that a client can be sent what another one wrote. */
export const encodeAmong = (
  dialects: ReadonlyArray<Dialect>,
  others: Omit<Beside, "bodyOf" | "signalDataOf"> = { ticketOf: () => "", iceServersOf: () => ({ iceServers: [] }) },
): ((dialect: Dialect, state: State, message: ServerMessage) => string | undefined) => {
  const bodyOf: BodyOf = ({ dialect, text }) => dialects.find(({ name }) => name === dialect)?.body(text);
  const signalDataOf: BodyOf = ({ dialect, text }) => dialects.find(({ name }) => name === dialect)?.signalData?.(text);
  const beside: Beside = { ...others, bodyOf, signalDataOf };
  return (dialect, state, message) => dialect.encode(state, message, beside);
};
