import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { createServer } from "node:net";
import { onTestFinished } from "vitest";
import { emptyFolder } from "../log/folder.js";
import { type Started, start } from "../support/child.js";
import { until } from "../support/net.js";

const program = "/usr/sbin/nats-server";

/** Why these tests cannot run here; undefined where they can. */
export const missingEngine = (): string | undefined =>
  process.env.CI || existsSync(program) ? undefined : `There is no ${program}: the tests of several nodes need it.`;

const freePort = async (): Promise<number> => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
};

/** A real nats-server that can be stopped and started again. */
export interface Engine {
  readonly url: string;
  readonly kill: () => Promise<void>;
  readonly signal: (signal: NodeJS.Signals) => void;
  readonly start: () => Promise<void>;
  /** It has lost all that it had. */
  readonly startEmpty: () => Promise<void>;
}

export const engine = async (): Promise<Engine> => {
  const port = await freePort();
  const own = emptyFolder();
  let child: ChildProcess | undefined;
  const isUp = (): Promise<boolean> =>
    fetch(`http://127.0.0.1:${port}`).then(
      () => true,
      // It is no HTTP server, but it answers.
      ({ cause }) => cause?.code !== "ECONNREFUSED",
    );
  const started = async (folder = own): Promise<void> => {
    const args = ["-a", "127.0.0.1", "-p", String(port), "-js", "-sd", folder];
    const starting = spawn(program, args, { stdio: "ignore" });
    child = starting;
    onTestFinished(() => void starting.kill("SIGKILL"));
    for (const end = Date.now() + 10_000; !(await isUp()); ) {
      if (Date.now() > end) throw new Error("nats-server does not start");
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  await started();
  return {
    url: `nats://127.0.0.1:${port}`,
    kill: async () => {
      const { child: ending = undefined } = { child };
      if (ending === undefined || ending.exitCode !== null || ending.signalCode !== null) return;
      ending.kill("SIGKILL");
      await once(ending, "exit");
    },
    signal: (signal) => void child?.kill(signal),
    start: () => started(),
    startEmpty: () => started(emptyFolder()),
  };
};

export const secret = "the same secret at every node, which is long";

/** The settings of a node. */
export const ofCluster = ({ url }: Pick<Engine, "url">): Readonly<Record<string, string>> => ({
  CLUSTER: url,
  SESSION_SECRET: secret,
});

/** A node in a process of its own. */
export interface Node {
  readonly port: number;
  readonly process: Started;
}

export const nodeOf = async (at: Pick<Engine, "url">, env: Readonly<Record<string, string>> = {}): Promise<Node> => {
  const process = start({ ...ofCluster(at), NODE_ENV: "production", DRAIN_SECONDS: "0", ...env });
  await until(() => process.out().includes('"listening"') || process.child.exitCode !== null, 20_000);
  const line = process
    .out()
    .split("\n")
    .find((text) => text.includes('"listening"'));
  if (line === undefined) throw new Error(`the node has not started: ${process.out()} ${process.err()}`);
  const { port }: { readonly port: number } = JSON.parse(line);
  return { port, process };
};
