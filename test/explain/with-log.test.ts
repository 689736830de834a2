import fc from "fast-check";
import { expect, test } from "vitest";
import { readRecording } from "../../adapters/explain/read-recording.js";
import {
  type ClientId,
  defaultGrants,
  defaultSettings,
  type Event,
  type Millis,
  type RoomId,
  replay,
} from "../../core/index.js";
import { withLog } from "../support/logged-run.js";
import { greeted, people } from "../support/v1-world.js";
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

test("what somebody is told at once stands beside what comes of it later: a welcome, where their other session has to end first", () => {
  const at = 1_000_000 as Millis;
  const [ann, room] = [people[0], "r" as RoomId];
  const token = { grants: { ...defaultGrants, sessions: "newest" as const }, expiresAt: 9e12 as Millis };
  const asked = { kind: "JoinRequested", at, client: 21 as ClientId, id: 2, roomId: room, text: "" } as const;
  const policy = { listed: true, lobby: false, capacity: 9, withoutHost: "promote" } as const;
  const run: ReadonlyArray<Event> = [
    { kind: "ServerStarted", at, settings: defaultSettings },
    { ...greeted(21 as ClientId, "s21", ann), at, token },
    { ...asked, userId: ann.user, userName: ann.name, create: { room: { id: room, name: "Room" }, policy } },
    { ...greeted(22 as ClientId, "s22", ann), at, token },
  ];
  expect(read(withLog(run))).toEqual(read(run));
  const { sockets, names } = readRecording(replay(withLog(run)));
  expect([...sockets.values()].map(({ session }) => session)).toEqual(["s21", "s22"]);
  expect(sockets.get(22 as ClientId)?.users.has(ann.user)).toBe(true);
  expect(names.get(ann.user)).toBe(ann.name);
});
