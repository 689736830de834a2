import { describe, expect, test } from "vitest";
import { subscribe } from "../../support/net.js";
import {
  answer,
  candidate,
  create,
  does,
  explained,
  joins,
  leaves,
  met,
  offer,
  recorded,
  signal,
  signaling,
} from "./story.js";

describe("candidates", () => {
  const at = (from: string, to: string, address: string, type = "host") =>
    signal("webrtc-ice", from, to, { candidate: { candidate: `candidate:1 1 udp 1 ${address} 9 typ ${type}` } });
  const addressed = (ann: ReadonlyArray<string>, bob: ReadonlyArray<string>, cy: ReadonlyArray<string> = []) =>
    recorded(
      async (connect) => {
        const [peer, other] = await met(connect);
        const third = await connect();
        await does(third, subscribe(signaling), joins("cy"));
        await does(peer, offer(), ...ann.map((address) => at("ann", "bob", address)));
        await does(other, answer(), ...bob.map((address) => at("bob", "ann", address)));
        if (cy.length === 0) return;
        await does(third, offer("cy", "ann"), ...cy.map((address) => at("cy", "ann", address)));
        await does(peer, answer("ann", "cy"), ...ann.map((address) => at("ann", "cy", address)));
      },
      { RECORD_PAYLOADS: "full" },
    );

  test("with nothing in common, and a third who has", async () => {
    const moments = await addressed(["198.51.100.7", "2001:db8::7"], ["203.0.113.9"], ["198.51.100.7"]);
    expect(explained(moments)).toMatchInlineSnapshot(`
      "Signalling was complete. Whether ICE then connected the two is not in the recording. Neither has an address from a STUN or TURN server (srflx, relay): ANN (ann) offered 2 host candidates: IPv4 198.51.100.7 (UDP), IPv6 2001:db8::7 (UDP); BOB (bob) offered 1 host candidate: IPv4 203.0.113.9 (UDP), not offered by anybody else in the recording. [PublishRequested, PublishRequested, PublishRequested, PublishRequested]
      Next: if the call did not connect, check where the two are: host candidates alone connect only within one network. Across networks, set STUN_SERVERS, and use a TURN server if that is not enough; within one network, look for a firewall.
      Attempt 1, #17 by ANN: BOB answered at #21, T later; candidates: 2 from ANN, 1 from BOB. [PublishRequested, PublishRequested]
      For comparison: ANN and CY (cy) share 198.51.100.7 (one machine, or behind one router)."
    `);
  });

  test("with nothing in common, seen by the server as they offer it, and a third whom both called", async () => {
    const moments = await recorded(
      async (connect) => {
        const [peer, other] = await met(connect);
        const third = await connect();
        await does(third, subscribe(signaling), joins("cy"));
        for (const [user, caller, address] of [
          ["ann", peer, "127.0.0.1"],
          ["bob", other, "192.168.7.52"],
        ] as const) {
          await does(caller, offer(user, "cy"), at(user, "cy", address));
          await does(third, answer("cy", user), at("cy", user, "10.20.0.1"));
        }
        await does(peer, offer(), at("ann", "bob", "127.0.0.1"));
        await does(other, answer(), at("bob", "ann", "192.168.7.52"));
      },
      { RECORD_PAYLOADS: "full" },
    );
    expect(explained(moments)).toContain(
      "Both exchanged descriptions with CY (cy): if those calls connected, only the route between the two is missing.",
    );
    expect(explained(moments)).toContain("set STUN_SERVERS");
    const seen = moments.map((moment) =>
      moment.event.kind === "ClientConnected" && moment.event.client === 2
        ? { ...moment, event: { ...moment.event, address: "192.168.7.52" } }
        : moment,
    );
    expect(explained(seen)).toContain("so there is no NAT, and STUN would add nothing");
  });

  test("with an address in common", async () => {
    expect(explained(await addressed(["198.51.100.7"], ["198.51.100.7"]))).toMatchInlineSnapshot(`
      "Signalling was complete. Whether ICE then connected the two is not in the recording. Both offered 198.51.100.7, so they are probably on one machine or network (two networks can use the same private addresses): ANN (ann) offered 1 host candidate: IPv4 198.51.100.7 (UDP); BOB (bob) offered 1 host candidate: IPv4 198.51.100.7 (UDP). [PublishRequested, PublishRequested, PublishRequested, PublishRequested]
      Next: if the call did not connect, check what blocks traffic on that machine or network (a firewall, a VPN, a guest network that isolates its clients) and the permissions for camera and microphone, then the candidate pairs in chrome://webrtc-internals or getStats on both sides.
      Attempt 1, #17 by ANN: BOB answered at #20, T later; candidates: 1 from ANN, 1 from BOB. [PublishRequested, PublishRequested]"
    `);
  });

  test("that the browsers hide", async () => {
    expect(explained(await addressed(["a.local"], ["b.local"]))).toMatch(
      "Their browsers hide addresses (mDNS), so these cannot be compared: ANN",
    );
  });

  test("came before their offer", async () => {
    const moments = await recorded(async (connect) => {
      const [ann, bob] = await met(connect);
      await does(ann, candidate(), candidate(), offer());
      await does(bob, answer(), candidate("bob", "ann"));
    });
    expect(explained(moments)).toMatchInlineSnapshot(`
      "Signalling was complete. Whether ICE then connected the two is not in the recording. Both offered A, so they are probably on one machine or network (two networks can use the same private addresses): ANN (ann) offered 2 host candidates, all at IPv4 A (UDP); BOB (bob) offered 1 host candidate: IPv4 A (UDP). [PublishRequested, PublishRequested, PublishRequested, PublishRequested]
      Next: if the call did not connect, check what blocks traffic on that machine or network (a firewall, a VPN, a guest network that isolates its clients) and the permissions for camera and microphone, then the candidate pairs in chrome://webrtc-internals or getStats on both sides.
      Attempt 1, #15 by ANN: BOB answered at #17, T later; candidates: 2 from ANN, 1 from BOB. [PublishRequested, PublishRequested]
      Candidates of ANN (#13, #14) arrived before the offer, #15. A page that does not queue them loses them. [PublishRequested, PublishRequested, PublishRequested]"
    `);
  });

  test("none from one side", async () => {
    const moments = await recorded(async (connect) => {
      const [ann, bob] = await met(connect);
      await does(ann, offer());
      await does(bob, answer(), candidate("bob", "ann"));
    });
    expect(explained(moments)).toMatchInlineSnapshot(`
      "ANN (ann) sent no ICE candidates, neither as messages nor in its description.
      Next: look at how the pages send candidates: each must be sent to the other side as it is found, or be part of the description.
      Attempt 1, #13 by ANN: BOB (bob) answered at #15, T later; candidates: 0 from ANN, 1 from BOB. [PublishRequested, PublishRequested]
      The rest of the signalling was complete: the offer #13 by ANN and the answer #15 by BOB arrived. [PublishRequested, PublishRequested]"
    `);
  });

  test("complete, with host candidates only", async () => {
    const moments = await recorded(async (connect) => {
      const [ann, bob] = await met(connect);
      await does(ann, offer(), candidate(), candidate());
      await does(bob, answer(), candidate("bob", "ann"), candidate("bob", "ann", "srflx"));
    });
    expect(explained(moments)).toMatchInlineSnapshot(`
      "Signalling was complete. Whether ICE then connected the two is not in the recording. Both offered A, so they are probably on one machine or network (two networks can use the same private addresses): ANN (ann) offered 2 host candidates, all at IPv4 A (UDP); BOB (bob) offered 1 host, 1 srflx candidates, all at IPv4 A (UDP). [PublishRequested, PublishRequested, PublishRequested, PublishRequested]
      Next: if the call did not connect, check what blocks traffic on that machine or network (a firewall, a VPN, a guest network that isolates its clients) and the permissions for camera and microphone, then the candidate pairs in chrome://webrtc-internals or getStats on both sides.
      Attempt 1, #13 by ANN: BOB answered at #17, T later; candidates: 2 from ANN, 2 from BOB. [PublishRequested, PublishRequested]"
    `);
  });

  test("complete, with STUN and without TURN, and with both", async () => {
    const story = (types: ReadonlyArray<string>) =>
      recorded(async (connect) => {
        const [ann, bob] = await met(connect);
        await does(ann, offer(), ...types.map((type) => candidate("ann", "bob", type)));
        await does(bob, answer(), ...types.map((type) => candidate("bob", "ann", type)));
      });
    expect(
      explained(await story(["host", "srflx"]))
        .split("\n")
        .at(-1),
    ).toMatchInlineSnapshot(
      `"Attempt 1, #13 by ANN: BOB answered at #17, T later; candidates: 2 from ANN, 2 from BOB. [PublishRequested, PublishRequested]"`,
    );
    expect(
      explained(await story(["host", "srflx", "relay"]))
        .split("\n")
        .at(-1),
    ).toMatchInlineSnapshot(
      `"Attempt 1, #13 by ANN: BOB answered at #18, T later; candidates: 3 from ANN, 3 from BOB. [PublishRequested, PublishRequested]"`,
    );
  });

  test("complete, as far as a recording without texts can tell", async () => {
    const moments = await recorded(
      async (connect) => {
        const [ann, bob] = await met(connect);
        await does(ann, offer());
        await does(bob, answer());
      },
      { RECORD_PAYLOADS: "none" },
    );
    expect(explained(moments)).toMatchInlineSnapshot(`
      "Signalling was complete. Whether ICE then connected the two is not in the recording. Candidates may have been in texts that were not recorded. [PublishRequested, PublishRequested]
      Next: if the call did not connect, compare the candidate types in both browsers (about:webrtc, chrome://webrtc-internals). This recording kept too little of the texts; RECORD_PAYLOADS=redacted, the default, keeps the types and disguised addresses.
      Attempt 1, #13 by ANN (ann): BOB (bob) answered at #15, T later. [PublishRequested, PublishRequested]"
    `);
  });

  test("complete, after an offer that nobody got, and before one went", async () => {
    const moments = await recorded(async (connect) => {
      const ann = await connect();
      await does(ann, subscribe(signaling), create(), joins("ann"), offer());
      const bob = await connect();
      await does(bob, subscribe(signaling), joins("bob"));
      await does(ann, offer(), candidate());
      await does(bob, answer(), candidate("bob", "ann"));
      await leaves(bob, ann);
    });
    expect(explained(moments)).toMatchInlineSnapshot(`
      "Signalling was complete in the last attempt. Whether ICE then connected the two is not in the recording. Both offered A, so they are probably on one machine or network (two networks can use the same private addresses): ANN (ann) offered 1 host candidate: IPv4 A (UDP); BOB (bob) offered 1 host candidate: IPv4 A (UDP). [PublishRequested, PublishRequested, PublishRequested, PublishRequested]
      Next: if the call did not connect, check what blocks traffic on that machine or network (a firewall, a VPN, a guest network that isolates its clients) and the permissions for camera and microphone, then the candidate pairs in chrome://webrtc-internals or getStats on both sides.
      Attempt 1, #6 by ANN: the offer did not reach its recipient. [PublishRequested]
      Attempt 2, #12 by ANN: BOB answered at #15, T later; candidates: 1 from ANN, 1 from BOB. [PublishRequested, PublishRequested]
      Earlier: The webrtc-offer #6 of ANN reached nobody: BOB was not connected; it connected at #8, T later. [PublishRequested, ClientConnected]"
    `);
  });
});
