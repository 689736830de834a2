import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import { jwtVerify } from "jose";
import { claimsOf, type NameLimits, type VerifiedToken } from "./claims.js";
import type { KeyServerOptions } from "./key-server.js";
import { type AuthKey, type Keys, keysOf } from "./keys.js";
import { type AuthRefusal, type Demands, invalid, refusalOf } from "./refusal.js";

/** Whose tokens are accepted. */
export interface AuthConfig {
  readonly key: AuthKey;
  /** `iss` must be this. Undefined: it does not matter. */
  readonly issuer: string | undefined;
  /** `aud` must be there and name this. Undefined: it does not matter. */
  readonly audience: string | undefined;
}

export interface Verifier {
  /** Never rejects. A token that is good now: when it expires is for the caller to watch. */
  readonly verify: (token: string) => Promise<E.Either<AuthRefusal, VerifiedToken>>;
}

export interface VerifierOptions extends Partial<KeyServerOptions> {
  readonly limits: NameLimits;
}

const tokenBytesMax = 8_192;
/** Between the clock of the issuer and this one. */
const clockToleranceS = 5;
const answerMsMax = 3_000;

/** Left: a sentence for the operator. The clock is the wall clock, since tokens tell its time. */
export const verifier = (
  config: AuthConfig,
  { limits, now = Date.now, warn = () => {}, recovered = () => {}, answerMs = answerMsMax }: VerifierOptions,
): E.Either<string, Verifier> =>
  pipe(
    keysOf(config.key, { now, warn, recovered, answerMs }),
    E.map((keys) => ({ verify: verifyWith(keys, config, { limits, now }) })),
  );

const verifyWith = (
  { algorithms, find }: Keys,
  { issuer, audience }: AuthConfig,
  { limits, now }: { readonly limits: NameLimits; readonly now: () => number },
): Verifier["verify"] => {
  const demands: Demands = { algorithms, issuer, audience };
  const claims = claimsOf(limits);
  const options = {
    algorithms: [...algorithms],
    clockTolerance: clockToleranceS,
    ...(issuer === undefined ? {} : { issuer }),
    ...(audience === undefined ? {} : { audience }),
  };
  return async (token) => {
    // A good token is ASCII: it has as many characters as bytes.
    if (token.length > tokenBytesMax) return E.left(invalid(`the token must have at most ${tokenBytesMax} bytes`));
    try {
      const { payload } = await jwtVerify(token, find, { ...options, currentDate: new Date(now()) });
      return pipe(claims(payload), E.mapLeft(invalid));
    } catch (error) {
      return E.left(refusalOf(error, demands));
    }
  };
};
