import { monitorEventLoopDelay } from "node:perf_hooks";

/** Loaded into a server before its own code, it answers the benchmark's questions about the process's inside. */
export interface Vitals {
  /** How late the event loop came to its timers since the last question, ms. */
  readonly delayP99Ms: number;
  readonly delayMaxMs: number;
}

const delay = monitorEventLoopDelay({ resolution: 10 });
delay.enable();

const { Bun: bun, gc } = globalThis as {
  readonly Bun?: { readonly gc: (isSync: boolean) => void };
  readonly gc?: () => void;
};

process.on("message", (question: "collect garbage" | "look") => {
  // Node counts from timer to timer, of which the first 10 ms are no delay.
  const vitals: Vitals = { delayP99Ms: delay.percentile(99) / 1e6 - 10, delayMaxMs: delay.max / 1e6 - 10 };
  if (question === "collect garbage") (bun === undefined ? gc : () => bun.gc(true))?.();
  delay.reset();
  process.send?.(vitals);
});
