import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "./port.js";

/** What is between nodes, in a process of its own. */
export interface Engine {
  /** What tells a node where it is. */
  readonly env: Readonly<Record<string, string>>;
  /** CPU so far, µs; the system counts in steps of 10 ms. */
  readonly cpuMicros: () => number;
  /** Bytes that it has been sent and has sent so far. */
  readonly bytes: () => Promise<number>;
  readonly stop: () => Promise<void>;
}

/** An engine, as data. */
export interface EngineKind {
  readonly name: string;
  readonly program: string;
  /** `monitor` is a second free port, for engines that tell there of themselves. */
  readonly args: (port: number, monitor: number, folder: string) => ReadonlyArray<string>;
  readonly env: (port: number) => Engine["env"];
  readonly bytes: (port: number, monitor: number) => Promise<number>;
}

export const nats: EngineKind = {
  name: "NATS",
  program: "/usr/sbin/nats-server",
  args: (port, monitor, folder) => ["-a", "127.0.0.1", "-p", `${port}`, "-m", `${monitor}`, "-js", "-sd", folder],
  env: (port) => ({
    CLUSTER: `nats://127.0.0.1:${port}`,
    SESSION_SECRET: "the same secret at every node of the benchmark",
  }),
  bytes: async (_, monitor) => {
    const told = await (await fetch(`http://127.0.0.1:${monitor}/varz`)).json();
    const { in_bytes: taken, out_bytes: given } = told as Readonly<Record<"in_bytes" | "out_bytes", number>>;
    return taken + given;
  },
};

export const redis: EngineKind = {
  name: "Redis",
  program: "/usr/bin/redis-server",
  args: (port, _, folder) => ["--bind", "127.0.0.1", "--port", `${port}`, "--dir", folder, "--save", ""],
  env: (port) => ({ REDIS: `redis://127.0.0.1:${port}` }),
  bytes: async (port) => {
    const socket = connect(port, "127.0.0.1");
    socket.write("INFO stats\r\nQUIT\r\n");
    const told = await text(socket);
    return ["input", "output"].reduce(
      (sum, way) => sum + Number(new RegExp(`total_net_${way}_bytes:(\\d+)`).exec(told)?.[1]),
      0,
    );
  },
};

export const isThere = ({ program }: EngineKind): boolean => existsSync(program);

const running = new Set<ChildProcess>();

// Whatever ends this process, its engines end with it.
process.on("exit", () => running.forEach((child) => void child.kill("SIGKILL")));

/** @param folder where it may write */
export const startEngine = async (kind: EngineKind, folder: string): Promise<Engine> => {
  const [port, monitor] = [await freePort(), await freePort()];
  const args = kind.args(port, monitor, mkdtempSync(join(folder, "engine-")));
  const child = spawn(kind.program, args, { stdio: "ignore" });
  running.add(child);
  const began = performance.now();
  while (Number.isNaN(await kind.bytes(port, monitor).catch(() => Number.NaN))) {
    if (child.exitCode !== null || performance.now() - began > 10_000) throw new Error(`${kind.name} does not start`);
    await sleep(10);
  }
  return {
    env: kind.env(port),
    cpuMicros: () => {
      // proc(5): the 14th and 15th field are user and system time; the second is a name in parentheses.
      const fields = readFileSync(`/proc/${child.pid}/stat`, "utf8")
        .replace(/^.*\) /, "")
        .split(" ");
      return (Number(fields[11]) + Number(fields[12])) * 10_000;
    },
    bytes: () => kind.bytes(port, monitor),
    stop: async () => {
      const exited = once(child, "exit");
      child.kill("SIGKILL");
      await exited;
      running.delete(child);
    },
  };
};
