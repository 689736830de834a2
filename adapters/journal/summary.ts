import { type Moment, type Recorded, recipients } from "../../core/index.js";

/** What a session was, in figures. Times are ms since 1970. */
export interface Summary {
  readonly from: number;
  readonly to: number;
  readonly kinds: Readonly<Record<string, number>>;
  readonly clients: { readonly connected: number; readonly mostAtOnce: number; readonly atEnd: number };
  readonly rooms: { readonly opened: number; readonly mostAtOnce: number; readonly atEnd: number };
  /** By code, and by what was refused: `room-not-found (user-joined-room)`. */
  readonly refusals: Readonly<Record<string, number>>;
  readonly unheard: ReadonlyArray<Unheard>;
}

/** A message that named somebody, was relayed, and reached nobody. */
export interface Unheard {
  readonly event: number;
  readonly type: string;
  /** Who sent it, where it says so. */
  readonly from?: string;
  readonly to: string;
}

/** Gathers a summary, moment by moment. */
export const tally = (): { readonly visit: (moment: Moment<Recorded>) => void; readonly summary: () => Summary } => {
  const kinds = new Map<string, number>();
  const refusals = new Map<string, number>();
  const unheard: Unheard[] = [];
  const clients = { connected: 0, mostAtOnce: 0, atEnd: 0 };
  const rooms = { opened: 0, mostAtOnce: 0, atEnd: 0 };
  let from = Number.NaN;
  let to = Number.NaN;
  const count = (of: Map<string, number>, key: string): unknown => of.set(key, (of.get(key) ?? 0) + 1);

  return {
    visit: (moment) => {
      const { event, after, effects } = moment;
      if (Number.isNaN(from)) from = event.at;
      to = Math.max(Number.isNaN(to) ? event.at : to, event.at);
      count(kinds, event.kind);
      if (event.kind === "ClientConnected") clients.connected += 1;
      clients.atEnd = after.clients.size;
      clients.mostAtOnce = Math.max(clients.mostAtOnce, clients.atEnd);
      rooms.atEnd = after.rooms.size;
      rooms.mostAtOnce = Math.max(rooms.mostAtOnce, rooms.atEnd);
      for (const effect of effects) {
        if (effect.kind !== "Report") continue;
        if (effect.fact.kind === "RoomOpened") rooms.opened += 1;
        if (effect.fact.kind !== "MessageRefused") continue;
        const { code, about } = effect.fact.refusal;
        count(refusals, about === undefined ? code : `${code} (${about})`);
      }
      const missed = unheardOf(moment);
      if (missed !== undefined) unheard.push(missed);
    },
    summary: () => ({
      from,
      to,
      kinds: Object.fromEntries([...kinds].sort(([, a], [, b]) => b - a)),
      clients,
      rooms,
      refusals: Object.fromEntries([...refusals].sort(([, a], [, b]) => b - a)),
      unheard,
    }),
  };
};

/** The message of this moment, if nobody heard it. */
export const unheardOf = ({ n, event, after, effects }: Moment<Recorded>): Unheard | undefined => {
  if (event.kind !== "MessagePublished" || event.to === undefined) return undefined;
  const { type, from, to } = event;
  const isUnheard = effects.some(
    (effect) => effect.kind === "Send" && effect.message.kind === "Relay" && recipients(after, effect.to).length === 0,
  );
  if (!isUnheard) return undefined;
  return { event: n, type, ...(from === undefined ? {} : { from }), to };
};
