import { pipe } from "fp-ts/lib/function.js";
import * as O from "fp-ts/lib/Option.js";
import type { Millis, RoomId, SeatId, SessionId, UserId } from "../base/id.js";
import * as Id from "../base/id.js";
import { firstLevel } from "../base/level.js";
import * as Multimap from "../base/multimap.js";
import * as Table from "../base/table.js";
import type { Arriving, Entry } from "../entry.js";
import type { Fact, ParticipantLeftReason } from "../fact.js";
import { isHostAwaited, knocksAt, type Session, type Shared } from "../state.js";
import { conclude, type Decision, inOrder, nothing, record } from "./decision.js";
import { raise } from "./level.js";
import { awayUntil, release } from "./participants.js";
import { afterLeaving, isHere, succeed } from "./roles.js";
import { abandon } from "./rooms.js";

interface Generation {
  readonly session: SessionId;
  readonly generation: number;
}

type Resuming = Generation & { readonly user: UserId; readonly by: Pick<Arriving, "node"> };

/**
 * Another client takes the session over, with a ticket of this generation, or of the one before while nobody has used this one's.
 * Any other ticket, and one of another user, changes nothing.
 */
export const resume =
  ({ session, generation, user, by }: Resuming): Decision =>
  (shared) => {
    const known = Table.get(shared.sessions, session);
    if (known === undefined || O.isNone(known.member) || known.member.value.user !== user) return nothing(shared);
    const isGood = generation === known.generation || (known.isTicketDue && generation === known.generation - 1);
    if (!isGood) return nothing(shared);
    const wereAway = known.seats.filter((seat) => !isHere(shared, seat));
    return inOrder([
      record({
        ...({ kind: "SessionResumed", session, generation: known.generation + 1 } as const),
        ...(O.isSome(by.node) ? { node: by.node.value } : {}),
      }),
      ...wereAway.map((seat) => record({ kind: "ParticipantBack", ...Id.seatOf(seat) })),
    ])(shared);
  };

/** Whoever holds the latest ticket has used it: the one before is not good any more. */
export const acknowledge =
  ({ session, generation }: Generation): Decision =>
  (shared) => {
    const known = Table.get(shared.sessions, session);
    if (known === undefined || known.generation !== generation || !known.isTicketDue) return nothing(shared);
    return record({ kind: "SessionAcknowledged", session })(shared);
  };

/** The session is kept for the grace. One that holds nothing ends at once, and losing an older generation changes nothing. */
export const lose =
  ({ session, generation }: Generation, at: Millis): Decision =>
  (shared) => {
    const known = Table.get(shared.sessions, session);
    if (known === undefined || known.generation !== generation || O.isSome(known.awayUntil)) return nothing(shared);
    if (holdsNothing(known)) return record({ kind: "SessionEnded", session })(shared);
    const until = (at + shared.settings.sessionGraceMs) as Millis;
    return inOrder([record({ kind: "SessionAway", session, until }), ...known.seats.map(awayIfAlone)])(shared);
  };

const holdsNothing = ({ seats, created, knocks }: Session): boolean =>
  seats.length + created.length + knocks.length === 0;

const awayIfAlone =
  (seat: SeatId): Decision =>
  (shared) => {
    const until = awayUntil(shared, seat);
    if (O.isNone(until)) return nothing(shared);
    return record({ kind: "ParticipantAway", ...Id.seatOf(seat), until: until.value })(shared);
  };

/**
 * What the session holds goes: its participants leave where no other session holds them, its knocks end, and the rooms that it created
 * and nobody has joined are closed. Ending an older generation changes nothing.
 */
export const end =
  ({ session, generation }: Generation, at: Millis): Decision =>
  (shared) => {
    const known = Table.get(shared.sessions, session);
    if (known === undefined || known.generation !== generation) return nothing(shared);
    return ended(known, O.isSome(known.member) ? "left" : "disconnected", at)(shared);
  };

/** What the session held is let go of. */
export const ended = (
  { id: session, seats, knocks, created, member }: Session,
  reason: ParticipantLeftReason,
  at: Millis,
): Decision =>
  inOrder([
    ...knocks.map((room) => endKnock(room, session)),
    record({ kind: "SessionEnded", session }),
    ...seats.map((seat) => release(seat, session, reason, at)),
    ...created.map((room) =>
      O.isNone(member)
        ? abandon(room, session)
        : inOrder([abandon(room, session), withoutCreator(room, member.value.user, reason, at)]),
    ),
  ]);

/** A host who created the room and is not in it is gone with the session that created it. */
const withoutCreator =
  (id: RoomId, user: UserId, reason: ParticipantLeftReason, at: Millis): Decision =>
  (shared) => {
    const isInside = Table.has(shared.holders, Id.seat(id, user));
    const isAwaited = isHostAwaited(shared, id);
    return (isInside || isAwaited ? nothing : afterLeaving(id, user, reason, at))(shared);
  };

const endKnock =
  (room: RoomId, session: SessionId): Decision =>
  (shared) => {
    const waiting = Table.values(knocksAt(shared, room));
    const mine = waiting.filter((knock) => knock.session === session);
    return inOrder(mine.map(({ id: user }) => record({ kind: "KnockEnded", room, user, reason: "disconnected" })))(
      shared,
    );
  };

/**
 * A node that cannot decide at the level in force takes no part. One that joins others changes nothing but that it is there. After a run that was alone, sessions that can be resumed, and hold something,
 * wait for their clients; all others have ended with it.
 */
export const startNode =
  (entry: Extract<Entry, { readonly kind: "StartNode" }>): Decision =>
  (shared) => {
    const { at, node, joins, level = firstLevel } = entry;
    if (level < shared.level) return conclude({ kind: "NodeRefused", node, level })(shared);
    const begun = record({ ...entry, kind: "NodeStarted" });
    if (joins) return begun(shared);
    const over = Table.values(shared.sessions).filter((session) => O.isNone(session.member) || holdsNothing(session));
    return inOrder([begun, ...over.map((session) => ended(session, "disconnected", at)), raise])(shared);
  };

/** So much ends at once. The rest is still due, and so the next tick comes at once: a restart makes many sessions end together. */
const endsMax = 500;

/** Ends what is due, the earliest first. */
export const expire =
  (at: Millis): Decision =>
  (shared) => {
    let current = shared;
    const facts: Fact[] = [];
    for (let ends = 0; ends < endsMax; ends += 1) {
      const next = firstDue(current);
      if (O.isNone(next) || next.value > at) break;
      const id = Table.first(Multimap.of(current.due, next.value));
      if (id === undefined) break;
      const [after, more] = ending(Id.dueOf(id), next.value)(current);
      // Nothing is due that is not there. If something were, it would be due for ever.
      if (Multimap.has(after.due, next.value, id)) break;
      current = after;
      facts.push(...more);
    }
    return [current, facts];
  };

/** When something ends by itself. */
export const firstDue = ({ due }: Shared): O.Option<Millis> => O.fromNullable(Table.first(due));

const ending =
  (what: Id.Due, at: Millis): Decision =>
  (shared) => {
    switch (what.kind) {
      case "session":
        return pipe(
          O.fromNullable(Table.get(shared.sessions, what.session)),
          O.match(
            () => nothing(shared),
            (session) => ended(session, "lost", at)(shared),
          ),
        );
      case "knock":
        return record({ kind: "KnockEnded", room: what.room, user: what.user, reason: "expired" })(shared);
      case "host":
        return succeed(what.room)(shared);
    }
  };
