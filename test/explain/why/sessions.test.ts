import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import type { Running } from "../../../adapters/server/serve.js";
import { type Asked, type Caller, callerOf, changed, got } from "../../support/v1.js";
import { explained, type Moments, recorded, secret } from "./story.js";

const room = "standup";
const offer = (n: number, to: Caller) => signal("offer", n, to, { type: "offer", sdp: secret });
const answer = (n: number, to: Caller) => signal("answer", n, to, { type: "answer", sdp: secret });
const candidate = (n: number, to: Caller, address = "203.0.113.9") =>
  signal("candidate", n, to, { candidate: `candidate:1 1 udp 2113937151 ${address} 49188 typ host`, sdpMid: "0" });
const signal = (kind: string, negotiation: number, { welcome }: Caller, data: object): Asked => ({
  type: "signal",
  room,
  to: welcome.user,
  kind,
  negotiation,
  data,
});

/** Ann and Bob are in a room, which is Ann's. */
const met = async (server: Running, policy: object = {}): Promise<readonly [Caller, Caller]> => {
  const [ann, bob] = [await callerOf(server, { name: "Ann" }), await callerOf(server, { name: "Bob" })];
  await ann.ask({ type: "join", room, create: { name: "Stand-up", policy } });
  await bob.ask({ type: "join", room });
  return [ann, bob];
};

const never = (): never => {
  throw new Error("there are two");
};

/** The socket of the one is lost, and the other has been told. */
const drops = async (lost: Caller, other: Caller): Promise<void> => {
  lost.ws.terminate();
  await changed(other, room, { change: "away", user: lost.welcome.user });
};

const comesBack = (server: Running, { welcome, seen }: Caller): Promise<Caller> =>
  callerOf(server, { ticket: welcome.ticket, seen: seen() });

const between = (moments: Moments): string => explained(moments, "Ann", "Bob");

describe("sessions", () => {
  test("an offer that was kept, and delivered to whoever came back", async () => {
    const moments = await recorded(async (_, server) => {
      const [ann, bob] = await met(server);
      await drops(bob, ann);
      await ann.ask(offer(1, bob));
      await ann.ask(candidate(1, bob));
      const back = await comesBack(server, bob);
      await got(back, "signal", { kind: "candidate" });
      await back.ask(answer(1, ann));
      await back.ask(candidate(1, ann, "203.0.113.77"));
    });
    expect(between(moments)).toMatchInlineSnapshot(`
      "Signalling was complete. Whether ICE then connected the two is not in the recording. Neither has an address from a STUN or TURN server (srflx, relay): Ann (~) offered 1 host candidate: IPv4 A (UDP), not offered by anybody else in the recording; Bob (~) offered 1 host candidate: IPv4 A (UDP), not offered by anybody else in the recording. [SignalRequested, SignalRequested, SignalRequested, SignalRequested]
      Next: if the call did not connect, check where the two are: host candidates alone connect only within one network. Across networks, set STUN_SERVERS, and use a TURN server if that is not enough; within one network, look for a firewall.
      Bob was away from #6 to #9; Ann's offer #7 and candidate #8 were kept and delivered when Bob came back. [ClientDisconnected, SignalRequested, SignalRequested, ClientConnected]
      Attempt 1, #7 by Ann: Bob answered at #10, T later; candidates: 1 from Ann, 1 from Bob. [SignalRequested, SignalRequested]"
    `);
  });

  test("an offer that was kept, and lost with the session", async () => {
    const moments = await recorded(
      async (_, server) => {
        const [ann, bob] = await met(server);
        await drops(bob, ann);
        await ann.ask(offer(1, bob));
        await changed(ann, room, { change: "lost", user: bob.welcome.user });
      },
      { SESSION_GRACE_MS: "150" },
    );
    // The clock may have ticked before.
    expect(
      between(moments).replace(/ended at #\d+|lost at #\d+/g, (text) => text.replace(/\d+/, "T")),
    ).toMatchInlineSnapshot(`
      "The offer #7 of Ann (~) reached nobody: Bob (~) was away since #6, did not come back within the grace, and the session ended at #T: what was kept for it is lost. [SignalRequested, ClientDisconnected, ClockTicked]
      Next: let Ann call again once Bob is back. To fix it, a page should call again when somebody who was lost joins again. If people are often away for longer than the grace, it can be longer (SESSION_GRACE_MS). [SignalRequested]
      Bob was away from #6 on and never came back: the session was lost at #T, when the grace was over; Ann's offer #7 was kept, and was lost. [ClientDisconnected, SignalRequested, ClockTicked]"
    `);
  });

  test("an offer that was kept, where the recording ends", async () => {
    const moments = await recorded(async (_, server) => {
      const [ann, bob] = await met(server);
      await drops(bob, ann);
      await ann.ask(offer(1, bob));
    });
    expect(between(moments)).toMatchInlineSnapshot(`
      "The offer #7 of Ann (~) reached nobody: Bob (~) was away since #6, and had not come back when the recording ended: it was kept, and never delivered. [SignalRequested, ClientDisconnected]
      Next: let Ann call again once Bob is back. To fix it, a page should call again when somebody who was lost joins again. If people are often away for longer than the grace, it can be longer (SESSION_GRACE_MS). [SignalRequested]
      Bob was away from #6 on, to the end of the recording; Ann's offer #7 was kept, and was never delivered. [ClientDisconnected, SignalRequested]"
    `);
  });

  test("what had been sent, and was sent again; the call goes on over another socket", async () => {
    const moments = await recorded(async (_, server) => {
      const [ann, bob] = await met(server);
      const before = bob.seen();
      await ann.ask(offer(1, bob));
      await ann.ask(candidate(1, bob));
      await drops(bob, ann);
      const back = await callerOf(server, { ticket: bob.welcome.ticket, seen: before });
      await ann.ask(candidate(1, bob));
      await back.ask(answer(1, ann));
      await back.ask(candidate(1, ann));
    });
    expect(between(moments)).toMatchInlineSnapshot(`
      "Signalling was complete. Whether ICE then connected the two is not in the recording. Both offered A, so they are probably on one machine or network (two networks can use the same private addresses): Ann (~) offered 2 host candidates, all at IPv4 A (UDP); Bob (~) offered 1 host candidate: IPv4 A (UDP). [SignalRequested, SignalRequested, SignalRequested, SignalRequested]
      Next: if the call did not connect, check what blocks traffic on that machine or network (a firewall, a VPN, a guest network that isolates its clients) and the permissions for camera and microphone, then the candidate pairs in chrome://webrtc-internals or getStats on both sides.
      Bob was away from #8 to #9; Ann's offer #6 and candidate #7, sent before, were sent again, in case Bob had not got them. [ClientDisconnected, SignalRequested, SignalRequested, ClientConnected]
      Attempt 1, #6 by Ann: Bob answered at #11, T later; candidates: 2 from Ann, 1 from Bob. [SignalRequested, SignalRequested]"
    `);
  });

  test("an answer to an offer that a later one has replaced", async () => {
    const moments = await recorded(async (_, server) => {
      const [ann, bob] = await met(server);
      await ann.ask(offer(1, bob));
      await ann.ask(offer(2, bob));
      await bob.ask(answer(1, ann));
    });
    expect(between(moments)).toMatchInlineSnapshot(`
      "answer (standup) of Bob (~) for Ann (~) was refused at #8 with stale: it belonged to negotiation 1, and the latest of the two is 2. Bob's page was told so, and nothing of it reached Ann. [SignalRequested]
      The offers #6, #7 of Ann got no answer. They were delivered to socket 2 of Bob. Bob was heard again at #8, T later. [SignalRequested, SignalRequested, SignalRequested]
      Next: find out why Ann offered again before it had an answer: it should wait, or number its offers and drop answers to older ones.
      Attempt 1, #6 by Ann: no answer. [SignalRequested]
      Attempt 2, #7 by Ann: no answer. [SignalRequested]"
    `);
  });

  test("offers that crossed, and nobody gave way", async () => {
    const moments = await recorded(async (_, server) => {
      const [low = never(), high = never()] = [...(await met(server))].sort((a, b) =>
        a.welcome.user < b.welcome.user ? -1 : 1,
      );
      await low.ask(offer(1, high));
      await high.ask(offer(2, low));
    });
    const [, first = "", second = ""] = /by (Ann|Bob).* by (Ann|Bob)/.exec(between(moments)) ?? [];
    expect(between(moments).replaceAll(first, "First").replaceAll(second, "Second")).toMatchInlineSnapshot(`
      "Glare: the offers #6 by First (~) and #7 by Second (~) crossed, T apart, and neither was answered: each side waits for the other. The server told both that they had crossed, and that Second is the polite side, who gives way and answers. This is a signalling problem, not one of ICE or media. [SignalRequested, SignalRequested]
      Next: for now, let one of the two call again. To fix it, use perfect negotiation (one side is polite and rolls back its offer, the other ignores the offer that crossed), or let only one side ever offer."
    `);
  });
});

describe("doors", () => {
  const lobby = { lobby: true };

  test("a knock that nobody answered", async () => {
    const moments = await recorded(
      async (_, server) => {
        const [, bob] = await met(server, lobby);
        await got(bob, "denied");
      },
      { KNOCK_MS: "1000" },
    );
    expect(between(moments).replace(/expired at #\d+/, "expired at #T")).toMatchInlineSnapshot(`
      "Bob (~) knocked at the door of Stand-up (standup) at #5, and nobody ever answered; the knock expired at #T. [JoinRequested, ClockTicked]
      They were never in the same room at the same time: Ann (~) joined Stand-up (standup) at #4; Bob joined none. [JoinRequested]
      Ann and Bob never sent each other an offer.
      Next: fix the first of these; the others may follow from it."
    `);
  });

  test("a knock that was denied", async () => {
    const moments = await recorded(async (_, server) => {
      const [ann, bob] = await met(server, lobby);
      await ann.ask({ type: "deny", room, user: bob.welcome.user });
    });
    expect(between(moments)).toMatchInlineSnapshot(`
      "Bob (~) knocked at the door of Stand-up (standup) at #5 and was denied at #6 by Ann (~). [JoinRequested, DenyRequested]
      They were never in the same room at the same time: Ann joined Stand-up (standup) at #4; Bob joined none. [JoinRequested]
      Ann and Bob never sent each other an offer.
      Next: fix the first of these; the others may follow from it."
    `);
  });

  test("a knock that was admitted, and nobody came", async () => {
    const moments = await recorded(async (_, server) => {
      const [ann, bob] = await met(server, lobby);
      await ann.ask({ type: "admit", room, user: bob.welcome.user });
      await pause(5);
    });
    expect(between(moments)).toMatchInlineSnapshot(`
      "Bob (~) knocked at the door of Stand-up (standup) at #5 and was admitted at #6 by Ann (~), but never joined: who is admitted must join once more. [JoinRequested, AdmitRequested]
      They were never in the same room at the same time: Ann joined Stand-up (standup) at #4; Bob joined none. [JoinRequested]
      Ann and Bob never sent each other an offer.
      Next: fix the first of these; the others may follow from it."
    `);
  });

  test("somebody who was banned, and tried to come back", async () => {
    const moments = await recorded(async (_, server) => {
      const [ann, bob] = await met(server);
      await ann.ask({ type: "remove", room, user: bob.welcome.user, banMs: 60_000 });
      await ann.ask(offer(1, bob));
      await bob.ask({ type: "join", room });
    });
    expect(between(moments)).toMatchInlineSnapshot(`
      "Bob (~) was banned from Stand-up (standup) at #6 by Ann (~), could not come back before C, and did not. [RemoveRequested]
      offer (standup) of Ann for Bob was refused at #7 with no-such-participant: nobody of that id was in the room, other than the sender. [SignalRequested]
      join (standup) of Bob was refused at #8 with banned: the user had been banned, and could not come back yet. [JoinRequested]
      Ann and Bob never sent each other an offer.
      The first to leave was Bob, who was banned from room Stand-up (standup) at #6. [RemoveRequested]
      Next: fix the first of these; the others may follow from it."
    `);
  });
});
