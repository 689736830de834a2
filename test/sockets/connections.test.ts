import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { portOf, start, startWithDescriptors } from "../support/child.js";
import { peerOf, serverWith, settled, until } from "../support/net.js";

const request = (line: string, ...headers: ReadonlyArray<string>): string =>
  [line, "Host: localhost", ...headers, "", ""].join("\r\n");

const get = request("GET /health HTTP/1.1");
const upgrade = (path: string, protocol: string): string =>
  request(
    `GET ${path} HTTP/1.1`,
    "Connection: Upgrade",
    `Upgrade: ${protocol}`,
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
  );
const h2c = request("GET /health HTTP/1.1", "Connection: Upgrade", "Upgrade: h2c");

const kinds: ReadonlyArray<readonly [string, string]> = [
  ["a GET", get],
  ["a HEAD", request("HEAD / HTTP/1.1")],
  ["a POST with a body", `${request("POST /health HTTP/1.1", "Content-Length: 40")}${"x".repeat(40)}`],
  ["a POST in chunks", `${request("POST /health HTTP/1.1", "Transfer-Encoding: chunked")}5\r\nhello\r\n0\r\n\r\n`],
  ["a POST whose body never comes", request("POST /health HTTP/1.1", "Content-Length: 1000000")],
  ["GETs in a row", get.repeat(3)],
  ["pages in a row", request("GET /meet.js HTTP/1.1").repeat(5)],
  ["a GET without keep-alive", request("GET / HTTP/1.1", "Connection: close")],
  ["HTTP/1.0", "GET /health HTTP/1.0\r\n\r\n"],
  ["an upgrade to WebSocket", upgrade("/ws", "websocket")],
  ["an upgrade with frames at once", `${upgrade("/ws", "websocket")}\u0001\u0002\u0003`],
  ["a GET, then an upgrade to WebSocket", `${get}${upgrade("/ws", "websocket")}`],
  ["an upgrade at a wrong path", upgrade("/nowhere", "websocket")],
  ["an upgrade with a wrong version", upgrade("/ws", "websocket").replace("Version: 13", "Version: 7")],
  ["an upgrade to h2c", h2c],
  ["a GET, then an upgrade to h2c", `${get}${h2c}`],
  ["an upgrade to one of two", upgrade("/ws", "h2c, websocket")],
  ["a POST that upgrades", upgrade("/ws", "websocket").replace("GET", "POST")],
  ["CONNECT", request("CONNECT example.org:443 HTTP/1.1")],
  ["what is not HTTP", "\u0016\u0003\u0001 this is not HTTP\r\n\r\n"],
  ["a wrong header", request("GET /health HTTP/1.1", "Content-Length: many")],
  ["Expect: 100-continue", request("POST /health HTTP/1.1", "Content-Length: 4", "Expect: 100-continue")],
  ["an expectation that nobody meets", request("GET /health HTTP/1.1", "Expect: miracles")],
  ["headers that are too long", request("GET /health HTTP/1.1", `X: ${"x".repeat(9_000)}`)],
];

/** So long a connection may last in these tests that is no client; the server's other deadlines are longer. */
const answerMs = 400;
const quick = { PING_AFTER_MS: "100", CUT_AFTER_MS: "300" };

const opened = async (port: number): Promise<Socket> => {
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  socket.on("error", () => {});
  onTestFinished(() => void socket.destroy());
  await once(socket, "connect");
  return socket;
};

/** What may become of a connection besides what one expects. Nobody closes it but in these ways. */
const ways: Readonly<Record<string, (socket: Socket) => void>> = {
  "is reset": (socket) => void socket.resetAndDestroy(),
  "ends half": (socket) => void socket.resume().end(),
  "ends half and does not read": (socket) => void socket.pause().end(),
  "falls silent": (socket) => void socket.resume(),
  "does not read": (socket) => void socket.pause(),
};

/** Where a text of this length is cut: about twenty places, the first byte and the last among them. */
const cutsOf = (length: number): ReadonlyArray<number> => {
  const step = Math.max(1, Math.floor(length / 20));
  return [...Array.from({ length: Math.ceil(length / step) }, (_, i) => i * step), length - 1, length];
};

const faults = (): ReadonlyArray<unknown> => {
  const seen: unknown[] = [];
  const see = (error: unknown): void => void seen.push(error);
  process.on("uncaughtException", see).on("unhandledRejection", see);
  onTestFinished(() => void process.off("uncaughtException", see).off("unhandledRejection", see));
  return seen;
};

test.each(kinds)("%s: whatever becomes of it, at whatever byte, it is over in time", async (_, text) => {
  const seen = faults();
  const server = await serverWith(quick, answerMs);
  const witness = await peerOf(server);
  for (const [way, then] of Object.entries(ways)) {
    for (const cut of cutsOf(text.length)) {
      const socket = await opened(server.port);
      socket.write(text.slice(0, cut), "latin1");
      if (cut % 2 === 0) await new Promise(setImmediate);
      then(socket);
    }
    const answered = await opened(server.port);
    answered.write(text, "latin1");
    await Promise.race([once(answered, "data"), once(answered, "end"), new Promise((tick) => setTimeout(tick, 50))]);
    then(answered);
    await settled(witness);
    // On a connection of its own: one kept alive may be closed at its deadline just when it is used again.
    const health = await fetch(`http://127.0.0.1:${server.port}/health`, { headers: { connection: "close" } });
    expect(health.status, way).toBe(200);
  }
  // The witness is left.
  await until(() => server.connections() === 1, 6_000);
  await settled(witness);
  expect(server.runtime.state().local.clients.size).toBe(1);
  expect(seen).toEqual([]);
});

test("who asks for more than a socket holds, and takes none of it, is given up", async () => {
  const server = await serverWith({}, answerMs);
  (await opened(server.port)).pause().write(request("GET /meet.js HTTP/1.1").repeat(1_000));
  await until(() => server.connections() === 1);
  await until(() => server.connections() === 0, 6_000);
});

test("connections that ask again live on, one deadline after the other, and a client has none of these", async () => {
  const server = await serverWith({}, answerMs);
  const peer = await peerOf(server);
  const keeps = await opened(server.port);
  let answers = 0;
  keeps.on("data", (data) => {
    answers += String(data).split("HTTP/1.1 200 OK").length - 1;
  });
  for (let i = 1; i <= 6; i++) {
    keeps.write(get);
    await until(() => answers === i);
    await new Promise((tick) => setTimeout(tick, answerMs / 2));
  }
  expect(server.connections()).toBe(2);
  await until(() => server.connections() === 1);
  await settled(peer);
});

test("a client that goes on sending and does not answer a close is cut off", async () => {
  const server = await serverWith({}, answerMs);
  const socket = await opened(server.port);
  socket.resume().write(upgrade("/ws", "websocket"));
  await until(() => server.runtime.state().local.clients.size === 1);
  // An unmasked frame: it is closed with 1002.
  socket.write(Buffer.from([0x81, 0x01, 0x78]));
  const chatter = setInterval(() => socket.write("x"), 100);
  onTestFinished(() => clearInterval(chatter));
  await until(() => server.connections() === 0, 10_000);
  await until(() => server.runtime.state().local.clients.size === 0);
});

test("a stop ends every connection, whatever it was doing", async () => {
  const server = await serverWith();
  for (const text of ["", get, get.slice(0, 20), h2c, upgrade("/ws", "websocket"), upgrade("/no", "websocket")])
    (await opened(server.port)).pause().write(text);
  await until(() => server.runtime.state().local.clients.size === 1);
  await server.stop();
  await until(() => server.connections() === 0, 1_000);
});

test("an upgrade to h2c that is reset does not end the process", async () => {
  const server = start({});
  const port = await portOf(server);
  for (let i = 0; i < 200; i++) {
    const socket = await opened(port);
    socket.write(h2c);
    if (i % 4 > 0) await new Promise((tick) => setTimeout(tick, i % 4));
    socket.resetAndDestroy();
  }
  await new Promise((tick) => setTimeout(tick, 100));
  expect([server.child.exitCode, server.err()]).toEqual([null, ""]);
  expect((await fetch(`http://127.0.0.1:${port}/health`)).status).toBe(200);
});

test("who is refused an upgrade and does not hang up takes no file descriptor from anybody", async () => {
  const server = startWithDescriptors(200);
  const port = await portOf(server);
  for (let i = 0; i < 400; i++) (await opened(port)).resume().write(h2c);
  await until(async () => (await fetch(`http://127.0.0.1:${port}/health`).catch(() => undefined))?.status === 200);
});

test("when all connections are taken, more are closed and the log tells it; nobody is kept out for longer than a deadline", async () => {
  const server = startWithDescriptors(200);
  const port = await portOf(server);
  for (let i = 0; i < 300; i++) await opened(port);
  await until(() => server.out().includes('Turned away: All 136 connections are taken. (address "127.0.0.1")'));
  const health = async () => (await fetch(`http://127.0.0.1:${port}/health`).catch(() => undefined))?.status;
  expect(await health()).toBeUndefined();
  await until(async () => (await health()) === 200, 10_000);
});
