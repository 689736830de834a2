import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { openJournal } from "../../adapters/journal/read.js";
import { run } from "../../adapters/journal/verify.js";
import { emptyFolder } from "../log/folder.js";
import { serverWith } from "../support/net.js";
import { callerOf, got } from "../support/v1.js";
import { engine, missingEngine, ofCluster } from "./nodes.js";

const missing = missingEngine();

describe.skipIf(missing)(missing ?? "recordings of nodes", () => {
  test.each(["none", "redacted", "full"])(
    "each replays to the state that was (%s), and has of what others pass on no more than of what its own clients send",
    async (payloads) => {
      const nats = await engine();
      const folder = emptyFolder();
      const file = (n: number): string => join(folder, `${n}.ndjson`);
      const nodes = [];
      for (const n of [1, 2])
        nodes.push(await serverWith({ ...ofCluster(nats), RECORD: file(n), RECORD_PAYLOADS: payloads }));
      const [one, two] = nodes;
      if (one === undefined || two === undefined) throw new Error("no nodes");
      const [ann, bob] = [await callerOf(one, { name: "Ann" }), await callerOf(two, { name: "Bob" })];
      await ann.ask({ type: "join", room: "r", create: {} });
      await bob.ask({ type: "join", room: "r" });
      const to = bob.welcome.user;
      const data = { sdp: "v=0\r\na=candidate:1 1 udp 1 198.51.100.7 9 typ host" };
      await ann.ask({ type: "signal", room: "r", to, kind: "offer", negotiation: 1, data });
      await got(bob, "signal", { kind: "offer" });
      await one.stop();
      await two.stop();
      for (const n of [1, 2]) {
        const outcome = run(openJournal([file(n)]), { isVerified: true });
        expect([outcome.divergence, outcome.incomparableDigests]).toEqual([undefined, 0]);
        expect(outcome.digests).toBeGreaterThan(0);
        expect(readFileSync(file(n), "utf8").includes("198.51.100.7"), `node ${n}`).toBe(payloads === "full");
      }
    },
  );
});
