import {
  type ChannelName,
  type ClientId,
  defaultSettings,
  directoryChannel,
  type Effect,
  type Event,
  type Fact,
  type Millis,
  type RoomDescription,
  type RoomId,
  type Settings,
  type State,
  type UserId,
} from "../../core/index.js";
import { connected as connectedAt, deliveries, last, play } from "./world.js";

export const [a, b, c] = [1, 2, 3] as ReadonlyArray<number> as readonly [ClientId, ClientId, ClientId];
export const start = Date.parse("2026-01-01T00:00:00.000Z") as Millis;
export const later = (ms: number): Millis => (start + ms) as Millis;
export const signaling = "webrtc-signaling" as ChannelName;

/** Facts without a time happen at the start. */
type Untimed = Event extends infer E ? (E extends Event ? Omit<E, "at"> & { readonly at?: Millis } : never) : never;

export const started = (
  settings: Partial<Omit<Settings, "limits">> & { readonly limits?: Partial<Settings["limits"]> } = {},
): Untimed => ({
  kind: "ServerStarted",
  settings: {
    ...defaultSettings,
    ...settings,
    limits: { ...defaultSettings.limits, messagesPerSecond: 0, ...settings.limits },
  } as Settings,
});
export const connected = (client: ClientId): Untimed => connectedAt(client, start);
export const disconnected = (client: ClientId): Untimed => ({ kind: "ClientDisconnected", client, code: 1005 });
export const subscribed = (client: ClientId, channel: string = directoryChannel): Untimed => ({
  kind: "SubscribeRequested",
  client,
  channel: channel as ChannelName,
});
export const unsubscribed = (client: ClientId, channel: string = directoryChannel): Untimed => ({
  kind: "UnsubscribeRequested",
  client,
  channel: channel as ChannelName,
});
export const pinged = (client: ClientId): Untimed => ({ kind: "PingReceived", client });
export const created = (
  client: ClientId,
  id: string,
  more: Partial<Record<keyof RoomDescription, string>> = {},
): Untimed => ({
  kind: "CreateRequested",
  client,
  room: { id, name: `Room ${id}`, ...more } as RoomDescription,
});
export const joined = (client: ClientId, room: string, user: string): Untimed => ({
  kind: "JoinRequested",
  client,
  roomId: room as RoomId,
  userId: user as UserId,
  userName: user.toUpperCase(),
  text: `${user} joined ${room}`,
});
export const left = (client: ClientId, room: string, user: string): Untimed => ({
  kind: "LeaveRequested",
  client,
  roomId: room as RoomId,
  userId: user as UserId,
  text: `${user} left ${room}`,
});
export const listRequested = (client: ClientId): Untimed => ({ kind: "RoomListRequested", client });
export const published = (
  client: ClientId,
  text: string,
  names: { readonly from?: string; readonly to?: string; readonly channel?: string } = {},
): Untimed => ({
  kind: "PublishRequested",
  client,
  channel: (names.channel ?? signaling) as ChannelName,
  type: "webrtc-offer",
  text,
  ...(names.from === undefined ? {} : { from: names.from as UserId }),
  ...(names.to === undefined ? {} : { to: names.to as UserId }),
});
export const ticked = (at: Millis): Untimed => ({ kind: "ClockTicked", at });

export interface Outcome {
  readonly state: State;
  /** What the client was sent for the last event: relays as their text, the rest parsed, without `timestamp` and `createdAt`. */
  readonly seen: (client: ClientId) => ReadonlyArray<unknown>;
  readonly effects: ReadonlyArray<Effect>;
  readonly facts: ReadonlyArray<Fact>;
  readonly isUnchanged: boolean;
  /** The code of the refusal that the client was told, if it was told nothing else. */
  readonly refusal: (client: ClientId) => unknown;
}

/** The world so far, and what then happens: `given(connected(a)).when(pinged(a)).seen(a)`. */
export const given = (...before: ReadonlyArray<Untimed>) => ({
  when: (event: Untimed): Outcome => {
    const world = before[0]?.kind === "ServerStarted" ? before : [started(), ...before];
    const from = last(play(world.map(timed)));
    const [moment] = play([timed(event)], from);
    if (moment === undefined) throw new Error("nothing happened");
    const sent = deliveries(moment.after, moment.effects);
    return {
      state: moment.after,
      seen: (client) => (sent.get(client) ?? []).map(readable),
      effects: moment.effects,
      facts: moment.effects.flatMap((effect) => (effect.kind === "Report" ? [effect.fact] : [])),
      isUnchanged: moment.after === from,
      refusal: (client) => {
        const [told, ...more] = (sent.get(client) ?? []).map((text) => JSON.parse(text));
        return more.length === 0 && told?.type === "error" ? told.code : undefined;
      },
    };
  },
});

const timed = (event: Untimed): Event => ({ at: start, ...event }) as Event;

const readable = (text: string): unknown => {
  if (!text.startsWith("{")) return text;
  return JSON.parse(text, (key, value) => (key === "timestamp" || key === "createdAt" ? undefined : value));
};
