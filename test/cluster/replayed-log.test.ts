import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import * as E from "fp-ts/lib/Either.js";
import { describe, expect, onTestFinished, test } from "vitest";
import { natsLog } from "../../adapters/cluster/nats-log.js";
import { sharedDigest } from "../../adapters/journal/digest.js";
import { eventsOf } from "../../adapters/journal/read.js";
import { apply, defaultSettings, initialShared, type Millis, replay, sharedSnapshot } from "../../core/index.js";
import { stateOf } from "../log/conformance.js";
import { emptyFolder } from "../log/folder.js";
import { serverWith, until } from "../support/net.js";
import { callerOf } from "../support/v1.js";
import { disagree, engine, missingEngine, ofCluster } from "./nodes.js";

const missing = missingEngine();
const main = new URL("../../dist/main.js", import.meta.url).pathname;

/** The servers of a test are in its own process, so that it may not stand still. */
const replayed = async (...args: ReadonlyArray<string>) => {
  const child = spawn(process.execPath, [main, "replay", ...args]);
  let [out, err] = ["", ""];
  child.stdout.on("data", (data) => {
    out += data;
  });
  child.stderr.on("data", (data) => {
    err += data;
  });
  const [status] = await once(child, "close");
  return { status, out, err };
};

const noSignals = "the log has what concerns rooms and sessions; signals and messages are not in it\n";

/** All that is at the engine: streams, what is in them, and who reads them. */
const inventory = async (url: string): Promise<unknown> => {
  const connection = await connect({ servers: url.replace("nats://", "") });
  const manager = await jetstreamManager(connection);
  const found = [];
  for await (const { config, state } of manager.streams.list()) {
    const consumers = (await manager.consumers.list(config.name).next()).map(({ name }) => name);
    found.push({ config, state, consumers });
  }
  await connection.close();
  return found;
};

describe.skipIf(missing)(missing ?? "the log of a cluster", () => {
  test("tells who was there, comes to the state and the digests of the nodes, twice the same, and is left as it was", {
    timeout: 40_000,
  }, async () => {
    const nats = await engine();
    const file = join(emptyFolder(), "1.ndjson");
    const [one, two] = [await serverWith({ ...ofCluster(nats), RECORD: file }), await serverWith(ofCluster(nats))];
    const [ann, bob] = [await callerOf(one, { name: "Ann" }), await callerOf(two, { name: "Bob" })];
    await ann.ask({ type: "join", room: "r", create: { name: "Room" } });
    await bob.ask({ type: "join", room: "r" });
    await ann.ask({ type: "role", room: "r", user: bob.welcome.user, role: "cohost" });
    const between = new Date().toISOString();
    await new Promise((resolve) => setTimeout(resolve, 4_000));
    const cyd = await callerOf(two, { name: "Cyd" });
    await cyd.ask({ type: "join", room: "r" });
    await two.stop();
    await one.stop();

    const before = await inventory(nats.url);
    const first = await replayed(nats.url);
    expect([first.err, first.status]).toEqual([noSignals, 0]);
    expect(first.out).toMatch(/^entries 1 to \d+ of the log$/m);
    expect(first.out).toMatch(/; [1-9]\d* digests that nodes put into the log were compared, and all are the same$/m);
    // What node 1 came to with the last entry that it has recorded; the log ends with its own stop, which it did not wait for.
    const last = [...replay(eventsOf([file]))].findLast(({ event }) => event.kind === "Appended");
    const upTo = last?.event.kind === "Appended" ? last.event.seq : 0;
    const at = await replayed(nats.url, "--at", String(upTo), "--json");
    expect(JSON.parse(at.out).state.shared).toEqual(last && sharedSnapshot(last.after.shared));
    expect(await replayed(nats.url)).toEqual(first);
    expect(JSON.parse((await replayed(nats.url, "--json")).out)).toMatchObject({ differing: [], rooms: { opened: 1 } });

    const ladder = (await replayed(nats.url, "--ladder")).out;
    expect(ladder.match(/joined Room/g)).toHaveLength(3);
    expect(ladder).toMatch(/made co-host of Room by Ann/);
    expect(ladder).toMatch(/node 2 stopped/);
    expect((await replayed(nats.url, "--people")).out).toMatch(/^ {2}Bob .* Room +1 at node 2 \(/m);
    const later = (await replayed(nats.url, "--people", "--since", between)).out;
    for (const name of ["Ann", "Bob", "Cyd"]) expect(later).toContain(name);
    const since = await replayed(nats.url, "--ladder", "--since", between);
    expect(since.out.match(/joined Room/g)).toHaveLength(3);
    expect(since.out).not.toContain("co-host");
    const named = await replayed(nats.url, "--since", "1d", "--cluster-name", "signalbox");
    expect(named.out).toContain(first.out.match(/rooms and sessions after entry .*/)?.[0]);
    expect((await replayed(nats.url, "--at", "5")).out).toMatch(/^after event #5 \(Appended\) at /);
    expect(await inventory(nats.url)).toEqual(before);
  });

  test("is read from a snapshot where its beginning has been deleted, or is not asked for", {
    timeout: 20_000,
  }, async () => {
    const nats = await engine();
    const made = await natsLog({ servers: nats.url, name: "signalbox", replicas: 1, snapshotEvery: 10 })();
    if (E.isLeft(made)) throw new Error(made.left);
    const log = made.right;
    onTestFinished(log.close);
    let shared = initialShared(defaultSettings);
    await log.restore();
    await log.begin({
      appended: ({ seq, entry }) => {
        [shared] = apply(shared, entry);
        const state = stateOf(log, seq, shared);
        // A node applies it later than it is given it.
        setImmediate(() => log.applied(seq, state));
      },
      broken: () => {},
      warn: () => {},
    });
    const node = log.node();
    const at = 1 as Millis;
    log.append({ kind: "StartNode", at, node, settings: defaultSettings, joins: true });
    for (let i = 2; i <= 45; i += 1) {
      log.append({ kind: "RenewNode", at, node, clients: i });
      await until(() => log.lastSeq() === i);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await until(() => log.status().entriesWaiting === 0);
    const state = /rooms and sessions after entry 45: [0-9a-f]{64}/;
    const [whole, recent] = [await replayed(nats.url), await replayed(nats.url, "--since", "2h")];
    expect(whole.out).toMatch(/^entries 31 to 45 of the log$/m);
    expect(whole.out.match(state)?.[0]).toContain(sharedDigest(sharedSnapshot(shared)));
    expect(recent.out.match(state)?.[0]).toBe(whole.out.match(state)?.[0]);
    const none = await replayed(nats.url, "--since", new Date(Date.now() + 60_000).toISOString());
    expect(none.out).toMatch(/^no entry since then$/m);
    expect(none.out.match(state)?.[0]).toBe(whole.out.match(state)?.[0]);
  });

  test("leaves out what is none of a node's, as the nodes do, and says so", { timeout: 20_000 }, async () => {
    const nats = await engine();
    const one = await serverWith(ofCluster(nats));
    const connection = await connect({ servers: nats.url.replace("nats://", "") });
    onTestFinished(() => connection.close());
    const { seq } = await jetstream(connection).publish("signalbox.log.0", "hello");
    const ann = await callerOf(one, { name: "Ann" });
    expect(await ann.ask({ type: "join", room: "r", create: {} })).toMatchObject({ room: { id: "r" } });
    const { status, err, out } = await replayed(nats.url);
    expect(err).toBe(
      `${noSignals}messages of the log that are damaged, or none of a node, and count for nothing: 1, the first is message ${seq}\n`,
    );
    expect([status, out]).toEqual([0, expect.stringMatching(/^rooms: 1 opened/m)]);
    await one.stop();
  });

  test("shows that a node has come to another state", { timeout: 20_000 }, async () => {
    const nats = await engine();
    const one = await serverWith(ofCluster(nats));
    await disagree(nats.url);
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    const { out, status } = await replayed(nats.url);
    expect(status).toBe(1);
    expect(out).toMatch(/^node \S+ had 00000000000001 after entry \d+, and the replay [0-9a-f]{14}$/m);
    await one.stop();
  });

  test("says in one line why it cannot be read, or does not answer", { timeout: 20_000 }, async () => {
    const nats = await engine();
    const refused = async (...args: ReadonlyArray<string>): Promise<string> => {
      const { status, out, err } = await replayed(...args);
      expect([status, out]).toEqual([2, ""]);
      return err;
    };
    expect(await refused(nats.url)).toMatch(/: there is no stream "signalbox"; --cluster-name or CLUSTER_NAME says/);
    expect(await inventory(nats.url)).toEqual([]);
    const connection = await connect({ servers: nats.url.replace("nats://", "") });
    onTestFinished(() => connection.close());
    await (await jetstreamManager(connection)).streams.add({ name: "signalbox", subjects: ["signalbox.log.0"] });
    expect(await refused(nats.url)).toMatch(/: nothing is in the stream "signalbox"\.$/m);
    await jetstream(connection).publish("signalbox.log.0", "{}");
    expect(await refused(nats.url)).toMatch(/: its snapshots are lost\.$/m);
    expect(await refused("nats://user:secret@127.0.0.1:1")).toMatch(
      /^The log at "nats:\/\/…@127\.0\.0\.1:1" cannot be read: /,
    );
    expect(await refused(nats.url, "--since", "soon")).toMatch(/^--since is "soon": it must be/);
    expect(await refused(nats.url, "--why", "Ann")).toMatch(/^--why is answered from recordings/);
    expect(await refused("a.ndjson", "--since", "2h")).toMatch(/^--since and --cluster-name go with the log/);
    expect(await refused(nats.url, "a.ndjson")).toMatch(/^The log of a cluster is read alone/);
  });
});
