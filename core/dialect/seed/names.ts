import { type ChannelName, type DialectName, directoryChannel } from "../../base/id.js";
import type { SignalKind } from "../../message.js";

export const seedName = "seed" as DialectName;

/** What the seed's clients call the channel of room lists. */
export const roomsChannel = "webrtc-dashboard-rooms";

/** The channel on which they signal. */
export const signalingChannel = "webrtc-signaling";

/** What each kind of signal is called there, and the member of its body that carries it. */
export const signalTypes: Readonly<Record<SignalKind, { readonly type: string; readonly member?: string }>> = {
  offer: { type: "webrtc-offer", member: "offer" },
  answer: { type: "webrtc-answer", member: "answer" },
  candidate: { type: "webrtc-ice", member: "candidate" },
  end: { type: "call-ended" },
};

/** The channel that a client of the seed means by a name. */
export const channelOf = (name: ChannelName): ChannelName => (name === roomsChannel ? directoryChannel : name);

/** What a client of the seed calls a channel. */
export const channelNameOf = (channel: ChannelName): string => (channel === directoryChannel ? roomsChannel : channel);
