import { once } from "node:events";
import { connect } from "node:net";
import { expect, test } from "vitest";
import { WebSocket } from "ws";
import { strangerAt } from "../../adapters/sockets/address.js";
import { frame, nonReader, reader, sleep } from "../hostile/raw.js";
import { peerOf, serverWith, until } from "../support/net.js";

const statusFor = async (port: number, headers: Readonly<Record<string, string>>): Promise<number> => {
  const ws = new WebSocket(`ws://127.0.0.1:${port}/ws`, { headers });
  ws.on("error", () => {});
  return Promise.race([
    once(ws, "open").then(() => 101),
    once(ws, "unexpected-response").then(([, response]) => Number(response.statusCode)),
  ]);
};

test.each([
  ["203.0.113.7", "203.0.113.7"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2"],
  ["2001:db8:1:2::6", "2001:db8:1:2"],
  ["2001:db8::", "2001:db8:0:0"],
  ["2001:0db8:0001:0002::1", "2001:db8:1:2"],
  ["127.0.0.1", undefined],
  ["::1", undefined],
  ["10.1.2.3", undefined],
  ["192.168.1.9", undefined],
  ["fd00::1", undefined],
  ["unknown", undefined],
])("a stranger at %s is %s", (address, stranger) => expect(strangerAt(address)).toBe(stranger));

test("one address has so many clients, an IPv6 network too, and a place is free again when one of them is gone", async () => {
  const { port } = await serverWith({ TRUST_PROXY: "loopback", CLIENTS_PER_ADDRESS: "2" });
  const from = (address: string) => ({ "x-forwarded-for": address });
  const first = new WebSocket(`ws://127.0.0.1:${port}/ws`, { headers: from("203.0.113.7") });
  await once(first, "open");
  expect(await statusFor(port, from("203.0.113.7"))).toBe(101);
  expect(await statusFor(port, from("203.0.113.7"))).toBe(429);
  expect(await statusFor(port, from("203.0.113.8"))).toBe(101);
  for (const [end, status] of [
    ["1", 101],
    ["2", 101],
    ["3", 429],
  ] as const)
    expect(await statusFor(port, from(`2001:db8::${end}`))).toBe(status);
  for (let i = 0; i < 4; i++) expect(await statusFor(port, from("10.0.0.1"))).toBe(101);
  first.terminate();
  await until(async () => (await statusFor(port, from("203.0.113.7"))) === 101);
});

test("what sends no origin may be refused", async () => {
  const { port } = await serverWith({ WITHOUT_ORIGIN: "refuse" });
  expect(await statusFor(port, {})).toBe(403);
  expect(await statusFor(port, { origin: "https://a.example" })).toBe(101);
});

test("a room list that would be too long leaves out rooms, and says how many", async () => {
  const server = await serverWith({ LIST_CHARS_MAX: "1024" });
  const [maker, watcher] = [await peerOf(server), await peerOf(server)];
  for (const [id, description] of [
    ["short", ""],
    ["long", "x".repeat(1_000)],
  ])
    maker.say({ type: "room-created", channel: "webrtc-dashboard-rooms", data: { id, name: id, description } });
  await maker.heard();
  watcher.say({ type: "subscribe", channel: "webrtc-dashboard-rooms" });
  watcher.say({ type: "room-list-request", channel: "webrtc-dashboard-rooms" });
  const list = (await watcher.heard()).find(({ type }) => type === "server-room-list");
  expect(list).toMatchObject({ rooms: [{ id: "short" }], omitted: 1 });
  const answer = await fetch(`http://127.0.0.1:${server.port}/api/rooms`);
  expect(await answer.json()).toMatchObject({ total: 2, rooms: [{ id: "short" }] });
});

test("a text may come a byte at a time", async () => {
  const { port } = await serverWith();
  const socket = await nonReader(port);
  socket.setNoDelay(true).resume();
  const heard = once(socket, "data");
  for (const byte of frame(`{"type":"ping","padding":"${"x".repeat(1_000)}"}`)) {
    socket.write(Buffer.from([byte]));
    await new Promise(setImmediate);
  }
  expect(String((await heard)[0])).toContain('"pong"');
  socket.destroy();
});

test("one that has closed, and goes on sending without ever ending, is gone within 10 s", {
  timeout: 20_000,
}, async () => {
  const server = await serverWith();
  const socket = await nonReader(server.port);
  const { clients } = server.runtime.state().local;
  expect(clients.size).toBe(1);
  socket.write(frame(Buffer.from([0x03, 0xe8]), 0x8));
  const dripping = setInterval(() => socket.write(Buffer.from([0])), 1_000);
  await until(() => server.runtime.state().local.clients.size === 0, 10_000);
  clearInterval(dripping);
  socket.destroy();
});

test("one that is told to go and does not answer is gone, and not taken for one that does not read", {
  timeout: 20_000,
}, async () => {
  const server = await serverWith();
  const socket = await reader(server.port, "Sec-WebSocket-Protocol: signalbox.v1");
  for (const message of [
    { type: "hello", id: 1, name: "Ann" },
    { type: "bye", id: 2, seen: 0 },
  ])
    socket.write(frame(JSON.stringify(message)));
  await until(() => server.runtime.state().local.clients.size === 1);
  await until(() => server.runtime.state().local.clients.size === 0, 10_000);
  const metrics = await (await fetch(`http://127.0.0.1:${server.port}/metrics`)).text();
  expect(metrics).toContain('signalbox_cut_offs_total{reason="slow"} 0');
  socket.destroy();
});

test.each(["client_count", "server-room-list", "pong", "echo", "error"])(
  "%s is the server's: a client that sends it is refused, and nobody else gets it",
  async (type) => {
    const server = await serverWith();
    const [ann, bob] = [await peerOf(server), await peerOf(server)];
    bob.say({ type: "subscribe", channel: "x" });
    await bob.heard();
    ann.say({ type, channel: "x", rooms: [], data: {} });
    const [refusal] = (await ann.heard()).filter((message) => message.type === "error");
    expect(refusal).toMatchObject({ code: "invalid-message", path: "type", about: type });
    expect((await bob.heard()).filter(({ channel }) => channel === "x")).toEqual([]);
  },
);

test("who sends more pings than anybody honest is cut off", async () => {
  const server = await serverWith();
  const flood = await reader(server.port);
  flood.write(Buffer.concat(Array.from({ length: 5_000 }, () => frame("", 0x9))));
  await until(() => server.runtime.state().local.clients.size === 0);
  expect(flood.destroyed || (await once(flood, "close"))).toBeTruthy();
});

test("requests that are sent before the last is answered: some are answered, and who sends many is disconnected", async () => {
  const { port } = await serverWith();
  const socket = connect(port, "127.0.0.1").on("error", () => {});
  let heard = "";
  socket.on("data", (bytes) => {
    heard += bytes;
  });
  const request = "GET /livez HTTP/1.1\r\nHost: x\r\n\r\n";
  socket.write(request.repeat(4));
  await until(() => heard.split("HTTP/1.1 200").length === 5);
  socket.write(request.repeat(500));
  await once(socket, "close");
  await sleep(10);
  expect((await fetch(`http://127.0.0.1:${port}/livez`)).status).toBe(200);
});

test("a newcomer to a mesh of 100, with an offer and eight candidates for everybody, is within the default rates", async () => {
  const server = await serverWith();
  const [ann, bob] = [await peerOf(server), await peerOf(server)];
  bob.say({ type: "subscribe", channel: "webrtc-signaling" });
  await bob.heard();
  const to = (type: string, n: number, data: object) => ({
    type,
    channel: "webrtc-signaling",
    data: { fromUserId: "ann", toUserId: `user-${n}`, ...data },
  });
  const sent = Array.from({ length: 99 }, (_, n) => [
    to("webrtc-offer", n, { offer: { type: "offer", sdp: "x".repeat(8_000) } }),
    ...Array.from({ length: 8 }, () => to("webrtc-ice", n, { candidate: { candidate: "x".repeat(150) } })),
  ]).flat();
  ann.say(...sent);
  expect((await ann.heard()).filter(({ type }) => type === "error")).toEqual([]);
  expect((await bob.heard()).filter(({ type }) => type.startsWith("webrtc-"))).toHaveLength(99 * 9);
});
