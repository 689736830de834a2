import { expect, test } from "vitest";
import { ladder } from "../../adapters/explain/ladder.js";
import { sessionLine } from "../../adapters/explain/sentences/sessions.js";
import { warningLines } from "../../adapters/explain/sentences/warnings.js";
import { type Summary, tally } from "../../adapters/explain/summary.js";
import { warningsIn } from "../../adapters/explain/warnings.js";
import { type ClientId, type Recorded, replay } from "../../core/index.js";
import { a, b, later, started } from "../support/story.js";
import { greeted } from "../support/v1-world.js";

const [again] = [9] as ReadonlyArray<number> as readonly [ClientId];
const ann = { user: "ann", name: "Ann" } as Parameters<typeof greeted>[2];
const bob = { user: "bob", name: "Bob" } as Parameters<typeof greeted>[2];

type Told = Recorded extends infer E ? (E extends Recorded ? Omit<E, "at"> : never) : never;
type Story = ReadonlyArray<object>;

/** One fact every second. */
const timed = (facts: Story): ReadonlyArray<Recorded> =>
  facts.map((fact, i) => ({ ...fact, at: later(1_000 * i) }) as Recorded);

const summaryOf = (...facts: Story): Summary => {
  const figures = tally();
  for (const moment of replay(timed(facts))) figures.visit(moment);
  return figures.summary();
};

let id = 1;
const asks = (client: ClientId, request: object): object => ({ client, id: ++id, text: "", ...request });
const joins = (client: ClientId, { user, name }: typeof ann, lobby = false): object => {
  const room = { id: "r1", name: "Room", hostId: user, host: name };
  const policy = { listed: true, lobby, capacity: 9, withoutHost: "open" };
  const create = { room, policy };
  return asks(client, { kind: "JoinRequested", roomId: "r1", userId: user, userName: name, create });
};
const signals = (client: ClientId, to: string, signal: string, negotiation = 1): object =>
  asks(client, { kind: "SignalRequested", roomId: "r1", to, signal, negotiation });
const drops = (client: ClientId): object => ({ kind: "ClientDisconnected", client, code: 1006 });
const resumes = greeted(again, "s9", bob, { resume: { session: "sb", generation: 1 } as never, seen: 1 });
const ticks = { kind: "ClockTicked" } satisfies Told;
const met: Story = [
  started({ sessionGraceMs: 5_000 }),
  greeted(a, "sa", ann),
  greeted(b, "sb", bob),
  joins(a, ann),
  joins(b, bob),
];
const kept: Story = [...met, drops(b), signals(a, "bob", "offer"), signals(a, "bob", "candidate")];

const told = (summary: Summary): ReadonlyArray<string> => [
  ...(summary.sessions === undefined ? [] : [sessionLine(summary.sessions)]),
  ...warningLines(warningsIn(summary)),
];

test("what was kept and delivered is nothing wrong", () => {
  const summary = summaryOf(...kept, resumes, signals(again, "ann", "answer"));
  expect(told(summary)).toMatchInlineSnapshot(`
    [
      "sessions: away 1, resumed 1, lost 0; signals: kept 2, delivered later 2, refused as stale 0",
    ]
  `);
});

test("what was kept and lost with the session", () => {
  expect(told(summaryOf(...kept, ticks, ticks, ticks, ticks))).toMatchInlineSnapshot(`
    [
      "sessions: away 1, resumed 0, lost 1; signals: kept 2, delivered later 0, refused as stale 0",
      "signals of Ann (ann) were kept for Bob (bob), who was away, and never delivered: 1 × offer (#7), 1 × candidate (#8); ask --why ann bob",
      "an offer of Ann (ann) to Bob (bob) got no answer: #7 (00:00:06); ask --why ann bob",
      "Bob (bob) was away for longer than a session is kept (SESSION_GRACE_MS): it was over at #11 (00:00:10)",
    ]
  `);
});

test("what was kept, where the recording ends", () => {
  expect(told(summaryOf(...kept, signals(a, "bob", "candidate", 1)))).toMatchInlineSnapshot(`
    [
      "sessions: away 1, resumed 0, lost 0; signals: kept 3, delivered later 0, refused as stale 0",
      "signals of Ann (ann) were kept for Bob (bob), who was away, and never delivered: 1 × offer (#7), 2 × candidate (#8, #9); ask --why ann bob",
      "an offer of Ann (ann) to Bob (bob) got no answer: #7 (00:00:06); ask --why ann bob",
    ]
  `);
});

test("a stale answer, with who it was that gave it", () => {
  const summary = summaryOf(
    ...met,
    signals(a, "bob", "offer"),
    signals(a, "bob", "offer", 2),
    signals(b, "ann", "answer"),
  );
  expect(told(summary)).toMatchInlineSnapshot(`
    [
      "sessions: away 0, resumed 0, lost 0; signals: kept 0, delivered later 0, refused as stale 1",
      "1 × refused: stale (answer): #8 (00:00:07) Bob (bob)",
      "2 offers of Ann (ann) to Bob (bob) got no answer: #6 (00:00:05), #7 (00:00:06); ask --why ann bob",
    ]
  `);
});

test("the ladder draws who is away and back, what was kept, and knocks", () => {
  const facts = [
    started({ sessionGraceMs: 60_000 }),
    greeted(a, "sa", ann),
    greeted(b, "sb", bob),
    joins(a, ann, true),
    joins(b, bob),
    asks(a, { kind: "AdmitRequested", roomId: "r1", userId: "bob" }),
    joins(b, bob),
    drops(b),
    signals(a, "bob", "offer"),
    resumes,
    signals(again, "ann", "answer"),
    drops(again),
    signals(a, "bob", "candidate"),
    signals(a, "bob", "end"),
  ];
  const { rows } = ladder(replay(timed(facts)));
  expect(
    rows.map(({ event, from, to, missed, label }) => [event, from, ...to, missed, label].join(" ")),
  ).toMatchInlineSnapshot(`
    [
      "2 user ann  connected",
      "3 user bob  connected",
      "4 user ann  joined Room",
      "5 user bob  knocked at Room",
      "6 user bob  admitted to Room by Ann (ann)",
      "7 user bob  joined Room",
      "8 user bob  disconnected",
      "8 user bob  away, kept until 00:01:07",
      "9 user ann user bob  offer (kept, delivered at 00:00:09)",
      "10 user bob  connected",
      "10 user bob  back on socket 9",
      "11 user bob user ann  answer",
      "12 user bob  disconnected",
      "12 user bob  away, kept until 00:01:11",
      "13 user ann user bob candidate (kept, never delivered)",
      "14 user ann user bob end (kept, never delivered)",
    ]
  `);
});
