import type { BrowserContext } from "playwright-core";
import { expect, test } from "vitest";
import { peerOf, serverWith } from "../support/net.js";
import {
  admit,
  arrive,
  createRoom,
  evaluate,
  inBrowser,
  knock,
  type ListedRoom,
  meeting,
  onlyRoom,
  person,
  reads,
  say,
  typeOf,
} from "./dashboard.js";

inBrowser("the connection between two people", () => {
  test("a lost offer is sent again when the other side offers", async () => {
    const { port } = await serverWith();
    // The user whose id sorts last offers at once.
    const loses = (context: BrowserContext) => context.addInitScript(`${identity("user_z")};${loseFirstOffer}`);
    const patient = (context: BrowserContext) => context.addInitScript(identity("user_a"));
    const { alice, bob } = await meeting(port, { prepare: loses }, { prepare: patient });
    const offers = alice.frames.filter((frame) => typeOf(frame) === "webrtc-offer");
    expect(offers.map(({ direction }) => direction)).toEqual(["received", "sent"]);
    // Well before the 5 s after which an offer that nobody answers is repeated anyway.
    expect(await alice.page.evaluate("window.waited")).toBeLessThan(4_500);
    await say(bob, "There you are.");
    await reads(alice, "There you are.");
  });

  test("a configuration that the browser rejects is explained", async () => {
    const { port } = await serverWith();
    const configured = (config: object) => (context: BrowserContext) =>
      context.route("**/api/config", (route) => route.fulfill({ json: config }));
    const stun = { prepare: configured({ STUN_SERVERS: ["stun:host:99999"] }) };
    const [alice, bob] = await Promise.all([arrive(port, "Alice", stun), arrive(port, "Bob")]);
    await createRoom(alice, "Handover");
    await knock(bob, "Handover");
    await admit(alice, "Bob");
    await person(alice.page, "Bob").getByText("This browser could not set up the connection to Bob").waitFor();
    await alice.page.getByRole("button", { name: "Leave room" }).click();
    await alice.page.getByRole("heading", { name: "Rooms" }).waitFor();
    expect(alice.complaints).toEqual([]);
    const bad = { prepare: configured({ WEBSOCKET_URL: "ws://127.0.0.1/ws#fragment" }) };
    const carol = await arrive(port, "Carol", bad);
    await carol.page.getByText("The server address is not valid: ws://127.0.0.1/ws#fragment").waitFor();
    expect(carol.complaints).toEqual([]);
  });

  test("a peer that does not answer is explained, and so is one that answers and cannot be reached", async () => {
    const { port } = await serverWith();
    const alice = await arrive(port, "Alice");
    await alice.page.clock.install();
    await createRoom(alice, "Handover");
    const dan = await scriptedPeer(port, await onlyRoom(port));
    dan.signal("webrtc-ice", { candidate: { ...nowhere, usernameFragment: "early" } });
    dan.signal("webrtc-answer", { answer: { type: "answer", sdp: "v=0" } });
    await expect.poll(() => alice.frames.some((frame) => typeOf(frame) === "webrtc-answer")).toBe(true);
    dan.join("Dan");
    const item = person(alice.page, "Dan");
    await item.getByText("Offer sent").waitFor();
    await alice.page.clock.fastForward(6_000);
    const [first, again] = await dan.offers(2);
    expect(again?.split("\r\n").filter((line) => line.startsWith("a=ice-"))).toEqual(
      first?.split("\r\n").filter((line) => line.startsWith("a=ice-")),
    );
    await alice.page.clock.fastForward(6_000);
    await item.getByText("Dan did not answer the offer.").waitFor();

    await item.getByRole("button", { name: "Try again with Dan" }).click();
    const [, , offer] = await dan.offers(3);
    dan.signal("webrtc-answer", { answer: { type: "answer", sdp: "v=0" }, negotiation: "of an offer that is gone" });
    dan.signal("webrtc-answer", { answer: { type: "answer", sdp: await answerTo(offer) } });
    dan.signal("webrtc-answer", { answer: { type: "answer", sdp: "v=0" } });
    dan.signal("webrtc-ice", { candidate: nowhere });
    await item.getByText("Looking for a network route to Dan").waitFor();
    await alice.page.clock.fastForward(30_000);
    await item
      .getByText("None of Dan’s network addresses could be reached (1 received). No STUN server is configured")
      .waitFor();

    dan.leave();
    await reads(alice, "Dan left.");
    expect(alice.complaints).toEqual([]);
  });
});

/** Script for a window that has this user id from its first load on. */
const identity = (userId: string): string =>
  `if (!sessionStorage.getItem("known")) {
    sessionStorage.setItem("known", "yes");
    sessionStorage.setItem("signalbox.user", JSON.stringify({ id: "${userId}" }));
  }`;

/** Script for a page whose first offer never reaches the server; `waited` is how many ms later the next one is sent. */
const loseFirstOffer = `{
  const send = WebSocket.prototype.send;
  let lostAt;
  WebSocket.prototype.send = function (frame) {
    const isOffer = JSON.parse(frame).type === "webrtc-offer";
    if (isOffer && lostAt === undefined) {
      lostAt = performance.now();
      return;
    }
    if (isOffer) window.waited ??= performance.now() - lostAt;
    send.call(this, frame);
  };
}`;

/** An address reserved for documentation (RFC 5737): nothing answers there. */
const nowhere = { candidate: "candidate:1 1 udp 2113937151 192.0.2.2 9 typ host", sdpMid: "0", sdpMLineIndex: 0 };

/** A participant without a browser, who sends exactly what a test wants. */
const scriptedPeer = async (port: number, { id: roomId, hostId: toUserId }: ListedRoom) => {
  const peer = await peerOf({ port });
  // Sorts before any id that the page makes. The first is polite, so the page offers at once.
  const userId = "!dan";
  peer.say({ type: "subscribe", channel: "webrtc-signaling" });
  return {
    join: (userName: string) => peer.say({ type: "user-joined-room", data: { roomId, userId, userName } }),
    leave: () => peer.say({ type: "user-left-room", data: { roomId, userId } }),
    signal: (type: string, body: object) =>
      peer.say({ type, channel: "webrtc-signaling", data: { roomId, fromUserId: userId, toUserId, ...body } }),
    offers: async (count: number): Promise<ReadonlyArray<string>> => {
      const sdps = () =>
        peer.texts
          .map((text) => JSON.parse(text))
          .flatMap(({ type, data }) => (type === "webrtc-offer" ? [data.offer.sdp] : []));
      await expect.poll(() => sdps().length, { timeout: 10_000 }).toBeGreaterThanOrEqual(count);
      return sdps();
    },
  };
};

/** The SDP with which a browser answers an offer before it has gathered any candidates. */
const answerTo = async (offer: string | undefined): Promise<string> =>
  String(
    await evaluate(`(async () => {
      const pc = new RTCPeerConnection();
      await pc.setRemoteDescription({ type: "offer", sdp: ${JSON.stringify(offer)} });
      return (await pc.createAnswer()).sdp;
    })()`),
  );
