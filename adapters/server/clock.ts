import { performance } from "node:perf_hooks";
import * as O from "fp-ts/lib/Option.js";
import type { Millis } from "../../core/index.js";

/**
 * Now, from the monotonic clock, anchored once at the start of the process: setting the machine's clock neither expires
 * everything at once nor stops time.
 */
export const now = (): Millis => Math.floor(performance.timeOrigin + performance.now()) as Millis;

/** One timer, moved to wherever the next deadline is. */
export const alarm = (ring: () => void): ((deadline: O.Option<Millis>) => void) => {
  let timer: NodeJS.Timeout | undefined;
  let armedFor: Millis | undefined;
  return (deadline) => {
    const at = O.toUndefined(deadline);
    if (at === armedFor) return;
    clearTimeout(timer);
    armedFor = at;
    if (at === undefined) return;
    const wait = Math.min(Math.max(at - now(), 0), 2_147_483_647);
    timer = setTimeout(() => {
      armedFor = undefined;
      ring();
    }, wait);
    timer.unref();
  };
};
