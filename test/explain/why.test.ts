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
      No answer was sent to the offer #16 of ANN (ann): it was written to socket 2 of BOB (bob), but no message came from BOB after #12, T before (what a browser says by itself to pings is not recorded). [PublishRequested, PingReceived]
      Next: look at BOB's browser console after #16: its socket got the message and was not heard after it: ask whether the page hangs, or whether it did not read it, failed in setRemoteDescription, or waits (for a camera, a click, an approval). [PublishRequested]
      ANN (ann) and BOB (bob-2):
      The webrtc-offer #17 of ANN (ann) went to nobody: BOB (bob-2) was connected (socket 3) but not subscribed to webrtc-signaling, to nothing, and never subscribed to it. [PublishRequested]
      Next: look at BOB's page around #17: it must be connected, subscribed to webrtc-signaling and known by this very id before ANN offers, or ANN must offer again when it comes. [PublishRequested]"
    `);
  });

  test("somebody who was only ever named", async () => {
    const moments = await recorded(async (connect) => {
      const [ann, cy] = await met(connect);
      await does(cy, joins("cy"));
      await does(ann, offer("ann", "zoe"));
    });
    expect(told(moments, "ann", "zoe")).toMatchInlineSnapshot(`
      "The webrtc-offer #15 of ANN (ann) went to nobody: no socket ever joined or published as zoe; it was kept from socket 2 (known to act for BOB (bob) since #11, CY (cy) since #13). [PublishRequested, JoinRequested, JoinRequested]
      Next: look at zoe's page around #15: it must be connected, subscribed to webrtc-signaling and known by this very id before ANN offers, or ANN must offer again when it comes. [PublishRequested]"
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
      "The webrtc-offer #6 of ANN (ann) went to nobody: BOB (bob) was not connected then: it connected at #8, T later. [PublishRequested, ClientConnected]
      Next: look at BOB's page around #6: it must be connected, subscribed to webrtc-signaling and known by this very id before ANN offers, or ANN must offer again when it comes. [PublishRequested]"
    `);
  });

  test("gone already when the offer came", async () => {
    const moments = await recorded(async (connect) => {
      const [ann, bob] = await met(connect);
      await leaves(bob, ann);
      await does(ann, offer());
    });
    expect(told(moments)).toMatchInlineSnapshot(`
      "The webrtc-offer #16 of ANN (ann) went to nobody: BOB (bob) was not connected then: it had disconnected at #14, T before (1001: the page was closed or reloaded). [PublishRequested, ClientDisconnected]
      Next: look at BOB's page around #16: it must be connected, subscribed to webrtc-signaling and known by this very id before ANN offers, or ANN must offer again when it comes. [PublishRequested]
      The first to go was BOB, who left room Room (r1) by disconnecting at #14. [ClientDisconnected]"
    `);
  });

  test("never in one room", async () => {
    const moments = await recorded(async (connect) => {
      const [, bob] = await hosted(connect);
      await does(bob, create("r2"), joins("bob", "r2"));
    });
    expect(told(moments)).toMatchInlineSnapshot(`
      "They were never in one room at the same time: ANN (ann) joined Room (r1) at #5, BOB (bob) joined Room (r2) at #8. [JoinRequested, JoinRequested]
      ANN never sent an offer to BOB, nor the other way round.
      Next: fix the first of these; the rest may follow from it."
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
      "The webrtc-offer #11 of ANN (ann) went to nobody: BOB (bob) was connected (socket 2) but not subscribed to webrtc-signaling, only to webrtc-dashboard-rooms; it subscribed at #13, T later. It had joined at #9: for T it was in the list and could not be called. [PublishRequested, SubscribeRequested, JoinRequested]
      Next: now, let ANN call again; for good, BOB's page must subscribe to webrtc-signaling before it joins, and ANN's page should send an offer again that gets no answer. [PublishRequested]"
    `);
  });

  test("subscribed to a channel of another name", async () => {
    const moments = await recorded(async (connect) => {
      const [ann, bob] = await hosted(connect, signaling);
      await does(bob, subscribe("webrtc-signalling"), joins("bob"));
      await does(ann, offer());
    });
    expect(told(moments)).toMatchInlineSnapshot(`
      "The webrtc-offer #11 of ANN (ann) went to nobody: BOB (bob) was connected (socket 2) but not subscribed to webrtc-signaling, only to webrtc-signalling, and never subscribed to it. [PublishRequested]
      Next: look at BOB's page around #11: it must be connected, subscribed to webrtc-signaling and known by this very id before ANN offers, or ANN must offer again when it comes. [PublishRequested]"
    `);
  });

  test("unsubscribed before", async () => {
    const moments = await recorded(async (connect) => {
      const [ann, bob] = await met(connect);
      await does(bob, { type: "unsubscribe", channel: signaling });
      await does(ann, offer());
    });
    expect(told(moments)).toMatchInlineSnapshot(`
      "The webrtc-offer #15 of ANN (ann) went to nobody: BOB (bob) was connected (socket 2) but not subscribed to webrtc-signaling, only to webrtc-dashboard-rooms; it had unsubscribed at #13, and never subscribed to it again. [PublishRequested, UnsubscribeRequested]
      Next: look at BOB's page around #15: it must be connected, subscribed to webrtc-signaling and known by this very id before ANN offers, or ANN must offer again when it comes. [PublishRequested]"
    `);
  });

  test("unsubscribed again, and only the last time counts", async () => {
    const moments = await recorded(async (connect) => {
      const [ann, bob] = await met(connect);
      const unsubscribe = { type: "unsubscribe", channel: signaling };
      await does(bob, unsubscribe, subscribe(signaling), unsubscribe);
      await does(ann, offer());
    });
    expect(told(moments)).toContain("it had unsubscribed at #15, and never subscribed to it again");
  });

  test("kept from a socket that was known to act for somebody else", async () => {
    const moments = await recorded(async (connect) => {
      const [ann, bob] = await hosted(connect, signaling);
      await does(bob, subscribe(signaling), joins("bob-of-yesterday"));
      await does(ann, offer());
      await does(bob, joins("bob"));
    });
    expect(told(moments)).toMatchInlineSnapshot(`
      "The webrtc-offer #11 of ANN (ann) went to nobody: it was kept from BOB (bob)'s socket 2 (known to act for BOB-OF-YESTERDAY (bob-of-yesterday) since #9), because a message to one user is not sent to those known to act for somebody else only; that it acts for BOB too came out at #13. [PublishRequested, JoinRequested, JoinRequested]
      Next: look at BOB's page around #11: it must be connected, subscribed to webrtc-signaling and known by this very id before ANN offers, or ANN must offer again when it comes. [PublishRequested]"
    `);
  });

  test("kept from everybody, for an id that nobody has", async () => {
    const moments = await recorded(async (connect) => {
      const [ann] = await met(connect);
      await does(ann, offer("ann", "Bob"));
    });
    expect(told(moments, "ann", "Bob")).toMatchInlineSnapshot(`
      "The webrtc-offer #13 of ANN (ann) went to nobody: no socket ever joined or published as Bob; it was kept from socket 2 (known to act for BOB (bob) since #11). [PublishRequested, JoinRequested]
      Next: look at Bob's page around #13: it must be connected, subscribed to webrtc-signaling and known by this very id before ANN offers, or ANN must offer again when it comes. [PublishRequested]"
    `);
    expect(told(moments, "ann", "bob")).toMatchInlineSnapshot(`
      "ANN (ann) never sent an offer to BOB (bob): its offers (#13) were for Bob. [PublishRequested]
      Next: compare the ids: ANN's page offers to ids that are not the one of BOB, bob."
    `);
  });

  test("refused, for want of a channel", async () => {
    const moments = await recorded(async (connect) => {
      const [ann] = await met(connect);
      await does(ann, { type: "webrtc-offer", data: { fromUserId: "ann", toUserId: "bob" } });
    });
    expect(told(moments)).toMatchInlineSnapshot(`
      "Refused at #13: webrtc-offer of ANN (ann), no-channel; the message named no channel, so it was relayed to nobody. [FrameRefused]
      ANN never sent an offer to BOB (bob), nor the other way round.
      Next: fix the first of these; the rest may follow from it."
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
      "Refused at #10, #11, #12: webrtc-offer (webrtc-signaling) of ANN (ann), rate-limited, 3 times; the client sent more than its rate, and nothing of that was relayed. [PublishRequested, PublishRequested, PublishRequested]
      The webrtc-offer #9 of ANN went to nobody: no socket ever joined or published as bob. [PublishRequested]
      Next: look at bob's page around #9: it must be connected, subscribed to webrtc-signaling and known by this very id before ANN offers, or ANN must offer again when it comes. [PublishRequested]
      Attempt 1, #8 by ANN: the offer reached nobody it was meant for. [PublishRequested]
      Attempt 2, #9 by ANN: the offer reached nobody it was meant for. [PublishRequested]
      The earlier offers (#8) did not arrive either, for the same reason. [PublishRequested]"
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
      "No answer was sent to the offer #13 of ANN (ann): it was written to socket 2 of BOB (bob), but no message came from BOB after #12, T before (what a browser says by itself to pings is not recorded). [PublishRequested, PingReceived]
      Next: look at BOB's browser console after #13: its socket got the message and was not heard after it: ask whether the page hangs, or whether it did not read it, failed in setRemoteDescription, or waits (for a camera, a click, an approval). [PublishRequested]"
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
      "No answer was sent to the offer #14 of ANN (ann): it was given to socket 3, which never said who it is and may be BOB (bob)'s, but no message came from BOB after #11, T before (what a browser says by itself to pings is not recorded). [PublishRequested, PingReceived]
      Next: look at BOB's browser console after #14: its socket got the message and was not heard after it: ask whether the page hangs, or whether it did not read it, failed in setRemoteDescription, or waits (for a camera, a click, an approval). [PublishRequested]"
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
    expect(told(slow)).toMatch(/\nANN did not offer again, and was there until #16, for T\. \[/);
    expect(told(moments)).not.toContain("did not offer again");
  });

  test("none was sent: gone", async () => {
    const moments = await recorded(async (connect) => {
      const [ann, bob] = await met(connect);
      await does(ann, offer());
      await leaves(bob, ann);
    });
    expect(told(moments)).toMatchInlineSnapshot(`
      "No answer was sent to the offer #13 of ANN (ann): it was written to socket 2 of BOB (bob), but no message came from BOB after #12, T before (what a browser says by itself to pings is not recorded); socket 2 ended at #16, T later (1001: the page was closed or reloaded). Until then the list showed BOB. [PublishRequested, PingReceived, ClientDisconnected]
      Next: look at why BOB went at #16, before it had answered (1001: the page was closed or reloaded); let ANN call again once BOB is back. [ClientDisconnected]"
    `);
  });

  test("sent to somebody else", async () => {
    const moments = await recorded(async (connect) => {
      const [ann, bob] = await met(connect);
      await does(ann, offer());
      await does(bob, answer("bob", "ann-of-yesterday"));
    });
    expect(told(moments)).toMatchInlineSnapshot(`
      "No answer was sent to the offer #13 of ANN (ann): it was written to socket 2 of BOB (bob); BOB was heard again at #15, T later. [PublishRequested, PublishRequested]
      Next: now, let BOB reload; for good, fix where BOB's page takes the addressee from: an answer must go to the sender of its offer, ann.
      BOB did send answers, but not to ANN, and to somebody who had not offered: #15 to ann-of-yesterday. [PublishRequested]"
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
    expect(told(moments)).toMatch(/^No answer was sent to the offer #17 of ANN/);
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
      Next: look at ANN (ann)'s page around #18: why was it not there, or not subscribed, for the answer to its own offer? [PublishRequested]
      The webrtc-answer #18 of BOB went to nobody: ANN was not connected then: it had disconnected at #16, T before (1001: the page was closed or reloaded). [PublishRequested, ClientDisconnected]
      The first to go was ANN, who left room Room (r1) by disconnecting at #16. [ClientDisconnected]"
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
      Next: look at ANN (ann)'s page around #13: why was it not there, or not subscribed, for the answer to its own offer? [PublishRequested]
      The webrtc-answer #13 of BOB went to nobody: ANN was connected (socket 1) but not subscribed to webrtc-signaling, only to webrtc-dashboard-rooms, and never subscribed to it. [PublishRequested]"
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
      "The offer #15 of ANN (ann) got no answer of its own: the answer #17 of BOB (bob) that followed belongs to an older offer. [PublishRequested, PublishRequested]
      Next: look at why ANN offered again before it had an answer: it should wait for it, or number its offers and drop answers to older ones.
      Attempt 1, #13 by ANN: BOB answered at #17, T later, when there was a newer offer. [PublishRequested, PublishRequested]
      Attempt 2, #15 by ANN: no answer of its own; #17 is to the offer before. [PublishRequested, PublishRequested]
      The answer #17 of BOB is late: it is to the offer #13, and ANN had sent a newer one, #15, T before; a page that has moved on cannot use it. [PublishRequested, PublishRequested, PublishRequested]"
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
      "BOB (bob) was there on several sockets at once (2 since #3, 3 since #13, all from A: windows of one machine?), and each of them answered: socket 2 at #19, socket 3 at #21. An offer can have one answer. ANN (ann)'s page can use the first; where it does not ignore the next, that one fails there (InvalidStateError). And BOB may have been looking at the other window. [PublishRequested, PublishRequested, ClientConnected, ClientConnected]
      Next: now, let BOB close all windows but one and ANN call again; for good, let only one of a user's windows answer, or give each an id of its own, and let the caller ignore an answer that it does not wait for."
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
      "Neither gave way: the offers #13 by ANN (ann) and #15 by BOB (bob), T apart, crossed (glare), and neither was answered; each side waits for the other. This is a matter of signalling, not of ICE or media. [PublishRequested, PublishRequested]
      Next: now, let one of the two call again; for good, give way by a rule that is not the same for both (perfect negotiation: one side is polite and takes its offer back, the other ignores the offer that crossed), or let only one side ever offer."
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
      "Both gave way: the offers #13 by ANN (ann) and #16 by BOB (bob), T apart, crossed (glare), and each side answered the other's, #19 by ANN and #22 by BOB; so each answer is without an offer, and neither page connects (unless they use a connection for each direction). This is a matter of signalling, not of ICE or media. [PublishRequested, PublishRequested, PublishRequested, PublishRequested]
      Next: now, let one of the two call again; for good, give way by a rule that is not the same for both (perfect negotiation: one side is polite and takes its offer back, the other ignores the offer that crossed), or let only one side ever offer."
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
      "Signalling was complete in the last attempt; whether ICE then connected the two, the recording cannot tell. They have A in common, so they are most likely on one machine or in one network (private addresses may be the same in two): ANN (ann) offered 1 host candidate: IPv4 A (UDP); BOB (bob) offered 1 host candidate: IPv4 A (UDP). [PublishRequested, PublishRequested, PublishRequested, PublishRequested]
      Next: if they did not connect: look at what blocks traffic in that machine or network (a firewall, a VPN, a guest network that keeps its guests apart), at the permission for camera and microphone, and then at the candidate pairs in chrome://webrtc-internals or getStats on both sides.
      Attempt 1, #13 by ANN: no answer. [PublishRequested]
      Attempt 2, #15 by BOB: ANN answered at #17, T later; candidates: 1 from ANN, 1 from BOB. [PublishRequested, PublishRequested]
      Earlier: No answer was sent to the offer #13 of ANN: it was written to socket 2 of BOB; BOB was heard again at #15, T later. [PublishRequested, PublishRequested]"
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
      "Signalling was complete; whether ICE then connected the two, the recording cannot tell. They have A in common, so they are most likely on one machine or in one network (private addresses may be the same in two): ANN (ann) offered 1 host candidate: IPv4 A (UDP); BOB (bob) offered 1 host candidate: IPv4 A (UDP). [PublishRequested, PublishRequested, PublishRequested, PublishRequested]
      Next: if they did not connect: look at what blocks traffic in that machine or network (a firewall, a VPN, a guest network that keeps its guests apart), at the permission for camera and microphone, and then at the candidate pairs in chrome://webrtc-internals or getStats on both sides.
      Attempt 1, #13 by ANN and #15 by BOB: the offers crossed, and BOB gave way, which settles that; BOB answered at #17, T later; candidates: 1 from ANN, 1 from BOB. [PublishRequested, PublishRequested, PublishRequested]"
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
      "BOB (bob) did answer, but to “ANN”, which is the name of ANN (ann) and nobody's id: the answers #15, #20 reached nobody. [PublishRequested, PublishRequested]
      Next: now, let BOB call instead; for good, fix where BOB's page takes the addressee from: an answer must go to the sender of its offer, ann, and so must its candidates. To reload the same page does not help, and others who call BOB will most likely fare the same.
      Attempt 1, #13 by ANN: BOB answered at #15, T later, to “ANN”, which is nobody's id. [PublishRequested, PublishRequested]
      Attempt 2, #18 by ANN: BOB answered at #20, T later, to “ANN”, which is nobody's id. [PublishRequested, PublishRequested]"
    `);
    expect(told(moments, "ANN")).toBe(told(moments));
  });

  test("the offer goes to his name", async () => {
    const moments = await recorded(async (connect) => {
      const [ann] = await met(connect);
      await does(ann, offer("ann", "BOB"));
    });
    expect(told(moments)).toMatchInlineSnapshot(`
      "The webrtc-offer #13 of ANN (ann) went to nobody: it was addressed to “BOB”, which is the name of BOB (bob) and nobody's id. [PublishRequested]
      Next: fix where ANN's page takes the addressee from: it must be the user id that the room list gives, bob. [PublishRequested]"
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
      "BOB (bob) did answer, but to an old id of ANN (ann-2): the answers #29, #36 went to ann, which nobody holds since #20 (1001: the page was closed or reloaded). ANN is ann-2 since #25: most likely the page was reloaded. [PublishRequested, PublishRequested, ClientDisconnected, JoinRequested]
      Next: now, let BOB reload; for good, fix where BOB's page takes the addressee from: an answer must go to the sender of its offer, ann-2.
      Attempt 1, #13 by ANN: BOB answered at #16, T later; candidates: 1 from ANN, 1 from BOB. [PublishRequested, PublishRequested]
      Attempt 2, #27 by ANN: BOB answered at #29, T later, to ann, and reached nobody it was meant for. [PublishRequested, PublishRequested]
      Attempt 3, #34 by ANN: BOB answered at #36, T later, to ann, and reached nobody it was meant for. [PublishRequested, PublishRequested]
      The answer #36 reached nobody it was meant for: it went to socket 4, which had not said yet that it is CY (cy). [PublishRequested]
      ANN was ann before: that one went at #20, and somebody of the same name came into the same room as ann-2 at #25. Both are taken to be ANN. [ClientDisconnected, JoinRequested]
      Refused at #24: room-created (r1) of ANN, room-exists; the room is still there, and held by the host ANN (ann). [CreateRequested]"
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
      "Signalling was complete in the last attempt; whether ICE then connected the two, the recording cannot tell. They have A in common, so they are most likely on one machine or in one network (private addresses may be the same in two): ANN (ann-2) offered 1 host candidate: IPv4 A (UDP); BOB (bob) offered 1 host candidate: IPv4 A (UDP). [PublishRequested, PublishRequested, PublishRequested, PublishRequested]
      Next: if they did not connect: look at what blocks traffic in that machine or network (a firewall, a VPN, a guest network that keeps its guests apart), at the permission for camera and microphone, and then at the candidate pairs in chrome://webrtc-internals or getStats on both sides.
      Attempt 1, #13 by ANN: no answer. [PublishRequested]
      Attempt 2, #23 by ANN: BOB answered at #26, T later; candidates: 1 from ANN, 1 from BOB. [PublishRequested, PublishRequested]
      Earlier: No answer was sent to the offer #13 of ANN: it was written to socket 2 of BOB; BOB was heard again at #15, T later. [PublishRequested, PingReceived]
      ANN was ann before: that one went at #16, and somebody of the same name came into the same room as ann-2 at #21. Both are taken to be ANN. [ClientDisconnected, JoinRequested]
      Refused at #20: room-created (r1) of ANN, room-exists; the room is still there, and held by the host ANN (ann). [CreateRequested]"
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
      "No answer was sent to the offer #13 of ANN (ann): it was written to socket 2 of BOB (bob), but no message came from BOB after #12, T before (what a browser says by itself to pings is not recorded); socket 2 ended at #16, T later (1006: no close at all, so a closed lid, a lost network, a hung or crashed browser; the server cuts off who is silent). Until then the list showed BOB. [PublishRequested, PingReceived, ClientDisconnected]
      Next: let ANN call again once BOB is back; look at BOB's machine and network from about C to #16: where the server gave it up for its silence, that began T before (CUT_AFTER_MS). For good, a page should call again when somebody comes back to the list. [ClientDisconnected]"
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
      "No answer was sent to the offer #13 of ANN (ann): it was written to socket 2 of BOB (bob), but no message came from BOB after #12, T before (what a browser says by itself to pings is not recorded); socket 2 ended at #15, T later (1006: no close at all, so a closed lid, a lost network, a hung or crashed browser; the server cuts off who is silent). Until then the list showed BOB; BOB was back on socket 3 at #16. [PublishRequested, PingReceived, ClientDisconnected, ClientConnected]
      Next: let ANN call again, now that BOB is back; look at BOB's machine and network from about C to #15: where the server gave it up for its silence, that began T before (CUT_AFTER_MS). For good, a page should call again when somebody comes back to the list. [ClientDisconnected]"
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
    expect(told(anonymous)).toContain("A socket that never said who it is subscribed at #14");
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
      "Signalling was complete; whether ICE then connected the two, the recording cannot tell. Neither has an address from a STUN or TURN server (srflx, relay): ANN (ann) offered 2 host candidates: IPv4 198.51.100.7 (UDP), IPv6 2001:db8::7 (UDP); BOB (bob) offered 1 host candidate: IPv4 203.0.113.9 (UDP), which nobody else in the recording has. [PublishRequested, PublishRequested, PublishRequested, PublishRequested]
      Next: if they did not connect: host candidates alone connect only within one network. If the two are in different ones, set STUN_SERVERS, and if it still fails, use a TURN server; if they are in one, look for a firewall between them.
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
      "Both exchanged descriptions with CY (cy): if those calls worked, there is a way there that is missing between the two.",
    );
    expect(told(moments)).toContain("set STUN_SERVERS");
    const seen = moments.map((moment) =>
      moment.event.kind === "ClientConnected" && moment.event.client === 2
        ? { ...moment, event: { ...moment.event, address: "192.168.7.52" } }
        : moment,
    );
    expect(told(seen)).toContain("so no NAT stands between them and the server, and STUN would add nothing");
  });

  test("with an address in common", async () => {
    expect(told(await addressed(["198.51.100.7"], ["198.51.100.7"]))).toMatchInlineSnapshot(`
      "Signalling was complete; whether ICE then connected the two, the recording cannot tell. They have 198.51.100.7 in common, so they are most likely on one machine or in one network (private addresses may be the same in two): ANN (ann) offered 1 host candidate: IPv4 198.51.100.7 (UDP); BOB (bob) offered 1 host candidate: IPv4 198.51.100.7 (UDP). [PublishRequested, PublishRequested, PublishRequested, PublishRequested]
      Next: if they did not connect: look at what blocks traffic in that machine or network (a firewall, a VPN, a guest network that keeps its guests apart), at the permission for camera and microphone, and then at the candidate pairs in chrome://webrtc-internals or getStats on both sides.
      Attempt 1, #17 by ANN: BOB answered at #20, T later; candidates: 1 from ANN, 1 from BOB. [PublishRequested, PublishRequested]"
    `);
  });

  test("that the browsers hide", async () => {
    expect(told(await addressed(["a.local"], ["b.local"]))).toMatch(
      "Their browsers hide addresses, which cannot be compared: ANN",
    );
  });

  test("came before their offer", async () => {
    const moments = await recorded(async (connect) => {
      const [ann, bob] = await met(connect);
      await does(ann, candidate(), candidate(), offer());
      await does(bob, answer(), candidate("bob", "ann"));
    });
    expect(told(moments)).toMatchInlineSnapshot(`
      "Signalling was complete; whether ICE then connected the two, the recording cannot tell. They have A in common, so they are most likely on one machine or in one network (private addresses may be the same in two): ANN (ann) offered 2 host candidates, all at IPv4 A (UDP); BOB (bob) offered 1 host candidate: IPv4 A (UDP). [PublishRequested, PublishRequested, PublishRequested, PublishRequested]
      Next: if they did not connect: look at what blocks traffic in that machine or network (a firewall, a VPN, a guest network that keeps its guests apart), at the permission for camera and microphone, and then at the candidate pairs in chrome://webrtc-internals or getStats on both sides.
      Attempt 1, #15 by ANN: BOB answered at #17, T later; candidates: 2 from ANN, 1 from BOB. [PublishRequested, PublishRequested]
      Candidates of ANN (#13, #14) arrived before the offer or answer they belong to, the offer came at #15: a page that does not keep them for later loses them. [PublishRequested, PublishRequested, PublishRequested]"
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
      Next: look at how the pages send candidates: each must go to the other as it is found, or stand in the description.
      Attempt 1, #13 by ANN: BOB (bob) answered at #15, T later; candidates: 0 from ANN, 1 from BOB. [PublishRequested, PublishRequested]
      Otherwise signalling is well: offer #13 by ANN and answer #15 by BOB both arrived. [PublishRequested, PublishRequested]"
    `);
  });

  test("complete, with host candidates only", async () => {
    const moments = await recorded(async (connect) => {
      const [ann, bob] = await met(connect);
      await does(ann, offer(), candidate(), candidate());
      await does(bob, answer(), candidate("bob", "ann"), candidate("bob", "ann", "srflx"));
    });
    expect(told(moments)).toMatchInlineSnapshot(`
      "Signalling was complete; whether ICE then connected the two, the recording cannot tell. They have A in common, so they are most likely on one machine or in one network (private addresses may be the same in two): ANN (ann) offered 2 host candidates, all at IPv4 A (UDP); BOB (bob) offered 1 host, 1 srflx candidates, all at IPv4 A (UDP). [PublishRequested, PublishRequested, PublishRequested, PublishRequested]
      Next: if they did not connect: look at what blocks traffic in that machine or network (a firewall, a VPN, a guest network that keeps its guests apart), at the permission for camera and microphone, and then at the candidate pairs in chrome://webrtc-internals or getStats on both sides.
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
      "Signalling was complete; whether ICE then connected the two, the recording cannot tell. There may have been candidates in their texts, which were not recorded. [PublishRequested, PublishRequested]
      Next: if they did not connect: compare the candidates' types in both browsers (about:webrtc, chrome://webrtc-internals); this recording kept too little of the texts to tell (one with RECORD_PAYLOADS=redacted, the default, keeps the types and, in disguise, the addresses).
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
      "Signalling was complete in the last attempt; whether ICE then connected the two, the recording cannot tell. They have A in common, so they are most likely on one machine or in one network (private addresses may be the same in two): ANN (ann) offered 1 host candidate: IPv4 A (UDP); BOB (bob) offered 1 host candidate: IPv4 A (UDP). [PublishRequested, PublishRequested, PublishRequested, PublishRequested]
      Next: if they did not connect: look at what blocks traffic in that machine or network (a firewall, a VPN, a guest network that keeps its guests apart), at the permission for camera and microphone, and then at the candidate pairs in chrome://webrtc-internals or getStats on both sides.
      Attempt 1, #6 by ANN: the offer reached nobody it was meant for. [PublishRequested]
      Attempt 2, #12 by ANN: BOB answered at #15, T later; candidates: 1 from ANN, 1 from BOB. [PublishRequested, PublishRequested]
      Earlier: The webrtc-offer #6 of ANN went to nobody: BOB was not connected then: it connected at #8, T later. [PublishRequested, ClientConnected]"
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
      "Refused at #9: user-joined-room (r7) of BOB (bob), room-not-found; the room was not open, or not any more: create it first, and ask for the list after a reconnect. [JoinRequested]
      No socket ever joined or published as BOB: it is only known from a refused message.
      They were never in one room at the same time: ANN (ann) joined Room (r1) at #6, BOB joined none. [JoinRequested]
      ANN never sent an offer to BOB, nor the other way round.
      Next: fix the first of these; the rest may follow from it."
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
      "Refused at #9: user-joined-room (r1) of BOB (bob), room-full; the room had all the participants it may have (ROOM_PARTICIPANTS_MAX). [JoinRequested]
      No socket ever joined or published as BOB: it is only known from a refused message.
      They were never in one room at the same time: ANN (ann) joined Room (r1) at #6, BOB joined none. [JoinRequested]
      ANN never sent an offer to BOB, nor the other way round.
      Next: fix the first of these; the rest may follow from it."
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
      "Refused at #10: subscribe (webrtc-signaling) of BOB (bob), too-many-channels; the client has all the channels it may have, and does not hear this one. [SubscribeRequested]
      The webrtc-offer #12 of ANN (ann) went to nobody: BOB was connected (socket 2) but not subscribed to webrtc-signaling, only to webrtc-dashboard-rooms, and never subscribed to it. [PublishRequested]
      Next: look at BOB's page around #12: it must be connected, subscribed to webrtc-signaling and known by this very id before ANN offers, or ANN must offer again when it comes. [PublishRequested]"
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
      They were never in one room at the same time: ANN joined Room (r1) at #6, bob joined none. [JoinRequested]
      ANN never sent an offer to bob, nor the other way round.
      Next: fix the first of these; the rest may follow from it."
    `);
  });

  test("a knock that was denied", async () => {
    expect(told(await asked("join-rejected"))).toMatchInlineSnapshot(`
      "bob knocked at #9 and was denied at #11. [PublishRequested, PublishRequested]
      They were never in one room at the same time: ANN (ann) joined Room (r1) at #6, bob joined none. [JoinRequested]
      ANN never sent an offer to bob, nor the other way round.
      Next: fix the first of these; the rest may follow from it."
    `);
  });

  test("a knock that was admitted, and nobody came", async () => {
    expect(told(await asked("join-approved"))).toMatchInlineSnapshot(`
      "bob knocked at #9 and was admitted at #11, but never joined. [PublishRequested, PublishRequested]
      They were never in one room at the same time: ANN (ann) joined Room (r1) at #6, bob joined none. [JoinRequested]
      ANN never sent an offer to bob, nor the other way round.
      Next: fix the first of these; the rest may follow from it."
    `);
  });

  test("a knock that was withdrawn", async () => {
    const moments = await recorded(async (connect) => {
      const [, bob] = await hosted(connect, access);
      await does(bob, request("join-request", "bob", "ann"), request("join-withdrawn", "bob", "ann"));
    });
    expect(told(moments)).toMatchInlineSnapshot(`
      "bob knocked at #8 and withdrew at #9. [PublishRequested, PublishRequested]
      They were never in one room at the same time: ANN (ann) joined Room (r1) at #6, bob joined none. [JoinRequested]
      ANN never sent an offer to bob, nor the other way round.
      Next: fix the first of these; the rest may follow from it."
    `);
  });

  test("put out by the host", async () => {
    const moments = await recorded(async (connect) => {
      const [ann] = await met(connect);
      await does(ann, { type: "user-left-room", data: { roomId: "r1", userId: "bob" } });
    });
    expect(told(moments)).toMatchInlineSnapshot(`
      "ANN (ann) never sent an offer to BOB (bob), nor the other way round.
      The first to go was BOB, who was removed from room Room (r1) by the host at #13. [LeaveRequested]
      Next: see why neither page called: whether each had the other in its room list when it decided who offers, and whether it waits for an approval, a click or a camera. The server saw nothing to relay between them."
    `);
  });

  test("a knock that nobody heard", async () => {
    const moments = await recorded(async (connect) => {
      const [, bob] = await hosted(connect);
      await does(bob, request("join-request", "bob", "ann"));
    });
    expect(told(moments)).toMatchInlineSnapshot(`
      "bob knocked at #7, and ANN (ann) never answered, and the knock reached nobody: ANN was not listening on webrtc-dashboard-access. [PublishRequested]
      They were never in one room at the same time: ANN joined Room (r1) at #5, bob joined none. [JoinRequested]
      ANN never sent an offer to bob, nor the other way round.
      Next: fix the first of these; the rest may follow from it."
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
