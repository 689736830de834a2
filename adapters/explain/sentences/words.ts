import { printable } from "../../observe/printable.js";
import type { Position } from "../recording.js";
import { span, timeOfDay } from "../times.js";
import type { ActingSocket, Named, Sent, SocketOwner } from "../who.js";

/** Of a longer list the rest is counted. */
export const listedMax = 8;

/** The name and, where it says something else, the id: `Ann (u7)`. */
export const labelOf = ({ id, name }: Named): string =>
  name === id ? printable(id) : `${printable(name)} (${printable(id)})`;

/** With commas, and at most `listedMax` of them. */
export const listed = (words: ReadonlyArray<string>): string =>
  words.length > listedMax
    ? `${words.slice(0, listedMax).join(", ")} and ${words.length - listedMax} more`
    : words.join(", ");

/** `#7 (05:04:34)`, in UTC. */
export const stamp = ({ event, at }: Position): string => `#${event} (${timeOfDay(at)})`;

/** `#7 (05:04:34), #9 (05:04:39)` */
export const stamps = (positions: ReadonlyArray<Position>): string => listed(positions.map(stamp));

/** `#7 (05:04:34) by Ann (u7)` */
export const stampBy = (sent: Sent): string => `${stamp(sent)} by ${labelOf(sent.sender)}`;

/** `sockets 1, 2` */
export const socketList = (ids: ReadonlyArray<number>): string =>
  `socket${ids.length === 1 ? "" : "s"} ${listed(ids.map(String))}`;

/** The time between two. */
export const spanBetween = (a: Position, b: Position): string => span(Math.abs(a.at - b.at));

/** `answer`, `answers` */
export const plural = (word: string, { length }: { readonly length: number }): string =>
  length === 1 ? word : `${word}s`;

/** `socket 24, which had not said yet that it is Olga (u7)` */
export const ownerText = ({ socket, users, claims, isKnown }: SocketOwner): string => {
  const claimed = claims.map(labelOf).join(", ");
  if (users.length === 0)
    return `socket ${socket}, which ${claimed === "" ? "never said who it is" : `was refused as ${claimed}`}`;
  const labels = users.map(labelOf).join(", ");
  return isKnown ? `socket ${socket} of ${labels}` : `socket ${socket}, which had not said yet that it is ${labels}`;
};

/** `socket 2 (known to act for Bob (b7) since #11 (05:04:34))` */
export const actingFor = (sockets: ReadonlyArray<ActingSocket>): string =>
  listed(
    sockets.map(({ socket, users }) => {
      const whom = users.map((user) => `${labelOf(user)} since ${stamp(user.since)}`);
      return `socket ${socket} (known to act for ${listed(whom)})`;
    }),
  );

/** The meaning of a close code (RFC 6455, 7.4.1) for whoever looks for a cause. */
export const closeCode = (code: number): string => `${code}: ${meaningOf(code)}`;

const meaningOf = (code: number): string => {
  switch (code) {
    case 1000:
      return "closed by the page";
    case 1001:
      return "the page was closed or reloaded";
    case 1005:
      return "closed by the page without a code";
    case 1006:
      return "no close at all, so a closed lid, a lost network, a hung or crashed browser; the server cuts off who is silent";
    case 1007:
      return "a text was not UTF-8";
    case 1008:
      return "closed by a policy";
    case 1009:
      return "a frame was too large";
    case 1013:
      return "it was too slow and cut off";
    default:
      return "see RFC 6455, 7.4";
  }
};

/** Ids are chosen by clients: in a shell they must be words, and nothing else. */
export const quoted = (id: string): string =>
  /^[\w.@:-]+$/.test(id) && !id.startsWith("-") ? id : `'${printable(id).replaceAll("'", "'\\''")}'`;
