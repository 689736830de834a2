import type { ParticipantLeftReason } from "../../../core/index.js";
import { printable } from "../../observe/printable.js";
import type {
  Barring,
  Connection,
  DoorStep,
  Membership,
  NodeChange,
  Refused,
  Relay,
  RoomChange,
  SessionChange,
} from "../recording.js";
import { timeOfDay, timeSince } from "../times.js";
import type { Named } from "../who.js";
import { closeCode, labelOf, size, socketName } from "./words.js";

/** The label of a message. `where` is given where its sender had several sockets, or signals passed in several rooms. */
export const messageLabel = (
  { type, receivers, isKept, sentAgain, noReplyOf }: Relay,
  { where, isUnheard }: { readonly where: string; readonly isUnheard: boolean },
): string => {
  // What tells an offer from an answer stands at the end, where a narrow column would cut it off.
  const shortened = printable(type.replace(/^webrtc-/, ""));
  if (isKept)
    return `${shortened}${where} (kept, ${sentAgain === undefined ? "never delivered" : `delivered at ${timeOfDay(sentAgain.at)}`})`;
  if (noReplyOf.length > 0) return `${shortened}${where}: no answer of node ${noReplyOf.join(", ")}`;
  const reached = receivers.length === 0 ? " to nobody" : isUnheard ? ", not to its recipient" : "";
  return `${shortened}${where}${reached}`;
};

/** Which of several sockets of a user it was. */
export const onSocket = (socket: number): string => ` (socket ${socketName(socket)})`;

/** The room that a signal passed in. */
export const inRoom = ({ name }: Named): string => ` in ${printable(name)}`;

/** The type of the message, what it was about, and the code: `webrtc-offer r2 refused: rate-limited`. */
export const refusalLabel = ({ type, where, code, bytes }: Refused): string =>
  `${type === undefined ? "message" : printable(type)}${where === undefined ? "" : ` ${printable(where)}`} refused: ${code}${bytes === undefined ? "" : ` (${size(bytes)})`}`;

/** `left Reception (disconnected)`. Where another room has the same name, the room is called by its id too. */
export const membershipLabel = (
  membership: Membership,
  { room, isNameTaken, by }: { readonly room: Named; readonly isNameTaken: boolean; readonly by: string | undefined },
): string => {
  const shown = isNameTaken ? labelOf(room) : printable(room.name);
  return membership.kind === "join" ? `joined ${shown}` : `left ${shown}${leftBecause(membership.reason, by)}`;
};

const leftBecause = (reason: ParticipantLeftReason, by: string | undefined): string => {
  switch (reason) {
    case "left":
      return "";
    case "removed":
      return by === undefined ? " (removed by the host)" : ` (removed by ${by})`;
    case "disconnected":
      return " (disconnected)";
    case "banned":
      return by === undefined ? " (banned)" : ` (banned by ${by})`;
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
      return `away${change.node === undefined ? "" : ` with node ${change.node}`}, kept until ${timeOfDay(change.until)}`;
    case "back":
      return `back on socket ${socketName(change.client)}${change.isGap ? ", with a gap" : ""}`;
    case "lost":
      return "away for too long: the session is over";
  }
};

/** `knocked at Standup`, `denied at Standup by Ann (u7)` */
export const doorLabel = (one: DoorStep | Barring, room: Named, by: string | undefined): string => {
  const whom = by === undefined ? "" : ` by ${by}`;
  const at = printable(room.name);
  if (one.kind === "bar") return `${one.reason}: cannot come into ${at} before ${timeSince(one.at, one.until)}`;
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

/** `made host of Standup by Ann (u7)`, `host of Standup now: nobody else could be`, `locked Standup` */
export const roomChangeLabel = (change: RoomChange, room: Named, by: string | undefined): string => {
  const at = printable(room.name);
  switch (change.kind) {
    case "role": {
      const role = change.role === "cohost" ? "co-host" : change.role;
      return by === undefined ? `succeeds as ${role} of ${at}` : `made ${role} of ${at} by ${by}`;
    }
    case "lock": {
      const done = change.isLocked ? "locked" : "unlocked";
      return by === undefined ? `${at} was ${done}: it has no host` : `${done} ${at}`;
    }
    case "host-awaited":
      return `${at} waits for its host until ${timeOfDay(change.until)}`;
    case "host-returned":
      return `${at} has its host back`;
    case "no-host":
      return `${at} has no host any more`;
  }
};

/** The label of a socket's start or end. The code is shown where it was no ordinary close. */
export const connectionLabel = ({ kind, code }: Connection): string => {
  if (kind === "connect") return "connected";
  return code === undefined || ordinary.has(code) ? "disconnected" : `disconnected (${closeCode(code)})`;
};

const ordinary: ReadonlySet<number> = new Set([1000, 1001, 1005, 1006]);

/** The label of what became of a node. */
export const nodeLabel = ({ node, step }: NodeChange): string => {
  switch (step) {
    case "started":
      return `node ${node} started`;
    case "stopped":
      return `node ${node} stopped`;
    case "lost":
      return `node ${node} was given up by the others`;
  }
};

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
