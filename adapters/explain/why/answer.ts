import { isAddressedByName, isDelivered, rivalsOf } from "../attempts.js";
import { ownerOf } from "../people.js";
import { notDelivered } from "./arrival.js";
import {
  defined,
  type Finding,
  finding,
  type Inquiry,
  nextStep,
  optional,
  positionOf,
  sentOf,
  type Verdict,
} from "./finding.js";
import { newerOffer, type Outcome } from "./outcome.js";

/** The offer was answered, and the answer did not arrive. */
export const answerLost = ({ recording }: Inquiry, { offer, answer }: Outcome): Verdict => {
  if (answer === undefined) throw new Error("what is lost is an answer");
  return {
    conclusion: finding([...defined([offer]), answer], {
      code: "answer-lost",
      answer: sentOf(answer),
      ...optional("offer", offer && positionOf(offer)),
    }),
    next: nextStep({ code: "offerer-was-away", receiver: answer.receiver.named, answer: positionOf(answer) }, answer),
    details: [notDelivered(recording, answer)],
  };
};

/** The answers went to an id that the offerer no longer has. */
export const answeredFormerId = ({ recording }: Inquiry, outcomes: ReadonlyArray<Outcome>): Verdict => {
  const answers = outcomes.flatMap(({ attempt }) => attempt.answers.filter((answer) => !isDelivered(answer)));
  const last = answers.at(-1);
  if (last === undefined) throw new Error("what goes to a former id is an answer");
  const { sender, receiver } = last;
  const former = last.to ?? receiver.id;
  const ended = receiver.lifetimes.find(({ id }) => id === former)?.until;
  const renewed = receiver.lifetimes.at(-1)?.since;
  return {
    conclusion: finding([...answers, ...defined([ended, renewed])], {
      code: "answered-former-id",
      answers: answers.map(positionOf),
      sender: sender.named,
      receiver: receiver.named,
      former,
      ...optional("ended", ended),
      ...optional("renewed", renewed),
    }),
    next: nextStep({ code: "answer-to-sender", receiver: sender.named, sender: receiver.named }),
    details: answers
      .filter(({ receivers }) => receivers.length > 0)
      .map((answer) =>
        finding([answer], {
          code: "answer-to-strangers",
          answer: positionOf(answer),
          receivers: answer.receivers.map((id) => ownerOf(recording, id, answer)),
        }),
      ),
  };
};

/** The answers were addressed to the offerer's name, as if it were an id. */
export const answeredName = (outcomes: ReadonlyArray<Outcome>): Verdict => {
  const answers = outcomes.flatMap(({ attempt }) => attempt.answers.filter(isAddressedByName));
  const last = answers.at(-1);
  if (last === undefined) throw new Error("what goes to a name is an answer");
  const two = { sender: last.sender.named, receiver: last.receiver.named };
  return {
    conclusion: finding(answers, {
      code: "answered-name",
      answers: answers.map(positionOf),
      ...two,
      to: last.to ?? "",
    }),
    next: nextStep({ code: "call-the-other-way", ...two }),
    details: [],
  };
};

/** Two sockets of one user answered the same offer. */
export const answeredTwice = ({ recording }: Inquiry, outcomes: ReadonlyArray<Outcome>): Verdict => {
  const answers = outcomes.flatMap(({ attempt, answer }) =>
    answer === undefined ? [] : [answer, ...rivalsOf(recording, attempt, answer)],
  );
  const [first] = answers;
  if (first === undefined) throw new Error("what is answered twice has answers");
  const two = { sender: first.sender.named, receiver: first.receiver.named };
  const clients = [...new Set(answers.map(({ client }) => client))];
  const own = clients.flatMap((client) => recording.sockets.get(client) ?? []);
  return {
    conclusion: finding([...answers, ...own.map(({ since }) => since)], {
      code: "answered-twice",
      ...two,
      sockets: own.map(({ id, since }) => ({ socket: id, since })),
      addresses: [...new Set(own.map(({ address }) => address))],
      answers: answers.map((answer) => ({ ...positionOf(answer), socket: answer.client })),
    }),
    next: nextStep({ code: "one-window", ...two }),
    details: [],
  };
};

/** The answer that came belongs to an older offer. */
export const offerOvertaken = ({ offer, answer }: Outcome): Verdict => {
  if (offer === undefined || answer === undefined) throw new Error("an offer is overtaken by an answer");
  return {
    conclusion: finding([offer, answer], { code: "offer-overtaken", offer: sentOf(offer), answer: sentOf(answer) }),
    next: nextStep({ code: "one-offer-at-a-time", sender: offer.sender.named }),
    details: [],
  };
};

/** The answers that came after a newer offer: the connection that they belong to may be gone. */
export const answerLate = (inquiry: Inquiry, { kind, offer, answer }: Outcome): ReadonlyArray<Finding> => {
  const newer = kind === "answer-late" && offer && answer ? newerOffer(inquiry, offer, answer) : undefined;
  if (offer === undefined || answer === undefined || newer === undefined) return [];
  return [
    finding([offer, newer, answer], {
      code: "answer-late",
      offer: sentOf(offer),
      newer: positionOf(newer),
      answer: sentOf(answer),
    }),
  ];
};
