import type { ParticipantLeftReason } from "../../../core/index.js";
import { printable } from "../../observe/printable.js";
import type { Barring, Connection, DoorStep, Membership, Refused, Relay, SessionChange } from "../recording.js";
import { timeOfDay } from "../times.js";
import type { Named } from "../who.js";
import { labelOf } from "./words.js";

/** The label of a message. `socket` is given where its sender had several. */
export const messageLabel = (
  { type, receivers, isKept, sentAgain }: Relay,
  { socket, isUnheard }: { readonly socket: string; readonly isUnheard: boolean },
): string => {
  // What tells an offer from an answer stands at the end, where a narrow column would cut it off.
  const shortened = printable(type.replace(/^webrtc-/, ""));
  if (isKept)
    return `${shortened}${socket} (kept, ${sentAgain === undefined ? "never delivered" : `delivered at ${timeOfDay(sentAgain.at)}`})`;
  const reached = receivers.length === 0 ? " to nobody" : isUnheard ? ", not to its recipient" : "";
  return `${shortened}${socket}${reached}`;
};

/** Which of several sockets of a user it was. */
export const onSocket = (socket: number): string => ` (socket ${socket})`;

/** The type of the message, what it was about, and the code: `webrtc-offer r2 refused: rate-limited`. */
export const refusalLabel = ({ type, where, code }: Refused): string =>
  `${type === undefined ? "message" : printable(type)}${where === undefined ? "" : ` ${printable(where)}`} refused: ${code}`;

/** `left Reception (disconnected)`. Where another room has the same name, the room is called by its id too. */
export const membershipLabel = (membership: Membership, room: Named, isNameTaken: boolean): string => {
  const shown = isNameTaken ? labelOf(room) : printable(room.name);
  return membership.kind === "join" ? `joined ${shown}` : `left ${shown}${leftBecause(membership.reason)}`;
};

const leftBecause = (reason: ParticipantLeftReason): string => {
  switch (reason) {
    case "left":
      return "";
    case "removed":
      return " (removed by the host)";
    case "disconnected":
      return " (disconnected)";
    case "banned":
      return " (banned)";
    case "lost":
      return " (away for too long)";
    case "closed":
      return " (the room was closed)";
  }
};

/** `away until 10:03:42`, `back on socket 5` */
export const sessionLabel = (change: SessionChange): string => {
  switch (change.kind) {
    case "away":
      return `away, kept until ${timeOfDay(change.until)}`;
    case "back":
      return `back on socket ${change.client}${change.isGap ? ", with a gap" : ""}`;
    case "lost":
      return "away for too long: the session is over";
  }
};

/** `knocked at Standup`, `denied at Standup by Ann (u7)` */
export const doorLabel = (one: DoorStep | Barring, room: Named, by: Named | undefined): string => {
  const whom = by === undefined ? "" : ` by ${labelOf(by)}`;
  const at = printable(room.name);
  if (one.kind === "bar") return `${one.reason} at ${at}${whom}, until ${timeOfDay(one.until)}`;
  switch (one.step) {
    case "knocked":
      return `knocked at ${at}${one.isHeard ? "" : ", and nobody heard it"}`;
    case "admitted":
      return `admitted to ${at}${whom}`;
    case "denied":
    case "banned":
      return `${one.step} at the door of ${at}${whom}`;
    case "withdrawn":
      return `withdrew the knock at ${at}`;
    case "expired":
      return `the knock at ${at} expired`;
    case "disconnected":
      return `the knock at ${at} ended with the session`;
    case "closed":
      return `the knock at ${at} ended: the room was closed`;
  }
};

/** The label of a socket's start or end. */
export const connectionLabel = ({ kind }: Connection): string => (kind === "connect" ? "connected" : "disconnected");

/** The label of the end of the server. */
export const stopLabel = "the server stopped";

/** A row that stands for several. */
export const countedLabel = (count: number, label: string): string => (count > 1 ? `${count} × ${label}` : label);

/** A message that only its own sender got. */
export const toItself = (label: string): string => `${label} (to itself)`;

/** The column heading of an id that nobody ever had. */
export const unknownUser = (id: string): string => `“${id}” (nobody)`;

/** Instead of an empty ladder. */
export const emptyLadder = "Nothing was signalled.";

/** Counts what is not drawn. */
export const copiesLeftOut = (copies: number): string =>
  copies === 0 ? "" : `Not drawn: ${copies} ${copies === 1 ? "copy" : "copies"} to other sockets (--all).`;
