import fc from "fast-check";
import { expect, test } from "vitest";
import { type ClientId, channelNameOf, defaultLimits, type FrameEvent, type Millis, seed } from "../../core/index.js";
import { anyFrame } from "../support/world.js";

const arrival = { at: 5 as Millis, client: 9 as ClientId };
const wire = seed.decoder(defaultLimits);

const rooms = { channel: "webrtc-dashboard-rooms" };

/** What a client of the seed would send for this event. */
const written = (event: FrameEvent, isInData: boolean): object | undefined => {
  const body = (members: object): object => (isInData ? { data: members } : members);
  switch (event.kind) {
    case "SubscribeRequested":
      return { type: "subscribe", channel: channelNameOf(event.channel) };
    case "UnsubscribeRequested":
      return { type: "unsubscribe", channel: channelNameOf(event.channel) };
    case "PingReceived":
      return { type: "ping" };
    case "CreateRequested":
      return { type: "room-created", ...rooms, ...body(event.room) };
    case "JoinRequested":
      return {
        type: "user-joined-room",
        ...rooms,
        ...body({ roomId: event.roomId, userId: event.userId, userName: event.userName }),
      };
    case "LeaveRequested":
      return { type: "user-left-room", ...rooms, ...body({ roomId: event.roomId, userId: event.userId }) };
    case "RoomListRequested":
      return { type: "room-list-request", ...rooms };
    case "PublishRequested":
      return {
        type: event.type,
        channel: channelNameOf(event.channel),
        ...body({
          ...(event.from === undefined ? {} : { fromUserId: event.from }),
          ...(event.to === undefined ? {} : { toUserId: event.to }),
        }),
      };
    default:
      return undefined;
  }
};

/** What the dialect tells besides: that a channel or a message is for signals. */
const signalOf = (event: FrameEvent): object => {
  if (!("channel" in event) || event.channel !== "webrtc-signaling") return {};
  if (event.kind === "SubscribeRequested") return { hasSignals: true };
  return event.kind === "PublishRequested" ? { signal: { kind: "offer", negotiation: 0 } } : {};
};

test("law: what a client writes for an event is read as that event", () => {
  fc.assert(
    fc.property(anyFrame, fc.boolean(), (event, isInData) => {
      const message = written(event, isInData);
      fc.pre(message !== undefined);
      const frame = JSON.stringify(message);
      const expected = { ...event, ...signalOf(event), ...arrival, ...("text" in event ? { text: frame } : {}) };
      expect(wire.text(arrival, frame)).toEqual(expected);
    }),
    { numRuns: 500 },
  );
});

const anyJson = fc.oneof(
  fc.anything(),
  fc.record({ type: fc.anything(), channel: fc.anything(), data: fc.anything() }, { requiredKeys: [] }),
);
const anyType = fc.constantFrom(
  "subscribe",
  "ping",
  "room-created",
  "user-joined-room",
  "user-left-room",
  "room-list-request",
  "x",
);

test("law: reading anything never throws, and makes one event that JSON can carry", () => {
  const readable = (frame: string): void => {
    const event = wire.text(arrival, frame);
    expect(JSON.parse(JSON.stringify(event))).toEqual(event);
  };
  fc.assert(
    fc.property(anyJson, anyType, fc.boolean(), (value, type, isTyped) => {
      const text = safely(value);
      readable(text);
      if (isTyped) readable(safely({ type, data: value }));
      if (isTyped) readable(safely(Object.assign({}, value, { type })));
    }),
    { numRuns: 1_000 },
  );
  fc.assert(fc.property(fc.string({ unit: "binary" }), readable));
  fc.assert(fc.property(fc.json({ maxDepth: 40 }), readable));
});

/** As JSON where it can be written as such, as text where not. */
const safely = (value: unknown): string => {
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return "not JSON";
  }
};
