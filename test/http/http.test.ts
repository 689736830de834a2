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
    data: { state: "off", entriesWritten: 0, entriesWaiting: 0 },
    history: { state: "off", factsWritten: 0, factsWaiting: 0, factsDropped: 0 },
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
    data: { state: "off", entriesWritten: 0, entriesWaiting: 0 },
    history: { state: "off", factsWritten: 0, factsWaiting: 0, factsDropped: 0 },
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
  const here = { WEBSOCKET_URL: `ws://127.0.0.1:${port}/ws`, STUN_SERVERS: [], ICE_SERVERS: [] };
  expect(await (await get(port, "/api/config")).json()).toEqual(here);
  const told = await serverWith({
    WEBSOCKET_URL: "wss://signal.example.org/ws",
    STUN_SERVERS: "stun:a.example.org, stun:b.example.org:3478",
  });
  expect(await (await get(told.port, "/api/config")).json()).toEqual({
    WEBSOCKET_URL: "wss://signal.example.org/ws",
    STUN_SERVERS: ["stun:a.example.org", "stun:b.example.org:3478"],
    ICE_SERVERS: [{ urls: "stun:a.example.org" }, { urls: "stun:b.example.org:3478" }],
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
