import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { emptyFolder } from "../log/folder.js";
import { peerOf, serverWith, settled, subscribe, until } from "../support/net.js";
import { callerOf, got } from "../support/v1.js";
import { engine, missingEngine, type Node, nodeOf, ofCluster } from "./nodes.js";

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

/** A copy of a recording, by clocks of which node 2's is 5 s behind: its own, or that of a node to which it has passed something on. */
const setBack = ({ from, to, isOwn }: { readonly from: string; readonly to: string; readonly isOwn: boolean }) => {
  const lines = readFileSync(from, "utf8").trimEnd().split("\n");
  const earlier = (text: string): string => {
    const line = JSON.parse(text);
    if (isOwn && "at" in line) line.at -= 5_000;
    if (!isOwn && line.kind === "Forwarded") line.request.at -= 5_000;
    return JSON.stringify(line);
  };
  writeFileSync(to, `${lines.map(earlier).join("\n")}\n`);
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
    const ask = (...args: ReadonlyArray<string>): string => {
      const { out, err, status } = replayed(...files, ...args);
      expect([err, status]).toEqual(["", 0]);
      return out;
    };
    const rows = ask("--ladder").split("\n");
    const rowsOf = (what: RegExp) => rows.filter((row) => what.test(row)).map((row) => row.slice(30).trim());
    expect(rowsOf(/joined Room/)).toHaveLength(4);
    expect(rowsOf(/─offer─/)).toEqual([
      expect.stringMatching(/^├─+offer─+► +│ +│$/),
      expect.stringMatching(/^├─+offer─+► +│$/),
    ]);
    expect(rowsOf(/answer─/)).toEqual([expect.stringMatching(/^◄─+answer─+┤ +│ +│$/)]);
    expect(rowsOf(/no answer of/)).toEqual([expect.stringMatching(/^├─+offer: no answer of node 3─+✗│$/)]);
    expect(rows.filter((row) => /node \d (started|stopped|was given up)/.test(row))).toHaveLength(6);
    expect(rows.filter((row) => row.includes("the server stopped"))).toHaveLength(1);
    expect(ask("--mermaid").match(/offer/g)).toHaveLength(3);
    expect(ask("--html")).toContain("no answer of node 3");

    expect(ask("--people")).toMatch(/^ {2}Dora .*\(1006: lost\).* Room +1 at node 3 \(192\.0\.2\.\d+, /m);
    const complete = ask("--why", "Ann", "Bob");
    expect(complete).toMatch(/^Signalling was complete\..* Both offered 192\.0\.2\.\d+,/);
    expect(complete).toMatch(/^Ann was at node 1; Bob was at node 2\.$/m);
    expect(ask("--why", "Ann", "Cyd")).toMatch(/got no answer\. It was delivered to socket 2 at node 2 of Cyd/);
    expect(ask("--why", "Ann", "Dora")).toMatch(
      /^The offer #\d+ .* reached nobody: it was passed on to node 3, where Dora .* was, and no answer came \(unavailable\); the others gave node 3 up at #\d+/,
    );
    expect(
      ask("--why", "Ann")
        .split("\n")
        .filter((line) => line.startsWith("with ")),
    ).toHaveLength(3);

    const verified = ask("--verify");
    expect(verified).toMatch(/^node 2: the replay matches the recording/m);
    expect(verified).toContain("clients (sockets): 4 connected, 4 at once at most, 0 in the end");
    expect(verified).toContain("rooms: 1 opened");
    expect(JSON.parse(ask("--json"))).toMatchObject({
      nodes: [{ node: 1, divergence: null }, {}, {}],
      clients: { connected: 4 },
    });
    expect(replayed(...files, "--at", "5")).toMatchObject({
      status: 2,
      err: expect.stringMatching(/^--at is answered of one node/),
    });
    // The order in which they are named changes what nodes are called, and nothing else.
    const called = (text: string): string => text.replace(/node \d/g, "node");
    const reversed = replayed(...[...files].reverse(), "--why", "Ann", "Dora").out;
    expect(called(reversed)).toBe(called(ask("--why", "Ann", "Dora")));

    // Of one node alone: what the log and the other nodes have told it.
    const alone = replayed(file(1), "--ladder");
    expect(alone.err.match(/has no recording here/g)).toHaveLength(2);
    expect(alone.out.split("\n").filter((row) => row.includes("offer"))).toHaveLength(3);
    expect(alone.out).toMatch(/├─+offer─+►/);
  });

  test("tell of dashboards' calls, of a move to another node, and of what was refused there", {
    timeout: 30_000,
  }, async () => {
    const nats = await engine();
    const folder = emptyFolder();
    const file = (n: number): string => join(folder, `${n}.ndjson`);
    const start = (n: number) => serverWith({ ...ofCluster(nats), RECORD: file(n), RECORD_PAYLOADS: "none" });
    const [one, two] = [await start(1), await start(2)];
    const [dan, eve] = [await peerOf(one), await peerOf(two)];
    for (const peer of [dan, eve]) peer.say(subscribe(), subscribe("webrtc-signaling"));
    await settled(dan, eve);
    dan.say({ type: "room-created", data: { id: "d", name: "Desk", hostId: "dan" } });
    dan.say({ type: "user-joined-room", data: { roomId: "d", userId: "dan", userName: "Dan" } });
    await until(() => eve.texts.some((text) => text.includes('"Dan"')));
    eve.say({ type: "user-joined-room", data: { roomId: "d", userId: "eve", userName: "Eve" } });
    await until(() => dan.texts.some((text) => text.includes('"Eve"')));
    const from = (fromUserId: string, toUserId: string) => ({ roomId: "d", fromUserId, toUserId });
    dan.say({
      type: "webrtc-offer",
      channel: "webrtc-signaling",
      data: { ...from("dan", "eve"), offer: { sdp: "x" } },
    });
    await until(() => eve.texts.some((text) => text.includes("webrtc-offer")));
    eve.say({
      type: "webrtc-answer",
      channel: "webrtc-signaling",
      data: { ...from("eve", "dan"), answer: { sdp: "x" } },
    });
    await until(() => dan.texts.some((text) => text.includes("webrtc-answer")));

    const [ann, bob] = [await callerOf(one, { name: "Ann" }), await callerOf(two, { name: "Bob" })];
    await ann.ask({ type: "join", room: "r", create: { name: "Room" } });
    await bob.ask({ type: "join", room: "r" });
    const offer = { type: "signal", room: "r", to: bob.welcome.user, kind: "offer", negotiation: 2, data: {} } as const;
    await ann.ask(offer);
    expect(await bob.ask({ ...offer, to: ann.welcome.user, kind: "answer", negotiation: 1 })).toMatchObject({
      code: "stale",
    });
    const moved = await callerOf(two, { name: "Ann", ticket: ann.welcome.ticket, seen: ann.seen() });
    expect(moved.welcome).toMatchObject({ resumed: true });
    await ann.closed;
    await moved.ask({ ...offer, negotiation: 3 });
    await one.stop();
    await two.stop();

    const ladder = replayed(file(1), file(2), "--ladder");
    expect([ladder.err, ladder.status]).toEqual(["", 0]);
    const rows = ladder.out.split("\n").map((row) => row.slice(30));
    const those = (text: string) => rows.filter((row) => row.includes(text));
    expect(those("nobody")).toEqual([]);
    expect(those("offer")).toHaveLength(3);
    expect(those("answer r refused: stale")).toHaveLength(1);
    expect(those("back on socket 3 at node 2")).toHaveLength(1);
    expect(those("joined")).toHaveLength(4);
    // With a clock that is 5 s behind at node 2, what was sent still stands before what came of it.
    const calls = (text: string) =>
      text.split("\n").flatMap((row) => row.slice(30).match(/[├◄].*?(offer|answer)/)?.[1] ?? []);
    setBack({ from: file(2), to: file(4), isOwn: true });
    setBack({ from: file(1), to: file(3), isOwn: false });
    const skewed = replayed(file(3), file(4), "--ladder");
    expect(calls(skewed.out)).toHaveLength(4);
    expect(calls(skewed.out)).toEqual(calls(ladder.out));
    expect(replayed(file(1), file(2), "--why", "Dan", "Eve").out).toMatch(/^Signalling was complete/);
    expect(replayed(file(2), file(1), "--why", "Ann", "Bob").out).toMatch(
      /Ann was at node 2, from #\d+ \(\S+\) on at node 1; Bob was at node 1\./,
    );
  });

  test("of two clusters are not read together, and those of one run are read as before", {
    timeout: 30_000,
  }, async () => {
    const folder = emptyFolder();
    const file = (n: number): string => join(folder, `${n}.ndjson`);
    for (const n of [1, 2]) {
      const nats = await engine();
      const server = await serverWith({ ...ofCluster(nats), RECORD: file(n) });
      await server.stop();
    }
    const { status, err } = replayed(file(1), file(2), "--people");
    expect([status, err]).toEqual([
      2,
      expect.stringMatching(
        /2\.ndjson has another entry 1 of the log than the others: it is of another cluster, or the log was lost between the recordings$/m,
      ),
    ]);
    const alone = await serverWith({ RECORD: file(3) });
    await alone.stop();
    expect(replayed(file(1), file(3)).err).toContain("3.ndjson is of a run of its own, and not of a node of a cluster");
  });
});
