import {
  type Ending,
  type FailureReason,
  type Participant,
  type Room,
  type RoomRole,
  SignalboxError,
} from "../../client/index.js";
import { isolateBidi } from "./bidi.js";

/* Everything that this page says about what went wrong, or how it stands. */

export const timeOf = (at: number): string =>
  new Date(at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });

const untilText = (until: number | undefined): string => (until === undefined ? "" : ` until ${timeOf(until)}`);

/** Why a room could not be entered, or something in it could not be done. */
export const errorText = (error: unknown): string => {
  if (!(error instanceof SignalboxError)) return `Something went wrong: ${String(error)}`;
  const { code, message, until } = error;
  switch (code) {
    case "denied":
      return `You were not let in. You can ask again${until === undefined ? " later" : ` after ${timeOf(until)}`}.`;
    case "banned":
      return `You are banned from this room${untilText(until)}.`;
    case "removed":
      return `You were removed from this room and cannot come back${untilText(until)}.`;
    case "room-locked":
      return "The room is locked: nobody new can come in until the host unlocks it.";
    case "room-full":
      return "The room is full.";
    case "room-not-found":
      return "There is no such room any more.";
    case "room-closed":
      return "The room was closed.";
    case "too-many-waiting":
      return "Too many people are waiting at this room already. Try again later.";
    case "too-many-rooms":
      return "There are too many rooms already.";
    case "knock-expired":
      return "Nobody has answered in time.";
    case "withdrawn":
      return "You are no longer waiting.";
    case "not-allowed":
      return `You may not do that: ${message.replace(/^not allowed: /, "")}.`;
    case "timeout":
      return "The server did not answer in time.";
    case "replaced":
      return "This meeting goes on in a newer window.";
    case "rate-limited":
      return "That was too much at once. Wait a moment.";
    case "too-large":
      return "That message is too long.";
    case "gone":
    case "no-such-participant":
      return "They are not there any more.";
    default:
      return message;
  }
};

export const endingText = (reason: Ending, until: number | undefined): string => {
  switch (reason) {
    case "left":
      return "You have left the room.";
    case "removed":
      return "You were removed from the room.";
    case "banned":
      return `You were banned from the room${untilText(until)}.`;
    case "closed":
      return "The room was closed.";
    case "replaced":
      return "This meeting goes on in a newer window.";
    case "lost":
      return "You were away for too long, and your place in the room is gone.";
  }
};

/** Why two people could not be connected, and what helps. */
export const failureText = (reason: FailureReason): string => {
  switch (reason) {
    case "no-answer":
      return "their browser did not answer";
    case "no-candidates":
      return "this browser found no network address of its own";
    case "no-remote-candidates":
      return "their browser sent no network address";
    case "no-ice-servers":
      return "no direct way was found, and the server names no STUN or TURN server that would help across networks";
    case "no-relay":
      return "no direct way was found, and no TURN server gave a relayed one";
    case "unreachable":
      return "every way was tried, the relayed ones too, and none got through";
    case "handshake":
      return "a way was found, but the encrypted connection over it failed";
  }
};

const shellWord = (name: string): string => (/^[\w.-]+$/.test(name) ? name : `'${name.replaceAll("'", "'\\''")}'`);

/** The command that explains it from a recording. */
export const whyCommand = (me: string, other: string): string =>
  `npm run replay -- FILE --why ${shellWord(me)} ${shellWord(other)}`;

/** What is told of a room that this window is not in at the moment. */
export const stateText: Readonly<Record<Room["state"], string | undefined>> = {
  joined: undefined,
  rejoining: "Joining the room again…",
  waiting: "Waiting to be let in again.",
  over: undefined,
};

export const roleText: Readonly<Record<RoomRole, string>> = { host: "Host", cohost: "Co-host", participant: "" };

/** How the connection to somebody stands. */
export const connectionText = ({ connection, state }: Participant): string => {
  if (connection === "connected") return "Connected";
  if (state === "away") return "";
  switch (connection) {
    case "new":
      return "Not connected yet";
    case "connecting":
      return "Connecting…";
    case "failed":
      return "Could not connect";
    case "closed":
      return "Not connected";
  }
};

export const leftText = (name: string, reason: "left" | "lost" | "removed" | "banned"): string => {
  const who = isolateBidi(name);
  switch (reason) {
    case "left":
      return `${who} left.`;
    case "lost":
      return `${who} did not come back.`;
    case "removed":
      return `${who} was removed.`;
    case "banned":
      return `${who} was banned.`;
  }
};

/** Why there is no camera, microphone or screen. */
export const mediaErrorText = (what: "camera" | "microphone" | "screen", error: unknown): string => {
  const name = error instanceof DOMException || error instanceof Error ? error.name : "";
  if (name === "NotAllowedError")
    return what === "screen"
      ? "The screen is not shared."
      : `This browser may not use the ${what}. Allow it for this page and try again.`;
  if (name === "NotFoundError" || name === "OverconstrainedError") return `There is no ${what}.`;
  if (name === "NotReadableError") return `The ${what} is in use by another program.`;
  if (name === "TypeError") return `This browser gives no ${what} to a page without HTTPS.`;
  return `The ${what} could not be started: ${error instanceof Error ? error.message : String(error)}`;
};
