import { monitorEventLoopDelay } from "node:perf_hooks";

/** What a server says of its process: µs of CPU of all its threads; how late its event loop came to its timers since then, ms. */
export type Vitals = Readonly<Record<"cpuMicros" | "delayP99Ms" | "delayMaxMs", number>>;

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
