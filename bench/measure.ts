import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/** What several rounds found. */
export interface Spread {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

export const quantile = (numbers: ReadonlyArray<number>, share: number): number => {
  const sorted = Float64Array.from(numbers).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
};
export const median = (numbers: ReadonlyArray<number>): number => quantile(numbers, 0.5);
export const spreadOf = (numbers: ReadonlyArray<number>): Spread => ({
  median: median(numbers),
  low: Math.min(...numbers),
  high: Math.max(...numbers),
});

/** Round by round, so that a slow moment of the machine falls on both. */
export const ratioOf = (ours: ReadonlyArray<number>, theirs: ReadonlyArray<number>): Spread =>
  spreadOf(ours.map((cost, round) => cost / (theirs[round] ?? Number.NaN)));

/** µs of user and system time that the living threads of a process have used (proc(5), schedstat). */
export const cpuMicros = (pid: number): number =>
  readdirSync(`/proc/${pid}/task`).reduce((sum, thread) => sum + onCpuNanos(`/proc/${pid}/task/${thread}`), 0) / 1_000;

/** A thread may end between being listed and being read; what it used is then lost. */
const onCpuNanos = (thread: string): number => {
  try {
    return Number(readFileSync(`${thread}/schedstat`, "utf8").split(" ")[0]);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return 0;
    throw error;
  }
};

/** Bytes of a process's memory that are in RAM. */
export const rssBytes = (pid: number): number =>
  Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) * 1_024;

/** Sockets that this process may have open at once, other files aside; Node has raised its limit as far as it may. */
export const socketsMax = (): number =>
  Number(/^Max open files\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8"))?.[1] ?? 1_024) - 200;

/** Something that a server can be asked to do any number of times, and the messages that arrive each time. */
export interface Task {
  readonly pid: number;
  /** Fulfilled when all of it has arrived. */
  readonly work: (times: number) => Promise<void>;
  readonly deliveries: number;
}

/** What a task cost, round by round: the server's µs of CPU per delivered message, and the load's share of a core meanwhile. */
export interface Cost {
  readonly micros: ReadonlyArray<number>;
  readonly loadShare: Spread;
}

/** How many rounds, how many ms of the server's CPU one should take, and how long what is done afterwards belongs to it. */
export interface Effort {
  readonly rounds: number;
  readonly roundMs: number;
  readonly tailMs: number;
}

const measured = async ({ pid, work, deliveries }: Task, times: number, tailMs: number) => {
  const [before, load, began] = [cpuMicros(pid), process.cpuUsage(), performance.now()];
  await work(times);
  const wallMicros = (performance.now() - began) * 1_000;
  const { user, system } = process.cpuUsage(load);
  await sleep(tailMs);
  return { micros: (cpuMicros(pid) - before) / (times * deliveries), loadShare: (user + system) / wallMicros };
};

/** Warms the server up for a round's time, and finds how often it can do its work in one. */
const timesIn = async (task: Task, { roundMs, tailMs }: Effort, atLeast: number): Promise<number> => {
  for (let times = atLeast; ; ) {
    const took = ((await measured(task, times, tailMs)).micros * times * task.deliveries) / 1_000;
    const wanted = Math.max(atLeast, Math.ceil((times * roundMs) / took));
    if (took >= roundMs / 2) return wanted;
    times = Math.min(wanted, times * 8);
  }
};

/** The tasks take turns, round by round, so that a slow moment of the machine does not fall on one of them. */
export const turns = async (
  tasks: ReadonlyArray<Task>,
  effort: Effort,
  atLeast: number,
): Promise<ReadonlyArray<Cost>> => {
  const all: { readonly task: Task; readonly times: number; readonly micros: number[]; readonly shares: number[] }[] =
    [];
  for (const task of tasks) all.push({ task, times: await timesIn(task, effort, atLeast), micros: [], shares: [] });
  for (let round = 0; round < effort.rounds; round++)
    for (const { task, times, micros, shares } of all) {
      const reading = await measured(task, times, effort.tailMs);
      micros.push(reading.micros);
      shares.push(reading.loadShare);
    }
  return all.map(({ micros, shares }) => ({ micros, loadShare: spreadOf(shares) }));
};
