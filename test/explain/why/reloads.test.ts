import { describe, expect, test } from "vitest";
import { type Peer, subscribe, until } from "../../support/net.js";
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

describe("who reloaded, and who was not there any more", () => {
  /** Ann reloads, and her page makes up a new id; her name stays. */
  const reloaded = async (connect: () => Promise<Peer>, ann: Peer, bob: Peer): Promise<Peer> => {
    await leaves(ann, bob);
    const again = await connect();
    const join = { type: "user-joined-room", data: { roomId: "r1", userId: "ann-2", userName: "ANN" } };
    await does(again, subscribe(signaling), create(), join);
    return again;
  };

  test("the answers go to her name", async () => {
    const moments = await recorded(async (connect) => {
      const [ann, bob] = await met(connect);
      await does(ann, offer());
      await does(bob, answer("bob", "ANN"), candidate("bob", "ANN"));
      await does(ann, offer());
      await does(bob, answer("bob", "ANN"));
    });
    expect(explained(moments)).toMatchInlineSnapshot(`
      "BOB (bob) answered “ANN”, which is the name of ANN (ann), not an id: the answers #15, #20 reached nobody. [PublishRequested, PublishRequested]
      Next: for now, let BOB call instead. To fix it, BOB's page must send answers and candidates to the sender of the offer, ann. Reloading the page does not help, and others who call BOB will probably have the same problem.
      Attempt 1, #13 by ANN: BOB answered at #15, T later, to “ANN”, which is a name, not an id. [PublishRequested, PublishRequested]
      Attempt 2, #18 by ANN: BOB answered at #20, T later, to “ANN”, which is a name, not an id. [PublishRequested, PublishRequested]"
    `);
    expect(explained(moments, "ANN")).toBe(explained(moments));
  });

  test("the offer goes to his name", async () => {
    const moments = await recorded(async (connect) => {
      const [ann] = await met(connect);
      await does(ann, offer("ann", "BOB"));
    });
    expect(explained(moments)).toMatchInlineSnapshot(`
      "The webrtc-offer #13 of ANN (ann) reached nobody: it was addressed to “BOB”, which is the name of BOB (bob), not an id. [PublishRequested]
      Next: fix where ANN's page takes the recipient from: it must be the user id in the room list, bob. [PublishRequested]"
    `);
  });

  test("a name that two have tells nothing", async () => {
    const moments = await recorded(async (connect) => {
      const [ann] = await met(connect);
      const other = { type: "user-joined-room", data: { roomId: "r1", userId: "bob-2", userName: "BOB" } };
      await does(await connect(), other);
      await does(ann, offer("ann", "BOB"));
    });
    expect(explained(moments)).not.toContain("which is the name of");
  });

  test("the answers go to the id that she had before", async () => {
    const moments = await recorded(async (connect) => {
      const [ann, bob] = await met(connect);
      await does(ann, offer(), candidate());
      await does(bob, answer(), candidate("bob", "ann"));
      const again = await reloaded(connect, ann, bob);
      await does(again, offer("ann-2"));
      await does(bob, answer());
      const cy = await connect();
      await does(cy, subscribe(signaling));
      await does(again, offer("ann-2"));
      await does(bob, answer());
      await does(cy, joins("cy"));
    });
    expect(explained(moments, "ann-2")).toMatchInlineSnapshot(`
      "BOB (bob) answered an old id of ANN (ann-2): the answers #29, #36 went to ann, which ended at #20 (1001: page closed or reloaded). ANN has been ann-2 since #25; the page was probably reloaded. [PublishRequested, PublishRequested, ClientDisconnected, JoinRequested]
      Next: for now, let BOB reload. To fix it, BOB's page must send its answer to the sender of the offer, ann-2.
      Attempt 1, #13 by ANN: BOB answered at #16, T later; candidates: 1 from ANN, 1 from BOB. [PublishRequested, PublishRequested]
      Attempt 2, #27 by ANN: BOB answered at #29, T later, to ann; the answer did not reach its recipient. [PublishRequested, PublishRequested]
      Attempt 3, #34 by ANN: BOB answered at #36, T later, to ann; the answer did not reach its recipient. [PublishRequested, PublishRequested]
      The answer #36 went to somebody else: socket 4, later known as CY (cy). [PublishRequested]
      ANN was ann before: that id ended at #20, and a user with the same name joined the same room as ann-2 at #25. Both are taken to be ANN. [ClientDisconnected, JoinRequested]
      room-created (r1) of ANN was refused at #24 with room-exists: the room is still open, and its host is ANN (ann). [CreateRequested]"
    `);
    for (const word of ["ann", "ANN"]) expect(explained(moments, word)).toBe(explained(moments, "ann-2"));
  });

  test("all is well with her new id", async () => {
    const moments = await recorded(async (connect) => {
      const [ann, bob] = await met(connect);
      await does(ann, offer());
      const again = await reloaded(connect, ann, bob);
      await does(again, offer("ann-2"), candidate("ann-2"));
      await does(bob, answer("bob", "ann-2"), candidate("bob", "ann-2"));
    });
    expect(explained(moments)).toMatchInlineSnapshot(`
      "Signalling was complete in the last attempt. Whether ICE then connected the two is not in the recording. Both offered A, so they are probably on one machine or network (two networks can use the same private addresses): ANN (ann-2) offered 1 host candidate: IPv4 A (UDP); BOB (bob) offered 1 host candidate: IPv4 A (UDP). [PublishRequested, PublishRequested, PublishRequested, PublishRequested]
      Next: if the call did not connect, check what blocks traffic on that machine or network (a firewall, a VPN, a guest network that isolates its clients) and the permissions for camera and microphone, then the candidate pairs in chrome://webrtc-internals or getStats on both sides.
      Attempt 1, #13 by ANN: no answer. [PublishRequested]
      Attempt 2, #23 by ANN: BOB answered at #26, T later; candidates: 1 from ANN, 1 from BOB. [PublishRequested, PublishRequested]
      Earlier: The offer #13 of ANN got no answer. It was delivered to socket 2 of BOB. BOB was heard again at #15, T later. [PublishRequested, PingReceived]
      ANN was ann before: that id ended at #16, and a user with the same name joined the same room as ann-2 at #21. Both are taken to be ANN. [ClientDisconnected, JoinRequested]
      room-created (r1) of ANN was refused at #20 with room-exists: the room is still open, and its host is ANN (ann). [CreateRequested]"
    `);
  });

  test("his machine froze: the socket stays, and nothing comes from it", async () => {
    const moments = await recorded(
      async (connect) => {
        const [ann, bob] = await met(connect);
        bob.ws.pause();
        await does(ann, offer(), candidate());
        const seen = ann.texts.length;
        await until(() => ann.texts.slice(seen).some((text) => text.includes('"count":1')));
      },
      { PING_AFTER_MS: "200", CUT_AFTER_MS: "500" },
    );
    expect(explained(moments)).toMatchInlineSnapshot(`
      "The offer #13 of ANN (ann) got no answer. It was delivered to socket 2 of BOB (bob). BOB was last heard at #12, T before the offer (pongs are not recorded). Socket 2 ended at #16, T later (1006: lost without a close: a closed lid, a lost network, a hung or crashed browser). Until then the room list showed BOB. [PublishRequested, PingReceived, ClientDisconnected]
      Next: let ANN call again once BOB is back. Look at BOB's machine and network from about C to #16: if the server cut it off for silence, the silence began T before (CUT_AFTER_MS). To fix it, a page should call again when somebody comes back to the room list. [ClientDisconnected]"
    `);
  });

  test("his network was lost, and he came back without being called again", async () => {
    const moments = await recorded(async (connect) => {
      const [ann, bob] = await met(connect);
      await does(ann, offer());
      const seen = ann.texts.length;
      bob.ws.terminate();
      await until(() => ann.texts.slice(seen).some((text) => text.includes('"count":1')));
      await does(await connect(), subscribe(signaling), joins("bob"));
    });
    expect(explained(moments)).toMatchInlineSnapshot(`
      "The offer #13 of ANN (ann) got no answer. It was delivered to socket 2 of BOB (bob). BOB was last heard at #12, T before the offer (pongs are not recorded). Socket 2 ended at #15, T later (1006: lost without a close: a closed lid, a lost network, a hung or crashed browser). Until then the room list showed BOB. BOB was back on socket 3 at #16. [PublishRequested, PingReceived, ClientDisconnected, ClientConnected]
      Next: let ANN call again, now that BOB is back. Look at BOB's machine and network from about C to #15: if the server cut it off for silence, the silence began T before (CUT_AFTER_MS). To fix it, a page should call again when somebody comes back to the room list. [ClientDisconnected]"
    `);
  });

  test("he is there, and does not answer", async () => {
    const moments = await recorded(async (connect) => {
      const [ann, bob] = await met(connect);
      await does(ann, offer());
      await does(bob, { type: "typing", channel: "chat", data: {} });
    });
    expect(explained(moments)).toMatch("BOB was heard again at #15");
    expect(explained(moments)).toMatch(
      "Next: look at BOB's browser console after #13: its socket got the message and is alive",
    );
  });

  test("a socket that says who it is only later is not taken for his", async () => {
    const moments = await recorded(async (connect) => {
      const [ann, bob] = await hosted(connect, signaling);
      await does(bob, subscribe(), joins("bob"));
      await does(ann, offer());
      const cy = await connect();
      await does(cy, subscribe(signaling), joins("cy"));
    });
    expect(explained(moments)).not.toContain("it may be");
    const anonymous = await recorded(async (connect) => {
      const [ann, bob] = await hosted(connect, signaling);
      await does(bob, subscribe(), joins("bob"));
      await does(ann, offer());
      await does(await connect(), subscribe(signaling));
    });
    expect(explained(anonymous)).toContain("A socket that never named a user subscribed at #14");
  });
});
