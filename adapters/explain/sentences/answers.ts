import { printable } from "../../observe/printable.js";
import { span } from "../times.js";
import type { Finding } from "../why/finding.js";
import {
  closeCode,
  labelOf,
  listed,
  ownerText,
  plural,
  socketList,
  spanBetween,
  stamp,
  stampBy,
  stamps,
} from "./words.js";

type Of<Code extends Finding["code"]> = Extract<Finding, { readonly code: Code }>;

/** The offers arrived, and nobody answered them. */
export const noAnswer = (found: Of<"no-answer">): string => {
  const { offers, sender, receiver, sockets, isCertain } = found;
  const isOne = offers.length === 1;
  const where = isCertain
    ? `written to ${socketList(sockets)} of ${labelOf(receiver)}`
    : `given to ${socketList(sockets)}, which never said who it is and may be ${labelOf(receiver)}'s`;
  return `No answer was sent to the ${plural("offer", offers)} ${stamps(offers)} of ${labelOf(sender)}: ${isOne ? "it was" : "they were"} ${where}${signOfLife(found)}.`;
};

const signOfLife = (found: Of<"no-answer">): string => {
  const { offers, silentSince, heardAgain, ended, isListedUntilEnd, back } = found;
  const name = printable(found.receiver.name);
  const [first] = offers;
  const last = offers.at(-1);
  if (first === undefined || last === undefined) return "";
  const parts = [
    silentSince &&
      `, but no message came from ${name} after ${stamp(silentSince)}, ${spanBetween(silentSince, first)} before${offers.length === 1 ? "" : " the first"} (what a browser says by itself to pings is not recorded)`,
    heardAgain && `; ${name} was heard again at ${stamp(heardAgain)}, ${spanBetween(last, heardAgain)} later`,
    ended &&
      `; socket ${ended.socket} ended at ${stamp(ended)}, ${spanBetween(last, ended)} later (${closeCode(ended.code)})`,
    isListedUntilEnd && `. Until then the list showed ${name}`,
    back && `${isListedUntilEnd ? "; " : ", and "}${name} was back on socket ${back.socket} at ${stamp(back)}`,
  ];
  return parts.filter((part) => typeof part === "string").join("");
};

/** Answers went to users who had not offered. */
export const answeredOthers = ({ sender, receiver, answers }: Of<"answered-others">): string => {
  const targets = answers.map((answer) => `${stamp(answer)} to ${labelOf(answer.to)}`);
  return `${labelOf(receiver)} did send answers, but not to ${labelOf(sender)}, and to somebody who had not offered: ${listed(targets)}.`;
};

/** The answer did not arrive. */
export const answerLost = ({ answer, offer }: Of<"answer-lost">): string =>
  offer === undefined
    ? `${labelOf(answer.sender)} sent an answer ${stamp(answer)} to no offer, and it did not arrive.`
    : `${labelOf(answer.sender)} got the offer ${stamp(offer)} and answered at ${stamp(answer)}, ${spanBetween(offer, answer)} later, but the answer did not arrive.`;

/** The answers went to an id that the offerer no longer has. */
export const answeredFormerId = (found: Of<"answered-former-id">): string => {
  const { answers, sender, receiver, former, ended, renewed } = found;
  const since = ended === undefined ? "" : `, which nobody holds since ${stamp(ended)} (${closeCode(ended.code)})`;
  const now =
    renewed === undefined
      ? ""
      : ` ${printable(receiver.name)} is ${printable(receiver.id)} since ${stamp(renewed)}: most likely the page was reloaded.`;
  return `${labelOf(sender)} did answer, but to an old id of ${labelOf(receiver)}: the ${plural("answer", answers)} ${stamps(answers)} went to ${printable(former)}${since}.${now}`;
};

/** Who got an answer that was for somebody else. */
export const answerToStrangers = ({ answer, receivers }: Of<"answer-to-strangers">): string =>
  `The answer ${stamp(answer)} reached nobody it was meant for: it went to ${listed(receivers.map(ownerText))}.`;

/** The answers were addressed to a name. */
export const answeredName = ({ answers, sender, receiver, to }: Of<"answered-name">): string =>
  `${labelOf(sender)} did answer, but to “${printable(to)}”, which is the name of ${labelOf(receiver)} and nobody's id: the ${plural("answer", answers)} ${stamps(answers)} reached nobody.`;

/** Two sockets of one user answered the same offer. */
export const answeredTwice = (found: Of<"answered-twice">): string => {
  const { sender, receiver, sockets, addresses, answers } = found;
  const where =
    addresses.length === 1 ? `, all from ${listed(addresses)}: windows of one machine?` : `, from ${listed(addresses)}`;
  const own = listed(sockets.map(({ socket, since }) => `${socket} since ${stamp(since)}`));
  const each = listed(answers.map((answer) => `socket ${answer.socket} at ${stamp(answer)}`));
  return `${labelOf(sender)} was there on several sockets at once (${own}${printable(where)}), and each of them answered: ${each}. An offer can have one answer. ${labelOf(receiver)}'s page can use the first; where it does not ignore the next, that one fails there (InvalidStateError). And ${labelOf(sender)} may have been looking at the other window.`;
};

/** Nobody offered again. */
export const noSecondOffer = (found: Of<"no-second-offer">): string => {
  const { sender, receiver, stayedMs, end, lost, back } = found;
  const name = printable(receiver.name);
  const until = end === undefined ? "to the end of the recording" : `until ${stamp(end)}`;
  const listedBack = back === undefined ? "" : `, and had ${name} back at ${stamp(back)}`;
  const meanwhile = lost === undefined ? "" : `; the list had lost ${name} at ${stamp(lost)}${listedBack}`;
  return `${labelOf(sender)} did not offer again, and was there ${until}, for ${span(stayedMs)}${meanwhile}.`;
};

/** The only answer that came was to an older offer. */
export const offerOvertaken = ({ offer, answer }: Of<"offer-overtaken">): string =>
  `The offer ${stamp(offer)} of ${labelOf(offer.sender)} got no answer of its own: the answer ${stamp(answer)} of ${labelOf(answer.sender)} that followed belongs to an older offer.`;

/** The answer came after a newer offer. */
export const answerLate = ({ offer, newer, answer }: Of<"answer-late">): string =>
  `The answer ${stamp(answer)} of ${labelOf(answer.sender)} is late: it is to the offer ${stamp(offer)}, and ${labelOf(offer.sender)} had sent a newer one, ${stamp(newer)}, ${spanBetween(newer, answer)} before; a page that has moved on cannot use it.`;

/** The offers crossed, and both or neither were answered. */
export const glare = ({ isAnswered, offers, answers, idleMs }: Of<"glare">): string => {
  const [first, second] = offers;
  const crossed = `${stampBy(first)} and ${stampBy(second)}, ${spanBetween(first, second)} apart`;
  const outcome = isAnswered
    ? `Both gave way: the offers ${crossed}, crossed (glare), and each side answered the other's, ${answers.map(stampBy).join(" and ")}; so each answer is without an offer, and neither page connects (unless they use a connection for each direction)`
    : `Neither gave way: the offers ${crossed}, crossed (glare), and neither was answered; each side waits for the other`;
  const idle = idleMs === undefined ? "" : `; nobody tried again in the ${span(idleMs)} that they were still there`;
  return `${outcome}${idle}. This is a matter of signalling, not of ICE or media.`;
};
