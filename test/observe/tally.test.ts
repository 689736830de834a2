import fc from "fast-check";
import * as O from "fp-ts/lib/Option.js";
import { expect, test } from "vitest";
import { type Tally, tally } from "../../adapters/observe/tally.js";
import * as Table from "../../core/base/table.js";
import type { Moment, State } from "../../core/index.js";
import { sessionOf } from "../support/v1-client.js";
import { anyMixedRun } from "../support/v1-world.js";
import { anyRun, play } from "../support/world.js";

/** What a walk over the whole state finds. */
const walked = ({ shared }: State) => ({
  away: Table.values(shared.sessions).filter(({ awayUntil }) => O.isSome(awayUntil)).length,
  participants: Table.values(shared.rooms).reduce((sum, room) => sum + room.participants.size, 0),
  waiting: Table.values(shared.doors)
    .flatMap(({ knocks }) => Table.values(knocks))
    .filter(({ isAdmitted }) => !isAdmitted).length,
});

const counted = (counts: Tally) => ({
  away: counts.sessionsAway(),
  participants: counts.participants(),
  waiting: counts.waiting(),
});

const sum = (counts: Readonly<Record<string, number>>): number => Object.values(counts).reduce((a, b) => a + b, 0);

test.each([
  ["the seed's clients", anyRun()],
  ["clients of both protocols", anyMixedRun()],
] as const)(
  "law: with %s, what is counted from facts is what a walk over the state finds, after every event",
  (_, runs) => {
    fc.assert(
      fc.property(runs, (run) => {
        const counts = tally();
        for (const { event, effects, after } of play(run)) {
          counts.observe(event, effects);
          expect(counted(counts), event.kind).toEqual(walked(after));
        }
      }),
    );
  },
);

const isHeard = ({ event, before }: Moment): boolean =>
  event.kind === "SignalRequested" && sessionOf(before, event.client) !== undefined;

test("law: each signal of a client that is there has one outcome, each hello with a ticket one, and each refusal a code", () => {
  fc.assert(
    fc.property(anyMixedRun(), (run) => {
      const counts = tally();
      const moments = play(run);
      for (const { event, effects } of moments) counts.observe(event, effects);
      const resumes = moments.filter(({ event }) => event.kind === "ClientConnected" && event.greeting?.resume);
      const refused = moments
        .flatMap(({ effects }) => effects)
        .filter((effect) => effect.kind === "Report" && effect.fact.kind === "RequestRefused");
      expect(sum(counts.signals)).toBe(moments.filter(isHeard).length);
      expect(sum(counts.resumes)).toBe(resumes.length);
      expect(sum(counts.refusals)).toBe(refused.length);
      expect(sum(counts.received)).toBe(
        moments.filter(({ event }) => "client" in event && !/^Client/.test(event.kind)).length,
      );
      expect(sum(counts.sent)).toBe(
        moments.flatMap(({ effects }) => effects).filter(({ kind }) => kind === "Send").length,
      );
    }),
  );
});

test("the runs of the laws have all of it: people who wait, sessions that are away, and every outcome", () => {
  const seen = { away: 0, participants: 0, waiting: 0, delivered: 0, kept: 0, stale: 0, refused: 0 };
  const more = { resumed: 0, gap: 0, expired: 0 };
  for (const run of fc.sample(anyMixedRun(), { numRuns: 200, seed: 1 })) {
    const counts = tally();
    for (const { event, effects } of play(run)) {
      counts.observe(event, effects);
      for (const [key, n] of Object.entries(counted(counts))) seen[key as keyof typeof seen] += n;
    }
    for (const [key, n] of Object.entries(counts.signals)) seen[key as keyof typeof seen] += n;
    for (const [key, n] of Object.entries(counts.resumes)) more[key as keyof typeof more] += n;
  }
  for (const [name, n] of Object.entries({ ...seen, ...more })) expect(n, name).toBeGreaterThan(0);
});
