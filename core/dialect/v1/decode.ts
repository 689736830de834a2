import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as Json from "fp-ts/lib/Json.js";
import * as t from "io-ts";
import type { RoomId, UserId } from "../../base/id.js";
import * as Id from "../../base/id.js";
import type { Limits } from "../../base/limits.js";
import { type RoomPolicy, roomRoles, withoutHost } from "../../base/room.js";
import type { FrameEvent } from "../../event.js";
import { type Refusal, type SignalKind, signalKinds } from "../../message.js";
import type { Arrival, Decoder, Hello, TokenShown } from "../dialect.js";
import { isDeeper, wrongMember } from "../json.js";
import type { RoomCreation } from "./wire.js";

/** Times that clients name are a day at most, in ms. */
const durationMsMax = 86_400_000;
/** Characters of a token or a ticket. */
const secretCharsMax = 8_192;

const oneOf = <A extends string>(names: readonly [A, ...A[]]): t.Type<A, A, unknown> =>
  new t.Type<A, A, unknown>(
    `one of ${names.join(", ")}`,
    (u): u is A => names.some((name) => name === u),
    (u, context) => {
      const name = names.find((one) => one === u);
      return name === undefined ? t.failure(u, context) : t.success(name);
    },
    t.identity,
  );

const aBoolean = new t.Type<boolean, boolean, unknown>("true or false", t.boolean.is, t.boolean.validate, t.identity);
/** Any JSON, but not nothing. */
const present = new t.Type<unknown, unknown, unknown>(
  "any JSON value",
  (u): u is unknown => u !== undefined,
  (u, context) => (u === undefined ? t.failure(u, context) : t.success(u)),
  t.identity,
);

/** A member of another name would count for nothing: a misspelt `lobby` would leave the door open. */
const withoutOthers = <A>(codec: t.Type<A, unknown, unknown> & { readonly props: t.Props }): t.Type<A, A, unknown> => {
  const names = Object.keys(codec.props);
  return new t.Type<A, A, unknown>(
    `an object with no members but ${names.join(", ")}`,
    codec.is,
    (u, context) =>
      t.UnknownRecord.is(u) && !Object.keys(u).every((name) => names.includes(name))
        ? t.failure(u, context)
        : codec.validate(u, context),
    t.identity,
  );
};

const invalid = (message: string, path?: string): Refusal => ({
  code: "invalid-message",
  message,
  ...(path === undefined ? {} : { path }),
});

type Read<A> = (message: Readonly<Record<string, unknown>>) => E.Either<Refusal, A>;

const reader =
  <A>(codec: t.Type<A, unknown, unknown>): Read<A> =>
  (message) =>
    pipe(
      codec.decode(message),
      E.mapLeft((errors) => ({ code: "invalid-message", ...wrongMember([], errors) })),
    );

/** A frame as an object. Refused: what is not JSON, nests too deep, or is no object. */
const parsed = (frame: string, { jsonDepthMax }: Limits): E.Either<Refusal, Readonly<Record<string, unknown>>> => {
  const json = Json.parse(frame);
  if (E.isLeft(json)) return E.left(invalid("a frame must be JSON"));
  if (isDeeper(frame, jsonDepthMax))
    return E.left(invalid(`the frame must not be nested deeper than ${jsonDepthMax} levels`));
  return t.UnknownRecord.is(json.right) ? E.right(json.right) : E.left(invalid("a frame must be a JSON object"));
};

const counted = Id.whole<number>(0, Number.MAX_SAFE_INTEGER);
const requestId = Id.whole<number>(1, Number.MAX_SAFE_INTEGER);
const duration = Id.whole<number>(0, durationMsMax);

/** What a request is besides its type. A member of another name is ignored, but not in what describes a room. */
const codecsOf = (limits: Limits) => {
  const room = Id.text<RoomId>(1, limits.idCharsMax);
  const user = Id.text<UserId>(1, limits.idCharsMax);
  const policy: t.Type<Partial<RoomPolicy>, unknown, unknown> = withoutOthers(
    t.partial({
      listed: aBoolean,
      lobby: aBoolean,
      capacity: Id.whole<number>(1, limits.roomParticipantsMax),
      withoutHost: oneOf(withoutHost),
    }),
  );
  const creation = t.partial({ name: Id.label(limits.nameCharsMax), policy });
  const create: t.Type<RoomCreation, unknown, unknown> = withoutOthers(creation);
  const aboutUser = t.type({ room, user });
  return {
    create: t.intersection([t.type({ room }), creation]),
    join: t.intersection([t.type({ room }), t.partial({ create })]),
    room: t.type({ room }),
    user: aboutUser,
    deny: t.intersection([aboutUser, t.partial({ forMs: duration })]),
    lock: t.type({ room, locked: aBoolean }),
    remove: t.intersection([aboutUser, t.partial({ banMs: duration })]),
    role: t.type({ room, user, role: oneOf(roomRoles) }),
    signal: t.intersection([
      t.type({ room, to: user, kind: oneOf<SignalKind>(signalKinds), negotiation: counted }),
      t.partial({ data: present }),
    ]),
    message: t.intersection([t.type({ room, data: present }), t.partial({ to: user })]),
    directory: t.type({ watch: aBoolean }),
  };
};

/** How long somebody who is denied cannot knock again, where nobody says otherwise. */
const deniedMs = 30_000;

/**
 * Reads frames within the given limits. Refused as `invalid-message`, in this order: what is not a JSON object, or nests too deep; `type`;
 * `id`; `seen`; and then the members of the request.
 */
export const decoder = (limits: Limits): Decoder => {
  const codecs = codecsOf(limits);
  const policyOf = (policy: Partial<RoomPolicy> = {}): RoomPolicy => ({
    listed: true,
    lobby: false,
    capacity: limits.roomParticipantsMax,
    withoutHost: "promote",
    ...policy,
  });
  const created = (id: RoomId, { name, policy }: RoomCreation, hostId: UserId, host: string) => ({
    room: { id, name: name ?? id, hostId, host },
    policy: policyOf(policy),
  });

  type Self = { readonly user: UserId; readonly name: string };
  type Body = Readonly<Record<string, unknown>>;
  type Asked = Arrival & { readonly id?: number; readonly seen?: number };

  const request = (
    type: string,
    asked: Asked,
    self: Self,
  ): ((body: Body) => E.Either<Refusal, FrameEvent>) | undefined => {
    const into =
      <A>(codec: t.Type<A, unknown, unknown>, event: (a: A) => FrameEvent) =>
      (body: Body) =>
        pipe(body, reader(codec), E.map(event));
    switch (type) {
      case "create":
        return into(codecs.create, ({ room, ...creation }) => ({
          kind: "CreateRequested",
          ...asked,
          ...created(room, creation, self.user, self.name),
        }));
      case "join":
        return into(codecs.join, ({ room: roomId, create }) => ({
          kind: "JoinRequested",
          ...asked,
          roomId,
          userId: self.user,
          userName: self.name,
          ...(create === undefined ? {} : { create: created(roomId, create, self.user, self.name) }),
          text: "",
        }));
      case "leave":
        return into(codecs.room, ({ room: roomId }) => ({
          kind: "LeaveRequested",
          ...asked,
          roomId,
          userId: self.user,
          text: "",
        }));
      case "close":
        return into(codecs.room, ({ room: roomId }) => ({ kind: "CloseRequested", ...asked, roomId }));
      case "roster":
        return into(codecs.room, ({ room: roomId }) => ({ kind: "RosterRequested", ...asked, roomId }));
      case "withdraw":
        return into(codecs.room, ({ room: roomId }) => ({
          kind: "WithdrawRequested",
          ...asked,
          roomId,
          userId: self.user,
        }));
      case "admit":
        return into(codecs.user, ({ room: roomId, user: userId }) => ({
          kind: "AdmitRequested",
          ...asked,
          roomId,
          userId,
        }));
      case "deny":
        return into(codecs.deny, ({ room: roomId, user: userId, forMs = deniedMs }) => ({
          kind: "DenyRequested",
          ...asked,
          roomId,
          userId,
          forMs,
        }));
      case "lock":
        return into(codecs.lock, ({ room: roomId, locked: isLocked }) => ({
          kind: "LockRequested",
          ...asked,
          roomId,
          isLocked,
        }));
      case "remove":
        return into(codecs.remove, ({ room: roomId, user: userId, banMs = 0 }) => ({
          kind: "RemoveRequested",
          ...asked,
          roomId,
          userId,
          banMs,
        }));
      case "unban":
        return into(codecs.user, ({ room: roomId, user: userId }) => ({
          kind: "UnbanRequested",
          ...asked,
          roomId,
          userId,
        }));
      case "role":
        return into(codecs.role, ({ room: roomId, user: userId, role }) => ({
          kind: "RoleRequested",
          ...asked,
          roomId,
          userId,
          role,
        }));
      case "signal":
        return into(codecs.signal, ({ room: roomId, to, kind: signal, negotiation, data }) => ({
          kind: "SignalRequested",
          ...asked,
          roomId,
          to,
          signal,
          negotiation,
          text: data === undefined ? "" : JSON.stringify(data),
        }));
      case "message":
        return into(codecs.message, ({ room: roomId, to, data }) => ({
          kind: "MessageRequested",
          ...asked,
          roomId,
          ...(to === undefined ? {} : { to }),
          text: JSON.stringify(data),
        }));
      case "directory":
        return into(codecs.directory, ({ watch: isWatching }) => ({
          kind: "DirectoryRequested",
          ...asked,
          isWatching,
        }));
      case "ice-servers":
        return () => E.right({ kind: "IceServersRequested", ...asked });
      case "ping":
        return () => E.right({ kind: "PingReceived", ...asked });
      case "bye":
        return () => E.right({ kind: "ByeReceived", ...asked });
      default:
        return undefined;
    }
  };

  const refused = (asked: Asked, refusal: Refusal): FrameEvent => ({ kind: "FrameRefused", ...asked, refusal });

  const text = ({ at, client, member }: Arrival, frame: string): FrameEvent | TokenShown => {
    const arrival = { at, client };
    const read = parsed(frame, limits);
    if (E.isLeft(read)) return refused(arrival, read.left);
    const body = read.right;
    const { type, id, seen } = body;
    const asked: Asked = requestId.is(id) ? { ...arrival, id } : arrival;
    if (typeof type !== "string") return refused(asked, invalid("type must be a string", "type"));
    if (member === undefined || type === "hello")
      return refused(asked, invalid("hello is the first frame of a socket, and no other", "type"));
    if (seen !== undefined && !counted.is(seen))
      return refused(asked, invalid("seen must be a whole number from 0 on", "seen"));
    const heard: Asked = seen === undefined ? asked : { ...asked, seen };
    // It is no request, whatever number it bears: that number is still to come.
    if (type === "ack")
      return seen === undefined
        ? refused(arrival, invalid("seen is missing: it must be a whole number from 0 on", "seen"))
        : { kind: "AckReceived", ...arrival, seen };
    const into = request(type, heard, member);
    if (into === undefined && type !== "renew")
      return refused(asked, invalid("type names no request of this protocol", "type"));
    if (asked.id === undefined) return refused(asked, invalid("id must be a whole number from 1 on", "id"));
    if (into === undefined)
      return secret.is(body.token)
        ? { kind: "TokenShown", ...heard, token: body.token }
        : refused(heard, invalid(`token must be ${secret.name}`, "token"));
    return pipe(
      body,
      into,
      E.getOrElse((refusal) => refused(heard, refusal)),
    );
  };

  return {
    text,
    binary: ({ at, client }) => refused({ at, client }, invalid("a frame must be text")),
    hello: helloReader(limits),
  };
};

const secret = Id.text<string>(1, secretCharsMax);

const helloReader = (limits: Limits): NonNullable<Decoder["hello"]> => {
  const codec: t.Type<Omit<Hello, "seen"> & { readonly seen?: number }, unknown, unknown> = t.exact(
    t.intersection([
      t.type({ id: requestId }),
      t.partial({ name: Id.label(limits.nameCharsMax), token: secret, ticket: secret, seen: counted }),
    ]),
  );
  return (frame) => {
    const read = parsed(frame, limits);
    if (E.isLeft(read)) return read;
    if (read.right.type !== "hello") return E.left(invalid("the first frame must be a hello", "type"));
    return pipe(
      read.right,
      reader(codec),
      E.map((hello) => ({ seen: 0, ...hello })),
    );
  };
};
