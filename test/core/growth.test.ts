import { expect, test } from "vitest";
import { growth } from "../../bench/reduce.js";

test("the benchmark of reduce runs, and asks about every kind of event that a running server sees", () => {
  const rows = growth([100, 1_000], 1, 50);
  expect(rows.map(({ kind }) => kind).sort()).toEqual([
    "ChannelSubscribed",
    "ChannelUnsubscribed",
    "ClientConnected",
    "ClientDisconnected",
    "ClockTicked",
    "FrameRefused",
    "MessagePublished",
    "PingReceived",
    "RoomCreated",
    "RoomListRequested",
    "TextReceived",
    "UserJoinedRoom",
    "UserLeftRoom",
  ]);
  for (const { costs, ratio } of rows) for (const figure of [...costs, ratio]) expect(figure).toBeGreaterThan(0);
});
