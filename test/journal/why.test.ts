import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import * as Path from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { openJournal } from "../../adapters/journal/read.js";
import { run } from "../../adapters/journal/session.js";
import { why } from "../../adapters/journal/why.js";
import type { Moment, Recorded } from "../../core/index.js";
import { type Peer, peerOf, rooms, serverWith, settled, subscribe } from "../support/net.js";

const signaling = "webrtc-signaling";
const access = "webrtc-dashboard-access";

type Moments = ReadonlyArray<Moment<Recorded>>;

/** What a server recorded while a story happened on real sockets. */
const recorded = async (
  story: (connect: () => Promise<Peer>) => Promise<void>,
  env: Readonly<Record<string, string>> = {},
): Promise<Moments> => {
  const folder = mkdtempSync(Path.join(tmpdir(), "signalbox-why-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = Path.join(folder, "journal.ndjson");
  const server = await serverWith({ RECORD: file, ...env });
  await story(() => peerOf(server));
  await server.stop();
  const moments: Moment<Recorded>[] = [];
  run(openJournal([file]), {
    visit: (moment) => {
      moments.push(moment);
      return true;
    },
  });
  return moments;
};

/** The answer, a line a finding; times are not the same twice. */
const told = (moments: Moments, a = "ann", b = "bob"): string =>
  why(moments, a, b)
    .map(({ events, sentence }) => {
      const kinds = events.map((n) => moments[n - 1]?.event.kind ?? "nothing");
      for (const [, n] of sentence.matchAll(/#(\d+)/g)) expect(events, sentence).toContain(Number(n));
      return `${sentence.replace(/\d+ ms|\d+\.\d s/g, "T")}${kinds.length === 0 ? "" : ` [${kinds.join(", ")}]`}`;
    })
    .join("\n");

/** Says it, and waits until the server has seen to it. */
const does = async (peer: Peer, ...messages: ReadonlyArray<object>): Promise<void> => {
  peer.say(...messages);
  await settled(peer);
};

/** The server learns of it by its own event, whose arrival another client can see. */
const leaves = async (peer: Peer, witness: Peer): Promise<void> => {
  await witness.heard();
  peer.ws.close(1001);
  await peer.closed;
  await settled(witness);
};

const secret = "v=0\r\no=- 1 2 IN IP4 203.0.113.9\r\na=ice-pwd:verysecretpassword\r\n";
const signal = (type: string, from: string, to: string, more: object = {}): object => ({
  type,
  channel: signaling,
  data: { fromUserId: from, toUserId: to, ...more },
});
const offer = (from = "ann", to = "bob", more: object = {}) =>
  signal("webrtc-offer", from, to, { offer: { type: "offer", sdp: secret }, ...more });
const answer = (from = "bob", to = "ann", more: object = {}) =>
  signal("webrtc-answer", from, to, { answer: { type: "answer", sdp: secret }, ...more });
const candidate = (from = "ann", to = "bob", type = "host") =>
  signal("webrtc-ice", from, to, {
    candidate: { candidate: `candidate:1 1 udp 2113937151 203.0.113.9 49188 typ ${type} generation 0` },
  });
const joins = (user: string, room = "r1") => ({
  type: "user-joined-room",
  channel: rooms,
  data: { roomId: room, userId: user, userName: user.toUpperCase() },
});
const create = (id = "r1") => ({ type: "room-created", channel: rooms, data: { id, name: "Room" } });
const request = (type: string, from: string, to: string) => ({
  type,
  channel: access,
  data: { roomId: "r1", fromUserId: from, toUserId: to },
});

/** Ann is in a room of her own and listens on these channels; Bob has only connected. */
const hosted = async (
  connect: () => Promise<Peer>,
  ...channels: ReadonlyArray<string>
): Promise<readonly [Peer, Peer]> => {
  const [ann, bob] = [await connect(), await connect()];
  await does(ann, ...channels.map(subscribe), create(), joins("ann"));
  return [ann, bob];
};

/** Two who met in a room, each with one socket. */
const met = async (connect: () => Promise<Peer>): Promise<readonly [Peer, Peer]> => {
  const [ann, bob] = await hosted(connect, rooms, signaling);
  await does(bob, subscribe(), subscribe(signaling), joins("bob"));
  return [ann, bob];
};

describe("who was there", () => {
  test("somebody whom the recording does not know", async () => {
    const moments = await recorded(async (connect) => {
      await met(connect);
    });
    expect(told(moments, "ann", "carol")).toMatchInlineSnapshot(`
      "carol was never seen in this recording, neither as an id nor as a name; those who were: ANN (ann), BOB (bob).
      Next: Ask again with ids as they stand in the recording: the ladder shows who was there."
    `);
  });

  test("a name of two", async () => {
    const moments = await recorded(async (connect) => {
      const [ann] = await met(connect);
      const other = { type: "user-joined-room", data: { roomId: "r1", userId: "bob-2", userName: "BOB" } };
      await does(ann, other);
    });
    expect(told(moments, "ANN", "BOB")).toMatchInlineSnapshot(`
      "BOB is the name of 2 users: BOB (bob), BOB (bob-2); name one by id.
      Next: Ask again with ids as they stand in the recording: the ladder shows who was there."
    `);
  });

  test("somebody who was only ever named", async () => {
    const moments = await recorded(async (connect) => {
      const [ann, cy] = await met(connect);
      await does(cy, joins("cy"));
      await does(ann, offer("ann", "zoe"));
    });
    expect(told(moments, "ann", "zoe")).toMatchInlineSnapshot(`
      "The webrtc-offer #15 of ann went to nobody: no socket ever joined or published as zoe; it was kept from socket 2 (known to act for bob, since #11, cy, since #13). [MessagePublished, UserJoinedRoom, UserJoinedRoom]
      Next: look at zoe's page around #15: it must be connected, subscribed to webrtc-signaling and known by this very id before ann offers, or ann must offer again when it comes. [MessagePublished]"
    `);
  });

  test("not connected yet when the offer came", async () => {
    const moments = await recorded(async (connect) => {
      const ann = await connect();
      await does(ann, subscribe(signaling), create(), joins("ann"), offer());
      const bob = await connect();
      await does(bob, subscribe(signaling), joins("bob"));
    });
    expect(told(moments)).toMatchInlineSnapshot(`
      "The webrtc-offer #6 of ann went to nobody: bob was not connected then: it connected at #8, T later. [MessagePublished, ClientConnected]
      Next: look at bob's page around #6: it must be connected, subscribed to webrtc-signaling and known by this very id before ann offers, or ann must offer again when it comes. [MessagePublished]"
    `);
  });

  test("gone already when the offer came", async () => {
    const moments = await recorded(async (connect) => {
      const [ann, bob] = await met(connect);
      await leaves(bob, ann);
      await does(ann, offer());
    });
    expect(told(moments)).toMatchInlineSnapshot(`
      "The webrtc-offer #16 of ann went to nobody: bob was not connected then: it had disconnected at #14, T before (close code 1001: the page went away). [MessagePublished, ClientDisconnected]
      The first to go was bob, who left room r1 by disconnecting at #14, T after the start. [ClientDisconnected]
      Next: look at bob's page around #16: it must be connected, subscribed to webrtc-signaling and known by this very id before ann offers, or ann must offer again when it comes. [MessagePublished]"
    `);
  });

  test("never in one room", async () => {
    const moments = await recorded(async (connect) => {
      const [, bob] = await hosted(connect);
      await does(bob, create("r2"), joins("bob", "r2"));
    });
    expect(told(moments)).toMatchInlineSnapshot(`
      "They were never in one room at the same time: ann joined r1 at #5, bob joined r2 at #8. [UserJoinedRoom, UserJoinedRoom]
      ann never sent an offer to bob, nor the other way round.
      Next: mend the first of these; the rest may follow from it."
    `);
  });
});

describe("where the offer went", () => {
  test("connected, and subscribed too late", async () => {
    const moments = await recorded(async (connect) => {
      const [ann, bob] = await hosted(connect, signaling);
      await does(bob, subscribe(), joins("bob"));
      await does(ann, offer());
      await does(bob, subscribe(signaling));
    });
    expect(told(moments)).toMatchInlineSnapshot(`
      "The webrtc-offer #11 of ann went to nobody: bob was connected (socket 2) but not subscribed to webrtc-signaling, only to webrtc-dashboard-rooms; it subscribed at #13, T later. [MessagePublished, ChannelSubscribed]
      Next: look at bob's page around #11: it must be connected, subscribed to webrtc-signaling and known by this very id before ann offers, or ann must offer again when it comes. [MessagePublished]"
    `);
  });

  test("subscribed to a channel of another name", async () => {
    const moments = await recorded(async (connect) => {
      const [ann, bob] = await hosted(connect, signaling);
      await does(bob, subscribe("webrtc-signalling"), joins("bob"));
      await does(ann, offer());
    });
    expect(told(moments)).toMatchInlineSnapshot(`
      "The webrtc-offer #11 of ann went to nobody: bob was connected (socket 2) but not subscribed to webrtc-signaling, only to webrtc-signalling, and never subscribed to it. [MessagePublished]
      Next: look at bob's page around #11: it must be connected, subscribed to webrtc-signaling and known by this very id before ann offers, or ann must offer again when it comes. [MessagePublished]"
    `);
  });

  test("unsubscribed before", async () => {
    const moments = await recorded(async (connect) => {
      const [ann, bob] = await met(connect);
      await does(bob, { type: "unsubscribe", channel: signaling });
      await does(ann, offer());
    });
    expect(told(moments)).toMatchInlineSnapshot(`
      "The webrtc-offer #15 of ann went to nobody: bob was connected (socket 2) but not subscribed to webrtc-signaling, only to webrtc-dashboard-rooms; it had unsubscribed at #13, and never subscribed to it again. [MessagePublished, ChannelUnsubscribed]
      Next: look at bob's page around #15: it must be connected, subscribed to webrtc-signaling and known by this very id before ann offers, or ann must offer again when it comes. [MessagePublished]"
    `);
  });

  test("kept from a socket that was known to act for somebody else", async () => {
    const moments = await recorded(async (connect) => {
      const [ann, bob] = await hosted(connect, signaling);
      await does(bob, subscribe(signaling), joins("bob-of-yesterday"));
      await does(ann, offer());
      await does(bob, joins("bob"));
    });
    expect(told(moments)).toMatchInlineSnapshot(`
      "The webrtc-offer #11 of ann went to nobody: it was kept from bob's socket 2 (known to act for bob-of-yesterday, since #9), because a message to one user is not sent to those known to act for somebody else only; that it acts for bob too came out at #13. [MessagePublished, UserJoinedRoom, UserJoinedRoom]
      Next: look at bob's page around #11: it must be connected, subscribed to webrtc-signaling and known by this very id before ann offers, or ann must offer again when it comes. [MessagePublished]"
    `);
  });

  test("kept from everybody, for an id that nobody has", async () => {
    const moments = await recorded(async (connect) => {
      const [ann] = await met(connect);
      await does(ann, offer("ann", "Bob"));
    });
    expect(told(moments, "ann", "Bob")).toMatchInlineSnapshot(`
      "The webrtc-offer #13 of ann went to nobody: no socket ever joined or published as Bob; it was kept from socket 2 (known to act for bob, since #11). [MessagePublished, UserJoinedRoom]
      Next: look at Bob's page around #13: it must be connected, subscribed to webrtc-signaling and known by this very id before ann offers, or ann must offer again when it comes. [MessagePublished]"
    `);
    expect(told(moments, "ann", "bob")).toMatchInlineSnapshot(`
      "ann never sent an offer to bob: its offers (#13) were for Bob. [MessagePublished]
      Next: compare the ids: ann's page offers to ids that are not the one of bob, bob."
    `);
  });

  test("refused, for want of a channel", async () => {
    const moments = await recorded(async (connect) => {
      const [ann] = await met(connect);
      await does(ann, { type: "webrtc-offer", data: { fromUserId: "ann", toUserId: "bob" } });
    });
    expect(told(moments)).toMatchInlineSnapshot(`
      "Refused at #13: webrtc-offer of ann, no-channel; the message named no channel, so it was relayed to nobody. [FrameRefused]
      ann never sent an offer to bob, nor the other way round.
      Next: mend the first of these; the rest may follow from it."
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
    expect(told(moments)).toMatchInlineSnapshot(`
      "Refused at #10, #11, #12: webrtc-offer (webrtc-signaling) of ann, rate-limited, 3 times; the client sent more than its rate, and nothing of that was relayed. [MessagePublished, MessagePublished, MessagePublished]
      The webrtc-offer #9 of ann went to nobody: no socket ever joined or published as bob. [MessagePublished]
      Its earlier offers (#8) did not arrive either, for the same reason. [MessagePublished]
      Next: look at bob's page around #9: it must be connected, subscribed to webrtc-signaling and known by this very id before ann offers, or ann must offer again when it comes. [MessagePublished]"
    `);
  });
});

describe("what became of the answer", () => {
  test("none was sent", async () => {
    const moments = await recorded(async (connect) => {
      const [ann] = await met(connect);
      await does(ann, offer(), candidate());
    });
    expect(told(moments)).toMatchInlineSnapshot(`
      "No answer was sent to the offer #13 of ann: bob got it on socket 2. [MessagePublished]
      Next: look at bob's browser console after #13: the message was handed to its socket, so the page did not read it, failed in setRemoteDescription, or waits (for a camera, a click, an approval). [MessagePublished]"
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
    expect(told(moments)).toMatchInlineSnapshot(`
      "No answer was sent to the offer #14 of ann: it went to socket 3, which never told whom it acts for and may be bob's. [MessagePublished]
      Next: look at bob's browser console after #14: the message was handed to its socket, so the page did not read it, failed in setRemoteDescription, or waits (for a camera, a click, an approval). [MessagePublished]"
    `);
  });

  test("none was sent: gone", async () => {
    const moments = await recorded(async (connect) => {
      const [ann, bob] = await met(connect);
      await does(ann, offer());
      await leaves(bob, ann);
    });
    expect(told(moments)).toMatchInlineSnapshot(`
      "No answer was sent to the offer #13 of ann: bob got it on socket 2, and was gone at #16, T later (close code 1001). [MessagePublished, ClientDisconnected]
      The first to go was bob, who left room r1 by disconnecting at #16, T after the start. [ClientDisconnected]
      Next: look at why bob went at #16, before it had answered: a reload, a crash, or the network. [ClientDisconnected]"
    `);
  });

  test("sent to somebody else", async () => {
    const moments = await recorded(async (connect) => {
      const [ann, bob] = await met(connect);
      await does(ann, offer());
      await does(bob, answer("bob", "ann-of-yesterday"));
    });
    expect(told(moments)).toMatchInlineSnapshot(`
      "No answer was sent to the offer #13 of ann: bob got it on socket 2. [MessagePublished]
      bob did send answers (#15), but to ann-of-yesterday and not to ann. [MessagePublished]
      Next: look at where bob's page takes the id from that it answers to."
    `);
  });

  test("sent when the one who had offered was gone", async () => {
    const moments = await recorded(async (connect) => {
      const [ann, bob] = await met(connect);
      await does(ann, offer());
      await leaves(ann, bob);
      await does(bob, answer());
    });
    expect(told(moments)).toMatchInlineSnapshot(`
      "bob got the offer #13 and answered at #18, T later, but the answer did not arrive. [MessagePublished, MessagePublished]
      The webrtc-answer #18 of bob went to nobody: ann was not connected then: it had disconnected at #16, T before (close code 1001: the page went away). [MessagePublished, ClientDisconnected]
      The first to go was ann, who left room r1 by disconnecting at #16, T after the start. [ClientDisconnected]
      Next: look at ann's page around #18: why was it not there, or not subscribed, for the answer to its own offer? [MessagePublished]"
    `);
  });

  test("sent to one who offers without being subscribed", async () => {
    const moments = await recorded(async (connect) => {
      const [ann, bob] = await hosted(connect, rooms);
      await does(bob, subscribe(signaling), joins("bob"));
      await does(ann, offer());
      await does(bob, answer());
    });
    expect(told(moments)).toMatchInlineSnapshot(`
      "bob got the offer #11 and answered at #13, T later, but the answer did not arrive. [MessagePublished, MessagePublished]
      The webrtc-answer #13 of bob went to nobody: ann was connected (socket 1) but not subscribed to webrtc-signaling, only to webrtc-dashboard-rooms, and never subscribed to it. [MessagePublished]
      Next: look at ann's page around #13: why was it not there, or not subscribed, for the answer to its own offer? [MessagePublished]"
    `);
  });

  test("late, to an older offer", async () => {
    const moments = await recorded(async (connect) => {
      const [ann, bob] = await met(connect);
      await does(ann, offer());
      await does(ann, offer());
      await does(bob, answer());
    });
    expect(told(moments)).toMatchInlineSnapshot(`
      "The offer #15 of ann got no answer of its own: bob got it on socket 2, and the answer #17 that followed belongs to an older offer. [MessagePublished, MessagePublished]
      The answer #17 of bob is late: it is to the offer #13, and ann had sent a newer one, #15, T before; a page that has moved on cannot use it. [MessagePublished, MessagePublished, MessagePublished]
      Next: look at why ann offered again before it had an answer: it should wait for it, or number its offers and drop answers to older ones."
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
    expect(told(moments)).toMatch(/^Signalling was complete/);
  });

  test("both offered at once, and nobody gave way", async () => {
    const moments = await recorded(async (connect) => {
      const [ann, bob] = await met(connect);
      await does(ann, offer());
      await does(bob, offer("bob", "ann"));
    });
    expect(told(moments)).toMatchInlineSnapshot(`
      "Both offered at once (glare): #13 by ann and #15 by bob crossed, T apart, and neither was answered: each side waits for the other, and one of them has to give way (the polite peer of perfect negotiation). [MessagePublished, MessagePublished]
      No answer was sent to the offer #15 of bob: ann got it on socket 1. [MessagePublished]
      Next: look at how both pages decide who offers: one fixed side (by order of ids, or the newcomer) or perfect negotiation."
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
    expect(told(moments)).toMatchInlineSnapshot(`
      "Signalling was complete: offer #13 by ann and answer #17 by bob both arrived, and so did the candidates (1 from ann, 1 from bob). The trouble is ICE or media, not here. [MessagePublished, MessagePublished, MessagePublished, MessagePublished]
      Candidates of ann by type: 1 host: only host candidates, so it used no STUN server or did not reach it. [MessagePublished]
      Candidates of bob by type: 1 host: only host candidates, so it used no STUN server or did not reach it. [MessagePublished]
      Both offered at once (glare): #13 by ann and #15 by bob crossed, T apart, and bob gave way and answered at #17. [MessagePublished, MessagePublished, MessagePublished]
      Next: check STUN_SERVERS and whether UDP to it is let through: host candidates alone connect only within one network; then TURN."
    `);
  });
});

describe("candidates", () => {
  test("came before their offer", async () => {
    const moments = await recorded(async (connect) => {
      const [ann, bob] = await met(connect);
      await does(ann, candidate(), candidate(), offer());
      await does(bob, answer(), candidate("bob", "ann"));
    });
    expect(told(moments)).toMatchInlineSnapshot(`
      "Candidates of ann (#13, #14) arrived before the offer or answer they belong to, the offer came at #15: a page that does not keep them for later loses them. [MessagePublished, MessagePublished, MessagePublished]
      Signalling was complete: offer #15 by ann and answer #17 by bob both arrived, and so did the candidates (2 from ann, 1 from bob). The trouble is ICE or media, not here. [MessagePublished, MessagePublished, MessagePublished, MessagePublished]
      Candidates of ann by type: 2 host: only host candidates, so it used no STUN server or did not reach it. [MessagePublished]
      Candidates of bob by type: 1 host: only host candidates, so it used no STUN server or did not reach it. [MessagePublished]
      Next: check STUN_SERVERS and whether UDP to it is let through: host candidates alone connect only within one network; then TURN."
    `);
  });

  test("none from one side", async () => {
    const moments = await recorded(async (connect) => {
      const [ann, bob] = await met(connect);
      await does(ann, offer());
      await does(bob, answer(), candidate("bob", "ann"));
    });
    expect(told(moments)).toMatchInlineSnapshot(`
      "ann sent no ICE candidates, neither as messages nor in its description.
      Otherwise signalling is well: offer #13 by ann and answer #15 by bob both arrived. [MessagePublished, MessagePublished]
      Next: look at how the pages send candidates: each must go to the other as it is found, or stand in the description."
    `);
  });

  test("complete, with host candidates only", async () => {
    const moments = await recorded(async (connect) => {
      const [ann, bob] = await met(connect);
      await does(ann, offer(), candidate(), candidate());
      await does(bob, answer(), candidate("bob", "ann"), candidate("bob", "ann", "srflx"));
    });
    expect(told(moments)).toMatchInlineSnapshot(`
      "Signalling was complete: offer #13 by ann and answer #17 by bob both arrived, and so did the candidates (2 from ann, 2 from bob). The trouble is ICE or media, not here. [MessagePublished, MessagePublished, MessagePublished, MessagePublished]
      Candidates of ann by type: 2 host: only host candidates, so it used no STUN server or did not reach it. [MessagePublished]
      Candidates of bob by type: 1 host, 1 srflx. [MessagePublished]
      Next: check STUN_SERVERS and whether UDP to it is let through: host candidates alone connect only within one network; then TURN."
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
      told(await story(["host", "srflx"]))
        .split("\n")
        .at(-1),
    ).toMatchInlineSnapshot(
      `"Next: try a TURN server: neither side has a relay candidate, so two strict NATs or a firewall keep them apart; then chrome://webrtc-internals."`,
    );
    expect(
      told(await story(["host", "srflx", "relay"]))
        .split("\n")
        .at(-1),
    ).toMatchInlineSnapshot(
      `"Next: look at the candidate pairs and at the media in chrome://webrtc-internals on both sides: STUN and TURN were there."`,
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
    expect(told(moments)).toMatchInlineSnapshot(`
      "Signalling was complete: offer #13 by ann and answer #15 by bob both arrived; there may have been candidates in their texts, which were not recorded. The trouble is ICE or media, not here. [MessagePublished, MessagePublished]
      Next: compare the candidates' types in both browsers (about:webrtc, chrome://webrtc-internals); the recording holds too little of the texts to tell (RECORD_PAYLOADS=redacted keeps the types)."
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
    expect(told(moments)).toMatchInlineSnapshot(`
      "Signalling was complete: offer #12 by ann and answer #15 by bob both arrived, and so did the candidates (1 from ann, 1 from bob). The trouble is ICE or media, not here. [MessagePublished, MessagePublished, MessagePublished, MessagePublished]
      Candidates of ann by type: 1 host: only host candidates, so it used no STUN server or did not reach it. [MessagePublished]
      Candidates of bob by type: 1 host: only host candidates, so it used no STUN server or did not reach it. [MessagePublished]
      Earlier: The webrtc-offer #6 of ann went to nobody: bob was not connected then: it connected at #8, T later. [MessagePublished, ClientConnected]
      The first to go was bob, who left room r1 by disconnecting at #19, T after the start. [ClientDisconnected]
      Next: check STUN_SERVERS and whether UDP to it is let through: host candidates alone connect only within one network; then TURN."
    `);
  });
});

describe("the door", () => {
  test("a room that is not there", async () => {
    const moments = await recorded(async (connect) => {
      const [, bob] = await hosted(connect, rooms);
      await does(bob, subscribe(), joins("bob", "r7"));
    });
    expect(told(moments)).toMatchInlineSnapshot(`
      "Refused at #9: user-joined-room (r7) of bob, room-not-found; the room was not open, or not any more: create it first, and ask for the list after a reconnect. [UserJoinedRoom]
      No socket ever joined or published as bob: it is only known from a refused message.
      They were never in one room at the same time: ann joined r1 at #6, bob joined none. [UserJoinedRoom]
      ann never sent an offer to bob, nor the other way round.
      Next: mend the first of these; the rest may follow from it."
    `);
  });

  test("a room that is full", async () => {
    const moments = await recorded(
      async (connect) => {
        const [, bob] = await hosted(connect, rooms);
        await does(bob, subscribe(), joins("bob"));
      },
      { ROOM_PARTICIPANTS_MAX: "1" },
    );
    expect(told(moments)).toMatchInlineSnapshot(`
      "Refused at #9: user-joined-room (r1) of bob, room-full; the room had all the participants it may have (ROOM_PARTICIPANTS_MAX). [UserJoinedRoom]
      No socket ever joined or published as bob: it is only known from a refused message.
      They were never in one room at the same time: ann joined r1 at #6, bob joined none. [UserJoinedRoom]
      ann never sent an offer to bob, nor the other way round.
      Next: mend the first of these; the rest may follow from it."
    `);
  });

  test("a channel too many", async () => {
    const moments = await recorded(
      async (connect) => {
        const [ann, bob] = await hosted(connect, signaling);
        await does(bob, subscribe(), joins("bob"), subscribe(signaling));
        await does(ann, offer());
      },
      { CLIENT_CHANNELS_MAX: "1" },
    );
    expect(told(moments)).toMatchInlineSnapshot(`
      "Refused at #10: subscribe (webrtc-signaling) of bob, too-many-channels; the client has all the channels it may have, and does not hear this one. [ChannelSubscribed]
      The webrtc-offer #12 of ann went to nobody: bob was connected (socket 2) but not subscribed to webrtc-signaling, only to webrtc-dashboard-rooms, and never subscribed to it. [MessagePublished]
      Next: look at bob's page around #12: it must be connected, subscribed to webrtc-signaling and known by this very id before ann offers, or ann must offer again when it comes. [MessagePublished]"
    `);
  });

  const asked = (type?: string) =>
    recorded(async (connect) => {
      const [ann, bob] = await hosted(connect, access);
      await does(bob, subscribe(access), request("join-request", "bob", "ann"));
      if (type !== undefined) await does(ann, request(type, "ann", "bob"));
    });

  test("a request that was never answered", async () => {
    expect(told(await asked())).toMatchInlineSnapshot(`
      "bob asked to join at #9, and ANN never answered. [MessagePublished]
      They were never in one room at the same time: ann joined r1 at #6, bob joined none. [UserJoinedRoom]
      ann never sent an offer to bob, nor the other way round.
      Next: mend the first of these; the rest may follow from it."
    `);
  });

  test("a request that was rejected", async () => {
    expect(told(await asked("join-rejected"))).toMatchInlineSnapshot(`
      "bob asked to join at #9 and was rejected at #11. [MessagePublished, MessagePublished]
      They were never in one room at the same time: ann joined r1 at #6, bob joined none. [UserJoinedRoom]
      ann never sent an offer to bob, nor the other way round.
      Next: mend the first of these; the rest may follow from it."
    `);
  });

  test("a request that was approved, and nobody came", async () => {
    expect(told(await asked("join-approved"))).toMatchInlineSnapshot(`
      "bob asked to join at #9 and was approved at #11, but never joined. [MessagePublished, MessagePublished]
      They were never in one room at the same time: ann joined r1 at #6, bob joined none. [UserJoinedRoom]
      ann never sent an offer to bob, nor the other way round.
      Next: mend the first of these; the rest may follow from it."
    `);
  });

  test("a request that was taken back", async () => {
    const moments = await recorded(async (connect) => {
      const [, bob] = await hosted(connect, access);
      await does(bob, request("join-request", "bob", "ann"), request("join-withdrawn", "bob", "ann"));
    });
    expect(told(moments)).toMatchInlineSnapshot(`
      "bob asked to join at #8 and took it back at #9. [MessagePublished, MessagePublished]
      They were never in one room at the same time: ann joined r1 at #6, bob joined none. [UserJoinedRoom]
      ann never sent an offer to bob, nor the other way round.
      Next: mend the first of these; the rest may follow from it."
    `);
  });

  test("put out by the host", async () => {
    const moments = await recorded(async (connect) => {
      const [ann] = await met(connect);
      await does(ann, { type: "user-left-room", data: { roomId: "r1", userId: "bob" } });
    });
    expect(told(moments)).toMatchInlineSnapshot(`
      "ann never sent an offer to bob, nor the other way round.
      The first to go was bob, who was removed from room r1 by the host at #13, T after the start. [UserLeftRoom]
      Next: see why neither page called: whether each had the other in its room list when it decided who offers, and whether it waits for an approval, a click or a camera. The server saw nothing to relay between them."
    `);
  });

  test("a request that nobody heard", async () => {
    const moments = await recorded(async (connect) => {
      const [, bob] = await hosted(connect);
      await does(bob, request("join-request", "bob", "ann"));
    });
    expect(told(moments)).toMatchInlineSnapshot(`
      "bob asked to join at #7, and ANN never answered, and the request reached nobody: ANN was not listening on webrtc-dashboard-access. [MessagePublished]
      They were never in one room at the same time: ann joined r1 at #5, bob joined none. [UserJoinedRoom]
      ann never sent an offer to bob, nor the other way round.
      Next: mend the first of these; the rest may follow from it."
    `);
  });
});

test("nothing that a client wrote steers the terminal, and no description is shown", async () => {
  const moments = await recorded(
    async (connect) => {
      const [ann, bob] = [await connect(), await connect()];
      const name = { type: "user-joined-room", data: { roomId: "r1", userId: "ann", userName: "\u202EANN</script>" } };
      await does(ann, create(), name);
      await does(bob, subscribe(), joins("bob"));
      await does(ann, { ...offer(), type: "offer\u001b[31m\r\nroot" });
    },
    { RECORD_PAYLOADS: "full" },
  );
  const text = told(moments, "\u202EANN</script>");
  expect(text).toContain("\\u{202e}ANN</script>");
  expect(text).toContain("offer\\u{1b}[31m\\u{d}\\u{a}root");
  for (const never of ["\u001b", "\r", "\u202E", "verysecretpassword", "203.0.113"]) expect(text).not.toContain(never);
});
