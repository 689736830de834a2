import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { freePort } from "../../bench/port.js";
import { until } from "./net.js";
import { read } from "./pages.js";

const program = "/usr/bin/turnserver";

/** Why these tests cannot run here, or undefined. In CI they must run. */
export const missingCoturn = (): string | undefined =>
  existsSync(program) || process.env.CI
    ? undefined
    : `There is no ${program}: install the Debian package "coturn" to run the tests of TURN.`;

export interface Coturn {
  readonly url: string;
  /** Everything that it has logged. */
  readonly log: () => string;
}

/**
 * A TURN server with deploy/turnserver.conf on the loopback address, in a process of its own that ends with the test, within two
 * minutes in any case.
 */
export const coturn = async (secret: string): Promise<Coturn> => {
  const folder = mkdtempSync(join(tmpdir(), "signalbox-coturn-"));
  const port = await freePort();
  const settings = read("deploy/turnserver.conf");
  const file = join(folder, "turnserver.conf");
  writeFileSync(file, settings.replace("listening-port=3478", `listening-port=${port}`));
  const child = spawn(
    program,
    [
      "-c",
      file,
      // As compose.yaml gives it.
      `--static-auth-secret=${secret}`,
      "--verbose",
      "--log-file=stdout",
      "--simple-log",
      "--listening-ip=127.0.0.1",
      "--relay-ip=127.0.0.1",
      "--allow-loopback-peers",
      `--userdb=${join(folder, "turndb")}`,
      `--pidfile=${join(folder, "pid")}`,
    ],
    { timeout: 120_000, killSignal: "SIGKILL" },
  );
  let log = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (data) => {
      log += data;
    });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await ended;
    rmSync(folder, { recursive: true });
  });
  await until(() => {
    if (child.exitCode !== null) throw new Error(`turnserver ended: ${log}`);
    return log.includes(`UDP listener opened on: 127.0.0.1:${port}`);
  }, 10_000);
  return { url: `turn:127.0.0.1:${port}?transport=udp`, log: () => log };
};
