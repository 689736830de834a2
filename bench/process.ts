import { readdirSync, readFileSync } from "node:fs";

/** Linux counts a process's time in ticks of this length, where it does not count it in ns. */
const tickMicros = 10_000;

/** µs of user and system time that the living threads of a process have used, by the operating system's finest account. */
export const cpuMicros = (pid: number): number => {
  try {
    const threads = readdirSync(`/proc/${pid}/task`);
    return threads.reduce((sum, thread) => sum + onCpuNanos(pid, thread), 0) / 1_000;
  } catch {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
    return (Number(fields[11]) + Number(fields[12])) * tickMicros;
  }
};

/** A thread may end between being listed and being read; what it used is then lost. */
const onCpuNanos = (pid: number, thread: string): number => {
  try {
    return Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ")[0]);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return 0;
    throw error;
  }
};

/** Bytes of a process's memory that are in RAM. */
export const rssBytes = (pid: number): number =>
  Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) * 1_024;

/** Files and sockets that this process may have open at once; Node has raised its limit as far as it may. */
export const openFilesMax = (): number =>
  Number(/^Max open files\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8"))?.[1] ?? 1_024);
