import type { Signal } from "../wire/message.js";

/** The ICE candidates (network addresses) of one connection: its own are sent, those of the other side are added. */
export interface IceCandidates {
  readonly receive: (candidate: RTCIceCandidateInit) => Promise<void>;
  /** To be called after a remote description is set: adds the candidates that came before it. */
  readonly addEarly: () => Promise<void>;
  /** The candidates whose description has not come yet. */
  readonly early: () => ReadonlyArray<RTCIceCandidateInit>;
  readonly receivedCount: () => number;
}

const earlyMax = 64;

export const iceCandidates = (pc: RTCPeerConnection, send: (signal: Signal) => void): IceCandidates => {
  let early: ReadonlyArray<RTCIceCandidateInit> = [];
  let receivedCount = 0;

  pc.onicecandidate = ({ candidate }) => {
    if (candidate !== null) send({ kind: "candidate", candidate: candidate.toJSON() });
  };

  const receive = async (candidate: RTCIceCandidateInit): Promise<void> => {
    if (!hasDescription(pc.remoteDescription, candidate)) {
      early = [...early, candidate].slice(-earlyMax);
      return;
    }
    // An empty candidate only says that there are no more.
    if (candidate.candidate !== "") receivedCount += 1;
    // One that this browser cannot use, for example of a type it does not know, must not stop the others.
    await pc.addIceCandidate(candidate).catch(() => undefined);
  };

  const addEarly = async (): Promise<void> => {
    const waiting = early;
    early = [];
    for (const candidate of waiting) await receive(candidate);
  };

  return { receive, addEarly, early: () => early, receivedCount: () => receivedCount };
};

/** A candidate belongs to the description with the same user name fragment. */
const hasDescription = (remote: RTCSessionDescription | null, { usernameFragment }: RTCIceCandidateInit): boolean =>
  remote !== null && (!usernameFragment || remote.sdp.includes(`a=ice-ufrag:${usernameFragment}\r\n`));
