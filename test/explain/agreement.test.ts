import fc from "fast-check";
import { expect, test } from "vitest";
import { attemptsIn, between, signalsByRoom } from "../../adapters/explain/attempts.js";
import { peopleOf } from "../../adapters/explain/people.js";
import { readRecording } from "../../adapters/explain/read-recording.js";
import { type Summary, tally } from "../../adapters/explain/summary.js";
import { type Warning, warningsIn } from "../../adapters/explain/warnings.js";
import { sidesWithoutCandidates } from "../../adapters/explain/why/candidates.js";
import type { Finding } from "../../adapters/explain/why/finding.js";
import { type Outcome, outcomeOf, signalsIn } from "../../adapters/explain/why/outcome.js";
import { why } from "../../adapters/explain/why.js";
import { type Recorded, replay } from "../../core/index.js";
import { anyMixedRecording } from "./recordings.js";

const summaryOf = (events: ReadonlyArray<Recorded>): Summary => {
  const figures = tally();
  for (const moment of replay(events)) figures.visit(moment);
  return figures.summary();
};

/** The events that the summary warns of. */
const eventsIn = (warning: Warning): ReadonlyArray<number> => {
  switch (warning.code) {
    case "unheard":
    case "unaddressed":
    case "kept-in-vain":
      return warning.types.flatMap(({ events }) => events);
    case "crossed":
    case "unanswered":
      return warning.offers.map(({ event }) => event);
    case "answered-twice":
      return warning.answers.flat().map(({ event }) => event);
    case "no-candidates":
      return [warning.answer.event];
    default:
      return [];
  }
};

type Judged = Outcome & { readonly isLast: boolean; readonly lacksCandidates: boolean };

/** All outcomes of attempts in which somebody was called. */
const outcomesIn = (events: ReadonlyArray<Recorded>): ReadonlyArray<Judged> => {
  const recording = readRecording(replay(events));
  const people = peopleOf(recording);
  return people.flatMap((from, i) =>
    people.slice(i + 1).flatMap((to) => {
      return signalsByRoom(between(recording, from, to)).flatMap(({ signals }) => {
        const attempts = attemptsIn(signals);
        const exchange = { recording, from, to, signals, attempts };
        return attempts.map((attempt) => ({
          ...outcomeOf(exchange, attempt),
          isLast: attempt === attempts.at(-1),
          lacksCandidates: sidesWithoutCandidates(exchange, attempt).length > 0,
        }));
      });
    }),
  );
};

const isFault = ({ kind, offer, isLast, lacksCandidates }: Judged): boolean => {
  if (kind === "overtaken") return isLast;
  return kind === "complete" || kind === "answer-late" ? isLast && lacksCandidates && offer !== undefined : true;
};

/** What names nobody is for whomever it reached: an offer takes an answer of any of them, and an answer is for who has offered. */
const isForOthers = ({ kind, offer, answer }: Outcome, answered: ReadonlySet<number>): boolean => {
  if (offer === undefined) return answer !== undefined && answer.to === undefined && answer.receivers.length > 0;
  if (offer.to !== undefined) return false;
  if (kind === "undelivered") return offer.receivers.length > 0;
  return (kind === "unanswered" || kind === "overtaken") && answered.has(offer.event);
};

const isOpen = ({ kind }: Outcome): boolean => kind === "undelivered" || kind === "unanswered" || kind === "overtaken";

test("law: where --why finds a fault in a call, the summary warns of it", () => {
  const seen = new Map<string, number>();
  fc.assert(
    fc.property(anyMixedRecording, (events) => {
      const warned = new Set(warningsIn(summaryOf(events)).flatMap(eventsIn));
      const outcomes = outcomesIn(events);
      const settled = outcomes.filter((outcome) => !isOpen(outcome)).flatMap(({ attempt }) => attempt.offers);
      const answered = new Set(settled.map(({ event }) => event));
      for (const outcome of outcomes) {
        if (!isFault(outcome) || isForOthers(outcome, answered)) continue;
        const own = signalsIn(outcome).map(({ event }) => event);
        expect(
          own.some((event) => warned.has(event)),
          `${outcome.kind} of ${own}`,
        ).toBe(true);
        seen.set(outcome.kind, (seen.get(outcome.kind) ?? 0) + 1);
      }
    }),
    { numRuns: 250 },
  );
  for (const kind of ["undelivered", "unanswered", "neither-gave-way", "answer-lost"])
    expect(seen.get(kind), kind).toBeGreaterThan(0);
});

const faults: ReadonlySet<Finding["code"]> = new Set([
  "not-delivered",
  "not-delivered-either",
  "no-answer",
  "answer-lost",
  "answered-former-id",
  "answered-name",
  "answered-twice",
  "offer-overtaken",
  "glare",
  "no-candidates",
]);

test("law: what the summary says to ask, --why answers with a fault", () => {
  let asked = 0;
  fc.assert(
    fc.property(anyMixedRecording, (events) => {
      const timings = { pingAfterMs: 5_000, cutAfterMs: 8_000 };
      for (const warning of warningsIn(summaryOf(events))) {
        const { code } = warning;
        if (code !== "crossed" && code !== "unanswered" && code !== "answered-twice" && code !== "no-candidates")
          continue;
        if (warning.to === undefined) continue;
        const findings = why({ moments: replay(events), timings }, [warning.from.id, warning.to.id]);
        const found = findings.map((one) => (one.code === "earlier" ? one.finding.code : one.code));
        expect(
          found.some((one) => faults.has(one)),
          `${code}: ${found}`,
        ).toBe(true);
        asked += 1;
      }
    }),
    { numRuns: 250 },
  );
  expect(asked).toBeGreaterThan(30);
});
