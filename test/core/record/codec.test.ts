import fc from "fast-check";
import * as E from "fp-ts/lib/Either.js";
import { expect, test } from "vitest";
import { defaultSettings, parseLine } from "../../../core/index.js";
import { anyRun } from "../../support/world.js";

test("law: an event that is written down is read as that event", () => {
  fc.assert(
    fc.property(anyRun(), (run) => {
      for (const event of run) expect(parseLine(JSON.stringify(event))).toEqual(E.right(event));
    }),
  );
});

test.each([
  ["", "it is not JSON"],
  ["5", "it is neither a header, nor a digest, nor an event of a known kind"],
  ['{"kind":"toString"}', "it is neither a header, nor a digest, nor an event of a known kind"],
  ['{"journal":"signalbox","version":0}', "version must be 1"],
  ['{"journal":"signalbox","version":4}', "it is of format version 4, and this build reads up to 3: use a newer one"],
  ['{"digest":{"events":"many"}}', "digest.events must be a whole number from 0 to 9007199254740991"],
  ['{"kind":"ServerStarted","at":1,"settings":7}', "settings must be the settings of a run"],
  ['{"kind":"PingReceived","at":1.5,"client":1}', "at must be a whole number from 0 to 253402300799999"],
  [
    '{"kind":"CreateRequested","at":1,"client":1,"room":{"id":"r"}}',
    "room.name must be a string of 0 to 65536 characters, without control characters",
  ],
])("%s is refused: %s", (line, why) => {
  expect(parseLine(line)).toEqual(E.left(expect.stringContaining(why)));
});

test("settings of version 1 are read as what they were: nothing was spaced, and RELAY=flood is now DELIVERY=broadcast", () => {
  const { stateSpacingMs: _, delivery: __, ...settings } = defaultSettings;
  const line = JSON.stringify({ kind: "ServerStarted", at: 1, settings: { relay: "flood", ...settings } });
  const spaced = { ...defaultSettings, stateSpacingMs: 0, delivery: "broadcast" };
  expect(parseLine(line)).toEqual(E.right({ kind: "ServerStarted", at: 1, settings: spaced }));
});

test("law: reading anything never throws", () => {
  fc.assert(fc.property(fc.oneof(fc.json(), fc.string({ unit: "binary" })), (line) => void parseLine(line)));
});
