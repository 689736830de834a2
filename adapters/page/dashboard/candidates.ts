import type { Signal } from "./message.js";

/** The addresses that the two sides of a connection tell each other. */
export interface Candidates {
  readonly take: (candidate: RTCIceCandidateInit) => Promise<void>;
  /** After a description has come: takes those that waited for it. */
  readonly takeEarly: () => Promise<void>;
  /** Those that still wait for their description. */
  readonly early: () => ReadonlyArray<RTCIceCandidateInit>;
  readonly counts: () => { readonly candidatesSent: number; readonly candidatesReceived: number };
}

const earlyMax = 64;

export const candidates = (pc: RTCPeerConnection, signal: (signal: Signal) => void): Candidates => {
  let early: ReadonlyArray<RTCIceCandidateInit> = [];
  let candidatesSent = 0;
  let candidatesReceived = 0;

  pc.onicecandidate = ({ candidate }) => {
    if (candidate === null) return;
    candidatesSent += 1;
    signal({ kind: "candidate", candidate: candidate.toJSON() });
  };

  const take = async (candidate: RTCIceCandidateInit): Promise<void> => {
    if (!isKnown(pc.remoteDescription, candidate)) {
      early = [...early, candidate].slice(-earlyMax);
      return;
    }
    if (candidate.candidate !== "") candidatesReceived += 1;
    // A candidate that cannot be used, such as one of a kind that this browser does not know, leaves the others as they are.
    await pc.addIceCandidate(candidate).catch(() => undefined);
  };

  const takeEarly = async (): Promise<void> => {
    const waiting = early;
    early = [];
    for (const candidate of waiting) await take(candidate);
  };

  return { take, takeEarly, early: () => early, counts: () => ({ candidatesSent, candidatesReceived }) };
};

/** A candidate belongs to the description that has its user name fragment; until that has come, it waits. */
const isKnown = (remote: RTCSessionDescription | null, { usernameFragment }: RTCIceCandidateInit): boolean =>
  remote !== null && (!usernameFragment || remote.sdp.includes(`a=ice-ufrag:${usernameFragment}\r\n`));
