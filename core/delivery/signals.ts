import * as O from "fp-ts/lib/Option.js";
import type { ChannelName, ClientId, RoomId, SessionId, UserId } from "../base/id.js";
import * as Id from "../base/id.js";
import * as Multimap from "../base/multimap.js";
import * as Table from "../base/table.js";
import type { MessageRequested, PublishRequested, SignalRequested } from "../event.js";
import { pay, rateLimited, withClient } from "../local/client.js";
import * as Mailbox from "../local/mailbox.js";
import { courseOf, negotiationOf, withNegotiation } from "../local/negotiations.js";
import type { Outcome, PersonalMessage, Refusal } from "../message.js";
import { clientWith } from "../replace.js";
import { isHolder, refusedByToken } from "../shared/permissions.js";
import { roleOf } from "../shared/roles.js";
import {
  type Client,
  knocksAt,
  participantsInOrder,
  participantsOf,
  type Room,
  type State,
  seatsOf,
} from "../state.js";
import { all, nothing, reply, type Step, sequence } from "../step.js";
import { isIn, notInRoom } from "./answers.js";
import * as Elsewhere from "./elsewhere.js";

/**
 * A signal goes to one participant of a room that the sender is in, and the sender is told what became of it.
 * Refused, in this order: `not-in-room`, what the token refuses, `no-such-participant`, `stale`.
 */
export const signal =
  (request: SignalRequested) =>
  (me: Client): Step =>
  (state) => {
    const { roomId: room, to, id = 0, negotiation: n } = request;
    if (!isIn(state, room, me) || O.isNone(me.member)) return Mailbox.refuse(me, id, notInRoom(room))(state);
    const notGranted = refusedByToken(me.token, request, state.now);
    if (O.isSome(notGranted)) return Mailbox.refuse(me, id, notGranted.value)(state);
    const from = me.member.value.user;
    const nodes = Elsewhere.nodesOf(state, sessionsIn(state, room, to));
    const { outcome, course, hand } = receive(state, request, from);
    if (to === from || (outcome === undefined && nodes.length === 0))
      return Mailbox.refuse(me, id, noSuchParticipant(room, to))(state);
    if (course.kind === "stale") return Mailbox.refuse(me, id, stale(n, course.highest))(state);
    return all([
      hand,
      course.kind === "crossing"
        ? Mailbox.post(me.session, { kind: "Crossing", room, other: to, polite: course.polite })
        : nothing,
      Elsewhere.passOn(me, request, nodes, outcome === undefined),
      outcome === undefined ? nothing : Mailbox.answer(me, id, { outcome }),
    ])(state);
  };

/** A signal of a participant on another node. It is told there what has become of it here. */
export const signalFrom =
  (request: SignalRequested, from: UserId): Elsewhere.Receive =>
  (state) => {
    const { roomId: room, to, negotiation: n } = request;
    const { outcome, course, hand } = receive(state, request, from);
    if (!isParticipant(state, room, from)) return [notInRoom(room), nothing];
    if (outcome === undefined) return [noSuchParticipant(room, to), nothing];
    return course.kind === "stale" ? [stale(n, course.highest), nothing] : [outcome, hand];
  };

/** What becomes of a signal on this node: who gets it, what it is to the negotiation of the two, and how it is handed over. */
const receive = (state: State, request: SignalRequested, from: UserId) => {
  const { roomId: room, to, signal: kind, negotiation: n, text } = request;
  const sessions = sessionsIn(state, room, to);
  const others = elsewhere(state, room, to);
  const outcome = others.length > 0 ? "delivered" : outcomeFor(state, sessions);
  const hasNoWords =
    others.length > 0 ||
    Elsewhere.nodesOf(
      state,
      sessions.filter((it) => !Multimap.has(state.shared.memberships, to, it)),
    ).length > 0;
  const course = courseOf(state, { room, from, to, ...(hasNoWords ? { polite: from } : {}) }, kind, n);
  const negotiation = course.kind === "stale" ? undefined : course.negotiation;
  const hand: Step = (same) =>
    all([
      postAll(sessions, { kind: "Signal", room, from, signal: kind, negotiation: n, text, ...charsOf(request) }),
      (known) => [
        known,
        others.map(([client, channel]) =>
          reply(client, { kind: "SignalRelay", channel, room, from, to, signal: kind, negotiation: n, text }),
        ),
      ],
      course.kind === "crossing"
        ? postAll(sessions, { kind: "Crossing", room, other: from, polite: course.polite })
        : nothing,
    ])(withNegotiation(same, { room, from, to }, negotiation));
  return { outcome, course, hand };
};

/**
 * The clients of a participant without a session that can be resumed: those that act for it, each on a channel on which its dialect
 * expects signals. Nobody else is sent anything.
 */
const elsewhere = (state: State, room: RoomId, user: UserId): ReadonlyArray<readonly [ClientId, ChannelName]> => {
  const { signalChannels, subscribers, claimants } = state.local;
  if (signalChannels.size === 0 || !isParticipant(state, room, user)) return [];
  return Table.keys(signalChannels).flatMap((channel) =>
    Table.keys(Multimap.of(claimants, user))
      .filter((client) => Multimap.has(subscribers, channel, client))
      .map((client) => [client, channel] as const),
  );
};

/**
 * A signal in another dialect, for a participant whose session can be resumed. It reaches the rooms that both are in, and where its
 * dialect numbers no negotiations it belongs to whichever is current.
 */
export const crossOver =
  (request: PublishRequested) =>
  ({ dialect }: Pick<Client, "dialect">): Step =>
  (state) => {
    const { from, to, signal: kind, text } = request;
    if (from === undefined || to === undefined || kind === undefined) return [state, []];
    const sessions = Table.keys(Multimap.of(state.shared.memberships, to));
    const room = sessions
      .flatMap((session) => seatsOf(state.shared, session))
      .map((seat) => Id.seatOf(seat).room)
      .find((id) => isParticipant(state, id, from));
    if (room === undefined) return [state, []];
    const known = negotiationOf(state, { room, from, to });
    const next = kind.kind === "offer" ? (known?.highest ?? 0) + 1 : (known?.current ?? 0);
    const n = kind.negotiation === 0 ? next : kind.negotiation;
    const course = courseOf(state, { room, from, to, polite: to }, kind.kind, n);
    if (course.kind === "stale") return [state, []];
    const about = { kind: "Signal", room, from, signal: kind.kind, negotiation: n } as const;
    const message = { ...about, text, dialect, ...charsOf(request) };
    const holders = sessions.filter((session) => isHolder(state.shared, Id.seat(room, to), { session }));
    const crossing = { kind: "Crossing", room, other: from, polite: to } as const;
    return sequence(
      postAll(holders, message),
      course.kind === "crossing" ? postAll(holders, crossing) : nothing,
    )(withNegotiation(state, { room, from, to }, course.negotiation));
  };

const isParticipant = ({ shared }: State, id: RoomId, user: UserId): boolean => {
  return Table.has(participantsOf(shared, id), user);
};

const stale = (n: number, highest: number): Refusal => ({
  code: "stale",
  message: `negotiation ${n} is over: a new offer needs a number above ${highest}`,
  negotiation: highest,
});

const noSuchParticipant = (room: RoomId, user: UserId): Refusal => ({
  code: "no-such-participant",
  message: `${user} is not another participant of room ${room} who can be reached`,
});

/** A recording may hold less of a text than was sent: what is kept, and refused as too large, goes by what was sent. */
const charsOf = ({ chars }: { readonly chars?: number }): { readonly chars?: number } =>
  chars === undefined ? {} : { chars };

const sessionsIn = ({ shared }: State, room: RoomId, user: UserId): ReadonlyArray<SessionId> =>
  Table.keys(Multimap.of(shared.holders, Id.seat(room, user)));

/** Delivered where one of the sessions has a client. Undefined where none of them is known here. */
const outcomeFor = (state: State, sessions: ReadonlyArray<SessionId>): Outcome | undefined => {
  const outcomes = sessions.map((session) => Mailbox.outcomeFor(state, session));
  return outcomes.find((one) => one === "delivered") ?? outcomes.find((one) => one === "kept");
};

const postAll = (sessions: ReadonlyArray<SessionId>, message: PersonalMessage): Step =>
  all(sessions.map((session) => Mailbox.post(session, message)));

/**
 * An application message, for one participant or for all others. Whoever waits at the door, and those who may admit them, may write to
 * each other. Refused, in this order: what the token refuses, `too-large`, `not-in-room`, `no-such-participant`, `rate-limited`. What is
 * refused does not count towards the rate.
 */
export const message =
  (request: MessageRequested) =>
  (me: Client): Step =>
  (state) => {
    const { roomId, to, id = 0, text } = request;
    const { messageCharsMax, sayPerSecond, sayBurst } = state.shared.settings.limits;
    const room = Table.get(state.shared.rooms, roomId);
    const notGranted = refusedByToken(me.token, request, state.now);
    if (O.isSome(notGranted)) return Mailbox.refuse(me, id, notGranted.value)(state);
    const { chars = text.length } = request;
    if (chars > messageCharsMax) return Mailbox.refuse(me, id, tooLarge(chars, messageCharsMax))(state);
    if (O.isNone(me.member) || room === undefined) return Mailbox.refuse(me, id, notInRoom(roomId))(state);
    const from = me.member.value.user;
    // Who waits may write to somebody, and not to all.
    if (!isIn(state, roomId, me) && (to === undefined || !isAtDoor(state, roomId, from, me.session)))
      return Mailbox.refuse(me, id, notInRoom(roomId))(state);
    const sessions = addressees(state, room, from, to, isIn(state, roomId, me));
    const nodes = Elsewhere.nodesOf(state, sessions);
    const outcome = outcomeFor(state, sessions);
    if (to !== undefined && outcome === undefined && nodes.length === 0)
      return Mailbox.refuse(me, id, noSuchParticipant(roomId, to))(state);
    const rate = { perSecond: sayPerSecond, burst: sayBurst, what: "application messages" };
    const said = pay(rate, me.saidUntilMicros, state.now);
    if (O.isNone(said)) return Mailbox.refuse(me, id, rateLimited(rate, me))(state);
    const isAsked = to !== undefined && outcome === undefined;
    return all([
      post(sessions, request, from),
      Elsewhere.passOn(me, request, nodes, isAsked),
      isAsked ? nothing : Mailbox.answer(me, id, outcome === undefined ? {} : { outcome }),
    ])(withClient(state, clientWith(me, { saidUntilMicros: said.value })));
  };

const post = (sessions: ReadonlyArray<SessionId>, request: MessageRequested, from: UserId): Step => {
  const { roomId: room, to, text } = request;
  const about = { kind: "Message", room, from, ...(to === undefined ? {} : { to }) } as const;
  return postAll(sessions, { ...about, text, ...charsOf(request) });
};

/** An application message of somebody on another node. */
export const messageFrom =
  (request: MessageRequested, from: UserId, session: SessionId): Elsewhere.Receive =>
  (state) => {
    const { roomId, to } = request;
    const room = Table.get(state.shared.rooms, roomId);
    const isInside = isHolder(state.shared, Id.seat(roomId, from), { session });
    if (room === undefined || (!isInside && (to === undefined || !isAtDoor(state, roomId, from, session))))
      return [notInRoom(roomId), nothing];
    const sessions = addressees(state, room, from, to, isInside);
    const outcome = outcomeFor(state, sessions);
    return outcome === undefined
      ? [noSuchParticipant(roomId, to ?? from), nothing]
      : [outcome, post(sessions, request, from)];
  };

const tooLarge = (chars: number, max: number): Refusal => ({
  code: "too-large",
  path: "data",
  message: `data has ${chars} characters as JSON: a message may have ${max}`,
});

const knockOf = (state: State, room: RoomId, user: UserId) => Table.get(knocksAt(state.shared, room), user);

const isAtDoor = (state: State, room: RoomId, user: UserId, session: SessionId): boolean =>
  knockOf(state, room, user)?.session === session;

const addressees = (
  state: State,
  room: Room,
  from: UserId,
  to: UserId | undefined,
  isInside: boolean,
): ReadonlyArray<SessionId> => {
  if (to === undefined)
    return participantsInOrder(room)
      .filter(({ id }) => id !== from)
      .flatMap(({ id }) => sessionsIn(state, room.id, id));
  if (to === from) return [];
  const isModerator = (user: UserId): boolean => roleOf(state.shared, room, user) !== "participant";
  if (!isInside) return isModerator(to) ? sessionsIn(state, room.id, to) : [];
  const waiting = isModerator(from) ? knockOf(state, room.id, to) : undefined;
  return waiting === undefined ? sessionsIn(state, room.id, to) : [waiting.session];
};
