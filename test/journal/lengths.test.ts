import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openJournal } from "../../adapters/journal/read.js";
import { run } from "../../adapters/journal/verify.js";
import type { Recorded } from "../../core/index.js";
import { serverWith } from "../support/net.js";
import { callerOf, changed } from "../support/v1.js";

const line = "a=ssrc:1 cname:a-name-that-is-not-kept\r\n";

test.each(["none", "redacted", "full"])(
  "texts that are too large, or more than is kept, are that in a replay of a recording with %s of them",
  async (payloads) => {
    const folder = mkdtempSync(join(tmpdir(), "signalbox-lengths-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = join(folder, "journal.ndjson");
    const server = await serverWith({ RECORD: file, RECORD_PAYLOADS: payloads });
    const [ann, bob] = [await callerOf(server, { name: "Ann" }), await callerOf(server, { name: "Bob" })];
    const to = bob.welcome.user;
    await ann.ask({ type: "join", room: "r", create: {} });
    await bob.ask({ type: "join", room: "r" });
    const data = `v=0\r\n${line.repeat(400)}`;
    expect(await ann.ask({ type: "message", room: "r", to, data: data.repeat(2) })).toMatchObject({
      code: "too-large",
    });
    bob.ws.terminate();
    await changed(ann, "r", { change: "away", user: to });
    for (let n = 1; n < 40; n += 1)
      await ann.ask({
        type: "signal",
        room: "r",
        to,
        kind: "offer",
        negotiation: n,
        data: { type: "offer", sdp: data },
      });
    const back = await callerOf(server, { ticket: bob.welcome.ticket, seen: bob.seen() });
    expect(back.welcome.gap).toEqual([ann.welcome.user]);
    await server.stop();
    const seen: Recorded[] = [];
    let gaps = 0;
    const { divergence, digests } = run(openJournal([file]), {
      isVerified: true,
      visit: ({ event, effects }) => {
        seen.push(event);
        for (const effect of effects)
          if (effect.kind === "Send" && effect.message.kind === "Welcome" && effect.message.gap !== undefined)
            gaps += 1;
        return true;
      },
    });
    expect({ divergence, gaps }).toEqual({ divergence: undefined, gaps: 1 });
    expect(digests).toBeGreaterThan(0);
    expect(JSON.stringify(seen).includes("a-name-that-is-not-kept")).toBe(payloads === "full");
  },
);
