import { describe, expect, test } from "vitest";
import type { Millis } from "../../../core/index.js";
import { rooms, subscribe } from "../../support/net.js";
import {
  answer,
  candidate,
  create,
  does,
  explained,
  hosted,
  joins,
  leaves,
  met,
  offer,
  recorded,
  signaling,
} from "./story.js";

describe("what became of the answer", () => {
  test("none was sent", async () => {
    const moments = await recorded(async (connect) => {
      const [ann] = await met(connect);
      await does(ann, offer(), candidate());
    });
    expect(explained(moments)).toMatchInlineSnapshot(`
      "The offer #13 of ANN (ann) got no answer. It was delivered to socket 2 of BOB (bob). BOB was last heard at #12, T before the offer (pongs are not recorded). [PublishRequested, PingReceived]
      Next: look at BOB's browser console after #13: its socket got the message and was not heard again, so the page hangs, did not read it, failed in setRemoteDescription, or waits (for a camera, a click, an approval). [PublishRequested]"
    `);
  });

  test("none was sent, and the socket never told whose it is", async () => {
    const moments = await recorded(async (connect) => {
      const [ann, bob, bobsOther] = [await connect(), await connect(), await connect()];
      await does(ann, subscribe(signaling), create(), joins("ann"));
      await does(bob, subscribe(), joins("bob"));
      await does(bobsOther, subscribe(signaling));
      await does(ann, offer());
    });
    expect(explained(moments)).toMatchInlineSnapshot(`
      "The offer #14 of ANN (ann) got no answer. It was delivered to socket 3, which never named a user and may be BOB (bob)'s. BOB was last heard at #11, T before the offer (pongs are not recorded). [PublishRequested, PingReceived]
      Next: look at BOB's browser console after #14: its socket got the message and was not heard again, so the page hangs, did not read it, failed in setRemoteDescription, or waits (for a camera, a click, an approval). [PublishRequested]"
    `);
  });

  test("none was sent, and she waited: what happened after she had gone is not told", async () => {
    const moments = await recorded(async (connect) => {
      const [ann, bob] = await met(connect);
      await does(ann, offer());
      await leaves(ann, bob);
      await leaves(bob, await connect());
    });
    const start = moments[0]?.event.at ?? 0;
    const slow = moments.map((moment) => ({
      ...moment,
      event: { ...moment.event, at: (start + 5_000 * moment.n) as Millis },
    }));
    expect(explained(slow)).toMatch(/\nANN did not offer again, though it stayed until #16, for T\. \[/);
    expect(explained(moments)).not.toContain("did not offer again");
  });

  test("none was sent: gone", async () => {
    const moments = await recorded(async (connect) => {
      const [ann, bob] = await met(connect);
      await does(ann, offer());
      await leaves(bob, ann);
    });
    expect(explained(moments)).toMatchInlineSnapshot(`
      "The offer #13 of ANN (ann) got no answer. It was delivered to socket 2 of BOB (bob). BOB was last heard at #12, T before the offer (pongs are not recorded). Socket 2 ended at #16, T later (1001: page closed or reloaded). Until then the room list showed BOB. [PublishRequested, PingReceived, ClientDisconnected]
      Next: find out why BOB went at #16, before it had answered (1001: page closed or reloaded), and let ANN call again once BOB is back. [ClientDisconnected]"
    `);
  });

  test("sent to somebody else", async () => {
    const moments = await recorded(async (connect) => {
      const [ann, bob] = await met(connect);
      await does(ann, offer());
      await does(bob, answer("bob", "ann-of-yesterday"));
    });
    expect(explained(moments)).toMatchInlineSnapshot(`
      "The offer #13 of ANN (ann) got no answer. It was delivered to socket 2 of BOB (bob). BOB was heard again at #15, T later. [PublishRequested, PublishRequested]
      Next: for now, let BOB reload. To fix it, BOB's page must send its answer to the sender of the offer, ann.
      BOB sent answers, but to users who had not offered: #15 to ann-of-yesterday. [PublishRequested]"
    `);
  });

  test("none was sent, and that a third person got one is as it should be", async () => {
    const moments = await recorded(async (connect) => {
      const [ann, bob] = await met(connect);
      const cy = await connect();
      await does(cy, subscribe(signaling), joins("cy"));
      await does(ann, offer());
      await does(cy, offer("cy", "bob"));
      await does(bob, answer("bob", "cy"));
    });
    expect(explained(moments)).toMatch(/^The offer #17 of ANN \(ann\) got no answer\./);
    expect(explained(moments)).not.toContain("did send answers");
  });

  test("sent when the one who had offered was gone", async () => {
    const moments = await recorded(async (connect) => {
      const [ann, bob] = await met(connect);
      await does(ann, offer());
      await leaves(ann, bob);
      await does(bob, answer());
    });
    expect(explained(moments)).toMatchInlineSnapshot(`
      "BOB (bob) got the offer #13 and answered at #18, T later, but the answer did not arrive. [PublishRequested, PublishRequested]
      Next: look at ANN (ann)'s page around #18: why was it not connected, or not subscribed, when the answer to its own offer came? [PublishRequested]
      The webrtc-answer #18 of BOB reached nobody: ANN was not connected; it had disconnected at #16, T before (1001: page closed or reloaded). [PublishRequested, ClientDisconnected]
      The first to leave was ANN, who left room Room (r1) by disconnecting at #16. [ClientDisconnected]"
    `);
  });

  test("sent to one who offers without being subscribed", async () => {
    const moments = await recorded(async (connect) => {
      const [ann, bob] = await hosted(connect, rooms);
      await does(bob, subscribe(signaling), joins("bob"));
      await does(ann, offer());
      await does(bob, answer());
    });
    expect(explained(moments)).toMatchInlineSnapshot(`
      "BOB (bob) got the offer #11 and answered at #13, T later, but the answer did not arrive. [PublishRequested, PublishRequested]
      Next: look at ANN (ann)'s page around #13: why was it not connected, or not subscribed, when the answer to its own offer came? [PublishRequested]
      The webrtc-answer #13 of BOB reached nobody: ANN was connected (socket 1) but not subscribed to webrtc-signaling, only to webrtc-dashboard-rooms; it never subscribed to it. [PublishRequested]"
    `);
  });

  test("late, to an older offer", async () => {
    const moments = await recorded(async (connect) => {
      const [ann, bob] = await met(connect);
      await does(ann, offer());
      await does(ann, offer());
      await does(bob, answer());
    });
    expect(explained(moments)).toMatchInlineSnapshot(`
      "The offer #15 of ANN (ann) got no answer of its own: the next answer, #17 of BOB (bob), belongs to an older offer. [PublishRequested, PublishRequested]
      Next: find out why ANN offered again before it had an answer: it should wait, or number its offers and drop answers to older ones.
      Attempt 1, #13 by ANN: BOB answered at #17, T later, after a newer offer. [PublishRequested, PublishRequested]
      Attempt 2, #15 by ANN: no answer of its own; #17 answers the offer before. [PublishRequested, PublishRequested]
      The answer #17 of BOB is late: it answers the offer #13, but ANN had sent a newer one, #15, T before. A page that has moved on cannot use it. [PublishRequested, PublishRequested, PublishRequested]"
    `);
  });

  test("two offers, and each says which its answer is", async () => {
    const moments = await recorded(async (connect) => {
      const [ann, bob] = await met(connect);
      await does(ann, offer("ann", "bob", { negotiation: "1" }));
      await does(ann, offer("ann", "bob", { negotiation: "2" }));
      await does(bob, answer("bob", "ann", { negotiation: "2" }), candidate("bob", "ann"));
      await does(ann, candidate());
    });
    expect(explained(moments)).toMatch(/^Signalling was complete/);
  });

  test("from two windows of one user", async () => {
    const moments = await recorded(async (connect) => {
      const [ann, bob] = await met(connect);
      const second = await connect();
      await does(second, subscribe(signaling), joins("bob"));
      await does(ann, offer());
      await does(bob, answer());
      await does(second, answer());
    });
    expect(explained(moments)).toMatchInlineSnapshot(`
      "BOB (bob) had several sockets open (2 since #3, 3 since #13, all from A, probably windows on one machine), and each of them answered: socket 2 at #19, socket 3 at #21. An offer takes one answer: ANN (ann)'s page can use the first, and the next one fails there with InvalidStateError unless the page ignores it. BOB may have been looking at the other window. [PublishRequested, PublishRequested, ClientConnected, ClientConnected]
      Next: for now, let BOB close all windows but one and ANN call again. To fix it, let only one of a user's windows answer, or give each window an id of its own, and let the caller ignore answers that it does not expect."
    `);
  });

  test("from the window that he had before, and from the one that he has now", async () => {
    const moments = await recorded(async (connect) => {
      const [ann, bob] = await met(connect);
      await does(ann, offer());
      await does(bob, answer());
      await leaves(bob, ann);
      const second = await connect();
      await does(second, subscribe(signaling), joins("bob"), answer());
    });
    expect(explained(moments)).not.toContain("at once");
  });

  test("both offered at once, and nobody gave way", async () => {
    const moments = await recorded(async (connect) => {
      const [ann, bob] = await met(connect);
      await does(ann, offer());
      await does(bob, offer("bob", "ann"));
    });
    expect(explained(moments)).toMatchInlineSnapshot(`
      "Glare: the offers #13 by ANN (ann) and #15 by BOB (bob) crossed, T apart, and neither was answered: each side waits for the other. This is a signalling problem, not one of ICE or media. [PublishRequested, PublishRequested]
      Next: for now, let one of the two call again. To fix it, use perfect negotiation (one side is polite and rolls back its offer, the other ignores the offer that crossed), or let only one side ever offer."
    `);
  });

  test("both offered at once, and both gave way", async () => {
    const moments = await recorded(async (connect) => {
      const [ann, bob] = await met(connect);
      await does(ann, offer(), candidate());
      await does(bob, offer("bob", "ann"), candidate("bob", "ann"));
      await does(ann, answer("ann", "bob"), candidate());
      await does(bob, answer(), candidate("bob", "ann"));
    });
    expect(explained(moments)).toMatchInlineSnapshot(`
      "Glare: the offers #13 by ANN (ann) and #16 by BOB (bob) crossed, T apart, and both sides gave way and answered: #19 by ANN and #22 by BOB. Neither answer has an offer left, so neither page connects (unless the pages use one connection per direction). This is a signalling problem, not one of ICE or media. [PublishRequested, PublishRequested, PublishRequested, PublishRequested]
      Next: for now, let one of the two call again. To fix it, use perfect negotiation (one side is polite and rolls back its offer, the other ignores the offer that crossed), or let only one side ever offer."
    `);
  });

  test("one called, and the other called back much later", async () => {
    const moments = await recorded(async (connect) => {
      const [ann, bob] = await met(connect);
      await does(ann, offer());
      await does(bob, offer("bob", "ann"));
      await does(ann, answer("ann", "bob"), candidate());
      await does(bob, candidate("bob", "ann"));
    });
    const calledBack = moments.findIndex(({ event }) => event.kind === "PublishRequested" && event.from === "bob");
    const apart = moments.map((moment, i) => {
      const at = moment.event.at + (i < calledBack ? 0 : 60_000);
      return { ...moment, event: { ...moment.event, at: at as Millis } };
    });
    expect(explained(apart)).toMatchInlineSnapshot(`
      "Signalling was complete in the last attempt. Whether ICE then connected the two is not in the recording. Both offered A, so they are probably on one machine or network (two networks can use the same private addresses): ANN (ann) offered 1 host candidate: IPv4 A (UDP); BOB (bob) offered 1 host candidate: IPv4 A (UDP). [PublishRequested, PublishRequested, PublishRequested, PublishRequested]
      Next: if the call did not connect, check what blocks traffic on that machine or network (a firewall, a VPN, a guest network that isolates its clients) and the permissions for camera and microphone, then the candidate pairs in chrome://webrtc-internals or getStats on both sides.
      Attempt 1, #13 by ANN: no answer. [PublishRequested]
      Attempt 2, #15 by BOB: ANN answered at #17, T later; candidates: 1 from ANN, 1 from BOB. [PublishRequested, PublishRequested]
      Earlier: The offer #13 of ANN got no answer. It was delivered to socket 2 of BOB. BOB was heard again at #15, T later. [PublishRequested, PublishRequested]"
    `);
  });

  test("both offered at once, and one gave way", async () => {
    const moments = await recorded(async (connect) => {
      const [ann, bob] = await met(connect);
      await does(ann, offer());
      await does(bob, offer("bob", "ann"));
      await does(bob, answer(), candidate("bob", "ann"));
      await does(ann, candidate());
    });
    expect(explained(moments)).toMatchInlineSnapshot(`
      "Signalling was complete. Whether ICE then connected the two is not in the recording. Both offered A, so they are probably on one machine or network (two networks can use the same private addresses): ANN (ann) offered 1 host candidate: IPv4 A (UDP); BOB (bob) offered 1 host candidate: IPv4 A (UDP). [PublishRequested, PublishRequested, PublishRequested, PublishRequested]
      Next: if the call did not connect, check what blocks traffic on that machine or network (a firewall, a VPN, a guest network that isolates its clients) and the permissions for camera and microphone, then the candidate pairs in chrome://webrtc-internals or getStats on both sides.
      Attempt 1, #13 by ANN and #15 by BOB: the offers crossed, and BOB gave way, as it should; BOB answered at #17, T later; candidates: 1 from ANN, 1 from BOB. [PublishRequested, PublishRequested, PublishRequested]"
    `);
  });
});
