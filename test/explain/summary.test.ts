import { expect, test } from "vitest";
import { callTally } from "../../adapters/explain/calls.js";
import { warningLines } from "../../adapters/explain/sentences/warnings.js";
import { tally } from "../../adapters/explain/summary.js";
import { warningsIn } from "../../adapters/explain/warnings.js";
import { type ClientId, type Recorded, replay } from "../../core/index.js";
import {
  a,
  b,
  c,
  connected,
  created,
  disconnected,
  type given,
  joined,
  later,
  published,
  signaling,
  started,
  subscribed,
  unsubscribed,
} from "../support/story.js";

type Fact = Parameters<ReturnType<typeof given>["when"]>[0] & Partial<Pick<Told, "type" | "userName" | "code">>;
type Told = { readonly type: string; readonly userName: string; readonly code: number };

/** What looks wrong in a story of one fact every 250 ms. */
const warnings = (...facts: ReadonlyArray<Fact>): ReadonlyArray<string> => {
  const figures = tally();
  const events = [started(), ...facts].map((fact, i) => ({ ...fact, at: later(250 * i) }) as Recorded);
  for (const moment of replay(events)) figures.visit(moment);
  return warningLines(warningsIn(figures.summary()));
};

const said = (client: ClientId, type: string, from: string, to: string): Fact => ({
  ...published(client, "{}", { from, to }),
  type,
});
const named = (client: ClientId, user: string, userName: string): Fact => ({ ...joined(client, "r1", user), userName });

const met: ReadonlyArray<Fact> = [
  connected(a),
  connected(b),
  subscribed(a, signaling),
  subscribed(b, signaling),
  created(a, "r1"),
  named(a, "ann", "Ann"),
  named(b, "bob", "Bob"),
];

test("nothing, where every offer is answered, and one gave way", () => {
  const calls = [
    said(a, "webrtc-offer", "ann", "bob"),
    said(b, "webrtc-offer", "bob", "ann"),
    said(b, "webrtc-answer", "bob", "ann"),
  ];
  expect(warnings(...met, ...calls)).toEqual([]);
});

test("offers that nobody answered, with the question to ask", () => {
  const offer = said(a, "webrtc-offer", "ann", "bob");
  expect(warnings(...met, offer, offer)).toEqual([
    "2 offers of Ann (ann) to Bob (bob) got no answer: #9 (00:00:02), #10 (00:00:02); ask --why ann bob",
  ]);
  const odd = said(a, "webrtc-offer", "ann", "b'$(x)");
  expect(warnings(...met, odd).at(-1)).toContain("ask --why ann 'b'\\''$(x)'");
});

test("an offer after one that was answered crosses nothing", () => {
  const calls = [
    said(b, "webrtc-offer", "bob", "ann"),
    said(a, "webrtc-offer", "ann", "bob"),
    said(a, "webrtc-offer", "ann", "bob"),
    said(a, "webrtc-answer", "ann", "bob"),
    said(b, "webrtc-answer", "bob", "ann"),
  ];
  expect(warnings(...met, ...calls)).toEqual([]);
});

test("who has unsubscribed does not hear, also if they come back to the channel later", () => {
  const offer = said(a, "webrtc-ice", "ann", "bob");
  const [gone, back] = [unsubscribed(b, signaling), subscribed(b, signaling)];
  expect(warnings(...met, gone, offer, back, offer, gone, offer)).toEqual([
    "messages of Ann (ann) for Bob (bob) reached nobody they were meant for: 2 × webrtc-ice (#10, #14)",
  ]);
});

test("offers that crossed and were both answered", () => {
  const calls = [
    said(a, "webrtc-offer", "ann", "bob"),
    said(b, "webrtc-offer", "bob", "ann"),
    said(b, "webrtc-answer", "bob", "ann"),
    said(a, "webrtc-answer", "ann", "bob"),
  ];
  expect(warnings(...met, ...calls)).toEqual([
    "offers of Ann (ann) and Bob (bob) crossed (#9, #10 at 00:00:02), and both were answered: most likely neither answer fits; ask --why ann bob",
  ]);
});

test("an offer that two windows of one user answered, and one that was answered anew", () => {
  const there = [connected(c), subscribed(c, signaling), named(c, "bob", "Bob")];
  const offer = said(a, "webrtc-offer", "ann", "bob");
  const answer = (client: ClientId): Fact => said(client, "webrtc-answer", "bob", "ann");
  expect(warnings(...met, ...there, offer, answer(b), answer(c), offer, answer(c), answer(c))).toEqual([
    "Bob (bob) answered Ann (ann) twice, on two sockets: #13 by socket 2, #14 by socket 3; ask --why ann bob",
  ]);
});

test("answers that went to a name, as if it were an id", () => {
  const calls = [said(a, "webrtc-offer", "ann", "bob"), said(b, "webrtc-answer", "bob", "Ann")];
  expect(warnings(...met, ...calls)).toEqual([
    "messages of Bob (bob) for Ann reached nobody they were meant for (that is the name of ann, and nobody's id): 1 × webrtc-answer (#10)",
    "an offer of Ann (ann) to Bob (bob) got no answer: #9 (00:00:02); ask --why ann bob",
  ]);
});

test("a name that two have tells nothing of whom a message was for", () => {
  const calls = [connected(c), named(c, "bob-2", "Bob"), said(a, "webrtc-ice", "ann", "Bob")];
  expect(warnings(...met, ...calls)).toEqual([
    "messages of Ann (ann) for Bob reached nobody they were meant for: 1 × webrtc-ice (#11)",
  ]);
});

test("who came back under another id, and the answer that went to the old one, and to a stranger who says so later", () => {
  expect(
    warnings(
      ...met,
      disconnected(a),
      connected(c),
      subscribed(c, signaling),
      said(b, "webrtc-answer", "bob", "ann"),
      named(c, "ann-2", "Ann"),
    ),
  ).toEqual([
    "messages of Bob (bob) for Ann (ann) reached nobody they were meant for: 1 × webrtc-answer (#12)",
    "Ann came back under another id: ann, ann-2 (--people shows when)",
  ]);
});

test("what only those got who never say who they are may have reached whom it was for", () => {
  const facts = [...met, connected(c), subscribed(c, signaling), said(b, "webrtc-answer", "bob", "zoe")];
  expect(warnings(...facts)).toEqual([]);
});

test("a socket that ended without a close, and a room that was not there", () => {
  const lost = { ...disconnected(b), code: 1006 };
  expect(warnings(...met, { ...joined(b, "r9", "bob"), userName: "Bob" }, lost)).toEqual([
    "1 × refused: room-not-found (user-joined-room): #9 (00:00:02) Bob (bob)",
    "the socket of Bob (bob) ended at #10 (00:00:02) with 1006: no close, so a lost network, a closed lid, a hung browser",
  ]);
});

test("somebody who calls and calls costs no more each time", () => {
  const micros = (count: number): number => {
    const calls = callTally();
    // CPU time, since a busy machine stretches the other.
    const before = process.cpuUsage();
    for (let event = 1; event <= count; event++)
      calls.visit(
        {
          event,
          at: event,
          client: a,
          signalKind: "offer",
          from: "ann",
          to: event % 9 === 0 ? "zoe" : "bob",
          isDelivered: true,
        },
        () => true,
      );
    expect(calls.found().unanswered).toHaveLength(count);
    return process.cpuUsage(before).user;
  };
  const least = (count: number): number => Math.min(...Array.from({ length: 5 }, () => micros(count)));
  expect(least(32_000) / least(4_000)).toBeLessThan(24);
});
