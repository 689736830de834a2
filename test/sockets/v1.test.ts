import { expect, test } from "vitest";
import { serverWith, until } from "../support/net.js";
import { callerOf } from "../support/v1.js";

test("two meet in a room, signal, and one comes back after a drop without having left", async () => {
  const server = await serverWith();
  const ann = await callerOf(server, { name: "Ann" });
  const bob = await callerOf(server, { name: "Bob" });
  expect(ann.welcome).toMatchObject({ resumed: false, name: "Ann", rooms: [], heard: 0 });

  expect(await ann.ask({ type: "join", room: "r", create: {} })).toMatchObject({
    type: "result",
    room: { id: "r", version: 1, participants: [{ user: ann.welcome.user, name: "Ann", role: "host" }] },
  });
  expect(await bob.ask({ type: "join", room: "r" })).toMatchObject({ room: { version: 2 } });
  await until(() => ann.frames.some((frame) => frame.type === "roster" && frame.to === 2));

  const offer = { type: "signal", room: "r", kind: "offer", negotiation: 1, data: { sdp: "v=0" } } as const;
  expect(await ann.ask({ ...offer, to: bob.welcome.user })).toMatchObject({ outcome: "delivered" });
  expect(bob.heard("signal")).toMatchObject([{ from: ann.welcome.user, kind: "offer", data: { sdp: "v=0" } }]);

  const seen = bob.seen();
  bob.ws.terminate();
  await until(() => ann.frames.some((f) => f.type === "roster" && f.changes[0]?.change === "away"));
  const kept = await ann.ask({ ...offer, kind: "candidate", data: { candidate: "c" }, to: bob.welcome.user });
  expect(kept).toMatchObject({ outcome: "kept" });

  const back = await callerOf(server, { ticket: bob.welcome.ticket, seen });
  expect(back.welcome).toMatchObject({ resumed: true, user: bob.welcome.user, rooms: [{ id: "r" }] });
  expect(back.welcome.gap).toBeUndefined();
  expect(back.heard("signal")).toMatchObject([{ kind: "candidate", negotiation: 1, data: { candidate: "c" } }]);
  const changes = ann.frames.flatMap((frame) => (frame.type === "roster" ? frame.changes.map((c) => c.change) : []));
  expect(changes).toEqual(["joined", "joined", "away", "back"]);
});
