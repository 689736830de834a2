import fc from "fast-check";
import * as E from "fp-ts/lib/Either.js";
import { describe, expect, test } from "vitest";
import { configOf } from "../../adapters/server/config.js";
import { ecPair, secret } from "../support/tokens.js";

const url = "https://id.example.org/keys?tenant=5";

describe("one of three settings says what tokens are verified with", () => {
  test.each([
    ["AUTH_JWT_SECRET", secret, { kind: "secret", secret }],
    ["AUTH_JWT_PUBLIC_KEY", "/etc/key.pem", { kind: "public-key", pem: "/etc/key.pem" }],
    ["AUTH_JWKS_URL", url, { kind: "key-server", url }],
    ["AUTH_JWKS_URL", "http://127.0.0.1:8080/", { kind: "key-server", url: "http://127.0.0.1:8080/" }],
  ])("%s", (name, value, key) => {
    const auth = { key, issuer: undefined, audience: undefined };
    expect(configOf({ [name]: value })).toMatchObject({ right: { auth } });
    expect(configOf({ [name]: value, AUTH_ISSUER: "me", AUTH_AUDIENCE: "signalbox" })).toMatchObject({
      right: { auth: { key, issuer: "me", audience: "signalbox" } },
    });
  });

  const names = "AUTH_JWT_SECRET, AUTH_JWT_PUBLIC_KEY, AUTH_JWKS_URL";
  test.each<readonly [Readonly<Record<string, string>>, string]>([
    [
      { AUTH_JWT_SECRET: secret, AUTH_JWT_PUBLIC_KEY: "x" },
      `AUTH_JWT_PUBLIC_KEY is set in the environment, and AUTH_JWT_SECRET is set in the environment: only one of ${names} can be.`,
    ],
    [
      { AUTH_JWKS_URL: url, AUTH_JWT_PUBLIC_KEY: "x", AUTH_JWT_SECRET: "" },
      `AUTH_JWKS_URL is set in the environment, and AUTH_JWT_PUBLIC_KEY is set in the environment: only one of ${names} can be.`,
    ],
    [
      { AUTH_ISSUER: "me" },
      `AUTH_ISSUER is set in the environment, but no key to verify tokens with: one of ${names} must be, too.`,
    ],
    [
      { AUTH_AUDIENCE: "signalbox" },
      `AUTH_AUDIENCE is set in the environment, but no key to verify tokens with: one of ${names} must be, too.`,
    ],
    [{ AUTH_JWT_SECRET: "x".repeat(32) }, ""],
    [
      { AUTH_JWT_SECRET: "x".repeat(31) },
      "AUTH_JWT_SECRET is wrong in the environment: it must be at least 32 bytes long, and no PEM text.",
    ],
    [{ AUTH_JWT_SECRET: "ü".repeat(16) }, ""],
    [
      { AUTH_JWT_SECRET: ecPair().pem },
      "AUTH_JWT_SECRET is wrong in the environment: it must be at least 32 bytes long, and no PEM text.",
    ],
    ...["id.example.org", "file:///etc/keys", "ftp://example.org", "https://me:pass@example.org/keys"].map(
      (wrong): readonly [Readonly<Record<string, string>>, string] => [
        { AUTH_JWKS_URL: wrong },
        "AUTH_JWKS_URL is wrong in the environment: it must be a URL that starts with https:// or http://, without a user or password.",
      ],
    ),
  ])("%j: %s", (env, sentence) => {
    const config = configOf(env);
    expect(E.isLeft(config) ? config.left.map(({ text }) => text) : []).toEqual(sentence === "" ? [] : [sentence]);
  });
});

test("law: no sentence shows what may be a secret", () => {
  const marked = fc.string({ unit: fc.constantFrom("q", "7", "Q"), minLength: 6, maxLength: 40 });
  const maybe = fc.oneof(
    marked,
    marked.map((text) => `https://${text}:${text}@example.org`),
    fc.constant(""),
  );
  const env = fc.record({
    AUTH_JWT_SECRET: maybe,
    AUTH_JWT_PUBLIC_KEY: maybe,
    AUTH_JWKS_URL: maybe,
    AUTH_ISSUER: fc.constantFrom("", "me"),
  });
  fc.assert(
    fc.property(env, (given) => {
      const config = configOf(given);
      if (E.isRight(config)) return;
      for (const { text } of config.left) expect(text).toMatch(/^AUTH_[A-Z_]+ is (?!.*[qQ7]{6}).*\.$/);
    }),
  );
});
