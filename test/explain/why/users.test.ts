import { describe, expect, test } from "vitest";
import { rooms, subscribe } from "../../support/net.js";
import { create, does, explained, hosted, joins, leaves, met, offer, recorded, signaling } from "./story.js";

describe("who was there", () => {
  test("somebody whom the recording does not know", async () => {
    const moments = await recorded(async (connect) => {
      await met(connect);
    });
    expect(() => explained(moments, "ann", "bop")).toThrowErrorMatchingInlineSnapshot(
      `[Error: No user in this recording has the id or name “bop”. Users: BOB (bob), ANN (ann).]`,
    );
    expect(() => explained(moments, "ann", "ANN")).toThrow("Both names belong to the same user");
  });

  test("by a name in another case, and as the command prints it", async () => {
    const moments = await recorded(async (connect) => {
      const [ann] = await met(connect);
      await does(ann, offer());
    });
    const answer = explained(moments);
    for (const word of ["ANN", "Ann", "ANN (ann)"]) expect(explained(moments, word, "Bob")).toBe(answer);
  });

  test("by one word of a name, where only one person has it", async () => {
    const moments = await recorded(async (connect) => {
      const [ann, bob] = await hosted(connect, rooms, signaling);
      const named = (userId: string, userName: string) => ({
        type: "user-joined-room",
        data: { roomId: "r1", userId, userName },
      });
      await does(bob, subscribe(signaling), named("b-1", "Bob Lee"), named("b-2", "Eve Lee"));
      await does(ann, offer("ann", "b-1"));
    });
    expect(explained(moments, "ann", "bob")).toBe(explained(moments, "ann", "b-1"));
    expect(() => explained(moments, "ann", "lee")).toThrowErrorMatchingInlineSnapshot(
      `[Error: “lee” matches several users: Bob Lee (b-1), Eve Lee (b-2). Use a full name or an id.]`,
    );
  });

  test("a name of two who were there at one time: each in turn", async () => {
    const moments = await recorded(async (connect) => {
      const [ann] = await met(connect);
      const other = { type: "user-joined-room", data: { roomId: "r1", userId: "bob-2", userName: "BOB" } };
      await does(await connect(), other);
      await does(ann, offer(), offer("ann", "bob-2"));
    });
    expect(explained(moments, "ANN", "BOB")).toMatchInlineSnapshot(`
      "ANN (ann) and BOB (bob):
      The offer #16 of ANN (ann) got no answer. It was delivered to socket 2 of BOB (bob). BOB was last heard at #12, T before the offer (pongs are not recorded). [PublishRequested, PingReceived]
      Next: look at BOB's browser console after #16: its socket got the message and was not heard again, so the page hangs, did not read it, failed in setRemoteDescription, or waits (for a camera, a click, an approval). [PublishRequested]
      ANN (ann) and BOB (bob-2):
      The webrtc-offer #17 of ANN (ann) reached nobody: BOB (bob-2) was connected (socket 3) but not subscribed to webrtc-signaling, or to any channel; it never subscribed to it. [PublishRequested]
      Next: look at BOB's page around #17: it must be connected, subscribed to webrtc-signaling and known by exactly this id before ANN offers, or ANN must offer again once it is. [PublishRequested]"
    `);
  });

  test("somebody who was only ever named", async () => {
    const moments = await recorded(async (connect) => {
      const [ann, cy] = await met(connect);
      await does(cy, joins("cy"));
      await does(ann, offer("ann", "zoe"));
    });
    expect(explained(moments, "ann", "zoe")).toMatchInlineSnapshot(`
      "The webrtc-offer #15 of ANN (ann) reached nobody: no socket ever joined or published as zoe; it was not sent to socket 2 (known as BOB (bob) since #11, CY (cy) since #13). [PublishRequested, JoinRequested, JoinRequested]
      Next: look at zoe's page around #15: it must be connected, subscribed to webrtc-signaling and known by exactly this id before ANN offers, or ANN must offer again once it is. [PublishRequested]"
    `);
  });

  test("not connected yet when the offer came", async () => {
    const moments = await recorded(async (connect) => {
      const ann = await connect();
      await does(ann, subscribe(signaling), create(), joins("ann"), offer());
      const bob = await connect();
      await does(bob, subscribe(signaling), joins("bob"));
    });
    expect(explained(moments)).toMatchInlineSnapshot(`
      "The webrtc-offer #6 of ANN (ann) reached nobody: BOB (bob) was not connected; it connected at #8, T later. [PublishRequested, ClientConnected]
      Next: look at BOB's page around #6: it must be connected, subscribed to webrtc-signaling and known by exactly this id before ANN offers, or ANN must offer again once it is. [PublishRequested]"
    `);
  });

  test("gone already when the offer came", async () => {
    const moments = await recorded(async (connect) => {
      const [ann, bob] = await met(connect);
      await leaves(bob, ann);
      await does(ann, offer());
    });
    expect(explained(moments)).toMatchInlineSnapshot(`
      "The webrtc-offer #16 of ANN (ann) reached nobody: BOB (bob) was not connected; it had disconnected at #14, T before (1001: page closed or reloaded). [PublishRequested, ClientDisconnected]
      Next: look at BOB's page around #16: it must be connected, subscribed to webrtc-signaling and known by exactly this id before ANN offers, or ANN must offer again once it is. [PublishRequested]
      The first to leave was BOB, who left room Room (r1) by disconnecting at #14. [ClientDisconnected]"
    `);
  });

  test("never in one room", async () => {
    const moments = await recorded(async (connect) => {
      const [, bob] = await hosted(connect);
      await does(bob, create("r2"), joins("bob", "r2"));
    });
    expect(explained(moments)).toMatchInlineSnapshot(`
      "They were never in the same room at the same time: ANN (ann) joined Room (r1) at #5; BOB (bob) joined Room (r2) at #8. [JoinRequested, JoinRequested]
      ANN and BOB never sent each other an offer.
      Next: fix the first of these; the others may follow from it."
    `);
  });
});
