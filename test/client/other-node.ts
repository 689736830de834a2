import type { Relay } from "./relay.js";

export const signals: ReadonlyArray<string> = ["offer", "answer", "candidate"];

/**
 * What the server says when another node has not answered, of the first signal of each kind; it `arrives` all the same, or not. As at
 * the server, an offer counts once.
 */
export const unanswered = (server: Relay, kinds: ReadonlyArray<string>, arrives: boolean): void => {
  const told = new Set<string>();
  let highest = 0;
  server.intercept.push(({ type, kind, negotiation, room, to, data }, session) => {
    if (type !== "signal") return undefined;
    if (kind === "offer" && negotiation <= highest)
      return { type: "error", code: "stale", message: "", negotiation: highest };
    if (kind === "offer") highest = negotiation;
    const what = `${session.user} ${kind} ${data?.candidate}`;
    if (!kinds.includes(kind) || told.has(what)) return undefined;
    told.add(what);
    const target = server.of(to);
    const event = { type: "signal", room, from: session.user, kind, negotiation, data };
    if (arrives) server.send(target, { ...event, n: ++target.n });
    return { type: "error", code: "unavailable", message: "No answer.", retryAfterMs: 100 };
  });
};
