import type { ClientId, Moment, Recorded } from "../../core/index.js";
import { signalsToUsers } from "./kept-signals.js";
import { wasKept } from "./read-relay.js";
import { sessionReader } from "./read-sessions.js";
import type { Position } from "./recording.js";

/** A signal that was kept for somebody who was away. */
export interface Kept extends Position {
  readonly type: string;
  readonly from: string;
  readonly to: string;
}

/** What became of the sessions that can be resumed, in figures. */
export interface SessionFigures {
  /** How often one lost its socket, went on with another, and was given up because it did not. */
  readonly away: number;
  readonly resumed: number;
  readonly lost: number;
  /** Signals that were refused because a later offer had replaced their negotiation. */
  readonly stale: number;
  /** Signals that were kept for somebody who was away, and of those, what was delivered. */
  readonly kept: number;
  readonly keptAndDelivered: number;
}

/** Collects what became of sessions, and of what was kept for them. */
export const sessionTally = (userOf: (client: ClientId) => string | undefined) => {
  const reader = sessionReader();
  const waiting = signalsToUsers<Kept>();
  const undelivered = new Set<Kept>();
  const lost: Array<Position & { readonly user: string }> = [];
  const counts = { away: 0, resumed: 0, lost: 0, stale: 0, kept: 0, keptAndDelivered: 0 };
  return {
    visit: (moment: Moment<Recorded>, refusal: string | undefined): void => {
      const { n, event, effects } = moment;
      const position = { event: n, at: event.at };
      if (refusal === "stale") counts.stale += 1;
      for (const change of reader.changesIn(moment, position)) {
        const { user } = change;
        if (change.kind === "away") counts.away += 1;
        else if (change.kind === "lost") {
          counts.lost += 1;
          lost.push({ ...position, user });
          waiting.forget(user);
        } else {
          counts.resumed += 1;
          for (const kept of waiting.sentAgain(user, moment))
            if (undelivered.delete(kept)) counts.keptAndDelivered += 1;
          waiting.forget(user);
        }
      }
      if (event.kind !== "SignalRequested" || refusal !== undefined || !wasKept(effects)) return;
      const { to, signal: type, roomId: room, text } = event;
      const from = userOf(event.client) ?? "";
      const kept: Kept = { ...position, type, from, to };
      counts.kept += 1;
      undelivered.add(kept);
      waiting.sent(to, { room, from, signalKind: type, text, signal: kept });
    },
    found: () => ({
      sessions: counts satisfies SessionFigures as SessionFigures,
      keptInVain: [...undelivered] as ReadonlyArray<Kept>,
      lostSessions: lost as ReadonlyArray<Position & { readonly user: string }>,
    }),
  };
};
