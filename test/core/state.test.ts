import * as O from "fp-ts/lib/Option.js";
import { describe, expect, test } from "vitest";
import * as Multimap from "../../core/base/multimap.js";
import * as Table from "../../core/base/table.js";
import {
  invariants,
  type Limits,
  type RoomId,
  recipients,
  type SessionId,
  type Shared,
  type State,
} from "../../core/index.js";
import type { Local } from "../../core/state.js";
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
const sessionA = "session-1" as SessionId;
const { shared, local } = state;
const withShared = (more: Partial<Shared>): State => ({ ...state, shared: { ...shared, ...more } });
const withLocal = (more: Partial<Local>): State => ({ ...state, local: { ...local, ...more } });
const room = Table.get(shared.rooms, r);
if (room === undefined) throw new Error("the room is there");
const withRoom = (more: object): State => withShared({ rooms: Table.set(shared.rooms, r, { ...room, ...more }) });

const withSession = (more: object): State =>
  withShared({ sessions: Table.update(shared.sessions, sessionA, (session) => ({ ...session, ...more })) });
const limited = (limits: Partial<Limits>): State =>
  withShared({ settings: { ...shared.settings, limits: { ...shared.settings.limits, ...limits } } });

describe("invariants tell what is wrong, in a sentence", () => {
  test("and nothing when all is well", () => {
    expect(invariants(state)).toEqual([]);
  });

  test.each<[string, State]>([
    [
      "subscribers of webrtc-signaling name 3 wrongly",
      withLocal({ subscribers: Multimap.add(local.subscribers, signaling, c) }),
    ],
    ["subscribers of webrtc-signaling lack 2", withLocal({ subscribers: Table.empty() })],
    [
      "claimants of bob are empty and still there",
      withLocal({ claimants: Table.set(local.claimants, "bob" as never, Table.empty()) }),
    ],
    ["observers of  lack 1", withLocal({ observers: Table.empty() })],
    [
      "observers of webrtc-signaling name 2 wrongly",
      withLocal({ observers: Multimap.add(local.observers, signaling, b) }),
    ],
    ["session session-1 lists something twice", withSession({ created: ["r", "r"] })],
    ["session session-1 lists room t, which names another creator", withSession({ created: ["t"] })],
    ["session session-1 calls itself x", withSession({ id: "x" })],
    ["room r names creator session-1 wrongly", withSession({ created: [] })],
    ["a creator has no room: t", withShared({ creators: Table.set(shared.creators, "t" as RoomId, sessionA) })],
    [
      "a seat has no participant: r, eve",
      withShared({ holders: Multimap.addWith(shared.holders, "r\neve" as never, sessionA, 0 as never) }),
    ],
    ["nobody holds participant bob of room r", withShared({ holders: Table.empty() })],
    ["room r calls itself q", withRoom({ id: "q" })],
    ["room r has a seq that was never given out", withRoom({ seq: 99 })],
    ["room r is listed as unjoined wrongly", withRoom({ participants: Table.empty() })],
    [
      "an unjoined room is listed that does not exist",
      withShared({ unjoined: Table.set(shared.unjoined, 77 as never, r) }),
    ],
    ["the list is repeated without a room, or not repeated", withLocal({ repeatListAt: O.none })],
    ["there are 2 rooms", limited({ roomsMax: 1 })],
    ["room r has 1 participants", limited({ roomParticipantsMax: 0 })],
    ["client 1 has 1 channels", limited({ clientChannelsMax: 0 })],
    ["session session-1 has created 2 rooms", limited({ clientRoomsMax: 1 })],
    ["session session-2 holds 1 seats", limited({ clientSeatsMax: 0 })],
  ])("%s", (sentence, broken) => {
    expect(invariants(broken)).toContain(sentence);
  });

  test("what waits to be told is well where messages are spaced, and only there", () => {
    const waiting = withLocal({
      directory: { ...local.directory, untold: Table.set(local.directory.untold, r, true) },
      announced: { ...local.announced, RoomList: { ...local.announced.RoomList, isPending: true } },
    });
    expect(invariants(waiting)).toEqual([]);
    const settings = { ...shared.settings, stateSpacingMs: 0 };
    expect(invariants({ ...waiting, shared: { ...shared, settings } })).toEqual([
      "RoomList is pending, and nothing is spaced",
      "watchers are not told, and nothing is spaced",
    ]);
  });
});

test("an audience of one client that has gone is nobody", () => {
  expect(recipients(state, { kind: "Client", client: c })).toEqual([]);
  expect(recipients(state, { kind: "Client", client: a })).toEqual([a]);
});
