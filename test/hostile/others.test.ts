import { existsSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import { freePort } from "../../bench/port.js";
import { type Started, start, startOther } from "../support/child.js";
import { until } from "../support/net.js";
import { frameCases } from "./frames.js";
import { frame, inGroups, json, nonReaderAt, pong, sleep } from "./raw.js";
import { underAttack } from "./under-attack.js";

/** Where `npm install peer y-webrtc ws` has been run: they are no part of this project. */
const folder = process.env.HOSTILE_OTHERS ?? "";

/** A server, and how one sends a message of so many bytes to others. */
interface Target {
  readonly name: string;
  readonly start: (env: Readonly<Record<string, string>>) => Started | Promise<Started>;
  readonly path: (name: string) => string;
  readonly listen: ReadonlyArray<Buffer>;
  readonly tell: (bytes: number, to: ReadonlyArray<string>) => ReadonlyArray<Buffer>;
}

/** Another server, once it listens: it does not say where, or not as this one does. */
const other = (path: string, args: (port: string) => ReadonlyArray<string>) => async (): Promise<Started> => {
  const port = String(await freePort());
  const started = startOther(join(folder, "node_modules", path), { PORT: port }, ...args(port));
  await until(
    () =>
      new Promise<boolean>((resolve) => {
        const socket = connect(Number(port), "127.0.0.1", () => resolve(true)).on("error", () => resolve(false));
        socket.on("connect", () => socket.destroy());
      }),
    10_000,
  );
  return { ...started, out: () => `http://127.0.0.1:${port} ${started.out()}` };
};

const targets: ReadonlyArray<Target> = [
  {
    name: "signalbox",
    start,
    path: () => "/ws",
    listen: [json({ type: "subscribe", channel: "all" })],
    tell: (bytes) => [json({ type: "webrtc-offer", channel: "all", data: { sdp: "x".repeat(bytes) } })],
  },
  {
    name: "peerjs",
    start: other("peer/dist/bin/peerjs.js", (port) => ["--port", port, "--host", "127.0.0.1"]),
    path: (name) => `/peerjs?key=peerjs&token=t&id=${name}`,
    listen: [],
    tell: (bytes, to) => to.map((dst) => json({ type: "OFFER", dst, payload: "x".repeat(bytes) })),
  },
  {
    name: "y-webrtc",
    start: other("y-webrtc/bin/server.js", () => []),
    path: () => "/",
    listen: [json({ type: "subscribe", topics: ["all"] })],
    tell: (bytes) => [json({ type: "publish", topic: "all", payload: "x".repeat(bytes) })],
  },
];

const clients = (port: number, { path }: Target, names: ReadonlyArray<string>): Promise<ReadonlyArray<Socket>> =>
  Promise.all(names.map((name) => nonReaderAt(port, path(name))));

const named = (count: number, prefix: string): ReadonlyArray<string> =>
  Array.from({ length: count }, (_, n) => `${prefix}-${n}`);

const malformed = [
  ...["", "x", "{", "null", "[]", "1", '"ping"', "\u0000", "[".repeat(60_000), '{"type":null}', '{"type":{}}'],
  ...[
    '{"type":"__proto__"}',
    '{"type":"subscribe"}',
    '{"type":"subscribe","topics":1}',
    '{"type":"unsubscribe","topics":{}}',
  ],
  ...['{"type":"publish"}', '{"type":"publish","topic":{}}', '{"type":"OFFER"}', '{"type":"OFFER","dst":{}}'],
  ...['{"type":"LEAVE"}', '{"type":"EXPIRE","dst":1}', '{"type":"HEARTBEAT","payload":1}'],
];

/** Each is told to one server at a time, and answers with the sockets that are left. */
const attacks: Readonly<Record<string, (port: number, target: Target) => Promise<ReadonlyArray<Socket>>>> = {
  "400 messages of 60 KB for 10 that do not read": async (port, target) => {
    const names = named(10, "reader");
    const [sender] = await clients(port, target, ["sender"]);
    const readers = await clients(port, target, names);
    for (const socket of readers) for (const message of target.listen) socket.write(message);
    await sleep(300);
    sender?.resume();
    for (let n = 0; n < 400; n++) for (const message of target.tell(60_000, names)) sender?.write(message);
    await sleep(4_000);
    return [...readers, ...(sender ? [sender] : [])];
  },
  "4 that send 3 messages of 60 MB": async (port, target) => {
    const all = await clients(port, target, named(4, "huge"));
    const huge = frame(JSON.stringify({ type: "x", payload: "x".repeat(60_000_000) }));
    for (const socket of all) for (let n = 0; n < 3; n++) socket.resume().write(huge);
    await sleep(4_000);
    return all;
  },
  "10 that send 100,000 pings, pongs or empty messages": async (port, target) => {
    const all = await clients(port, target, named(10, "flood"));
    const flood = [pong, frame("", 0x9)].map((one) => Buffer.concat(Array.from({ length: 10_000 }, () => one)));
    const tiny = Buffer.concat(Array.from({ length: 10_000 }, () => frame("{}")));
    for (let n = 0; n < 10; n++) {
      for (const [i, socket] of all.entries()) socket.resume().write([...flood, tiny][i % 3] ?? "");
      await sleep(100);
    }
    await sleep(3_000);
    return all;
  },
  "malformed frames": async (port, target) => {
    await inGroups([...frameCases.entries()], async ([n, { sent }]) => {
      const socket = await nonReaderAt(port, target.path(`frames-${n}`)).catch(() => undefined);
      socket?.resume().write(Buffer.concat(sent));
      await sleep(100);
      socket?.destroy();
    }).catch(() => {});
    return [];
  },
  "malformed messages": async (port, target) => {
    for (const [n, text] of malformed.entries()) {
      const socket = await nonReaderAt(port, target.path(`malformed-${n}`)).catch(() => undefined);
      socket?.resume().write(frame(text));
      await sleep(50);
      socket?.destroy();
    }
    return [];
  },
  "10 that send 200 messages of 60 KB to nobody": async (port, target) => {
    const all = await clients(port, target, named(10, "lonely"));
    for (const [i, socket] of all.entries())
      for (let n = 0; n < 200; n++)
        for (const message of target.tell(60_000, [`nobody-${i}-${n}`])) socket.resume().write(message);
    await sleep(4_000);
    return all;
  },
};

for (const target of targets)
  for (const [what, attack] of Object.entries(attacks))
    test(`${target.name}: ${what}`, { timeout: 60_000 }, async () => {
      if (target.start !== start) expect(existsSync(join(folder, "node_modules", "y-webrtc"))).toBe(true);
      const { log, ...figures } = await underAttack(
        async (port) => {
          const left = await attack(port, target);
          return () => {
            for (const socket of left) socket.destroy();
          };
        },
        {},
        { startWith: target.start, protocol: target.name },
      );
      process.stdout.write(`${target.name}: ${what}: ${JSON.stringify(figures)}\n`);
      // What others do is told, and not judged.
      if (target.name === "signalbox") expect([figures.hasCrashed, figures.cut], log).toEqual([false, 0]);
    });
