import * as O from "fp-ts/lib/Option.js";
import * as Id from "../../core/base/id.js";
import * as Multimap from "../../core/base/multimap.js";
import * as Table from "../../core/base/table.js";
import {
  type ClientId,
  type Effect,
  type Event,
  type FrameEvent,
  type PublishRequested,
  type RoomId,
  recipients,
  type SessionId,
  type Settings,
  type State,
  type UserId,
} from "../../core/index.js";
import { readerOf } from "../../core/state.js";

/** An event, and what it did. */
export interface Happened {
  readonly event: Event;
  readonly effects: ReadonlyArray<Effect>;
  readonly before: State;
  readonly after: State;
}

const isRefused = (effects: ReadonlyArray<Effect>): boolean =>
  effects.some((effect) => effect.kind === "Report" && effect.fact.kind === "RequestRefused");

/** The sessions that got one or more new frames of these kinds. */
const postedTo = ({ before, after }: Happened, ...kinds: ReadonlyArray<string>): ReadonlyArray<SessionId> =>
  Table.entries(after.local.mailboxes)
    .filter(([id, { kept }]) => {
      const lastN = Table.get(before.local.mailboxes, id)?.lastN ?? 0;
      return kept.some(({ n, message }) => n > lastN && kinds.includes(message.kind));
    })
    .map(([id]) => id);

const sessionsOf = ({ shared, local }: State, room: RoomId, user: UserId): ReadonlyArray<SessionId> =>
  Table.keys(Multimap.of(shared.holders, Id.seat(room, user))).filter((id) => Table.has(local.mailboxes, id));

const isSame = (a: ReadonlyArray<unknown>, b: ReadonlyArray<unknown>): boolean =>
  a.length === b.length && a.every((one) => b.includes(one));

/** What a client may do to a room, by what it is there. */
const roleIn = ({ shared }: State, room: RoomId, user: UserId): "host" | "cohost" | "none" => {
  const host = Table.get(shared.rooms, room)?.hostId ?? O.none;
  if (O.isSome(host) && host.value === user) return "host";
  return Table.get(shared.doors, room)?.cohosts.includes(user) === true ? "cohost" : "none";
};

const byModerators = ["AdmitRequested", "DenyRequested", "LockRequested", "RemoveRequested", "UnbanRequested"];
const byHosts = ["RoleRequested", "CloseRequested"];

/** What must hold of a single request: who gets what follows from it, its answer, and that a refusal changes nothing. */
export const requestLaws = (settings: Settings): ((happened: Happened) => string | undefined) => {
  /** By what clients said, and nothing else. */
  const channels = new Map<ClientId, Set<string>>();
  /** The generation of each session whose client has said something. */
  const used = new Map<SessionId, number>();

  const note = ({ event, effects, before }: Happened): void => {
    const me = "client" in event ? Table.get(before.local.clients, event.client) : undefined;
    if (me !== undefined && event.kind !== "ClientDisconnected") used.set(me.session, me.generation);
    if (event.kind === "ClientDisconnected") channels.delete(event.client);
    if (event.kind === "UnsubscribeRequested" && !isRefused(effects)) channels.get(event.client)?.delete(event.channel);
    if (event.kind !== "SubscribeRequested" || isRefused(effects)) return;
    const mine = channels.get(event.client) ?? new Set();
    channels.set(event.client, mine.add(event.channel));
  };

  /** Beside what is known of its sender: that a ticket has been used, and what was kept. */
  const refusalsHold = ({ effects, before: { shared: was }, after: { shared: is } }: Happened): string | undefined =>
    isRefused(effects) && (was.rooms !== is.rooms || was.doors !== is.doors || was.holders !== is.holders)
      ? "a refused request changes the rooms"
      : undefined;

  const relaysHold = (happened: Happened, event: PublishRequested): string | undefined => {
    const { effects, after } = happened;
    const relays = effects.flatMap((effect) =>
      effect.kind === "Send" && effect.message.kind === "Relay" ? [effect] : [],
    );
    if (isRefused(effects)) return relays.length === 0 ? undefined : "a refused message is relayed";
    if (relays.length !== 1) return `a message is relayed ${relays.length} times`;
    const reached = relays.flatMap(({ to }) => recipients(after, to));
    const others = [...channels]
      .filter(([client, mine]) => client !== event.client && mine.has(event.channel))
      .map(([client]) => client);
    if (reached.includes(event.client)) return "a client gets its own message";
    if (!reached.every((client) => others.includes(client))) return "a message crosses channels";
    const { to } = event;
    if (to === undefined || settings.delivery === "broadcast")
      return isSame(reached, others) ? undefined : "a message does not reach all others on its channel";
    const meant = others.filter((client) => {
      const { claimed = [], verified = O.none } = Table.get(after.local.clients, client) ?? {};
      const acting = O.isSome(verified) ? [...claimed, verified.value] : claimed;
      return acting.length === 0 || claimed.length > settings.limits.clientUsersMax || acting.includes(to);
    });
    return isSame(reached, meant) ? undefined : "a message does not reach exactly those that it may be for";
  };

  const postsHold = (happened: Happened, event: FrameEvent): string | undefined => {
    const { before, effects } = happened;
    if (event.kind !== "MessageRequested" && event.kind !== "SignalRequested") return undefined;
    const me = Table.get(before.local.clients, event.client);
    const posted = postedTo(happened, event.kind === "MessageRequested" ? "Message" : "Signal");
    const isHeard = me !== undefined && O.toUndefined(readerOf(before.local, me.session)) === event.client;
    if (isRefused(effects) || !isHeard || O.isNone(me.member))
      return posted.length === 0 ? undefined : "a message that is refused, or not heard, is posted";
    const { roomId, to } = event;
    const from = me.member.value.user;
    const there = Table.get(before.shared.rooms, roomId)?.participants;
    if (there === undefined) return "a message is accepted for a room that is not there";
    const isInside = Multimap.has(before.shared.holders, Id.seat(roomId, from), me.session);
    // Who waits at a door and who may admit write to each other.
    const isAtDoor = to !== undefined && (!isInside || !Table.has(there, to));
    if (isAtDoor) return atDoorHolds(happened, event, posted);
    const users = to === undefined ? Table.keys(there).filter((user) => user !== from) : [to];
    const expected = users.flatMap((user) => sessionsOf(before, roomId, user));
    return isSame(posted, expected) ? undefined : `a message in ${roomId} reaches other sessions than those meant`;
  };

  const atDoorHolds = (
    { before }: Happened,
    event: FrameEvent & { readonly roomId?: RoomId; readonly to?: UserId },
    posted: ReadonlyArray<SessionId>,
  ): string | undefined => {
    const { roomId, to } = event;
    const me = Table.get(before.local.clients, event.client);
    const from = me && O.toUndefined(me.member)?.user;
    if (roomId === undefined || to === undefined || from === undefined) return "a message at a door is nobody's";
    const knocks = Table.get(before.shared.doors, roomId)?.knocks;
    const isWaiting = (user: UserId): boolean => knocks !== undefined && Table.has(knocks, user);
    const isModerator = (user: UserId): boolean => roleIn(before, roomId, user) !== "none";
    if (event.kind === "SignalRequested") return "a signal passes a door";
    const isAllowed = (isWaiting(from) && isModerator(to)) || (isModerator(from) && isWaiting(to));
    return isAllowed && posted.length > 0 ? undefined : "a message passes a door that it may not pass";
  };

  const rolesHold = ({ event, before, after, effects }: Happened): string | undefined => {
    if (!("roomId" in event) || isRefused(effects) || before.shared === after.shared) return undefined;
    const me = Table.get(before.local.clients, event.client);
    const user = me && O.toUndefined(me.member)?.user;
    if (user === undefined) return undefined;
    const role = roleIn(before, event.roomId, user);
    if (byHosts.includes(event.kind) && role !== "host") return `${event.kind} by ${user}, who is no host`;
    if (byModerators.includes(event.kind) && role === "none") return `${event.kind} by ${user}, who is no moderator`;
    if (event.kind !== "RemoveRequested" || role === "host") return undefined;
    return roleIn(before, event.roomId, event.userId) === "none" ? undefined : "a co-host removes a host or co-host";
  };

  /** A request of the client that has its session is answered once, and what another one says is not heard. */
  const answersHold = ({ event, effects, before, after }: Happened): string | undefined => {
    if (!("client" in event) || event.kind === "ClientConnected" || event.kind === "ClientDisconnected")
      return undefined;
    const me = Table.get(before.local.clients, event.client);
    if (me === undefined || O.isNone(me.member)) return undefined;
    const isReader = O.toUndefined(readerOf(before.local, me.session)) === event.client;
    if (!isReader) return before.shared === after.shared ? undefined : "a client that was replaced is heard";
    if (event.id === undefined) return undefined;
    const heard = Table.get(before.local.mailboxes, me.session)?.heard ?? 0;
    if (event.id <= heard && !isRefused(effects)) return `request ${event.id} is carried out after request ${heard}`;
    const answers = effects.filter(
      (effect) =>
        effect.kind === "Send" &&
        effect.message.kind === "Personal" &&
        (effect.message.about.kind === "Result" || effect.message.about.kind === "Refused") &&
        effect.message.about.id === event.id &&
        effect.to.kind === "Client" &&
        effect.to.client === event.client,
    );
    return answers.length === 1 ? undefined : `request ${event.id} has ${answers.length} answers`;
  };

  /** Whoever has left, or is barred, has no role any more. */
  const endsHold = ({ after, effects }: Happened): string | undefined => {
    for (const effect of effects) {
      if (effect.kind !== "Report") continue;
      const { fact } = effect;
      const hasLeft = fact.kind === "ParticipantLeft" && fact.reason !== "lost";
      if (!hasLeft && fact.kind !== "UserBarred") continue;
      if (Table.get(after.shared.doors, fact.room)?.cohosts.includes(fact.user) === true)
        return `${fact.user} is gone from ${fact.room}, and a co-host still`;
    }
    return undefined;
  };

  /** With a ticket that is older than the one before the latest, no session goes on. */
  const ticketsHold = ({ event, before, after }: Happened): string | undefined => {
    if (event.kind !== "ClientConnected" || event.greeting?.resume === undefined) return undefined;
    const { session, generation } = event.greeting.resume;
    const [was, is] = [before, after].map(({ shared }) => Table.get(shared.sessions, session));
    if (was === undefined || is === undefined || was.generation === is.generation) return undefined;
    const isUsed = used.get(session) === was.generation;
    const isGood = generation === was.generation || (!isUsed && generation === was.generation - 1);
    if (!isGood || is.generation !== was.generation + 1)
      return `session ${session} goes on by a ticket that is not good`;
    return O.isSome(was.member) && was.member.value.user !== event.greeting.user
      ? `session ${session} goes on as somebody else`
      : undefined;
  };

  /** Nobody comes in past a lock, a door or a ban. */
  const entrancesHold = ({ event, before, after, effects }: Happened): string | undefined => {
    for (const effect of effects) {
      if (effect.kind !== "Report" || effect.fact.kind !== "ParticipantJoined") continue;
      const { room: id, user } = effect.fact;
      const room = Table.get(before.shared.rooms, id);
      const door = Table.get(before.shared.doors, id);
      if (room === undefined || door === undefined || roleIn(before, id, user) !== "none") continue;
      const bar = Table.get(door.barred, user);
      if (bar !== undefined && bar.until > after.now) return `${user} comes into ${id} past a ban`;
      const isAdmitted = Table.get(door.knocks, user)?.isAdmitted === true || event.kind === "AdmitRequested";
      if (isAdmitted) continue;
      if (door.isLocked) return `${user} comes into ${id} past a lock`;
      if (O.isSome(room.policy) && room.policy.value.lobby) return `${user} comes into ${id} past its lobby`;
    }
    return undefined;
  };

  return (happened) => {
    const { event } = happened;
    const about =
      event.kind === "PublishRequested"
        ? relaysHold(happened, event)
        : "client" in event && event.kind !== "ClientConnected" && event.kind !== "ClientDisconnected"
          ? postsHold(happened, event)
          : undefined;
    const broken =
      about ??
      refusalsHold(happened) ??
      rolesHold(happened) ??
      answersHold(happened) ??
      endsHold(happened) ??
      ticketsHold(happened) ??
      entrancesHold(happened);
    note(happened);
    return broken;
  };
};
