import { candidateKinds, type Evidence } from "./failure.js";
import type { Signal, SignalOut } from "./frames.js";

/** Numbers of negotiations between two participants: they rise over reloads too, and over what the other side has used. */
export const numbers = (now: () => number) => {
  let last = 0;
  return {
    next: (): number => {
      last = Math.max(last + 1, now());
      return last;
    },
    note: (number: number): void => {
      last = Math.max(last, number);
    },
    last: (): number => last,
  };
};

export interface NegotiationHost {
  readonly numbers: ReturnType<typeof numbers>;
  /** Whether this side gives way when both have offered. */
  readonly isPolite: () => boolean;
  readonly send: (signal: SignalOut) => void;
}

export type Negotiation = ReturnType<typeof negotiation>;

const heldMax = 100;

/**
 * How often a signal that another node has not answered is sent again. With 3 s each time that is longer than until a node that is gone
 * has been given up. It is not done for ever, since of offers only the last can be answered: a slow node would never be in time.
 */
export const repeatsMax = 3;

// The first two members of a description's `o=` line, which stay the same as long as its connection lives (RFC 8829, 5.2.1).
const originOf = (sdp: string | undefined): string | undefined => /^o=\S+ \S+/m.exec(sdp ?? "")?.[0];

/** Whether an offer has a section for data channels. */
export const hasChannel = ({ data }: Signal): boolean =>
  /^m=application/m.test((data as RTCSessionDescriptionInit).sdp ?? "");

/**
 * Perfect negotiation (WebRTC 1.0, 10.7) over one connection. Each step is called when the one before is done, so an offer and an answer
 * are never made at the same time.
 */
export const negotiation = (pc: RTCPeerConnection, host: NegotiationHost) => {
  let offered = 0;
  /** How often it was made again. */
  let repeats = 0;
  /** Of the description of ours that candidates belong to. 0: none was sent. */
  let local = 0;
  /** Of the other side's description that is in force. */
  let remote = 0;
  let ignored: Signal | undefined;
  let early: RTCIceCandidateInit[] = [];
  let held: Signal[] = [];
  const kinds = { local: new Set<string>(), remote: new Set<string>() };
  const noteKinds = (side: Set<string>, text: string | undefined): void => {
    for (const kind of candidateKinds(text ?? "")) side.add(kind);
  };

  const sendCandidate = (candidate: RTCIceCandidateInit): void =>
    host.send({ kind: "candidate", negotiation: local, data: candidate });

  pc.onicecandidate = ({ candidate }) => {
    if (!candidate?.candidate) return;
    noteKinds(kinds.local, candidate.candidate);
    // libdatachannel writes the whole SDP line; browsers expect the attribute's value (WebRTC 1.0, 4.8.1).
    const init = { ...candidate.toJSON(), candidate: candidate.candidate.replace(/^a=/, "") };
    if (local === 0) early.push(init);
    else sendCandidate(init);
  };

  /** The description goes with the candidates that are known by now: those sent on their own may be of an older negotiation. */
  const sendDescription = (kind: "offer" | "answer", number: number, made: RTCSessionDescriptionInit): void => {
    const { type, sdp } = pc.localDescription?.sdp ? pc.localDescription : made;
    local = number;
    noteKinds(kinds.local, sdp);
    host.send({ kind, negotiation: number, data: { type, sdp } });
    early.forEach(sendCandidate);
    early = [];
  };

  const accept = async (description: RTCSessionDescriptionInit, number: number): Promise<void> => {
    await pc.setRemoteDescription(description);
    remote = number;
    noteKinds(kinds.remote, description.sdp);
    const due = held;
    held = [];
    for (const signal of due) await hearCandidate(signal);
  };

  const hearOffer = async (signal: Signal): Promise<void> => {
    host.numbers.note(signal.negotiation);
    // It was held up, and a later one has overtaken it.
    if (signal.negotiation <= remote) return;
    if (pc.signalingState === "have-local-offer" && !host.isPolite()) {
      ignored = signal;
      return;
    }
    ignored = undefined;
    await accept(signal.data as RTCSessionDescriptionInit, signal.negotiation);
    const answer = await pc.createAnswer();
    await pc.setLocalDescription(answer);
    sendDescription("answer", signal.negotiation, answer);
  };

  const hearAnswer = async ({ negotiation: number, data }: Signal): Promise<void> => {
    if (number !== offered || pc.signalingState !== "have-local-offer") return;
    ignored = undefined;
    await accept(data as RTCSessionDescriptionInit, number);
  };

  const hearCandidate = async (signal: Signal): Promise<void> => {
    if (signal.negotiation > remote) {
      if (held.length < heldMax) held.push(signal);
    } else if (signal.negotiation === remote) {
      const candidate = signal.data as RTCIceCandidateInit;
      noteKinds(kinds.remote, candidate.candidate);
      await pc.addIceCandidate(candidate);
    }
  };

  const offer = async (options: RTCOfferOptions): Promise<void> => {
    const made = await pc.createOffer(options);
    await pc.setLocalDescription(made);
    offered = host.numbers.next();
    sendDescription("offer", offered, made);
  };

  return {
    /** Nothing happens while an offer waits for its answer, unless ICE is to be restarted. */
    offer: async (isRestart: boolean): Promise<void> => {
      // libdatachannel makes its first offer by itself, before it is asked to.
      if (pc.signalingState !== "stable" && offered !== 0 && !isRestart) return;
      repeats = 0;
      await offer({ iceRestart: isRestart });
    },

    /**
     * The server has taken an offer for an old one, or another node may have lost it. After a reload numbers begin with this machine's
     * clock, which may be behind.
     */
    offerAgain: async (number: number, highest: number): Promise<void> => {
      if (number !== offered || pc.signalingState !== "have-local-offer" || repeats === repeatsMax) return;
      repeats += 1;
      host.numbers.note(highest);
      await offer({});
    },

    /** Whether this was the answer to the latest offer: the other side is still waiting for it. */
    isLatestAnswer: ({ kind, negotiation: number }: SignalOut): boolean =>
      kind === "answer" && number === remote && pc.signalingState === "stable",

    /** Whether an offer of ours holds, whatever the other side does at the same time. Ending that offer itself is something else. */
    holds: (end: Signal): boolean =>
      pc.signalingState === "have-local-offer" && !host.isPolite() && end.negotiation !== offered,

    hear: (signal: Signal): Promise<void> =>
      signal.kind === "offer"
        ? hearOffer(signal)
        : signal.kind === "answer"
          ? hearAnswer(signal)
          : hearCandidate(signal),

    /** Both have offered, and this side gives way: it may have ignored the other's offer before it knew. */
    yield: async (): Promise<void> => {
      if (ignored) await hearOffer(ignored);
    },

    /** Whether an offer is of another connection than the one that this has talked with: the other side has made a new one. */
    isForeign: (offer: Signal): boolean => {
      const held = originOf(pc.remoteDescription?.sdp);
      return held !== undefined && held !== originOf((offer.data as RTCSessionDescriptionInit).sdp);
    },

    evidence: (): Omit<Evidence, "hasIceServers"> => ({
      ...kinds,
      isAnswered: remote > 0,
      iceState: pc.iceConnectionState,
    }),
  };
};
