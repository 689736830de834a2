export interface Backoff {
  /** The longest first wait. */
  readonly baseMs: number;
  /** The longest wait of all. */
  readonly capMs: number;
}

export const defaultBackoff: Backoff = { baseMs: 500, capMs: 10_000 };

/** Exponential with full jitter: clients of a server that restarts do not all come back at once. `attempt` counts from 0. */
export const waitMs = ({ baseMs, capMs }: Backoff, attempt: number, chance: number): number =>
  chance * Math.min(capMs, baseMs * 2 ** attempt);
