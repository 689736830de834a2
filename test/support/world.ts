import fc from "fast-check";
import {
  type Arrival,
  type ChannelName,
  type ClientConnected,
  type ClientId,
  type Decoder,
  type Dialect,
  defaultSettings,
  directoryChannel,
  type Effect,
  type Event,
  encodeAmong,
  type FrameEvent,
  initial,
  type Millis,
  type Moment,
  type RoomId,
  recipients,
  replay,
  type ServerMessage,
  type SessionId,
  type Settings,
  type State,
  seed,
  type UserId,
} from "../../core/index.js";

/** A world so small that everything meets everything: five sockets, four people, three rooms, three channels, tight limits. */
export const clientIds = [1, 2, 3, 4, 5] as ReadonlyArray<number> as ReadonlyArray<ClientId>;
export const userIds = ["ann", "bob", "cy", "__proto__"] as ReadonlyArray<string> as ReadonlyArray<UserId>;
export const roomIds = ["r1", "r2", "constructor"] as ReadonlyArray<string> as ReadonlyArray<RoomId>;
export const channelNames = [
  directoryChannel,
  "webrtc-signaling",
  "webrtc-dashboard-chat",
] as ReadonlyArray<string> as ReadonlyArray<ChannelName>;

export const tightSettings: Settings = {
  ...defaultSettings,
  roomListIntervalMs: 700,
  unjoinedRoomMs: 2_000,
  limits: {
    ...defaultSettings.limits,
    messagesPerSecond: 0,
    clientChannelsMax: 2,
    clientRoomsMax: 2,
    clientSeatsMax: 3,
    clientUsersMax: 2,
    roomParticipantsMax: 2,
    roomsMax: 2,
    roomWaitingMax: 2,
    roomBarredMax: 2,
    keptMessagesMax: 3,
    keptCharsMax: 200,
    messageCharsMax: 40,
  },
};

export const anySettings: fc.Arbitrary<Settings> = fc.record({
  delivery: fc.constantFrom("targeted" as const, "broadcast" as const),
  roomEvents: fc.constantFrom("consume" as const, "relay" as const),
  roomListIntervalMs: fc.constantFrom(700, 5_000),
  stateSpacingMs: fc.constantFrom(0, 100, 20_000),
  unjoinedRoomMs: fc.constantFrom(300, 2_000),
  sessionGraceMs: fc.constantFrom(500, 3_000),
  hostReclaimMs: fc.constantFrom(400, 4_000),
  tokenGraceMs: fc.constantFrom(0, 700),
  knockMs: fc.constantFrom(600, 5_000),
  limits: fc.constantFrom({ ...defaultSettings.limits, messagesPerSecond: 0 }, tightSettings.limits, {
    ...tightSettings.limits,
    messagesPerSecond: 2,
    messageBurst: 3,
  }),
});

/** A client of the seed's protocol. The number of its session is its own. */
export const connected = (client: ClientId, at: Millis): ClientConnected => ({
  kind: "ClientConnected",
  at,
  client,
  session: `session-${client}` as SessionId,
  dialect: seed.name,
  address: "192.0.2.1",
});

const client = fc.constantFrom(...clientIds);
const user = fc.constantFrom(...userIds);
const room = fc.constantFrom(...roomIds);
const channel = fc.constantFrom(...channelNames);
const name = fc.constantFrom("Ann", "Bob", "Team Meeting");
const at = fc.constant(0 as Millis);
const base = { at, client };
const kind = <K extends string>(k: K): fc.Arbitrary<K> => fc.constant(k);

/** Whatever a client can say. Texts differ, so that a message can be followed. */
export const anyFrame: fc.Arbitrary<FrameEvent> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ ...base, kind: kind("SubscribeRequested"), channel }) },
  { weight: 1, arbitrary: fc.record({ ...base, kind: kind("UnsubscribeRequested"), channel }) },
  { weight: 1, arbitrary: fc.record({ ...base, kind: kind("PingReceived") }) },
  { weight: 1, arbitrary: fc.record({ ...base, kind: kind("TextReceived"), text: fc.string({ maxLength: 5 }) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      ...base,
      kind: kind("CreateRequested"),
      room: fc.record(
        { id: room, name, host: name, hostId: user, description: fc.constantFrom("", "daily") },
        { requiredKeys: ["id", "name"] },
      ),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      ...base,
      kind: kind("JoinRequested"),
      roomId: room,
      userId: user,
      userName: name,
      text: fc.uuid(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ ...base, kind: kind("LeaveRequested"), roomId: room, userId: user, text: fc.uuid() }),
  },
  { weight: 1, arbitrary: fc.record({ ...base, kind: kind("RoomListRequested") }) },
  {
    weight: 5,
    arbitrary: fc.record(
      {
        ...base,
        kind: kind("PublishRequested"),
        channel,
        type: fc.constant("webrtc-offer"),
        from: user,
        to: user,
        text: fc.uuid(),
      },
      { requiredKeys: ["at", "client", "kind", "channel", "type", "text"] },
    ),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      ...base,
      kind: kind("FrameRefused"),
      refusal: fc.record({
        code: fc.constantFrom("no-channel" as const, "invalid-message" as const),
        message: fc.constant("no"),
      }),
    }),
  },
);

const anyEventAtZero: fc.Arbitrary<Event> = fc.oneof(
  { weight: 4, arbitrary: client.map((id) => connected(id, 0 as Millis)) },
  { weight: 2, arbitrary: fc.record({ at, client, kind: kind("ClientDisconnected"), code: fc.constant(1005) }) },
  { weight: 2, arbitrary: fc.record({ at, kind: kind("ClockTicked") }) },
  { weight: 16, arbitrary: anyFrame },
);

/** The clock mostly runs forward, now and then it jumps, in either direction. */
const anyElapsed = fc.oneof(
  { weight: 8, arbitrary: fc.nat(400) },
  { weight: 1, arbitrary: fc.integer({ min: -3_000, max: 3_000 }) },
);

/** A run: started, then anything. Enough sockets connect at the beginning for something to happen. */
export const anyRun = (
  settings: fc.Arbitrary<Settings> = anySettings,
  maxLength = 60,
): fc.Arbitrary<ReadonlyArray<Event>> =>
  fc
    .tuple(settings, fc.array(fc.tuple(anyEventAtZero, anyElapsed), { maxLength, size: "max" }))
    .map(([chosen, steps]) => {
      let clock = 1_000_000;
      const events: Event[] = [{ kind: "ServerStarted", at: clock as Millis, settings: chosen }];
      for (const id of clientIds.slice(0, 3)) events.push(connected(id, clock as Millis));
      for (const [event, elapsed] of steps) {
        clock += elapsed;
        events.push({ ...event, at: clock as Millis });
      }
      return events;
    });

export const play = (events: ReadonlyArray<Event>, from: State = initial): ReadonlyArray<Moment> => [
  ...replay(events, from),
];

export const last = (moments: ReadonlyArray<Moment>): State => moments.at(-1)?.after ?? initial;

/** What a frame is read as, where it shows no token. */
export const eventIn = (wire: Decoder, arrival: Arrival, frame: string): FrameEvent => {
  const event = wire.text(arrival, frame);
  if (event.kind === "TokenShown") throw new Error("a token is no event");
  return event;
};

/** As `encodeAmong`, for messages that the dialect has words for. */
export const wordsAmong = (
  dialects: ReadonlyArray<Dialect>,
): ((dialect: Dialect, state: State, message: ServerMessage) => string) => {
  const encode = encodeAmong(dialects);
  return (dialect, state, message) => {
    const text = encode(dialect, state, message);
    if (text === undefined) throw new Error(`no words in ${dialect.name} for ${message.kind}`);
    return text;
  };
};

const encode = encodeAmong([seed]);

/** What each client is sent for these effects: texts in order, a state message once, where it was first ordered. */
export const deliveries = (
  state: State,
  effects: ReadonlyArray<Effect>,
): ReadonlyMap<ClientId, ReadonlyArray<string>> => {
  const seen = new Map<ClientId, string[]>();
  for (const effect of effects) {
    if (effect.kind !== "Send") continue;
    const isState = effect.message.kind === "RoomList" || effect.message.kind === "ClientCount";
    const text = encode(seed, state, effect.message);
    // What is for clients of another protocol has no words here.
    if (text === undefined) continue;
    for (const id of recipients(state, effect.to)) {
      const texts = seen.get(id) ?? [];
      if (!isState || !texts.includes(text)) texts.push(text);
      seen.set(id, texts);
    }
  }
  return seen;
};
