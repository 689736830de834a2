import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { ClientId } from "../../core/index.js";
import { json } from "../hostile/raw.js";
import { peerOf, serverWith, settled, subscribe, until } from "../support/net.js";

const upgrade = (path: string, more = ""): string =>
  `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n${more}\r\n`;

const raw = async (port: number): Promise<Socket> => {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => {});
  onTestFinished(() => void socket.destroy());
  await once(socket, "connect");
  return socket;
};

const answerTo = async (port: number, request: string): Promise<string> => {
  const socket = await raw(port);
  socket.write(request);
  const [data] = await once(socket, "data");
  return String(data);
};

test("where ALLOWED_ORIGINS names them, only pages of these origins are let in, and what is no page", async () => {
  const { port } = await serverWith({ ALLOWED_ORIGINS: "https://meet.example.org, http://localhost:5173" });
  const from = (origin: string): Promise<string> => answerTo(port, upgrade("/ws", `Origin: ${origin}\r\n`));
  expect(await from("https://meet.example.org")).toMatch(/^HTTP\/1\.1 101 /);
  expect(await from("http://localhost:5173")).toMatch(/^HTTP\/1\.1 101 /);
  for (const origin of ["https://meet.example.org.evil.example", "http://meet.example.org", "http://localhost", "null"])
    expect(await from(origin)).toMatch(/^HTTP\/1\.1 403 [\s\S]*ALLOWED_ORIGINS/);
  expect(await answerTo(port, upgrade("/ws"))).toMatch(/^HTTP\/1\.1 101 /);
});

test("compression is not negotiated, whoever asks for it", async () => {
  const { port } = await serverWith();
  const answer = await answerTo(port, upgrade("/ws", "Sec-WebSocket-Extensions: permessage-deflate\r\n"));
  expect(answer).toMatch(/^HTTP\/1\.1 101 /);
  expect(answer.toLowerCase()).not.toContain("sec-websocket-extensions");
});

test("one client more than CLIENTS_MAX is turned away with 503, and let in when there is room again", async () => {
  const server = await serverWith({ CLIENTS_MAX: "1" });
  const only = await peerOf(server);
  expect(await answerTo(server.port, upgrade("/ws"))).toMatch(/^HTTP\/1\.1 503 [\s\S]*full/);
  only.ws.close();
  await only.closed;
  await until(() => server.runtime.state().local.clients.size === 0);
  await (await peerOf(server)).heard();
});

test("a reset at any byte of the handshake, or after it, costs nobody else anything", async () => {
  const server = await serverWith();
  const witness = await peerOf(server);
  const request = upgrade("/ws");
  for (let cut = 0; cut <= request.length; cut += 7) {
    const socket = await raw(server.port);
    socket.write(request.slice(0, cut));
    if (cut % 2 === 0) await new Promise(setImmediate);
    socket.resetAndDestroy();
  }
  for (const path of ["/ws", "/nowhere"]) {
    const socket = await raw(server.port);
    socket.write(upgrade(path));
    socket.resetAndDestroy();
  }
  await until(() => server.runtime.state().local.clients.size === 1);
  await settled(witness);
});

test("a frame of 65,536 bytes is relayed, one of 65,537 closes with 1009", async () => {
  const server = await serverWith();
  const [a, b] = [await peerOf(server), await peerOf(server)];
  b.say(subscribe("x"));
  await settled(a, b);
  const text = (bytes: number): string => {
    const shell = JSON.stringify({ type: "x", channel: "x", data: "" });
    return shell.replace('""', `"${"x".repeat(bytes - shell.length)}"`);
  };
  a.say(text(65_536));
  await a.heard();
  await b.heard();
  expect(b.texts).toContain(text(65_536));
  a.say(text(65_537));
  expect((await a.closed).code).toBe(1009);
  await until(() => server.runtime.state().local.clients.size === 1);
  expect((await b.heard()).map(({ type }) => type)).toEqual(["client_count"]);
});

test("the recording has the code that the client was closed with, also where it hangs up without an answer", async () => {
  const folder = mkdtempSync(join(tmpdir(), "signalbox-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const server = await serverWith({ RECORD: join(folder, "r.ndjson") });
  const socket = await raw(server.port);
  socket.write(upgrade("/ws"));
  await until(() => server.runtime.state().local.clients.size === 1);
  // The beginning of a text frame of 65,537 bytes, and after that no more.
  const answer = once(socket, "data");
  socket.write(Buffer.from([0x81, 0xff, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0]));
  await answer;
  socket.resetAndDestroy();
  await until(() => server.runtime.state().local.clients.size === 0);
  await server.stop();
  expect(readFileSync(join(folder, "r.ndjson"), "utf8")).toMatch(/"ClientDisconnected".*"code":1009/);
});

test("a client that is silent is asked again and again, and given up if it does not answer; one that answers stays", async () => {
  const server = await serverWith({ PING_AFTER_MS: "200", CUT_AFTER_MS: "600" });
  const alive = await peerOf(server);
  let asked = 0;
  alive.ws.on("ping", () => {
    asked += 1;
  });
  const dead = await raw(server.port);
  dead.write(upgrade("/ws"));
  await until(() => server.runtime.state().local.clients.size === 2);
  await until(() => server.runtime.state().local.clients.size === 1, 6_000);
  await until(() => asked >= 5, 6_000);
  await settled(alive);
});

test("while the process stood still nobody was silent", async () => {
  const server = await serverWith({ PING_AFTER_MS: "400", CUT_AFTER_MS: "800" });
  const peers = [await peerOf(server), await peerOf(server)];
  await settled(...peers);
  const end = performance.now() + 2_000;
  while (performance.now() < end);
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(server.runtime.state().local.clients.size).toBe(2);
  await settled(...peers);
});

test("who is turned away is let go of, even if it does not hang up", async () => {
  const { port } = await serverWith();
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  socket.on("error", () => {});
  socket.write(upgrade("/nowhere"));
  socket.resume();
  await once(socket, "end");
  await until(() => {
    socket.write("x");
    return socket.destroyed;
  });
});

test("a flood from one client does not hold up the others", async () => {
  const server = await serverWith({ MESSAGES_PER_SECOND: "0" });
  const [flood, witness] = [await peerOf(server), await peerOf(server)];
  const waits: number[] = [];
  for (let i = 0; i < 20; i++) {
    flood.say(...Array.from({ length: 1_500 }, () => "[]"));
    const began = performance.now();
    await witness.heard();
    waits.push(performance.now() - began);
    await flood.heard();
  }
  expect(waits.sort((a, b) => a - b)[10]).toBeLessThan(300);
  expect(flood.texts.filter((text) => text.includes('"invalid-message"'))).toHaveLength(30_000);
});

test("who sends more frames at once than anybody honest is cut off", async () => {
  const server = await serverWith();
  const [flood, witness] = [await peerOf(server), await peerOf(server)];
  flood.say(...Array.from({ length: 30_000 }, () => "[]"));
  expect((await flood.closed).code).toBe(1006);
  await witness.heard();
});

test("what is ordered in the turn of the stop leaves before the close", async () => {
  const server = await serverWith();
  const peer = await peerOf(server);
  await peer.heard();
  const at = server.runtime.state().now;
  server.runtime.dispatch({ kind: "PingReceived", at, client: 1 as ClientId });
  const stopped = server.stop();
  expect(await peer.closed).toEqual({ code: 1001, reason: "the server is stopping" });
  expect(peer.texts.at(-1)).toContain('"pong"');
  await stopped;
});

test("a handshake that is finished while the server stops is answered with 503", async () => {
  const server = await serverWith();
  const stays = await raw(server.port);
  stays.write(upgrade("/ws"));
  await until(() => server.runtime.state().local.clients.size === 1);
  const late = await raw(server.port);
  const request = upgrade("/ws");
  late.write(request.slice(0, 40));
  await new Promise((resolve) => setTimeout(resolve, 50));
  const stopped = server.stop();
  late.write(request.slice(40));
  expect(String((await once(late, "data"))[0])).toMatch(/^HTTP\/1\.1 503 /);
  stays.destroy();
  await stopped;
});

test("a connection that never ends its request is closed", async () => {
  const { port } = await serverWith();
  const socket = await raw(port);
  socket.write("GET /health HTTP/1.1\r\nHost: x\r\n");
  socket.resume();
  await once(socket, "close");
}, 12_000);

test("a slow reader of room lists is not cut off, and gets the latest list in the end", async () => {
  const server = await serverWith({ OUTBOX_BYTES_MAX: "65536", CLIENT_ROOMS_MAX: "200" });
  const host = await peerOf(server);
  const slow = await raw(server.port);
  slow.write(upgrade("/ws"));
  await until(() => server.runtime.state().local.clients.size === 2);
  slow.write(json(subscribe()));
  slow.pause();
  const description = "d".repeat(1_000);
  for (let i = 0; i < 200; i++) {
    host.say({ type: "room-created", data: { id: `r${i}`, name: `R${i}`, description } });
    await host.heard();
  }
  expect(server.runtime.state().local.clients.size).toBe(2);
  const received: Buffer[] = [];
  slow.on("data", (data) => received.push(data));
  slow.resume();
  await until(() => Buffer.concat(received).includes('"r199"'));
  expect(server.runtime.state().local.clients.size).toBe(2);
});

test("a client that does not read is cut off when too much waits for it, and the others do not notice", async () => {
  const server = await serverWith({ OUTBOX_BYTES_MAX: "65536", DELIVERY: "broadcast" });
  const [sender, reader] = [await peerOf(server), await peerOf(server)];
  const deaf = await raw(server.port);
  deaf.write(upgrade("/ws"));
  await until(() => server.runtime.state().local.clients.size === 3);
  deaf.write(json(subscribe("x")));
  deaf.pause();
  reader.say(subscribe("x"));
  await settled(sender, reader);
  const load = JSON.stringify({ type: "x", channel: "x", data: "x".repeat(60_000) });
  let sent = 0;
  while (server.runtime.state().local.clients.size === 3 && sent < 2_000) {
    sender.say(load);
    sent += 1;
    await sender.heard();
  }
  expect(server.runtime.state().local.clients.size).toBe(2);
  await reader.heard();
  expect(reader.texts.filter((text) => text === load)).toHaveLength(sent);
});
