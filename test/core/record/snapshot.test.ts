import { expect, test } from "vitest";
import {
  type ClientId,
  defaultSettings,
  directoryChannel,
  type Effect,
  type Millis,
  type RoomId,
  seat,
  seed,
  sharedSnapshot,
  snapshot,
  type UserId,
  withoutTexts,
} from "../../../core/index.js";
import { connected, last, play } from "../../support/world.js";

const to = { kind: "Client", client: 1 as ClientId } as const;
const at = 1 as Millis;

test("a digest counts nothing that a client wrote as text, and everything else", () => {
  const effects: ReadonlyArray<Effect> = [
    { kind: "Send", to, message: { kind: "Echo", at, original: "hello" } },
    {
      kind: "Send",
      to,
      message: { kind: "Relay", channel: directoryChannel, type: "x", dialect: seed.name, text: "{}" },
    },
    { kind: "Send", to, message: { kind: "Pong", at } },
    { kind: "Close", to, code: 1001, reason: "the server is stopping" },
  ];
  expect(withoutTexts(effects)).toEqual([
    { kind: "Send", to, message: { kind: "Echo", at } },
    { kind: "Send", to, message: { kind: "Relay", channel: directoryChannel, type: "x", dialect: seed.name } },
    effects[2],
    effects[3],
  ]);
});

test("a snapshot holds every table as a list, and what is inside of them", () => {
  const client = 1 as ClientId;
  const roomId = "r" as RoomId;
  const userId = "ann" as UserId;
  const state = last(
    play([
      { kind: "ServerStarted", at, settings: defaultSettings },
      connected(client, at),
      { kind: "SubscribeRequested", at, client, channel: directoryChannel },
      { kind: "CreateRequested", at, client, room: { id: roomId, name: "Room", hostId: userId } },
      { kind: "CreateRequested", at, client, room: { id: "waits" as RoomId, name: "Room" } },
      { kind: "JoinRequested", at, client, roomId, userId, userName: "Ann", text: "" },
    ]),
  );
  const room = { name: "Room", description: "", host: { _tag: "None" }, createdAt: 1, policy: { _tag: "None" } };
  const hostId = { _tag: "Some", value: "ann" };
  const held = seat(roomId, userId);
  const shared = {
    settings: defaultSettings,
    nextSeq: 3,
    sessions: [
      {
        id: "session-1",
        generation: 1,
        seats: [held],
        created: ["r", "waits"],
        knocks: [],
        member: { _tag: "None" },
        isTicketDue: false,
        awayUntil: { _tag: "None" },
        node: { _tag: "None" },
      },
    ],
    rooms: [
      { ...room, id: "r", seq: 0, hostId, participants: [{ id: "ann", name: "Ann", seq: 2 }] },
      { ...room, id: "waits", seq: 1, hostId: { _tag: "None" }, participants: [] },
    ],
    holds: [[2]],
    doors: [],
    nodes: [],
    level: 1,
  };
  expect(sharedSnapshot(state.shared)).toEqual(shared);
  expect(snapshot(state)).toMatchObject({
    now: 1,
    shared,
    local: {
      clients: [{ id: 1, session: "session-1", claimed: ["ann"], channels: [directoryChannel] }],
      subscribers: [[directoryChannel, [1]]],
      observers: [],
      claimants: [["ann", [1]]],
    },
  });
});
