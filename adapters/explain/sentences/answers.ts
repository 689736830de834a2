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
  socketName,
  spanBetween,
  stamp,
  stampBy,
  stamps,
} from "./words.js";

type Of<Code extends Finding["code"]> = Extract<Finding, { readonly code: Code }>;

/** The offers arrived, and nobody answered them. */
export const noAnswer = (found: Of<"no-answer">): string => {
  const { offers, sender, receiver, sockets, isCertain } = found;
  const what = `The ${plural("offer", offers)} ${stamps(offers)} of ${labelOf(sender)} got no answer.`;
  const where = isCertain
    ? `delivered to ${socketList(sockets)} of ${labelOf(receiver)}`
    : `delivered to ${socketList(sockets)}, which never named a user and may be ${labelOf(receiver)}'s`;
  return [what, `${offers.length === 1 ? "It was" : "They were"} ${where}.`, ...signsOfLife(found)].join(" ");
};

const signsOfLife = (found: Of<"no-answer">): ReadonlyArray<string> => {
  const { offers, silentSince, heardAgain, ended, isListedUntilEnd, back } = found;
  const name = printable(found.receiver.name);
  const [first] = offers;
  const last = offers.at(-1);
  if (first === undefined || last === undefined) return [];
  const parts = [
    silentSince &&
      `${name} was last heard at ${stamp(silentSince)}, ${spanBetween(silentSince, first)} before the ${offers.length === 1 ? "" : "first "}offer (pongs are not recorded).`,
    heardAgain && `${name} was heard again at ${stamp(heardAgain)}, ${spanBetween(last, heardAgain)} later.`,
    ended &&
      `Socket ${socketName(ended.socket)} ended at ${stamp(ended)}, ${spanBetween(last, ended)} later (${closeCode(ended.code)}).`,
    isListedUntilEnd && `Until then the room list showed ${name}.`,
    back && `${name} was back on socket ${socketName(back.socket)} at ${stamp(back)}.`,
  ];
  return parts.filter((part) => typeof part === "string");
};

/** Answers went to users who had not offered. */
export const answeredOthers = ({ receiver, answers }: Of<"answered-others">): string => {
  const targets = answers.map((answer) => `${stamp(answer)} to ${labelOf(answer.to)}`);
  return `${labelOf(receiver)} sent answers, but to users who had not offered: ${listed(targets)}.`;
};

/** The answer did not arrive. */
export const answerLost = ({ answer, offer }: Of<"answer-lost">): string =>
  offer === undefined
    ? `${labelOf(answer.sender)} sent the answer ${stamp(answer)}, to no recorded offer, and it did not arrive.`
    : `${labelOf(answer.sender)} got the offer ${stamp(offer)} and answered at ${stamp(answer)}, ${spanBetween(offer, answer)} later, but the answer did not arrive.`;

/** The answers went to an id that the offerer no longer has. */
export const answeredFormerId = (found: Of<"answered-former-id">): string => {
  const { answers, sender, receiver, former, ended, renewed } = found;
  const since = ended === undefined ? "" : `, which ended at ${stamp(ended)} (${closeCode(ended.code)})`;
  const now =
    renewed === undefined
      ? ""
      : ` ${printable(receiver.name)} has been ${printable(receiver.id)} since ${stamp(renewed)}; the page was probably reloaded.`;
  return `${labelOf(sender)} answered an old id of ${labelOf(receiver)}: the ${plural("answer", answers)} ${stamps(answers)} went to ${printable(former)}${since}.${now}`;
};

/** The answer went to somebody else. */
export const answerToStrangers = ({ answer, receivers }: Of<"answer-to-strangers">): string =>
  `The answer ${stamp(answer)} went to somebody else: ${listed(receivers.map(ownerText))}.`;

/** The answers were addressed to a name. */
export const answeredName = ({ answers, sender, receiver, to }: Of<"answered-name">): string =>
  `${labelOf(sender)} answered “${printable(to)}”, which is the name of ${labelOf(receiver)}, not an id: the ${plural("answer", answers)} ${stamps(answers)} reached nobody.`;

/** Two sockets of one user answered the same offer. */
export const answeredTwice = (found: Of<"answered-twice">): string => {
  const { sender, receiver, sockets, addresses, answers } = found;
  const where =
    addresses.length === 1
      ? `, all from ${printable(listed(addresses))}, probably windows on one machine`
      : `, from ${printable(listed(addresses))}`;
  const own = listed(sockets.map(({ socket, since }) => `${socketName(socket)} since ${stamp(since)}`));
  const each = listed(answers.map((answer) => `socket ${socketName(answer.socket)} at ${stamp(answer)}`));
  return `${labelOf(sender)} had several sockets open (${own}${where}), and each of them answered: ${each}. An offer takes one answer: ${labelOf(receiver)}'s page can use the first, and the next one fails there with InvalidStateError unless the page ignores it. ${labelOf(sender)} may have been looking at the other window.`;
};

/** Nobody offered again. */
export const noSecondOffer = (found: Of<"no-second-offer">): string => {
  const { sender, receiver, stayedMs, end, lost, back } = found;
  const name = printable(receiver.name);
  const until = end === undefined ? "to the end of the recording" : `until ${stamp(end)}`;
  const returned = back === undefined ? "" : ` and was back at ${stamp(back)}`;
  const meanwhile = lost === undefined ? "" : `; ${name} left the room list at ${stamp(lost)}${returned}`;
  return `${labelOf(sender)} did not offer again, though it stayed ${until}, for ${span(stayedMs)}${meanwhile}.`;
};

/** The only answer that came was to an older offer. */
export const offerOvertaken = ({ offer, answer }: Of<"offer-overtaken">): string =>
  `The offer ${stamp(offer)} of ${labelOf(offer.sender)} got no answer of its own: the next answer, ${stamp(answer)} of ${labelOf(answer.sender)}, belongs to an older offer.`;

/** The answer came after a newer offer. */
export const answerLate = ({ offer, newer, answer }: Of<"answer-late">): string =>
  `The answer ${stamp(answer)} of ${labelOf(answer.sender)} is late: it answers the offer ${stamp(offer)}, but ${labelOf(offer.sender)} had sent a newer one, ${stamp(newer)}, ${spanBetween(newer, answer)} before. A page that has moved on cannot use it.`;

/** The offers crossed, and both or neither were answered. */
export const glare = ({ isAnswered, offers, answers, idleMs, polite }: Of<"glare">): string => {
  const [first, second] = offers;
  const crossed = `Glare: the offers ${stampBy(first)} and ${stampBy(second)} crossed, ${spanBetween(first, second)} apart`;
  const outcome = isAnswered
    ? `and both sides gave way and answered: ${answers.map(stampBy).join(" and ")}. Neither answer has an offer left, so neither page connects (unless the pages use one connection per direction).`
    : "and neither was answered: each side waits for the other.";
  const idle = idleMs === undefined ? "" : ` Nobody tried again in the ${span(idleMs)} that both stayed.`;
  const told =
    polite === undefined
      ? ""
      : ` The server told both that they had crossed, and that ${labelOf(polite)} is the polite side, who gives way and answers.`;
  return `${crossed}, ${outcome}${told}${idle} This is a signalling problem, not one of ICE or media.`;
};
