import type { RefusalCode } from "../../core/index.js";
import type { Call } from "./calls.js";
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
      /** Offers that crossed and were both answered. */
      readonly code: "crossed";
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
      readonly to: Named;
      readonly offers: ReadonlyArray<Position>;
    }
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
  /** A user came back under another id. */
  | { readonly code: "changed-id"; readonly name: string; readonly ids: ReadonlyArray<string> };

/** What looks wrong in a recording; none where nothing does. */
export const warningsIn = (summary: Summary): ReadonlyArray<Warning> => [
  ...refusals(summary),
  ...unheard(summary),
  ...keptInVain(summary),
  ...crossed(summary),
  ...answeredTwice(summary),
  ...unanswered(summary),
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
    ({ code, type, count, first }: RefusalGroup): Warning => ({
      code: "refused",
      refusal: code,
      ...(type === undefined ? {} : { type }),
      count,
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
  return grouped(summary.unheard, ({ from, to }) => JSON.stringify([from, to])).map((messages): Warning => {
    const [{ from, to, nameOf }] = messages;
    return {
      code: "unheard",
      ...(from === undefined ? {} : { from: userNamed(summary, from) }),
      to: userNamed(summary, to),
      ...(nameOf === undefined ? {} : { nameOf }),
      types: typesOf(messages),
    };
  });
};

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

const betweenOf = (summary: Summary, { from, to }: Call) => ({
  from: userNamed(summary, from),
  to: userNamed(summary, to),
});
const positionOf = ({ event, at }: Position): Position => ({ event, at });

const crossed = (summary: Summary): ReadonlyArray<Warning> =>
  summary.calls.crossed.map(([a, b]) => ({
    code: "crossed",
    ...betweenOf(summary, a),
    offers: [positionOf(a), positionOf(b)],
  }));

const answeredTwice = (summary: Summary): ReadonlyArray<Warning> =>
  grouped(summary.calls.answeredTwice, ([{ from, to }]) => JSON.stringify([from, to])).map((pairs) => ({
    code: "answered-twice",
    ...betweenOf(summary, pairs[0][0]),
    answers: pairs.map(
      ([a, b]) =>
        [
          { ...positionOf(a), socket: a.client },
          { ...positionOf(b), socket: b.client },
        ] as const,
    ),
  }));

const unanswered = (summary: Summary): ReadonlyArray<Warning> =>
  grouped(summary.calls.unanswered, ({ from, to }) => JSON.stringify([from, to])).map((calls) => ({
    code: "unanswered",
    ...betweenOf(summary, calls[0]),
    offers: calls.map(positionOf),
  }));
