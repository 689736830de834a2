import type { Signal } from "./message.js";
import type { Failure, Progress } from "./progress.js";

export interface PeerPorts {
  readonly signal: (signal: Signal) => void;
  readonly progressed: (progress: Progress) => void;
  readonly heard: (text: string) => void;
  /** This connection gives way to a new one, which takes what this one is still sent. */
  readonly giveWay: () => (signal: Signal) => void;
}

export interface Peer {
  readonly accept: (signal: Signal) => void;
  /** Whether an offer comes from another connection than the one this peer answers to: the other page was reloaded. */
  readonly isStranger: (offer: string) => boolean;
  readonly say: (text: string) => void;
  /** What may have been lost while the line was down is said again. */
  readonly resume: () => void;
  /** The other side has hung up: this connection will not come back. */
  readonly isOver: () => boolean;
  readonly close: () => void;
}

// The polite side lets the other offer first, so that offers rarely cross. If they do, it gives way.
const courtesyMs = 1_500;
const answerMs = 10_000;
const routeMs = 15_000;
const candidatesMax = 64;
// A colliding offer that comes this long after ours was not sent at the same time: ours was lost.
const collisionMs = 2_000;

/**
 * One RTCPeerConnection with one data channel, negotiated by the "perfect negotiation" pattern (W3C WebRTC 1.0, 10.7): offers may
 * cross, and exactly one side, the polite one, gives way.
 */
export const peer = (isPolite: boolean, iceServers: ReadonlyArray<RTCIceServer>, ports: PeerPorts): Peer => {
  const pc = new RTCPeerConnection({ iceServers: [...iceServers] });
  // Negotiated, so that both sides have the same channel and neither waits for the other to open it.
  const channel = pc.createDataChannel("chat", { negotiated: true, id: 0 });
  let early: ReadonlyArray<RTCIceCandidateInit> = [];
  let queue: Promise<void> = Promise.resolve();
  let negotiation: string | undefined;
  let offeredAt = 0;
  let failure: Failure | undefined;
  let deadline: number | undefined;
  let courtesy: number | undefined;
  let successor: ((signal: Signal) => void) | undefined;
  let wasOpen = false;
  let isRestarting = false;
  let candidatesSent = 0;
  let candidatesReceived = 0;

  const progress = (): Progress => {
    if (channel.readyState === "closing" || channel.readyState === "closed") return { stage: "closed" };
    if (failure !== undefined) return { stage: "failed", failure };
    if (channel.readyState === "open")
      return { stage: pc.iceConnectionState === "disconnected" || isRestarting ? "interrupted" : "open" };
    if (pc.currentRemoteDescription !== null) return { stage: "checking" };
    return { stage: pc.localDescription === null ? "waiting" : "offered" };
  };
  const report = (): void => ports.progressed(progress());

  const fail = (why: Failure): void => {
    failure = why;
    report();
  };
  const expect = (ms: number, why: () => Failure): void => {
    clearTimeout(deadline);
    deadline = setTimeout(() => fail(why()), ms);
  };
  const noRoute = (): Failure => (wasOpen ? { kind: "lost" } : { kind: "no-pair", candidatesSent, candidatesReceived });
  const unusable = (error: unknown): void =>
    fail({ kind: "unusable", detail: error instanceof Error ? error.message : String(error) });

  const describe = (kind: "offer" | "answer"): void => {
    if (pc.localDescription === null) return;
    ports.signal({ kind, sdp: pc.localDescription.sdp, negotiation });
  };

  const offer = async (): Promise<void> => {
    if (pc.signalingState !== "stable") return;
    await pc.setLocalDescription();
    negotiation = crypto.getRandomValues(new Uint32Array(2)).join("-");
    offeredAt = Date.now();
    describe("offer");
    expect(answerMs, () => (pc.currentRemoteDescription === null ? { kind: "no-answer" } : noRoute()));
  };

  // One thing at a time: an offer made while another is being taken would come out as an answer to it.
  const enqueue = (step: () => Promise<void>): void => {
    queue = queue.then(step).catch(unusable);
  };

  pc.onnegotiationneeded = () => {
    const isFirst = pc.remoteDescription === null;
    const make = () => enqueue(async () => (isFirst && pc.remoteDescription !== null ? undefined : offer()));
    if (isFirst && isPolite) courtesy = setTimeout(make, courtesyMs);
    else make();
  };

  const takeOffer = async (signal: Signal & { readonly kind: "offer" }): Promise<void> => {
    const isCollision = pc.signalingState !== "stable";
    if (isCollision && !isPolite) {
      if (Date.now() - offeredAt > collisionMs) describe("offer");
      return;
    }
    if (isCollision && pc.currentRemoteDescription === null) return giveWay(signal);
    clearTimeout(courtesy);
    failure = undefined;
    await pc.setRemoteDescription({ type: "offer", sdp: signal.sdp });
    await takeEarly();
    await pc.setLocalDescription();
    negotiation = signal.negotiation;
    describe("answer");
    negotiated();
  };

  // The pattern rolls the own offer back. But Chromium (seen with 1 of 60 crossing offers) then never gathers candidates on that
  // connection, not even after a restart of ICE; so, as long as nothing is lost by it, a new connection takes the place of this.
  const giveWay = (signal: Signal): void => {
    successor = ports.giveWay();
    for (const candidate of early) successor({ kind: "candidate", candidate });
    successor(signal);
  };

  // An answer that comes when none is awaited, or to an offer that has been replaced, is from the past.
  const takeAnswer = async (signal: Signal & { readonly kind: "answer" }): Promise<void> => {
    if (pc.signalingState !== "have-local-offer") return;
    if (signal.negotiation !== undefined && signal.negotiation !== negotiation) return;
    failure = undefined;
    await pc.setRemoteDescription({ type: "answer", sdp: signal.sdp });
    await takeEarly();
    negotiated();
  };

  const negotiated = (): void => {
    clearTimeout(deadline);
    if (channel.readyState === "connecting") expect(routeMs, noRoute);
    report();
  };

  /** A candidate belongs to the description that has its user name fragment; until that has come, it waits. */
  const isKnown = ({ usernameFragment }: RTCIceCandidateInit): boolean =>
    pc.remoteDescription !== null &&
    (!usernameFragment || pc.remoteDescription.sdp.includes(`a=ice-ufrag:${usernameFragment}\r\n`));

  const takeCandidate = async (candidate: RTCIceCandidateInit): Promise<void> => {
    if (!isKnown(candidate)) {
      early = [...early, candidate].slice(-candidatesMax);
      return;
    }
    if (candidate.candidate !== "") candidatesReceived += 1;
    // A candidate that cannot be used, such as one of a kind that this browser does not know, leaves the others as they are.
    await pc.addIceCandidate(candidate).catch(() => undefined);
  };

  const takeEarly = async (): Promise<void> => {
    const waiting = early;
    early = [];
    for (const candidate of waiting) await takeCandidate(candidate);
  };

  const take = async (signal: Signal): Promise<void> => {
    if (successor !== undefined) return successor(signal);
    if (pc.signalingState === "closed") return;
    switch (signal.kind) {
      case "offer":
        return takeOffer(signal);
      case "answer":
        return takeAnswer(signal);
      case "candidate":
        return takeCandidate(signal.candidate);
    }
  };

  pc.onicecandidate = ({ candidate }) => {
    if (candidate === null) return;
    candidatesSent += 1;
    ports.signal({ kind: "candidate", candidate: candidate.toJSON() });
  };
  pc.onsignalingstatechange = report;
  pc.oniceconnectionstatechange = () => {
    const { iceConnectionState: ice } = pc;
    if (ice === "connected" || ice === "completed") {
      isRestarting = false;
      failure = undefined;
    }
    if (ice !== "failed") return report();
    if (!wasOpen || isRestarting) return fail(noRoute());
    isRestarting = true;
    pc.restartIce();
    report();
  };
  channel.onopen = () => {
    clearTimeout(deadline);
    wasOpen = true;
    failure = undefined;
    report();
  };
  channel.onclose = report;
  channel.onmessage = ({ data }: MessageEvent<unknown>) => {
    if (typeof data === "string") ports.heard(data);
  };

  return {
    accept: (signal) => enqueue(() => take(signal)),
    isStranger: (sdp) => {
      const known = pc.remoteDescription && fingerprintOf(pc.remoteDescription.sdp);
      return progress().stage === "closed" || (known !== null && known !== fingerprintOf(sdp));
    },
    say: (text) => {
      if (channel.readyState === "open") channel.send(text);
    },
    resume: () => {
      if (pc.signalingState === "have-local-offer") return describe("offer");
      const { stage } = progress();
      if (stage === "checking" || stage === "interrupted" || stage === "failed") pc.restartIce();
    },
    isOver: () => progress().stage === "closed",
    close: () => {
      clearTimeout(deadline);
      clearTimeout(courtesy);
      pc.onicecandidate = null;
      pc.onnegotiationneeded = null;
      pc.close();
    },
  };
};

/** Every RTCPeerConnection has a certificate of its own, so its fingerprint (RFC 8122) tells one from the next. */
const fingerprintOf = (sdp: string): string | undefined => /^a=fingerprint:\s*(.+)$/m.exec(sdp)?.[1]?.trim();
