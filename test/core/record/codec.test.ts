import fc from "fast-check";
import * as E from "fp-ts/lib/Either.js";
import { expect, test } from "vitest";
import {
  defaultSettings,
  digestVersion,
  journalVersion,
  parseLine,
  settingsVersion,
  sharedSnapshot,
} from "../../../core/index.js";
import { withLog } from "../../support/logged-run.js";
import { anyMixedRun } from "../../support/v1-world.js";
import { anyRun, last, play } from "../../support/world.js";

test("law: an event that is written down is read as that event", () => {
  fc.assert(
    fc.property(fc.oneof(anyRun(), anyMixedRun()), (run) => {
      for (const event of run) expect(parseLine(JSON.stringify(event))).toEqual(E.right(event));
    }),
  );
});

test("law: what a server with a log records is read as it was, and so is what a run began with", () => {
  fc.assert(
    fc.property(anyMixedRun(), (run) => {
      const logged = withLog(run);
      const [first] = logged;
      if (first?.kind !== "ServerStarted") throw new Error("a run begins with its settings");
      const restored = sharedSnapshot(last(play(logged)).shared);
      for (const event of [...logged, { ...first, restored }]) {
        const line = JSON.stringify(event);
        expect(parseLine(line)).toEqual(E.right(JSON.parse(line)));
      }
    }),
    { numRuns: 50 },
  );
});

test.each([
  ['{"kind":"Appended","at":1,"seq":1,"node":"n","entry":{"kind":"Nothing","at":1}}', "entry must be of a known kind"],
  [
    '{"kind":"Appended","at":1,"seq":1,"node":"n","entry":{"kind":"Expire","at":-1}}',
    "entry.at must be a whole number from 0 to 253402300799999",
  ],
  ['{"kind":"Appended","at":1,"seq":1,"node":"n","entry":5}', "entry must be of a known kind"],
  ["", "it is not JSON"],
  ["5", "it is neither a header, nor a digest, nor an event of a known kind"],
  ['{"kind":"toString"}', "it is neither a header, nor a digest, nor an event of a known kind"],
  ['{"journal":"signalbox","version":0}', "version must be 4"],
  ['{"journal":"signalbox","version":5}', "its format version is 5, and this build reads up to 4: use a newer one"],
  [
    '{"journal":"signalbox","version":4,"settingsVersion":7}',
    "its settings version is 7, and this build reads up to 6: use a newer one",
  ],
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

test("a setting that is added raises settingsVersion, and upcast says what servers did before they had it", () => {
  const { limits, ...others } = defaultSettings;
  expect({ settingsVersion, names: [...Object.keys(others), ...Object.keys(limits)].sort() }).toMatchInlineSnapshot(`
    {
      "names": [
        "clientChannelsMax",
        "clientRoomsMax",
        "clientSeatsMax",
        "clientUsersMax",
        "delivery",
        "descriptionCharsMax",
        "frameBytesMax",
        "hostReclaimMs",
        "idCharsMax",
        "jsonDepthMax",
        "keptCharsMax",
        "keptMessagesMax",
        "knockMs",
        "listCharsMax",
        "messageBurst",
        "messageCharsMax",
        "messagesPerSecond",
        "nameCharsMax",
        "refusedBurst",
        "roomBarredMax",
        "roomEvents",
        "roomListIntervalMs",
        "roomParticipantsMax",
        "roomWaitingMax",
        "roomsMax",
        "sayBurst",
        "sayPerSecond",
        "sessionGraceMs",
        "stateSpacingMs",
        "tokenGraceMs",
        "unjoinedRoomMs",
      ],
      "settingsVersion": 6,
    }
  `);
});

test("settings from before application messages had a rate are read as having none", () => {
  const { sayPerSecond: _, sayBurst: __, ...limits } = defaultSettings.limits;
  const line = JSON.stringify({ kind: "ServerStarted", at: 1, settings: { ...defaultSettings, limits } });
  expect(parseLine(line)).toMatchObject(E.right({ settings: { limits: { ...limits, sayPerSecond: 0 } } }));
});

test("the header of an early format stands for all versions, and for the timings that were the defaults then", () => {
  const described = { journal: "signalbox", package: "0.1.0", startedAt: "2026", payloads: "none", part: 1 };
  for (const version of [1, 2])
    expect(parseLine(JSON.stringify({ ...described, version, eventsBefore: 0 }))).toEqual(
      E.right({
        ...described,
        eventsBefore: 0,
        version: 4,
        digestVersion: version,
        settingsVersion: 6,
        timings: { pingAfterMs: 5_000, cutAfterMs: 8_000 },
      }),
    );
});

test("law: an event that lacks a member is refused, and so is one with a member of another type", () => {
  // Without its session, a connection is one of an earlier format.
  const optional = ["verified", "from", "to", "bytes", "session"];
  fc.assert(
    fc.property(anyRun(), (run) => {
      for (const event of run)
        for (const key of Object.keys(event).filter((name) => !optional.includes(name))) {
          const rest = Object.fromEntries(Object.entries(event).filter(([name]) => name !== key));
          expect(E.isLeft(parseLine(JSON.stringify(rest))), `${event.kind} without ${key}`).toBe(true);
          expect(E.isLeft(parseLine(JSON.stringify({ ...event, [key]: true }))), `${event.kind}.${key}`).toBe(true);
        }
    }),
    { numRuns: 20 },
  );
});

test("a header whose settings are of an earlier version is read: a new setting leaves old journals readable", () => {
  const timings = { pingAfterMs: 1, cutAfterMs: 2 };
  const described = {
    journal: "signalbox",
    package: "0",
    startedAt: "2026",
    payloads: "none",
    part: 1,
    eventsBefore: 0,
  };
  const header = { ...described, timings, version: journalVersion, digestVersion };
  for (let earlier = 1; earlier <= settingsVersion; earlier++)
    expect(parseLine(JSON.stringify({ ...header, settingsVersion: earlier }))).toEqual(
      E.right({ ...header, settingsVersion }),
    );
  for (const wrong of [0, settingsVersion + 1, "2", null])
    expect(E.isLeft(parseLine(JSON.stringify({ ...header, settingsVersion: wrong })))).toBe(true);
});

test("an unsubscription of an early format is a request now", () => {
  const line = JSON.stringify({ kind: "ChannelUnsubscribed", at: 1, client: 1, channel: "webrtc-dashboard-rooms" });
  expect(parseLine(line)).toEqual(E.right({ kind: "UnsubscribeRequested", at: 1, client: 1, channel: "" }));
});

test("law: reading anything never throws", () => {
  fc.assert(fc.property(fc.oneof(fc.json(), fc.string({ unit: "binary" })), (line) => void parseLine(line)));
});

test("a header whose settings have no limits is not read", () => {
  const settings = { delivery: "targeted", limits: undefined };
  const line = { kind: "ServerStarted", at: 1, settings };
  expect(E.isLeft(parseLine(JSON.stringify({ at: 1, event: line })))).toBe(true);
  expect(E.isLeft(parseLine(JSON.stringify(line)))).toBe(true);
});
