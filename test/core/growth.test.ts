import { expect, test } from "vitest";
import { growth } from "../../bench/growth.js";

test("the benchmark of reduce runs, and asks about every kind of event that a running server sees", () => {
  const rows = growth(
    [
      { clients: 100, talkers: 100 },
      { clients: 1_000, talkers: 100 },
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
  for (const { costs, ratios } of rows) for (const figure of [...costs, ...ratios]) expect(figure).toBeGreaterThan(0);
});

test("no kind of event costs anything like in proportion to the clients: 100 times as many, less than 10 times as much", () => {
  const rows = growth(
    [
      { clients: 100, talkers: 100 },
      { clients: 10_000, talkers: 100 },
    ],
    9,
    300,
  );
  for (const { kind, ratios } of rows) expect(ratios[1], kind).toBeLessThan(10);
});
