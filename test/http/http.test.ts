import { connect } from "node:net";
import { expect, test } from "vitest";
import { peerOf, serverWith } from "../support/net.js";

const get = async (port: number, path: string, init: RequestInit = {}) =>
  fetch(`http://127.0.0.1:${port}${path}`, init);
const stamp = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);

test("/health has the number of clients, the rooms and the status of the recording", async () => {
  const server = await serverWith();
  expect(await (await get(server.port, "/health")).json()).toEqual({
    status: "ok",
    connected_clients: 0,
    rooms: { total: 0, list: [] },
    recording: { state: "off", eventsWritten: 0 },
  });
  const peer = await peerOf(server);
  peer.say({ type: "room-created", data: { id: "r", name: "R" } });
  await peer.heard();
  expect(await (await get(server.port, "/health")).json()).toEqual({
    status: "ok",
    connected_clients: 1,
    rooms: {
      total: 1,
      list: [{ id: "r", name: "R", description: "", createdAt: stamp, participantCount: 0, participants: [] }],
    },
    recording: { state: "off", eventsWritten: 0 },
  });
});

test("/api/rooms has the rooms and the time, and may be read by pages of any origin", async () => {
  const answer = await get((await serverWith()).port, "/api/rooms");
  expect(answer.headers.get("access-control-allow-origin")).toBe("*");
  expect(await answer.json()).toEqual({ total: 0, rooms: [], timestamp: stamp });
});

test("/client.js is the client library, and may be imported by pages of any origin", async () => {
  const { port } = await serverWith({ ALLOWED_ORIGINS: "https://meet.example.org" });
  const answer = await get(port, "/client.js", { headers: { origin: "https://app.example.org" } });
  expect(answer.headers.get("access-control-allow-origin")).toBe("*");
  expect(answer.headers.get("content-type")).toContain("text/javascript");
  expect(await answer.text()).toMatch(/export\{.*as connect\b/);
});

test("/api/config has the WebSocket URL, of the request's host or as configured, and the STUN servers", async () => {
  const { port } = await serverWith();
  const here = { WEBSOCKET_URL: `ws://127.0.0.1:${port}/ws`, STUN_SERVERS: [] };
  expect(await (await get(port, "/api/config")).json()).toEqual(here);
  const behindTls = await get(port, "/api/config", { headers: { "x-forwarded-proto": "https" } });
  expect(await behindTls.json()).toEqual({ ...here, WEBSOCKET_URL: `wss://127.0.0.1:${port}/ws` });
  const told = await serverWith({
    WEBSOCKET_URL: "wss://signal.example.org/ws",
    STUN_SERVERS: "stun:a.example.org, stun:b.example.org:3478",
  });
  expect(await (await get(told.port, "/api/config")).json()).toEqual({
    WEBSOCKET_URL: "wss://signal.example.org/ws",
    STUN_SERVERS: ["stun:a.example.org", "stun:b.example.org:3478"],
  });
});

test.each([
  ["/", "text/html"],
  ["/ws-test.html", "text/html"],
  ["/r/standup", "text/html"],
  ["/r/%C3%BCber%20uns%2Fhier", "text/html"],
  ["/meet.js", "text/javascript"],
  ["/style.css", "text/css"],
])("%s is served, with a content security policy that allows this origin only", async (path, type) => {
  const answer = await get((await serverWith()).port, path);
  expect(answer.status).toBe(200);
  expect(answer.headers.get("content-type")).toContain(type);
  expect(answer.headers.get("content-security-policy")).toContain("default-src 'self'");
  expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
  expect((await answer.text()).length).toBeGreaterThan(0);
});

test.each(["/", "/health", "/api/rooms", "/ws-test.html"])(
  "HEAD %s has the headers of GET and no body",
  async (path) => {
    const { port } = await serverWith();
    const answer = await get(port, path, { method: "HEAD" });
    expect([answer.status, await answer.text()]).toEqual([200, ""]);
    expect(answer.headers.get("content-type")).toBe((await get(port, path)).headers.get("content-type"));
  },
);

test.each([
  "/nothing",
  "/../package.json",
  "/%2e%2e/package.json",
  "/page/index.html",
  "/api",
  "/r",
  "/r/",
  "/r/a/b",
  "/r/%00",
  "/r/%ff",
  `/r/${"x".repeat(129)}`,
])("%s is answered with 404, in JSON", async (path) => {
  const answer = await get((await serverWith()).port, path);
  expect(answer.status).toBe(404);
  expect(await answer.json()).toEqual({ error: expect.stringMatching(/^not found: \//) });
});

test.each(["POST", "PUT", "DELETE", "PATCH"])(
  "%s on a read-only path is answered with 405 and the allowed methods",
  async (method) => {
    const { port } = await serverWith();
    for (const path of ["/health", "/", "/ws-test.html"]) {
      const answer = await get(port, path, { method });
      expect([answer.status, answer.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
    }
    expect((await get(port, "/nothing", { method })).status).toBe(404);
  },
);

test("a connection that does not speak HTTP gets 400, and the server goes on", async () => {
  const { port } = await serverWith();
  const socket = connect(port, "127.0.0.1");
  const answer = await new Promise<string>((resolve) => {
    socket.on("data", (data) => resolve(String(data)));
    socket.write("\u0016\u0003\u0001 this is not HTTP\r\n\r\n");
  });
  expect(answer).toMatch(/^HTTP\/1\.1 400 /);
  expect((await get(port, "/health")).status).toBe(200);
});

test("an HTTP/1.0 request without a Host header, as simple load balancers send it, is answered", async () => {
  const { port } = await serverWith();
  const socket = connect(port, "127.0.0.1");
  const answer = await new Promise<string>((resolve) => {
    socket.on("data", (data) => resolve(String(data)));
    socket.write("GET /health HTTP/1.0\r\n\r\n");
  });
  expect(answer).toMatch(/^HTTP\/1\.1 200 OK/);
});

test("with ALLOWED_ORIGINS, only pages of those origins may read the API", async () => {
  const { port } = await serverWith({ ALLOWED_ORIGINS: "https://a.example.org,https://b.example.org" });
  const allowed = async (origin: string): Promise<string | null> =>
    (await get(port, "/api/rooms", { headers: { origin } })).headers.get("access-control-allow-origin");
  expect(await allowed("https://b.example.org")).toBe("https://b.example.org");
  expect(await allowed("https://c.example.org")).toBeNull();
});

test("a preflight answer lists only methods that are allowed", async () => {
  const headers = { origin: "https://example.org", "access-control-request-method": "GET" };
  const answer = await get((await serverWith()).port, "/api/config", { method: "OPTIONS", headers });
  expect(answer.headers.get("access-control-allow-methods")).toBe("GET,HEAD");
});
