import { plain } from "../../plain.js";
import type { Session, Signal, Socket, Spot } from "../exchange.js";
import { apart, type Finding, finding, latest, listed, sockets } from "./finding.js";

/** That a message did not reach whom it was for, and what kept it from them. */
export const undelivered = (session: Session, message: Signal): Finding => {
  const { sender, receiver, type, event, receivers, channel } = message;
  const what = `${plain(type)} #${event} of ${sender.label}`;
  const reach =
    receivers.length === 0
      ? "went to nobody"
      : `went to ${sockets(receivers)}, acting for others, and not to ${receiver.label}`;
  const { spots, text } = absence(session, message);
  const anonymous = subscribedLater(
    [...session.sockets.values()].filter(({ users }) => users.size === 0),
    channel,
    message,
  );
  const perhaps =
    anonymous === undefined || spots.some((spot) => spot.event === anonymous.event)
      ? ""
      : ` A socket that never told whom it acts for subscribed at #${anonymous.event}, ${apart(message, anonymous)} later: it may be ${receiver.label}'s, too late.`;
  return finding([message, ...spots], `The ${what} ${reach}: ${text}.${perhaps}`);
};

interface Reason {
  readonly spots: ReadonlyArray<Spot>;
  readonly text: string;
}

/** Why the receiver of a message did not get it. */
export const absence = (session: Session, message: Signal): Reason => {
  const { receiver, event, channel } = message;
  const connected = receiver.sockets.filter(({ since, until }) => isDuring({ since, until }, event));
  if (connected.length === 0) return unconnected(session, message);
  const subscribed = connected.filter(({ subscriptions }) =>
    subscriptions.some((one) => one.channel === channel && isDuring(one, event)),
  );
  return subscribed.length === 0 ? unsubscribed(message, connected) : keptFrom(message, subscribed);
};

const isDuring = (time: { readonly since: Spot; readonly until: Spot | undefined }, event: number): boolean =>
  time.since.event <= event && (time.until === undefined || time.until.event > event);

const unconnected = (session: Session, message: Signal): Reason => {
  const { receiver, event, channel } = message;
  const left = latest(
    receiver.sockets.flatMap(({ until }) => (until !== undefined && until.event <= event ? until : [])),
  );
  const coming = receiver.sockets.map(({ since }) => since).find((since) => since.event > event);
  const gone =
    left === undefined
      ? ""
      : `it had disconnected at #${left.event}, ${apart(left, message)} before (close code ${left.code}: ${closeCode(left.code)})`;
  const came =
    coming === undefined
      ? ""
      : `it connected ${left === undefined ? "" : "again "}at #${coming.event}, ${apart(message, coming)} later`;
  const account = [gone, came].filter((text) => text !== "").join(", and ");
  if (account !== "")
    return {
      spots: [...(left === undefined ? [] : [left]), ...(coming === undefined ? [] : [coming])],
      text: `${receiver.label} was not connected then: ${account}`,
    };
  const bystanders = [...session.sockets.values()].filter(
    ({ users, subscriptions }) =>
      users.size > 0 &&
      !users.has(message.sender.id) &&
      subscriptions.some((one) => one.channel === channel && isDuring(one, event)),
  );
  const kept = bystanders.length === 0 ? "" : `; it was kept from ${actingFor(bystanders)}`;
  return {
    spots: bystanders.flatMap(({ users }) => [...users.values()]),
    text: `no socket ever joined or published as ${receiver.label}${kept}`,
  };
};

const unsubscribed = (message: Signal, connected: ReadonlyArray<Socket>): Reason => {
  const { receiver, event, channel } = message;
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
        subscriptions.filter((one) => isDuring(one, event)).map((one) => plain(one.channel)),
      ),
    ),
  ];
  const before = ended === undefined ? "" : `; it had unsubscribed at #${ended.event}`;
  const later =
    after === undefined
      ? `, and never subscribed to it${ended === undefined ? "" : " again"}`
      : `; it subscribed at #${after.event}, ${apart(message, after)} later`;
  const only = instead.length === 0 ? "to nothing" : `only to ${listed(instead)}`;
  return {
    spots: [...(ended === undefined ? [] : [ended]), ...(after === undefined ? [] : [after])],
    text: `${receiver.label} was connected (${sockets(connected.map(({ id }) => id))}) but not subscribed to ${plain(channel)}, ${only}${before}${later}`,
  };
};

const subscribedLater = (candidates: ReadonlyArray<Socket>, channel: string, { event }: Spot): Spot | undefined =>
  candidates
    .flatMap(({ subscriptions }) => subscriptions)
    .filter((one) => one.channel === channel && one.since.event > event)
    .map(({ since }) => since)
    .sort((a, b) => a.event - b.event)[0];

/** Subscribed, and yet left out: it is the sender's own socket, or was known to act for others only (PROTOCOL, "Targeted messages"). */
const keptFrom = ({ receiver, client, event }: Signal, subscribed: ReadonlyArray<Socket>): Reason => {
  const others = subscribed.filter(({ id }) => id !== client);
  if (others.length === 0)
    return {
      spots: [],
      text: `the only socket of ${receiver.label} on that channel is the sender's own (socket ${client}), and nobody is sent their own messages`,
    };
  const known = others.map(({ id, users }) => ({
    id,
    users: new Map([...users].filter(([, since]) => since.event <= event)),
  }));
  const learnt = others.flatMap(({ users }) => users.get(receiver.id) ?? []).sort((a, b) => a.event - b.event)[0];
  const later = learnt === undefined ? "" : `; that it acts for ${receiver.label} too came out at #${learnt.event}`;
  return {
    spots: [...known.flatMap(({ users }) => [...users.values()]), ...(learnt === undefined ? [] : [learnt])],
    text: `it was kept from ${receiver.label}'s ${actingFor(known)}, because a message to one user is not sent to those known to act for somebody else only${later}`,
  };
};

const actingFor = (acting: ReadonlyArray<Pick<Socket, "id" | "users">>): string =>
  listed(
    acting.map(({ id, users }) => {
      const whom = [...users].map(([user, { event }]) => `${plain(user)}, since #${event}`);
      return `socket ${id} (known to act for ${listed(whom)})`;
    }),
  );

/** RFC 6455, 7.4.1, in a user's words. */
export const closeCode = (code: number): string => {
  switch (code) {
    case 1000:
      return "the page closed it";
    case 1001:
      return "the page went away";
    case 1005:
      return "closed without a reason";
    case 1006:
      return "the connection was lost";
    case 1008:
      return "closed by a policy";
    case 1009:
      return "a frame was too large";
    case 1013:
      return "it was too slow and cut off";
    default:
      return "see the close code";
  }
};
