import { describe, expect, test } from "vitest";
import { peerOf, serverWith, subscribe, until } from "../support/net.js";
import { callerOf } from "../support/v1.js";
import { engine, missingEngine, ofCluster } from "./nodes.js";

const missing = missingEngine();
const create = { policy: { lobby: false } };

describe.skipIf(missing)(missing ?? "two nodes", () => {
  test("people at two nodes see each other, signal, and write to each other", async () => {
    const nats = await engine();
    const [one, two] = [await serverWith(ofCluster(nats)), await serverWith(ofCluster(nats))];
    const ann = await callerOf(one, { name: "Ann" });
    const bob = await callerOf(two, { name: "Bob" });
    await ann.ask({ type: "join", room: "r", create });
    const joined = await bob.ask({ type: "join", room: "r", create });
    expect(joined).toMatchObject({ room: { participants: [{ user: ann.welcome.user }, { user: bob.welcome.user }] } });
    await until(() => ann.frames.some((it) => it.type === "roster" && JSON.stringify(it).includes("Bob")));
    const offer = {
      type: "signal",
      room: "r",
      to: bob.welcome.user,
      kind: "offer",
      negotiation: 1,
      data: { sdp: "x" },
    } as const;
    expect(await ann.ask(offer)).toMatchObject({ type: "result", outcome: "delivered" });
    await until(() => bob.frames.some((it) => it.type === "signal"));
    expect(bob.heard("signal")).toMatchObject([{ from: ann.welcome.user, kind: "offer", data: { sdp: "x" } }]);
    // The answer to an older offer is refused to the sender's face, across nodes too.
    await ann.ask({ ...offer, negotiation: 2 });
    expect(await bob.ask({ ...offer, to: ann.welcome.user, kind: "answer" })).toMatchObject({ code: "stale" });
    expect(await bob.ask({ type: "message", room: "r", to: ann.welcome.user, data: "hi" })).toMatchObject({
      outcome: "delivered",
    });
    await until(() => ann.frames.some((it) => it.type === "message"));
  });

  test("whoever comes back at the other node is who they were, and nobody has seen them leave", async () => {
    const nats = await engine();
    const [one, two] = [await serverWith(ofCluster(nats)), await serverWith(ofCluster(nats))];
    const ann = await callerOf(one, { name: "Ann" });
    const bob = await callerOf(two, { name: "Bob" });
    await ann.ask({ type: "join", room: "r", create });
    await bob.ask({ type: "join", room: "r" });
    const again = await callerOf(two, { name: "Ann", ticket: ann.welcome.ticket, seen: ann.seen() });
    expect(again.welcome).toMatchObject({ resumed: true, user: ann.welcome.user, session: ann.welcome.session });
    expect((await ann.closed).code).toBe(3501);
    expect(await again.ask({ type: "roster", room: "r" })).toMatchObject({
      room: { participants: [{ user: ann.welcome.user, role: "host" }, { user: bob.welcome.user }] },
    });
    expect(JSON.stringify(bob.heard("roster"))).not.toContain("left");
  });

  test("dashboards at two nodes see one list of rooms, one count, and each other's messages", async () => {
    const nats = await engine();
    const [one, two] = [await serverWith(ofCluster(nats)), await serverWith(ofCluster(nats))];
    const [ann, bob] = [await peerOf(one), await peerOf(two)];
    ann.say(subscribe(), subscribe("webrtc-signaling"));
    bob.say(subscribe(), subscribe("webrtc-signaling"));
    await Promise.all([ann.heard(), bob.heard()]);
    ann.say({ type: "room-created", data: { id: "r", name: "Room", hostId: "ann" } });
    ann.say({ type: "user-joined-room", data: { roomId: "r", userId: "ann", userName: "Ann" } });
    await until(() => bob.texts.some((text) => text.includes('"Ann"')));
    bob.say({ type: "user-joined-room", data: { roomId: "r", userId: "bob", userName: "Bob" } });
    await until(() => ann.texts.some((text) => text.includes('"Bob"')));
    const offer = { roomId: "r", fromUserId: "ann", toUserId: "bob", offer: { type: "offer", sdp: "x" } };
    ann.say({ type: "webrtc-offer", channel: "webrtc-signaling", data: offer });
    await until(() => bob.texts.some((text) => text.includes("webrtc-offer")));
    await until(() => bob.texts.some((text) => text.includes('"client_count","count":2')));
  });
});
