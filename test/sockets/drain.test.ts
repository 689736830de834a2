import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { answerMsOf, momentsOf, noticeMsOf, sendAllAway } from "../../adapters/sockets/drain.js";
import type { ClientId, Millis } from "../../core/index.js";
import { peerOf, serverWith, until } from "../support/net.js";
import { callerOf, got, v1Socket } from "../support/v1.js";

const anyDrain = fc.record({
  clients: fc.integer({ min: 1, max: 3_000 }),
  overMs: fc.integer({ min: 1, max: 60_000 }),
});

test("law: clients are spread evenly over the time, after the first of them has been given notice", () => {
  fc.assert(
    fc.property(anyDrain, ({ clients, overMs }) => {
      const moments = momentsOf(clients, overMs);
      const noticeMs = noticeMsOf(overMs);
      expect(moments).toHaveLength(clients);
      expect(moments[0]).toBe(noticeMs);
      const lastMs = overMs - answerMsOf(overMs);
      expect(moments.at(-1)).toBeLessThan(lastMs);
      const gap = (lastMs - noticeMs) / clients;
      for (let i = 1; i < clients; i++) expect((moments[i] ?? 0) - (moments[i - 1] ?? 0)).toBeCloseTo(gap, 5);
    }),
  );
});

test("law: each client is told once, and then sent away once, at the moment that it was told", () => {
  vi.useFakeTimers();
  try {
    fc.assert(
      fc.property(anyDrain, ({ clients, overMs }) => {
        const began = Date.now();
        const elapsed = (): number => Date.now() - began;
        const told = new Map<ClientId, number>();
        const away = new Map<ClientId, number>();
        const overAt: number[] = [];
        const ids = Array.from({ length: clients }, (_, i) => (i + 1) as ClientId);
        sendAllAway(ids, overMs, {
          now: () => Date.now() as Millis,
          announce: (client, inMs) => {
            expect(told.has(client)).toBe(false);
            told.set(client, elapsed() + inMs);
          },
          sendAway: (client) => {
            expect(away.has(client)).toBe(false);
            expect(told.has(client)).toBe(true);
            away.set(client, elapsed());
          },
          over: () => void overAt.push(elapsed()),
        });
        expect([told.size, away.size]).toEqual([0, 0]);
        vi.advanceTimersByTime(overMs + 40);
        // It is over once: when the last has had its time, also where the last step was late.
        expect(overAt).toHaveLength(1);
        const lastAway = away.get(clients as ClientId) ?? 0;
        expect(overAt[0]).toBeGreaterThanOrEqual(lastAway + Math.floor(answerMsOf(overMs)));
        expect([...away.keys()]).toEqual(ids);
        for (const [client, at] of away) expect(Math.abs(at - (told.get(client) ?? 0))).toBeLessThanOrEqual(21);
      }),
      { numRuns: 50 },
    );
  } finally {
    vi.useRealTimers();
  }
});

describe("a server that drains", () => {
  test("tells v1 clients when, closes all with 1012 at that time, and goes on serving them until then", async () => {
    const server = await serverWith({ DRAIN_SECONDS: "2" });
    const ann = await callerOf(server, { name: "Ann" });
    const bob = await callerOf(server, { name: "Bob" });
    const dashboard = await peerOf(server);
    await ann.ask({ type: "join", room: "r", create: {} });
    const began = performance.now();
    const stopped = server.stop();
    expect(server.isDraining()).toBe(true);
    const { inMs } = await got(bob, "reconnect");
    const told = performance.now();
    // The room is still there, and so is who has been told.
    expect(await bob.ask({ type: "join", room: "r" })).toMatchObject({ type: "result" });
    expect(await bob.closed).toEqual({ code: 1012, reason: "the server is stopping" });
    expect(Math.abs(performance.now() - told - inMs)).toBeLessThan(250);
    expect(await ann.closed).toMatchObject({ code: 1012 });
    expect(await dashboard.closed).toMatchObject({ code: 1012 });
    expect(dashboard.texts.join()).not.toContain("reconnect");
    await stopped;
    expect(performance.now() - began).toBeLessThan(2_500);
  });

  test("lets nobody in, says so with 503 and when to ask again, and still answers HTTP", async () => {
    const server = await serverWith({ DRAIN_SECONDS: "2" });
    const peer = await peerOf(server);
    const stopped = server.stop();
    const upgrade = { upgrade: "websocket", connection: "Upgrade", "sec-websocket-version": "13" };
    const { request } = await import("node:http");
    const refused = await new Promise<readonly [number | undefined, string | undefined]>((resolve) => {
      const headers = { ...upgrade, "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==" };
      request({ port: server.port, path: "/ws", headers }, ({ statusCode, headers: { "retry-after": after } }) =>
        resolve([statusCode, after]),
      ).end();
    });
    expect(refused).toEqual([503, "1"]);
    const statusOf = async (path: string): Promise<number> =>
      (await fetch(`http://127.0.0.1:${server.port}${path}`)).status;
    expect([await statusOf("/health"), await statusOf("/readyz")]).toEqual([200, 503]);
    expect((await peer.closed).code).toBe(1012);
    await stopped;
  });

  test("is over at once when nobody is there, and in time when somebody does not let go", async () => {
    const empty = await serverWith({ DRAIN_SECONDS: "60" });
    const began = performance.now();
    await empty.stop();
    expect(performance.now() - began).toBeLessThan(1_000);
    const held = await serverWith({ DRAIN_SECONDS: "1" });
    const peer = await peerOf(held);
    peer.ws.pause();
    const beganAgain = performance.now();
    await held.stop();
    // A second, and the three that clients have to answer a close.
    expect(performance.now() - beganAgain).toBeLessThan(5_000);
  });

  test("tells nobody before the welcome", async () => {
    const server = await serverWith({ DRAIN_SECONDS: "1" });
    const { frames, closed } = await v1Socket(server);
    await server.stop();
    expect((await closed).code).toBe(1012);
    expect(frames).toEqual([]);
    await until(() => server.connections() === 0);
  });
});
