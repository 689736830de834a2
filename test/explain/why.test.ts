import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import * as Path from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { why } from "../../adapters/explain/why.js";
import { openJournal } from "../../adapters/journal/read.js";
import { run } from "../../adapters/journal/verify.js";
import type { Millis, Moment, Recorded } from "../../core/index.js";
import { type Peer, peerOf, rooms, serverWith, settled, subscribe, until } from "../support/net.js";

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

/** The answer, a line a finding; times and disguised addresses are not the same twice. */
const told = (moments: Moments, a = "ann", b = "bob"): string =>
  why({ moments, timings: { pingAfterMs: 5_000, cutAfterMs: 8_000 } }, a, b)
    .map(({ events, sentence }) => {
      const kinds = events.map((n) => moments[n - 1]?.event.kind ?? "nothing");
      for (const [, n] of sentence.matchAll(/#(\d+)/g)) expect(events, sentence).toContain(Number(n));
      return `${sentence
        .replace(/ \(\d\d:\d\d:\d\d\)/g, "")
        .replace(/about \d\d:\d\d:\d\d/g, "about C")
        .replace(/192\.0\.2\.\d+/g, "A")
        .replace(/\d+ ms|\d+\.\d s/g, "T")}${kinds.length === 0 ? "" : ` [${kinds.join(", ")}]`}`;
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
    expect(() => told(moments, "ann", "bop")).toThrowErrorMatchingInlineSnapshot(
      `[Error: No user in this recording has the id or name “bop”. Users: BOB (bob), ANN (ann).]`,
    );
    expect(() => told(moments, "ann", "ANN")).toThrow("Both names belong to the same user");
  });

  test("by a name in another case, and as the command prints it", async () => {
    const moments = await recorded(async (connect) => {
      const [ann] = await met(connect);
      await does(ann, offer());
    });
    const answer = told(moments);
    for (const word of ["ANN", "Ann", "ANN (ann)"]) expect(told(moments, word, "Bob")).toBe(answer);
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
    expect(told(moments, "ann", "bob")).toBe(told(moments, "ann", "b-1"));
    expect(() => told(moments, "ann", "lee")).toThrowErrorMatchingInlineSnapshot(
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
    expect(told(moments, "ANN", "BOB")).toMatchInlineSnapshot(`
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
    expect(told(moments, "ann", "zoe")).toMatchInlineSnapshot(`
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
    expect(told(moments)).toMatchInlineSnapshot(`
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
    expect(told(moments)).toMatchInlineSnapshot(`
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
    expect(told(moments)).toMatchInlineSnapshot(`
      "They were never in the same room at the same time: ANN (ann) joined Room (r1) at #5; BOB (bob) joined Room (r2) at #8. [JoinRequested, JoinRequested]
      ANN and BOB never sent each other an offer.
      Next: fix the first of these; the others may follow from it."
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
    expect(told(moments)).toMatchInlineSnapshot(`
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
    expect(told(moments)).toMatchInlineSnapshot(`
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
    expect(told(moments)).toContain("it had unsubscribed at #15 and never subscribed again");
  });

  test("kept from a socket that was known to act for somebody else", async () => {
    const moments = await recorded(async (connect) => {
      const [ann, bob] = await hosted(connect, signaling);
      await does(bob, subscribe(signaling), joins("bob-of-yesterday"));
      await does(ann, offer());
      await does(bob, joins("bob"));
    });
    expect(told(moments)).toMatchInlineSnapshot(`
      "The webrtc-offer #11 of ANN (ann) reached nobody: it was not sent to BOB (bob)'s socket 2 (known as BOB-OF-YESTERDAY (bob-of-yesterday) since #9), because a message to one user is not sent to sockets known only for other users; it was not known for BOB too until #13. [PublishRequested, JoinRequested, JoinRequested]
      Next: look at BOB's page around #11: it must be connected, subscribed to webrtc-signaling and known by exactly this id before ANN offers, or ANN must offer again once it is. [PublishRequested]"
    `);
  });

  test("kept from everybody, for an id that nobody has", async () => {
    const moments = await recorded(async (connect) => {
      const [ann] = await met(connect);
      await does(ann, offer("ann", "Bob"));
    });
    expect(told(moments, "ann", "Bob")).toMatchInlineSnapshot(`
      "The webrtc-offer #13 of ANN (ann) reached nobody: no socket ever joined or published as Bob; it was not sent to socket 2 (known as BOB (bob) since #11). [PublishRequested, JoinRequested]
      Next: look at Bob's page around #13: it must be connected, subscribed to webrtc-signaling and known by exactly this id before ANN offers, or ANN must offer again once it is. [PublishRequested]"
    `);
    expect(told(moments, "ann", "bob")).toMatchInlineSnapshot(`
      "ANN (ann) and BOB (bob) never sent each other an offer; the offers of ANN (#13) were for Bob. [PublishRequested]
      Next: compare ids: ANN's page offers to ids other than the one of BOB, bob."
    `);
  });

  test("refused, for want of a channel", async () => {
    const moments = await recorded(async (connect) => {
      const [ann] = await met(connect);
      await does(ann, { type: "webrtc-offer", data: { fromUserId: "ann", toUserId: "bob" } });
    });
    expect(told(moments)).toMatchInlineSnapshot(`
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
    expect(told(moments)).toMatchInlineSnapshot(`
      "webrtc-offer (webrtc-signaling) of ANN (ann) was refused 3 times with rate-limited, at #10, #11, #12: the client exceeded its message rate, and the message was not relayed. [PublishRequested, PublishRequested, PublishRequested]
      The webrtc-offer #9 of ANN reached nobody: no socket ever joined or published as bob. [PublishRequested]
      Next: look at bob's page around #9: it must be connected, subscribed to webrtc-signaling and known by exactly this id before ANN offers, or ANN must offer again once it is. [PublishRequested]
      Attempt 1, #8 by ANN: the offer did not reach its recipient. [PublishRequested]
      Attempt 2, #9 by ANN: the offer did not reach its recipient. [PublishRequested]
      The earlier offers (#8) did not arrive, for the same reason. [PublishRequested]"
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
    expect(told(moments)).toMatchInlineSnapshot(`
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
    expect(told(slow)).toMatch(/\nANN did not offer again, though it stayed until #16, for T\. \[/);
    expect(told(moments)).not.toContain("did not offer again");
  });

  test("none was sent: gone", async () => {
    const moments = await recorded(async (connect) => {
      const [ann, bob] = await met(connect);
      await does(ann, offer());
      await leaves(bob, ann);
    });
    expect(told(moments)).toMatchInlineSnapshot(`
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
    expect(told(moments)).toMatchInlineSnapshot(`
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
    expect(told(moments)).toMatch(/^The offer #17 of ANN \(ann\) got no answer\./);
    expect(told(moments)).not.toContain("did send answers");
  });

  test("sent when the one who had offered was gone", async () => {
    const moments = await recorded(async (connect) => {
      const [ann, bob] = await met(connect);
      await does(ann, offer());
      await leaves(ann, bob);
      await does(bob, answer());
    });
    expect(told(moments)).toMatchInlineSnapshot(`
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
    expect(told(moments)).toMatchInlineSnapshot(`
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
    expect(told(moments)).toMatchInlineSnapshot(`
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
    expect(told(moments)).toMatch(/^Signalling was complete/);
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
    expect(told(moments)).toMatchInlineSnapshot(`
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
    expect(told(moments)).not.toContain("at once");
  });

  test("both offered at once, and nobody gave way", async () => {
    const moments = await recorded(async (connect) => {
      const [ann, bob] = await met(connect);
      await does(ann, offer());
      await does(bob, offer("bob", "ann"));
    });
    expect(told(moments)).toMatchInlineSnapshot(`
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
    expect(told(moments)).toMatchInlineSnapshot(`
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
    expect(told(apart)).toMatchInlineSnapshot(`
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
    expect(told(moments)).toMatchInlineSnapshot(`
      "Signalling was complete. Whether ICE then connected the two is not in the recording. Both offered A, so they are probably on one machine or network (two networks can use the same private addresses): ANN (ann) offered 1 host candidate: IPv4 A (UDP); BOB (bob) offered 1 host candidate: IPv4 A (UDP). [PublishRequested, PublishRequested, PublishRequested, PublishRequested]
      Next: if the call did not connect, check what blocks traffic on that machine or network (a firewall, a VPN, a guest network that isolates its clients) and the permissions for camera and microphone, then the candidate pairs in chrome://webrtc-internals or getStats on both sides.
      Attempt 1, #13 by ANN and #15 by BOB: the offers crossed, and BOB gave way, as it should; BOB answered at #17, T later; candidates: 1 from ANN, 1 from BOB. [PublishRequested, PublishRequested, PublishRequested]"
    `);
  });
});

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
    expect(told(moments)).toMatchInlineSnapshot(`
      "BOB (bob) answered “ANN”, which is the name of ANN (ann), not an id: the answers #15, #20 reached nobody. [PublishRequested, PublishRequested]
      Next: for now, let BOB call instead. To fix it, BOB's page must send answers and candidates to the sender of the offer, ann. Reloading the page does not help, and others who call BOB will probably have the same problem.
      Attempt 1, #13 by ANN: BOB answered at #15, T later, to “ANN”, which is a name, not an id. [PublishRequested, PublishRequested]
      Attempt 2, #18 by ANN: BOB answered at #20, T later, to “ANN”, which is a name, not an id. [PublishRequested, PublishRequested]"
    `);
    expect(told(moments, "ANN")).toBe(told(moments));
  });

  test("the offer goes to his name", async () => {
    const moments = await recorded(async (connect) => {
      const [ann] = await met(connect);
      await does(ann, offer("ann", "BOB"));
    });
    expect(told(moments)).toMatchInlineSnapshot(`
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
    expect(told(moments)).not.toContain("which is the name of");
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
    expect(told(moments, "ann-2")).toMatchInlineSnapshot(`
      "BOB (bob) answered an old id of ANN (ann-2): the answers #29, #36 went to ann, which ended at #20 (1001: page closed or reloaded). ANN has been ann-2 since #25; the page was probably reloaded. [PublishRequested, PublishRequested, ClientDisconnected, JoinRequested]
      Next: for now, let BOB reload. To fix it, BOB's page must send its answer to the sender of the offer, ann-2.
      Attempt 1, #13 by ANN: BOB answered at #16, T later; candidates: 1 from ANN, 1 from BOB. [PublishRequested, PublishRequested]
      Attempt 2, #27 by ANN: BOB answered at #29, T later, to ann; the answer did not reach its recipient. [PublishRequested, PublishRequested]
      Attempt 3, #34 by ANN: BOB answered at #36, T later, to ann; the answer did not reach its recipient. [PublishRequested, PublishRequested]
      The answer #36 went to somebody else: socket 4, later known as CY (cy). [PublishRequested]
      ANN was ann before: that id ended at #20, and a user with the same name joined the same room as ann-2 at #25. Both are taken to be ANN. [ClientDisconnected, JoinRequested]
      room-created (r1) of ANN was refused at #24 with room-exists: the room is still open, and its host is ANN (ann). [CreateRequested]"
    `);
    for (const word of ["ann", "ANN"]) expect(told(moments, word)).toBe(told(moments, "ann-2"));
  });

  test("all is well with her new id", async () => {
    const moments = await recorded(async (connect) => {
      const [ann, bob] = await met(connect);
      await does(ann, offer());
      const again = await reloaded(connect, ann, bob);
      await does(again, offer("ann-2"), candidate("ann-2"));
      await does(bob, answer("bob", "ann-2"), candidate("bob", "ann-2"));
    });
    expect(told(moments)).toMatchInlineSnapshot(`
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
    expect(told(moments)).toMatchInlineSnapshot(`
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
    expect(told(moments)).toMatchInlineSnapshot(`
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
    expect(told(moments)).toMatch("BOB was heard again at #15");
    expect(told(moments)).toMatch(
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
    expect(told(moments)).not.toContain("it may be");
    const anonymous = await recorded(async (connect) => {
      const [ann, bob] = await hosted(connect, signaling);
      await does(bob, subscribe(), joins("bob"));
      await does(ann, offer());
      await does(await connect(), subscribe(signaling));
    });
    expect(told(anonymous)).toContain("A socket that never named a user subscribed at #14");
  });
});

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
    expect(told(moments)).toMatchInlineSnapshot(`
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
    expect(told(moments)).toContain(
      "Both exchanged descriptions with CY (cy): if those calls connected, only the route between the two is missing.",
    );
    expect(told(moments)).toContain("set STUN_SERVERS");
    const seen = moments.map((moment) =>
      moment.event.kind === "ClientConnected" && moment.event.client === 2
        ? { ...moment, event: { ...moment.event, address: "192.168.7.52" } }
        : moment,
    );
    expect(told(seen)).toContain("so there is no NAT, and STUN would add nothing");
  });

  test("with an address in common", async () => {
    expect(told(await addressed(["198.51.100.7"], ["198.51.100.7"]))).toMatchInlineSnapshot(`
      "Signalling was complete. Whether ICE then connected the two is not in the recording. Both offered 198.51.100.7, so they are probably on one machine or network (two networks can use the same private addresses): ANN (ann) offered 1 host candidate: IPv4 198.51.100.7 (UDP); BOB (bob) offered 1 host candidate: IPv4 198.51.100.7 (UDP). [PublishRequested, PublishRequested, PublishRequested, PublishRequested]
      Next: if the call did not connect, check what blocks traffic on that machine or network (a firewall, a VPN, a guest network that isolates its clients) and the permissions for camera and microphone, then the candidate pairs in chrome://webrtc-internals or getStats on both sides.
      Attempt 1, #17 by ANN: BOB answered at #20, T later; candidates: 1 from ANN, 1 from BOB. [PublishRequested, PublishRequested]"
    `);
  });

  test("that the browsers hide", async () => {
    expect(told(await addressed(["a.local"], ["b.local"]))).toMatch(
      "Their browsers hide addresses (mDNS), so these cannot be compared: ANN",
    );
  });

  test("came before their offer", async () => {
    const moments = await recorded(async (connect) => {
      const [ann, bob] = await met(connect);
      await does(ann, candidate(), candidate(), offer());
      await does(bob, answer(), candidate("bob", "ann"));
    });
    expect(told(moments)).toMatchInlineSnapshot(`
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
    expect(told(moments)).toMatchInlineSnapshot(`
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
    expect(told(moments)).toMatchInlineSnapshot(`
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
      told(await story(["host", "srflx"]))
        .split("\n")
        .at(-1),
    ).toMatchInlineSnapshot(
      `"Attempt 1, #13 by ANN: BOB answered at #17, T later; candidates: 2 from ANN, 2 from BOB. [PublishRequested, PublishRequested]"`,
    );
    expect(
      told(await story(["host", "srflx", "relay"]))
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
    expect(told(moments)).toMatchInlineSnapshot(`
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
    expect(told(moments)).toMatchInlineSnapshot(`
      "Signalling was complete in the last attempt. Whether ICE then connected the two is not in the recording. Both offered A, so they are probably on one machine or network (two networks can use the same private addresses): ANN (ann) offered 1 host candidate: IPv4 A (UDP); BOB (bob) offered 1 host candidate: IPv4 A (UDP). [PublishRequested, PublishRequested, PublishRequested, PublishRequested]
      Next: if the call did not connect, check what blocks traffic on that machine or network (a firewall, a VPN, a guest network that isolates its clients) and the permissions for camera and microphone, then the candidate pairs in chrome://webrtc-internals or getStats on both sides.
      Attempt 1, #6 by ANN: the offer did not reach its recipient. [PublishRequested]
      Attempt 2, #12 by ANN: BOB answered at #15, T later; candidates: 1 from ANN, 1 from BOB. [PublishRequested, PublishRequested]
      Earlier: The webrtc-offer #6 of ANN reached nobody: BOB was not connected; it connected at #8, T later. [PublishRequested, ClientConnected]"
    `);
  });
});

describe("knocks", () => {
  test("a room that is not there", async () => {
    const moments = await recorded(async (connect) => {
      const [, bob] = await hosted(connect, rooms);
      await does(bob, subscribe(), joins("bob", "r7"));
    });
    expect(told(moments)).toMatchInlineSnapshot(`
      "user-joined-room (r7) of BOB (bob) was refused at #9 with room-not-found: no such room was open. Create it first, and ask for the list again after a reconnect. [JoinRequested]
      No socket ever joined or published as BOB: it appears only in a refused message.
      They were never in the same room at the same time: ANN (ann) joined Room (r1) at #6; BOB joined none. [JoinRequested]
      ANN and BOB never sent each other an offer.
      Next: fix the first of these; the others may follow from it."
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
      "user-joined-room (r1) of BOB (bob) was refused at #9 with room-full: the room had reached its participant limit (ROOM_PARTICIPANTS_MAX). [JoinRequested]
      No socket ever joined or published as BOB: it appears only in a refused message.
      They were never in the same room at the same time: ANN (ann) joined Room (r1) at #6; BOB joined none. [JoinRequested]
      ANN and BOB never sent each other an offer.
      Next: fix the first of these; the others may follow from it."
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
      "subscribe (webrtc-signaling) of BOB (bob) was refused at #10 with too-many-channels: the client had reached its channel limit, and is not subscribed to this one. [SubscribeRequested]
      The webrtc-offer #12 of ANN (ann) reached nobody: BOB was connected (socket 2) but not subscribed to webrtc-signaling, only to webrtc-dashboard-rooms; it never subscribed to it. [PublishRequested]
      Next: look at BOB's page around #12: it must be connected, subscribed to webrtc-signaling and known by exactly this id before ANN offers, or ANN must offer again once it is. [PublishRequested]"
    `);
  });

  const asked = (type?: string) =>
    recorded(async (connect) => {
      const [ann, bob] = await hosted(connect, access);
      await does(bob, subscribe(access), request("join-request", "bob", "ann"));
      if (type !== undefined) await does(ann, request(type, "ann", "bob"));
    });

  test("a knock that was never answered", async () => {
    expect(told(await asked())).toMatchInlineSnapshot(`
      "bob knocked at #9, and ANN (ann) never answered. [PublishRequested]
      They were never in the same room at the same time: ANN joined Room (r1) at #6; bob joined none. [JoinRequested]
      ANN and bob never sent each other an offer.
      Next: fix the first of these; the others may follow from it."
    `);
  });

  test("a knock that was denied", async () => {
    expect(told(await asked("join-rejected"))).toMatchInlineSnapshot(`
      "bob knocked at #9 and was denied at #11. [PublishRequested, PublishRequested]
      They were never in the same room at the same time: ANN (ann) joined Room (r1) at #6; bob joined none. [JoinRequested]
      ANN and bob never sent each other an offer.
      Next: fix the first of these; the others may follow from it."
    `);
  });

  test("a knock that was admitted, and nobody came", async () => {
    expect(told(await asked("join-approved"))).toMatchInlineSnapshot(`
      "bob knocked at #9 and was admitted at #11, but never joined. [PublishRequested, PublishRequested]
      They were never in the same room at the same time: ANN (ann) joined Room (r1) at #6; bob joined none. [JoinRequested]
      ANN and bob never sent each other an offer.
      Next: fix the first of these; the others may follow from it."
    `);
  });

  test("a knock that was withdrawn", async () => {
    const moments = await recorded(async (connect) => {
      const [, bob] = await hosted(connect, access);
      await does(bob, request("join-request", "bob", "ann"), request("join-withdrawn", "bob", "ann"));
    });
    expect(told(moments)).toMatchInlineSnapshot(`
      "bob knocked at #8 and withdrew at #9. [PublishRequested, PublishRequested]
      They were never in the same room at the same time: ANN (ann) joined Room (r1) at #6; bob joined none. [JoinRequested]
      ANN and bob never sent each other an offer.
      Next: fix the first of these; the others may follow from it."
    `);
  });

  test("put out by the host", async () => {
    const moments = await recorded(async (connect) => {
      const [ann] = await met(connect);
      await does(ann, { type: "user-left-room", data: { roomId: "r1", userId: "bob" } });
    });
    expect(told(moments)).toMatchInlineSnapshot(`
      "ANN (ann) and BOB (bob) never sent each other an offer.
      The first to leave was BOB, who was removed from room Room (r1) by the host at #13. [LeaveRequested]
      Next: find out why neither page called: did each have the other in its room list, and is one waiting for an approval, a click or a camera? There was nothing for the server to relay."
    `);
  });

  test("a knock that nobody heard", async () => {
    const moments = await recorded(async (connect) => {
      const [, bob] = await hosted(connect);
      await does(bob, request("join-request", "bob", "ann"));
    });
    expect(told(moments)).toMatchInlineSnapshot(`
      "bob knocked at #7, and ANN (ann) never answered: the knock reached nobody, so ANN was not subscribed to webrtc-dashboard-access. [PublishRequested]
      They were never in the same room at the same time: ANN joined Room (r1) at #5; bob joined none. [JoinRequested]
      ANN and bob never sent each other an offer.
      Next: fix the first of these; the others may follow from it."
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
