import { monitorEventLoopDelay } from "node:perf_hooks";

/** Loaded into a server before its own code, it answers the benchmark's questions about the process's inside. */
export interface Vitals {
  /** How late the event loop came to its timers since the last question, ms. */
  readonly delayP99Ms: number;
  readonly delayMaxMs: number;
  readonly heapUsedBytes: number;
}

const resolution = 10;
/** Node counts from timer to timer, Bun from when the timer was due. */
const dueMs = "Bun" in globalThis ? 0 : resolution;
const delay = monitorEventLoopDelay({ resolution });
delay.enable();

const { Bun: bun, gc } = globalThis as {
  readonly Bun?: { readonly gc: (isSync: boolean) => void };
  readonly gc?: () => void;
};

process.on("message", (question: "collect garbage" | "look") => {
  const [delayP99Ms, delayMaxMs] = [delay.percentile(99) / 1e6 - dueMs, delay.max / 1e6 - dueMs];
  if (question === "collect garbage") {
    bun?.gc(true);
    gc?.();
  }
  delay.reset();
  const vitals: Vitals = { delayP99Ms, delayMaxMs, heapUsedBytes: process.memoryUsage().heapUsed };
  process.send?.(vitals);
});
