import type * as core from "../core/index.js";
import type { ClientId, Event, Millis, SessionId, State } from "../core/index.js";
import { ratioOf, type Spread, spreadOf } from "./section.js";

/** The core of a build of Signalbox, as `dist/core.js` exports it. Before 0.2 the decoder was exported by itself. */
export type Core = Pick<typeof core, "initial" | "reduce" | "defaultSettings" | "seed"> & {
  readonly decoder?: typeof core.seed.decoder;
};

const seats = 10;
const signaling = "webrtc-signaling";
const channel = "webrtc-dashboard-rooms";
const userOf = (client: number): string => `user_${client.toString(36).padStart(6, "k")}`;
/** As a server makes them: random from the first digit on (RFC 9562, version 4). */
const sessionOf = (client: number): SessionId =>
  `${(Math.imul(client, 0x9e3779b1) >>> 0).toString(16).padStart(8, "0")}-9b1d-4bad-9bdd-2b0d7b3dcb6d` as SessionId;
const roomOf = (client: number): string => `room_${Math.floor((client - 1) / seats)}`;
const addressOf = (n: number): string => `10.${n & 7}.${(n >> 3) & 255}.${1 + (n % 250)}`;
const after = (n: number): Millis => (1_795_405_876_353 + n) as Millis;

const sdp = `v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\na=extmap-allow-mixed\r\na=msid-semantic: WMS\r\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\na=ice-ufrag:aB3d\r\na=ice-pwd:0123456789abcdefghijklmn\r\na=ice-options:trickle\r\na=fingerprint:sha-256 ${"AB:".repeat(31)}CD\r\na=setup:actpass\r\na=mid:0\r\na=sctp-port:5000\r\na=max-message-size:262144\r\n`;

/**
 * What happens on a busy server, as events of one build's core: every frame is read by its own decoder. People sit in rooms of ten,
 * negotiate with their neighbours, send candidates most of all, and now and then somebody pings, comes, goes or asks for the list.
 */
export const trafficOf = ({ initial, reduce, defaultSettings, seed, decoder }: Core) => {
  const limits = {
    ...{ ...defaultSettings.limits, roomsMax: 1_000_000, clientRoomsMax: 1_000_000 },
    messagesPerSecond: 0,
  };
  const wire = (decoder ?? seed.decoder)(limits);
  // No frame here shows a token, so each is an event.
  const text = (client: number, frame: string, n = 0): Event =>
    wire.text({ at: after(n), client: client as ClientId }, frame) as Event;
  const json = (client: number, message: object, n = 0): Event => text(client, JSON.stringify(message), n);
  const started: Event = { kind: "ServerStarted", at: after(0), settings: { ...defaultSettings, limits } };

  const dialect = seed?.name ?? ("seed" as Core["seed"]["name"]);
  const connected = (n: number): Event => {
    const session = { session: sessionOf(n), dialect, address: addressOf(n) };
    return { kind: "ClientConnected", at: after(0), client: n as ClientId, ...session };
  };

  /** The nth client connects, subscribes to two channels, and sits down in a room, which the first of each ten creates. */
  const coming = (client: number): ReadonlyArray<Event> => {
    const [roomId, userId] = [roomOf(client), userOf(client)];
    const created = { type: "room-created", channel, data: { id: roomId, name: "Team", hostId: userId } };
    const joined = { type: "user-joined-room", channel, data: { roomId, userId, userName: "Ann" } };
    const subscribed = [channel, signaling].map((each) => ({ type: "subscribe", channel: each }));
    const sent = [...subscribed, ...(client % seats === 1 ? [created] : []), joined];
    return [connected(client), ...sent.map((message) => json(client, message))];
  };

  const populated = (clients: number): State => {
    let state = reduce(initial, started)[0];
    for (let n = 1; n <= clients; n++) for (const event of coming(n)) state = reduce(state, event)[0];
    return state;
  };

  const peer = (client: number, type: string, data: object) => {
    const toUserId = userOf(client % seats === 0 ? client - seats + 1 : client + 1);
    return { type, channel: signaling, data: { fromUserId: userOf(client), toUserId, ...data } };
  };
  const second = (client: number, type: string) => {
    const data = { roomId: roomOf(client), userId: `${userOf(client)}_2`, userName: "Ann's phone" };
    return { type, channel, data };
  };

  /** For each kind, an event that does its whole work in the populated state, about the nth client. */
  const kinds: Readonly<Record<string, (n: number, clients: number) => Event>> = {
    ClientConnected: (n, clients) => connected(clients + n),
    ClientDisconnected: (n) => ({ kind: "ClientDisconnected", at: after(0), client: n as ClientId, code: 1005 }),
    SubscribeRequested: (n) => json(n, { type: "subscribe", channel: "one-more" }),
    UnsubscribeRequested: (n) => json(n, { type: "unsubscribe", channel: signaling }),
    PingReceived: (n) => json(n, { type: "ping" }),
    TextReceived: (n) => text(n, "hello"),
    CreateRequested: (n) => json(n, { type: "room-created", channel, data: { id: `new-${n}`, name: "New" } }),
    JoinRequested: (n) => json(n, second(n, "user-joined-room")),
    LeaveRequested: (n) => json(n, { type: "user-left-room", channel, data: { roomId: roomOf(n), userId: userOf(n) } }),
    RoomListRequested: (n) => json(n, { type: "room-list-request", channel }),
    PublishRequested: (n) => json(n, peer(n, "webrtc-offer", {})),
    FrameRefused: (n) => json(n, { type: "webrtc-offer" }),
    ClockTicked: () => ({ kind: "ClockTicked", at: after(defaultSettings.roomListIntervalMs) }),
  };

  /** The nth event among so many clients that are all there. A client has two in a row, so that what it takes it gives back. */
  const happening = (n: number, clients: number): Event => {
    const client = 1 + (((n >> 1) * 7_919) % clients);
    const sdps = ["offer", "answer"].map((type) => peer(client, `webrtc-${type}`, { [type]: { type, sdp } }));
    const membership = ["user-joined-room", "user-left-room"].map((type) => second(client, type));
    const subscription = ["unsubscribe", "subscribe"].map((type) => ({ type, channel: signaling }));
    const questions = [{ type: "ping" }, { type: "room-list-request", channel }];
    const candidate = `candidate:${n % 4_096} 1 udp 2122260223 ${addressOf(n)} ${49_152 + (n % 16_000)} typ host ufrag aB3d`;
    const ice = peer(client, "webrtc-ice", { candidate: { candidate, sdpMid: "0" } });
    const others: ReadonlyArray<object> = [...sdps, ...sdps, ...membership, ...subscription, ...questions];
    return json(client, others[n % 50] ?? ice, 1_000_000 + (n >> 3));
  };
  return { started, coming, populated, kinds, happening };
};

/** Where the cost of an event is measured. `talkers` clients, spread over all, take turns; the others are connected and silent. */
export type Size = { readonly core: Core; readonly clients: number; readonly talkers: number };

/** What a kind of event costs at several sizes: ns of CPU an event, and each cost by that at the first size, run by run. */
export type Growth = { readonly kind: string } & Readonly<Record<"costs" | "ratios", ReadonlyArray<Spread>>>;

/** Each event is reduced from the same state, so that the state keeps its size. Sizes take turns, run by run. */
export const growth = (sizes: ReadonlyArray<Size>, runs: number, events: number): ReadonlyArray<Growth> => {
  const places = sizes.map(({ core, clients, talkers }) => {
    const { populated, kinds } = trafficOf(core);
    return { state: populated(clients), reduce: core.reduce, kinds, clients, talkers };
  });
  const growthOf = (kind: string): Growth => {
    const trials = places.map(({ kinds, clients, talkers, ...place }) => {
      const nth = (i: number): number => 1 + Math.floor((((i * 7_919) % talkers) * clients) / talkers);
      const made = Array.from({ length: events }, (_, i) => kinds[kind]?.(nth(i), clients) as Event);
      return { ...place, made, costs: [] as number[] };
    });
    // The first run is to warm up; every other runs backwards.
    for (let run = -1; run < runs; run++)
      for (const { state, reduce, made, costs } of run % 2 === 0 ? trials : trials.toReversed()) {
        const before = process.cpuUsage();
        for (const event of made) reduce(state, event);
        const { user, system } = process.cpuUsage(before);
        if (run >= 0) costs.push(((user + system) * 1_000) / events);
      }
    const all = trials.map(({ costs }) => costs);
    return { kind, costs: all.map(spreadOf), ratios: all.map((costs) => ratioOf(costs, all[0] ?? [])) };
  };
  return Object.keys(places[0]?.kinds ?? {}).map(growthOf);
};
