import { printable } from "../../observe/printable.js";
import { isDelivered, isMisnamed, patienceMs, rivalsOf, type Signal } from "../attempts.js";
import { isBy, labelOf, type Person, whoseIs } from "../people.js";
import type { Position, Recording, Relay, Socket } from "../recording.js";
import { span, timeOfDay } from "../times.js";
import { undelivered } from "./arrival.js";
import {
  apart,
  closeCode,
  type Finding,
  finding,
  type Inquiry,
  latest,
  listed,
  next,
  numbers,
  sockets,
  stamp,
  stopOf,
  type Verdict,
} from "./finding.js";
import { newerOffer, type Outcome } from "./outcome.js";

/** Offers that were delivered, and that nobody answered. */
export const unanswered = (inquiry: Inquiry, offers: ReadonlyArray<Signal>): Verdict => {
  const [first] = offers;
  const last = offers.at(-1);
  if (first === undefined || last === undefined) throw new Error("what is not answered is an offer");
  const { sender, receiver, got, perhaps } = last;
  const were = offers.length === 1 ? "was" : "were";
  const where =
    got.length > 0
      ? `written to ${sockets([...new Set(offers.flatMap((offer) => offer.got))])} of ${receiver.label}`
      : `given to ${sockets(perhaps)}, which never said who it is and may be ${receiver.label}'s`;
  const sign = signOfLife(inquiry.recording, receiver, { first, last });
  const astray = misdirected(inquiry, first);
  return {
    conclusion: finding(
      [...offers, ...sign.positions],
      `No answer was sent to the offer${offers.length === 1 ? "" : "s"} ${numbers(offers)} of ${sender.label}: ${offers.length === 1 ? "it" : "they"} ${were} ${where}${sign.text}.`,
    ),
    next: astray.length > 0 ? next(whereTheIdComesFrom(receiver, sender)) : sign.next,
    details: astray,
  };
};

const whereTheIdComesFrom = (receiver: Person, sender: Person): string =>
  `now, let ${receiver.label} reload; for good, mend where ${receiver.label}'s page takes the addressee from: an answer must go to the fromUserId of its offer, ${printable(sender.id)}.`;

interface Sign {
  readonly positions: ReadonlyArray<Position>;
  readonly text: string;
  readonly next: Finding;
}

interface Waiting {
  readonly first: Signal;
  readonly last: Signal;
}

/** When the one who should have answered was last heard, and what became of the sockets that got the offer. */
const signOfLife = (recording: Recording, receiver: Person, { first, last }: Waiting): Sign => {
  const { name, sockets: all } = receiver;
  const own = all.filter(({ id }) => last.got.includes(id));
  const heard = (some: ReadonlyArray<Socket>): ReadonlyArray<Position> => some.flatMap((socket) => socket.heard);
  const gone = endOf(recording, own.length > 0 ? own : all, first);
  const back = gone && all.map(({ since, id }) => ({ ...since, socket: id })).find(({ event }) => event > gone.event);
  const before = latest(heard(all).filter(({ event }) => event < first.event));
  const after = heard(own.length > 0 ? own : all).find(({ event }) => event > last.event);
  const isSilent =
    before !== undefined &&
    !heard(all).some(({ event }) => event > first.event && event < (back?.event ?? Number.POSITIVE_INFINITY));
  const isShown = gone !== undefined && isShownUntil(recording, receiver, gone);
  const told = [
    isSilent &&
      `, but no message came from ${name} after ${stamp(before)}, ${apart(before, first)} before${first === last ? "" : " the first"} (what a browser says by itself to pings is not recorded)`,
    after && `; ${name} was heard again at ${stamp(after)}, ${apart(last, after)} later`,
    gone && `; socket ${gone.socket} ended at ${stamp(gone)}, ${apart(last, gone)} later (${closeCode(gone.code)})`,
    isShown && `. Until then the list showed ${name}`,
    back && `${isShown ? "; " : ", and "}${name} was back on socket ${back.socket} at ${stamp(back)}`,
  ];
  return {
    positions: [isSilent ? before : undefined, after, gone, back].flatMap((position) => position ?? []),
    text: told.filter((part) => typeof part === "string").join(""),
    next: nextAfterSilence({ receiver, last, after, gone, back, isSilent }),
  };
};

interface Silence {
  readonly receiver: Person;
  readonly last: Signal;
  readonly after: Position | undefined;
  readonly gone: End | undefined;
  readonly back: Position | undefined;
  readonly isSilent: boolean;
}

const nextAfterSilence = ({ receiver, last, after, gone, back, isSilent }: Silence): Finding => {
  const { name } = receiver;
  const again =
    back === undefined
      ? `let ${last.sender.name} call again once ${name} is back`
      : `let ${last.sender.name} call again, now that ${name} is back`;
  if (gone?.code === 1006 && isSilent)
    return next(
      `${again}; look at ${name}'s machine and network from about ${timeOfDay(gone.at - cutAfterMs)} to ${stamp(gone)}: where the server gave it up for its silence, that began ${span(cutAfterMs)} before (CUT_AFTER_MS, unless it is set otherwise). For good, a page should call again when somebody comes back to the list.`,
      gone,
    );
  if (gone !== undefined && after === undefined)
    return next(
      `look at why ${name} went at ${stamp(gone)}, before it had answered (${closeCode(gone.code)}); ${again}.`,
      gone,
    );
  const state =
    after === undefined ? "was not heard after it: ask whether the page hangs, or whether it" : "is alive, so the page";
  return next(
    `look at ${name}'s browser console after ${stamp(last)}: its socket got the message and ${state} did not read it, failed in setRemoteDescription, or waits (for a camera, a click, an approval).`,
    last,
  );
};

interface End extends Position {
  readonly code: number;
  readonly socket: number;
}

/** When the last of some sockets ended, after an event; the end of the server is nobody's. */
const endOf = (recording: Recording, some: ReadonlyArray<Socket>, { event }: Position): End | undefined => {
  const ends = some.flatMap(({ id, until }) => (until === undefined ? [] : { ...until, socket: id }));
  const last = ends.length === some.length ? latest(ends) : undefined;
  return last === undefined || last.event < event || last.event > stopOf(recording) ? undefined : last;
};

const isShownUntil = ({ incidents }: Recording, { ids }: Person, { event }: Position): boolean =>
  incidents.some((one) => one.kind === "leave" && one.event === event && ids.includes(one.user));

/** Answers that went to somebody who had not offered. What answers the offer of a third person is as it should be. */
const misdirected = ({ recording, people }: Inquiry, { receiver, sender, event }: Signal): ReadonlyArray<Finding> => {
  const relays = recording.incidents.filter((incident): incident is Relay => incident.kind === "relay");
  const astray = relays.filter((answer) => {
    if (answer.signalKind !== "answer" || answer.event < event || !isBy(answer, receiver)) return false;
    const whom = people.find(({ ids }) => answer.to !== undefined && ids.includes(answer.to));
    if (whom === undefined || whom.id === sender.id) return false;
    return !relays.some((offer) => offer.signalKind === "offer" && offer.event < answer.event && isBy(offer, whom));
  });
  if (astray.length === 0) return [];
  const targets = astray.map((answer) => `${stamp(answer)} to ${labelOf(recording, answer.to ?? "")}`);
  return [
    finding(
      astray,
      `${receiver.label} did send answers, but not to ${sender.label}, and to somebody who had not offered: ${listed(targets)}.`,
    ),
  ];
};

/** The offer was answered, and the answer did not arrive. */
export const lost = ({ recording }: Inquiry, { offer, answer }: Outcome): Verdict => {
  if (answer === undefined) throw new Error("what is lost is an answer");
  const reason = undelivered(recording, answer);
  const head =
    offer === undefined
      ? `${answer.sender.label} sent an answer ${stamp(answer)} to no offer, and it did not arrive`
      : `${answer.sender.label} got the offer ${stamp(offer)} and answered at ${stamp(answer)}, ${apart(offer, answer)} later, but the answer did not arrive`;
  return {
    conclusion: finding([...(offer === undefined ? [] : [offer]), answer], `${head}.`),
    next: next(
      `look at ${answer.receiver.label}'s page around ${stamp(answer)}: why was it not there, or not subscribed, for the answer to its own offer?`,
      answer,
    ),
    details: [reason],
  };
};

/** The answers went to an id that the one who offered had before, and has no more. */
export const toFormerId = ({ recording }: Inquiry, outcomes: ReadonlyArray<Outcome>): Verdict => {
  const answers = outcomes.flatMap(({ attempt }) => attempt.answers.filter((answer) => !isDelivered(answer)));
  const last = answers.at(-1);
  if (last === undefined) throw new Error("what goes to a former id is an answer");
  const { sender, receiver } = last;
  const former = last.to ?? receiver.id;
  const old = receiver.lifetimes.find(({ id }) => id === former)?.until;
  const came = receiver.lifetimes.at(-1)?.since;
  const strangers = answers.filter(({ receivers }) => receivers.length > 0);
  const plural = answers.length === 1 ? "" : "s";
  const since = old === undefined ? "" : `, which nobody holds since ${stamp(old)} (${closeCode(old.code)})`;
  const now =
    came === undefined
      ? ""
      : ` ${receiver.name} is ${printable(receiver.id)} since ${stamp(came)}: most likely the page was reloaded.`;
  return {
    conclusion: finding(
      [...answers, ...(old === undefined ? [] : [old]), ...(came === undefined ? [] : [came])],
      `${sender.label} did answer, but to an old id of ${receiver.label}: the answer${plural} ${numbers(answers)} went to ${printable(former)}${since}.${now}`,
    ),
    next: next(whereTheIdComesFrom(sender, receiver)),
    details: strangers.map((answer) =>
      finding(
        [answer],
        `The answer ${stamp(answer)} reached nobody it was meant for: it went to ${listed(answer.receivers.map((id) => whoseIs(recording, id, answer)))}.`,
      ),
    ),
  };
};

/** The answers went to the name of the one who offered, as if it were an id. */
export const toName = (outcomes: ReadonlyArray<Outcome>): Verdict => {
  const answers = outcomes.flatMap(({ attempt }) => attempt.answers.filter(isMisnamed));
  const last = answers.at(-1);
  if (last === undefined) throw new Error("what goes to a name is an answer");
  const { sender, receiver } = last;
  return {
    conclusion: finding(
      answers,
      `${sender.label} did answer, but to “${printable(last.to ?? "")}”, which is the name of ${receiver.label} and nobody's id: the answer${answers.length === 1 ? "" : "s"} ${numbers(answers)} reached nobody.`,
    ),
    next: next(
      `now, let ${sender.label} call instead; for good, mend where ${sender.label}'s page takes the addressee from: an answer must go to the fromUserId of its offer, ${printable(receiver.id)}, and so must its candidates. To reload the same page does not help, and others who call ${sender.label} will most likely fare the same.`,
    ),
    details: [],
  };
};

/** Two sockets of one user answered the same offer. */
export const twice = ({ recording }: Inquiry, outcomes: ReadonlyArray<Outcome>): Verdict => {
  const answers = outcomes.flatMap(({ attempt, answer }) =>
    answer === undefined ? [] : [answer, ...rivalsOf(recording, attempt, answer)],
  );
  const [first] = answers;
  if (first === undefined) throw new Error("what is answered twice has answers");
  const { sender, receiver } = first;
  const own = [...new Set(answers.map(({ client }) => client))].flatMap(
    (client) => recording.sockets.get(client) ?? [],
  );
  const where = new Set(own.map(({ address }) => address));
  const from =
    where.size === 1 ? `, all from ${listed([...where])}: windows of one machine?` : `, from ${listed([...where])}`;
  return {
    conclusion: finding(
      [...answers, ...own.map(({ since }) => since)],
      `${sender.label} was there on several sockets at once (${listed(own.map(({ id, since }) => `${id} since ${stamp(since)}`))}${printable(from)}), and each of them answered: ${listed(answers.map((answer) => `socket ${answer.client} at ${stamp(answer)}`))}. An offer can have one answer. ${receiver.label}'s page can use the first; where it does not ignore the next, that one fails there (InvalidStateError). And ${sender.label} may have been looking at the other window.`,
    ),
    next: next(
      `now, let ${sender.label} close all windows but one and ${receiver.label} call again; for good, let only one of a user's windows answer, or give each an id of its own, and let the caller ignore an answer that it does not wait for.`,
    ),
    details: [],
  };
};

/** The default of the server, whose journal does not tell what it is. */
const cutAfterMs = 8_000;

/** What the list told the caller meanwhile. */
const comings = ({ incidents }: Recording, { receiver, event }: Signal, until: number): string => {
  const isTheirs = (kind: "join" | "leave", since: number) => (one: Recording["incidents"][number]) =>
    one.kind === kind && one.event > since && one.event < until && receiver.ids.includes(one.user);
  const lost = incidents.find(isTheirs("leave", event));
  const back = lost && incidents.find(isTheirs("join", lost.event));
  if (lost === undefined) return "";
  return `; the list had lost ${receiver.name} at ${stamp(lost)}${back === undefined ? "" : `, and had ${receiver.name} back at ${stamp(back)}`}`;
};

/** Whoever calls once, and waits. */
export const noRetry = ({ recording }: Inquiry, { offer }: Outcome): ReadonlyArray<Finding> => {
  if (offer === undefined) return [];
  const ends = offer.sender.sockets.map(({ until }) => until);
  const end = ends.includes(undefined) ? undefined : latest(ends.flatMap((until) => until ?? []));
  const stayedMs = (end?.at ?? recording.endedAt) - offer.at;
  if (stayedMs < patienceMs) return [];
  const until = end === undefined ? "to the end of the recording" : `until ${stamp(end)}`;
  return [
    finding(
      [offer, ...(end === undefined ? [] : [end])],
      `${offer.sender.label} did not offer again, and was there ${until}, for ${span(stayedMs)}${comings(recording, offer, end?.event ?? Number.POSITIVE_INFINITY)}.`,
    ),
  ];
};

/** The answer that came belongs to an offer that its sender had made anew. */
export const outrun = ({ offer, answer }: Outcome): Verdict => {
  if (offer === undefined || answer === undefined) throw new Error("an offer is outrun by an answer");
  return {
    conclusion: finding(
      [offer, answer],
      `The offer ${stamp(offer)} of ${offer.sender.label} got no answer of its own: the answer ${stamp(answer)} of ${answer.sender.label} that followed belongs to an older offer.`,
    ),
    next: next(
      `look at why ${offer.sender.label} offered again before it had an answer: it should wait for it, or number its offers and drop answers to older ones.`,
    ),
    details: [],
  };
};

/** An answer that comes after a newer offer of the same side belongs to a connection that may be gone. */
export const late = (inquiry: Inquiry, { kind, offer, answer }: Outcome): ReadonlyArray<Finding> => {
  const newer = kind === "late" && offer && answer ? newerOffer(inquiry, offer, answer) : undefined;
  if (offer === undefined || answer === undefined || newer === undefined) return [];
  return [
    finding(
      [offer, newer, answer],
      `The answer ${stamp(answer)} of ${answer.sender.label} is late: it is to the offer ${stamp(offer)}, and ${offer.sender.label} had sent a newer one, ${stamp(newer)}, ${apart(newer, answer)} before; a page that has moved on cannot use it.`,
    ),
  ];
};

/** That somebody came back under another id; of many times the last few. */
export const formerIds = ({ lifetimes, label, name }: Person): ReadonlyArray<Finding> =>
  lifetimes.slice(-3).flatMap((lifetime, i, last) => {
    const old = last[i - 1] ?? lifetimes[lifetimes.indexOf(lifetime) - 1];
    if (old?.until === undefined || lifetime.since === undefined) return [];
    return [
      finding(
        [old.until, lifetime.since],
        `${label} was ${printable(old.id)} before: that one went at ${stamp(old.until)}, and somebody of the same name came into the same room as ${printable(lifetime.id)} at ${stamp(lifetime.since)}. Both are taken to be ${name}.`,
      ),
    ];
  });
