import { performance } from "node:perf_hooks";
import * as O from "fp-ts/lib/Option.js";
import type { Millis } from "../../core/index.js";

/**
 * Milliseconds since 1970, from the monotonic clock: the wall clock is read once, when the process starts. Setting the
 * machine's clock later neither expires all deadlines at once nor delays them.
 */
export const now = (): Millis => Math.floor(performance.timeOrigin + performance.now()) as Millis;

/** The longest delay that `setTimeout` takes. */
const delayMsMax = 2_147_483_647;

export interface Timers {
  readonly now: () => number;
  /** Calls in so many ms, unless it is cancelled before. */
  readonly later: (then: () => void, ms: number) => () => void;
}

/** With a clock of another kind than this machine's. */
export const timersBy = (clock: () => number): Timers => ({
  now: clock,
  later: (then, ms) => {
    const timer = setTimeout(then, ms).unref();
    return () => clearTimeout(timer);
  },
});

/**
 * One timer for the next deadline; `none` stops it. A deadline further away than `setTimeout` reaches rings early: the
 * caller sets it again.
 */
export const alarm = (
  ring: () => void,
  { now: time, later }: Timers = timersBy(now),
): ((deadline: O.Option<Millis>) => void) => {
  let cancel = (): void => {};
  let armedFor: Millis | undefined;
  return (deadline) => {
    const at = O.toUndefined(deadline);
    if (at === armedFor) return;
    cancel();
    armedFor = at;
    if (at === undefined) return;
    const delayMs = Math.min(Math.max(at - time(), 0), delayMsMax);
    cancel = later(() => {
      armedFor = undefined;
      ring();
    }, delayMs);
  };
};
