import * as t from "io-ts";
import { directoryChannel } from "../base/id.js";
import { roomsChannel, seedName } from "../dialect/seed/names.js";

/*
 * The one place that knows how journals were written before. A line comes in as parsed JSON and leaves as this version would have
 * written it, or unchanged where it is of this version.
 */

/** Event kinds up to format 2, and what they are called now. */
const renamedKinds: ReadonlyMap<unknown, string> = new Map([
  ["ChannelSubscribed", "SubscribeRequested"],
  ["ChannelUnsubscribed", "UnsubscribeRequested"],
  ["RoomCreated", "CreateRequested"],
  ["UserJoinedRoom", "JoinRequested"],
  ["UserLeftRoom", "LeaveRequested"],
  ["MessagePublished", "PublishRequested"],
]);

/** What a server did that had no such setting yet. */
const impliedSettings = { stateSpacingMs: 0 };

const upcastSettings = (settings: unknown): unknown => {
  if (!t.UnknownRecord.is(settings) || !("relay" in settings)) return settings;
  // Up to format 2 `delivery` was called `relay`, and `broadcast` was `flood`.
  const { relay, ...rest } = settings;
  return { ...impliedSettings, ...rest, delivery: relay === "flood" ? "broadcast" : relay };
};

/** Up to format 2 a session was a socket, and all clients spoke the seed's protocol. */
const impliedSession = ({ client }: { readonly client?: unknown }): object => ({
  session: `socket-${client}`,
  generation: 1,
  dialect: seedName,
});

/** Up to format 2 events named channels as the seed's clients do. */
const upcastChannel = ({ channel }: { readonly channel?: unknown }): object =>
  channel === roomsChannel ? { channel: directoryChannel } : {};

/** Costs nothing for an event of this version, other than `ServerStarted`. */
export const upcast = (line: unknown): unknown => {
  if (!t.UnknownRecord.is(line)) return line;
  if (line.kind === "ServerStarted") {
    const settings = upcastSettings(line.settings);
    return settings === line.settings ? line : { ...line, settings };
  }
  if (line.kind === "ClientConnected") return "session" in line ? line : { ...line, ...impliedSession(line) };
  const kind = renamedKinds.get(line.kind);
  return kind === undefined ? line : { ...line, kind, ...upcastChannel(line) };
};
