import fc from "fast-check";
import { expect, test } from "vitest";
import { between, isDelivered } from "../../adapters/explain/attempts.js";
import { ladder } from "../../adapters/explain/ladder.js";
import { isBy, isNamed, peopleOf } from "../../adapters/explain/people.js";
import { readRecording } from "../../adapters/explain/read-recording.js";
import { type Summary, tally } from "../../adapters/explain/summary.js";
import { replay } from "../../core/index.js";
import { anyMixedRecording, anySeedRecording } from "./recordings.js";

const eventsOf = ({ unheard, keptInVain }: Summary): ReadonlySet<number> =>
  new Set([...unheard, ...keptInVain].map(({ event }) => event));

test("law: the summary, --why and the ladder call the same signals unheard", () => {
  let compared = 0;
  fc.assert(
    fc.property(fc.oneof(anySeedRecording, anyMixedRecording), (events) => {
      const figures = tally();
      for (const moment of replay(events)) figures.visit(moment);
      const unheard = eventsOf(figures.summary());
      const recording = readRecording(replay(events));
      const people = peopleOf(recording);
      const { rows } = ladder(replay(events));
      for (const relay of recording.incidents) {
        if (relay.kind !== "relay" || relay.to === undefined || relay.signalKind === undefined) continue;
        const { event, to } = relay;
        const row = rows.find((one) => one.event <= event && event <= one.lastEvent);
        expect(row && row.missed !== undefined, `ladder, #${event} for ${to}`).toBe(unheard.has(event));
        const [sender, receiver] = [people.find((one) => isBy(relay, one)), people.find((one) => isNamed(to, one))];
        if (sender === undefined || receiver === undefined || sender === receiver) continue;
        const signal = between(recording, sender, receiver).find((one) => one.event === event);
        expect(signal && !isDelivered(signal), `why, #${event} for ${to}`).toBe(unheard.has(event));
        compared += 1;
      }
    }),
    { numRuns: 500 },
  );
  expect(compared).toBeGreaterThan(250);
});
