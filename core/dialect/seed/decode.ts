import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as Json from "fp-ts/lib/Json.js";
import * as O from "fp-ts/lib/Option.js";
import * as t from "io-ts";
import type { ChannelName, RoomId, UserId } from "../../base/id.js";
import * as Id from "../../base/id.js";
import type { Limits } from "../../base/limits.js";
import type { FrameEvent, PublishRequested, RoomDescription } from "../../event.js";
import { type Refusal, type SignalKind, signalKinds } from "../../message.js";
import type { Arrival, Decoder, Hello, TokenShown } from "../dialect.js";
import { isDeeper, wrongMember } from "../json.js";
import { channelOf, roomsChannel, signalingChannel, signalTypes } from "./names.js";

/** The four types that are handled on the rooms channel, or on none. On any other channel they are ordinary messages. */
const roomTypes: ReadonlySet<string> = new Set([
  "room-created",
  "user-joined-room",
  "user-left-room",
  "room-list-request",
]);

/** What the server says. From a client it would look like the server's to whom it is relayed. */
const serverTypes: ReadonlySet<string> = new Set(["client_count", "server-room-list", "pong", "echo", "error"]);

interface Envelope {
  readonly type: string;
  readonly channel?: ChannelName;
}

/**
 * Reads frames within the given limits. Refused, in this order: `invalid-message` (depth, not an object, `type`, `channel`, `data`, then
 * the members in the order of docs/PROTOCOL.md), `no-channel`. Text that is not JSON is echoed, not refused.
 */
export const decoder = (limits: Limits): Decoder => {
  const channelName = Id.text<ChannelName>(1, limits.idCharsMax);
  const roomId = Id.text<RoomId>(1, limits.idCharsMax);
  const userId = Id.text<UserId>(1, limits.idCharsMax);
  const name = Id.label(limits.nameCharsMax);
  const description = Id.text<string>(0, limits.descriptionCharsMax);

  const envelope: t.Type<Envelope, unknown, unknown> = t.intersection([
    t.type({ type: aString }),
    t.partial({ channel: channelName }),
  ]);
  const subscription = t.strict({ channel: channelName });
  const creation: t.Type<RoomDescription, unknown, unknown> = t.exact(
    t.intersection([t.type({ id: roomId, name }), t.partial({ host: name, hostId: userId, description })]),
  );
  const joining = t.strict({ roomId, userId, userName: name });
  const leaving = t.strict({ roomId, userId });

  const text = (arrival: Arrival, frame: string): FrameEvent | TokenShown => {
    const parsed = Json.parse(frame);
    if (E.isLeft(parsed)) return { kind: "TextReceived", ...arrival, text: frame };
    const message = present(parsed.right);
    if (isDeeper(frame, limits.jsonDepthMax))
      return refused(arrival, {
        code: "invalid-message",
        message: `the message must not be nested deeper than ${limits.jsonDepthMax} levels`,
      });
    if (!t.UnknownRecord.is(message))
      return refused(arrival, { code: "invalid-message", message: "a message must be a JSON object" });

    const read = <A>(
      part: Part,
      codec: t.Type<A, unknown, unknown>,
      then: (a: A) => FrameEvent | TokenShown,
    ): FrameEvent | TokenShown =>
      pipe(
        codec.decode(part.value),
        E.match((errors) => refused(arrival, invalidMember(message, part, errors)), then),
      );
    const whole: Part = { path: [], value: message };
    const body: Part = "data" in message ? { path: ["data"], value: present(message.data) } : whole;

    return read(whole, envelope, ({ type, channel }) => {
      const isOrdinary = roomTypes.has(type) && channel !== undefined && channel !== roomsChannel;
      if (type === authenticateType && channel === undefined && token.is(message.token))
        return { kind: "TokenShown", ...arrival, token: message.token };
      switch (isOrdinary ? undefined : type) {
        case "subscribe":
          return read(whole, subscription, (to) => ({
            kind: "SubscribeRequested",
            ...arrival,
            channel: channelOf(to.channel),
            ...(to.channel === signalingChannel ? { hasSignals: true } : {}),
          }));
        case "unsubscribe":
          return read(whole, subscription, (from) => ({
            kind: "UnsubscribeRequested",
            ...arrival,
            channel: channelOf(from.channel),
          }));
        case "ping":
          return { kind: "PingReceived", ...arrival };
        case "room-created":
          return read(body, creation, (room) => ({ kind: "CreateRequested", ...arrival, room }));
        case "user-joined-room":
          return read(body, joining, (who) => ({ kind: "JoinRequested", ...arrival, ...who, text: frame }));
        case "user-left-room":
          return read(body, leaving, (who) => ({ kind: "LeaveRequested", ...arrival, ...who, text: frame }));
        case "room-list-request":
          return { kind: "RoomListRequested", ...arrival };
      }
      if (serverTypes.has(type))
        return refused(arrival, {
          code: "invalid-message",
          about: type,
          path: "type",
          message: `type must not be ${type}: only the server sends it`,
        });
      if (channel === undefined)
        return refused(arrival, {
          code: "no-channel",
          ...about(type),
          message: "the message needs a channel to be relayed on",
        });
      const from = named(body, "fromUserId", userId);
      const to = named(body, "toUserId", userId);
      const signal = channel === signalingChannel ? signalIn(type, body) : {};
      return {
        kind: "PublishRequested",
        ...arrival,
        channel: channelOf(channel),
        type,
        ...from,
        ...to,
        ...signal,
        text: frame,
      };
    });
  };

  const binary = (arrival: Arrival): FrameEvent =>
    refused(arrival, { code: "binary-unsupported", message: "a message must be a text frame" });

  return { text, binary, hello };
};

/** A token, also instead of a first message where the server asks for one. */
const authenticateType = "authenticate";
const token = Id.text<string>(1, 8_192);

/** The first message where the server asks for a token. */
const hello = (frame: string): E.Either<Refusal, Hello> => {
  const message = O.toUndefined(O.fromEither(Json.parse(frame)));
  if (!t.UnknownRecord.is(message) || message.type !== authenticateType)
    return E.left({
      code: "token-invalid",
      message: `the first message must be of type ${authenticateType}, with a token`,
    });
  if (!token.is(message.token))
    return E.left({ code: "token-invalid", path: "token", message: `token must be ${token.name}` });
  return E.right({ id: 0, seen: 0, token: message.token });
};

/** Members that are null count as missing: that is how the seed's clients, and its server, say "none". */
const present = (value: unknown): unknown =>
  t.UnknownRecord.is(value) && Object.values(value).includes(null)
    ? Object.fromEntries(Object.entries(value).filter(([, member]) => member !== null))
    : value;

/** A part of a message, and where in it that part is. */
interface Part {
  readonly path: ReadonlyArray<string>;
  readonly value: unknown;
}

const aString = new t.Type<string, string, unknown>("a string", t.string.is, t.string.validate, t.identity);

const refused = (arrival: Arrival, refusal: Refusal): FrameEvent => ({ kind: "FrameRefused", ...arrival, refusal });

/** The refused type, unless it is too long to be worth sending back. */
const about = (type: unknown): Pick<Refusal, "about"> =>
  typeof type === "string" && type.length <= 128 ? { about: type } : {};

const invalidMember = (message: { readonly type?: unknown }, part: Part, errors: t.Errors): Refusal => ({
  code: "invalid-message",
  ...about(message.type),
  ...wrongMember(part.path, errors),
});

/** A relay is free to carry anything: a member that is not a user id names nobody. */
const named = (body: Part, member: "fromUserId" | "toUserId", userId: t.Type<UserId, string, unknown>) => {
  const value = t.UnknownRecord.is(body.value) ? body.value[member] : undefined;
  if (!userId.is(value)) return {};
  return member === "fromUserId" ? { from: value } : { to: value };
};

const kindOfType: ReadonlyMap<string, SignalKind> = new Map(
  signalKinds.map((kind) => [signalTypes[kind].type, kind] as const),
);

/** Most dashboards number no negotiations: 0 stands for whichever is current. */
const signalIn = (type: string, { value }: Part): Pick<PublishRequested, "signal"> => {
  const kind = kindOfType.get(type);
  if (kind === undefined) return {};
  const negotiation = t.UnknownRecord.is(value) ? value.negotiation : undefined;
  return { signal: { kind, negotiation: counted.is(negotiation) ? negotiation : 0 } };
};

const counted = Id.whole<number>(0, Number.MAX_SAFE_INTEGER);

/** What a signal of this dialect carries. */
export const signalData = (frame: string): unknown => {
  const message = body(frame);
  if (!t.UnknownRecord.is(message)) return undefined;
  return signalKinds.map((kind) => message[signalTypes[kind].member ?? ""]).find((data) => data !== undefined);
};

/** The body of a relayed frame: `data`, or else the message itself. Undefined where the frame is not JSON. */
export const body = (frame: string): unknown => {
  const message = O.toUndefined(O.fromEither(Json.parse(frame)));
  return t.UnknownRecord.is(message) && "data" in message ? message.data : message;
};
