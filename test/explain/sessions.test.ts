import { expect, test } from "vitest";
import { text } from "../../adapters/explain/ladder/text.js";
import { type LadderFilter, ladder } from "../../adapters/explain/ladder.js";
import { sessionLine } from "../../adapters/explain/sentences/sessions.js";
import { warningLines } from "../../adapters/explain/sentences/warnings.js";
import { type Summary, tally } from "../../adapters/explain/summary.js";
import { warningsIn } from "../../adapters/explain/warnings.js";
import { why } from "../../adapters/explain/why.js";
import { type ClientId, type Recorded, replay } from "../../core/index.js";
import { a, b, started } from "../support/story.js";
import { greeted } from "../support/v1-world.js";
import { ann, asks, bob, mixed, type Story, signals, third, timed } from "./two-rooms.js";

const [again] = [9] as ReadonlyArray<number> as readonly [ClientId];

type Told = Recorded extends infer E ? (E extends Recorded ? Omit<E, "at"> : never) : never;

const summaryOf = (...facts: Story): Summary => {
  const figures = tally();
  for (const moment of replay(timed(facts))) figures.visit(moment);
  return figures.summary();
};

const joins = (client: ClientId, { user, name }: typeof ann, lobby = false): object => {
  const room = { id: "r1", name: "Room", hostId: user, host: name };
  const policy = { listed: true, lobby, capacity: 9, withoutHost: "open" };
  const create = { room, policy };
  return asks(client, { kind: "JoinRequested", roomId: "r1", userId: user, userName: name, create });
};
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
      "Bob (bob) was away for longer than a session is kept (SESSION_GRACE_MS): it was over at #11 (00:00:10)",
    ]
  `);
});

test("what was kept, where the recording ends", () => {
  expect(told(summaryOf(...kept, signals(a, "bob", "candidate", 1)))).toMatchInlineSnapshot(`
    [
      "sessions: away 1, resumed 0, lost 0; signals: kept 3, delivered later 0, refused as stale 0",
      "signals of Ann (ann) were kept for Bob (bob), who was away, and never delivered: 1 × offer (#7), 2 × candidate (#8, #9); ask --why ann bob",
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
      "6 user bob  admitted to Room by Ann",
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

const door = (client: ClientId, kind: string, user: typeof ann, more: object = {}): object =>
  asks(client, { kind, roomId: "r1", userId: user.user, ...more });
const cy = { user: "cy", name: "Cy" } as Parameters<typeof greeted>[2];

/** A room with a lobby: Bob and Cy are let in, Bob is made co-host, locks, and bans Cy; Ann leaves, and Bob succeeds. */
const governed: Story = [
  started({ sessionGraceMs: 60_000 }),
  greeted(a, "sa", ann),
  greeted(b, "sb", bob),
  greeted(third, "sc", cy),
  joins(a, ann, true),
  joins(b, bob),
  joins(third, cy),
  door(a, "AdmitRequested", bob),
  joins(b, bob),
  door(a, "AdmitRequested", cy),
  joins(third, cy),
  door(a, "RoleRequested", bob, { role: "cohost" }),
  asks(b, { kind: "LockRequested", roomId: "r1", isLocked: true }),
  asks(b, { kind: "LockRequested", roomId: "r1", isLocked: false }),
  door(b, "RemoveRequested", cy, { banMs: 90_000 }),
  joins(third, cy),
  door(a, "LeaveRequested", ann),
];

const drawn = (facts: Story, filter: LadderFilter = {}): ReadonlyArray<string> =>
  ladder(replay(timed(facts)), filter).rows.map(({ event, from, to, missed, label }) =>
    [event, from, ...to, missed, label].join(" "),
  );

test("the ladder draws roles, succession, locks, and who removed whom", () => {
  expect(drawn(governed).slice(3)).toMatchInlineSnapshot(`
    [
      "5 user ann  joined Room",
      "6 user bob  knocked at Room",
      "7 user cy  knocked at Room",
      "8 user bob  admitted to Room by Ann",
      "9 user bob  joined Room",
      "10 user cy  admitted to Room by Ann",
      "11 user cy  joined Room",
      "12 user bob  made co-host of Room by Ann",
      "13 user bob  locked Room",
      "14 user bob  unlocked Room",
      "15 user cy  left Room (banned by Bob)",
      "15 user cy  banned: cannot come into Room before 00:01:44",
      "16 user cy  join r1 refused: banned",
      "17 user ann  left Room",
      "17 user bob  succeeds as host of Room",
    ]
  `);
  expect(text(ladder(replay(timed(governed))), 100)).toContain("left Room (banned by Bob)");
});

test("the summary counts what happened at doors", () => {
  const { doors } = summaryOf(...governed);
  expect(doors).toEqual({
    knocks: 2,
    admitted: 2,
    denied: 0,
    expired: 0,
    removed: 0,
    banned: 1,
    locked: 1,
    unlocked: 1,
    roles: 2,
  });
  expect(summaryOf(started({})).doors).toBeUndefined();
});

test("a host who was lost is waited for, and nobody succeeds", () => {
  expect(drawn([...met, drops(a), ...Array.from({ length: 140 }, () => ticks)]).slice(4)).toMatchInlineSnapshot(`
    [
      "6 user ann  disconnected",
      "6 user ann  away, kept until 00:00:10",
      "11 user ann  left Room (away for too long)",
      "11   Room waits for its host until 00:02:10",
      "11 user ann  away for too long: the session is over",
      "131   Room has no host any more",
    ]
  `);
});

test("the ladder of both protocols in two rooms, and of one of the rooms", () => {
  expect(drawn(mixed).slice(3)).toMatchInlineSnapshot(`
    [
      "6 user ann  joined lunch",
      "7 user bob  joined lunch",
      "8 user ann  joined standup",
      "9 user bob  joined standup",
      "10 user dan  joined lunch",
      "11 user ann user bob  offer in lunch",
      "12 user ann user bob  offer in standup",
      "13 user bob user ann  answer in standup",
      "14 user ann user dan  offer in lunch",
      "15 user dan user ann  answer in lunch",
      "16 user dan  offer to nobody",
    ]
  `);
  expect(drawn(mixed, { room: "standup" }).slice(2)).toMatchInlineSnapshot(`
    [
      "8 user ann  joined standup",
      "9 user bob  joined standup",
      "12 user ann user bob  offer",
      "13 user bob user ann  answer",
    ]
  `);
});

test("--why of two who called in two rooms answers for each of them, and for one", () => {
  const timings = { pingAfterMs: 5_000, cutAfterMs: 8_000 };
  const codes = (room?: string) =>
    why({ moments: replay(timed(mixed)), timings }, ["ann", "bob"], room).map(({ code }) => code);
  expect(codes().filter((code) => code === "room")).toHaveLength(2);
  expect(codes("lunch")[0]).toBe("no-answer");
  expect(codes("standup")[0]).toBe("signalling-complete");
});

test("--why tells an offer to nobody by name from one without a room in common", () => {
  const timings = { pingAfterMs: 5_000, cutAfterMs: 8_000 };
  const sentences = why({ moments: replay(timed(mixed)), timings }, ["dan", "bob"]).map(({ sentence }) => sentence);
  expect(sentences[0]).toContain("it names no recipient, and Bob (bob) was connected with signalbox.v1");
  expect(sentences[1]).toContain("address its signals to bob");
});

test.each([
  [3002, "the token had expired", false],
  [3004, "it went on with frames beyond MESSAGES_PER_SECOND", true],
  [3501, "its session went on with a newer socket", false],
  [3502, "its hello was refused", false],
] as const)("a close with %i is told as: %s", (code, meaning, isFault) => {
  const facts: Story = [...met, { kind: "ClientDisconnected", client: b, code }];
  expect(drawn(facts)).toContain(`6 user bob  disconnected (${code}: ${meaning})`);
  const inSummary = told(summaryOf(...facts)).filter((line) => line.includes(`with ${code}`));
  expect(inSummary).toHaveLength(isFault ? 1 : 0);
});

test("the size of what was refused is in the ladder and the summary, and so is the code of who was closed", () => {
  const facts: Story = [
    ...met,
    asks(a, { kind: "MessageRequested", text: "", roomId: "r1", to: "bob", chars: 20_000, bytes: 20_010 }),
    { kind: "FrameRefused", client: b, id: 9, refusal: { code: "invalid-message", message: "no" }, bytes: 1_234 },
    { kind: "ClientDisconnected", client: b, code: 1009 },
  ];
  expect(drawn(facts).slice(-4)).toMatchInlineSnapshot(`
    [
      "6 user ann  message r1 refused: too-large (20,010 bytes)",
      "7 user bob  message refused: invalid-message (1,234 bytes)",
      "8 user bob  disconnected (1009: a frame over FRAME_BYTES_MAX)",
      "8 user bob  away, kept until 00:00:12",
    ]
  `);
  expect(told(summaryOf(...facts))).toMatchInlineSnapshot(`
    [
      "sessions: away 1, resumed 0, lost 0; signals: kept 0, delivered later 0, refused as stale 0",
      "1 × refused: too-large (message), up to 20,010 bytes: #6 (00:00:05) Ann (ann)",
      "1 × refused: invalid-message, up to 1,234 bytes: #7 (00:00:06) Bob (bob)",
      "socket 2 of Bob (bob) was closed at #8 (00:00:07) with 1009: a frame over FRAME_BYTES_MAX",
    ]
  `);
});
