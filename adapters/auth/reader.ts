import * as E from "fp-ts/lib/Either.js";
import type { Verifier } from "./verifier.js";

/** Why an HTTP request is refused. */
export interface Denied {
  readonly status: 401 | 403 | 503;
  /** A sentence for the developer of the client. */
  readonly error: string;
}

/** The names and patterns of the rooms whose history the bearer of a token may read; `header` is `Authorization` (RFC 6750, 2.1). */
export type Reader = (header: string | undefined) => Promise<E.Either<Denied, ReadonlyArray<string>>>;

const denied = (status: Denied["status"], error: string): E.Either<Denied, never> => E.left({ status, error });

/** Without authentication nobody can be told apart, so nobody may read. */
export const readerOf =
  (verifier: Verifier | undefined): Reader =>
  async (header) => {
    if (verifier === undefined)
      return denied(403, "the history is only for who shows a token, and this server takes none (AUTH_JWT_SECRET)");
    const [, token] = /^Bearer +([\w.~+/-]+=*)$/i.exec(header ?? "") ?? [];
    if (token === undefined) return denied(401, "a token is missing: send it as Authorization: Bearer TOKEN");
    const verified = await verifier.verify(token);
    if (E.isLeft(verified))
      return denied(verified.left.code === "token-unverifiable" ? 503 : 401, verified.left.message);
    const { mayReadHistory, grants } = verified.right;
    return mayReadHistory ? E.right(grants.rooms) : denied(403, "not allowed: the token does not grant history");
  };
