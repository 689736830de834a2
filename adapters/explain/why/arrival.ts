import { printable } from "../../observe/printable.js";
import { isMisnamed, type Signal } from "../attempts.js";
import { labelOf, whoseIs } from "../people.js";
import { isAnonymous, type Position, type Recording, type Socket } from "../recording.js";
import {
  apart,
  closeCode,
  type Finding,
  finding,
  latest,
  listed,
  next,
  numbers,
  shownMax,
  sockets,
  stamp,
  type Verdict,
} from "./finding.js";

/** That a message did not reach whom it was for, and what kept it from them. */
export const undelivered = (recording: Recording, message: Signal): Finding => {
  const { sender, receiver, type, receivers, channel } = message;
  const what = `${printable(type)} ${stamp(message)} of ${sender.label}`;
  const reach =
    receivers.length === 0
      ? "went to nobody"
      : `went to ${listed(receivers.map((id) => whoseIs(recording, id, message)))}, and not to ${receiver.label}`;
  const { positions, text } = absence(recording, message);
  const anonymous = subscribedLater([...recording.sockets.values()].filter(isAnonymous), channel, message);
  const perhaps =
    anonymous === undefined || positions.some((position) => position.event === anonymous.event)
      ? ""
      : ` A socket that never said who it is subscribed at ${stamp(anonymous)}, ${apart(message, anonymous)} later: it may be ${receiver.label}'s, too late.`;
  const heard = perhaps === "" || anonymous === undefined ? [] : [anonymous];
  return finding([message, ...positions, ...heard], `The ${what} ${reach}: ${text}.${perhaps}`);
};

interface Reason {
  readonly positions: ReadonlyArray<Position>;
  readonly text: string;
  /** What to do, where this reason tells. */
  readonly mend?: string;
}

/** Why the receiver of a message did not get it. */
export const absence = (recording: Recording, message: Signal): Reason => {
  const { receiver, event, channel } = message;
  if (isMisnamed(message))
    return {
      positions: [],
      text: `it was addressed to “${printable(message.to ?? "")}”, which is the name of ${receiver.label} and nobody's id`,
      mend: `mend where ${message.sender.label}'s page takes the addressee from: it must be the userId that the room list gives, ${printable(receiver.id)}.`,
    };
  const connected = receiver.sockets.filter(({ since, until }) => isDuring({ since, until }, event));
  if (connected.length === 0) return unconnected(recording, message);
  const subscribed = connected.filter(({ subscriptions }) =>
    subscriptions.some((one) => one.channel === channel && isDuring(one, event)),
  );
  return subscribed.length === 0
    ? unsubscribed(recording, message, connected)
    : keptFrom(recording, message, subscribed);
};

/** What an offer lacked that reached nobody, and what to do. */
export const unarrived = (recording: Recording, offers: ReadonlyArray<Signal>): Verdict => {
  const last = offers.at(-1);
  if (last === undefined) throw new Error("an attempt that did not arrive has an offer");
  const { sender, receiver, channel } = last;
  const earlier = offers.slice(0, -1);
  const isSameReason = earlier.every((offer) => absence(recording, offer).text === absence(recording, last).text);
  const details =
    earlier.length === 0
      ? []
      : isSameReason
        ? [finding(earlier, `The earlier offers (${numbers(earlier)}) did not arrive either, for the same reason.`)]
        : earlier.slice(-shownMax).map((offer) => undelivered(recording, offer));
  return {
    conclusion: undelivered(recording, last),
    next: next(
      absence(recording, last).mend ??
        `look at ${receiver.label}'s page around ${stamp(last)}: it must be connected, subscribed to ${printable(channel)} and known by this very id before ${sender.label} offers, or ${sender.label} must offer again when it comes.`,
      last,
    ),
    details,
  };
};

const isDuring = (time: { readonly since: Position; readonly until: Position | undefined }, event: number): boolean =>
  time.since.event <= event && (time.until === undefined || time.until.event > event);

const unconnected = (recording: Recording, message: Signal): Reason => {
  const { receiver, event, channel } = message;
  const left = latest(
    receiver.sockets.flatMap(({ until }) => (until !== undefined && until.event <= event ? until : [])),
  );
  const coming = receiver.sockets.map(({ since }) => since).find((since) => since.event > event);
  const gone =
    left === undefined
      ? ""
      : `it had disconnected at ${stamp(left)}, ${apart(left, message)} before (${closeCode(left.code)})`;
  const came =
    coming === undefined
      ? ""
      : `it connected ${left === undefined ? "" : "again "}at ${stamp(coming)}, ${apart(message, coming)} later`;
  const account = [gone, came].filter((text) => text !== "").join(", and ");
  if (account !== "")
    return {
      positions: [...(left === undefined ? [] : [left]), ...(coming === undefined ? [] : [coming])],
      text: `${receiver.label} was not connected then: ${account}`,
    };
  const bystanders = [...recording.sockets.values()].filter(
    ({ users, subscriptions }) =>
      users.size > 0 &&
      !users.has(message.sender.id) &&
      subscriptions.some((one) => one.channel === channel && isDuring(one, event)),
  );
  const kept = bystanders.length === 0 ? "" : `; it was kept from ${actingFor(recording, bystanders)}`;
  return {
    positions: bystanders.flatMap(({ users }) => [...users.values()]),
    text: `no socket ever joined or published as ${receiver.label}${kept}`,
  };
};

const unsubscribed = (recording: Recording, message: Signal, connected: ReadonlyArray<Socket>): Reason => {
  const { receiver, sender, event, channel } = message;
  const joined = latest(
    recording.incidents.filter((one) => one.kind === "join" && receiver.ids.includes(one.user) && one.event < event),
  );
  const ended = latest(
    connected.flatMap(({ subscriptions }) =>
      subscriptions.flatMap(({ channel: other, until }) =>
        other === channel && until !== undefined && until.event <= event ? until : [],
      ),
    ),
  );
  const after = subscribedLater(receiver.sockets, channel, message);
  const instead = [
    ...new Set(
      connected.flatMap(({ subscriptions }) =>
        subscriptions.filter((one) => isDuring(one, event)).map((one) => printable(one.channel)),
      ),
    ),
  ];
  const before = ended === undefined ? "" : `; it had unsubscribed at ${stamp(ended)}`;
  const later =
    after === undefined
      ? `, and never subscribed to it${ended === undefined ? "" : " again"}`
      : `; it subscribed at ${stamp(after)}, ${apart(message, after)} later`;
  const deaf =
    joined === undefined || after === undefined
      ? ""
      : `. It had joined at ${stamp(joined)}: for ${apart(joined, after)} it was in the list and could not be called`;
  const only = instead.length === 0 ? "to nothing" : `only to ${listed(instead)}`;
  return {
    positions: [ended, after, deaf === "" ? undefined : joined].flatMap((position) => position ?? []),
    text: `${receiver.label} was connected (${sockets(connected.map(({ id }) => id))}) but not subscribed to ${printable(channel)}, ${only}${before}${later}${deaf}`,
    ...(after === undefined
      ? {}
      : {
          mend: `now, let ${sender.label} call again; for good, ${receiver.label}'s page must subscribe to ${printable(channel)} before it joins, and ${sender.label}'s page should send an offer again that gets no answer.`,
        }),
  };
};

const subscribedLater = (
  candidates: ReadonlyArray<Socket>,
  channel: string,
  { event }: Position,
): Position | undefined =>
  candidates
    .flatMap(({ subscriptions }) => subscriptions)
    .filter((one) => one.channel === channel && one.since.event > event)
    .map(({ since }) => since)
    .sort((a, b) => a.event - b.event)[0];

/** Subscribed, and yet left out: it is the sender's own socket, or was known to act for others only (PROTOCOL, "Targeted messages"). */
const keptFrom = (
  recording: Recording,
  { receiver, client, event, to }: Signal,
  subscribed: ReadonlyArray<Socket>,
): Reason => {
  const others = subscribed.filter(({ id }) => id !== client);
  if (others.length === 0)
    return {
      positions: [],
      text: `the only socket of ${receiver.label} on that channel is the sender's own (socket ${client}), and nobody is sent their own messages`,
    };
  const known = others.map(({ id, users }) => ({
    id,
    users: new Map([...users].filter(([, since]) => since.event <= event)),
  }));
  const learnt = others.flatMap(({ users }) => users.get(to ?? receiver.id) ?? []).sort((a, b) => a.event - b.event)[0];
  const later = learnt === undefined ? "" : `; that it acts for ${receiver.label} too came out at ${stamp(learnt)}`;
  return {
    positions: [...known.flatMap(({ users }) => [...users.values()]), ...(learnt === undefined ? [] : [learnt])],
    text: `it was kept from ${receiver.label}'s ${actingFor(recording, known)}, because a message to one user is not sent to those known to act for somebody else only${later}`,
  };
};

const actingFor = (recording: Recording, acting: ReadonlyArray<Pick<Socket, "id" | "users">>): string =>
  listed(
    acting.map(({ id, users }) => {
      const whom = [...users].map(([user, since]) => `${labelOf(recording, user)} since ${stamp(since)}`);
      return `socket ${id} (known to act for ${listed(whom)})`;
    }),
  );
