/** How late the event loop is, for the metrics and for `/health`. */
export interface LoopDelay {
  /** The longest delay of the last 5 to 10 seconds, in ms. */
  readonly recentMaxMs: () => number;
  readonly stop: () => void;
}

/** The timer that is measured by. */
const everyMs = 20;
const windowMs = 5_000;
/** A delay counts as this many samples at most: 20 s. */
const samplesMax = 1_000;

/**
 * Measures how late a timer is, and tells each delay in seconds. A delay of 100 ms has kept the timer from measuring four more, which
 * would have been 80, 60, 40 and 20 ms: these are told, too, so that a quantile is that of the time and not of the measurements.
 */
export const loopDelay = (observe: (seconds: number) => void): LoopDelay => {
  let last = performance.now();
  let windowBegan = last;
  let [before, current] = [0, 0];

  const turnWindow = (now: number): void => {
    if (now - windowBegan < windowMs) return;
    before = now - windowBegan < 2 * windowMs ? current : 0;
    [current, windowBegan] = [0, now];
  };

  const measure = (): void => {
    const now = performance.now();
    const delayMs = Math.max(now - last - everyMs, 0);
    last = now;
    turnWindow(now);
    current = Math.max(current, delayMs);
    observe(delayMs / 1_000);
    for (let i = 1, rest = delayMs - everyMs; rest > 0 && i < samplesMax; i += 1, rest -= everyMs)
      observe(rest / 1_000);
  };

  const timer = setInterval(measure, everyMs);
  timer.unref();
  return { recentMaxMs: () => Math.max(before, current), stop: () => clearInterval(timer) };
};
