import { leaseMs } from "../../../core/index.js";
import { isAddressedByName, type Signal } from "../attempts.js";
import { ownerOf, userNamed } from "../people.js";
import {
  type Incident,
  isAnonymous,
  type NodeChange,
  type Position,
  type Recording,
  type Socket,
} from "../recording.js";
import { listedMax } from "../sentences/words.js";
import type { ActingSocket } from "../who.js";
import { mistyped } from "./channels.js";
import type { Advice } from "./codes/advice.js";
import type { Absence } from "./codes/delivery.js";
import {
  defined,
  type Finding,
  finding,
  latest,
  nextStep,
  optional,
  positionOf,
  sentOf,
  type Verdict,
} from "./finding.js";

/** A message did not reach its recipient, and why. */
export const notDelivered = (recording: Recording, message: Signal): Finding => {
  const { receiver, receivers, channel, type } = message;
  const reason = absence(recording, message);
  const positions = positionsIn(reason);
  const anonymous = subscribedLater([...recording.sockets.values()].filter(isAnonymous), channel, message);
  const isNew = anonymous !== undefined && positions.every(({ event }) => event !== anonymous.event);
  return finding([message, ...positions, ...defined([isNew ? anonymous : undefined])], {
    code: "not-delivered",
    message: { ...sentOf(message), type },
    receiver: receiver.named,
    receivers: receivers.map((id) => ownerOf(recording, id, message)),
    reason,
    ...optional("anonymousSubscribed", isNew ? anonymous : undefined),
  });
};

/** Offers that did not reach their recipient, and what to do. */
export const offersNotDelivered = (recording: Recording, offers: ReadonlyArray<Signal>): Verdict => {
  const last = offers.at(-1);
  if (last === undefined) throw new Error("an attempt that did not arrive has an offer");
  const earlier = offers.slice(0, -1);
  const reason = absence(recording, last);
  const isSame = earlier.every((offer) => JSON.stringify(absence(recording, offer)) === JSON.stringify(reason));
  const either = finding(earlier, { code: "not-delivered-either", offers: earlier.map(positionOf) });
  const each = earlier.slice(-listedMax).map((offer) => notDelivered(recording, offer));
  return {
    conclusion: notDelivered(recording, last),
    next: nextStep(adviceFor(reason, last), last),
    details: earlier.length === 0 ? [] : isSame ? [either] : each,
  };
};

const adviceFor = (reason: Absence, offer: Signal): Advice => {
  const { channel } = offer;
  const two = { sender: offer.sender.named, receiver: offer.receiver.named };
  if (reason.code === "addressed-to-name") return { code: "address-by-room-list", ...two };
  if (reason.code === "away") return { code: "call-when-back", ...two, isBack: reason.back !== undefined };
  if (reason.code === "no-reply") return { code: "send-again", ...two };
  if (reason.code === "names-nobody") return { code: "address-by-id", ...two };
  if (reason.code === "no-room-in-common") return { code: "meet-in-a-room", ...two };
  if (reason.code === "not-subscribed" && reason.mistyped !== undefined)
    return { code: "fix-channel", ...reason.mistyped };
  if (reason.code === "not-subscribed" && reason.subscribed !== undefined)
    return { code: "subscribe-before-join", ...two, channel };
  return { code: "be-there-first", ...two, channel, offer: positionOf(offer) };
};

/** The events that a reason is based on. */
const positionsIn = (reason: Absence): ReadonlyArray<Position> => {
  switch (reason.code) {
    case "addressed-to-name":
    case "only-socket-is-the-senders":
      return [];
    case "away":
      return defined([reason.since, reason.ended, reason.back]);
    case "no-reply":
      return defined([reason.lost]);
    case "names-nobody":
    case "no-room-in-common":
      return [];
    case "not-connected":
      return defined([reason.disconnected, reason.connected]);
    case "never-acted":
      return sinceOf(reason.keptFrom);
    case "not-subscribed":
      return defined([reason.unsubscribed, reason.subscribed, reason.subscribed && reason.joined]);
    case "known-for-others":
      return [...sinceOf(reason.sockets), ...defined([reason.learnt])];
  }
};

const sinceOf = (sockets: ReadonlyArray<ActingSocket>): ReadonlyArray<Position> =>
  sockets.flatMap(({ users }) => users.map(({ since }) => since));

/** Finds why a message did not reach its recipient. */
const absence = (recording: Recording, message: Signal): Absence => {
  const { receiver, event, channel } = message;
  if (isAddressedByName(message)) return { code: "addressed-to-name", to: message.to ?? "", receiver: receiver.named };
  if (message.isKept) return away(recording, message);
  if (message.noReplyOf.length > 0) return noReply(recording, message);
  const connected = receiver.sockets.filter((socket) => isDuring(socket, event));
  if (connected.length === 0) return unconnected(recording, message);
  if (connected.every(({ isResumable }) => isResumable))
    return { code: message.to === undefined ? "names-nobody" : "no-room-in-common", receiver: receiver.named };
  const subscribed = connected.filter(({ subscriptions }) =>
    subscriptions.some((one) => one.channel === channel && isDuring(one, event)),
  );
  return subscribed.length === 0
    ? unsubscribed(recording, message, connected)
    : keptFrom(recording, message, subscribed);
};

/** Where they were, and whether that was lost about then. */
const noReply = ({ incidents }: Recording, { receiver, noReplyOf: nodes, at }: Signal): Absence => {
  const lost = incidents.find(
    (one): one is NodeChange =>
      one.kind === "node" && one.step === "lost" && nodes.includes(one.node) && one.at >= at - leaseMs,
  );
  return {
    code: "no-reply",
    receiver: receiver.named,
    nodes,
    ...optional("lost", lost && { ...positionOf(lost), node: lost.node }),
  };
};

/** The last time that they had gone away, and what followed. */
const away = ({ incidents }: Recording, { receiver, event }: Signal): Absence => {
  const isTheirs = (one: Incident): boolean =>
    "user" in one && one.user !== undefined && receiver.ids.includes(one.user);
  const since = incidents.findLast((one) => one.kind === "away" && one.event < event && isTheirs(one));
  const later = incidents.find(
    (one) => (one.kind === "back" || one.kind === "lost") && one.event > event && isTheirs(one),
  );
  return {
    code: "away",
    receiver: receiver.named,
    ...optional("since", since && positionOf(since)),
    ...optional(later?.kind === "back" ? "back" : "ended", later && positionOf(later)),
  };
};

const isDuring = (time: { readonly since: Position; readonly until: Position | undefined }, event: number): boolean =>
  time.since.event <= event && (time.until === undefined || time.until.event > event);

const unconnected = (recording: Recording, message: Signal): Absence => {
  const { receiver, event, channel } = message;
  const disconnected = latest(
    receiver.sockets.flatMap(({ until }) => (until !== undefined && until.event <= event ? until : [])),
  );
  const connected = receiver.sockets.map(({ since }) => since).find((since) => since.event > event);
  if (disconnected !== undefined || connected !== undefined)
    return {
      code: "not-connected",
      receiver: receiver.named,
      ...optional("disconnected", disconnected),
      ...optional("connected", connected),
    };
  const bystanders = [...recording.sockets.values()].filter(
    ({ users, subscriptions }) =>
      users.size > 0 &&
      !users.has(message.sender.id) &&
      subscriptions.some((one) => one.channel === channel && isDuring(one, event)),
  );
  return {
    code: "never-acted",
    receiver: receiver.named,
    keptFrom: bystanders.map((socket) => acting(recording, socket)),
  };
};

const unsubscribed = (recording: Recording, message: Signal, connected: ReadonlyArray<Socket>): Absence => {
  const { receiver, event, channel } = message;
  const joined = latest(
    recording.incidents.filter((one) => one.kind === "join" && receiver.ids.includes(one.user) && one.event < event),
  );
  const subscriptions = connected.flatMap((socket) => socket.subscriptions);
  const ended = latest(
    subscriptions.flatMap(({ channel: other, until }) =>
      other === channel && until !== undefined && until.event <= event ? until : [],
    ),
  );
  const instead = new Set(subscriptions.filter((one) => isDuring(one, event)).map((one) => one.channel));
  return {
    code: "not-subscribed",
    receiver: receiver.named,
    channel,
    sockets: connected.map(({ id }) => id),
    instead: [...instead],
    ...optional("unsubscribed", ended && positionOf(ended)),
    ...optional("subscribed", subscribedLater(receiver.sockets, channel, message)),
    ...optional("joined", joined && positionOf(joined)),
    ...optional("mistyped", mistyped(recording, message, [...instead])),
  };
};

const subscribedLater = (sockets: ReadonlyArray<Socket>, channel: string, { event }: Position): Position | undefined =>
  sockets
    .flatMap(({ subscriptions }) => subscriptions)
    .filter((one) => one.channel === channel && one.since.event > event)
    .map(({ since }) => since)
    .sort((a, b) => a.event - b.event)[0];

/** Why a subscribed socket was left out: it is the sender's own, or was known only for other users (PROTOCOL, "Targeted messages"). */
const keptFrom = (
  recording: Recording,
  { receiver, client, event, to }: Signal,
  subscribed: ReadonlyArray<Socket>,
): Absence => {
  const others = subscribed.filter(({ id }) => id !== client);
  if (others.length === 0) return { code: "only-socket-is-the-senders", receiver: receiver.named, socket: client };
  const learnt = others.flatMap(({ users }) => users.get(to ?? receiver.id) ?? []).sort((a, b) => a.event - b.event)[0];
  return {
    code: "known-for-others",
    receiver: receiver.named,
    sockets: others.map((socket) => acting(recording, socket, event)),
    ...optional("learnt", learnt),
  };
};

/** A socket with the users that it acted for, up to an event. */
const acting = (
  recording: Recording,
  { id, users }: Socket,
  until: number = Number.POSITIVE_INFINITY,
): ActingSocket => ({
  socket: id,
  users: [...users]
    .filter(([, since]) => since.event <= until)
    .map(([user, since]) => ({ ...userNamed(recording, user), since })),
});
