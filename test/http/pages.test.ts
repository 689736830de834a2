import { request } from "node:http";
import { gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { WebSocket } from "ws";
import { portOf, start } from "../support/child.js";
import { peerOf, type Received, serverWith, until } from "../support/net.js";
import { metricsPortOf } from "../support/prometheus.js";
import { hasIpv6 } from "../support/proxies.js";

interface Answer {
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: Buffer;
}

/** The answer as it comes: `fetch` would ask for compression, and undo it. */
const ask = (port: number, path: string, headers: Record<string, string> = {}, host = "127.0.0.1"): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const asked = request({ host, port, path, headers }, (answer) => {
      const parts: Buffer[] = [];
      answer.on("data", (part) => parts.push(part));
      answer.on("end", () =>
        resolve({ status: answer.statusCode, headers: answer.headers, body: Buffer.concat(parts) }),
      );
    });
    asked.once("error", reject).end();
  });

const gzip = { "accept-encoding": "br, gzip;q=0.8" };

test("the page names its parts with hashes, and these may be kept for ever", async () => {
  const { port } = await serverWith();
  for (const path of ["/", "/r/standup", "/ws-test.html"]) {
    const { headers, body } = await ask(port, path);
    expect(headers["cache-control"]).toBe("no-cache");
    const parts = [...body.toString().matchAll(/(?:href|src)="(\/[\w.-]+)"/g)].map(([, part = ""]) => part);
    expect(parts.length).toBeGreaterThanOrEqual(3);
    for (const part of parts) {
      const hashed = await ask(port, part);
      expect(part).toMatch(/^\/[\w-]+\.[\w-]{12}\.\w+$/);
      expect([hashed.status, hashed.headers["cache-control"]]).toEqual([200, "public, max-age=31536000, immutable"]);
      const plain = await ask(port, part.replace(/\.[\w-]{12}(?=\.\w+$)/, ""));
      expect(plain.body.equals(hashed.body)).toBe(true);
      expect(plain.headers["cache-control"]).toBe("no-cache");
    }
  }
});

test.each(["/", "/meet.js", "/client.js", "/style.css", "/ws-test.html", "/api/rooms"])(
  "%s has a tag, with which it is answered with 304 until it changes",
  async (path) => {
    const server = await serverWith();
    const first = await ask(server.port, path);
    const tag = String(first.headers.etag);
    expect(tag).toMatch(/^(?:W\/)?"[\w-]+"$/);
    for (const known of [tag, `"other", ${tag}`, "*"]) {
      const again = await ask(server.port, path, { "if-none-match": known });
      expect([again.status, again.body.length, again.headers.etag]).toEqual([304, 0, tag]);
      expect(again.headers["content-security-policy"]).toBeDefined();
    }
    expect((await ask(server.port, path, { "if-none-match": '"other"' })).status).toBe(200);
    const peer = await peerOf(server);
    peer.say({ type: "room-created", data: { id: "r", name: "R" } });
    await peer.heard();
    const after = await ask(server.port, path, { "if-none-match": tag });
    expect(after.status).toBe(path === "/api/rooms" ? 200 : 304);
  },
);

test.each(["/", "/meet.js", "/style.css"])(
  "%s is compressed for whom takes it so, and for nobody else",
  async (path) => {
    const { port } = await serverWith();
    const plain = await ask(port, path);
    expect(plain.headers["content-encoding"]).toBeUndefined();
    for (const header of ["identity", "br", "gzip;q=0", "gzip; q=0.0", "gzipped"])
      expect((await ask(port, path, { "accept-encoding": header })).body.equals(plain.body), header).toBe(true);
    const packed = await ask(port, path, gzip);
    expect(packed.headers).toMatchObject({ "content-encoding": "gzip", vary: "accept-encoding" });
    expect(packed.headers["content-length"]).toBe(String(packed.body.length));
    expect(packed.body.length).toBeLessThan(plain.body.length);
    expect(gunzipSync(packed.body).equals(plain.body)).toBe(true);
    // A cache must not give the one to whom asked for the other.
    expect(packed.headers.etag).not.toBe(plain.headers.etag);
    const again = await ask(port, path, { ...gzip, "if-none-match": String(packed.headers.etag) });
    expect(again.status).toBe(304);
  },
);

test("a list of rooms is compressed, and has a tag as the plain one does", async () => {
  const server = await serverWith({ CLIENT_ROOMS_MAX: "50" });
  const peer = await peerOf(server);
  for (let i = 0; i < 40; i++) peer.say({ type: "room-created", data: { id: `r${i}`, name: `Room ${i}` } });
  await peer.heard();
  const packed = await ask(server.port, "/api/rooms", gzip);
  expect(packed.headers["content-encoding"]).toBe("gzip");
  const list: Received = JSON.parse(gunzipSync(packed.body).toString());
  expect([list.total, list.rooms.length, list.rooms[39].name]).toEqual([40, 40, "Room 39"]);
  const again = await ask(server.port, "/api/rooms", { ...gzip, "if-none-match": String(packed.headers.etag) });
  expect(again.status).toBe(304);
});

const asPerson = { accept: "text/html,application/xhtml+xml,*/*;q=0.8" };

test.each([
  ["/nothing", undefined],
  ["/Health/", "Did you mean /health?"],
  ["/ws-test", "Did you mean /ws-test.html?"],
  ["/r/a/b", "A link of a room is /r/NAME, with a name of up to 128 characters and no slash."],
])("%s is a page for people and JSON for programs, with a hint: %s", async (path, hint) => {
  const { port } = await serverWith();
  const page = await ask(port, path, asPerson);
  expect([page.status, page.headers["content-type"]]).toEqual([404, "text/html; charset=UTF-8"]);
  expect(page.body.toString()).toContain("There is nothing here");
  expect(page.body.toString()).toContain(hint ?? path);
  const answer = await ask(port, path);
  expect(JSON.parse(answer.body.toString())).toEqual({
    error: `not found: ${path}`,
    ...(hint === undefined ? {} : { hint }),
  });
});

test("/ws without an upgrade is 426, a page for people and JSON for programs, with a hint", async () => {
  const { port } = await serverWith();
  const page = await ask(port, "/ws", asPerson);
  expect([page.status, page.headers["content-type"]]).toEqual([426, "text/html; charset=UTF-8"]);
  expect(page.body.toString()).toContain("This is where WebSockets connect");
  const answer = await ask(port, "/ws");
  expect([answer.status, answer.headers.upgrade, answer.headers.connection]).toEqual([426, "websocket", "upgrade"]);
  expect(JSON.parse(answer.body.toString()).hint).toContain("A proxy has to pass Upgrade and Connection on.");
});

test("what somebody writes into an address is shown, and never run", async () => {
  const { port } = await serverWith();
  const page = (await ask(port, "/%3Cscript%3Ealert(1)%3C/script%3E", asPerson)).body.toString();
  expect(page).not.toContain("<script");
  const long = await ask(port, `/${"x".repeat(5_000)}`, asPerson);
  expect(long.body.length).toBeLessThan(2_000);
});

if (!hasIpv6) process.stdout.write("test/http/pages.test.ts: there is no IPv6 here, and its test is skipped.\n");

test.skipIf(!hasIpv6)("on IPv6 all is as on IPv4, and an address of IPv4 is logged as such", async () => {
  const started = start({ HOST: "::", METRICS_PORT: "0" });
  const port = await portOf(started);
  const scraped = await ask(await metricsPortOf(started), "/metrics", {}, "::1");
  expect(scraped.body.toString()).toContain("\nsignalbox_clients 0\n");
  const config = JSON.parse((await ask(port, "/api/config", {}, "::1")).body.toString());
  expect(config.WEBSOCKET_URL).toBe(`ws://[::1]:${port}/ws`);
  for (const url of [config.WEBSOCKET_URL, `ws://127.0.0.1:${port}/ws`, `ws://127.0.0.1:${port}/elsewhere`]) {
    const ws = new WebSocket(url);
    ws.on("error", () => {});
    await new Promise((resolve) => ws.once("open", resolve).once("close", resolve));
    ws.terminate();
  }
  await until(() => started.out().includes("Turned away"));
  expect(started.out()).toContain("Client connected (1): ::1");
  expect(started.out()).toContain("Client connected (2): 127.0.0.1");
  expect(started.out()).toContain('(address "127.0.0.1", path "/elsewhere"');
});
