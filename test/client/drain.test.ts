import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { expect, onTestFinished, test } from "vitest";
import { WebSocket } from "ws";
import { type Room, type Session, SignalboxError } from "../../adapters/client/index.js";
import { eventsOf } from "../../adapters/journal/read.js";
import { portOf, type Started, start } from "../support/child.js";
import { missingProxy, nginxBefore } from "../support/proxies.js";
import { person, until } from "./people.js";

/*
 * One of two servers behind nginx is stopped, and all its clients go to the other one. `npm run drain` is the large run: 2,000
 * clients over 20 s, and, to compare, the same with DRAIN_SECONDS=0.
 */

const missing = missingProxy("nginx");
if (missing !== undefined) process.stdout.write(`test/client/drain.test.ts is skipped. ${missing}\n`);

const isLarge = process.env.DRAIN === "1";
/** At most `share` of the clients may come to the second server within `windowMs`. Evenly, it would be 0.05, or 0.13. */
const size = isLarge
  ? { clients: 2_000, sayMs: 5_000, windowMs: 1_000, share: 0.2 }
  : { clients: 100, sayMs: 200, windowMs: 500, share: 0.8 };
const roomSize = 5;
const now = (): number => performance.now();
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** What happened to one client, by the clock of the test. */
interface Life {
  readonly isBack: () => boolean;
  readonly times: Array<{ opened: number; back?: number; closed?: number; code?: number; wasTold?: boolean }>;
}

/** Notes when each socket of a client opens, is back in its room, and closes. */
const watching = (times: Life["times"], failures: string[]) =>
  class extends WebSocket {
    constructor(url: string, protocol: string) {
      super(url, protocol);
      this.on("error", ({ message }) => failures.push(message));
      this.once("open", () => {
        const time: Life["times"][number] = { opened: now() };
        times.push(time);
        this.on("message", (data) => {
          const text = String(data);
          if (time.back === undefined && /^\{"type":"result".*"room":/.test(text)) time.back = now();
          if (text.startsWith('{"type":"reconnect"')) time.wasTold = true;
        });
        this.once("close", (code) => Object.assign(time, { closed: now(), code }));
      });
    }
  };

interface Member extends Life {
  readonly session: Session;
  readonly room: Room;
  readonly user: string;
}

const member = async (url: string, i: number, failures: string[]): Promise<Member> => {
  const times: Life["times"] = [];
  const Socket = watching(times, failures);
  const session = await person(url, { name: `P${i}`, WebSocket: Socket, backoff: { baseMs: 500, capMs: 10_000 } });
  const room = await session.join(`room-${Math.floor(i / roomSize)}`, { connections: false });
  const isBack = (): boolean => times.length > 1 && times.at(-1)?.back !== undefined && room.others.length > 0;
  return { session, room, user: session.user, times, isBack };
};

/** A client of the dashboards' protocol that comes back as docs/PROTOCOL.md says. */
const dashboard = async (url: string, i: number, failures: string[]): Promise<Life> => {
  const times: Life["times"] = [];
  let isOver = false;
  let current: WebSocket | undefined;
  const connect = (attempt: number): void => {
    const socket = new WebSocket(url);
    current = socket;
    let time: Life["times"][number] | undefined;
    socket.on("error", ({ message }) => failures.push(message));
    socket.once("open", () => {
      time = { opened: now() };
      times.push(time);
      const room = `dashboard-${Math.floor(i / roomSize)}`;
      const user = { userId: `d${i}`, userName: `D${i}` };
      const frames = [
        { type: "subscribe", channel: "webrtc-signaling" },
        { type: "room-created", data: { id: room, name: room, hostId: `host-of-${room}` } },
        { type: "user-joined-room", data: { roomId: room, ...user } },
        { type: "ping" },
      ];
      for (const frame of frames) socket.send(JSON.stringify(frame));
    });
    socket.on("message", (data) => {
      if (time?.back === undefined && String(data).includes('"pong"')) Object.assign(time ?? {}, { back: now() });
    });
    socket.once("close", (code) => {
      Object.assign(time ?? {}, { closed: now(), code });
      const delayMs = Math.min(15_000, 500 * 2 ** attempt) * (0.5 + Math.random() / 2);
      if (!isOver) setTimeout(() => connect(time ? 0 : attempt + 1), delayMs);
    });
  };
  onTestFinished(() => {
    isOver = true;
    current?.terminate();
  });
  connect(0);
  await until(() => times[0]?.back !== undefined, 60_000);
  return { times, isBack: () => times.length > 1 && times.at(-1)?.back !== undefined };
};

const healthOf = async (port: number): Promise<{ readonly connected_clients: number }> =>
  (await fetch(`http://127.0.0.1:${port}/health`)).json() as Promise<{ readonly connected_clients: number }>;

const inBatches = async <A>(count: number, make: (i: number) => Promise<A>): Promise<ReadonlyArray<A>> => {
  const made: A[] = [];
  for (let i = 0; i < count; i += 50)
    made.push(...(await Promise.all(Array.from({ length: Math.min(50, count - i) }, (_, j) => make(i + j)))));
  return made;
};

const percentile = (sorted: ReadonlyArray<number>, p: number): number =>
  Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * p))] ?? 0);

/** The most that fall into any time of so many ms. */
const peakOf = (times: ReadonlyArray<number>, windowMs: number): number => {
  const sorted = [...times].sort((a, b) => a - b);
  let first = 0;
  return sorted.reduce((peak, time, i) => {
    while ((sorted[first] ?? 0) <= time - windowMs) first += 1;
    return Math.max(peak, i - first + 1);
  }, 0);
};

interface Crowd {
  readonly members: ReadonlyArray<Member>;
  readonly all: ReadonlyArray<Life>;
  /** Of handshakes: why. */
  readonly failures: ReadonlyArray<string>;
}

const crowdAt = async (url: string): Promise<Crowd> => {
  // Every fourth is a dashboard.
  const members: Member[] = [];
  const failures: string[] = [];
  const all = await inBatches(size.clients, async (i) => {
    if (i % 4 === 3) return dashboard(url, Math.floor(i / 4), failures);
    const one = await member(url, i - Math.floor(i / 4), failures);
    members.push(one);
    return one;
  });
  await until(() => members.every(({ room }) => room.participants.size === roomSize), 30_000);
  return { members, all, failures };
};

/** Everybody says something to their room again and again. Answers with how each of it ended. */
const talking = (members: ReadonlyArray<Member>) => {
  let isOver = false;
  const outcomes = new Map<string, number>();
  const count = (outcome: string): void => void outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  const talks = members.map(async ({ room }, i) => {
    await sleep((i / members.length) * size.sayMs);
    while (!isOver) {
      if (room.state === "over") return count("room over");
      await room.say("still here").then(count, (error) => count(error instanceof SignalboxError ? error.code : "?"));
      await sleep(size.sayMs);
    }
  });
  return async (): Promise<ReadonlyMap<string, number>> => {
    isOver = true;
    await Promise.all(talks);
    return outcomes;
  };
};

const servers = async (
  seconds: number,
  [first, second]: readonly [string, string],
): Promise<readonly [Started, number, number]> => {
  const env = { NODE_ENV: "production", SESSION_SECRET: "a secret that both servers have, and nobody else" };
  const one = start({ ...env, DRAIN_SECONDS: String(seconds), RECORD: first });
  const other = start({ ...env, RECORD: second });
  return [one, await portOf(one), await portOf(other)];
};

/** When each client came, in ms since 1970 by the server's own clock. */
const arrivalsIn = (journal: string): ReadonlyArray<number> =>
  [...eventsOf([journal])].filter(({ kind }) => kind === "ClientConnected").map(({ at }) => at);

test.skipIf(missing !== undefined).each(isLarge ? [20, 0] : [5])(
  `${size.clients} clients of a server that is stopped are all back at another one, behind nginx, with DRAIN_SECONDS=%d`,
  async (seconds) => {
    const folder = mkdtempSync(join(tmpdir(), "signalbox-drain-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const [journal, next] = [join(folder, "first.ndjson"), join(folder, "second.ndjson")] as const;
    const [first, firstPort, secondPort] = await servers(seconds, [journal, next]);
    const url = `ws://127.0.0.1:${await nginxBefore([firstPort, secondPort])}/ws`;
    const { members, all, failures } = await crowdAt(url);
    expect((await healthOf(firstPort)).connected_clients).toBe(size.clients);
    const stopTalking = talking(members);

    const delays = monitorEventLoopDelay({ resolution: 10 });
    delays.enable();
    const began = now();
    first.child.kill("SIGTERM");
    await until(() => all.every(({ isBack }) => isBack()), seconds * 1_000 + 120_000);
    expect(await first.ended).toEqual([0, null]);
    const outcomes = await stopTalking();
    // Everybody is who they were, in a room with the same people, and none of it was ever over.
    await until(() => members.every(({ room }) => room.participants.size === roomSize));
    for (const { session, room, user } of members) expect([session.user, room.state]).toEqual([user, "joined"]);
    expect((await healthOf(secondPort)).connected_clients).toBe(size.clients);

    const lives = all.map(({ times: [before, ...after] }) => ({ before, after: after.at(-1) }));
    const waitsOf = (some: ReadonlyArray<Life>): string => {
      const waits = some.map(({ times }) => (times.at(-1)?.back ?? 0) - (times[0]?.closed ?? 0)).sort((a, b) => a - b);
      return `p50 ${percentile(waits, 0.5)} ms, p99 ${percentile(waits, 0.99)} ms, at most ${percentile(waits, 1)} ms`;
    };
    const dashboards = all.filter((life) => !members.some((one) => one === life));
    const backs = lives.map(({ after }) => (after?.back ?? 0) - began).sort((a, b) => a - b);
    // An event is on the disk a moment later.
    await until(() => arrivalsIn(next).length >= size.clients);
    const peak = peakOf(arrivalsIn(next), size.windowMs);
    process.stdout.write(
      `DRAIN_SECONDS=${seconds}, ${size.clients} clients: from the close until back in the room, the library ${waitsOf(members)}; dashboards ${waitsOf(dashboards)}; all back ${percentile(backs, 1)} ms after SIGTERM (p50 ${percentile(backs, 0.5)}, p99 ${percentile(backs, 0.99)}); at most ${peak} clients in ${size.windowMs} ms at the second server; ${failures.length} handshakes failed (${[...new Set(failures)].join(", ")}); event loop of the clients late by at most ${Math.round(delays.max / 1e6)} ms; said meanwhile: ${JSON.stringify([...outcomes])}\n`,
    );
    expect([...outcomes.keys()].filter((outcome) => !["delivered", "kept", "session-lost"].includes(outcome))).toEqual(
      [],
    );
    // What was sent when the socket closed, and no more: each session is lost once.
    expect(outcomes.get("session-lost") ?? 0).toBeLessThanOrEqual(members.length);
    if (seconds > 0) {
      expect(lives.filter(({ before }) => before?.code !== 1012)).toEqual([]);
      expect(members.filter(({ times: [before] }) => before?.wasTold !== true)).toEqual([]);
      expect(peak).toBeLessThan(size.share * size.clients);
    }
    const kinds = [...eventsOf([journal])].map(({ kind }) => kind);
    const countOf = (kind: string): number => kinds.filter((one) => one === kind).length;
    expect(countOf("ClientConnected")).toBe(size.clients);
    expect(countOf("ClientDisconnected")).toBe(size.clients);
    expect(countOf("ServerStopping")).toBe(1);
  },
  isLarge ? 400_000 : 30_000,
);
