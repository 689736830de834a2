import type { Signal } from "../wire/message.js";
import { browserError, connectionMonitor } from "./connection-monitor.js";
import { iceCandidates } from "./ice-candidates.js";
import { answering, type Connection, offering } from "./negotiation.js";
import type { Progress } from "./progress.js";

export interface PeerCallbacks {
  readonly send: (signal: Signal) => void;
  readonly onProgress: (progress: Progress) => void;
  readonly onText: (text: string) => void;
  /** Replaces this connection by a new one, and returns where its remaining signals go. */
  readonly replace: () => (signal: Signal) => void;
}

/** One RTCPeerConnection with one data channel. */
export interface Peer {
  readonly receive: (signal: Signal) => void;
  /** Whether an offer comes from another connection than the one this peer talks to: the other page was reloaded. */
  readonly isFromNewConnection: (sdp: string) => boolean;
  /** Whether the text was sent. */
  readonly sendText: (text: string) => boolean;
  /** Sends again what may have been lost while there was no connection to the server. */
  readonly resume: () => void;
  /** The connection is closed for good. */
  readonly isOver: () => boolean;
  readonly close: () => void;
}

// The polite side lets the other side offer first, so that offers rarely collide.
const politeDelayMs = 1_500;

/** If the browser refuses to create the connection, the peer fails at once, with the reason. */
export const peer = (isPolite: boolean, iceServers: ReadonlyArray<RTCIceServer>, callbacks: PeerCallbacks): Peer => {
  try {
    return connect(new RTCPeerConnection({ iceServers: [...iceServers] }), isPolite, callbacks);
  } catch (error) {
    // Later, because the caller has to know the peer first.
    queueMicrotask(() => callbacks.onProgress({ stage: "failed", failure: browserError(error) }));
    return failedPeer;
  }
};

const failedPeer: Peer = {
  receive: () => undefined,
  isFromNewConnection: () => false,
  sendText: () => false,
  resume: () => undefined,
  isOver: () => true,
  close: () => undefined,
};

const connect = (pc: RTCPeerConnection, isPolite: boolean, callbacks: PeerCallbacks): Peer => {
  // "negotiated": both sides create the same channel, and neither waits for the other to announce it.
  const channel = pc.createDataChannel("chat", { negotiated: true, id: 0 });
  const candidates = iceCandidates(pc, callbacks.send);
  const monitor = connectionMonitor(pc, channel, candidates.receivedCount, callbacks.onProgress);
  const negotiation = negotiate({ pc, candidates, monitor, send: callbacks.send }, isPolite, callbacks.replace);
  channel.onmessage = ({ data }: MessageEvent<unknown>) => {
    if (typeof data === "string") callbacks.onText(data);
  };

  return {
    receive: negotiation.receive,
    isFromNewConnection: (sdp) => {
      const known = pc.remoteDescription && fingerprintOf(pc.remoteDescription.sdp);
      return monitor.progress().stage === "closed" || (known !== null && known !== fingerprintOf(sdp));
    },
    sendText: (text) => {
      try {
        if (channel.readyState === "open") channel.send(text);
        return channel.readyState === "open";
      } catch (error) {
        monitor.failWithError(error);
        return false;
      }
    },
    resume: () => {
      if (pc.signalingState === "have-local-offer") return negotiation.repeatOffer();
      const { stage } = monitor.progress();
      if (stage === "checking" || stage === "interrupted" || stage === "failed") pc.restartIce();
    },
    isOver: () => monitor.progress().stage === "closed",
    close: () => {
      monitor.clearDeadline();
      negotiation.end();
      pc.onicecandidate = null;
      pc.close();
    },
  };
};

interface Negotiation {
  readonly receive: (signal: Signal) => void;
  /** Sends the pending offer again, if there is one. */
  readonly repeatOffer: () => void;
  readonly end: () => void;
}

/**
 * The "perfect negotiation" pattern (W3C WebRTC 1.0, 10.7): when offers collide, exactly one side, the polite one, gives way.
 */
const negotiate = (connection: Connection, isPolite: boolean, replace: PeerCallbacks["replace"]): Negotiation => {
  const { pc, candidates, monitor } = connection;
  const { offer, repeatOffer, receiveAnswer } = offering(connection);
  const { answer, repeatAnswer } = answering(connection);
  let queue: Promise<void> = Promise.resolve();
  let politeDelay: number | undefined;
  let replacement: ((signal: Signal) => void) | undefined;

  // One step at a time: an offer created while another is being processed would come out as an answer.
  const enqueue = (step: () => Promise<void>): void => {
    queue = queue.then(step).catch(monitor.failWithError);
  };

  pc.onnegotiationneeded = () => {
    const isFirst = pc.remoteDescription === null;
    const makeOffer = () => enqueue(async () => (isFirst && pc.remoteDescription !== null ? undefined : offer()));
    if (isFirst && isPolite) politeDelay = setTimeout(makeOffer, politeDelayMs);
    else makeOffer();
  };

  // The pattern rolls back the local offer. But after a rollback Chromium sometimes (in 1 of 60 collisions) gathers no candidates on
  // that connection, even after an ICE restart. So a connection that has not been set up yet is replaced instead.
  const handOver = (signal: Signal): void => {
    replacement = replace();
    for (const candidate of candidates.early()) replacement({ kind: "candidate", candidate });
    replacement(signal);
  };

  const receiveOffer = async (signal: Signal & { readonly kind: "offer" }): Promise<void> => {
    if (repeatAnswer(signal)) return;
    const isCollision = pc.signalingState !== "stable";
    // The other side has not received our offer yet, or it was lost. There is no way to tell.
    if (isCollision && !isPolite) return repeatOffer();
    if (isCollision && pc.currentRemoteDescription === null) return handOver(signal);
    clearTimeout(politeDelay);
    return answer(signal);
  };

  const process = async (signal: Signal): Promise<void> => {
    if (replacement !== undefined) return replacement(signal);
    if (pc.signalingState === "closed") return;
    if (signal.kind === "offer") return receiveOffer(signal);
    return signal.kind === "answer" ? receiveAnswer(signal) : candidates.receive(signal.candidate);
  };

  return {
    receive: (signal) => enqueue(() => process(signal)),
    repeatOffer,
    end: () => {
      clearTimeout(politeDelay);
      pc.onnegotiationneeded = null;
    },
  };
};

/** Every RTCPeerConnection has its own certificate, so its fingerprint (RFC 8122) identifies the connection. */
const fingerprintOf = (sdp: string): string | undefined => /^a=fingerprint:\s*(.+)$/m.exec(sdp)?.[1]?.trim();
