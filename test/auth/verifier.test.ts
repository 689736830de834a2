import * as E from "fp-ts/lib/Either.js";
import { SignJWT } from "jose";
import { expect, test } from "vitest";
import { verifier } from "../../adapters/auth/verifier.js";
import { defaultGrants, defaultLimits } from "../../core/index.js";

const secret = "a secret that has 32 bytes, or more";

test("a token signed with the secret names its user", async () => {
  const made = verifier(
    { key: { kind: "secret", secret }, issuer: undefined, audience: undefined },
    { limits: defaultLimits, warn: () => {} },
  );
  if (E.isLeft(made)) throw new Error(made.left);
  const token = await new SignJWT({ name: "Ann", signalbox: { can: ["join"] } })
    .setProtectedHeader({ alg: "HS256" })
    .setSubject("ann")
    .setExpirationTime(4_000_000_000)
    .sign(new TextEncoder().encode(secret));
  expect(await made.right.verify(token)).toEqual(
    E.right({ user: "ann", name: "Ann", expiresAt: 4_000_000_000_000, grants: { ...defaultGrants, can: ["join"] } }),
  );
});
