import { describe, expect, test } from "vitest";
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

const withCandidate = "candidate:1 1 udp 1 203.0.113.9 1 typ host";
const said = (client: ClientId, type: string, from: string, to?: string, text = withCandidate): Fact => ({
  ...published(client, text, { from, ...(to === undefined ? {} : { to }) }),
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
    said(a, "webrtc-answer", "ann", "bob"),
    said(a, "webrtc-offer", "ann", "bob"),
    said(b, "webrtc-answer", "bob", "ann"),
  ];
  expect(warnings(...met, ...calls)).toEqual([]);
});

test("offers that crossed, and neither was answered", () => {
  const calls = [said(a, "webrtc-offer", "ann", "bob"), said(b, "webrtc-offer", "bob", "ann")];
  expect(warnings(...met, ...calls)).toEqual([
    "offers of Ann (ann) and Bob (bob) crossed (#9, #10 at 00:00:02) and neither was answered; ask --why ann bob",
  ]);
});

test("an offer that a newer one replaced, where the answer is to the older", () => {
  const calls = [
    said(a, "webrtc-offer", "ann", "bob"),
    said(a, "webrtc-offer", "ann", "bob"),
    said(b, "webrtc-answer", "bob", "ann"),
  ];
  expect(warnings(...met, ...calls)).toEqual([
    "an offer of Ann (ann) to Bob (bob) got no answer: #10 (00:00:02); ask --why ann bob",
  ]);
});

test("an answer without a candidate of either side, or of one", () => {
  const offer = said(a, "webrtc-offer", "ann", "bob", "{}");
  const answer = said(b, "webrtc-answer", "bob", "ann", "{}");
  const ice = said(a, "webrtc-ice", "ann", "bob");
  const lacks =
    "no ICE candidate of Bob (bob) reached Ann (ann), though there was an answer at #10 (00:00:02); ask --why bob ann";
  expect(warnings(...met, offer, answer, ice)).toEqual([lacks]);
  expect(warnings(...met, offer, answer, ice, ice, said(b, "webrtc-ice", "bob", "ann"))).toEqual([]);
  expect(warnings(...met, offer, answer)).toContain(lacks);
});

describe("signals to nobody by name", () => {
  const offer = said(a, "webrtc-offer", "ann");
  const answer = said(b, "webrtc-answer", "bob");

  test("that reached nobody", () => {
    expect(warnings(...met, unsubscribed(b, signaling), offer, said(a, "webrtc-ice", "ann"), offer)).toEqual([
      "signals of Ann (ann), to nobody by name, reached nobody: no other socket was subscribed to webrtc-signaling: 2 × webrtc-offer (#10, #12), 1 × webrtc-ice (#11)",
    ]);
  });

  test("that are no signals are for whoever is there", () => {
    expect(warnings(...met, unsubscribed(b, signaling), said(a, "chat", "ann"))).toEqual([]);
  });

  test("an offer that reached some, and nobody or one of them answered", () => {
    const cy = [connected(c), subscribed(c, signaling), named(c, "cy", "Cy")];
    expect(warnings(...met, ...cy, offer)).toEqual([
      "an offer of Ann (ann), to nobody by name, got no answer: #12 (00:00:02); ask --why ann",
    ]);
    expect(warnings(...met, ...cy, offer, answer)).toEqual([]);
  });

  test("an answer that reached others than who had offered", () => {
    const cy = [connected(c), subscribed(c, signaling), named(c, "cy", "Cy")];
    const call = said(a, "webrtc-offer", "ann", "bob");
    expect(warnings(...met, ...cy, call, unsubscribed(a, signaling), answer)).toEqual([
      "messages from Bob (bob) to Ann (ann) did not reach their recipient: 1 × webrtc-answer (#14); ask --why bob ann",
    ]);
  });
});

test("who has unsubscribed does not hear, also if they come back to the channel later", () => {
  const offer = said(a, "webrtc-ice", "ann", "bob");
  const [gone, back] = [unsubscribed(b, signaling), subscribed(b, signaling)];
  expect(warnings(...met, gone, offer, back, offer, gone, offer)).toEqual([
    "messages from Ann (ann) to Bob (bob) did not reach their recipient: 2 × webrtc-ice (#10, #14); ask --why ann bob",
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
    "offers of Ann (ann) and Bob (bob) crossed (#9, #10 at 00:00:02) and were both answered, so probably neither answer fits; ask --why ann bob",
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
    "messages from Bob (bob) to Ann (the name of ann, not an id) did not reach their recipient: 1 × webrtc-answer (#10); ask --why bob ann",
  ]);
});

test("a name that two have tells nothing of whom a message was for", () => {
  const calls = [connected(c), named(c, "bob-2", "Bob"), said(a, "webrtc-ice", "ann", "Bob")];
  expect(warnings(...met, ...calls)).toEqual([
    "messages from Ann (ann) to Bob did not reach their recipient: 1 × webrtc-ice (#11); ask --why ann Bob",
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
    "messages from Bob (bob) to Ann (ann) did not reach their recipient: 1 × webrtc-answer (#12); ask --why bob ann",
    "Ann came back under another id: ann, ann-2 (--people shows when)",
  ]);
});

test("what only those got who never say who they are may have reached whom it was for", () => {
  const facts = [...met, connected(c), subscribed(c, signaling), said(b, "webrtc-answer", "bob", "zoe")];
  expect(warnings(...facts)).toEqual([]);
});

test("a name that one had under two ids is still the name of one", () => {
  const anonymous = 4 as number as ClientId;
  const facts = [
    ...met,
    ...[disconnected(a), connected(c), named(c, "ann-2", "Ann")],
    ...[connected(anonymous), subscribed(anonymous, signaling), said(b, "webrtc-ice", "bob", "Ann")],
  ];
  expect(warnings(...facts)).toContain(
    "messages from Bob (bob) to Ann (the name of ann-2, not an id) did not reach their recipient: 1 × webrtc-ice (#14); ask --why bob ann-2",
  );
});

test("two windows answered, and the second answer reached only somebody who said later who they are: one answer", () => {
  const facts = [
    ...[...met, connected(c), named(c, "bob", "Bob"), said(a, "webrtc-offer", "ann", "bob")],
    ...[said(b, "webrtc-answer", "bob", "ann"), unsubscribed(a, signaling)],
  ];
  const stranger = 4 as number as ClientId;
  const second = [connected(stranger), subscribed(stranger, signaling), said(c, "webrtc-answer", "bob", "ann")];
  const isTwice = (lines: ReadonlyArray<string>) => lines.some((line) => line.includes("twice"));
  expect(isTwice(warnings(...facts, ...second))).toBe(true);
  expect(isTwice(warnings(...facts, ...second, named(stranger, "zoe", "Zoe")))).toBe(false);
});

test("a socket that ended without a close, and a room that was not there", () => {
  const lost = { ...disconnected(b), code: 1006 };
  expect(warnings(...met, { ...joined(b, "r9", "bob"), userName: "Bob" }, lost)).toEqual([
    "1 × refused: room-not-found (user-joined-room): #9 (00:00:02) Bob (bob)",
    "the socket of Bob (bob) ended at #10 (00:00:02) without a close (1006): a lost network, a closed lid, a hung browser",
  ]);
});

test("somebody who calls and calls costs no more each time", () => {
  const callTimes = (count: number): void => {
    const offers = Array.from({ length: count }, (_, i) => said(a, "webrtc-offer", "ann", i % 9 === 0 ? "zoe" : "bob"));
    expect(warnings(...met, ...offers).length).toBeGreaterThan(0);
  };
  // CPU time, since a busy machine stretches the other; it is coarse, so both do the same number of calls.
  const micros = (times: number, count: number): number => {
    const before = process.cpuUsage();
    for (let i = 0; i < times; i++) callTimes(count);
    return process.cpuUsage(before).user;
  };
  const least = (times: number, count: number): number =>
    Math.min(...Array.from({ length: 4 }, () => micros(times, count)));
  expect(least(1, 16_000) / least(8, 2_000)).toBeLessThan(3);
});
