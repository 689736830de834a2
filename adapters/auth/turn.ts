import { createHash, createHmac, randomUUID } from "node:crypto";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import type { IceServer, IceServers, Refusal, UserId } from "../../core/index.js";
import type { Greeter } from "./greet.js";

/** The settings of the same names. There is TURN where there is a secret. */
export interface IceConfig {
  readonly stunServers: ReadonlyArray<string>;
  readonly turnUrls: ReadonlyArray<string>;
  readonly turnSecret: string | undefined;
  readonly turnTtlSeconds: number;
}

export interface Ice {
  /** What needs no credentials. */
  readonly withoutUser: IceServers;
  /** With credentials of the user, made now. */
  readonly of: (user: UserId) => IceServers;
}

/**
 * ICE servers with credentials as coturn takes them with `use-auth-secret`: the username is when they expire, in seconds
 * since 1970, and whose they are; the password is the HMAC-SHA-1 of that. Nothing is kept. The clock is the wall clock,
 * since the TURN server reads its own.
 */
export const ice = (
  { stunServers, turnUrls, turnSecret, turnTtlSeconds }: IceConfig,
  now: () => number = Date.now,
): Ice => {
  const stun: ReadonlyArray<IceServer> = stunServers.map((urls) => ({ urls }));
  const withoutUser: IceServers = { iceServers: stun };
  if (turnSecret === undefined) return { withoutUser, of: () => withoutUser };
  return {
    withoutUser,
    of: (user) => {
      const username = `${Math.floor(now() / 1_000) + turnTtlSeconds}:${turnUserOf(user)}`;
      const credential = createHmac("sha1", turnSecret).update(username).digest("base64");
      return {
        iceServers: [...stun, { urls: turnUrls, username, credential }],
        iceServersTtlMs: turnTtlSeconds * 1_000,
      };
    },
  };
};

/** coturn refuses usernames with quotes, white space or words of SQL, and STUN those of more than 508 bytes (RFC 8489, 14.3). */
const turnUserOf = (user: UserId): string =>
  /^[\w.~@+|:/=-]{1,128}$/.test(user) && !/union|select/i.test(user)
    ? user
    : `#${createHash("sha256").update(user).digest("hex")}`;

/** Whoever comes without a token, where none is needed. One name for all would share one quota of the TURN server. */
const somebody = (): UserId => `~${randomUUID()}` as UserId;

/**
 * ICE servers for somebody who has no session, by the token that they show. Where tokens are needed and there is none, there
 * is no TURN server. Left: why the token is not accepted.
 */
export const iceFor =
  ({ of, withoutUser }: Ice, { isTokenNeeded, renew }: Greeter) =>
  async (token: string | undefined): Promise<E.Either<Refusal, IceServers>> => {
    if (!isTokenNeeded) return E.right(of(somebody()));
    if (token === undefined) return E.right(withoutUser);
    return pipe(
      await renew(token),
      E.map(({ user }) => of(user)),
    );
  };
