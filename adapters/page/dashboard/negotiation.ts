import type { Candidates } from "./candidates.js";
import type { Health } from "./health.js";
import type { Signal } from "./message.js";

type Offer = Extract<Signal, { readonly kind: "offer" }>;
type Answer = Extract<Signal, { readonly kind: "answer" }>;

/** A connection in the making, and where its signals go. */
export interface Link {
  readonly pc: RTCPeerConnection;
  readonly candidates: Candidates;
  readonly health: Health;
  readonly signal: (signal: Signal) => void;
}

export interface Offering {
  readonly offer: () => Promise<void>;
  /** Says the offer that stands again. It has the same id, so whoever has it already takes no harm. */
  readonly repeat: () => void;
  readonly takeAnswer: (answer: Answer) => Promise<void>;
}

const answerMs = 5_000;

export const offering = ({ pc, candidates, health, signal }: Link): Offering => {
  let id: string | undefined;

  const repeat = (): void => {
    if (pc.signalingState !== "have-local-offer" || pc.localDescription === null) return;
    signal({ kind: "offer", sdp: pc.localDescription.sdp, negotiation: id });
  };

  // The offer or its answer may have been lost on the way: it is made once more before the other side is given up.
  const awaitAnswer = (): void =>
    health.expect(answerMs, () => {
      repeat();
      health.expect(answerMs, health.failToReach);
    });

  return {
    offer: async () => {
      if (pc.signalingState !== "stable") return;
      await pc.setLocalDescription();
      id = crypto.getRandomValues(new Uint32Array(2)).join("-");
      repeat();
      awaitAnswer();
    },
    repeat,
    // An answer that comes when none is awaited, or to an offer that has been replaced, is from the past.
    takeAnswer: async ({ sdp, negotiation }) => {
      if (pc.signalingState !== "have-local-offer") return;
      if (negotiation !== undefined && negotiation !== id) return;
      health.recover();
      await pc.setRemoteDescription({ type: "answer", sdp });
      await candidates.takeEarly();
      health.expectRoute();
      health.report();
    },
  };
};

export interface Answering {
  readonly answer: (offer: Offer) => Promise<void>;
  /** Whether the offer has been taken before; then its answer is said again, for that may have been lost. */
  readonly repeatTo: (offer: Offer) => boolean;
}

export const answering = ({ pc, candidates, health, signal }: Link): Answering => {
  let answered: string | undefined;
  return {
    answer: async ({ sdp, negotiation }) => {
      health.recover();
      await pc.setRemoteDescription({ type: "offer", sdp });
      await candidates.takeEarly();
      await pc.setLocalDescription();
      answered = negotiation;
      if (pc.localDescription !== null) signal({ kind: "answer", sdp: pc.localDescription.sdp, negotiation });
      health.expectRoute();
      health.report();
    },
    repeatTo: ({ negotiation }) => {
      if (negotiation === undefined || negotiation !== answered) return false;
      const local = pc.currentLocalDescription;
      if (local?.type === "answer") signal({ kind: "answer", sdp: local.sdp, negotiation });
      return true;
    },
  };
};
