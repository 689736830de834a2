import * as O from "fp-ts/lib/Option.js";
import { describe, expect, test } from "vitest";
import * as Multimap from "../../core/base/multimap.js";
import * as Table from "../../core/base/table.js";
import { invariants, type RoomId, recipients, type State } from "../../core/index.js";
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

const withClient = (more: object): State => ({
  ...state,
  clients: Table.update(state.clients, a, (client) => ({ ...client, ...more })),
});

describe("invariants tell what is wrong, in a sentence", () => {
  test("and nothing when all is well", () => {
    expect(invariants(state)).toEqual([]);
  });

  test.each<[string, State]>([
    [
      "subscribers of webrtc-signaling name client 3 wrongly",
      { ...state, subscribers: Multimap.add(state.subscribers, signaling, c) },
    ],
    ["subscribers of webrtc-signaling lack client 2", { ...state, subscribers: Table.empty() }],
    [
      "actors of bob are empty and still there",
      { ...state, actors: Table.set(state.actors, "bob" as never, Table.empty()) },
    ],
    ["observers of webrtc-dashboard-rooms lack client 1", { ...state, observers: Table.empty() }],
    [
      "observers of webrtc-signaling name client 2 wrongly",
      { ...state, observers: Multimap.add(state.observers, signaling, b) },
    ],
    ["client 1 has something twice: r, r", withClient({ created: ["r", "r"] })],
    ["client 1 has created t, whose creator it is not", withClient({ created: ["t"] })],
    ["room r names client 1 wrongly", withClient({ created: [] })],
    ["a creator has no room: t", { ...state, creators: Table.set(state.creators, "t" as RoomId, a) }],
    ["a hold names no participant: r, eve", { ...state, holders: Multimap.add(state.holders, "r\neve" as never, a) }],
    ["nobody holds participant bob of room r", { ...state, holders: Table.empty() }],
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
