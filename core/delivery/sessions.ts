import * as O from "fp-ts/lib/Option.js";
import type { ClientId, SessionId, UserId } from "../base/id.js";
import * as Id from "../base/id.js";
import * as Multimap from "../base/multimap.js";
import * as Table from "../base/table.js";
import type { Arriving } from "../entry.js";
import * as Attendance from "../local/attendance.js";
import * as Mailbox from "../local/mailbox.js";
import { closeCodes } from "../message.js";
import { clientWith, withLocal } from "../replace.js";
import { type Client, participantsOf, readerOf, type Session, type State } from "../state.js";
import { reply, type Step, sequence } from "../step.js";
import { answerNow } from "./answers.js";

/** A client that has resumed a session goes on with it; the one that had it until now is closed. */
export const takeOver =
  (by: Arriving, session: Session): Step =>
  (state) =>
    sequence(
      closeReplaced(session.id),
      (same) => [withSession(same, by.client, session), []],
      Mailbox.reopen(session.id, by, () => othersWith(state, session)),
      Attendance.attendAll(session.id, by.client),
    )(state);

/** The other users in the rooms of a session. */
const othersWith = ({ shared }: State, { seats }: Session): ReadonlyArray<UserId> => {
  const others = seats
    .map(Id.seatOf)
    .flatMap(({ room, user }) => Table.keys(participantsOf(shared, room)).filter((other) => other !== user));
  return [...new Set(others)];
};

/** The other sessions of a user: those that hold something, and those with a client here. */
export const others = (state: State, own: SessionId, user: UserId): ReadonlyArray<SessionId> => {
  const here = Table.keys(Multimap.of(state.local.claimants, user)).flatMap((id) => {
    const client = Table.get(state.local.clients, id);
    return client !== undefined && O.isSome(client.member) ? [client.session] : [];
  });
  const known = Table.keys(Multimap.of(state.shared.memberships, user));
  return [...known, ...here.filter((session) => !known.includes(session))].filter((session) => session !== own);
};

/** The client of a session that a newer one replaces. */
export const closeReplaced =
  (session: SessionId): Step =>
  (state) => {
    const client = readerOf(state.local, session);
    return O.isNone(client) ? [state, []] : replace(client.value, session)(state);
  };

/** The user is here already, and its token lets it be here once. */
export const refuse = (me: Client, id: number): Step =>
  sequence(
    Mailbox.refuse(me, id, {
      code: "already-connected",
      message: "this user is connected already, and the token allows one session",
    }),
    (state) => [
      state,
      [
        {
          kind: "Close",
          to: { kind: "Client", client: me.id },
          code: closeCodes.refused,
          reason: "already-connected",
        },
      ],
    ],
  );

const replace = (client: ClientId, session: SessionId): Step =>
  sequence(Attendance.leaveAll(session, client), (state) => [
    state,
    [
      {
        kind: "Close",
        to: { kind: "Client", client },
        code: closeCodes.replaced,
        reason: "the session goes on with a newer socket",
      },
    ],
  ]);

const withSession = (state: State, client: ClientId, { id: session, generation, member }: Session): State => {
  const resumed = (me: Client): Client => clientWith(me, { session, generation, member });
  return withLocal(state, { clients: Table.update(state.local.clients, client, resumed) });
};

/** The answer to the hello, and after it what a resumed session has missed. */
export const welcome =
  ({ client, id, seen }: Arriving, isResumed: boolean): Step =>
  (state) => {
    const me = Table.get(state.local.clients, client);
    const mailbox = me && Mailbox.mailboxOf(state, me.session);
    if (me === undefined || mailbox === undefined || O.isNone(me.member)) return [state, []];
    const { session, generation, member, token } = me;
    const gap = isResumed ? Mailbox.missed(mailbox, seen) : O.none;
    const [next, again] = isResumed
      ? Mailbox.sendAgain(session, seen, (message) => answerNow(state, me, message))(state)
      : [state, []];
    return [
      next,
      [
        reply(client, {
          kind: "Welcome",
          id,
          session,
          generation,
          ...member.value,
          isResumed,
          heard: mailbox.heard,
          ...(O.isSome(gap) ? { gap: gap.value } : {}),
          ...(O.isSome(token) ? { expiresAt: token.value.expiresAt } : {}),
        }),
        ...again,
      ],
    ];
  };
