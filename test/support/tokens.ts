import { createHmac, generateKeyPairSync, type KeyObject, type KeyPairKeyObjectResult } from "node:crypto";
import * as E from "fp-ts/lib/Either.js";
import { SignJWT } from "jose";
import { type AuthConfig, type Verifier, type VerifierOptions, verifier } from "../../adapters/auth/verifier.js";
import { defaultLimits } from "../../core/index.js";

export const secret = "a secret that has 32 bytes, or more";

/** The time of the tests, in seconds: tokens are good around it. */
export const nowS = 1_800_000_000;

export const good = { sub: "ann", iat: nowS, exp: nowS + 3_600 };

export const ofSecret: AuthConfig = { key: { kind: "secret", secret }, issuer: undefined, audience: undefined };

/** A verifier at that time, unless the options say otherwise. */
export const verifierOf = (
  config: Partial<AuthConfig> = {},
  options: Partial<VerifierOptions> = {},
): Verifier["verify"] => {
  const made = verifier({ ...ofSecret, ...config }, { limits: defaultLimits, now: () => nowS * 1_000, ...options });
  if (E.isLeft(made)) throw new Error(made.left);
  return made.right.verify;
};

/** A token with the claims as they are, signed by the library. */
export const signed = (
  claims: object,
  { alg = "HS256", key = new TextEncoder().encode(secret), kid }: Partial<Signing> = {},
): Promise<string> =>
  new SignJWT({ ...claims }).setProtectedHeader({ alg, ...(kid === undefined ? {} : { kid }) }).sign(key);

interface Signing {
  readonly alg: string;
  readonly key: Uint8Array | KeyObject;
  readonly kid: string;
}

const encoded = (part: unknown): string =>
  Buffer.from(typeof part === "string" ? part : JSON.stringify(part)).toString("base64url");

/** A token as nobody should make one: any header and payload, and an HMAC with any key, or no signature. */
export const forged = (header: unknown, payload: unknown, key?: string): string => {
  const input = `${encoded(header)}.${encoded(payload)}`;
  return `${input}.${key === undefined ? "" : createHmac("sha256", key).update(input).digest("base64url")}`;
};

export interface Pair {
  readonly pem: string;
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

const pairOf = (keys: KeyPairKeyObjectResult): Pair => ({
  ...keys,
  pem: keys.publicKey.export({ type: "spki", format: "pem" }).toString(),
});

export const rsaPair = (modulusLength = 2_048): Pair => pairOf(generateKeyPairSync("rsa", { modulusLength }));
export const ecPair = (namedCurve = "P-256"): Pair => pairOf(generateKeyPairSync("ec", { namedCurve }));
export const edPair = (): Pair => pairOf(generateKeyPairSync("ed25519"));
