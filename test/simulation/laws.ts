import * as O from "fp-ts/lib/Option.js";
import * as Id from "../../core/base/id.js";
import { announcementBurst } from "../../core/base/limits.js";
import * as Multimap from "../../core/base/multimap.js";
import * as Table from "../../core/base/table.js";
import {
  type ClientId,
  evolve,
  initialShared,
  invariants,
  type Millis,
  nextDeadline,
  recipients,
  type SessionId,
  type Settings,
  type Shared,
  type SharedFact,
  sharedSnapshot,
  stateKinds,
} from "../../core/index.js";
import { readerOf, type Session } from "../../core/state.js";
import { type Happened, requestLaws } from "./request-laws.js";

/** What must hold after every event of one server. */
export interface Laws {
  /** What does not hold; undefined where all does. */
  readonly broken: (happened: Happened) => string | undefined;
  /** The server stood still, or its clock was set: deadlines may be late for a while. */
  readonly excuse: () => void;
}

/** So late a deadline may be seen to. */
const lateMsMax = 2_000;
const excusedMs = 10_000;

export const laws = (settings: Settings, now: () => Millis): Laws => {
  const connected = new Map<ClientId, SessionId>();
  const requests = requestLaws(settings);
  let folded = initialShared(settings);
  let excusedUntil = 0;

  const note = ({ event }: Happened): void => {
    if (event.kind === "ServerStarted") connected.clear();
    if (event.kind === "ClientConnected") connected.set(event.client, event.session);
    if (event.kind === "ClientDisconnected") connected.delete(event.client);
  };

  const clientsHold = ({ after }: Happened): string | undefined => {
    const { clients } = after.local;
    if (clients.size !== connected.size) return `${connected.size} clients are connected, and ${clients.size} known`;
    return [...connected.keys()].every((client) => Table.has(clients, client)) ? undefined : "a client is not known";
  };

  /** Every participant that is shown is held by a live client, or by a session that is away within its grace. */
  const heldHolds = ({ after: { shared, local, now: time } }: Happened): string | undefined => {
    for (const [seat, holders] of Table.entries(shared.holders))
      for (const id of Table.keys(holders)) {
        const session = Table.get(shared.sessions, id);
        if (session === undefined) return `session ${id} holds ${seat}, and is not there`;
        const reader = O.isSome(session.member) ? O.toUndefined(readerOf(local, id)) : clientOf(id);
        const isHere = reader !== undefined && connected.has(reader);
        const until = O.toUndefined(session.awayUntil);
        if (until !== undefined ? isHere || until > time + settings.sessionGraceMs : !isHere)
          return `${seat} is held by session ${id}, which is neither here nor away`;
      }
    return undefined;
  };
  const clientOf = (session: SessionId): ClientId | undefined =>
    [...connected].find(([, other]) => other === session)?.[0];

  const sendsHold = ({ effects, after }: Happened): string | undefined => {
    for (const effect of effects) {
      if (effect.kind !== "Send" && effect.kind !== "Close") continue;
      const reached = recipients(after, effect.to);
      if (new Set(reached).size < reached.length) return `${JSON.stringify(effect.to)} reaches somebody twice`;
      if (!reached.every((client) => connected.has(client)))
        return `${JSON.stringify(effect.to)} reaches somebody who is gone`;
    }
    return undefined;
  };

  const timeHolds = ({ event, before, after }: Happened): string | undefined => {
    if (after.now < before.now) return "time runs backwards";
    const deadline = O.toUndefined(nextDeadline(after)) ?? Number.POSITIVE_INFINITY;
    if (event.kind === "ClockTicked" && deadline <= after.now) return "something is still due after a tick";
    const isLate = (at: number): boolean => now() > excusedUntil && at < now() - lateMsMax;
    if (isLate(deadline)) return "something is due and was not seen to";
    for (const kind of stateKinds) {
      const { isPending, paidUntil } = after.local.announced[kind];
      if (isPending && isLate(paidUntil - (announcementBurst - 1) * settings.stateSpacingMs))
        return `${kind} is pending, and nobody is told`;
    }
    const isOver = ({ awayUntil }: Session): boolean => O.isSome(awayUntil) && isLate(awayUntil.value);
    return Table.values(after.shared.sessions).some(isOver) ? "a session outlives its grace" : undefined;
  };

  const factsHold = ({ event, effects, before, after }: Happened): string | undefined => {
    const facts = effects.flatMap((effect) =>
      effect.kind === "Report" && effect.fact.kind !== "RequestRefused" && effect.fact.kind !== "NothingToDo"
        ? [effect.fact as SharedFact]
        : [],
    );
    if (event.kind === "ServerStarted") return undefined;
    if (facts.length > 0 !== (before.shared !== after.shared)) return "the shared half changes without a fact";
    if (facts.length === 0) return undefined;
    folded = facts.reduce<Shared>(evolve, folded);
    return JSON.stringify(sharedSnapshot(folded)) === JSON.stringify(sharedSnapshot(after.shared))
      ? undefined
      : "folding the facts gives another shared half";
  };

  /** The end of a socket that has lost its session to another one ends nothing. */
  const closesHold = ({ event, before, after }: Happened): string | undefined => {
    if (event.kind !== "ClientDisconnected" || before.shared === after.shared) return undefined;
    const me = Table.get(before.local.clients, event.client);
    if (me === undefined) return "a client that was not known changes the rooms by its end";
    const isReader = O.isNone(me.member) || O.toUndefined(readerOf(before.local, me.session)) === event.client;
    return isReader ? undefined : "the end of an older socket changes the rooms";
  };

  /** A room's clients are sent what changes there, and nobody else is. */
  const attendeesHold = ({ after: { shared, local } }: Happened): string | undefined => {
    for (const [room, clients] of Table.entries(local.attendees))
      for (const client of Table.keys(clients)) {
        const me = Table.get(local.clients, client);
        const user = me && O.toUndefined(me.member)?.user;
        if (me === undefined || user === undefined) return `client ${client} attends ${room}, and is nobody`;
        if (!Multimap.has(shared.holders, Id.seat(room, user), me.session))
          return `client ${client} attends ${room}, and is not in it`;
      }
    return undefined;
  };

  const all = [clientsHold, heldHolds, sendsHold, timeHolds, factsHold, closesHold, attendeesHold, requests];
  return {
    broken: (happened) => {
      note(happened);
      const [first] = invariants(happened.after);
      if (first !== undefined) return first;
      for (const law of all) {
        const sentence = law(happened);
        if (sentence !== undefined) return sentence;
      }
      return undefined;
    },
    excuse: () => {
      excusedUntil = now() + excusedMs;
    },
  };
};
