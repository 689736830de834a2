/** What may be spent on states. It is one budget for all clients: a state may be long, and go to everybody. */
export interface Pace {
  /** 0: states may be sent now. Otherwise in so many ms. */
  readonly waitMs: () => number;
  /** A client was sent so many bytes of states. */
  readonly spend: (bytes: number) => void;
}

/** 12 MB a second, and half of that at once after a silence. */
const bytesPerMs = 12_000;
const burstMs = 500;
/** What a write costs beside its bytes. */
const writeBytes = 2_048;

export const pace = (now: () => number = () => performance.now()): Pace => {
  let paidUntil = 0;
  return {
    waitMs: () => Math.max(0, paidUntil - now() - burstMs),
    spend: (bytes) => {
      paidUntil = Math.max(now(), paidUntil) + (bytes + writeBytes) / bytesPerMs;
    },
  };
};

/** Where states are sent at once. */
export const unpaced: Pace = { waitMs: () => 0, spend: () => {} };
