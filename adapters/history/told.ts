import type { FactKind } from "./facts.js";

/** A row of the table `facts`, in the order of its columns. */
export type FactRow = readonly [
  seq: number,
  id: string,
  at: number,
  kind: FactKind,
  room: string | null,
  user: string | null,
  name: string | null,
  verified: number | null,
  reason: string | null,
  total: number | null,
];

export const factColumns = "seq, id, at, kind, room, user, name, verified, reason, total";

/** What a webhook's body and an item of `/api/history` say of a fact. */
export interface Told {
  readonly type: FactKind;
  /** ISO 8601, UTC. */
  readonly timestamp: string;
  readonly data: {
    readonly room?: string;
    readonly user?: string;
    readonly name?: string;
    readonly verified?: boolean;
    readonly reason?: string;
    readonly total?: number;
  };
}

/** A fact as it is told outside. What is not known is left out. */
export const toldOf = ([, , at, type, room, user, name, verified, reason, total]: FactRow): Told => ({
  type,
  timestamp: new Date(at).toISOString(),
  data: {
    ...(room === null ? {} : { room }),
    ...(user === null ? {} : { user }),
    ...(name === null ? {} : { name }),
    ...(verified === null ? {} : { verified: verified === 1 }),
    ...(reason === null ? {} : { reason }),
    ...(total === null ? {} : { total }),
  },
});
