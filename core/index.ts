export { type ChannelName, type ClientId, type Millis, type RoomId, roomsChannel, type UserId } from "./base/id.js";
export { defaultLimits, defaultSettings, type Limits, type Settings } from "./base/limits.js";
export { type Crowd, crowd, isMember, members, recipients } from "./delivery/audience.js";
export { nextDeadline } from "./delivery/deadline.js";
export { type Arrival, type Decoder, decoder, encode, type ListedRoom, listedRooms } from "./dialect/seed/wire.js";
export type { Audience, Effect, Fact } from "./effect.js";
export type * from "./event.js";
export type { Refusal, RefusalCode, ServerMessage } from "./message.js";
export {
  type Digest,
  type Header,
  journalVersion,
  type Line,
  type Payloads,
  parseLine,
  type Recorded,
} from "./record/codec.js";
export { type Moment, replay, snapshot, withoutTexts } from "./record/replay.js";
export { reduce } from "./reduce.js";
export { initial, invariants, type State, type StateKind, stateKinds } from "./state.js";
