import { join } from "node:path";
import { expect, test } from "vitest";
import { readRecording } from "../../adapters/explain/read-recording.js";
import { eventsOf, openJournal } from "../../adapters/journal/read.js";
import { run } from "../../adapters/journal/verify.js";
import { replay } from "../../core/index.js";
import { serverWith } from "../support/net.js";
import { callerOf, got } from "../support/v1.js";
import { emptyFolder } from "./folder.js";

test.each(["redacted", "full"])(
  "recordings of a server with DATA, before and after a restart, replay to the state that was (%s), and tell who was there",
  async (payloads) => {
    const folder = emptyFolder();
    const file = (n: number): string => join(folder, `${n}.ndjson`);
    const settings = { DATA: join(folder, "data"), RECORD_PAYLOADS: payloads };
    const before = await serverWith({ ...settings, RECORD: file(1) });
    const ann = await callerOf(before, { name: "Ann" });
    const bob = await callerOf(before, { name: "Bob" });
    await ann.ask({ type: "join", room: "r", create: { name: "Room" } });
    await bob.ask({ type: "join", room: "r" });
    await before.stop();

    const after = await serverWith({ ...settings, RECORD: file(2) });
    const annBack = await callerOf(after, { ticket: ann.welcome.ticket, seen: ann.seen() });
    const bobBack = await callerOf(after, { ticket: bob.welcome.ticket, seen: bob.seen() });
    const to = bob.welcome.user;
    await annBack.ask({ type: "signal", room: "r", to, kind: "offer", negotiation: 1, data: { sdp: "v=0" } });
    await got(bobBack, "signal", { kind: "offer" });
    await after.stop();

    for (const n of [1, 2]) {
      const outcome = run(openJournal([file(n)]), { isVerified: true });
      expect([outcome.divergence, outcome.incomparableDigests]).toEqual([undefined, 0]);
      expect(outcome.digests).toBeGreaterThan(0);
    }
    const { rooms, incidents } = readRecording(replay(eventsOf([file(2)])));
    expect(rooms).toMatchObject([{ id: "r", name: "Room" }]);
    const joined = incidents.flatMap((one) => (one.kind === "join" ? [one.user] : []));
    expect(joined).toEqual([ann.welcome.user, bob.welcome.user]);
    const relays = incidents.flatMap((one) => (one.kind === "relay" ? [[one.signalKind, one.to]] : []));
    expect(relays).toEqual([["offer", to]]);
  },
);
