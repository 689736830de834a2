import * as O from "fp-ts/lib/Option.js";
import type { ClientId, SessionId, UserId } from "../base/id.js";
import type { Limits } from "../base/limits.js";
import * as Table from "../base/table.js";
import type { FrameEvent } from "../event.js";
import type { Answered, Outcome, PersonalMessage, Refusal } from "../message.js";
import { mailboxWith, withLocal } from "../replace.js";
import type { Client, Kept, Mailbox, State } from "../state.js";
import { reply, report, type Step } from "../step.js";

const withMailbox = (state: State, mailbox: Mailbox): State =>
  withLocal(state, {
    mailboxes: Table.set(state.local.mailboxes, mailbox.session, mailbox),
  });

export const mailboxOf = (state: State, session: SessionId): Mailbox | undefined =>
  Table.get(state.local.mailboxes, session);

/** Of more, the first are forgotten: who has left that much unacknowledged is told of a gap all the same. */
const gapUsersMax = 256;

/** Nobody has seen more. Whoever says so all the same is numbered on from here, so that numbers stay exact. */
const seenMax = 2 ** 48;

const empty: Omit<Mailbox, "session" | "client" | "isAcknowledged"> = {
  ...{ lastN: 0, heard: 0, kept: [], keptChars: 0, droppedN: 0, gap: [] },
};

/** Of a mailbox whose session's client has not come back: how many frames that was sent before is not known. */
const neverHeard = -1;

/**
 * The mailbox of a session, and a new one where the last was lost with the run that had it: then its frames are numbered when the client
 * comes back. With several nodes, another one may have it.
 */
const mailboxFor = ({ shared, local }: State, session: SessionId): Mailbox | undefined => {
  const mailbox = Table.get(local.mailboxes, session);
  if (mailbox !== undefined || O.isSome(local.ordering.cluster)) return mailbox;
  const { member = O.none } = Table.get(shared.sessions, session) ?? {};
  return O.isNone(member) ? undefined : { ...empty, session, client: O.none, heard: neverHeard, isAcknowledged: true };
};

/** The mailbox of a session that has just begun, with its client. */
export const open =
  (session: SessionId, client: ClientId): Step =>
  (state) => [withMailbox(state, { ...empty, session, client: O.some(client), isAcknowledged: true }), []];

/**
 * The mailbox of a session that has been resumed, with its client. One that was lost with the run that had it is told as a gap: a frame
 * after the last that the client has seen, which may have been from any of `others`.
 */
export const reopen =
  (
    session: SessionId,
    { client, seen }: { readonly client: ClientId; readonly seen: number },
    others: () => ReadonlyArray<UserId>,
  ): Step =>
  (state) => {
    const before = mailboxOf(state, session) ?? { ...empty, heard: neverHeard };
    const known =
      before.heard === neverHeard
        ? { ...after(before, Math.min(seen, seenMax) + 1), gap: bothOf(before.gap, others()).slice(-gapUsersMax) }
        : before;
    return [withMailbox(state, { ...known, session, client: O.some(client), isAcknowledged: false }), []];
  };

/** Each once. Whoever wrote too much since may have left. */
const bothOf = (some: ReadonlyArray<UserId>, more: ReadonlyArray<UserId>): ReadonlyArray<UserId> => [
  ...new Set([...some, ...more]),
];

/** With its frames after that one, which was lost. */
const after = (mailbox: typeof empty, lost: number): typeof empty => ({
  lastN: lost + mailbox.lastN,
  heard: 0,
  kept: mailbox.kept.map(({ n, ...rest }) => ({ ...rest, n: lost + n })),
  keptChars: mailbox.keptChars,
  droppedN: lost + mailbox.droppedN,
  gap: mailbox.gap,
});

/** The client is gone. A mailbox that has been handed to another client stays as it is. */
export const leave =
  (me: Client): Step =>
  (state) => {
    const mailbox = mailboxOf(state, me.session);
    return mailbox === undefined || !isOf(mailbox, me.id) ? [state, []] : withoutClient(me.session)(state);
  };

/** Whoever had it until now is being closed, and nobody has it yet. */
export const withoutClient =
  (session: SessionId): Step =>
  (state) => {
    const mailbox = mailboxOf(state, session);
    if (mailbox === undefined) return [state, []];
    return [withMailbox(state, mailboxWith(mailbox, { client: O.none })), []];
  };

/** The session goes on at another node. What was kept for it is gone, as its client is told there. */
export const discard =
  (session: SessionId): Step =>
  (state) => [
    mailboxOf(state, session) === undefined
      ? state
      : withLocal(state, { mailboxes: Table.remove(state.local.mailboxes, session) }),
    [],
  ];

/** Nobody reads it, and nobody will: there is no client, and the session has ended. */
export const discardIfAlone =
  (session: SessionId): Step =>
  (state) => {
    const mailbox = mailboxOf(state, session);
    if (mailbox === undefined || O.isSome(mailbox.client) || Table.has(state.shared.sessions, session))
      return [state, []];
    return [withLocal(state, { mailboxes: Table.remove(state.local.mailboxes, session) }), []];
  };

export const isOf = ({ client }: Mailbox, id: ClientId): boolean => O.isSome(client) && client.value === id;

/** What a frame tells about the ones before it: what has been received, and that this request has been heard. */
export const hear =
  ({ id, seen }: FrameEvent, me: Client, does: Step, throttled: (refused: Step) => Step): Step =>
  (state) => {
    const mailbox = mailboxOf(state, me.session);
    // Another client has taken the session over, and this one is being closed.
    if (mailbox === undefined || !isOf(mailbox, me.id)) return [state, []];
    const isRepeated = id !== undefined && id <= mailbox.heard;
    const acknowledged = seen === undefined ? mailbox : acknowledge(mailbox, seen);
    const isAcknowledged = true;
    const next = mailboxWith(acknowledged, { heard: Math.max(mailbox.heard, id ?? 0), isAcknowledged });
    const after = withMailbox(state, next);
    if (!isRepeated) return does(after);
    const refused = refuse(me, id, {
      code: "invalid-message",
      path: "id",
      message: `id must be greater than ${mailbox.heard}, the highest so far`,
    });
    return throttled(refused)(after);
  };

/** Nothing up to this number has to be sent again, and nobody has to be told that some of it is gone. */
export const acknowledge = (mailbox: Mailbox, seen: number): Mailbox => {
  const isGapOver = mailbox.droppedN > 0 && mailbox.droppedN <= seen;
  const known: Mailbox = isGapOver ? mailboxWith(mailbox, { droppedN: 0, gap: [] }) : mailbox;
  const first = known.kept.findIndex(({ n }) => n > seen);
  if (first === 0 || known.kept.length === 0) return known;
  const kept = first < 0 ? [] : known.kept.slice(first);
  return mailboxWith(known, { kept, keptChars: kept.reduce((sum, { chars }) => sum + chars, 0) });
};

/** Numbers a message for a session, keeps it, and sends it where the session has a client. */
export const post =
  (session: SessionId, message: PersonalMessage): Step =>
  (state) => {
    const mailbox = mailboxFor(state, session);
    if (mailbox === undefined) return [state, []];
    const n = mailbox.lastN + 1;
    const more: Kept = { n, message, chars: charsOf(message) };
    const full = mailboxWith(mailbox, {
      lastN: n,
      kept: [...mailbox.kept, more],
      keptChars: mailbox.keptChars + more.chars,
    });
    const next = withMailbox(state, within(full, state.shared.settings.limits));
    return [next, O.isSome(mailbox.client) ? [reply(mailbox.client.value, personal(more))] : []];
  };

const personal = ({ n, message }: Kept) => ({ kind: "Personal", n, about: message }) as const;

const charsOf = (message: PersonalMessage): number => ("text" in message ? (message.chars ?? message.text.length) : 0);

/** The oldest are dropped until the rest is within its bounds. */
const within = (mailbox: Mailbox, { keptMessagesMax, keptCharsMax }: Limits): Mailbox => {
  let { keptChars, droppedN } = mailbox;
  let dropped = 0;
  for (const { n, chars } of mailbox.kept) {
    if (mailbox.kept.length - dropped <= keptMessagesMax && keptChars <= keptCharsMax) break;
    keptChars -= chars;
    droppedN = n;
    dropped += 1;
  }
  if (dropped === 0) return mailbox;
  const lost = mailbox.kept.slice(0, dropped);
  return mailboxWith(mailbox, {
    kept: mailbox.kept.slice(dropped),
    keptChars,
    droppedN,
    gap: lost.reduce(withSender, mailbox.gap).slice(-gapUsersMax),
  });
};

const withSender = (gap: ReadonlyArray<UserId>, { message }: Kept): ReadonlyArray<UserId> =>
  (message.kind === "Signal" || message.kind === "Message") && !gap.includes(message.from)
    ? [...gap, message.from]
    : gap;

/** What a session that is resumed has missed since `seen`, and where some of it is gone, from whom. */
export const missed = (mailbox: Mailbox, seen: number): O.Option<ReadonlyArray<UserId>> =>
  mailbox.droppedN > seen ? O.some(mailbox.gap) : O.none;

/** Sends again what has not been received, as it has to be said now. A gap is told again too, until it has been heard of. */
export const sendAgain =
  (session: SessionId, seen: number, asNow: (message: PersonalMessage) => PersonalMessage): Step =>
  (state) => {
    const mailbox = mailboxOf(state, session);
    if (mailbox === undefined || O.isNone(mailbox.client)) return [state, []];
    const { value: client } = mailbox.client;
    const rest = acknowledge(mailbox, seen);
    const again = rest.kept.map(({ message, ...kept }) => personal({ ...kept, message: asNow(message) }));
    return [withMailbox(state, rest), again.map((message) => reply(client, message))];
  };

/** Where a message for the session goes. */
export const outcomeFor = (state: State, session: SessionId): Outcome | undefined => {
  const mailbox = mailboxFor(state, session);
  if (mailbox === undefined) return undefined;
  return O.isSome(mailbox.client) ? "delivered" : "kept";
};

/** The answer to a request. */
export const answer = (me: Pick<Client, "session">, id: number, answered: Answered): Step =>
  post(me.session, { kind: "Result", id, ...answered });

/** The client is told why its request is not carried out. */
export const tellRefusal = (me: Pick<Client, "session">, id: number | undefined, refusal: Refusal): Step =>
  post(me.session, { kind: "Refused", refusal, ...(id === undefined ? {} : { id }) });

/** The request changes nothing but what is kept for its sender, who is told; and the refusal is reported. */
export const refuse =
  (me: Client, id: number | undefined, refusal: Refusal): Step =>
  (state) => {
    const refused = report({ kind: "RequestRefused", client: me.id, refusal });
    if (O.isNone(me.member)) return [state, [reply(me.id, { kind: "Error", at: state.now, refusal }), refused]];
    const [next, effects] = tellRefusal(me, id, refusal)(state);
    return [next, [...effects, refused]];
  };
