import fc from "fast-check";
import * as E from "fp-ts/lib/Either.js";
import { describe, expect, test } from "vitest";
import { seat } from "../../../core/base/id.js";
import { roomRoles, withoutHost } from "../../../core/base/room.js";
import * as Table from "../../../core/base/table.js";
import {
  type ClientFrame,
  errorCodes,
  type KnockEnd,
  type ServerFrame,
  signalKinds,
} from "../../../core/dialect/v1/wire.js";
import {
  type ClientId,
  defaultLimits,
  encodeAmong,
  initial,
  type Millis,
  type RoomId,
  type SessionId,
  type UserId,
  v1,
} from "../../../core/index.js";
import { document, isClientFrame, namesOf, resolved, type Schema } from "../../support/v1-schema.js";

const { hello, text } = v1.decoder(defaultLimits);
const arrival = {
  at: 0 as Millis,
  client: 1 as ClientId,
  member: { user: "ann" as UserId, name: "Ann" },
};

/** Whether the server takes the frame: as a hello, or after one. */
const isAccepted = (frame: unknown): boolean => {
  const written = JSON.stringify(frame);
  const isHello = hello !== undefined && E.isRight(hello(written));
  return isHello || text(arrival, written).kind !== "FrameRefused";
};

/** Strings of a length near the limits, of characters of all kinds; most of them are what a name should be. */
const strings = ({ minLength = 0, maxLength = 20 }: Schema): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom("a", "r1", "~x", "Ann Ängström", "名前", "👩‍👩‍👧") },
    {
      weight: 3,
      arbitrary: fc
        .tuple(
          fc.constantFrom(minLength - 1, minLength, maxLength, maxLength + 1),
          fc.constantFrom("a", "é", "𝄞", " ", "\u3000"),
        )
        .map(([length, char]) => char.repeat(Math.max(0, length))),
    },
    { weight: 1, arbitrary: fc.constantFrom("\ud800", "a\u0000", "\u007f", "\u0085", "a\n", "\ufeff", "\u2028") },
    { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 12 }) },
  );

const numbers = ({ minimum: low = 0, maximum: high = 0 }: Schema): fc.Arbitrary<number> =>
  fc.oneof(
    { weight: 4, arbitrary: fc.integer({ min: low, max: high }) },
    { weight: 1, arbitrary: fc.constantFrom(low - 1, low, low + 0.5, high, high + 1) },
  );

const members = ({ properties = {}, required = [] }: Schema): fc.Arbitrary<Members> =>
  fc.record<Record<string, unknown>, string>(
    Object.fromEntries(Object.entries(properties).map(([key, part]) => [key, valuesOf(part)])),
    { requiredKeys: [...required] },
  );

/** Values that a part of the schema describes, and some that miss it by little. */
const valuesOf = (part: Schema | true): fc.Arbitrary<unknown> => {
  if (part === true) return fc.jsonValue({ maxDepth: 3 });
  const schema = resolved(part);
  if ("const" in schema) return fc.constant(schema.const);
  if ("enum" in schema) return fc.constantFrom(...(schema.enum ?? []));
  switch (schema.type) {
    case "string":
      return strings(schema);
    case "integer":
      return numbers(schema);
    case "boolean":
      return fc.boolean();
    case "object":
      return members(schema);
    default:
      throw new Error(`no values for ${JSON.stringify(schema)}`);
  }
};

type Members = Readonly<Record<string, unknown>>;

/** A member that is missing, of another kind, or more than there should be, here or further inside. */
const mutated = (frame: Members): fc.Arbitrary<unknown> => {
  const keys = Object.keys(frame);
  return fc
    .tuple(fc.constantFrom(...keys), fc.constantFrom("drop", "replace", "add", "inside"), fc.jsonValue({ maxDepth: 1 }))
    .chain(([key, how, value]): fc.Arbitrary<unknown> => {
      const { [key]: old, ...others } = frame;
      if (how === "drop") return fc.constant(others);
      if (how === "add") return fc.constant({ ...frame, more: value });
      const isNested = typeof old === "object" && old !== null && !Array.isArray(old) && Object.keys(old).length > 0;
      if (how === "inside" && isNested) return mutated(old as Members).map((inner) => ({ ...frame, [key]: inner }));
      return fc.constant({ ...frame, [key]: value });
    });
};

describe("what the schema says of a client's frames is what the server takes", () => {
  test.each([...namesOf("ClientFrame")])("%s", (_type, name) => {
    const frames = valuesOf({ $ref: `#/$defs/${name}` }) as fc.Arbitrary<Members>;
    const seen = { accepted: 0, refused: 0 };
    fc.assert(
      fc.property(fc.oneof(frames, frames.chain(mutated)), (frame) => {
        const accepted = isAccepted(frame);
        seen[accepted ? "accepted" : "refused"] += 1;
        expect(isClientFrame(frame)).toBe(accepted);
      }),
      { numRuns: 400 },
    );
    expect(Math.min(seen.accepted, seen.refused)).toBeGreaterThan(10);
  });

  test("and nothing else is one", () => {
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue({ maxDepth: 3 }), fc.record({ type: fc.string() })), (value) => {
        expect(isClientFrame(value)).toBe(isAccepted(value));
      }),
    );
  });
});

describe("types and schema name the same", () => {
  const clientTypes: Readonly<Record<ClientFrame["type"], true>> = {
    hello: true,
    ack: true,
    create: true,
    join: true,
    leave: true,
    close: true,
    roster: true,
    withdraw: true,
    admit: true,
    deny: true,
    lock: true,
    remove: true,
    unban: true,
    role: true,
    signal: true,
    message: true,
    directory: true,
    renew: true,
    "ice-servers": true,
    ping: true,
    bye: true,
  };
  const serverTypes: Readonly<Record<ServerFrame["type"], true>> = {
    welcome: true,
    result: true,
    error: true,
    roster: true,
    left: true,
    knock: true,
    "knock-ended": true,
    admitted: true,
    denied: true,
    signal: true,
    crossing: true,
    message: true,
    directory: true,
    reconnect: true,
  };
  const knockEnds: Readonly<Record<KnockEnd, true>> = {
    admitted: true,
    joined: true,
    denied: true,
    banned: true,
    withdrawn: true,
    expired: true,
    disconnected: true,
    closed: true,
  };

  test.each([
    ["client frames", [...namesOf("ClientFrame").keys()], Object.keys(clientTypes)],
    ["server frames", [...namesOf("ServerFrame").keys()], Object.keys(serverTypes)],
    ["error codes", document.$defs.ErrorCode?.enum, errorCodes],
    ["kinds of signals", document.$defs.SignalKind?.enum, signalKinds],
    ["roles", document.$defs.RoomRole?.enum, roomRoles],
    ["what happens without a host", document.$defs.WithoutHost?.enum, withoutHost],
    ["how a knock ends", document.$defs.KnockEnd?.enum, Object.keys(knockEnds)],
  ])("%s", (_what, inSchema, inTypes) => {
    expect(inSchema).toEqual(inTypes);
  });
});

test("a frame that nests deeper than allowed is refused", () => {
  const deep = JSON.stringify({ type: "message", id: 1, room: "r", data: JSON.parse("[".repeat(40) + "]".repeat(40)) });
  expect(text(arrival, deep)).toMatchObject({ kind: "FrameRefused", refusal: { code: "invalid-message" } });
});

test.each([
  [{ type: "join", create: { policy: { loby: true } } }, "create.policy", "listed, lobby, capacity, withoutHost"],
  [{ type: "join", create: { polcy: { lobby: true } } }, "create", "name, policy"],
  [{ type: "create", policy: { lobby: true, 0: "" } }, "policy", "listed, lobby, capacity, withoutHost"],
])("a misspelt member of what describes a room is refused: %j", (asked, path, names) => {
  expect(text(arrival, JSON.stringify({ id: 1, room: "r", ...asked }))).toMatchObject({
    kind: "FrameRefused",
    refusal: { code: "invalid-message", path, message: `${path} must be an object with no members but ${names}` },
  });
});

test("a room that is not there any more is in no welcome, and has no door", () => {
  const session = { id: "s", generation: 1, seats: [seat("gone" as RoomId, arrival.member.user)], knocks: ["gone"] };
  const state = {
    ...initial,
    shared: { ...initial.shared, sessions: Table.set(initial.shared.sessions, "s" as SessionId, session as never) },
  };
  const welcome = {
    kind: "Welcome",
    id: 1,
    session: "s" as SessionId,
    generation: 1,
    isResumed: true,
    heard: 0,
  } as const;
  const written = encodeAmong([v1])(v1, state, { ...welcome, ...arrival.member });
  expect(JSON.parse(written ?? "")).toMatchObject({ type: "welcome", rooms: [], waiting: [] });
});

test("what is not JSON is neither a frame nor a hello", () => {
  const refusal = { code: "invalid-message", message: "a frame must be JSON" };
  expect(text(arrival, '{"type":')).toMatchObject({ kind: "FrameRefused", refusal });
  expect(hello?.('{"type":')).toEqual(E.left(refusal));
});

test.each([
  ["which may have no number that could be read", undefined, {}],
  ["or has one", 7, { id: 7 }],
])("the refusal of a hello, %s", (_what, id, named) => {
  const refusal = { code: "token-invalid", message: "no" } as const;
  expect(JSON.parse(v1.refused?.(refusal, arrival.at, id) ?? "")).toEqual({
    type: "error",
    n: 0,
    ...refusal,
    ...named,
  });
});
