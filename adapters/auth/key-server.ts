import { createRemoteJWKSet, errors, type JWTVerifyGetKey } from "jose";
import { KeysUnavailable } from "./refusal.js";

/** How long keys are used before the key server is asked whether they are still the ones. */
const freshMs = 600_000;
/** How long known keys are used while the key server does not answer. */
const staleMsMax = 86_400_000;
/** Between two questions to the key server, whatever becomes of the first. A key that is new is known after this time. */
const spacingMs = 10_000;

export interface KeyServerOptions {
  readonly now: () => number;
  /** Called with a sentence for the operator each time that the key server was asked in vain. */
  readonly warn: (sentence: string) => void;
  /** Called when it gives keys again. */
  readonly recovered: () => void;
  /** The key server has this long to answer. */
  readonly answerMs: number;
}

/**
 * Finds the key of a token in a JWK Set (RFC 7517) that is fetched when it is first needed. The library keeps the keys; when it
 * is asked again is decided here, since it would ask a server that is down anew for each token, and forget keys that it has.
 */
export const keyServer = (url: string, { now, warn, recovered, answerMs }: KeyServerOptions): JWTVerifyGetKey => {
  const keys = createRemoteJWKSet(new URL(url), {
    timeoutDuration: answerMs,
    cacheMaxAge: Number.POSITIVE_INFINITY,
    cooldownDuration: Number.POSITIVE_INFINITY,
  });
  let fetchedAt = Number.NEGATIVE_INFINITY;
  let askedAt = Number.NEGATIVE_INFINITY;
  let asking: Promise<boolean> | undefined;
  let hasFailed = false;

  /** Whether the keys are there anew. Whoever comes while the server is asked waits for the same answer; soon after it, nobody asks. */
  const ask = async (): Promise<boolean> => {
    if (asking !== undefined) return asking;
    if (now() - askedAt < spacingMs) return false;
    askedAt = now();
    asking = keys.reload().then(
      () => {
        fetchedAt = now();
        if (hasFailed) recovered();
        hasFailed = false;
        return true;
      },
      (error: unknown) => {
        hasFailed = true;
        warn(`AUTH_JWKS_URL gives no keys: ${reasonOf(error)}.`);
        return false;
      },
    );
    const isFetched = await asking;
    asking = undefined;
    return isFetched;
  };

  const unavailable = (): KeysUnavailable => new KeysUnavailable(Math.max(askedAt + spacingMs - now(), 1));

  return async (header, token) => {
    const isFetched = now() - fetchedAt >= freshMs && (await ask());
    if (now() - fetchedAt >= staleMsMax) throw unavailable();
    try {
      return await keys(header, token);
    } catch (error) {
      if (isFetched || !(error instanceof errors.JWKSNoMatchingKey)) throw error;
    }
    // The key may be new.
    if (!(await ask())) throw unavailable();
    return keys(header, token);
  };
};

/** Never the address: it may hold a secret. */
const reasonOf = (error: unknown): string => {
  if (error instanceof errors.JWKSTimeout) return "no answer in time";
  if (!(error instanceof Error)) return "for an unknown reason";
  const { cause } = error;
  if (error instanceof errors.JOSEError || !(cause instanceof Error)) return error.message;
  return "code" in cause ? String(cause.code) : cause.message;
};
