import * as O from "fp-ts/lib/Option.js";
import { describe, expect, test } from "vitest";
import { invariants, type RoomId, recipients, type State } from "../../core/index.js";
import * as Relation from "../../core/relation.js";
import * as Table from "../../core/table.js";
import { a, b, c, connected, created, given, joined, pinged, signaling, subscribed } from "../support/story.js";

const { state } = given(
  connected(a),
  connected(b),
  subscribed(a),
  subscribed(b, signaling),
  created(a, "r"),
  joined(b, "r", "bob"),
  created(a, "s"),
).when(pinged(a));
const r = "r" as RoomId;
const room = Table.get(state.rooms, r);
if (room === undefined) throw new Error("the room is there");
const withRoom = (more: object): State => ({ ...state, rooms: Table.set(state.rooms, r, { ...room, ...more }) });

describe("invariants tell what is wrong, in a sentence", () => {
  test("and nothing when all is well", () => {
    expect(invariants(state)).toEqual([]);
  });

  test.each<[string, State]>([
    [
      "subscriptions name client 3, which is not connected",
      { ...state, subscriptions: Relation.link(state.subscriptions, c, signaling) },
    ],
    [
      "subscriptions: client 1 leads to webrtc-dashboard-rooms, not back",
      { ...state, subscriptions: { ...state.subscriptions, backward: Table.empty() } },
    ],
    [
      "identities: bob leads to client 2, not back",
      { ...state, identities: { ...state.identities, forward: Table.empty() } },
    ],
    [
      "client 1 is on the wrong side of targeting in webrtc-dashboard-rooms",
      { ...state, observers: Relation.unlinkFrom(state.observers, a) },
    ],
    [
      "client 1 observes webrtc-signaling without a subscription",
      { ...state, observers: Relation.link(state.observers, a, signaling) },
    ],
    ["a creation names no room: t", { ...state, creations: Relation.link(state.creations, a, "t" as RoomId) }],
    ["a hold names no participant: r, eve", { ...state, holds: Relation.link(state.holds, a, "r\neve" as never) }],
    ["nobody holds participant bob of room r", { ...state, holds: Relation.empty() }],
    ["room r calls itself q", withRoom({ id: "q" })],
    ["room r has a seq that was never given out", withRoom({ seq: 99 })],
    ["room r is on the wrong side of having been joined", withRoom({ participants: Table.empty() })],
    [
      "an unjoined room is listed that does not exist",
      { ...state, unjoined: Table.set(state.unjoined, 77 as never, r) },
    ],
    ["the list is repeated without a room, or not repeated", { ...state, repeatListAt: O.none }],
    [
      "there are 2 rooms",
      { ...state, settings: { ...state.settings, limits: { ...state.settings.limits, roomsMax: 1 } } },
    ],
  ])("%s", (sentence, broken) => {
    expect(invariants(broken)).toContain(sentence);
  });
});

test("an audience of one client that has gone is nobody", () => {
  expect(recipients(state, { kind: "Client", client: c })).toEqual([]);
  expect(recipients(state, { kind: "Client", client: a })).toEqual([a]);
});
