import { expect, test } from "vitest";
import type { RoomId, UserId } from "../../../core/index.js";
import { evolve } from "../../../core/shared/evolve.js";
import { a, b, c, connected, created, given, joined, left, pinged, started, subscribed } from "../../support/story.js";

const tight = started({
  limits: { clientRoomsMax: 1, roomsMax: 2, clientSeatsMax: 1, roomParticipantsMax: 1, clientChannelsMax: 1 },
});
const here = [tight, connected(a), connected(b), connected(c), created(a, "r", { hostId: "ann" }), created(b, "s")];

const full = [...here, joined(a, "r", "ann")];
const talking = [...here, subscribed(a, "x")];

test.each([
  ["a room that is not there", here, c, joined(c, "x", "cy"), "room-not-found", "room not found: x"],
  ["a leave from no room", here, c, left(c, "x", "cy"), "room-not-found", "room not found: x"],
  ["another's room", here, c, created(c, "r"), "room-exists", "room r already exists and has another host"],
  ["a client's rooms", here, a, created(a, "r2"), "too-many-rooms", "room limit reached: 1 rooms per client"],
  ["all rooms", here, c, created(c, "t"), "too-many-rooms", "room limit reached: 2 rooms on this server"],
  [
    "somebody who is not the host",
    here,
    c,
    left(c, "r", "ann"),
    "not-allowed",
    "not allowed: only ann or the host can end the presence of ann in room r",
  ],
  ["a full room", full, b, joined(b, "r", "bob"), "room-full", "room r is full: 1 participants per room"],
  [
    "a client's participants",
    full,
    a,
    joined(a, "s", "ann"),
    "too-many-rooms",
    "participant limit reached: 1 participants per client",
  ],
  [
    "a client's channels",
    talking,
    a,
    subscribed(a, "y"),
    "too-many-channels",
    "channel limit reached: 1 channels per client",
  ],
])("the sentence of a refusal: %s", (_, before, by, event, code, message) => {
  expect(
    given(...before)
      .when(event)
      .seen(by),
  ).toMatchObject([{ type: "error", code, message }]);
});

test("a fact about what is not there leaves the shared half as it is", () => {
  const { shared } = given(...here).when(pinged(a)).state;
  const [room, user] = ["x", "cy"] as ReadonlyArray<string> as readonly [RoomId, UserId];
  const session = "session-1" as never;
  const participant = { room, user, userName: "Cy", roomName: "X", total: 1 };
  expect(evolve(shared, { kind: "CreatorLeft", room, session })).toBe(shared);
  expect(evolve(shared, { kind: "RoomClosed", room, name: "X", reason: "empty" })).toBe(shared);
  expect(evolve(shared, { kind: "RoomUpdated", room, name: "X", description: "" }).rooms).toBe(shared.rooms);
  expect(evolve(shared, { kind: "ParticipantLeft", ...participant, reason: "left" }).rooms).toBe(shared.rooms);
});
