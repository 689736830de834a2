import fc from "fast-check";
import { expect, test } from "vitest";
import {
  type ClientId,
  channelNameOf,
  type Event,
  initial,
  invariants,
  type Millis,
  reduce,
  type Settings,
  type State,
  seed,
} from "../../core/index.js";
import {
  anySettings,
  channelNames,
  clientIds,
  connected,
  deliveries,
  eventIn,
  roomIds,
  userIds,
} from "../support/world.js";
import { NaiveServer } from "./naive-server.js";

interface Real {
  state: State;
  now: number;
}

interface What {
  readonly client: ClientId;
  readonly elapsed: number;
  readonly act: "connect" | "disconnect" | "tick" | { readonly frame: string };
}

/** One thing that happens to both servers; what each client then sees must be the same. */
class Happening implements fc.Command<NaiveServer, Real> {
  constructor(private readonly what: What) {}

  check = (): boolean => true;

  run(naive: NaiveServer, real: Real): void {
    real.now += this.what.elapsed;
    const at = real.now as Millis;
    const { client, act } = this.what;
    const [state, effects] = reduce(real.state, this.toNaive(naive, { at, client, act }, real.state.shared.settings));
    naive.settle(at);
    real.state = state;
    expect(invariants(state)).toEqual([]);
    const expected = naive.take();
    const seen = deliveries(state, effects);
    for (const id of clientIds)
      expect(inAnyOrder((seen.get(id) ?? []).map(said)), `client ${id}`).toEqual(inAnyOrder(expected.get(id) ?? []));
  }

  private toNaive(
    naive: NaiveServer,
    { at, client, act }: Omit<What, "elapsed"> & { at: Millis },
    settings: Settings,
  ): Event {
    switch (act) {
      case "connect":
        naive.connect(client, at);
        return connected(client, at);
      case "disconnect":
        naive.disconnect(client, at);
        return { kind: "ClientDisconnected", at, client, code: 1005 };
      case "tick":
        naive.tick(at);
        return { kind: "ClockTicked", at };
      default:
        naive.receive(client, act.frame, at);
        return eventIn(seed.decoder(settings.limits), { at, client }, act.frame);
    }
  }

  toString = (): string => JSON.stringify(this.what);
}

/** What a client sees, as the naive server says it: without timestamps. */
const said = (text: string): unknown => {
  const message = text.startsWith("{") ? JSON.parse(text) : {};
  switch (message.type) {
    case "client_count":
      return ["count", message.count];
    case "server-room-list":
      return ["list", message.rooms.map(({ createdAt: _, ...room }: { readonly createdAt: string }) => room)];
    case "pong":
      return ["pong"];
    case "echo":
      return ["echo", message.original];
    case "error":
      return ["error", message.code];
    default:
      return ["relay", text];
  }
};

// Within one step a list may come before or after what is relayed; a client cannot tell which was meant first.
const inAnyOrder = (things: ReadonlyArray<unknown>): ReadonlyArray<string> =>
  things.map((thing) => JSON.stringify(thing)).sort();

const room = fc.constantFrom(...roomIds);
const user = fc.constantFrom(...userIds);
const name = fc.constantFrom("Ann", "Bob");
const channel = fc.constantFrom(...channelNames.map(channelNameOf));
const rooms = fc.constantFrom({}, { channel: "webrtc-dashboard-rooms" });
const optional: { requiredKeys: []; noNullPrototype: true } = { requiredKeys: [], noNullPrototype: true };

/** A body in `data` or beside the type, as clients of the seed do. */
const spoken = (type: string, envelope: fc.Arbitrary<object>, body: fc.Arbitrary<object>): fc.Arbitrary<object> =>
  fc
    .tuple(envelope, body, fc.boolean(), fc.uuid())
    .map(([around, said, isInData, sender]) => ({ type, ...around, ...(isInData ? { data: said } : said), sender }));

const anyFrame = fc.oneof(
  { weight: 5, arbitrary: channel.map((to) => ({ type: "subscribe", channel: to })) },
  { weight: 1, arbitrary: channel.map((from) => ({ type: "unsubscribe", channel: from })) },
  { weight: 1, arbitrary: fc.constant({ type: "ping" }) },
  { weight: 1, arbitrary: spoken("room-list-request", rooms, fc.constant({})) },
  {
    weight: 3,
    arbitrary: spoken(
      "room-created",
      rooms,
      fc
        .tuple(fc.record({ id: room, name }), fc.record({ host: name, hostId: user, description: name }, optional))
        .map(([must, may]) => ({ ...must, ...may })),
    ),
  },
  {
    weight: 6,
    arbitrary: spoken("user-joined-room", rooms, fc.record({ roomId: room, userId: user, userName: name })),
  },
  { weight: 3, arbitrary: spoken("user-left-room", rooms, fc.record({ roomId: room, userId: user })) },
  {
    weight: 6,
    arbitrary: spoken(
      "webrtc-offer",
      fc.oneof(
        channel.map((on) => ({ channel: on })),
        fc.constant({}),
      ),
      fc.record({ fromUserId: user, toUserId: user }, optional),
    ),
  },
  {
    weight: 1,
    arbitrary: spoken(
      "user-joined-room",
      fc.constant({ channel: "webrtc-signaling" }),
      fc.record({ roomId: room, userId: user, userName: name }),
    ),
  },
);

const anyAct: fc.Arbitrary<What["act"]> = fc.oneof(
  { weight: 4, arbitrary: fc.constant("connect" as const) },
  { weight: 2, arbitrary: fc.constant("disconnect" as const) },
  { weight: 2, arbitrary: fc.constant("tick" as const) },
  { weight: 20, arbitrary: anyFrame.map((frame) => ({ frame: JSON.stringify(frame) })) },
  { weight: 1, arbitrary: fc.constantFrom({ frame: "hello" }, { frame: "{" }) },
);

const anyHappening = fc
  .record({ client: fc.constantFrom(...clientIds), elapsed: fc.nat(400), act: anyAct })
  .map((what) => new Happening(what));

test("law: every client of the core sees what it would see from a naive server that follows the seed", () => {
  const unlimited = anySettings.map((settings) => ({
    ...settings,
    limits: { ...settings.limits, messagesPerSecond: 0 },
  }));
  fc.assert(
    fc.property(unlimited, fc.commands([anyHappening], { maxCommands: 120, size: "max" }), (settings, happenings) => {
      const { limits } = settings;
      const naive = new NaiveServer({
        flood: settings.delivery === "broadcast",
        relayRoomEvents: settings.roomEvents === "relay",
        channelsMax: limits.clientChannelsMax,
        roomsMax: limits.roomsMax,
        createdMax: limits.clientRoomsMax,
        participantsMax: limits.roomParticipantsMax,
        seatsMax: limits.clientSeatsMax,
        usersMax: limits.clientUsersMax,
        unjoinedMs: settings.unjoinedRoomMs,
        intervalMs: settings.roomListIntervalMs,
        spacingMs: settings.stateSpacingMs,
      });
      const [state] = reduce(initial, { kind: "ServerStarted", at: 1_000 as Millis, settings });
      fc.modelRun(() => ({ model: naive, real: { state, now: 1_000 } }), happenings);
    }),
    { numRuns: 300 },
  );
});
