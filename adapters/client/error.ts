import type { ErrorCode } from "../../core/dialect/v1/wire.js";
import type { Frame } from "./frames.js";

/** What goes wrong on this side of the wire. */
export type LocalCode =
  /** The server did not answer in time. */
  | "timeout"
  /** The session was away for longer than the grace, or the server has forgotten it. */
  | "session-lost"
  /** Somebody asked something of a session or a room that is over. */
  | "closed"
  /** The session goes on elsewhere: another tab or device has come back with its ticket. */
  | "replaced"
  /** No WebSocket can be made to this address from here. */
  | "bad-address"
  /** The server did not take the hello. */
  | "refused"
  /** The `token` callback has failed. */
  | "token-failed"
  /** The `signal` of `connect` was aborted. */
  | "aborted"
  /** The one who waited gave up. */
  | "withdrawn"
  /** Nobody has answered the knock in time. */
  | "knock-expired"
  /** The room was closed while somebody waited at its door. */
  | "room-closed"
  /** No peer connection could be made; `reason` says why. */
  | "connection-failed"
  /** There is no WebSocket or RTCPeerConnection here, and none was given. */
  | "unsupported"
  /** A frame that is not of the protocol, or a step of WebRTC that threw. `cause` has it. */
  | "unexpected";

/** Why two participants could not be connected. */
export type FailureReason =
  /** Offers were sent, and none was answered. */
  | "no-answer"
  /** This side found no address of its own to offer. */
  | "no-candidates"
  /** The other side has sent no address. */
  | "no-remote-candidates"
  /** Neither the server nor the options name an ICE server: only addresses of one network could be tried. */
  | "no-ice-servers"
  /** Direct ways failed, and no TURN server gave a relayed address. */
  | "no-relay"
  /** Every way was tried, the relayed ones too. */
  | "unreachable"
  /** A way was found, and the encrypted connection over it failed. */
  | "handshake";

interface Details {
  /** The member that is wrong, such as `policy.capacity`. */
  readonly path?: string | undefined;
  /** When it makes sense to ask again. */
  readonly retryAfterMs?: number | undefined;
  /** Until when a denial, a removal or a ban holds, ms since 1970. */
  readonly until?: number | undefined;
  readonly reason?: FailureReason | undefined;
  /** Of a stale signal: the highest number that the two have used. */
  readonly negotiation?: number | undefined;
  readonly cause?: unknown;
}

/** Every failure of this library: a code to decide by, and a sentence for developers. */
export class SignalboxError extends Error {
  override readonly name = "SignalboxError";
  readonly path: string | undefined;
  readonly retryAfterMs: number | undefined;
  readonly until: number | undefined;
  readonly reason: FailureReason | undefined;
  readonly negotiation: number | undefined;

  constructor(
    readonly code: ErrorCode | LocalCode,
    message: string,
    { path, retryAfterMs, until, reason, negotiation, cause }: Details = {},
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.path = path;
    this.retryAfterMs = retryAfterMs;
    this.until = until;
    this.reason = reason;
    this.negotiation = negotiation;
  }
}

/** What the server has refused. Who is kept out learns for how long, and so until when by the clock of this side. */
export const refused = ({ code, message, ...details }: Extract<Frame, { readonly type: "error" }>): SignalboxError => {
  const isKeptOut = code === "denied" || code === "removed" || code === "banned";
  const until = isKeptOut && details.retryAfterMs !== undefined ? Date.now() + details.retryAfterMs : undefined;
  return new SignalboxError(code, message, { ...details, until });
};

/** What was thrown, as a failure of this library. */
export const failure = (cause: unknown): SignalboxError =>
  cause instanceof SignalboxError
    ? cause
    : new SignalboxError("unexpected", cause instanceof Error ? cause.message : String(cause), { cause });

/** The last resort: a failure that nobody listens for is at least seen. */
export const report = (error: unknown): void => {
  // biome-ignore lint/suspicious/noConsole: nothing else is left to tell it to
  console.error(error);
};
