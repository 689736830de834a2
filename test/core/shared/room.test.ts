import * as O from "fp-ts/lib/Option.js";
import { describe, expect, test } from "vitest";
import * as Table from "../../../core/base/table.js";
import { type DialectName, invariants, nextDeadline, type RoomId, reduce, type UserId } from "../../../core/index.js";
import {
  a,
  b,
  c,
  connected,
  created,
  disconnected,
  given,
  joined,
  later,
  left,
  listRequested,
  pinged,
  published,
  start,
  started,
  subscribed,
  ticked,
} from "../../support/story.js";

const listeners = [connected(a), connected(b), connected(c), subscribed(a), subscribed(b)];

const list = (...rooms: ReadonlyArray<unknown>): unknown => ({
  type: "server-room-list",
  channel: "webrtc-dashboard-rooms",
  rooms,
});
const room = (id: string, more: object = {}, ...participants: ReadonlyArray<string>): unknown => ({
  id,
  name: `Room ${id}`,
  description: "",
  ...more,
  participantCount: participants.length,
  participants: participants.map((user) => ({ id: user, name: user.toUpperCase() })),
});

describe("creating", () => {
  test("puts the room into everybody's list, and nobody else's", () => {
    const { seen, facts } = given(...listeners).when(
      created(c, "r", { host: "Ann", hostId: "ann", description: "daily" }),
    );
    const expected = list(room("r", { host: "Ann", hostId: "ann", description: "daily" }));
    expect([seen(a), seen(b), seen(c)]).toEqual([[expected], [expected], []]);
    expect(facts).toMatchObject([
      { kind: "SessionOpened", session: "session-3" },
      { kind: "RoomOpened", room: { id: "r", name: "Room r", description: "daily" }, session: "session-3" },
    ]);
  });

  test("lists rooms in the order of creation, whatever their ids", () => {
    const { seen } = given(...listeners, created(c, "z"), created(c, "m")).when(created(b, "a"));
    expect(seen(a)).toEqual([list(room("z"), room("m"), room("a"))]);
  });

  test("again by its creator updates name and description and keeps the participants", () => {
    const before = [...listeners, created(a, "r", { hostId: "ann", description: "daily" }), joined(b, "r", "bob")];
    const renamed = given(...before).when(created(a, "r", { hostId: "ann", name: "New" }));
    expect(renamed.seen(a)).toEqual([list(room("r", { hostId: "ann", name: "New", description: "daily" }, "bob"))]);
    expect(renamed.facts).toEqual([{ kind: "RoomUpdated", room: "r", name: "New", description: "daily" }]);
    const described = given(...before).when(created(a, "r", { hostId: "ann", description: "weekly" }));
    expect(described.seen(a)).toEqual([list(room("r", { hostId: "ann", description: "weekly" }, "bob"))]);
  });

  test("again by whoever was in it as the host first, and not by whoever says so later", () => {
    const back = [...listeners, created(a, "r", { hostId: "ann" }), joined(b, "r", "bob"), disconnected(a)];
    const claimed = given(...back).when(created(c, "r", { hostId: "ann", name: "Mine" }));
    expect([claimed.refusal(c), claimed.isUnchanged]).toEqual(["room-exists", true]);
    const host = given(...back, connected(a), joined(a, "r", "ann"), joined(c, "r", "ann"));
    expect(host.when(created(a, "r", { name: "New" })).facts).toMatchObject([{ kind: "RoomUpdated", name: "New" }]);
    expect(host.when(created(c, "r", { hostId: "ann", name: "Mine" })).refusal(c)).toBe("room-exists");
    expect(host.when(created(c, "r", { hostId: "ann" })).facts).toMatchObject([{ kind: "NothingToDo" }]);
    const next = given(...back, connected(a), joined(a, "r", "ann"), joined(c, "r", "ann"), disconnected(a));
    expect(next.when(created(c, "r", { name: "New" })).facts).toMatchObject([{ kind: "RoomUpdated", name: "New" }]);
  });

  test("again without any change tells only the sender", () => {
    const { seen, isUnchanged } = given(...listeners, created(a, "r", { hostId: "ann" })).when(
      created(a, "r", { hostId: "ann" }),
    );
    expect([seen(a), seen(b), isUnchanged]).toEqual([[list(room("r", { hostId: "ann" }))], [], true]);
  });

  test("again by another host is refused", () => {
    const taken = given(...listeners, created(a, "r", { hostId: "ann" }), joined(a, "r", "ann"));
    const { refusal, seen, isUnchanged } = taken.when(created(b, "r", { hostId: "bob" }));
    expect([refusal(b), seen(a), isUnchanged]).toEqual(["room-exists", [], true]);
    expect(taken.when(created(b, "r")).refusal(b)).toBe("room-exists");
    expect(taken.when(created(a, "r", { hostId: "eve" })).refusal(a)).toBe("room-exists");
  });

  test("again by somebody who only claims to be the host is refused", () => {
    const claimed = given(...listeners, created(a, "r", { hostId: "ann" }), published(b, "x", { from: "ann" }));
    expect(claimed.when(created(b, "r", { name: "New" })).refusal(b)).toBe("room-exists");
  });

  test("again without a hostId is the creator's own, and may name the host", () => {
    const unnamed = given(...listeners, created(a, "r"));
    expect(unnamed.when(created(a, "r", { hostId: "ann" })).seen(b)).toEqual([list(room("r", { hostId: "ann" }))]);
    expect(unnamed.when(created(b, "r", { hostId: "ann" })).refusal(b)).toBe("room-exists");
    expect(
      given(...listeners, created(a, "r", { hostId: "ann" }))
        .when(created(a, "r", { name: "New" }))
        .seen(b),
    ).toEqual([list(room("r", { hostId: "ann", name: "New" }))]);
  });

  test("the 8th living room of a client is let, the 9th is refused, and one that has closed does not count", () => {
    const seven = Array.from({ length: 7 }, (_, i) => created(a, `r${i}`));
    expect(given(connected(a), ...seven).when(created(a, "the 8th")).state.shared.rooms.size).toBe(8);
    const eight = [connected(a), ...seven, created(a, "the 8th")];
    expect(
      given(...eight)
        .when(created(a, "the 9th"))
        .refusal(a),
    ).toBe("too-many-rooms");
    expect(
      given(...eight, joined(a, "r0", "ann"), left(a, "r0", "ann")).when(created(a, "the 9th")).state.shared.rooms.size,
    ).toBe(8);
  });

  test("the server's last room is let, one more is refused, after room-exists", () => {
    const tight = started({ limits: { roomsMax: 1 } });
    const full = given(tight, ...listeners, created(a, "r", { hostId: "ann" }));
    expect(full.when(created(b, "s")).refusal(b)).toBe("too-many-rooms");
    expect(full.when(created(b, "r", { hostId: "bob" })).refusal(b)).toBe("room-exists");
  });
});

describe("the host of a room that was announced without one", () => {
  test("is the user whom its creator first joins it as", () => {
    const { seen } = given(...listeners, created(a, "r")).when(joined(a, "r", "ann"));
    expect(seen(b)).toEqual([list(room("r", { host: "ANN", hostId: "ann" }, "ann"))]);
  });

  test("keeps the name that was announced", () => {
    const { seen } = given(...listeners, created(a, "r", { host: "Queen Ann" })).when(joined(a, "r", "ann"));
    expect(seen(b)).toEqual([list(room("r", { host: "Queen Ann", hostId: "ann" }, "ann"))]);
  });

  test("is not somebody else who joins, nor a second user of the creator", () => {
    const { seen } = given(...listeners, created(a, "r"), joined(a, "r", "ann")).when(joined(a, "r", "andy"));
    expect(seen(b)).toEqual([list(room("r", { host: "ANN", hostId: "ann" }, "ann", "andy"))]);
    expect(
      given(...listeners, created(a, "r"))
        .when(joined(b, "r", "bob"))
        .seen(b),
    ).toEqual([list(room("r", {}, "bob"))]);
  });

  test("is adopted, and told to all, also when the creator joins as somebody who is there already", () => {
    const { seen } = given(...listeners, created(a, "r"), joined(b, "r", "ann")).when(joined(a, "r", "ann"));
    expect(seen(b)).toEqual([list(room("r", { host: "ANN", hostId: "ann" }, "ann"))]);
  });
});

describe("joining", () => {
  const open = [...listeners, created(a, "r", { hostId: "ann" })];

  test("adds the participant, in the order of joining", () => {
    const { seen, facts } = given(...open, joined(a, "r", "zoe")).when(joined(c, "r", "cy"));
    expect(seen(b)).toEqual([list(room("r", { hostId: "ann" }, "zoe", "cy"))]);
    expect(facts).toEqual([
      { kind: "SessionOpened", session: "session-3", generation: 1 },
      {
        kind: "ParticipantJoined",
        room: "r",
        roomName: "Room r",
        user: "cy",
        userName: "CY",
        seq: 2,
        session: "session-3",
        total: 2,
      },
    ]);
  });

  test("a room that does not exist is refused, and nothing is broadcast", () => {
    const { refusal, seen } = given(...open).when(joined(c, "s", "cy"));
    expect([refusal(c), seen(a)]).toEqual(["room-not-found", []]);
  });

  test("twice changes nothing, and only the sender is sent the list", () => {
    const { seen, isUnchanged } = given(...open, joined(c, "r", "cy")).when(joined(c, "r", "cy"));
    expect([seen(c), seen(a), isUnchanged]).toEqual([[list(room("r", { hostId: "ann" }, "cy"))], [], true]);
  });

  test("through a second client changes no list, and only the sender is sent it", () => {
    const { seen } = given(...open, joined(c, "r", "cy")).when(joined(b, "r", "cy"));
    expect([seen(b), seen(a)]).toEqual([[list(room("r", { hostId: "ann" }, "cy"))], []]);
  });

  test("the 100th participant is let, the 101st is refused, one who is there already is neither", () => {
    const group = Array.from({ length: 99 }, (_, i) => joined(c, "r", `user-${i}`));
    expect(given(...open, ...group).when(joined(c, "r", "the 100th")).facts).toMatchObject([{ total: 100 }]);
    const full = given(...open, ...group, joined(c, "r", "the 100th"));
    expect(full.when(joined(b, "r", "the 101st")).refusal(b)).toBe("room-full");
    expect(full.when(joined(b, "r", "user-7")).seen(b)).toHaveLength(1);
  });

  test("more places than one client may hold is refused, after room-full", () => {
    const tight = given(
      started({ limits: { clientSeatsMax: 1, roomParticipantsMax: 2 } }),
      ...open,
      created(a, "s"),
      joined(c, "r", "cy"),
    );
    expect(tight.when(joined(c, "s", "cy")).refusal(c)).toBe("too-many-rooms");
    expect(tight.when(joined(b, "s", "cy")).seen(b)).toHaveLength(1);
    const full = given(
      started({ limits: { clientSeatsMax: 1, roomParticipantsMax: 1 } }),
      ...open,
      joined(c, "r", "cy"),
    );
    expect(full.when(joined(c, "r", "eve")).refusal(c)).toBe("room-full");
  });
});

describe("leaving", () => {
  const two = [...listeners, created(a, "r", { hostId: "ann" }), joined(a, "r", "ann"), joined(b, "r", "bob")];

  test("takes the participant out", () => {
    const { seen, facts } = given(...two).when(left(b, "r", "bob"));
    expect(seen(a)).toEqual([list(room("r", { hostId: "ann" }, "ann"))]);
    expect(facts).toEqual([
      {
        kind: "ParticipantLeft",
        room: "r",
        roomName: "Room r",
        user: "bob",
        userName: "BOB",
        reason: "left",
        total: 1,
      },
    ]);
  });

  test("as the last closes the room", () => {
    const { seen, facts } = given(...two, left(b, "r", "bob")).when(left(a, "r", "ann"));
    expect(seen(b)).toEqual([list()]);
    expect(facts.map(({ kind }) => kind)).toEqual(["ParticipantLeft", "RoomClosed"]);
  });

  test("ends all holds of the user", () => {
    const { seen } = given(...two, joined(c, "r", "bob"), left(b, "r", "bob")).when(disconnected(c));
    expect(seen(a)).toEqual([{ type: "client_count", count: 2 }]);
  });

  test("of somebody else is for the host: who created the room, or acts as its host", () => {
    expect(given(...two).when(left(a, "r", "bob")).facts).toMatchObject([{ reason: "removed" }]);
    const absent = given(...listeners, created(a, "r", { hostId: "ann" }), joined(b, "r", "bob"));
    expect(absent.when(left(a, "r", "bob")).facts).toMatchObject([{ reason: "removed" }, { kind: "RoomClosed" }]);
    const returned = given(...two, disconnected(a), connected(a), joined(a, "r", "ann"));
    expect(returned.when(left(a, "r", "bob")).facts[0]).toMatchObject({ reason: "removed" });
    const claimed = given(...two, disconnected(a), connected(a), published(a, "x", { from: "ann" }));
    expect(claimed.when(left(a, "r", "bob")).refusal(a)).toBe("not-allowed");
  });

  test("of somebody else is refused to anyone else", () => {
    const { refusal, seen, isUnchanged } = given(...two).when(left(c, "r", "bob"));
    expect([refusal(c), seen(a), isUnchanged]).toEqual(["not-allowed", [], true]);
    expect(
      given(...two)
        .when(left(b, "r", "ann"))
        .refusal(b),
    ).toBe("not-allowed");
    const unhosted = given(...listeners, created(a, "r"), joined(b, "r", "bob"), disconnected(a));
    expect(unhosted.when(left(c, "r", "bob")).refusal(c)).toBe("not-allowed");
  });

  test("a room that does not exist is refused, before the question of who may", () => {
    expect(
      given(...two)
        .when(left(c, "s", "bob"))
        .refusal(c),
    ).toBe("room-not-found");
  });

  test("on behalf of somebody who is not there changes nothing, and the host is sent the list", () => {
    const { seen, isUnchanged } = given(...two).when(left(a, "r", "eve"));
    expect([seen(a), seen(b), isUnchanged]).toEqual([[list(room("r", { hostId: "ann" }, "ann", "bob"))], [], true]);
  });
});

describe("disconnecting", () => {
  test("takes out the participants that nobody else holds, with one list however many they were", () => {
    const before = [
      ...listeners,
      created(a, "r", { hostId: "x" }),
      joined(c, "r", "cy"),
      joined(c, "r", "dee"),
      joined(b, "r", "cy"),
    ];
    const { seen, facts } = given(...before).when(disconnected(c));
    expect(seen(a)).toEqual([{ type: "client_count", count: 2 }, list(room("r", { hostId: "x" }, "cy"))]);
    expect(facts).toMatchObject([
      { kind: "SessionEnded", session: "session-3" },
      { kind: "ParticipantReleased", user: "cy", session: "session-3" },
      { kind: "ParticipantLeft", user: "dee", reason: "disconnected" },
    ]);
  });

  test("closes the rooms that one created and nobody joined, and no others", () => {
    const before = [
      ...listeners,
      created(c, "mine"),
      created(c, "joined"),
      created(a, "other"),
      joined(b, "joined", "bob"),
    ];
    const { seen, facts } = given(...before).when(disconnected(c));
    expect(seen(a)).toEqual([{ type: "client_count", count: 2 }, list(room("joined", {}, "bob"), room("other"))]);
    expect(facts).toEqual([
      { kind: "SessionEnded", session: "session-3" },
      { kind: "RoomClosed", room: "mine", name: "Room mine", reason: "abandoned" },
      { kind: "CreatorLeft", room: "joined", session: "session-3" },
    ]);
  });

  test("of somebody who is in no room sends no list", () => {
    expect(
      given(...listeners, created(a, "r"))
        .when(disconnected(c))
        .seen(b),
    ).toEqual([{ type: "client_count", count: 2 }]);
  });
});

describe("time", () => {
  test("a room that nobody joins is closed 60 s after its creation, and not before", () => {
    const open = given(...listeners, created(a, "r"));
    expect(open.when(ticked(later(59_999))).state.shared.rooms.size).toBe(1);
    const { seen, facts } = open.when(ticked(later(60_000)));
    expect(seen(b)).toEqual([list()]);
    expect(facts).toEqual([{ kind: "RoomClosed", room: "r", name: "Room r", reason: "unjoined" }]);
  });

  test("a room that was joined is not", () => {
    expect(
      given(...listeners, created(a, "r"), joined(b, "r", "bob")).when(ticked(later(120_000))).state.shared.rooms.size,
    ).toBe(1);
  });

  test("the list is repeated every 5 s while a room exists, and the timer is asked for", () => {
    const open = given(...listeners, created(a, "r"));
    expect(O.toUndefined(nextDeadline(open.when(listRequested(a)).state))).toBe(later(5_000));
    expect(open.when(ticked(later(4_999))).seen(b)).toEqual([]);
    const repeated = open.when(ticked(later(5_000)));
    expect(repeated.seen(b)).toEqual([list(room("r"))]);
    expect(repeated.seen(c)).toEqual([]);
    expect(O.toUndefined(nextDeadline(repeated.state))).toBe(later(10_000));
  });

  test("without a room nothing is repeated and no timer is asked for", () => {
    const { seen, state } = given(...listeners, created(a, "r"), joined(a, "r", "ann"), left(a, "r", "ann")).when(
      ticked(later(90_000)),
    );
    expect(seen(b)).toEqual([]);
    expect(nextDeadline(state)).toEqual(O.none);
  });

  test("a timer that rings early or twice changes nothing", () => {
    expect(given(...listeners, created(a, "r")).when(ticked(start)).isUnchanged).toBe(true);
  });
});

describe("asking for the list", () => {
  test("is answered to the requester and broadcast to the subscribers", () => {
    const { seen } = given(...listeners, created(a, "r")).when({ ...listRequested(c), at: later(1_000) });
    expect([seen(a), seen(b), seen(c)]).toEqual([[list(room("r"))], [list(room("r"))], [list(room("r"))]]);
  });

  test("is answered always, and not broadcast by those who ask without pause", () => {
    const { seen } = given(...listeners, created(a, "r"), listRequested(c)).when(listRequested(c));
    expect([seen(a), seen(b), seen(c)]).toEqual([[], [], [list(room("r"))]]);
  });

  test("is answered once to a requester that is a subscriber", () => {
    expect(
      given(...listeners)
        .when(listRequested(a))
        .seen(a),
    ).toEqual([list()]);
  });
});

describe("ROOM_EVENTS=relay", () => {
  const relaying = [
    started({ roomEvents: "relay" }),
    ...listeners,
    created(a, "r", { hostId: "ann" }),
    joined(a, "r", "ann"),
  ];

  test("passes accepted joins and leaves on, after the list, to the others", () => {
    const { seen } = given(...relaying).when(joined(b, "r", "bob"));
    expect(seen(a)).toEqual([list(room("r", { hostId: "ann" }, "ann", "bob")), "bob joined r"]);
    expect(seen(b)).toEqual([list(room("r", { hostId: "ann" }, "ann", "bob"))]);
    expect(
      given(...relaying, joined(b, "r", "bob"))
        .when(left(b, "r", "bob"))
        .seen(a),
    ).toContain("bob left r");
  });

  test("does not pass on what was refused or changed nothing", () => {
    expect(
      given(...relaying)
        .when(joined(b, "s", "bob"))
        .seen(a),
    ).toEqual([]);
    expect(
      given(...relaying, joined(b, "r", "bob"))
        .when(joined(b, "r", "bob"))
        .seen(a),
    ).toEqual([]);
    expect(
      given(...relaying)
        .when(left(b, "r", "ann"))
        .seen(a),
    ).toEqual([]);
  });
});

test("a room of the seed's protocol that its host closes over signalbox.v1 has no participants left", () => {
  const user = "ann" as UserId;
  const greeting = { id: 1, name: "Ann", user, seen: 0 };
  const both = [
    { ...connected(a), verified: user },
    { ...connected(b), verified: user, dialect: "signalbox.v1" as DialectName, greeting },
  ];
  const { state, facts } = given(...both, created(a, "r"), joined(a, "r", "ann")).when({
    kind: "CloseRequested",
    client: b,
    id: 2,
    roomId: "r" as RoomId,
  });
  expect(facts.map(({ kind }) => kind)).toEqual(["ParticipantLeft", "RoomClosed"]);
  expect(invariants(state)).toEqual([]);
});

test("a state that breaks the invariants makes no step throw: there is nobody to take out, and so nobody is", () => {
  const { state } = given(...listeners, created(c, "r"), joined(c, "r", "cy")).when(pinged(c));
  const broken = {
    ...state,
    shared: { ...state.shared, rooms: Table.empty<RoomId, never>() },
    local: { ...state.local, clients: Table.remove(state.local.clients, a) },
  };
  const [after] = reduce(broken, { kind: "ClientDisconnected", at: start, client: c, code: 1005 });
  expect(Table.keys(after.local.clients)).toEqual([b]);
});
