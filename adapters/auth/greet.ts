import { randomUUID } from "node:crypto";
import * as E from "fp-ts/lib/Either.js";
import type { Greeting, Hello, Refusal, SessionId, UserId } from "../../core/index.js";
import type { Tickets } from "./tickets.js";

/** Who a hello comes from, and the session that it begins where it resumes none. */
export interface Greeted {
  readonly session: SessionId;
  readonly greeting: Greeting;
}

/** Verifies what a hello brings. Left: why its client is not let in. */
export type Greet = (hello: Hello) => Promise<E.Either<Refusal, Greeted>>;

/** Without authentication: whoever has a ticket is who they were, and anybody else is somebody new. */
export const greetAnybody =
  (tickets: Tickets): Greet =>
  async ({ id, name, ticket, seen }) => {
    const known = ticket === undefined ? undefined : tickets.read(ticket);
    const user = known?.user ?? (`~${randomUUID()}` as UserId);
    const resume = known && { session: known.session, generation: known.generation };
    return E.right({
      session: randomUUID() as string as SessionId,
      greeting: {
        id,
        user,
        name: known?.name ?? name ?? "Guest",
        seen,
        ...(resume === undefined ? {} : { resume }),
      },
    });
  };
