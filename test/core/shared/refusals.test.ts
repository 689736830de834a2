import { expect, test } from "vitest";
import type { RoomId, UserId } from "../../../core/index.js";
import { evolve } from "../../../core/shared/evolve.js";
import { a, b, c, connected, created, given, joined, left, pinged, started, subscribed } from "../../support/story.js";

const tight = started({
  limits: { clientRoomsMax: 1, roomsMax: 2, clientSeatsMax: 1, roomParticipantsMax: 1, clientChannelsMax: 1 },
});
const here = [tight, connected(a), connected(b), connected(c), created(a, "r", { hostId: "ann" }), created(b, "s")];

test.each([
  ["a room that is not there", joined(c, "x", "cy"), "room-not-found", "room not found: x"],
  ["a leave from a room that is not there", left(c, "x", "cy"), "room-not-found", "room not found: x"],
  ["a room that another describes anew", created(c, "r"), "room-exists", "room r already exists and has another host"],
  ["one room too many of a client", created(a, "r2"), "too-many-rooms", "room limit reached: 1 rooms per client"],
  ["one room too many in all", created(c, "t"), "too-many-rooms", "room limit reached: 2 rooms on this server"],
  [
    "somebody who is not the host takes somebody out",
    left(c, "r", "ann"),
    "not-allowed",
    "not allowed: only ann or the host can end the presence of ann in room r",
  ],
])("the sentence for %s", (_, event, code, message) => {
  const by = (event as unknown as { readonly client: typeof a }).client;
  expect(
    given(...here)
      .when(event)
      .seen(by),
  ).toMatchObject([{ type: "error", code, message }]);
});

test.each([
  ["a full room", joined(b, "r", "bob"), "room-full", "room r is full: 1 participants per room"],
  [
    "one participant too many of a client",
    joined(a, "s", "ann"),
    "too-many-rooms",
    "participant limit reached: 1 participants per client",
  ],
])("the sentence for %s", (_, event, code, message) => {
  const by = (event as unknown as { readonly client: typeof a }).client;
  expect(
    given(...here, joined(a, "r", "ann"))
      .when(event)
      .seen(by),
  ).toMatchObject([{ type: "error", code, message }]);
});

test("the sentence for one channel too many", () => {
  expect(
    given(...here, subscribed(a, "x"))
      .when(subscribed(a, "y"))
      .seen(a),
  ).toMatchObject([{ code: "too-many-channels", message: "channel limit reached: 1 channels per client" }]);
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
