import type { SignalboxError } from "./error.js";
import type { SignalOut } from "./frames.js";
import { type Media, outgoing } from "./media.js";
import { repeatsMax } from "./negotiation.js";
import type { Member } from "./participant.js";
import { type Peer, peer } from "./peer.js";
import type { RoomEvents } from "./room-events.js";
import type { Transport } from "./transport.js";

export interface JoinOptions {
  /** What this side sends: a stream, or several, such as a camera's and a screen's. */
  readonly media?: Media | undefined;
  /** Opens a data channel to each participant. */
  readonly data?: boolean;
  /** False: no connections are made or taken, everything goes through the server. */
  readonly connections?: boolean;
}

export interface RoomHost {
  readonly ask: Transport["ask"];
  readonly isConnected: () => boolean;
  readonly user: () => string;
  readonly PeerConnection: typeof RTCPeerConnection | undefined;
  readonly configuration: () => RTCConfiguration;
  /** The room is over. */
  readonly ended: () => void;
}

interface Teller {
  readonly emit: <K extends keyof RoomEvents>(name: K, event: RoomEvents[K]) => void;
  readonly error: (error: SignalboxError) => void;
}

interface Sending {
  /** Whether it is still worth sending, once the server takes it. */
  readonly isWanted: () => boolean;
  /** It is of an older negotiation, or may be lost: an offer is made anew. */
  readonly stale: (signal: SignalOut, highest: number) => void;
}

/** What happens to signals now and then, and is followed by a change of the roster or by another signal. */
const ordinary: ReadonlySet<string> = new Set([
  "gone",
  "no-such-participant",
  "not-in-room",
  "session-lost",
  "closed",
  // After several times. If that node is gone, whoever was there comes back with a gap, and restarts ICE.
  "unavailable",
]);
const offerMs = 2_000;

/** The connections of this participant with the others of a room. */
export const connections = (room: string, host: RoomHost, tell: Teller) => {
  let options: JoinOptions = { connections: false };

  const sendSignal = (to: string, signal: SignalOut, { isWanted, stale }: Sending): void => {
    let unanswered = 0;
    const send = (): void => {
      host.ask({ type: "signal", room, to, ...signal }).catch((error: SignalboxError) => {
        const { code, negotiation = signal.negotiation, retryAfterMs = 1_000 } = error;
        const later = (step: () => void) => setTimeout(() => isWanted() && step(), retryAfterMs);
        // Another node has not answered: the signal may have arrived, or not. The server takes no offer twice, so it is made anew. All
        // else may arrive twice: an answer, a candidate or an end that is there already changes nothing.
        if (code === "unavailable" && signal.kind === "offer") later(() => stale(signal, negotiation));
        else if (code === "unavailable" && unanswered++ < repeatsMax) later(send);
        else if (code === "rate-limited") later(send);
        else if (code === "stale") stale(signal, negotiation);
        else if (!ordinary.has(code)) tell.error(error);
      });
    };
    send();
  };

  const make = (it: Member, PeerConnection: typeof RTCPeerConnection): Peer => {
    const participant = it.face;
    const made = peer({
      me: host.user(),
      user: participant.user,
      PeerConnection,
      configuration: host.configuration,
      media: () => outgoing(options.media),
      hasData: options.data === true,
      send: (signal) => sendSignal(participant.user, signal, { isWanted: () => it.peer === made, stale: made.stale }),
      isReachable: () => host.isConnected() && participant.state === "here",
      state: (state) => {
        if (state === "closed") it.streams = [];
        tell.emit("connection", { participant, state });
      },
      track: ({ track, streams: [stream = new MediaStream([track])] }) => {
        if (!it.streams.includes(stream)) it.streams = [...it.streams, stream];
        stream.onremovetrack = () => {
          if (stream.getTracks().length > 0) return;
          it.streams = it.streams.filter((other) => other !== stream);
          tell.emit("stream-ended", { participant, stream });
        };
        tell.emit("track", { participant, track, stream });
      },
      data: (data) => tell.emit("data", { from: participant, data }),
      channelChanged: () => tell.emit("reach", { participant, canSend: participant.canSend }),
      channel: (channel) => tell.emit("channel", { participant, channel }),
      failed: (error) => tell.emit("failed", { participant, error }),
      error: tell.error,
    });
    it.peer = made;
    return made;
  };

  /** Undefined where there are no connections. */
  const peerOf = (it: Member): Peer | undefined =>
    it.peer ??
    (options.connections === false || it.face.isMe || !host.PeerConnection ? undefined : make(it, host.PeerConnection));

  return {
    peerOf,
    /** `isAnew`: there may be connections of an earlier page, which the others are told to end. */
    start: (wanted: JoinOptions, others: Iterable<Member>, isAnew: boolean): void => {
      options = { connections: host.PeerConnection !== undefined, ...wanted };
      for (const other of others) {
        const to = peerOf(other);
        if (isAnew) to?.renew();
        else to?.offer();
      }
    },
    /** A newcomer offers by itself. Only if it does not, this side does. */
    expect: (newcomer: Member): void => peerOf(newcomer)?.expect(offerMs),
    /** There are no connections on this side: the other one need not wait for an answer. */
    decline: (user: string, negotiation: number): void =>
      sendSignal(user, { kind: "end", negotiation }, { isWanted: () => false, stale: () => {} }),
    setMedia: (media: Media | undefined, others: Iterable<Member>): void => {
      options = { ...options, media };
      for (const { peer: to } of others) to?.sendTracks();
    },
  };
};
