import * as t from "io-ts";
import { directoryChannel } from "../base/id.js";
import { defaultLimits, defaultSettings, type Limits, type Settings } from "../base/limits.js";
import { roomsChannel, seedName } from "../dialect/seed/names.js";
import { journalVersion, settingsVersion } from "./versions.js";

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

const { limits: _, delivery: __, ...settingsOfTheirOwn } = defaultSettings;

/**
 * What a server did that did not have a setting yet. Those of sessions, doors and tokens did not matter while no client had any: they
 * count as not set.
 */
const impliedSettings: Omit<Settings, "limits" | "delivery"> = { ...settingsOfTheirOwn, stateSpacingMs: 0 };

/**
 * Application messages had no rate of their own, and nobody was closed for what was beyond the rate: a default would refuse and close on
 * replay what was not.
 */
const impliedLimits: Limits = { ...defaultLimits, sayPerSecond: 0, refusedBurst: 0 };

const lacking = (given: Readonly<Record<string, unknown>>, implied: object): object =>
  Object.fromEntries(Object.entries(implied).filter(([name]) => !(name in given)));

const upcastSettings = (settings: unknown): unknown => {
  if (!t.UnknownRecord.is(settings)) return settings;
  const { relay, ...others } = settings;
  // Up to version 2 `delivery` was called `relay`, and `broadcast` was `flood`.
  const renamed = relay === undefined ? {} : { delivery: relay === "flood" ? "broadcast" : relay };
  const completed = { ...others, ...renamed, ...lacking(settings, impliedSettings) };
  const { limits } = settings;
  return t.UnknownRecord.is(limits)
    ? { ...completed, limits: { ...limits, ...lacking(limits, impliedLimits) } }
    : completed;
};

/** Up to format 2 the format stood for all versions, and nobody wrote down the timings, which were the defaults. */
const impliedHeader = ({ version }: { readonly version?: unknown }): object =>
  version === 1 || version === 2
    ? { digestVersion: version, settingsVersion: version, timings: { pingAfterMs: 5_000, cutAfterMs: 8_000 } }
    : {};

const upToDate = (version: unknown, current: number): unknown =>
  typeof version === "number" && version >= 1 && version < current ? current : version;

/** What follows a header of an earlier version is upcast line by line, and so the header is, too. Digests stay what they are. */
const upcastHeader = (line: Readonly<Record<string, unknown>>): unknown => {
  const {
    version,
    settingsVersion: settings,
    ...others
  }: Readonly<Record<string, unknown>> = {
    ...impliedHeader(line),
    ...line,
  };
  const versions = {
    version: upToDate(version, journalVersion),
    settingsVersion: upToDate(settings, settingsVersion),
  };
  return { ...others, ...versions };
};

/** Up to format 2 a session was a socket, and all clients spoke the seed's protocol. */
const impliedSession = ({ client }: { readonly client?: unknown }): object => ({
  session: `socket-${client}`,
  dialect: seedName,
});

/** Up to format 2 events named channels as the seed's clients do. */
const upcastChannel = ({ channel }: { readonly channel?: unknown }): object =>
  channel === roomsChannel ? { channel: directoryChannel } : {};

/** Makes no new object of an event of this version, other than `ServerStarted`. */
export const upcast = (line: unknown): unknown => {
  if (!t.UnknownRecord.is(line)) return line;
  if ("journal" in line) return upcastHeader(line);
  if (line.kind === "ServerStarted") return { ...line, settings: upcastSettings(line.settings) };
  if (line.kind === "ClientConnected") return "session" in line ? line : { ...line, ...impliedSession(line) };
  const kind = renamedKinds.get(line.kind);
  return kind === undefined ? line : { ...line, kind, ...upcastChannel(line) };
};
