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
      return "fix the first of these; the rest may follow from it.";
    case "compare-ids":
      return `compare the ids: ${labelOf(advice.from)}'s page offers to ids that are not the one of ${labelOf(advice.to)}, ${printable(advice.to.id)}.`;
    case "why-no-call":
      return "see why neither page called: whether each had the other in its room list when it decided who offers, and whether it waits for an approval, a click or a camera. The server saw nothing to relay between them.";
    case "address-by-room-list":
      return `fix where ${labelOf(advice.sender)}'s page takes the addressee from: it must be the user id that the room list gives, ${printable(advice.receiver.id)}.`;
    case "subscribe-before-join":
      return `now, let ${labelOf(advice.sender)} call again; for good, ${labelOf(advice.receiver)}'s page must subscribe to ${printable(advice.channel)} before it joins, and ${labelOf(advice.sender)}'s page should send an offer again that gets no answer.`;
    case "be-there-first":
      return `look at ${labelOf(advice.receiver)}'s page around ${stamp(advice.offer)}: it must be connected, subscribed to ${printable(advice.channel)} and known by this very id before ${labelOf(advice.sender)} offers, or ${labelOf(advice.sender)} must offer again when it comes.`;
    case "answer-to-sender":
      return `now, let ${labelOf(advice.receiver)} reload; for good, fix where ${labelOf(advice.receiver)}'s page takes the addressee from: an answer must go to the sender of its offer, ${printable(advice.sender.id)}.`;
    case "lost-connection": {
      const { receiver, ended, cutAfterMs } = advice;
      return `${callAgain(advice)}; look at ${nameOf(receiver)}'s machine and network from about ${timeOfDay(ended.at - cutAfterMs)} to ${stamp(ended)}: where the server gave it up for its silence, that began ${span(cutAfterMs)} before (CUT_AFTER_MS). For good, a page should call again when somebody comes back to the list.`;
    }
    case "gone-before-answer":
      return `look at why ${nameOf(advice.receiver)} went at ${stamp(advice.ended)}, before it had answered (${closeCode(advice.ended.code)}); ${callAgain(advice)}.`;
    case "page-did-not-answer": {
      const state = advice.isHeard
        ? "is alive, so the page"
        : "was not heard after it: ask whether the page hangs, or whether it";
      return `look at ${nameOf(advice.receiver)}'s browser console after ${stamp(advice.offer)}: its socket got the message and ${state} did not read it, failed in setRemoteDescription, or waits (for a camera, a click, an approval).`;
    }
    case "offerer-was-away":
      return `look at ${labelOf(advice.receiver)}'s page around ${stamp(advice.answer)}: why was it not there, or not subscribed, for the answer to its own offer?`;
    case "call-the-other-way": {
      const [sender, receiver] = [labelOf(advice.sender), advice.receiver];
      return `now, let ${sender} call instead; for good, fix where ${sender}'s page takes the addressee from: an answer must go to the sender of its offer, ${printable(receiver.id)}, and so must its candidates. To reload the same page does not help, and others who call ${sender} will most likely fare the same.`;
    }
    case "one-window":
      return `now, let ${labelOf(advice.sender)} close all windows but one and ${labelOf(advice.receiver)} call again; for good, let only one of a user's windows answer, or give each an id of its own, and let the caller ignore an answer that it does not wait for.`;
    case "one-offer-at-a-time":
      return `look at why ${labelOf(advice.sender)} offered again before it had an answer: it should wait for it, or number its offers and drop answers to older ones.`;
    case "give-way-by-rule":
      return "now, let one of the two call again; for good, give way by a rule that is not the same for both (perfect negotiation: one side is polite and takes its offer back, the other ignores the offer that crossed), or let only one side ever offer.";
    case "send-candidates":
      return "look at how the pages send candidates: each must go to the other as it is found, or stand in the description.";
    case "check-candidates":
      return `if they did not connect: ${checkCandidates(advice.because)}`;
  }
};

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
      return "compare the candidates' types in both browsers (about:webrtc, chrome://webrtc-internals); this recording kept too little of the texts to tell (one with RECORD_PAYLOADS=redacted, the default, keeps the types and, in disguise, the addresses).";
    case "blocked-nearby":
      return "look at what blocks traffic in that machine or network (a firewall, a VPN, a guest network that keeps its guests apart), at the permission for camera and microphone, and then at the candidate pairs in chrome://webrtc-internals or getStats on both sides.";
    case "relay-was-there":
      return "look at the candidate pairs and at the media in chrome://webrtc-internals on both sides: STUN and TURN were there.";
    case "no-nat":
      return "the server sees both under the very addresses that they offer, so no NAT stands between them and the server, and STUN would add nothing: look for a route between their two networks, and for a firewall; where neither can be had, a TURN server that both reach.";
    case "host-only":
      return "host candidates alone connect only within one network. If the two are in different ones, set STUN_SERVERS, and if it still fails, use a TURN server; if they are in one, look for a firewall between them.";
    case "stun-unreachable":
      return `look at whether ${labelOf(because.person)} reaches the STUN server (UDP may be blocked): it has host candidates only, and the other side has more; then try a TURN server.`;
    case "no-relay":
      return "try a TURN server: neither side has a relay candidate, so two strict NATs or a firewall keep them apart; then chrome://webrtc-internals.";
  }
};
