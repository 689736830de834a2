export { type Crowd, crowd, isMember, members, recipients } from "./audience.js";
export { nextDeadline } from "./deadline.js";
export type { Audience, Effect, Fact } from "./effect.js";
export type * from "./event.js";
export { type ChannelName, type ClientId, type Millis, type RoomId, roomsChannel, type UserId } from "./id.js";
export { defaultLimits, defaultSettings, type Limits, type Settings } from "./limits.js";
export type { Refusal, RefusalCode, ServerMessage } from "./message.js";
export {
  type Digest,
  type Header,
  journalVersion,
  type Line,
  type Payloads,
  parseLine,
  type Recorded,
} from "./record.js";
export { reduce } from "./reduce.js";
export { type Moment, replay, snapshot, withoutTexts } from "./replay.js";
export { initial, invariants, type State, type StateKind, stateKinds } from "./state.js";
export { type Arrival, type Decoder, decoder, encode, type ListedRoom, listedRooms } from "./wire.js";
