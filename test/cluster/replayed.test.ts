import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { emptyFolder } from "../log/folder.js";
import { callerOf, got } from "../support/v1.js";
import { engine, missingEngine, type Node, nodeOf } from "./nodes.js";

const missing = missingEngine();
const main = new URL("../../dist/main.js", import.meta.url).pathname;

const replayed = (...args: ReadonlyArray<string>) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, "replay", ...args], { encoding: "utf8" });
  return { status, out: stdout, err: stderr };
};

const stopped = async ({ process }: Node): Promise<void> => {
  process.child.kill("SIGTERM");
  await process.ended;
};

const killed = async ({ process }: Node): Promise<void> => {
  process.child.kill("SIGKILL");
  if (process.child.signalCode === null) await once(process.child, "exit");
};

describe.skipIf(missing)(missing ?? "recordings of several nodes", () => {
  test("tell of one call across nodes, and of the one whose node died", { timeout: 60_000 }, async () => {
    const nats = await engine();
    const folder = emptyFolder();
    const file = (n: number): string => join(folder, `${n}.ndjson`);
    const start = (n: number): Promise<Node> => nodeOf(nats, { RECORD: file(n), RECORD_PAYLOADS: "redacted" });
    const [one, two, three] = [await start(1), await start(2), await start(3)];
    const ann = await callerOf(one, { name: "Ann" });
    const bob = await callerOf(two, { name: "Bob" });
    const cyd = await callerOf(two, { name: "Cyd" });
    const dora = await callerOf(three, { name: "Dora" });
    await ann.ask({ type: "join", room: "r", create: { name: "Room" } });
    for (const other of [bob, cyd, dora]) await other.ask({ type: "join", room: "r" });
    const signal = (to: typeof ann, kind: string, data: object) =>
      ({ type: "signal", room: "r", to: to.welcome.user, kind, negotiation: 1, data }) as const;
    const sdp = (address: string) => ({ sdp: `v=0\r\na=candidate:1 1 udp 1 ${address} 9 typ host` });
    await ann.ask(signal(bob, "offer", sdp("10.0.0.1")));
    await got(bob, "signal", { kind: "offer" });
    await bob.ask(signal(ann, "answer", sdp("10.0.0.1")));
    await got(ann, "signal", { kind: "answer" });
    await ann.ask(signal(cyd, "offer", sdp("10.0.0.1")));
    await killed(three);
    expect(await ann.ask(signal(dora, "offer", sdp("10.0.0.1")))).toMatchObject({ code: "unavailable" });
    await new Promise((resolve) => setTimeout(resolve, 7_000));
    await stopped(one);
    await stopped(two);
    const files = [1, 2, 3].map(file);
    for (const args of [
      ["--ladder"],
      ["--people"],
      ["--why", "Ann", "Bob"],
      ["--why", "Ann", "Cyd"],
      ["--why", "Ann", "Dora"],
      ["--why", "Ann"],
      ["--verify"],
      ["--at", "5"],
    ]) {
      const { out, err, status } = replayed(...files, ...args);
      console.log(args.join(" "), status, "\n", out, err);
    }
    console.log(replayed(file(1), "--ladder").out);
  });
});
