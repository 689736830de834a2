import { printable } from "../../observe/printable.js";
import type { Position } from "../recording.js";
import type { Absence, MistypedChannel } from "../why/codes/delivery.js";
import type { Finding } from "../why/finding.js";
import {
  actingFor,
  closeCode,
  labelOf,
  listed,
  ownerText,
  socketList,
  socketName,
  spanBetween,
  stamp,
} from "./words.js";

/** A message did not reach its recipient, and why. */
export const notDelivered = (found: Extract<Finding, { readonly code: "not-delivered" }>): string => {
  const { message, receiver, receivers, reason, anonymousSubscribed } = found;
  const reach =
    receivers.length === 0
      ? "reached nobody"
      : `did not reach ${labelOf(receiver)}, but ${listed(receivers.map(ownerText))}`;
  const anonymous =
    anonymousSubscribed === undefined
      ? ""
      : ` A socket that never named a user subscribed at ${stamp(anonymousSubscribed)}, ${spanBetween(message, anonymousSubscribed)} later: it may be ${labelOf(receiver)}'s, too late.`;
  const what = `${printable(message.type)} ${stamp(message)} of ${labelOf(message.sender)}`;
  return `The ${what} ${reach}: ${absence(reason, message)}.${anonymous}`;
};

const absence = (reason: Absence, message: Position): string => {
  const receiver = labelOf(reason.receiver);
  switch (reason.code) {
    case "addressed-to-name":
      return `it was addressed to “${printable(reason.to)}”, which is the name of ${receiver}, not an id`;
    case "away":
      return `${receiver} was away${reason.since === undefined ? "" : ` since ${stamp(reason.since)}`}, ${awayUntil(reason)}`;
    case "no-reply": {
      const at = reason.nodes.length === 1 ? `node ${reason.nodes[0]}` : `nodes ${reason.nodes.join(", ")}`;
      const lost =
        reason.lost === undefined
          ? ""
          : `; the others gave node ${reason.lost.node} up at ${stamp(reason.lost)}, ${spanBetween(message, reason.lost)} later`;
      return `it was passed on to ${at}, where ${receiver} was, and no answer came (unavailable)${lost}`;
    }
    case "names-nobody":
      return `it names no recipient, and ${receiver} was connected with signalbox.v1, which takes only signals that are addressed to it`;
    case "no-room-in-common":
      return `${receiver} was connected with signalbox.v1, which takes signals only from participants of a room that it is in, and they were in no room together`;
    case "not-connected":
      return `${receiver} was not connected${disconnectedAt(reason, message)}${connectedAt(reason, message)}`;
    case "never-acted": {
      const kept = reason.keptFrom.length === 0 ? "" : `; it was not sent to ${actingFor(reason.keptFrom)}`;
      return `no socket ever joined or published as ${receiver}${kept}`;
    }
    case "not-subscribed":
      return notSubscribed(reason, message);
    case "only-socket-is-the-senders":
      return `the only socket of ${receiver} on that channel is the sender's own (socket ${socketName(reason.socket)}), and a socket is not sent its own messages`;
    case "known-for-others": {
      const learnt =
        reason.learnt === undefined ? "" : `; it was not known for ${receiver} too until ${stamp(reason.learnt)}`;
      return `it was not sent to ${receiver}'s ${actingFor(reason.sockets)}, because a message to one user is not sent to sockets known only for other users${learnt}`;
    }
  }
};

type NotConnected = Extract<Absence, { readonly code: "not-connected" }>;

const awayUntil = ({ receiver, ended, back }: Extract<Absence, { readonly code: "away" }>): string => {
  if (back !== undefined)
    return `and when ${labelOf(receiver)} came back at ${stamp(back)}, more had been kept than is kept, and this was dropped`;
  if (ended !== undefined)
    return `did not come back within the grace, and the session ended at ${stamp(ended)}: what was kept for it is lost`;
  return "and had not come back when the recording ended: it was kept, and never delivered";
};

const disconnectedAt = ({ disconnected }: NotConnected, message: Position): string =>
  disconnected === undefined
    ? ""
    : `; it had disconnected at ${stamp(disconnected)}, ${spanBetween(disconnected, message)} before (${closeCode(disconnected.code)})`;

const connectedAt = ({ disconnected, connected }: NotConnected, message: Position): string =>
  connected === undefined
    ? ""
    : `; it connected ${disconnected === undefined ? "" : "again "}at ${stamp(connected)}, ${spanBetween(message, connected)} later`;

const slip = (mistyped: MistypedChannel | undefined): string =>
  mistyped === undefined
    ? ""
    : `. Only ${labelOf(mistyped.person)} uses ${printable(mistyped.channel)}, and ${mistyped.others} other sockets use ${printable(mistyped.common)}: probably a slip of the pen`;

const notSubscribed = (
  { receiver, channel, sockets, instead, ...when }: Extract<Absence, { readonly code: "not-subscribed" }>,
  message: Position,
): string => {
  const { unsubscribed, subscribed, joined, mistyped } = when;
  const before = unsubscribed === undefined ? "" : `; it had unsubscribed at ${stamp(unsubscribed)}`;
  const later =
    subscribed === undefined
      ? `${unsubscribed === undefined ? "; it never subscribed to it" : " and never subscribed again"}`
      : `; it subscribed at ${stamp(subscribed)}, ${spanBetween(message, subscribed)} later`;
  const unreachable =
    joined === undefined || subscribed === undefined
      ? ""
      : `. It had joined at ${stamp(joined)}, so for ${spanBetween(joined, subscribed)} it was listed but could not be called`;
  const only = instead.length === 0 ? "or to any channel" : `only to ${listed(instead.map((name) => printable(name)))}`;
  return `${labelOf(receiver)} was connected (${socketList(sockets)}) but not subscribed to ${printable(channel)}, ${only}${before}${later}${unreachable}${slip(mistyped)}`;
};
