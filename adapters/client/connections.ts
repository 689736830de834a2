import type { SignalboxError } from "./error.js";
import type { SignalOut } from "./frames.js";
import { type Media, outgoing } from "./media.js";
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
  readonly stale: (signal: SignalOut, highest: number) => void;
}

/** What happens to signals now and then, and is followed by a change of the roster or by another signal. */
const ordinary: ReadonlySet<string> = new Set([
  "stale",
  "gone",
  "no-such-participant",
  "not-in-room",
  "session-lost",
  "closed",
  // Another node has not answered. If it is gone, whoever was there comes back with a gap, and restarts ICE.
  "unavailable",
]);
const offerMs = 2_000;

/** The connections of this participant with the others of a room. */
export const connections = (room: string, host: RoomHost, tell: Teller) => {
  let options: JoinOptions = { connections: false };

  const sendSignal = (to: string, signal: SignalOut, { isWanted, stale }: Sending): void => {
    host.ask({ type: "signal", room, to, ...signal }).catch((error: SignalboxError) => {
      if (error.code === "stale") stale(signal, error.negotiation ?? signal.negotiation);
      if (error.code !== "rate-limited") return ordinary.has(error.code) ? undefined : tell.error(error);
      setTimeout(() => isWanted() && sendSignal(to, signal, { isWanted, stale }), error.retryAfterMs ?? 1_000);
      return undefined;
    });
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
