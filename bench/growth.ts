import { performance } from "node:perf_hooks";
import {
  type ChannelName,
  type ClientId,
  defaultSettings,
  type Event,
  initial,
  type Millis,
  type RoomId,
  reduce,
  type SessionId,
  type State,
  seed,
  type UserId,
} from "../core/index.js";
import { median } from "./spread.js";

/** Does the cost of an event grow with the number of clients? Asked for each kind of event. */
export interface Growth {
  readonly kind: string;
  /** ns an event, at each of the sizes. */
  readonly costs: ReadonlyArray<number>;
  /** Each cost by that at the first size. */
  readonly ratios: ReadonlyArray<number>;
}

const at = 1_000_000 as Millis;
const signaling = "webrtc-signaling" as ChannelName;
const directoryChannel = "webrtc-dashboard-rooms" as ChannelName;
const roomy = { ...defaultSettings.limits, roomsMax: 1_000_000, clientRoomsMax: 1_000_000 };

const userOf = (client: number): UserId => `user-${client}` as UserId;
const socketOf = (n: number) => ({
  client: n as ClientId,
  session: `session-${n}` as SessionId,
  generation: 1,
  dialect: seed.name,
  address: "192.0.2.1",
});
const roomOf = (client: number): RoomId => `room-${Math.floor(client / 10)}` as RoomId;

/** `clients` sockets, each with two channels and a place in a room of ten; the first of each ten created it. */
export const populated = (clients: number): State => {
  let state = reduce(initial, { kind: "ServerStarted", at, settings: { ...defaultSettings, limits: roomy } })[0];
  const happen = (event: Event): void => {
    state = reduce(state, event)[0];
  };
  for (let n = 1; n <= clients; n++) {
    const client = n as ClientId;
    happen({ kind: "ClientConnected", at, ...socketOf(n) });
    happen({ kind: "SubscribeRequested", at, client, channel: directoryChannel });
    happen({ kind: "SubscribeRequested", at, client, channel: signaling });
    const room = { id: roomOf(n), name: "Room" };
    if (n === 1 || n % 10 === 0) happen({ kind: "CreateRequested", at, client, room });
    happen({ kind: "JoinRequested", at, client, roomId: room.id, userId: userOf(n), userName: "User", text: "" });
  }
  return state;
};

/** For each kind, an event that does its whole work in the populated state, about the nth client. */
const kinds: Readonly<Record<string, (n: number, clients: number) => Event>> = {
  ClientConnected: (n, clients) => ({
    kind: "ClientConnected",
    at,
    ...socketOf(clients + n),
  }),
  ClientDisconnected: (n) => ({ kind: "ClientDisconnected", at, client: n as ClientId, code: 1005 }),
  SubscribeRequested: (n) => ({
    kind: "SubscribeRequested",
    at,
    client: n as ClientId,
    channel: "one-more" as ChannelName,
  }),
  UnsubscribeRequested: (n) => ({ kind: "UnsubscribeRequested", at, client: n as ClientId, channel: signaling }),
  PingReceived: (n) => ({ kind: "PingReceived", at, client: n as ClientId }),
  TextReceived: (n) => ({ kind: "TextReceived", at, client: n as ClientId, text: "hello" }),
  CreateRequested: (n) => ({
    kind: "CreateRequested",
    at,
    client: n as ClientId,
    room: { id: `new-${n}` as RoomId, name: "New" },
  }),
  JoinRequested: (n) => ({
    kind: "JoinRequested",
    at,
    client: n as ClientId,
    roomId: roomOf(n),
    userId: `second-${n}` as UserId,
    userName: "U",
    text: "",
  }),
  LeaveRequested: (n) => ({
    kind: "LeaveRequested",
    at,
    client: n as ClientId,
    roomId: roomOf(n),
    userId: userOf(n),
    text: "",
  }),
  RoomListRequested: (n) => ({ kind: "RoomListRequested", at, client: n as ClientId }),
  PublishRequested: (n) => ({
    kind: "PublishRequested",
    at,
    client: n as ClientId,
    channel: signaling,
    type: "webrtc-offer",
    from: userOf(n),
    to: userOf(n + 1),
    text: "",
  }),
  FrameRefused: (n) => ({
    kind: "FrameRefused",
    at,
    client: n as ClientId,
    refusal: { code: "no-channel", message: "no" },
  }),
  ClockTicked: () => ({ kind: "ClockTicked", at: (at + defaultSettings.roomListIntervalMs) as Millis }),
};

/**
 * Each event is reduced from the same state, so that the state keeps its size. `talkers` clients, spread over all of them, take turns:
 * the others are connected and silent. With as many talkers as clients, next to nothing is in the processor's caches.
 */
const nsPerEvent = (state: State, size: Size, make: (n: number, clients: number) => Event, events: number): number => {
  const made = Array.from({ length: events }, (_, i) => {
    const talker = (i * 7_919) % size.talkers;
    return make(1 + Math.floor((talker * size.clients) / size.talkers), size.clients);
  });
  const began = performance.now();
  for (const event of made) reduce(state, event);
  return ((performance.now() - began) * 1e6) / events;
};

export interface Size {
  readonly clients: number;
  readonly talkers: number;
}

/** Sizes take turns, run by run, so that a slow moment of the machine does not fall on one of them. */
export const growth = (sizes: ReadonlyArray<Size>, runs: number, events: number): ReadonlyArray<Growth> => {
  const states = new Map(
    [...new Set(sizes.map(({ clients }) => clients))].map((clients) => [clients, populated(clients)]),
  );
  return Object.entries(kinds).map(([kind, make]) => {
    const measured = sizes.map((): number[] => []);
    for (let run = 0; run <= runs; run++)
      sizes.forEach((size, i) => {
        const cost = nsPerEvent(states.get(size.clients) ?? initial, size, make, events);
        if (run > 0) measured[i]?.push(cost);
      });
    const costs = measured.map(median);
    return { kind, costs, ratios: costs.map((cost) => cost / (costs[0] ?? Number.NaN)) };
  });
};
