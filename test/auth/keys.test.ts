import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as E from "fp-ts/lib/Either.js";
import { describe, expect, onTestFinished, test } from "vitest";
import { verifier } from "../../adapters/auth/verifier.js";
import { defaultLimits } from "../../core/index.js";
import { ecPair, edPair, forged, good, ofSecret, rsaPair, secret, signed, verifierOf } from "../support/tokens.js";

const rsa = rsaPair();
const ec = ecPair();
const ed = edPair();

const withKey = (pem: string) => verifierOf({ key: { kind: "public-key", pem } });
const invalid = (message: string) => E.left({ code: "token-invalid", message });
const accepted = { right: { user: "ann" } };

const written = (text: string): string => {
  const folder = mkdtempSync(join(tmpdir(), "signalbox-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, "key.pem"), text);
  return join(folder, "key.pem");
};

describe("a public key", () => {
  test.each([
    ["RS256", rsa],
    ["PS256", rsa],
    ["ES256", ec],
    ["EdDSA", ed],
    ["Ed25519", ed],
  ] as const)("verifies what its private key has signed with %s, and nothing else", async (alg, pair) => {
    const verify = withKey(pair.pem);
    expect(await verify(await signed(good, { alg, key: pair.privateKey }))).toMatchObject(accepted);
    const other = { RS256: rsaPair, PS256: rsaPair, ES256: ecPair, EdDSA: edPair, Ed25519: edPair }[alg]();
    expect(await verify(await signed(good, { alg, key: other.privateKey }))).toEqual(
      invalid("the signature of the token does not fit the key of the server"),
    );
  });

  test("decides which algorithms a token may name", async () => {
    const demanded = (list: string) => invalid(`the token must be signed with ${list}`);
    const [byRsa, byEc, byEd] = await Promise.all([
      signed(good, { alg: "RS256", key: rsa.privateKey }),
      signed(good, { alg: "ES256", key: ec.privateKey }),
      signed(good, { alg: "EdDSA", key: ed.privateKey }),
    ]);
    expect(await withKey(rsa.pem)(byEc)).toEqual(demanded("RS256 or PS256"));
    expect(await withKey(rsa.pem)(await signed(good, { alg: "RS512", key: rsa.privateKey }))).toEqual(
      demanded("RS256 or PS256"),
    );
    expect(await withKey(ec.pem)(byEd)).toEqual(demanded("ES256"));
    expect(await withKey(ed.pem)(byRsa)).toEqual(demanded("EdDSA or Ed25519"));
    expect(await withKey(ed.pem)(forged({ alg: "none" }, good))).toEqual(demanded("EdDSA or Ed25519"));
  });

  test.each([
    ["RSA", rsa],
    ["EC", ec],
    ["Ed25519", ed],
  ] as const)("%s is no secret: everybody has it, and could sign with HS256", async (_name, { pem, publicKey }) => {
    const der = publicKey.export({ type: "spki", format: "der" }).toString("latin1");
    for (const key of [pem, pem.trimEnd(), der])
      expect(await withKey(pem)(forged({ alg: "HS256" }, good, key))).toMatchObject({
        left: { code: "token-invalid", message: expect.stringMatching(/^the token must be signed with (?!HS)/) },
      });
  });

  test("is given as PEM text, on one line too, as a certificate's, or as the path of a file", async () => {
    const token = await signed(good, { alg: "ES256", key: ec.privateKey });
    const pkcs1 = rsa.publicKey.export({ type: "pkcs1", format: "pem" }).toString();
    for (const given of [ec.pem, ec.pem.replaceAll("\n", "\\n"), ec.pem.replaceAll("\n", "\r\n"), written(ec.pem)])
      expect(await withKey(given)(token)).toMatchObject(accepted);
    expect(await withKey(pkcs1)(await signed(good, { alg: "RS256", key: rsa.privateKey }))).toMatchObject(accepted);
  });
});

describe("the start fails with one sentence, which never shows the key", () => {
  const privatePem = ec.privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  const kind = "holds a key of another kind: it must be RSA of 2048 bits at least, EC on P-256, or Ed25519.";
  const pss = generateKeyPairSync("rsa-pss", { modulusLength: 2_048 }).publicKey;
  test.each([
    ["a private key", () => privatePem, "holds a private key: give the server the public one only."],
    ["a file with one", () => written(privatePem), "holds a private key: give the server the public one only."],
    ["no file", () => "/nowhere/key.pem", "is neither PEM text nor the path of a file that can be read (ENOENT)."],
    ["a folder", () => tmpdir(), "is neither PEM text nor the path of a file that can be read (EISDIR)."],
    ["a NUL", () => "a\0b", "is neither PEM text nor the path of a file that can be read (ERR_INVALID_ARG_VALUE)."],
    ["another file", () => written("hello"), "holds no public key in PEM form (-----BEGIN PUBLIC KEY-----)."],
    [
      "PEM that was cut short",
      () => ec.pem.slice(0, 60),
      "holds no public key in PEM form (-----BEGIN PUBLIC KEY-----).",
    ],
    ["a short RSA key", () => rsaPair(1_024).pem, kind],
    ["another curve", () => ecPair("P-384").pem, kind],
    ["a key for RSA-PSS alone", () => pss.export({ type: "spki", format: "pem" }).toString(), kind],
  ])("%s", (_what, pem, fault) => {
    expect(verifier({ ...ofSecret, key: { kind: "public-key", pem: pem() } }, { limits: defaultLimits })).toEqual(
      E.left(`AUTH_JWT_PUBLIC_KEY ${fault}`),
    );
  });
});

test("a secret may have any characters, and is taken as UTF-8", async () => {
  const verify = verifierOf({ key: { kind: "secret", secret: "ü".repeat(16) } });
  expect(await verify(forged({ alg: "HS256" }, good, "ü".repeat(16)))).toMatchObject(accepted);
  expect(await verify(forged({ alg: "HS256" }, good, secret))).toMatchObject({ _tag: "Left" });
});
