export {
  type ChannelName,
  type ClientId,
  type DialectName,
  directoryChannel,
  label,
  type Millis,
  type NodeId,
  type RoomId,
  type SeatId,
  type SessionId,
  seat,
  text,
  type UserId,
} from "./base/id.js";
export { firstLevel, highestLevel } from "./base/level.js";
export { defaultLimits, defaultSettings, type Limits, type Settings } from "./base/limits.js";
export { type KnockEnd, type RoomRole, roomRoles } from "./base/room.js";
export { type Group, groupFor, isMember, members, recipients } from "./delivery/audience.js";
export { nextDeadline } from "./delivery/deadline.js";
export {
  type Arrival,
  type Beside,
  type BodyOf,
  type Decoder,
  type Dialect,
  encodeAmong,
  type Hello,
  type TokenShown,
} from "./dialect/dialect.js";
export { type ListedRoom, listedRooms, refusedTypeOf, requestTypeOf, writtenList } from "./dialect/seed/encode.js";
export { channelNameOf } from "./dialect/seed/names.js";
export { seed } from "./dialect/seed/seed.js";
export { v1 } from "./dialect/v1/v1.js";
export type { Audience, Effect } from "./effect.js";
export type { Arriving, Entry, Requester } from "./entry.js";
export type * from "./event.js";
export { causeOf } from "./event.js";
export type { Fact, ParticipantLeftReason, RoomClosedReason, SharedFact } from "./fact.js";
export {
  type Ability,
  abilities,
  defaultGrants,
  type Grants,
  type LobbyGrant,
  lobbyGrants,
  mayEnter,
  type SessionGrant,
  sessionGrants,
} from "./grants.js";
export { invariants } from "./invariants.js";
export { isVerified, userOf, userOfSession } from "./local/claims.js";
export { isFirst } from "./local/cluster.js";
export { isOwn } from "./local/order.js";
export {
  closeCodes,
  type IceServer,
  type IceServers,
  type Refusal,
  type RefusalCode,
  type ServerMessage,
} from "./message.js";
export {
  type Digest,
  type Header,
  type Line,
  lineOf,
  type Payloads,
  parseLine,
  type Recorded,
  type Timings,
} from "./record/codec.js";
export { entry as entryCodec } from "./record/entry.js";
export { type Moment, replay } from "./record/replay.js";
export { sharedSnapshot, snapshot, withoutTexts } from "./record/snapshot.js";
export { digestVersion, journalVersion, settingsVersion } from "./record/versions.js";
export { reduce } from "./reduce.js";
export { apply } from "./shared/apply.js";
export { evolve } from "./shared/evolve.js";
export { isLive, leaseMs } from "./shared/nodes.js";
export {
  channelsOf,
  clientCount,
  initial,
  initialShared,
  isOutdated,
  type Member,
  participantsInOrder,
  roomsInOrder,
  type Shared,
  type State,
  type StateKind,
  stateKinds,
} from "./state.js";
export { partsOf, sharedOf, type WrittenPart, type WrittenShared, wholeOf } from "./written.js";
