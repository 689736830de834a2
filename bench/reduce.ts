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
  type State,
  type UserId,
} from "../core/index.js";

/** Does the cost of an event grow with the number of clients? Asked for each kind of event. */
export interface Growth {
  readonly kind: string;
  /** ns an event, at each of the sizes. */
  readonly costs: ReadonlyArray<number>;
  /** The cost at the last size by that at the first. */
  readonly ratio: number;
}

const at = 1_000_000 as Millis;
const signaling = "webrtc-signaling" as ChannelName;
const roomsChannel = "webrtc-dashboard-rooms" as ChannelName;
const roomy = { ...defaultSettings.limits, roomsMax: 1_000_000, clientRoomsMax: 1_000_000 };

const userOf = (client: number): UserId => `user-${client}` as UserId;
const roomOf = (client: number): RoomId => `room-${Math.floor(client / 10)}` as RoomId;

/** `clients` sockets, each with two channels and a place in a room of ten; the first of each ten created it. */
export const populated = (clients: number): State => {
  let state = reduce(initial, { kind: "ServerStarted", at, settings: { ...defaultSettings, limits: roomy } })[0];
  const happen = (event: Event): void => {
    state = reduce(state, event)[0];
  };
  for (let n = 1; n <= clients; n++) {
    const client = n as ClientId;
    happen({ kind: "ClientConnected", at, client, address: "192.0.2.1" });
    happen({ kind: "ChannelSubscribed", at, client, channel: roomsChannel });
    happen({ kind: "ChannelSubscribed", at, client, channel: signaling });
    const room = { id: roomOf(n), name: "Room" };
    if (n === 1 || n % 10 === 0) happen({ kind: "RoomCreated", at, client, room });
    happen({ kind: "UserJoinedRoom", at, client, roomId: room.id, userId: userOf(n), userName: "User", text: "" });
  }
  return state;
};

/** For each kind, an event that does its whole work in the populated state, about the nth client. */
const kinds: Readonly<Record<string, (n: number, clients: number) => Event>> = {
  ClientConnected: (n, clients) => ({
    kind: "ClientConnected",
    at,
    client: (clients + n) as ClientId,
    address: "192.0.2.1",
  }),
  ClientDisconnected: (n) => ({ kind: "ClientDisconnected", at, client: n as ClientId, code: 1005 }),
  ChannelSubscribed: (n) => ({
    kind: "ChannelSubscribed",
    at,
    client: n as ClientId,
    channel: "one-more" as ChannelName,
  }),
  ChannelUnsubscribed: (n) => ({ kind: "ChannelUnsubscribed", at, client: n as ClientId, channel: signaling }),
  PingReceived: (n) => ({ kind: "PingReceived", at, client: n as ClientId }),
  TextReceived: (n) => ({ kind: "TextReceived", at, client: n as ClientId, text: "hello" }),
  RoomCreated: (n) => ({
    kind: "RoomCreated",
    at,
    client: n as ClientId,
    room: { id: `new-${n}` as RoomId, name: "New" },
  }),
  UserJoinedRoom: (n) => ({
    kind: "UserJoinedRoom",
    at,
    client: n as ClientId,
    roomId: roomOf(n),
    userId: `second-${n}` as UserId,
    userName: "U",
    text: "",
  }),
  UserLeftRoom: (n) => ({
    kind: "UserLeftRoom",
    at,
    client: n as ClientId,
    roomId: roomOf(n),
    userId: userOf(n),
    text: "",
  }),
  RoomListRequested: (n) => ({ kind: "RoomListRequested", at, client: n as ClientId }),
  MessagePublished: (n) => ({
    kind: "MessagePublished",
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

/** Each event is reduced from the same state, so that the state keeps its size; spread over it, so that no path stays warm. */
const nsPerEvent = (
  state: State,
  clients: number,
  make: (n: number, clients: number) => Event,
  events: number,
): number => {
  const made = Array.from({ length: events }, (_, i) => make(1 + ((i * 7_919) % clients), clients));
  const began = performance.now();
  for (const event of made) reduce(state, event);
  return ((performance.now() - began) * 1e6) / events;
};

const median = (numbers: ReadonlyArray<number>): number =>
  [...numbers].sort((a, b) => a - b)[numbers.length >> 1] ?? Number.NaN;

/** Sizes take turns, run by run, so that a slow moment of the machine does not fall on one of them. */
export const growth = (sizes: ReadonlyArray<number>, runs: number, events: number): ReadonlyArray<Growth> => {
  const states = sizes.map(populated);
  return Object.entries(kinds).map(([kind, make]) => {
    const measured = sizes.map((): number[] => []);
    for (let run = 0; run <= runs; run++)
      states.forEach((state, i) => {
        const cost = nsPerEvent(state, sizes[i] ?? 0, make, events);
        if (run > 0) measured[i]?.push(cost);
      });
    const costs = measured.map(median);
    return { kind, costs, ratio: (costs.at(-1) ?? Number.NaN) / (costs[0] ?? Number.NaN) };
  });
};

if (process.argv[1]?.endsWith("reduce.js")) {
  const sizes = [1_000, 100_000];
  const rows = growth(sizes, 9, 5_000);
  const lines = rows.map(
    ({ kind, costs, ratio }) =>
      `${kind.padEnd(22)}${costs.map((ns) => `${ns.toFixed(0).padStart(8)} ns`).join("")}${ratio.toFixed(2).padStart(9)}`,
  );
  process.stdout.write(
    `${"event".padEnd(22)}${sizes.map((n) => `${n} clients`.padStart(11)).join("")}    ratio\n${lines.join("\n")}\n`,
  );
}
