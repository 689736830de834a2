import { monitorEventLoopDelay } from "node:perf_hooks";

/** What a server that was started with this file says about its process. */
export interface Vitals {
  /** User and system time of all its threads, µs. */
  readonly cpuMicros: number;
  /** How late the event loop came to its timers since the last question, ms. */
  readonly delayP99Ms: number;
  readonly delayMaxMs: number;
}

const delay = monitorEventLoopDelay({ resolution: 10 });
delay.enable();

const { Bun: bun, gc } = globalThis as { readonly Bun?: { readonly gc: (isSync: boolean) => void }; gc?: () => void };

process.on("message", (question: "collect garbage" | "look") => {
  if (question === "collect garbage") (bun === undefined ? gc : () => bun.gc(true))?.();
  const { user, system } = process.cpuUsage();
  // The delay is counted from timer to timer, of which 10 ms are none.
  const [delayP99Ms, delayMaxMs] = [delay.percentile(99) / 1e6 - 10, delay.max / 1e6 - 10];
  delay.reset();
  process.send?.({ cpuMicros: user + system, delayP99Ms, delayMaxMs } satisfies Vitals);
});
