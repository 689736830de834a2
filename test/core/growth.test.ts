import { expect, test } from "vitest";
import { growth } from "../../bench/traffic.js";
import * as core from "../../core/index.js";
import { type ClientId, type Event, reduce } from "../../core/index.js";
import { a, connected, created, given, joined, left, pinged, start } from "../support/story.js";

test("the benchmark of reduce runs, and asks about every kind of event that a running server sees", () => {
  const rows = growth(
    [
      { core, clients: 100, talkers: 100 },
      { core, clients: 1_000, talkers: 100 },
    ],
    1,
    50,
  );
  expect(rows.map(({ kind }) => kind).sort()).toEqual([
    "ClientConnected",
    "ClientDisconnected",
    "ClockTicked",
    "CreateRequested",
    "FrameRefused",
    "JoinRequested",
    "LeaveRequested",
    "PingReceived",
    "PublishRequested",
    "RoomListRequested",
    "SubscribeRequested",
    "TextReceived",
    "UnsubscribeRequested",
  ]);
  for (const { costs, ratios } of rows) for (const { low } of [...costs, ...ratios]) expect(low).toBeGreaterThan(0);
});

test("no kind of event costs anything like in proportion to the clients: 100 times as many, less than 10 times as much", () => {
  const rows = growth(
    [
      { core, clients: 100, talkers: 100 },
      { core, clients: 10_000, talkers: 100 },
    ],
    9,
    300,
  );
  for (const { kind, ratios } of rows) expect(ratios[1]?.median, kind).toBeLessThan(10);
});

test("a participant that very many clients hold leaves in one step", () => {
  const ann = given(connected(a), created(a, "r", { hostId: "ann" }), joined(a, "r", "ann")).when(pinged(a)).state;
  let state = ann;
  for (let id = 10; id < 130_010; id++)
    for (const event of [connected(id as ClientId), joined(id as ClientId, "r", "bob")])
      [state] = reduce(state, { at: start, ...event } as Event);
  const [after, effects] = reduce(state, { at: start, ...left(a, "r", "bob") } as Event);
  expect(effects).toContainEqual(expect.objectContaining({ fact: expect.objectContaining({ user: "bob", total: 1 }) }));
  expect(after.shared.holders.size).toBe(1);
}, 60_000);
