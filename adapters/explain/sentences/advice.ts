import { printable } from "../../observe/printable.js";
import { span, timeOfDay } from "../times.js";
import type { Named } from "../who.js";
import type { Advice, CandidateAdvice } from "../why/codes/advice.js";
import { closeCode, labelOf, stamp } from "./words.js";

const nameOf = ({ name }: Named): string => printable(name);

/** What to do, or to look at, next. */
export const advise = (advice: Advice): string => {
  switch (advice.code) {
    case "fix-first-cause":
      return "fix the first of these; the others may follow from it.";
    case "compare-ids":
      return `compare ids: ${labelOf(advice.from)}'s page offers to ids other than the one of ${labelOf(advice.to)}, ${printable(advice.to.id)}.`;
    case "why-no-call":
      return "find out why neither page called: did each have the other in its room list, and is one waiting for an approval, a click or a camera? There was nothing for the server to relay.";
    case "address-by-room-list":
      return `fix where ${labelOf(advice.sender)}'s page takes the recipient from: it must be the user id in the room list, ${printable(advice.receiver.id)}.`;
    case "subscribe-before-join":
      return `for now, let ${labelOf(advice.sender)} call again. To fix it, ${labelOf(advice.receiver)}'s page must subscribe to ${printable(advice.channel)} before it joins, and ${labelOf(advice.sender)}'s page should repeat an offer that gets no answer.`;
    case "send-again":
      return `${labelOf(advice.sender)}'s page was told \`unavailable\`. The client library offers anew three times, and when ${labelOf(advice.receiver)} is back. Look at why that node did not answer (its log, and the network between the nodes).`;
    case "be-there-first":
      return `look at ${labelOf(advice.receiver)}'s page around ${stamp(advice.offer)}: it must be connected, subscribed to ${printable(advice.channel)} and known by exactly this id before ${labelOf(advice.sender)} offers, or ${labelOf(advice.sender)} must offer again once it is.`;
    case "call-when-back":
      return `${callAgain(advice)}. To fix it, a page should call again when somebody who was lost joins again. If people are often away for longer than the grace, it can be longer (SESSION_GRACE_MS).`;
    case "address-by-id":
      return `let ${labelOf(advice.sender)}'s page address its signals to ${printable(advice.receiver.id)}, the id of ${labelOf(advice.receiver)}.`;
    case "meet-in-a-room":
      return `let ${labelOf(advice.receiver)} join the room that ${labelOf(advice.sender)} is in, before ${labelOf(advice.sender)} calls.`;
    case "fix-channel":
      return `fix the name of the channel in ${labelOf(advice.person)}'s page: ${printable(advice.channel)} must be ${printable(advice.common)}.`;
    case "answer-to-sender":
      return `for now, let ${labelOf(advice.receiver)} reload. To fix it, ${labelOf(advice.receiver)}'s page must send its answer to the sender of the offer, ${printable(advice.sender.id)}.`;
    case "lost-connection": {
      const { receiver, ended, cutAfterMs } = advice;
      return `${callAgain(advice)}. Look at ${nameOf(receiver)}'s machine and network from about ${timeOfDay(ended.at - cutAfterMs)} to ${stamp(ended)}: if the server cut it off for silence, the silence began ${span(cutAfterMs)} before (CUT_AFTER_MS). To fix it, a page should call again when somebody comes back to the room list.`;
    }
    case "gone-before-answer":
      return `find out why ${nameOf(advice.receiver)} went at ${stamp(advice.ended)}, before it had answered (${closeCode(advice.ended.code)}), and ${callAgain(advice)}.`;
    case "page-did-not-answer":
      return `look at ${nameOf(advice.receiver)}'s browser console after ${stamp(advice.offer)}: ${pageState(advice.isHeard)}`;
    case "offerer-was-away":
      return `look at ${labelOf(advice.receiver)}'s page around ${stamp(advice.answer)}: why was it not connected, or not subscribed, when the answer to its own offer came?`;
    case "call-the-other-way": {
      const sender = labelOf(advice.sender);
      return `for now, let ${sender} call instead. To fix it, ${sender}'s page must send answers and candidates to the sender of the offer, ${printable(advice.receiver.id)}. Reloading the page does not help, and others who call ${sender} will probably have the same problem.`;
    }
    case "one-window":
      return `for now, let ${labelOf(advice.sender)} close all windows but one and ${labelOf(advice.receiver)} call again. To fix it, let only one of a user's windows answer, or give each window an id of its own, and let the caller ignore answers that it does not expect.`;
    case "one-offer-at-a-time":
      return `find out why ${labelOf(advice.sender)} offered again before it had an answer: it should wait, or number its offers and drop answers to older ones.`;
    case "give-way-by-rule":
      return "for now, let one of the two call again. To fix it, use perfect negotiation (one side is polite and rolls back its offer, the other ignores the offer that crossed), or let only one side ever offer.";
    case "send-candidates":
      return "look at how the pages send candidates: each must be sent to the other side as it is found, or be part of the description.";
    case "check-candidates":
      return `if the call did not connect, ${checkCandidates(advice.because)}`;
  }
};

const pageState = (isHeard: boolean): string =>
  isHeard
    ? "its socket got the message and is alive, so the page did not read it, failed in setRemoteDescription, or waits (for a camera, a click, an approval)."
    : "its socket got the message and was not heard again, so the page hangs, did not read it, failed in setRemoteDescription, or waits (for a camera, a click, an approval).";

const callAgain = ({
  sender,
  receiver,
  isBack,
}: {
  readonly sender: Named;
  readonly receiver: Named;
  readonly isBack: boolean;
}): string =>
  isBack
    ? `let ${nameOf(sender)} call again, now that ${nameOf(receiver)} is back`
    : `let ${nameOf(sender)} call again once ${nameOf(receiver)} is back`;

const checkCandidates = (because: CandidateAdvice): string => {
  switch (because.code) {
    case "texts-not-recorded":
      return "compare the candidate types in both browsers (about:webrtc, chrome://webrtc-internals). This recording kept too little of the texts; RECORD_PAYLOADS=redacted, the default, keeps the types and disguised addresses.";
    case "blocked-nearby":
      return "check what blocks traffic on that machine or network (a firewall, a VPN, a guest network that isolates its clients) and the permissions for camera and microphone, then the candidate pairs in chrome://webrtc-internals or getStats on both sides.";
    case "relay-was-there":
      return "check the candidate pairs and the media in chrome://webrtc-internals on both sides: there were relay candidates, so TURN was reachable.";
    case "no-nat":
      return "check the route and the firewalls between the two networks: the server sees both at the addresses that they offer, so there is no NAT, and STUN would add nothing. Without a route, use a TURN server that both can reach.";
    case "host-only":
      return "check where the two are: host candidates alone connect only within one network. Across networks, set STUN_SERVERS, and use a TURN server if that is not enough; within one network, look for a firewall.";
    case "stun-unreachable":
      return `check whether ${labelOf(because.person)} can reach the STUN server (UDP may be blocked): it has host candidates only, and the other side has more. Then try a TURN server.`;
    case "no-relay":
      return "try a TURN server: neither side has a relay candidate, so strict NATs or a firewall may keep them apart. Then check chrome://webrtc-internals.";
  }
};
