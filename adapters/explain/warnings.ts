import type { RefusalCode } from "../../core/index.js";
import type { Signal } from "./attempts.js";
import { userNamed } from "./people.js";
import type { Position } from "./recording.js";
import type { RefusalGroup, Summary } from "./summary.js";
import type { Named } from "./who.js";

type Answer = Position & { readonly socket: number };

/** Something that looks wrong in a recording, as a code with its members. */
export type Warning =
  | {
      readonly code: "refused";
      readonly refusal: RefusalCode;
      /** The type of the refused messages, where it could be read. */
      readonly type?: string;
      readonly count: number;
      /** Of the largest, where size may be why. */
      readonly bytes?: number;
      /** The first few. */
      readonly first: ReadonlyArray<Position & { readonly socket: number; readonly user?: Named }>;
    }
  | {
      /** Messages from one user to another that did not reach their recipient. */
      readonly code: "unheard";
      readonly from?: Named;
      readonly to: Named;
      /** The id of the one whose name it is that the messages were addressed to, as if it were an id. */
      readonly nameOf?: string;
      readonly types: ReadonlyArray<{ readonly type: string; readonly events: ReadonlyArray<number> }>;
    }
  | {
      /** Signals that name no recipient, on a channel that nobody else was subscribed to. */
      readonly code: "unaddressed";
      readonly from: Named | { readonly socket: number };
      readonly channel: string;
      readonly types: ReadonlyArray<{ readonly type: string; readonly events: ReadonlyArray<number> }>;
    }
  | {
      /** Offers that crossed, and were both answered, or neither was. */
      readonly code: "crossed";
      readonly isAnswered: boolean;
      readonly offers: readonly [Position, Position];
      readonly from: Named;
      readonly to: Named;
    }
  | {
      /** Answers to one offer from two sockets of the same user. */
      readonly code: "answered-twice";
      readonly from: Named;
      readonly to: Named;
      readonly answers: ReadonlyArray<readonly [Answer, Answer]>;
    }
  | {
      readonly code: "unanswered";
      readonly from: Named;
      /** Absent where the offers name nobody. */
      readonly to?: Named;
      readonly offers: ReadonlyArray<Position>;
    }
  /** An offer was answered, and no ICE candidate of `from` reached `to`. */
  | { readonly code: "no-candidates"; readonly from: Named; readonly to: Named; readonly answer: Position }
  /** Signals that were kept for somebody who was away, and never delivered. */
  | {
      readonly code: "kept-in-vain";
      readonly from: Named;
      readonly to: Named;
      readonly types: ReadonlyArray<{ readonly type: string; readonly events: ReadonlyArray<number> }>;
    }
  /** Somebody was away for longer than their session is kept. */
  | { readonly code: "session-lost"; readonly user: Named; readonly ended: Position }
  /** A socket ended without a close (1006). */
  | { readonly code: "lost"; readonly users: ReadonlyArray<Named>; readonly ended: Position }
  /** The server closed a socket for what it sent, or did not read (RFC 6455, 7.4). */
  | {
      readonly code: "closed";
      readonly socket: number;
      readonly users: ReadonlyArray<Named>;
      readonly ended: Position;
      readonly closeCode: number;
    }
  /** A user came back under another id. */
  | { readonly code: "changed-id"; readonly name: string; readonly ids: ReadonlyArray<string> };

/** What looks wrong in a recording; none where nothing does. */
export const warningsIn = (summary: Summary): ReadonlyArray<Warning> => [
  ...refusals(summary),
  ...unheard(summary),
  ...unaddressed(summary),
  ...keptInVain(summary),
  ...crossed(summary),
  ...answeredTwice(summary),
  ...unanswered(summary),
  ...withoutCandidates(summary),
  ...summary.lostSessions.map(
    ({ user, event, at }): Warning => ({ code: "session-lost", user: userNamed(summary, user), ended: { event, at } }),
  ),
  ...summary.lost.map(
    ({ users, event, at }): Warning => ({
      code: "lost",
      users: users.map((user) => userNamed(summary, user)),
      ended: { event, at },
    }),
  ),
  ...summary.closed.map(
    ({ socket, users, event, at, closeCode }): Warning => ({
      code: "closed",
      socket,
      users: users.map((user) => userNamed(summary, user)),
      ended: { event, at },
      closeCode,
    }),
  ),
  ...summary.changedIds.map(
    (ids): Warning => ({ code: "changed-id", name: summary.names.get(ids[0] ?? "") ?? ids[0] ?? "", ids }),
  ),
];

const grouped = <V>(all: ReadonlyArray<V>, keyOf: (value: V) => string): ReadonlyArray<readonly [V, ...V[]]> => {
  const groups = new Map<string, [V, ...V[]]>();
  for (const value of all) {
    const group = groups.get(keyOf(value));
    if (group === undefined) groups.set(keyOf(value), [value]);
    else group.push(value);
  }
  return [...groups.values()];
};

const refusals = (summary: Summary): ReadonlyArray<Warning> =>
  summary.refusals.map(
    ({ code, type, count, first, bytes }: RefusalGroup): Warning => ({
      code: "refused",
      refusal: code,
      ...(type === undefined ? {} : { type }),
      count,
      ...(bytes === undefined ? {} : { bytes }),
      first: first.map(({ event, at, client, user }) => ({
        event,
        at,
        socket: client,
        ...(user === undefined ? {} : { user: userNamed(summary, user) }),
      })),
    }),
  );

/** One warning for each pair of users. */
const unheard = (summary: Summary): ReadonlyArray<Warning> => {
  const astray = summary.calls.astray.map(({ event, type, sender, receiver }) => ({
    event,
    type,
    from: sender.id,
    to: receiver.id,
    nameOf: undefined,
  }));
  return grouped([...summary.unheard, ...astray], ({ from, to }) => JSON.stringify([from, to])).map(
    (messages): Warning => {
      const [{ from, to, nameOf }] = messages;
      return {
        code: "unheard",
        ...(from === undefined ? {} : { from: userNamed(summary, from) }),
        to: userNamed(summary, to),
        ...(nameOf === undefined ? {} : { nameOf }),
        types: typesOf(messages),
      };
    },
  );
};

/** One warning for each sender and channel. */
const unaddressed = (summary: Summary): ReadonlyArray<Warning> =>
  grouped(summary.unaddressed, ({ from, socket, channel }) => JSON.stringify([from ?? socket, channel])).map(
    (signals) => {
      const [{ from, socket, channel }] = signals;
      return {
        code: "unaddressed",
        from: from === undefined ? { socket } : userNamed(summary, from),
        channel,
        types: typesOf(signals),
      };
    },
  );

/** One warning for each pair of users. */
const keptInVain = (summary: Summary): ReadonlyArray<Warning> =>
  grouped(summary.keptInVain, ({ from, to }) => JSON.stringify([from, to])).map((kept) => ({
    code: "kept-in-vain",
    from: userNamed(summary, kept[0].from),
    to: userNamed(summary, kept[0].to),
    types: typesOf(kept),
  }));

const typesOf = (messages: ReadonlyArray<{ readonly type: string; readonly event: number }>) =>
  grouped(messages, ({ type }) => type).map((some) => ({
    type: some[0].type,
    events: some.map(({ event }) => event),
  }));

const positionOf = ({ event, at }: Position): Position => ({ event, at });
const answerOf = (answer: Signal): Answer => ({ ...positionOf(answer), socket: answer.client });
const betweenOf = ({ sender, receiver }: Signal) => ({ from: sender.named, to: receiver.named });
const crossed = ({ calls }: Summary): ReadonlyArray<Warning> =>
  calls.crossed.map(({ offers: [a, b], isAnswered }) => ({
    code: "crossed",
    isAnswered,
    ...betweenOf(a),
    offers: [positionOf(a), positionOf(b)],
  }));

const answeredTwice = ({ calls }: Summary): ReadonlyArray<Warning> =>
  grouped(calls.answeredTwice, ([{ sender, receiver }]) => JSON.stringify([sender.id, receiver.id])).map((pairs) => ({
    code: "answered-twice",
    ...betweenOf(pairs[0][0]),
    answers: pairs.map(([a, b]) => [answerOf(a), answerOf(b)] as const),
  }));

/** One warning for each pair of users, and for each who offered to nobody by name. */
const unanswered = ({ calls }: Summary): ReadonlyArray<Warning> => [
  ...grouped(calls.unanswered, ({ sender, receiver }) => JSON.stringify([sender.id, receiver.id])).map(
    (offers): Warning => ({ code: "unanswered", ...betweenOf(offers[0]), offers: offers.map(positionOf) }),
  ),
  ...grouped(calls.unansweredByAny, ({ sender }) => sender.id).map(
    (offers): Warning => ({ code: "unanswered", from: offers[0].sender.named, offers: offers.map(positionOf) }),
  ),
];

const withoutCandidates = ({ calls }: Summary): ReadonlyArray<Warning> =>
  calls.withoutCandidates.map(({ person, other, answer }) => ({
    code: "no-candidates",
    from: person.named,
    to: other.named,
    answer: positionOf(answer),
  }));
