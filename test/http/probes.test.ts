import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { WebSocket } from "ws";
import { reasonsOf } from "../../adapters/observe/health.js";
import manifest from "../../package.json" with { type: "json" };
import { portOf, start } from "../support/child.js";
import { peerOf, type Received, serverWith, until } from "../support/net.js";
import { metricsPortOf } from "../support/prometheus.js";

const get = async (port: number | undefined, path: string, init: RequestInit = {}) =>
  fetch(`http://127.0.0.1:${port}${path}`, init);
const json = async (port: number | undefined, path: string): Promise<Received> => (await get(port, path)).json();
/** Without the delay of the event loop: the machine of the tests may really stand still. */
const codesOf = ({ reasons = [] }: Received): ReadonlyArray<string> =>
  reasons.map(({ code }: Received) => code).filter((code: string) => code !== "event-loop-delayed");

test("a server that is well is ok, and has no reasons", () => {
  const well = {
    isReady: true,
    recording: { state: "on", eventsWritten: 3 },
    loopDelayMs: 1_000,
    data: { state: "on" },
    history: { state: "on" },
    keyServerError: undefined,
  };
  const room = { clients: 9, clientsMax: 10, connections: 19, connectionsMax: 20 };
  expect(reasonsOf({ ...well, ...room })).toEqual([]);
  const [one, ...more] = reasonsOf({ ...well, ...room, loopDelayMs: 1_001 });
  expect(one).toEqual({
    code: "event-loop-delayed",
    sentence: "The event loop stood still for 1001 ms within the last 10 seconds.",
  });
  expect(more).toEqual([]);
  const all = reasonsOf({
    ...{ isReady: false, recording: { state: "ended", eventsWritten: 3 }, loopDelayMs: 9_000 },
    ...{
      data: { state: "failing", error: "disk" },
      history: { state: "failing", error: "disk", webhooks: { state: "failing", error: "503" } },
      keyServerError: "it was down.",
    },
    ...{ clients: 10, clientsMax: 10, connections: 20, connectionsMax: 20 },
  });
  expect(all.map(({ code }) => code)).toEqual([
    ...[
      "draining",
      "recording-ended",
      "data-failing",
      "history-failing",
      "webhooks-failing",
      "key-server-failing",
      "event-loop-delayed",
      "clients-full",
      "connections-full",
    ],
  ]);
});

test("/livez, /readyz and /version answer, on both ports, and are not kept in caches", async () => {
  const { port, metricsPort } = await serverWith({ METRICS_PORT: "0" });
  for (const here of [port, metricsPort]) {
    expect(await json(here, "/livez")).toEqual({ status: "ok" });
    expect(await json(here, "/readyz")).toEqual({ status: "ready" });
    expect(await json(here, "/version")).toMatchObject({ name: "signalbox", version: manifest.version });
    for (const path of ["/livez", "/readyz", "/version", "/health"]) {
      const answer = await get(here, path);
      expect([answer.status, answer.headers.get("cache-control")], path).toEqual([200, "no-store"]);
      expect((await get(here, path, { method: "HEAD" })).status).toBe(200);
      expect((await get(here, path, { method: "POST" })).status).toBe(405);
    }
  }
  expect((await json(port, "/version")).protocols).toContain("signalbox.v1");
  expect((await get(metricsPort, "/")).status).toBe(404);
});

test("from the moment a drain begins, /readyz is 503 and /health says why; everything else goes on", async () => {
  const server = await serverWith();
  const peer = await peerOf(server);
  server.beginDrain();
  const answer = await get(server.port, "/readyz");
  expect([answer.status, await answer.json()]).toEqual([503, { status: "draining" }]);
  expect((await get(server.port, "/livez")).status).toBe(200);
  expect(codesOf(await json(server.port, "/health"))).toEqual(["draining"]);
  peer.say({ type: "room-created", data: { id: "r", name: "R" } });
  await peer.heard();
  expect((await json(server.port, "/health")).rooms.total).toBe(1);
});

test("a stop begins with a drain, which the port of the metrics tells until all clients are gone", async () => {
  const started = start({ METRICS_PORT: "0" });
  const [port, metricsPort] = [await portOf(started), await metricsPortOf(started)];
  const ws = new WebSocket(`ws://127.0.0.1:${port}/ws`);
  await once(ws, "open");
  ws.pause();
  started.child.kill("SIGTERM");
  await until(async () => (await get(metricsPort, "/readyz")).status === 503);
  expect(codesOf(await json(metricsPort, "/health"))).toEqual(["draining"]);
  expect(await (await get(metricsPort, "/metrics")).text()).toContain("\nsignalbox_ready 0\n");
  ws.terminate();
  expect(await started.ended).toEqual([0, null]);
});

test("an event loop that stood still is told by /health, with how long", async () => {
  const { port } = await serverWith();
  const ends = performance.now() + 1_200;
  while (performance.now() < ends);
  const health = await json(port, "/health");
  expect(health).toMatchObject({ status: "degraded", connected_clients: 0 });
  const reason = health.reasons.find(({ code }: Received) => code === "event-loop-delayed");
  expect(Number(/for (\d+) ms/.exec(reason.sentence)?.[1])).toBeGreaterThan(1_150);
});

test("a recording that has ended is told by /health, with 200: the server goes on", async () => {
  const folder = mkdtempSync(join(tmpdir(), "signalbox-"));
  const server = await serverWith({ RECORD: folder, RECORD_FILE_BYTES_MAX: "1024" });
  expect(await json(server.port, "/health")).toMatchObject({ recording: { state: "on" } });
  rmSync(folder, { recursive: true });
  const peer = await peerOf(server);
  const timer = setInterval(() => peer.say("x".repeat(500)), 10);
  onTestFinished(() => clearInterval(timer));
  await until(async () => codesOf(await json(server.port, "/health")).includes("recording-ended"));
  const answer = await get(server.port, "/health");
  expect([answer.status, ((await answer.json()) as Received).recording.state]).toEqual([200, "ended"]);
});

test("a full server is told by /health", async () => {
  const server = await serverWith({ CLIENTS_MAX: "1" });
  await peerOf(server);
  expect(codesOf(await json(server.port, "/health"))).toEqual(["clients-full"]);
});

test.each([
  [{}, true],
  [{ HEALTH_DETAILS: "hide" }, false],
  [{ NODE_ENV: "production" }, false],
  [{ NODE_ENV: "production", HEALTH_DETAILS: "show" }, true],
])(
  "with %o, /health on the main port names rooms and people: %s; on the port of the metrics it always does",
  async (env, isNamed) => {
    const server = await serverWith({ METRICS_PORT: "0", ...env });
    const peer = await peerOf(server);
    peer.say({ type: "room-created", data: { id: "r", name: "Secret" } });
    peer.say({ type: "user-joined-room", data: { roomId: "r", userId: "ann", userName: "Ann" } });
    await peer.heard();
    const here = await json(server.port, "/health");
    expect(here).toMatchObject({ connected_clients: 1, rooms: { total: 1 } });
    expect(JSON.stringify(here).includes("Secret")).toBe(isNamed);
    expect(here.rooms.list).toHaveLength(isNamed ? 1 : 0);
    expect((await json(server.metricsPort, "/health")).rooms.list).toMatchObject([
      { name: "Secret", participants: [{ name: "Ann" }] },
    ]);
  },
);

test.each([
  [{}, true, false],
  [{ METRICS_PORT: "0" }, false, true],
  [{ NODE_ENV: "production" }, false, false],
  [{ NODE_ENV: "production", METRICS: "public" }, true, false],
  [{ NODE_ENV: "production", METRICS_PORT: "0" }, false, true],
  [{ NODE_ENV: "production", METRICS_PORT: "0", METRICS: "public" }, true, true],
])("with %o, /metrics is on the main port: %s, and on one of its own: %s", async (env, isHere, isThere) => {
  const { port, metricsPort } = await serverWith(env);
  const statusAt = async (here: number): Promise<number> => (await get(here, "/metrics")).status;
  expect(await statusAt(port)).toBe(isHere ? 200 : 404);
  expect(metricsPort !== undefined).toBe(isThere);
  if (metricsPort !== undefined) expect(await statusAt(metricsPort)).toBe(200);
  const answer = await get(isHere ? port : (metricsPort ?? port), "/metrics");
  if (answer.ok) expect(answer.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
});

test("a port of the metrics that is taken ends the start with one line that names the setting, and nothing listens", async () => {
  const blocker = createServer().listen(0, "127.0.0.1");
  await once(blocker, "listening");
  onTestFinished(() => void blocker.close());
  const { port } = blocker.address() as { readonly port: number };
  const started = start({ METRICS_PORT: String(port) });
  expect(await started.ended).toEqual([1, null]);
  expect(started.err()).toBe(
    `Port ${port} is already in use. Stop the program that uses it, or choose another port: METRICS_PORT=${port + 1}\n`,
  );
  const lost = start({ METRICS_PORT: "0", METRICS_HOST: "192.0.2.1" });
  expect(await lost.ended).toEqual([1, null]);
  expect(lost.err()).toBe('METRICS_HOST is "192.0.2.1": it must be a local IP address or host name.\n');
});

test("a stop closes the port of the metrics, too", async () => {
  const server = await serverWith({ METRICS_PORT: "0" });
  expect((await get(server.metricsPort, "/livez")).status).toBe(200);
  await server.stop();
  await expect(get(server.metricsPort, "/livez")).rejects.toThrow();
});
