import { createHmac, timingSafeEqual } from "node:crypto";
import type { Member, SessionId } from "../../core/index.js";

/** What a ticket stands for. */
export interface Ticketed extends Member {
  readonly session: SessionId;
  readonly generation: number;
}

export interface Tickets {
  readonly ticketOf: (what: Ticketed) => string;
  /** Undefined for what this server, or another one with the same secret, has not made. */
  readonly read: (ticket: string) => Ticketed | undefined;
}

/**
 * A ticket is what it stands for, and an HMAC-SHA-256 of that. So nothing secret is kept with a session: not in the state, not in a
 * journal, and whoever reads them cannot resume anything.
 */
export const tickets = (secret: string | Buffer): Tickets => {
  const sign = (body: string): Buffer => createHmac("sha256", secret).update(body).digest();
  return {
    ticketOf: ({ session, generation, user, name }) => {
      const body = Buffer.from(JSON.stringify([session, generation, user, name])).toString("base64url");
      return `${body}.${sign(body).toString("base64url")}`;
    },
    read: (ticket) => {
      const [body = "", mac = ""] = ticket.split(".");
      const given = Buffer.from(mac, "base64url");
      const expected = sign(body);
      if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
      // It is genuine, so it is what `ticketOf` wrote.
      const [session, generation, user, name] = JSON.parse(Buffer.from(body, "base64url").toString());
      return { session, generation, user, name };
    },
  };
};
