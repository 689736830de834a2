import type { ParticipantLeftReason } from "../../../core/index.js";
import { printable } from "../../observe/printable.js";
import type { Connection, Membership, Refused, Relay } from "../recording.js";
import type { Named } from "../who.js";
import { labelOf } from "./words.js";

/** The label of a message. `socket` is given where its sender had several. */
export const messageLabel = (
  { type, receivers }: Relay,
  { socket, isUnheard }: { readonly socket: string; readonly isUnheard: boolean },
): string => {
  // What tells an offer from an answer stands at the end, where a narrow column would cut it off.
  const shortened = printable(type.replace(/^webrtc-/, ""));
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
