import { expect, test } from "vitest";
import { readRecording } from "../../adapters/explain/read-recording.js";
import { roster } from "../../adapters/explain/roster.js";
import { type Recorded, replay } from "../../core/index.js";
import { a, b, c, connected, created, disconnected, joined, later, published, started } from "../support/story.js";

/** The roster of a story of one fact every second. */
const rosterOf = (...facts: ReadonlyArray<object>): string =>
  roster(
    readRecording(replay([started(), ...facts].map((fact, i) => ({ ...fact, at: later(1_000 * i) }) as Recorded))),
  );

test("who was there, on which sockets, who was refused first, who was only addressed, and which socket named nobody", () => {
  const facts = [
    connected(a),
    connected(b),
    connected(c),
    created(a, "r1"),
    joined(a, "r1", "ann"),
    joined(b, "r8", "bob"),
    joined(b, "r9", "bob"),
    published(a, "{}", { from: "ann", to: "zoe" }),
    disconnected(a),
  ];
  expect(rosterOf(...facts)).toMatchInlineSnapshot(`
    "people (times are UTC, of 2026-01-01):
      name  id   from–to                              rooms    sockets
      ANN   ann  00:00:05–00:00:09                    Room r1  1 (192.0.2.1, 00:00:01–00:00:09)
      BOB   bob  refused at 00:00:06: room-not-found
      zoe   zoe  only addressed
    rooms:
      name     id  from–to            host
      Room r1  r1  00:00:04–00:00:09  host ANN (ann)
    sockets that never named a user: 3"
  `);
});

test("a hundred thousand names do not overflow the table", () => {
  const sends = Array.from({ length: 100_000 }, (_, n) => published(a, "{}", { from: "ann", to: `u${n}` }));
  expect(rosterOf(connected(a), ...sends).split("\n").length).toBeGreaterThan(100_000);
});
