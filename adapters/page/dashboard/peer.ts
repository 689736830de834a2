import { candidates } from "./candidates.js";
import { health, unusable } from "./health.js";
import type { Signal } from "./message.js";
import { answering, type Link, offering } from "./negotiation.js";
import type { Progress } from "./progress.js";

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
  /** Whether the text was sent. */
  readonly say: (text: string) => boolean;
  /** What may have been lost while the line was down is said again. */
  readonly resume: () => void;
  /** The other side has hung up: this connection will not come back. */
  readonly isOver: () => boolean;
  readonly close: () => void;
}

// The polite side lets the other offer first, so that offers rarely cross. If they do, it gives way.
const courtesyMs = 1_500;

/** One RTCPeerConnection with one data channel. A browser that will not make one has failed at once, and says why. */
export const peer = (isPolite: boolean, iceServers: ReadonlyArray<RTCIceServer>, ports: PeerPorts): Peer => {
  try {
    return connect(new RTCPeerConnection({ iceServers: [...iceServers] }), isPolite, ports);
  } catch (error) {
    // Not before the caller knows the peer that this is about.
    queueMicrotask(() => ports.progressed({ stage: "failed", failure: unusable(error) }));
    return nobody;
  }
};

const nobody: Peer = {
  accept: () => undefined,
  isStranger: () => false,
  say: () => false,
  resume: () => undefined,
  isOver: () => true,
  close: () => undefined,
};

const connect = (pc: RTCPeerConnection, isPolite: boolean, ports: PeerPorts): Peer => {
  // Negotiated, so that both sides have the same channel and neither waits for the other to open it.
  const channel = pc.createDataChannel("chat", { negotiated: true, id: 0 });
  const addresses = candidates(pc, ports.signal);
  const state = health(pc, channel, addresses.counts, ports.progressed);
  const talk = negotiate({ pc, candidates: addresses, health: state, signal: ports.signal }, isPolite, ports.giveWay);
  channel.onmessage = ({ data }: MessageEvent<unknown>) => {
    if (typeof data === "string") ports.heard(data);
  };

  return {
    accept: talk.accept,
    isStranger: (sdp) => {
      const known = pc.remoteDescription && fingerprintOf(pc.remoteDescription.sdp);
      return state.progress().stage === "closed" || (known !== null && known !== fingerprintOf(sdp));
    },
    say: (text) => {
      try {
        if (channel.readyState === "open") channel.send(text);
        return channel.readyState === "open";
      } catch (error) {
        state.failToUse(error);
        return false;
      }
    },
    resume: () => {
      if (pc.signalingState === "have-local-offer") return talk.repeat();
      const { stage } = state.progress();
      if (stage === "checking" || stage === "interrupted" || stage === "failed") pc.restartIce();
    },
    isOver: () => state.progress().stage === "closed",
    close: () => {
      state.expectNothing();
      talk.end();
      pc.onicecandidate = null;
      pc.close();
    },
  };
};

interface Negotiation {
  readonly accept: (signal: Signal) => void;
  /** Says the own offer again, if it still stands. */
  readonly repeat: () => void;
  readonly end: () => void;
}

/**
 * The "perfect negotiation" pattern (W3C WebRTC 1.0, 10.7): offers may cross, and exactly one side, the polite one, gives way.
 */
const negotiate = (link: Link, isPolite: boolean, giveWay: PeerPorts["giveWay"]): Negotiation => {
  const { pc, candidates: addresses } = link;
  const { offer, repeat, takeAnswer } = offering(link);
  const { answer, repeatTo } = answering(link);
  let queue: Promise<void> = Promise.resolve();
  let courtesy: number | undefined;
  let successor: ((signal: Signal) => void) | undefined;

  // One thing at a time: an offer made while another is being taken would come out as an answer to it.
  const enqueue = (step: () => Promise<void>): void => {
    queue = queue.then(step).catch(link.health.failToUse);
  };

  pc.onnegotiationneeded = () => {
    const isFirst = pc.remoteDescription === null;
    const make = () => enqueue(async () => (isFirst && pc.remoteDescription !== null ? undefined : offer()));
    if (isFirst && isPolite) courtesy = setTimeout(make, courtesyMs);
    else make();
  };

  // The pattern rolls the own offer back. But Chromium (seen with 1 of 60 crossing offers) then never gathers candidates on that
  // connection, not even after a restart of ICE; so, as long as nothing is lost by it, a new connection takes the place of this.
  const succeed = (signal: Signal): void => {
    successor = giveWay();
    for (const candidate of addresses.early()) successor({ kind: "candidate", candidate });
    successor(signal);
  };

  const takeOffer = async (signal: Signal & { readonly kind: "offer" }): Promise<void> => {
    if (repeatTo(signal)) return;
    const isCollision = pc.signalingState !== "stable";
    // The other side offers because it has not got ours yet, or because ours was lost: nobody can know which.
    if (isCollision && !isPolite) return repeat();
    if (isCollision && pc.currentRemoteDescription === null) return succeed(signal);
    clearTimeout(courtesy);
    return answer(signal);
  };

  const take = async (signal: Signal): Promise<void> => {
    if (successor !== undefined) return successor(signal);
    if (pc.signalingState === "closed") return;
    if (signal.kind === "offer") return takeOffer(signal);
    return signal.kind === "answer" ? takeAnswer(signal) : addresses.take(signal.candidate);
  };

  return {
    accept: (signal) => enqueue(() => take(signal)),
    repeat,
    end: () => {
      clearTimeout(courtesy);
      pc.onnegotiationneeded = null;
    },
  };
};

/** Every RTCPeerConnection has a certificate of its own, so its fingerprint (RFC 8122) tells one from the next. */
const fingerprintOf = (sdp: string): string | undefined => /^a=fingerprint:\s*(.+)$/m.exec(sdp)?.[1]?.trim();
