import type { TicketStorage } from "./session-events.js";

export interface StoredTicket {
  readonly ticket: string;
  readonly seen: number;
}

/** The ticket of a session, kept where the next page finds it. */
export const storedTicket = (storage: TicketStorage | undefined, key: string) => ({
  read: (): StoredTicket | undefined => {
    const text = storage?.getItem(key);
    try {
      const { ticket, seen } = JSON.parse(text ?? "{}");
      // Somebody else may have written there: then this is a new session.
      return typeof ticket === "string" && typeof seen === "number" ? { ticket, seen } : undefined;
    } catch {
      return undefined;
    }
  },
  write: (ticket: string, seen: number): void => storage?.setItem(key, JSON.stringify({ ticket, seen })),
  forget: (): void => storage?.removeItem(key),
});
