import { randomUUID } from "node:crypto";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import type { Greeting, Hello, Refusal, SessionId, Token, UserId } from "../../core/index.js";
import type { VerifiedToken } from "./claims.js";
import type { Tickets } from "./tickets.js";
import type { Verifier } from "./verifier.js";

/** Who a hello comes from, and the session that it begins where it resumes none. */
export interface Greeted {
  readonly session: SessionId;
  readonly greeting: Greeting;
  readonly token?: Token;
}

/** Who a token is of, and what it allows. */
export interface Vouched {
  readonly user: UserId;
  readonly token: Token;
}

export interface Greeter {
  /** Whether every client has to show a token. */
  readonly isTokenNeeded: boolean;
  /** Verifies what a hello brings. Left: why its client is not let in. */
  readonly greet: (hello: Hello) => Promise<E.Either<Refusal, Greeted>>;
  /** Verifies another token of a client that has been let in. */
  readonly renew: (token: string) => Promise<E.Either<Refusal, Vouched>>;
}

const newSession = (): SessionId => randomUUID() as string as SessionId;

/** A genuine ticket says who somebody was, and which session they want back. */
const resumed = (tickets: Tickets, ticket: string | undefined) => {
  const known = ticket === undefined ? undefined : tickets.read(ticket);
  return known && { ...known, resume: { session: known.session, generation: known.generation } };
};

/** Whoever has a ticket is who they were, and anybody else is somebody new. */
export const guest = ({ id, name, ticket, seen }: Hello, tickets: Tickets, newId: () => string): Greeted => {
  const known = resumed(tickets, ticket);
  return {
    session: newId() as SessionId,
    greeting: {
      id,
      seen,
      user: known?.user ?? (`~${newId()}` as UserId),
      name: known?.name ?? name ?? "Guest",
      ...(known === undefined ? {} : { resume: known.resume }),
    },
  };
};

/** Without tokens, everybody is a guest. */
export const greeterOfAll = (tickets: Tickets): Greeter => ({
  isTokenNeeded: false,
  greet: async (hello) => E.right(guest(hello, tickets, randomUUID)),
  renew: async () => E.left({ code: "token-invalid", message: "this server takes no tokens (AUTH_JWT_SECRET)" }),
});

/** With tokens, a client is the user of its token, and a ticket of another user is worth nothing. */
export const greeterOfBearers = (tickets: Tickets, { verify }: Verifier): Greeter => ({
  isTokenNeeded: true,
  greet: async ({ id, name, token, ticket, seen }) => {
    if (token === undefined)
      return E.left({ code: "token-invalid", path: "token", message: "token is missing: this server needs one" });
    const known = resumed(tickets, ticket);
    return pipe(
      await verify(token),
      E.map((verified) => ({
        session: newSession(),
        token: tokenOf(verified),
        greeting: {
          id,
          seen,
          user: verified.user,
          name: verified.name ?? name ?? verified.user,
          ...(known?.user === verified.user ? { resume: known.resume } : {}),
        },
      })),
    );
  },
  renew: async (token) =>
    pipe(
      await verify(token),
      E.map((verified) => ({ user: verified.user, token: tokenOf(verified) })),
    ),
});

const tokenOf = ({ grants, expiresAt }: VerifiedToken): Token => ({ grants, expiresAt });
