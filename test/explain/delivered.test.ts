import fc from "fast-check";
import { expect, test } from "vitest";
import { between, isDelivered } from "../../adapters/explain/attempts.js";
import { ladder } from "../../adapters/explain/ladder.js";
import { isBy, isNamed, peopleOf } from "../../adapters/explain/people.js";
import { readRecording } from "../../adapters/explain/read-recording.js";
import { tally } from "../../adapters/explain/summary.js";
import { type ClientId, type Event, type Recorded, replay, type UserId } from "../../core/index.js";
import { anyRun } from "../support/world.js";

/** Only what a server can record: a socket's number is given once, and a socket says nothing before it connects and after it ends. */
const recordable = (run: ReadonlyArray<Event>): ReadonlyArray<Event> => {
  const open = new Map<ClientId, boolean>();
  return run.filter((event) => {
    if (!("client" in event)) return true;
    const isOpen = open.get(event.client);
    if (event.kind === "ClientConnected" && isOpen === undefined) open.set(event.client, true);
    if (event.kind === "ClientDisconnected") open.set(event.client, false);
    return event.kind === "ClientConnected" ? isOpen === undefined : isOpen === true;
  });
};

/** Runs with signals for the ids of users, for their names, and for nobody. */
const anyRecording: fc.Arbitrary<ReadonlyArray<Recorded>> = fc
  .tuple(anyRun(), fc.infiniteStream(fc.constantFrom("ann", "bob", "Ann", "Bob", "zoe")))
  .map(([run, addresses]) => {
    const readdressed = (event: Event): Event => {
      if (event.kind !== "PublishRequested" || event.to === undefined) return event;
      return { ...event, to: addresses.next().value as UserId };
    };
    return recordable(run).map(readdressed) as ReadonlyArray<Recorded>;
  });

test("law: the summary, --why and the ladder call the same signals unheard", () => {
  let compared = 0;
  fc.assert(
    fc.property(anyRecording, (events) => {
      const figures = tally();
      for (const moment of replay(events)) figures.visit(moment);
      const unheard = new Set(figures.summary().unheard.map(({ event }) => event));
      const recording = readRecording(replay(events));
      const people = peopleOf(recording);
      const missed = new Map(ladder(replay(events)).rows.map((row) => [row.event, row.missed !== undefined]));
      for (const relay of recording.incidents) {
        if (relay.kind !== "relay" || relay.to === undefined || relay.signalKind === undefined) continue;
        const { event, to } = relay;
        expect(missed.get(event), `ladder, #${event} for ${to}`).toBe(unheard.has(event));
        const [sender, receiver] = [people.find((one) => isBy(relay, one)), people.find((one) => isNamed(to, one))];
        if (sender === undefined || receiver === undefined || sender === receiver) continue;
        const signal = between(recording, sender, receiver).find((one) => one.event === event);
        expect(signal && !isDelivered(signal), `why, #${event} for ${to}`).toBe(unheard.has(event));
        compared += 1;
      }
    }),
    { numRuns: 1_000 },
  );
  expect(compared).toBeGreaterThan(500);
});
