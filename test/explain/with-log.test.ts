import fc from "fast-check";
import { expect, test } from "vitest";
import { readRecording } from "../../adapters/explain/read-recording.js";
import { type Event, replay } from "../../core/index.js";
import { withLog } from "../support/logged-run.js";
import { anyMixedRecording } from "./recordings.js";

/** What is read, without the numbers of the events: with a log there are more of them. */
const read = (events: ReadonlyArray<Event>): unknown =>
  JSON.parse(
    JSON.stringify(readRecording(replay(events)), (key, value) => {
      if (key === "event") return undefined;
      if (value instanceof Map) return [...value].sort();
      return value instanceof Set ? [...value].sort() : value;
    }),
  );

test("law: the recording of a server with a log is read as that of one without", () => {
  fc.assert(
    fc.property(anyMixedRecording, (run) => {
      expect(read(withLog(run))).toEqual(read(run));
    }),
    { numRuns: 100 },
  );
});
