import { SignalboxError } from "./error.js";
import { openSession } from "./session.js";
import type { ConnectOptions, Session } from "./session-events.js";

export type { RoomRole } from "../../core/dialect/v1/wire.js";
export type { JoinOptions as ConnectionOptions } from "./connections.js";
export type { DirectoryEntry, DirectoryListener } from "./directory.js";
export type { RoomCreation, Waiting } from "./door.js";
export { type FailureReason, type LocalCode, SignalboxError } from "./error.js";
export type { Media } from "./media.js";
export type { Participant } from "./participant.js";
export type { ConnectionState, Data } from "./peer.js";
export type { Ending, Knock, Room, RoomEvents, RoomPolicy } from "./room-events.js";
export type { ConnectOptions, JoinOptions, Session, SessionEvents, TicketStorage } from "./session-events.js";
export type { SessionState } from "./transport.js";

const connectMs = 15_000;

/** `http` becomes `ws`; in a page the address may be relative. What is no address is left for the WebSocket to refuse. */
const socketUrl = (url: string): string => {
  try {
    return new URL(url, globalThis.location?.href).href.replace(/^http/, "ws");
  } catch {
    return url;
  }
};

/** Opens a session, or goes on with the one whose ticket is stored. Rejects if the server refuses it or cannot be reached in time. */
export const connect = (url: string, options: ConnectOptions = {}): Promise<Session> =>
  new Promise((resolve, reject) => {
    const { session, abandon } = openSession(socketUrl(url), options);
    let last: SignalboxError | undefined;
    const limit = options.connectMs ?? connectMs;
    const timer = setTimeout(() => {
      const attempt = last ? `; the last attempt: ${last.code}` : "";
      abandon(new SignalboxError("timeout", `No connection to ${url} within ${limit} ms${attempt}.`, { cause: last }));
    }, limit);
    const { signal } = options;
    const cancel = (): void =>
      abandon(new SignalboxError("aborted", "The connection is not wanted any more.", { cause: signal?.reason }));
    const done = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", cancel);
      session.off("error", note);
      session.off("state", settle);
    };
    const note = (error: SignalboxError): void => {
      last = error;
    };
    const settle: Parameters<typeof session.on<"state">>[1] = ({ state, error }) => {
      done();
      if (state === "connected") resolve(session);
      else reject(error ?? new SignalboxError("closed", "The session was closed before it was open."));
    };
    session.on("error", note);
    session.on("state", settle);
    signal?.addEventListener("abort", cancel);
    if (signal?.aborted) cancel();
  });
