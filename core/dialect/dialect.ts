import type { ClientId, DialectName, Millis } from "../base/id.js";
import type { Limits } from "../base/limits.js";
import type { FrameEvent } from "../event.js";
import type { ServerMessage } from "../message.js";
import type { State } from "../state.js";

/** What the socket knows about a frame before it is decoded. */
export interface Arrival {
  readonly at: Millis;
  readonly client: ClientId;
}

/** Every frame is exactly one event; what cannot be read becomes `FrameRefused`. Neither function throws. */
export interface Decoder {
  readonly text: (arrival: Arrival, frame: string) => FrameEvent;
  readonly binary: (arrival: Arrival) => FrameEvent;
}

/** A wire protocol. Chosen at the handshake, and named by `ClientConnected`. Pure. */
export interface Dialect {
  readonly name: DialectName;
  /** Reads frames within the limits. The size of a frame is capped before, by the socket. */
  readonly decoder: (limits: Limits) => Decoder;
  /**
   * A message as the text of its frame. A state message shows the state given here, whenever it was ordered. `bodyOf` reads the body
   * of a relayed frame of any dialect.
   */
  readonly encode: (state: State, message: ServerMessage, bodyOf: BodyOf) => string;
  /** The body of a relayed frame of this dialect, as JSON, for clients of another one. Never throws. */
  readonly body: (frame: string) => unknown;
}

export type BodyOf = (relayed: { readonly dialect: DialectName; readonly text: string }) => unknown;

/** Encodes for a client of the dialect. The dialects of one server are named, so that a client can be sent what another one wrote. */
export const encodeAmong = (
  dialects: ReadonlyArray<Dialect>,
): ((dialect: Dialect, state: State, message: ServerMessage) => string) => {
  const bodyOf: BodyOf = ({ dialect, text }) => dialects.find(({ name }) => name === dialect)?.body(text);
  return (dialect, state, message) => dialect.encode(state, message, bodyOf);
};
