import type { ClientId, Moment, Recorded } from "../../../core/index.js";
import type { Happening, Merge } from "./merge.js";

/** The sockets of recorded nodes. Those of a node whose recording ends without their end have ended with it, once the others have given it up. */
export const recordedSockets = (merge: Merge, count: number) => {
  const open = Array.from({ length: count }, () => new Set<ClientId>());
  const gone = new Set<number>();
  const stopped = new Set<number>();
  return {
    note: ({ at, piece }: Happening): void => {
      const { event, effects } = piece.moment;
      if (event.kind === "ClientConnected") open[at - 1]?.add(event.client);
      if (event.kind === "ClientDisconnected") open[at - 1]?.delete(event.client);
      if (event.kind === "ServerStopping") stopped.add(at);
      for (const effect of effects) {
        if (effect.kind !== "Report" || effect.fact.kind !== "NodeGone") continue;
        const number = merge.numberOf(effect.fact.node);
        if (number !== undefined) gone.add(number);
      }
    },
    /** The server has stopped when its last node has. */
    isLastStop: (): boolean => open.every((_, i) => stopped.has(i + 1) || merge.isOver(i + 1)),
    ended: (moment: Moment<Recorded>): ReadonlyArray<Moment<Recorded>> =>
      [...gone].flatMap((number) => {
        const there = open[number - 1];
        if (there === undefined || there.size === 0 || !merge.isOver(number)) return [];
        const clients = [...there];
        there.clear();
        const { at } = moment.event;
        return clients.map((client) => ({
          ...moment,
          event: { kind: "ClientDisconnected" as const, at, client, code: 1006 },
          effects: [],
        }));
      }),
  };
};
