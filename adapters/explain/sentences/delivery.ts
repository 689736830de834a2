import { printable } from "../../observe/printable.js";
import type { Position } from "../recording.js";
import type { Absence } from "../why/codes/delivery.js";
import type { Finding } from "../why/finding.js";
import { actingFor, closeCode, labelOf, listed, ownerText, socketList, spanBetween, stamp } from "./words.js";

/** A message did not reach whom it was for, and why. */
export const notDelivered = (found: Extract<Finding, { readonly code: "not-delivered" }>): string => {
  const { message, receiver, receivers, reason, anonymousSubscribed } = found;
  const reach =
    receivers.length === 0
      ? "went to nobody"
      : `went to ${listed(receivers.map(ownerText))}, and not to ${labelOf(receiver)}`;
  const anonymous =
    anonymousSubscribed === undefined
      ? ""
      : ` A socket that never said who it is subscribed at ${stamp(anonymousSubscribed)}, ${spanBetween(message, anonymousSubscribed)} later: it may be ${labelOf(receiver)}'s, too late.`;
  const what = `${printable(message.type)} ${stamp(message)} of ${labelOf(message.sender)}`;
  return `The ${what} ${reach}: ${absence(reason, message)}.${anonymous}`;
};

const absence = (reason: Absence, message: Position): string => {
  const receiver = labelOf(reason.receiver);
  switch (reason.code) {
    case "addressed-to-name":
      return `it was addressed to “${printable(reason.to)}”, which is the name of ${receiver} and nobody's id`;
    case "not-connected":
      return `${receiver} was not connected then: ${[gone(reason, message), came(reason, message)].filter((text) => text !== "").join(", and ")}`;
    case "never-acted": {
      const kept = reason.keptFrom.length === 0 ? "" : `; it was kept from ${actingFor(reason.keptFrom)}`;
      return `no socket ever joined or published as ${receiver}${kept}`;
    }
    case "not-subscribed":
      return notSubscribed(reason, message);
    case "only-socket-is-the-senders":
      return `the only socket of ${receiver} on that channel is the sender's own (socket ${reason.socket}), and nobody is sent their own messages`;
    case "known-for-others": {
      const learnt =
        reason.learnt === undefined ? "" : `; that it acts for ${receiver} too came out at ${stamp(reason.learnt)}`;
      return `it was kept from ${receiver}'s ${actingFor(reason.sockets)}, because a message to one user is not sent to those known to act for somebody else only${learnt}`;
    }
  }
};

type NotConnected = Extract<Absence, { readonly code: "not-connected" }>;

const gone = ({ disconnected }: NotConnected, message: Position): string =>
  disconnected === undefined
    ? ""
    : `it had disconnected at ${stamp(disconnected)}, ${spanBetween(disconnected, message)} before (${closeCode(disconnected.code)})`;

const came = ({ disconnected, connected }: NotConnected, message: Position): string =>
  connected === undefined
    ? ""
    : `it connected ${disconnected === undefined ? "" : "again "}at ${stamp(connected)}, ${spanBetween(message, connected)} later`;

const notSubscribed = (
  { receiver, channel, sockets, instead, ...when }: Extract<Absence, { readonly code: "not-subscribed" }>,
  message: Position,
): string => {
  const { unsubscribed, subscribed, joined } = when;
  const before = unsubscribed === undefined ? "" : `; it had unsubscribed at ${stamp(unsubscribed)}`;
  const later =
    subscribed === undefined
      ? `, and never subscribed to it${unsubscribed === undefined ? "" : " again"}`
      : `; it subscribed at ${stamp(subscribed)}, ${spanBetween(message, subscribed)} later`;
  const unreachable =
    joined === undefined || subscribed === undefined
      ? ""
      : `. It had joined at ${stamp(joined)}: for ${spanBetween(joined, subscribed)} it was in the list and could not be called`;
  const only = instead.length === 0 ? "to nothing" : `only to ${listed(instead.map((name) => printable(name)))}`;
  return `${labelOf(receiver)} was connected (${socketList(sockets)}) but not subscribed to ${printable(channel)}, ${only}${before}${later}${unreachable}`;
};
