import { type ChannelName, type DialectName, directoryChannel } from "../../base/id.js";

export const seedName = "seed" as DialectName;

/** What the seed's clients call the channel of room lists. */
export const roomsChannel = "webrtc-dashboard-rooms";

/** The channel that a client of the seed means by a name. */
export const channelOf = (name: ChannelName): ChannelName => (name === roomsChannel ? directoryChannel : name);

/** What a client of the seed calls a channel. */
export const channelNameOf = (channel: ChannelName): string => (channel === directoryChannel ? roomsChannel : channel);
