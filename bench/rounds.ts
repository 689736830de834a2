import { setTimeout as sleep } from "node:timers/promises";
import { cpuMicros } from "./process.js";
import { type Spread, spreadOf } from "./spread.js";

/** Something that a server can be asked to do any number of times. */
export interface Task {
  readonly pid: number;
  /** Fulfilled when all of it has arrived. */
  readonly work: (times: number) => Promise<void>;
  /** Messages that arrive each time. */
  readonly deliveries: number;
}

/** What a task cost, round by round. */
export interface Cost {
  /** The server's µs of CPU per delivered message. */
  readonly micros: ReadonlyArray<number>;
  /** Of one core, while the work was done. */
  readonly loadShare: Spread;
}

export interface Effort {
  readonly rounds: number;
  /** ms of the server's CPU that a round should take. */
  readonly roundMs: number;
  /** What a server does so many ms afterwards, such as writing a journal, still belongs to its round. */
  readonly tailMs: number;
}

interface Reading {
  readonly micros: number;
  readonly loadShare: number;
}

const measured = async ({ pid, work, deliveries }: Task, times: number, tailMs: number): Promise<Reading> => {
  const before = cpuMicros(pid);
  const load = process.cpuUsage();
  const began = performance.now();
  await work(times);
  const wallMicros = (performance.now() - began) * 1_000;
  const { user, system } = process.cpuUsage(load);
  await sleep(tailMs);
  return { micros: (cpuMicros(pid) - before) / (times * deliveries), loadShare: (user + system) / wallMicros };
};

/** Warms the server up for a round's time, and finds how often it can do its work in one. */
const timesIn = async (task: Task, { roundMs, tailMs }: Effort, atLeast: number): Promise<number> => {
  let times = atLeast;
  for (;;) {
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
  const times: number[] = [];
  for (const task of tasks) times.push(await timesIn(task, effort, atLeast));
  const readings = tasks.map((): Reading[] => []);
  for (let round = 0; round < effort.rounds; round++)
    for (const [i, task] of tasks.entries())
      readings[i]?.push(await measured(task, times[i] ?? atLeast, effort.tailMs));
  return readings.map((all) => ({
    micros: all.map(({ micros }) => micros),
    loadShare: spreadOf(all.map(({ loadShare }) => loadShare)),
  }));
};
