import { describe, expect, test } from "vitest";
import { subscribe } from "../../support/net.js";
import { does, explained, hosted, joins, met, offer, recorded, signaling } from "./story.js";

describe("where the offer went", () => {
  test("connected, and subscribed too late", async () => {
    const moments = await recorded(async (connect) => {
      const [ann, bob] = await hosted(connect, signaling);
      await does(bob, subscribe(), joins("bob"));
      await does(ann, offer());
      await does(bob, subscribe(signaling));
    });
    expect(explained(moments)).toMatchInlineSnapshot(`
      "The webrtc-offer #11 of ANN (ann) reached nobody: BOB (bob) was connected (socket 2) but not subscribed to webrtc-signaling, only to webrtc-dashboard-rooms; it subscribed at #13, T later. It had joined at #9, so for T it was listed but could not be called. [PublishRequested, SubscribeRequested, JoinRequested]
      Next: for now, let ANN call again. To fix it, BOB's page must subscribe to webrtc-signaling before it joins, and ANN's page should repeat an offer that gets no answer. [PublishRequested]"
    `);
  });

  test("subscribed to a channel of another name", async () => {
    const moments = await recorded(async (connect) => {
      const [ann, bob] = await hosted(connect, signaling);
      await does(bob, subscribe("webrtc-signalling"), joins("bob"));
      await does(ann, offer());
    });
    expect(explained(moments)).toMatchInlineSnapshot(`
      "The webrtc-offer #11 of ANN (ann) reached nobody: BOB (bob) was connected (socket 2) but not subscribed to webrtc-signaling, only to webrtc-signalling; it never subscribed to it. [PublishRequested]
      Next: look at BOB's page around #11: it must be connected, subscribed to webrtc-signaling and known by exactly this id before ANN offers, or ANN must offer again once it is. [PublishRequested]"
    `);
  });

  test("unsubscribed before", async () => {
    const moments = await recorded(async (connect) => {
      const [ann, bob] = await met(connect);
      await does(bob, { type: "unsubscribe", channel: signaling });
      await does(ann, offer());
    });
    expect(explained(moments)).toMatchInlineSnapshot(`
      "The webrtc-offer #15 of ANN (ann) reached nobody: BOB (bob) was connected (socket 2) but not subscribed to webrtc-signaling, only to webrtc-dashboard-rooms; it had unsubscribed at #13 and never subscribed again. [PublishRequested, UnsubscribeRequested]
      Next: look at BOB's page around #15: it must be connected, subscribed to webrtc-signaling and known by exactly this id before ANN offers, or ANN must offer again once it is. [PublishRequested]"
    `);
  });

  test("unsubscribed again, and only the last time counts", async () => {
    const moments = await recorded(async (connect) => {
      const [ann, bob] = await met(connect);
      const unsubscribe = { type: "unsubscribe", channel: signaling };
      await does(bob, unsubscribe, subscribe(signaling), unsubscribe);
      await does(ann, offer());
    });
    expect(explained(moments)).toContain("it had unsubscribed at #15 and never subscribed again");
  });

  test("kept from a socket that was known to act for somebody else", async () => {
    const moments = await recorded(async (connect) => {
      const [ann, bob] = await hosted(connect, signaling);
      await does(bob, subscribe(signaling), joins("bob-of-yesterday"));
      await does(ann, offer());
      await does(bob, joins("bob"));
    });
    expect(explained(moments)).toMatchInlineSnapshot(`
      "The webrtc-offer #11 of ANN (ann) reached nobody: it was not sent to BOB (bob)'s socket 2 (known as BOB-OF-YESTERDAY (bob-of-yesterday) since #9), because a message to one user is not sent to sockets known only for other users; it was not known for BOB too until #13. [PublishRequested, JoinRequested, JoinRequested]
      Next: look at BOB's page around #11: it must be connected, subscribed to webrtc-signaling and known by exactly this id before ANN offers, or ANN must offer again once it is. [PublishRequested]"
    `);
  });

  test("kept from everybody, for an id that nobody has", async () => {
    const moments = await recorded(async (connect) => {
      const [ann] = await met(connect);
      await does(ann, offer("ann", "Bob"));
    });
    expect(explained(moments, "ann", "Bob")).toMatchInlineSnapshot(`
      "The webrtc-offer #13 of ANN (ann) reached nobody: no socket ever joined or published as Bob; it was not sent to socket 2 (known as BOB (bob) since #11). [PublishRequested, JoinRequested]
      Next: look at Bob's page around #13: it must be connected, subscribed to webrtc-signaling and known by exactly this id before ANN offers, or ANN must offer again once it is. [PublishRequested]"
    `);
    expect(explained(moments, "ann", "bob")).toMatchInlineSnapshot(`
      "ANN (ann) and BOB (bob) never sent each other an offer; the offers of ANN (#13) were for Bob. [PublishRequested]
      Next: compare ids: ANN's page offers to ids other than the one of BOB, bob."
    `);
  });

  test("refused, for want of a channel", async () => {
    const moments = await recorded(async (connect) => {
      const [ann] = await met(connect);
      await does(ann, { type: "webrtc-offer", data: { fromUserId: "ann", toUserId: "bob" } });
    });
    expect(explained(moments)).toMatchInlineSnapshot(`
      "webrtc-offer of ANN (ann) was refused at #13 with no-channel: the message named no channel, so it was not relayed. [FrameRefused]
      ANN and BOB (bob) never sent each other an offer.
      Next: fix the first of these; the others may follow from it."
    `);
  });

  test("refused, by the rate limit", async () => {
    const moments = await recorded(
      async (connect) => {
        const [ann] = await hosted(connect, signaling);
        ann.say(...Array.from({ length: 5 }, () => offer()));
        await new Promise((resolve) => setTimeout(resolve, 50));
      },
      { MESSAGES_PER_SECOND: "1", MESSAGE_BURST: "6" },
    );
    expect(explained(moments)).toMatchInlineSnapshot(`
      "webrtc-offer (webrtc-signaling) of ANN (ann) was refused 3 times with rate-limited, at #10, #11, #12: the client exceeded its message rate, and the message was not relayed. [PublishRequested, PublishRequested, PublishRequested]
      The webrtc-offer #9 of ANN reached nobody: no socket ever joined or published as bob. [PublishRequested]
      Next: look at bob's page around #9: it must be connected, subscribed to webrtc-signaling and known by exactly this id before ANN offers, or ANN must offer again once it is. [PublishRequested]
      Attempt 1, #8 by ANN: the offer did not reach its recipient. [PublishRequested]
      Attempt 2, #9 by ANN: the offer did not reach its recipient. [PublishRequested]
      The earlier offers (#8) did not arrive, for the same reason. [PublishRequested]"
    `);
  });
});
