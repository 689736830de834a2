import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import * as E from "fp-ts/lib/Either.js";
import { onTestFinished } from "vitest";
import { natsLog } from "../../adapters/cluster/nats-log.js";
import { defaultSettings, type Millis } from "../../core/index.js";
import { emptyFolder } from "../log/folder.js";
import { type Started, start, startOther } from "../support/child.js";
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
  /** It has lost one of its streams. */
  readonly startWithout: (stream: string) => Promise<void>;
}

export const engine = async (...more: ReadonlyArray<string>): Promise<Engine> => {
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
    const args = ["-a", "127.0.0.1", "-p", String(port), "-js", "-sd", folder, ...more];
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
    startWithout: (stream) => {
      rmSync(join(own, "jetstream", "$G", "streams", stream), { recursive: true });
      return started();
    },
  };
};

/** Three nats-servers, of which one may fail. */
export const engines = async (): Promise<Pick<Engine, "url"> & { readonly killOne: () => Promise<void> }> => {
  const ports = await Promise.all(Array.from({ length: 6 }, freePort));
  const routes = ports.slice(3).map((port) => `nats://127.0.0.1:${port}`);
  const children = [0, 1, 2].map((i) => {
    const args = ["-a", "127.0.0.1", "-p", String(ports[i]), "-js", "-sd", emptyFolder(), "-n", `nats-${i}`];
    const among = ["-cluster_name", "test", "-cluster", routes[i] ?? "", "-routes", routes.join(",")];
    const child = spawn(program, [...args, ...among], { stdio: "ignore" });
    onTestFinished(() => void child.kill("SIGKILL"));
    return child;
  });
  const killOne = async (): Promise<void> => {
    const [first] = children;
    if (first === undefined) return;
    first.kill("SIGKILL");
    await once(first, "exit");
  };
  return {
    url: ports
      .slice(0, 3)
      .map((port) => `nats://127.0.0.1:${port}`)
      .join(","),
    killOne,
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

/** The process of a node that has not begun yet; `program`: of another version. */
export const startNode = (
  at: Pick<Engine, "url">,
  env: Readonly<Record<string, string>>,
  program?: string,
): Started => {
  const settings = { ...ofCluster(at), NODE_ENV: "production", DRAIN_SECONDS: "0", ...env };
  return program === undefined ? start(settings) : startOther(program, settings);
};

export const nodeOf = async (
  at: Pick<Engine, "url">,
  env: Readonly<Record<string, string>> = {},
  program?: string,
): Promise<Node> => {
  const process = startNode(at, env, program);
  await until(() => process.out().includes('"listening"') || process.child.exitCode !== null, 20_000);
  const line = process
    .out()
    .split("\n")
    .find((text) => text.includes('"listening"'));
  if (line === undefined) throw new Error(`the node has not started: ${process.out()} ${process.err()}`);
  const { port }: { readonly port: number } = JSON.parse(line);
  return { port, process };
};

/** Another node that says, again and again until the test is over, that it has made another state of the log. */
export const disagree = async (url: string): Promise<void> => {
  const made = await natsLog({ servers: url, name: "signalbox", replicas: 1 })();
  if (E.isLeft(made)) throw new Error(made.left);
  const log = made.right;
  onTestFinished(log.close);
  const node = log.node();
  let seq = 0;
  const about = { at: 1 as Millis, node };
  await log.restore();
  await log.begin({
    appended: (logged) => {
      if (logged.node === node && logged.entry.kind === "RenewNode") seq = logged.seq;
    },
    broken: () => {},
    warn: () => {},
  });
  log.append({ kind: "StartNode", ...about, settings: defaultSettings, joins: true });
  const renew = (): void =>
    log.append({ kind: "RenewNode", ...about, clients: 0, ...(seq === 0 ? {} : { mark: { seq, digest: 1 } }) });
  renew();
  const timer = setInterval(renew, 1_000);
  onTestFinished(() => clearInterval(timer));
};
