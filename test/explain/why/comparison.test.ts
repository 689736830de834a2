import { describe, expect, test } from "vitest";
import { type Peer, rooms, subscribe } from "../../support/net.js";
import {
  access,
  answer,
  candidate,
  does,
  explained,
  hosted,
  joins,
  leaves,
  met,
  offer,
  recorded,
  request,
  signal,
  signaling,
} from "./story.js";

/** Somebody who joins the room of the others, and listens for signals. */
const comes = async (connect: () => Promise<Peer>, user: string, channel = signaling): Promise<Peer> => {
  const peer = await connect();
  await does(peer, subscribe(), subscribe(channel), joins(user));
  return peer;
};

const calls = async (a: Peer, b: Peer, from: string, to: string): Promise<void> => {
  await does(a, offer(from, to), candidate(from, to));
  await does(b, answer(to, from), candidate(to, from));
};

describe("what differs from the others", () => {
  test("the pairs that work are the control group", async () => {
    const moments = await recorded(async (connect) => {
      const [ann, bob] = await met(connect);
      const [cy, dan] = [await comes(connect, "cy"), await comes(connect, "dan")];
      await calls(ann, cy, "ann", "cy");
      await calls(ann, dan, "ann", "dan");
      await does(ann, offer());
      await does(dan, offer("dan", "bob"));
      await does(bob, { type: "ping" });
    });
    expect(explained(moments)).toContain(
      "Compared with other pairs: ANN exchanged descriptions with CY (cy), DAN (dan); BOB exchanged descriptions with nobody and not with DAN (dan). It is BOB with whom it does not work.",
    );
  });

  test("a channel that the sender alone uses, a letter away from everybody else's", async () => {
    const moments = await recorded(async (connect) => {
      const [ann] = await met(connect);
      const cy = await comes(connect, "cy");
      const dan = await comes(connect, "dan", "webrtc-signalling");
      await calls(ann, cy, "ann", "cy");
      await does(dan, { ...offer("dan", "bob"), channel: "webrtc-signalling" });
    });
    expect(explained(moments, "dan", "bob")).toMatchInlineSnapshot(`
      "The webrtc-offer #29 of DAN (dan) reached nobody: BOB (bob) was connected (socket 2) but not subscribed to webrtc-signalling, only to webrtc-dashboard-rooms, webrtc-signaling; it never subscribed to it. Only DAN uses webrtc-signalling, and 3 other sockets use webrtc-signaling: probably a slip of the pen. [PublishRequested]
      Next: fix the name of the channel in DAN's page: webrtc-signalling must be webrtc-signaling. [PublishRequested]"
    `);
  });

  test("a channel that the receiver alone uses", async () => {
    const moments = await recorded(async (connect) => {
      const [ann] = await met(connect);
      await comes(connect, "cy");
      await comes(connect, "dan", "webrtc-signalling");
      await does(ann, offer("ann", "dan"));
    });
    expect(explained(moments, "ann", "dan")).toMatchInlineSnapshot(`
      "The webrtc-offer #23 of ANN (ann) reached nobody: DAN (dan) was connected (socket 4) but not subscribed to webrtc-signaling, only to webrtc-dashboard-rooms, webrtc-signalling; it never subscribed to it. Only DAN uses webrtc-signalling, and 3 other sockets use webrtc-signaling: probably a slip of the pen. [PublishRequested]
      Next: fix the name of the channel in DAN's page: webrtc-signalling must be webrtc-signaling. [PublishRequested]"
    `);
  });
});

describe("who is who", () => {
  test("somebody who came back on a new socket, and did not join again", async () => {
    const moments = await recorded(async (connect) => {
      const [ann, bob] = await met(connect);
      await leaves(bob, ann);
      const again = await connect();
      await does(again, subscribe(), subscribe(signaling), signal("hello", "bob", "ann"));
    });
    expect(explained(moments)).toMatchInlineSnapshot(`
      "BOB (bob) dropped out of Room (r1) at #14, came back on socket 3 at #16 and did not join again, though it signalled at #19: it is in no room list, so nobody calls it. A page must join again after a reconnect. [ClientDisconnected, ClientConnected, PublishRequested]
      ANN (ann) and BOB never sent each other an offer.
      The first to leave was BOB, who left room Room (r1) by disconnecting at #14. [ClientDisconnected]
      Next: fix the first of these; the others may follow from it."
    `);
  });

  test("two people of one name, and one of them only is called", async () => {
    const moments = await recorded(async (connect) => {
      const [ann, bob] = await met(connect);
      const namesake = await connect();
      await does(namesake, subscribe(), subscribe(signaling), {
        type: "user-joined-room",
        channel: rooms,
        data: { roomId: "r1", userId: "bob-2", userName: "BOB" },
      });
      await calls(ann, bob, "ann", "bob");
    });
    expect(explained(moments, "ann", "bob-2")).toMatchInlineSnapshot(`
      "Two called BOB were in Room (r1) at once, bob and bob-2: ANN (ann) offered only to bob (#18). A page that keeps people by name knows only one of them. [PublishRequested]
      ANN and BOB (bob-2) never sent each other an offer; the offers of ANN (#18) were for BOB (bob). [PublishRequested]
      Next: fix the first of these; the others may follow from it."
    `);
  });

  test("somebody who asked as one and joined as another", async () => {
    const moments = await recorded(async (connect) => {
      const [ann, bob] = await hosted(connect, access, signaling);
      await does(bob, subscribe(access), request("join-request", "bob", "ann"));
      await does(ann, request("join-approved", "ann", "bob"));
      await does(bob, subscribe(), joins("bob-2"));
    });
    expect(explained(moments)).toMatchInlineSnapshot(`
      "bob knocked at #10 and was admitted at #12, but never joined. [PublishRequested, PublishRequested]
      Socket 2 asked to be let in as bob at #10, and joined Room (r1) as BOB-2 (bob-2) at #15: this is probably one person under two ids, and who calls the one does not reach the other. [PublishRequested, JoinRequested]
      They were never in the same room at the same time: ANN (ann) joined Room (r1) at #7; bob joined none. [JoinRequested]
      ANN and bob never sent each other an offer.
      Next: fix the first of these; the others may follow from it."
    `);
  });
});
