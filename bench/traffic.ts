import {
  type ChannelName,
  type ClientId,
  defaultSettings,
  type Event,
  type Millis,
  type SessionId,
  type Settings,
  seed,
} from "../core/index.js";

/**
 * What happens on a busy server: people sit in rooms of ten, negotiate with their neighbours, send candidates most of all, and now
 * and then somebody pings, comes, goes or asks for the list. Every frame is read by the core's own decoder.
 */
const startedAt = 1_795_405_876_353;
const seats = 10;
const settings: Settings = { ...defaultSettings, limits: { ...defaultSettings.limits, roomsMax: 1_000_000 } };
const wire = seed.decoder(settings.limits);
const roomsChannel = "webrtc-dashboard-rooms";
export const signaling = "webrtc-signaling" as ChannelName;

const after = (n: number): Millis => (startedAt + n) as Millis;
const userOf = (client: number): string => `user_${client.toString(36).padStart(6, "k")}`;
const roomOf = (client: number): string => `room_${Math.floor((client - 1) / seats)}`;
const addressOf = (n: number): string => `10.${n & 7}.${(n >> 3) & 255}.${1 + (n % 250)}`;

const frame = (client: number, at: Millis, message: object): Event =>
  wire.text({ at, client: client as ClientId }, JSON.stringify(message));

export const started: Event = { kind: "ServerStarted", at: after(0), settings };

/** The nth client connects, subscribes to two channels, and sits down in a room, which the first of each ten creates. */
export const coming = (client: number): ReadonlyArray<Event> => {
  const at = after(client);
  const [roomId, userId] = [roomOf(client), userOf(client)];
  const room = { id: roomId, name: "Team", host: "Ann", hostId: userId };
  return [
    {
      kind: "ClientConnected",
      at,
      client: client as ClientId,
      session: `session-${client}` as SessionId,
      generation: 1,
      dialect: seed.name,
      address: addressOf(client),
    },
    frame(client, at, { type: "subscribe", channel: roomsChannel }),
    frame(client, at, { type: "subscribe", channel: signaling }),
    ...(client % seats === 1 ? [frame(client, at, { type: "room-created", channel: roomsChannel, data: room })] : []),
    frame(client, at, { type: "user-joined-room", channel: roomsChannel, data: { roomId, userId, userName: "Ann" } }),
  ];
};

const candidate = (n: number): string =>
  `candidate:${n % 4_096} 1 udp 2122260223 ${addressOf(n)} ${49_152 + (n % 16_000)} typ host ufrag aB3d`;
const sdp = (n: number): string =>
  [
    "v=0",
    `o=- ${n} 2 IN IP4 127.0.0.1`,
    "s=-",
    "t=0 0",
    "a=group:BUNDLE 0",
    "a=extmap-allow-mixed",
    "a=msid-semantic: WMS",
    "m=application 9 UDP/DTLS/SCTP webrtc-datachannel",
    "c=IN IP4 0.0.0.0",
    "a=ice-ufrag:aB3d",
    "a=ice-pwd:0123456789abcdefghijklmn",
    "a=ice-options:trickle",
    `a=fingerprint:sha-256 ${"AB:".repeat(31)}CD`,
    "a=setup:actpass",
    "a=mid:0",
    "a=sctp-port:5000",
    "a=max-message-size:262144",
    "",
  ].join("\r\n");

/** Events that follow each other, as they come round and round; all others are candidates. */
const round = 50;
const others: ReadonlyArray<string> = [
  ...["webrtc-offer", "webrtc-answer", "webrtc-offer", "webrtc-answer"],
  ...["user-joined-room", "user-left-room", "unsubscribe", "subscribe", "ping", "room-list-request"],
];

/** The nth event among so many clients that are all there. A client has two in a row, so that what it takes it gives back. */
export const happening = (n: number, clients: number): Event => {
  const client = 1 + (((n >> 1) * 7_919) % clients);
  const neighbour = client % seats === 0 ? client - seats + 1 : Math.min(clients, client + 1);
  const type = others[n % round] ?? "webrtc-ice";
  const peer = { fromUserId: userOf(client), toUserId: userOf(neighbour) };
  const second = { roomId: roomOf(client), userId: `${userOf(client)}_2`, userName: "Ann's phone" };
  const ofRooms = { type, channel: roomsChannel };
  const ofPeers = { type, channel: signaling };
  const messages: Readonly<Record<string, () => object>> = {
    "webrtc-offer": () => ({ ...ofPeers, data: { ...peer, offer: { type: "offer", sdp: sdp(n) } } }),
    "webrtc-answer": () => ({ ...ofPeers, data: { ...peer, answer: { type: "answer", sdp: sdp(n) } } }),
    "webrtc-ice": () => ({ ...ofPeers, data: { ...peer, candidate: { candidate: candidate(n), sdpMid: "0" } } }),
    "user-joined-room": () => ({ ...ofRooms, data: second }),
    "user-left-room": () => ({ ...ofRooms, data: second }),
    "room-list-request": () => ofRooms,
    unsubscribe: () => ofPeers,
    subscribe: () => ofPeers,
    ping: () => ({ type }),
  };
  return frame(client, after(1_000_000 + (n >> 3)), messages[type]?.() ?? {});
};
