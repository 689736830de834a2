import * as fc from "fast-check";
import { beforeEach, expect, test, vi } from "vitest";
import type { SignalOut } from "../../adapters/client/frames.js";
import { peer } from "../../adapters/client/peer.js";

type Handler = ((event: unknown) => void) | null;

interface FakeChannel {
  readonly label: string;
  readyState: string;
  onopen: Handler;
  onclose: Handler;
}

/** A connection that goes nowhere: a test says what becomes of it. */
class FakeConnection {
  static made: FakeConnection[] = [];
  signalingState = "stable";
  connectionState = "new";
  iceConnectionState = "new";
  localDescription: { type: string; sdp: string } | null = null;
  remoteDescription: { type: string; sdp: string } | null = null;
  onconnectionstatechange: Handler = null;
  onicecandidate: Handler = null;
  readonly candidates: unknown[] = [];
  readonly offers: unknown[] = [];
  readonly origin = FakeConnection.made.push(this);
  close = () => {
    this.connectionState = "closed";
  };
  restartIce = () => {};
  getConfiguration = () => ({});
  setConfiguration = () => {};
  ondatachannel: Handler = null;
  readonly channels: FakeChannel[] = [];
  createDataChannel = () => {
    const channel: FakeChannel = { label: "data", readyState: "connecting", onopen: null, onclose: null };
    this.channels.push(channel);
    return channel;
  };
  #describe = (type: string) => ({ type, sdp: `o=- ${this.origin} 0\r\nm=application` });
  createOffer = async (options: unknown) => {
    this.offers.push(options);
    return this.#describe("offer");
  };
  createAnswer = async () => this.#describe("answer");
  setLocalDescription = async (description: { type: string; sdp: string }) => {
    this.localDescription = description;
    this.signalingState = description.type === "offer" ? "have-local-offer" : "stable";
  };
  setRemoteDescription = async (description: { type: string; sdp: string }) => {
    this.remoteDescription = description;
    this.signalingState = description.type === "offer" ? "have-remote-offer" : "stable";
  };
  addIceCandidate = async (candidate: unknown) => void this.candidates.push(candidate);
  become(state: string): void {
    this.connectionState = state;
    this.onconnectionstatechange?.({});
  }
}

const setUp = ({ me = "ann", user = "bob", iceServers = [] as RTCIceServer[] } = {}) => {
  const sent: SignalOut[] = [];
  const told: string[] = [];
  const reaches: boolean[] = [];
  let isReachable = true;
  const it = peer({
    me,
    user,
    // It has what a peer uses of a connection.
    PeerConnection: FakeConnection as unknown as typeof RTCPeerConnection,
    configuration: () => ({ iceServers }),
    media: () => [],
    hasData: true,
    send: (signal) => sent.push(signal),
    isReachable: () => isReachable,
    state: (state) => told.push(state),
    track: () => {},
    data: () => {},
    channelChanged: () => reaches.push(it.canSend()),
    channel: () => {},
    failed: (error) => told.push(`${error.code}: ${error.reason}`),
    error: (error) => told.push(error.message),
  });
  const from = (kind: SignalOut["kind"], negotiation: number, data: unknown = {}) =>
    it.hear({ type: "signal", n: 1, room: "r", from: user, kind, negotiation, data });
  return {
    it,
    sent,
    told,
    reaches,
    kinds: () => sent.map(({ kind }) => kind),
    offer: (negotiation: number, origin = "x") =>
      from("offer", negotiation, { type: "offer", sdp: `o=- ${origin} 0\r\nm=application` }),
    answer: (negotiation: number) => from("answer", negotiation, { type: "answer", sdp: "o=- x 0" }),
    candidate: (negotiation: number, candidate: string) => from("candidate", negotiation, { candidate }),
    end: (negotiation: number) => from("end", negotiation),
    pc: () => FakeConnection.made.at(-1) as FakeConnection,
    reach: (is: boolean) => {
      isReachable = is;
    },
  };
};

const settle = () => vi.advanceTimersByTimeAsync(0);
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

beforeEach(() => {
  FakeConnection.made = [];
  vi.useFakeTimers({ now: 1_000_000 });
  return () => vi.useRealTimers();
});

test("an offer has a number, and its answer and candidates repeat it; numbers rise over what the other side uses", async () => {
  const { it, sent, pc, answer, offer, candidate } = setUp();
  it.offer();
  await settle();
  expect(sent).toMatchObject([{ kind: "offer", negotiation: 1_000_000 }]);
  pc().onicecandidate?.({ candidate: { candidate: "candidate:1 typ host", toJSON: () => ({ sdpMid: "0" }) } });
  expect(sent.at(-1)).toMatchObject({
    kind: "candidate",
    negotiation: 1_000_000,
    data: { candidate: "candidate:1 typ host" },
  });
  answer(999_999);
  await settle();
  expect(pc().signalingState).toBe("have-local-offer");
  answer(1_000_000);
  await settle();
  expect(pc().signalingState).toBe("stable");
  candidate(1_000_000, "now");
  candidate(999_999, "old");
  candidate(2_000_000, "early");
  await settle();
  expect(pc().candidates).toEqual([{ candidate: "now" }]);
  offer(2_000_000);
  await settle();
  expect(pc().candidates).toEqual([{ candidate: "now" }, { candidate: "early" }]);
  expect(sent.at(-1)).toMatchObject({ kind: "answer", negotiation: 2_000_000 });
  it.restart();
  await settle();
  expect(sent.at(-1)).toMatchObject({ kind: "offer", negotiation: 2_000_001 });
});

test("of two offers that cross, the side with the lower id holds on to its own", async () => {
  const [lower, higher] = [setUp({ me: "ann", user: "bob" }), setUp({ me: "bob", user: "ann" })];
  for (const { it } of [lower, higher]) it.offer();
  await settle();
  for (const { offer } of [lower, higher]) offer(1_000_001);
  await settle();
  expect([lower.kinds(), higher.kinds()]).toEqual([["offer"], ["offer", "answer"]]);
});

test("unless the server says otherwise, even after the offer was ignored", async () => {
  const { it, offer, kinds } = setUp();
  it.offer();
  await settle();
  offer(1_000_001);
  await settle();
  it.crossing("ann");
  await settle();
  expect(kinds()).toEqual(["offer", "answer"]);
});

test("an offer of another connection than before makes a new one here too; an end closes", async () => {
  const { it, offer, end, told } = setUp();
  offer(5, "one");
  await settle();
  offer(6, "one");
  await settle();
  expect(FakeConnection.made).toHaveLength(1);
  offer(7, "two");
  await settle();
  expect([FakeConnection.made.length, FakeConnection.made[0]?.connectionState]).toEqual([2, "closed"]);
  // One that was overtaken ends nothing.
  end(6);
  await settle();
  expect(it.state).toBe("connecting");
  end(8);
  await settle();
  expect(told.at(-1)).toBe("closed");
});

test("a failed connection restarts ICE: at once on one side, later on the other", async () => {
  for (const [me, user, waitMs] of [
    ["ann", "bob", 0],
    ["bob", "ann", 3_000],
  ] as const) {
    const { it, sent, pc, answer } = setUp({ me, user });
    it.offer();
    await settle();
    answer(sent[0]?.negotiation ?? 0);
    await settle();
    pc().become("connected");
    expect(it.state).toBe("connected");
    pc().become("failed");
    if (waitMs > 0) await pass(waitMs - 1);
    expect(pc().offers).toHaveLength(1);
    await pass(1);
    expect(pc().offers).toEqual([{ iceRestart: false }, { iceRestart: true }]);
  }
});

test("without a way to the other side nothing is restarted; with one again, it is", async () => {
  const { it, pc, reach, answer } = setUp();
  it.offer();
  await settle();
  answer(1_000_000);
  await settle();
  reach(false);
  pc().become("failed");
  await pass(60_000);
  expect(pc().offers).toHaveLength(1);
  reach(true);
  it.check();
  await pass(1_000);
  expect(pc().offers).toHaveLength(2);
});

test("what stays failed says why", async () => {
  const { it, told, pc, sent, answer } = setUp({ iceServers: [{ urls: "stun:192.0.2.1" }] });
  it.offer();
  await settle();
  pc().onicecandidate?.({ candidate: { candidate: "candidate:1 1 udp 1 192.0.2.2 9 typ host", toJSON: () => ({}) } });
  for (let round = 0; round < 4; round++) {
    answer(sent.findLast(({ kind }) => kind === "offer")?.negotiation ?? 0);
    await settle();
    it.hear({
      type: "signal",
      n: 1,
      room: "r",
      from: "bob",
      kind: "candidate",
      negotiation: sent.findLast(({ kind }) => kind === "offer")?.negotiation ?? 0,
      data: { candidate: "candidate:1 1 udp 1 192.0.2.3 9 typ srflx" },
    });
    await settle();
    pc().become("failed");
    await pass(1);
  }
  expect(told).toEqual(["connecting", "failed", "connection-failed: no-relay"]);
  expect(FakeConnection.made).toHaveLength(1);
});

test("offers that nobody answers are given up", async () => {
  const { it, told, kinds } = setUp();
  it.offer();
  await pass(70_000);
  expect(told).toEqual(["connecting", "failed", "connection-failed: no-answer"]);
  expect(kinds()).toEqual(["offer", "offer", "offer", "offer"]);
});

test("two that begin anew at the same time do not end each other's beginning", async () => {
  const [lower, higher] = [setUp({ me: "ann", user: "bob" }), setUp({ me: "bob", user: "ann" })];
  for (const { it } of [lower, higher]) it.renew();
  await settle();
  for (const { end, offer } of [lower, higher]) {
    end(1_000_002);
    offer(1_000_003);
  }
  await settle();
  expect([lower.kinds(), higher.kinds()]).toEqual([
    ["end", "offer"],
    ["end", "offer", "answer"],
  ]);
});

test("an end of the offer itself is taken", async () => {
  const { it, end } = setUp();
  it.offer();
  await settle();
  end(1_000_000);
  await settle();
  expect(it.state).toBe("closed");
});

test("a newcomer who does not offer is offered to", async () => {
  const { it, kinds } = setUp();
  it.expect(2_000);
  await pass(1_999);
  expect(kinds()).toEqual([]);
  await pass(1);
  expect(kinds()).toEqual(["offer"]);
});

test("a stale offer is made again with a number above the highest; a stale answer makes the impolite side offer", async () => {
  const { it, sent, offer } = setUp();
  it.offer();
  await settle();
  it.stale(sent[0] as SignalOut, 2_000_000);
  await settle();
  it.stale(sent[1] as SignalOut, 3_000_000);
  await settle();
  expect(sent.map(({ negotiation }) => negotiation - 1_000_000)).toEqual([0, 1_000_001, 2_000_001]);
  const other = setUp();
  other.offer(5);
  await settle();
  other.it.stale(other.sent[0] as SignalOut, 0);
  await settle();
  expect(other.kinds()).toEqual(["answer", "offer"]);
  offer(1);
});

test("an offer that is not answered is made again three times, and as often when ICE is restarted", async () => {
  const { it, sent, kinds } = setUp();
  it.offer();
  for (let i = 0; i < 10; i += 1) {
    await settle();
    const offer = sent.at(-1) as SignalOut;
    it.stale(offer, offer.negotiation);
  }
  expect(kinds()).toEqual(Array(4).fill("offer"));
  it.restart();
  await settle();
  it.stale(sent[4] as SignalOut, 0);
  await settle();
  expect(new Set(sent.map(({ negotiation }) => negotiation)).size).toBe(6);
});

test("whether somebody can be sent to is told when it changes, and only then", async () => {
  const step = fc.constantFrom("made by the other side", "open", "closed", "a new connection", "an end");
  await fc.assert(
    fc.asyncProperty(fc.array(step), async (steps) => {
      const { it, reaches, pc, end } = setUp();
      it.offer();
      await settle();
      for (const [at, name] of steps.entries()) {
        const channel = pc().channels.at(-1);
        if (name === "a new connection") it.renew();
        if (name === "an end") end(Date.now() + 1_000 * (at + 1));
        // Browsers tell of a channel that is open already, and then that it has opened.
        if (name === "made by the other side") {
          pc().createDataChannel().readyState = "open";
          pc().ondatachannel?.({ channel: pc().channels.at(-1) });
          pc().channels.at(-1)?.onopen?.({});
        }
        if (channel && name === "open") {
          channel.readyState = "open";
          channel.onopen?.({});
        }
        if (channel && name === "closed") {
          channel.readyState = "closed";
          channel.onclose?.({});
        }
        await settle();
        expect(reaches.at(-1) ?? false).toBe(it.canSend());
      }
      expect(reaches).toEqual(reaches.map((_, at) => at % 2 === 0));
      it.close();
      expect(reaches.at(-1) ?? false).toBe(false);
    }),
  );
});
