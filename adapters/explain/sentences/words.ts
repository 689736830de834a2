import { closeCodes } from "../../../core/index.js";
import { printable } from "../../observe/printable.js";
import { nodeOf, numberOf } from "../nodes/sockets.js";
import type { Position } from "../recording.js";
import { span, timeOfDay } from "../times.js";
import type { ActingSocket, Named, Sent, SocketOwner } from "../who.js";

/** The longest list that is written out; the rest is counted. */
export const listedMax = 8;

/** The name, with the id where it differs: `Ann (u7)`. */
export const labelOf = ({ id, name }: Named): string =>
  name === id ? printable(id) : `${printable(name)} (${printable(id)})`;

/** Joins words with commas; those beyond `listedMax` are counted. */
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

/** The number of a socket; `3 at node 2` where several nodes are read together. */
export const socketName = (socket: number): string =>
  nodeOf(socket) === 0 ? String(socket) : `${numberOf(socket)} at node ${nodeOf(socket)}`;

/** `sockets 1, 2` */
export const socketList = (ids: ReadonlyArray<number>): string =>
  `socket${ids.length === 1 ? "" : "s"} ${listed(ids.map(socketName))}`;

/** `20,480 bytes` */
export const size = (bytes: number): string => `${bytes.toLocaleString("en")} bytes`;

/** The time between two events. */
export const spanBetween = (a: Position, b: Position): string => span(Math.abs(a.at - b.at));

/** `answer`, `answers` */
export const plural = (word: string, { length }: { readonly length: number }): string =>
  length === 1 ? word : `${word}s`;

/** `socket 24, later known as Olga (u7)` */
export const ownerText = ({ socket, users, claims, isKnown }: SocketOwner): string => {
  const claimed = claims.map(labelOf).join(", ");
  if (users.length === 0)
    return `socket ${socketName(socket)}, which ${claimed === "" ? "never named a user" : `was refused as ${claimed}`}`;
  const labels = users.map(labelOf).join(", ");
  return isKnown
    ? `socket ${socketName(socket)} of ${labels}`
    : `socket ${socketName(socket)}, later known as ${labels}`;
};

/** `socket 2 (known as Bob (b7) since #11 (05:04:34))` */
export const actingFor = (sockets: ReadonlyArray<ActingSocket>): string =>
  listed(
    sockets.map(({ socket, users }) => {
      const whom = users.map((user) => `${labelOf(user)} since ${stamp(user.since)}`);
      return `socket ${socketName(socket)} (known as ${listed(whom)})`;
    }),
  );

/** A close code (RFC 6455, 7.4.1) with what usually causes it. */
export const closeCode = (code: number): string => `${code}: ${meaningOf(code)}`;

const meaningOf = (code: number): string => {
  switch (code) {
    case 1000:
      return "closed by the page";
    case 1001:
      return "page closed or reloaded";
    case 1002:
      return "a frame that is against the protocol of WebSocket";
    case 1005:
      return "closed by the page, without a code";
    case 1006:
      return "lost without a close: a closed lid, a lost network, a hung or crashed browser";
    case 1007:
      return "invalid UTF-8";
    case 1008:
      return "policy violation";
    case 1009:
      return "a frame over FRAME_BYTES_MAX";
    case 1012:
      return "sent away by the server, which was stopping";
    case 1013:
      return "too slow, cut off";
    case closeCodes.tokenExpired:
      return "the token had expired";
    case closeCodes.rateLimited:
      return "it went on with frames beyond MESSAGES_PER_SECOND";
    case closeCodes.replaced:
      return "its session went on with a newer socket";
    case closeCodes.refused:
      return "its hello was refused";
    default:
      return "see RFC 6455, 7.4";
  }
};

/** Quotes an id for a shell: clients choose their ids, and could put anything into them. */
export const quoted = (id: string): string =>
  /^[\w.@:-]+$/.test(id) && !id.startsWith("-") ? id : `'${printable(id).replaceAll("'", "'\\''")}'`;
