import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import { jwtVerify } from "jose";
import { claimsOf, type NameLimits, type VerifiedToken } from "./claims.js";
import type { KeyServerOptions } from "./key-server.js";
import { type AuthKey, keysOf } from "./keys.js";
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

const tokenBytesMax = 8_192;
/** Between the clock of the issuer and this one. */
const clockToleranceS = 5;

/** Left: a sentence for the operator. `now` is the wall clock, in ms since 1970. */
export const verifier = (
  { key, issuer, audience }: AuthConfig,
  {
    limits,
    now = Date.now,
    warn,
  }: { readonly limits: NameLimits } & Pick<KeyServerOptions, "warn"> & Partial<KeyServerOptions>,
): E.Either<string, Verifier> =>
  pipe(
    keysOf(key, { now, warn }),
    E.map(({ algorithms, find }) => {
      const demands: Demands = { algorithms, issuer, audience };
      const claims = claimsOf(limits);
      const options = {
        algorithms: [...algorithms],
        clockTolerance: clockToleranceS,
        ...(issuer === undefined ? {} : { issuer }),
        ...(audience === undefined ? {} : { audience }),
      };
      return {
        verify: async (token) => {
          // A good token is ASCII, so its length is its bytes.
          if (token.length > tokenBytesMax)
            return E.left(invalid(`the token must have at most ${tokenBytesMax} bytes`));
          try {
            const { payload } = await jwtVerify(token, find, { ...options, currentDate: new Date(now()) });
            return pipe(claims(payload), E.mapLeft(invalid));
          } catch (error) {
            return E.left(refusalOf(error, demands));
          }
        },
      };
    }),
  );
