import type { Signal } from "../wire/message.js";
import type { ConnectionMonitor } from "./connection-monitor.js";
import type { IceCandidates } from "./ice-candidates.js";

type Offer = Extract<Signal, { readonly kind: "offer" }>;
type Answer = Extract<Signal, { readonly kind: "answer" }>;

/** A connection, and what both halves of its negotiation need. */
export interface Connection {
  readonly pc: RTCPeerConnection;
  readonly candidates: IceCandidates;
  readonly monitor: ConnectionMonitor;
  readonly send: (signal: Signal) => void;
}

export interface Offering {
  readonly offer: () => Promise<void>;
  /** Sends the pending offer again. Its id stays the same, so a receiver that already has it does not start over. */
  readonly repeatOffer: () => void;
  readonly receiveAnswer: (answer: Answer) => Promise<void>;
}

const answerMs = 5_000;

export const offering = ({ pc, candidates, monitor, send }: Connection): Offering => {
  let id: string | undefined;

  const repeatOffer = (): void => {
    if (pc.signalingState !== "have-local-offer" || pc.localDescription === null) return;
    send({ kind: "offer", sdp: pc.localDescription.sdp, negotiation: id });
  };

  // The offer or its answer may have been lost, so the offer is repeated once before the connection fails.
  const awaitAnswer = (): void =>
    monitor.setDeadline(answerMs, () => {
      repeatOffer();
      monitor.setDeadline(answerMs, monitor.failUnanswered);
    });

  return {
    offer: async () => {
      if (pc.signalingState !== "stable") return;
      await pc.setLocalDescription();
      id = crypto.getRandomValues(new Uint32Array(2)).join("-");
      repeatOffer();
      awaitAnswer();
    },
    repeatOffer,
    // An answer to no offer, or to one that has been replaced, is outdated.
    receiveAnswer: async ({ sdp, negotiation }) => {
      if (pc.signalingState !== "have-local-offer") return;
      if (negotiation !== undefined && negotiation !== id) return;
      monitor.clearFailure();
      await pc.setRemoteDescription({ type: "answer", sdp });
      await candidates.addEarly();
      monitor.awaitRoute();
      monitor.report();
    },
  };
};

export interface Answering {
  readonly answer: (offer: Offer) => Promise<void>;
  /** Whether the offer was answered before. If so, the answer is sent again, because it may have been lost. */
  readonly repeatAnswer: (offer: Offer) => boolean;
}

export const answering = ({ pc, candidates, monitor, send }: Connection): Answering => {
  let answeredId: string | undefined;
  return {
    answer: async ({ sdp, negotiation }) => {
      monitor.clearFailure();
      await pc.setRemoteDescription({ type: "offer", sdp });
      await candidates.addEarly();
      await pc.setLocalDescription();
      answeredId = negotiation;
      if (pc.localDescription !== null) send({ kind: "answer", sdp: pc.localDescription.sdp, negotiation });
      monitor.awaitRoute();
      monitor.report();
    },
    repeatAnswer: ({ negotiation }) => {
      if (negotiation === undefined || negotiation !== answeredId) return false;
      const local = pc.currentLocalDescription;
      if (local?.type === "answer") send({ kind: "answer", sdp: local.sdp, negotiation });
      return true;
    },
  };
};
