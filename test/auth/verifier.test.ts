import fc from "fast-check";
import * as E from "fp-ts/lib/Either.js";
import { describe, expect, test } from "vitest";
import { defaultGrants } from "../../core/index.js";
import { forged, good, nowS, secret, signed, verifierOf } from "../support/tokens.js";

const invalid = (message: string) => E.left({ code: "token-invalid", message });
const hs256 = { alg: "HS256" };

describe("a good token", () => {
  test("names its user, and until when", async () => {
    expect(await verifierOf()(await signed(good))).toEqual(
      E.right({
        user: "ann",
        issuedAt: nowS * 1_000,
        expiresAt: (nowS + 3_600) * 1_000,
        grants: { rooms: ["*"], can: defaultGrants.can, role: "participant", lobby: "wait", sessions: "newest" },
        mayReadHistory: false,
      }),
    );
  });

  test("may leave out when it was issued, have a fraction of a second, and claims for others", async () => {
    const token = await signed({ sub: "ann", exp: nowS + 0.5, email: "ann@example.org", azp: 5 });
    expect(await verifierOf()(token)).toEqual(
      E.right({ user: "ann", expiresAt: nowS * 1_000 + 500, grants: defaultGrants, mayReadHistory: false }),
    );
  });

  test("brings a name and grants", async () => {
    const grants = { rooms: ["team-*", "hall"], can: [], role: "host", lobby: "bypass", sessions: "both" };
    expect(await verifierOf()(await signed({ ...good, name: "Ann Ø", signalbox: grants }))).toMatchObject({
      right: { name: "Ann Ø", grants },
    });
    expect(await verifierOf()(await signed({ ...good, signalbox: { rooms: [] } }))).toMatchObject({
      right: { grants: { ...defaultGrants, rooms: [] }, mayReadHistory: false },
    });
    const ofHistory = await verifierOf()(await signed({ ...good, signalbox: { history: true } }));
    expect(ofHistory).toMatchObject({ right: { mayReadHistory: true } });
    // The core gets the grants that it knows, and no others.
    expect(ofHistory).toHaveProperty("right.grants", defaultGrants);
  });

  test("is for the audience, alone or among others, and of the issuer", async () => {
    const verify = verifierOf({ issuer: "https://id.example.org", audience: "signalbox" });
    for (const aud of ["signalbox", ["other", "signalbox"]])
      expect(await verify(await signed({ ...good, iss: "https://id.example.org", aud }))).toMatchObject({
        right: { user: "ann" },
      });
  });

  test("may have any audience and issuer where none is demanded", async () => {
    expect(await verifierOf()(await signed({ ...good, iss: "x", aud: "y" }))).toMatchObject({ right: { user: "ann" } });
  });

  test("is good 5 s beyond its end, and 5 s before its beginning", async () => {
    expect(await verifierOf()(await signed({ ...good, exp: nowS - 4 }))).toMatchObject({ _tag: "Right" });
    expect(await verifierOf()(await signed({ ...good, nbf: nowS + 5 }))).toMatchObject({ _tag: "Right" });
  });

  test("has ids and names as long as the settings say", async () => {
    const verify = verifierOf({}, { limits: { idCharsMax: 3, nameCharsMax: 4 } });
    expect(await verify(await signed({ ...good, name: "😀😀😀😀" }))).toMatchObject({ _tag: "Right" });
    expect(await verify(await signed({ ...good, sub: "anna" }))).toEqual(
      invalid("sub must be a string of 1 to 3 characters, without control characters, that does not begin with ~"),
    );
    expect(await verify(await signed({ ...good, name: "Annie" }))).toEqual(
      invalid("name must be a string of 1 to 4 characters, not only spaces, without control characters"),
    );
  });
});

describe("a token is refused", () => {
  test("when it has expired, with a code of its own", async () => {
    const expired = E.left({ code: "token-expired", message: "the token has expired: get a new one" });
    expect(await verifierOf()(await signed({ ...good, exp: nowS - 5 }))).toEqual(expired);
    expect(await verifierOf()(await signed({ ...good, exp: 0 }))).toEqual(expired);
  });

  const subject = "a string of 1 to 128 characters, without control characters, that does not begin with ~";
  const seconds = "in seconds since 1970, before the year 10000";
  const rooms =
    "a list of at most 64 names or patterns, each a string of 1 to 128 characters, without control characters";
  const members = "an object with some of rooms, can, role, lobby, sessions, history";
  const abilities = "a list of some of create, join, admit, remove, say, signal";
  test.each<readonly [object, string]>([
    [{ sub: undefined }, `sub is missing: it must be ${subject}`],
    [{ sub: "" }, `sub must be ${subject}`],
    [{ sub: 7 }, `sub must be ${subject}`],
    [{ sub: null }, `sub must be ${subject}`],
    [{ sub: "a\nb" }, `sub must be ${subject}`],
    [{ sub: "~ann" }, `sub must be ${subject}`],
    [{ sub: "a".repeat(129) }, `sub must be ${subject}`],
    [{ exp: undefined }, `exp is missing: it must be ${seconds}`],
    [{ exp: "soon" }, "exp must be in seconds since 1970"],
    [{ exp: null }, "exp must be in seconds since 1970"],
    [{ exp: (nowS + 3_600) * 1_000 }, `exp must be ${seconds}`],
    [{ iat: "now" }, "iat must be in seconds since 1970"],
    [{ iat: -1 }, `iat must be ${seconds}`],
    [{ nbf: nowS + 6 }, "the token is not valid yet: its nbf lies ahead"],
    [{ nbf: {} }, "nbf must be in seconds since 1970"],
    [{ name: " " }, "name must be a string of 1 to 128 characters, not only spaces, without control characters"],
    [{ name: null }, "name must be a string of 1 to 128 characters, not only spaces, without control characters"],
    [{ signalbox: null }, `signalbox must be ${members}`],
    [{ signalbox: ["join"] }, `signalbox must be ${members}`],
    [{ signalbox: { room: ["a"] } }, `signalbox.room is not known: signalbox must be ${members}`],
    [{ signalbox: { rooms: ["a"], Can: [] } }, `signalbox.Can is not known: signalbox must be ${members}`],
    [
      { signalbox: { "\u202e; drop": 1 } },
      `signalbox.(a member with a strange name) is not known: signalbox must be ${members}`,
    ],
    [
      { signalbox: { ["x".repeat(65)]: 1 } },
      `signalbox.(a member with a strange name) is not known: signalbox must be ${members}`,
    ],
    [
      { signalbox: JSON.parse('{"__proto__":{"can":[]}}') },
      `signalbox.__proto__ is not known: signalbox must be ${members}`,
    ],
    [{ signalbox: { rooms: "team" } }, `signalbox.rooms must be ${rooms}`],
    [{ signalbox: { rooms: [""] } }, `signalbox.rooms must be ${rooms}`],
    [{ signalbox: { rooms: [5] } }, `signalbox.rooms must be ${rooms}`],
    [{ signalbox: { rooms: null } }, `signalbox.rooms must be ${rooms}`],
    [{ signalbox: { rooms: ["a".repeat(129)] } }, `signalbox.rooms must be ${rooms}`],
    [{ signalbox: { rooms: Array.from({ length: 65 }, String) } }, `signalbox.rooms must be ${rooms}`],
    [{ signalbox: { can: "join" } }, `signalbox.can must be ${abilities}`],
    [{ signalbox: { can: Array(7).fill("join") } }, `signalbox.can must be ${abilities}`],
    [{ signalbox: { can: ["join", "fly"] } }, `signalbox.can must be ${abilities}`],
    [{ signalbox: { role: "admin" } }, "signalbox.role must be one of host, cohost, participant"],
    [{ signalbox: { lobby: true } }, "signalbox.lobby must be one of wait, bypass"],
    [{ signalbox: { sessions: "all" } }, "signalbox.sessions must be one of both, newest, refuse"],
  ])("with the claims %j: the claim is named", async (claims, message) => {
    // As it is written by hand: the library that signs would refuse some of them.
    expect(await verifierOf()(forged(hs256, { ...good, ...claims }, secret))).toEqual(invalid(message));
  });

  test("with a number that JSON reads as infinite", async () => {
    const payload = JSON.stringify({ ...good, exp: 0 }).replace('"exp":0', '"exp":1e999');
    expect(await verifierOf()(forged(hs256, payload, secret))).toEqual(invalid(`exp must be ${seconds}`));
  });

  test.each<readonly [object, string]>([
    [{ iss: "https://id.example.org" }, 'aud is missing: it must name "signalbox"'],
    [{ iss: "https://id.example.org", aud: "another" }, 'aud must name "signalbox"'],
    [{ iss: "https://id.example.org", aud: [] }, 'aud must name "signalbox"'],
    [{ iss: "https://id.example.org", aud: "signalbox2" }, 'aud must name "signalbox"'],
    [{ iss: "https://id.example.org", aud: { signalbox: 1 } }, 'aud must name "signalbox"'],
    [{ aud: "signalbox" }, 'iss is missing: it must be "https://id.example.org"'],
    [{ aud: "signalbox", iss: "https://id.example.com" }, 'iss must be "https://id.example.org"'],
    [{ aud: "signalbox", iss: ["https://id.example.org"] }, 'iss must be "https://id.example.org"'],
  ])("by a server that demands an audience and an issuer, with %j", async (claims, message) => {
    const verify = verifierOf({ issuer: "https://id.example.org", audience: "signalbox" });
    expect(await verify(forged(hs256, { ...good, ...claims }, secret))).toEqual(invalid(message));
  });

  const algorithm = invalid("the token must be signed with HS256");
  test.each([
    ["none", forged({ alg: "none" }, good)],
    ["None", forged({ alg: "None" }, good)],
    ["none, with a signature", forged({ alg: "none" }, good, secret)],
    ["HS512, which the secret could sign", forged({ alg: "HS512" }, good, secret)],
    ["RS256", forged({ alg: "RS256" }, good, secret)],
    ["__proto__", forged({ alg: "__proto__" }, good, secret)],
  ])("when it is signed with alg %s", async (_alg, token) => {
    expect(await verifierOf()(token)).toEqual(algorithm);
  });

  const signature = invalid("the signature of the token does not fit the key of the server");
  test("when it is signed with another secret, changed, or not signed", async () => {
    const verify = verifierOf();
    expect(await verify(forged(hs256, good, `${secret}.`))).toEqual(signature);
    expect(await verify(forged(hs256, good))).toEqual(signature);
    const [header, , mac] = (await signed(good)).split(".");
    const [, payload] = forged(hs256, { ...good, sub: "bob" }).split(".");
    expect(await verify(`${header}.${payload}.${mac}`)).toEqual(signature);
  });

  const malformed = invalid("the token is not a JWT: it must be a compact JWS with a JSON object of claims");
  test.each([
    ["nothing", ""],
    ["a word", "ann"],
    ["two parts", "e30.e30"],
    ["five parts, as encrypted tokens have them", "e30.e30.e30.e30.e30"],
    ["a header that is not JSON", forged("x", good, secret)],
    ["a header that is no object", forged([], good, secret)],
    ["a header without alg", forged({}, good, secret)],
    ["an alg that is no text", forged({ alg: ["HS256"] }, good, secret)],
    ["a critical extension that nobody knows", forged({ ...hs256, crit: ["exp"], exp: 1 }, good, secret)],
    ["a payload that is not encoded", forged({ ...hs256, crit: ["b64"], b64: false }, good, secret)],
    ["claims that are not JSON", forged(hs256, "{", secret)],
    ["claims that are a list", forged(hs256, [good], secret)],
    ["claims that are null", forged(hs256, "null", secret)],
    ["a header that nests as deep as it can", forged("[".repeat(6_000), good, secret)],
    ["claims that nest as deep as they can", forged(hs256, `${"[".repeat(3_000)}${"]".repeat(3_000)}`, secret)],
    ["characters beyond ASCII", `${forged(hs256, good, secret)}é`],
  ])("when it is %s", async (_what, token) => {
    expect(await verifierOf()(token)).toEqual(malformed);
  });

  test("when it is larger than 8 KiB, before anything of it is read", async () => {
    const fitting = (bytes: number): string => {
      const empty = forged(hs256, { ...good, pad: "" }, secret).length;
      let pad = Math.floor(((bytes - empty) * 3) / 4);
      while (forged(hs256, { ...good, pad: "x".repeat(pad) }, secret).length < bytes) pad++;
      return forged(hs256, { ...good, pad: "x".repeat(pad) }, secret);
    };
    expect(fitting(8_192)).toHaveLength(8_192);
    expect(await verifierOf()(fitting(8_192))).toMatchObject({ right: { user: "ann" } });
    expect(await verifierOf()(fitting(8_194))).toEqual(invalid("the token must have at most 8192 bytes"));
    expect(await verifierOf()("x".repeat(10_000_000))).toEqual(invalid("the token must have at most 8192 bytes"));
  });
});

describe("laws", () => {
  const anyHeader = fc.oneof(
    fc.json(),
    fc.record({ alg: fc.constantFrom("HS256", "none", "RS256", 5, null), crit: fc.jsonValue(), b64: fc.jsonValue() }),
  );

  test("whatever comes as a token, the answer is a refusal or a user, and never an error", async () => {
    const verify = verifierOf({ audience: "signalbox", issuer: "me" });
    const anyToken = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.tuple(anyHeader, fc.json(), fc.constantFrom(secret, undefined)).map(([h, p, key]) => forged(h, p, key)),
      fc.jsonValue().map((payload) => forged(hs256, { aud: "signalbox", iss: "me", ...good, x: payload }, secret)),
    );
    await fc.assert(
      fc.asyncProperty(anyToken, async (token) => {
        const verified = await verify(token);
        if (E.isLeft(verified)) expect(["token-invalid", "token-expired"]).toContain(verified.left.code);
      }),
      { numRuns: 500 },
    );
  });

  test("no sentence has a value of a claim, a part of the token, or the secret", async () => {
    const marked = (max: number) => fc.string({ unit: fc.constantFrom("q", "Q", "7"), minLength: 6, maxLength: max });
    const anyValue = fc.oneof(marked(300), fc.array(marked(9)), fc.integer());
    const anyClaims = fc.record(
      {
        sub: anyValue,
        exp: anyValue,
        nbf: anyValue,
        iss: anyValue,
        aud: anyValue,
        name: anyValue,
        signalbox: anyValue,
      },
      { requiredKeys: [] },
    );
    const verify = verifierOf({ audience: "signalbox", issuer: "me" });
    await fc.assert(
      fc.asyncProperty(anyClaims, fc.constantFrom(secret, "another"), async (claims, key) => {
        const token = forged(hs256, { ...good, aud: "signalbox", iss: "me", ...claims }, key);
        const verified = await verify(token);
        const told = E.isLeft(verified) ? verified.left.message : "";
        expect(told).not.toMatch(/[qQ7]{6}/);
        expect(told).not.toContain(secret);
        for (const part of token.split(".")) expect(told).not.toContain(part);
      }),
      { numRuns: 300 },
    );
  });
});
