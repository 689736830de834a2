import fc from "fast-check";
import * as E from "fp-ts/lib/Either.js";
import { describe, expect, test } from "vitest";
import { roomRoles, withoutHost } from "../../../core/base/room.js";
import {
  type ClientFrame,
  errorCodes,
  type KnockEnd,
  type ServerFrame,
  signalKinds,
} from "../../../core/dialect/v1/wire.js";
import { type ClientId, defaultLimits, type Millis, type UserId, v1 } from "../../../core/index.js";
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
