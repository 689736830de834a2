import fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import { WebSocket } from "ws";
import { samplesIn, typesIn, valuesIn } from "../support/exposition.js";
import { codeIn, rowsOf } from "../support/markdown.js";
import { peerOf, rooms, serverWith, settled, subscribe, until } from "../support/net.js";
import { page, read } from "../support/pages.js";
import { callerOf } from "../support/v1.js";

const scrape = async ({ port }: { readonly port: number }): Promise<string> =>
  (await fetch(`http://127.0.0.1:${port}/metrics`)).text();

const valuesOf = async (server: { readonly port: number }) => valuesIn(await scrape(server));

const seriesOf = (text: string): ReadonlyArray<string> =>
  samplesIn(text).map(({ name, labels }) => `${name} ${JSON.stringify(labels)}`);

test("law: whatever clients choose, the series are the same from the start to the end, and at most 300", async () => {
  const server = await serverWith({ FRAME_BYTES_MAX: "4096" });
  const before = seriesOf(await scrape(server));
  expect(before.length).toBeLessThanOrEqual(300);
  const word = fc.string({ minLength: 1, maxLength: 20 });
  const whim = fc.record({
    type: fc.oneof(word, fc.constantFrom("room-created", "user-joined-room", "webrtc-offer", "__proto__", "total")),
    channel: fc.oneof(word, fc.constantFrom(rooms, "constructor")),
    id: word,
    name: word,
    code: fc.oneof(fc.integer({ min: 3_000, max: 4_999 }), fc.constantFrom(1000, 1001, 1011)),
    path: fc.constantFrom("/ws", "/", "/elsewhere"),
    protocol: fc.constantFrom("chat", "signalbox.v1", "signalbox.token.x", "__proto__"),
  });
  for (const { type, channel, id, name, code, path, protocol } of fc.sample(whim, 60)) {
    const ws = new WebSocket(`ws://127.0.0.1:${server.port}${path}`, [protocol], { headers: { origin: "null" } });
    ws.on("error", () => {});
    ws.once("open", () => {
      ws.send(JSON.stringify({ type: "hello", id: 1, name, ticket: id }));
      ws.send(JSON.stringify(subscribe(channel)));
      ws.send(JSON.stringify({ type, channel, data: { id, name, roomId: id, userId: name, userName: name } }));
      ws.send(JSON.stringify({ type, id: 2, room: id, kind: name, to: name }));
      ws.close(code);
    });
    await new Promise((resolve) => ws.once("close", resolve));
  }
  const text = await scrape(server);
  expect(seriesOf(text)).toEqual(before);
  const values = valuesIn(text);
  expect(values['signalbox_closes_total{code="other"}']).toBeGreaterThan(0);
  expect(values['signalbox_handshakes_total{status="404"}']).toBeGreaterThan(0);
});

test("what clients of the seed send and are sent is counted, by kind, in frames and in bytes", async () => {
  const server = await serverWith();
  const [ann, bob, cy] = [await peerOf(server), await peerOf(server), await peerOf(server)] as const;
  for (const peer of [ann, bob, cy]) peer.say(subscribe("c"));
  await settled(ann, bob, cy);
  const before = await valuesOf(server);
  const message = { type: "chat", channel: "c", data: { text: "hello" } };
  ann.say(message);
  await settled(ann, bob, cy);
  ann.say("[]", "no JSON");
  await settled(ann);
  const after = await valuesOf(server);
  const grown = (series: string): number => (after[series] ?? Number.NaN) - (before[series] ?? Number.NaN);
  expect(after).toMatchObject({
    signalbox_clients: 3,
    signalbox_ready: 1,
    'signalbox_handshakes_total{status="101"}': 3,
  });
  expect(grown('signalbox_messages_received_total{kind="publish"}')).toBe(1);
  expect(grown('signalbox_messages_received_total{kind="text"}')).toBe(1);
  expect(grown('signalbox_messages_received_total{kind="frame-refused"}')).toBe(1);
  expect(grown('signalbox_refusals_total{code="invalid-message"}')).toBe(1);
  expect(grown('signalbox_messages_sent_total{kind="relay"}')).toBe(1);
  const pings = grown('signalbox_messages_received_total{kind="ping"}');
  expect(pings).toBe(4);
  // The relay goes to two; the pongs, the error and the echo to one each.
  expect(grown("signalbox_deliveries_total")).toBe(2 + pings + 2);
  const ping = JSON.stringify({ type: "ping" }).length;
  expect(grown("signalbox_received_bytes_total")).toBe(JSON.stringify(message).length + 2 + 7 + pings * ping);
  const received = [ann, bob, cy].flatMap(({ texts }) => texts);
  // All that was ever sent, each frame with a header of two bytes, or four if it is longer than 125.
  const bytes = received.map((text) => Buffer.byteLength(text)).map((n) => n + (n < 126 ? 2 : 4));
  expect(after.signalbox_sent_bytes_total).toBe(bytes.reduce((sum, n) => sum + n, 0));
  expect(after.signalbox_deliveries_total).toBe(received.length);
});

test("sessions that are away, knocks, signals and resumes are counted by what became of them", async () => {
  const server = await serverWith();
  const ann = await callerOf(server, { name: "Ann" });
  const bob = await callerOf(server, { name: "Bob" });
  const cy = await callerOf(server, { name: "Cy" });
  await ann.ask({ type: "join", room: "r", create: { policy: { lobby: true } } });
  await bob.ask({ type: "join", room: "r" });
  await cy.ask({ type: "join", room: "r" });
  expect(await valuesOf(server)).toMatchObject({ signalbox_waiting: 2, signalbox_participants: 1, signalbox_rooms: 1 });
  await ann.ask({ type: "admit", room: "r", user: bob.welcome.user });
  await bob.ask({ type: "join", room: "r" });
  const signal = { type: "signal", room: "r", kind: "offer", data: {}, to: bob.welcome.user } as const;
  await ann.ask({ ...signal, negotiation: 2 });
  await ann.ask({ ...signal, negotiation: 1 });
  await ann.ask({ ...signal, negotiation: 3, to: "nobody" });
  bob.ws.terminate();
  await until(async () => (await valuesOf(server))['signalbox_sessions{state="away"}'] === 1);
  await ann.ask({ ...signal, negotiation: 3 });
  expect(await valuesOf(server)).toMatchObject({
    signalbox_waiting: 1,
    signalbox_participants: 2,
    'signalbox_sessions{state="here"}': 2,
    'signalbox_signals_total{outcome="delivered"}': 1,
    'signalbox_signals_total{outcome="stale"}': 1,
    'signalbox_signals_total{outcome="refused"}': 1,
    'signalbox_signals_total{outcome="kept"}': 1,
    'signalbox_closes_total{code="1006"}': 1,
  });
  await callerOf(server, { ticket: bob.welcome.ticket, seen: bob.seen() });
  await callerOf(server, { ticket: "of.another" });
  expect(await valuesOf(server)).toMatchObject({
    'signalbox_sessions{state="away"}': 0,
    'signalbox_resumes_total{outcome="resumed"}': 1,
    'signalbox_resumes_total{outcome="gap"}': 0,
    'signalbox_resumes_total{outcome="invalid"}': 1,
  });
});

test("who is cut off is counted by the reason", async () => {
  const hasty = await serverWith({ PING_AFTER_MS: "100", CUT_AFTER_MS: "200" });
  const silent = new WebSocket(`ws://127.0.0.1:${hasty.port}/ws`, [], { autoPong: false });
  await new Promise((resolve) => silent.once("close", resolve));
  expect(await valuesOf(hasty)).toMatchObject({ 'signalbox_cut_offs_total{reason="silent"}': 1 });

  const narrow = await serverWith({ OUTBOX_BYTES_MAX: "1024" });
  const [slow, flood] = [await peerOf(narrow), await peerOf(narrow)];
  slow.say(subscribe("c"));
  await slow.heard();
  slow.ws.pause();
  const timer = setInterval(() => flood.say({ type: "x", channel: "c", pad: "x".repeat(60_000) }), 1);
  onTestFinished(() => clearInterval(timer));
  await until(async () => (await valuesOf(narrow))['signalbox_cut_offs_total{reason="slow"}'] === 1);
});

test("who is turned away, and who is not let in, is counted", async () => {
  const server = await serverWith({ CLIENTS_MAX: "2" });
  const rude = new WebSocket(`ws://127.0.0.1:${server.port}/ws`, ["signalbox.v1"]);
  rude.once("open", () => rude.send("{}"));
  await new Promise((resolve) => rude.once("close", resolve));
  await peerOf(server);
  await peerOf(server);
  const late = new WebSocket(`ws://127.0.0.1:${server.port}/ws`);
  await new Promise((resolve) => late.once("error", resolve));
  const values = await valuesOf(server);
  // The scrape has a connection, too.
  expect(values.signalbox_connections).toBeGreaterThanOrEqual(3);
  expect(values.signalbox_connections).toBeLessThan(values.signalbox_connections_max ?? 0);
  expect(values).toMatchObject({
    'signalbox_closes_total{code="3500"}': 1,
    'signalbox_refusals_total{code="invalid-message"}': 1,
    'signalbox_handshakes_total{status="101"}': 3,
    'signalbox_handshakes_total{status="503"}': 1,
    signalbox_clients: 2,
    signalbox_clients_max: 2,
  });
});

const metricsTable = rowsOf(page("docs/OPERATING.md"), "metric", "type", "labels", "meaning");

test("OPERATING has every metric, with its type and its labels, and no others", async () => {
  const text = await scrape(await serverWith());
  const labels = new Map<string, Set<string>>();
  const types = typesIn(text);
  for (const { name, labels: own } of samplesIn(text)) {
    const metric = types.has(name) ? name : name.replace(/_(?:bucket|sum|count)$/, "");
    const known = labels.get(metric) ?? new Set();
    labels.set(metric, known);
    for (const label of Object.keys(own)) if (label !== "le") known.add(label);
  }
  const served = [...types].map(([name, type]) => [name, type, [...(labels.get(name) ?? [])].sort()]);
  const told = metricsTable.map(([name = "", type = "", cell = ""]) => [
    codeIn(name)[0],
    type,
    [...codeIn(cell)].sort(),
  ]);
  expect(told).toEqual(served);
});

test.each(["deploy/prometheus/alerts.yml", "deploy/grafana/signalbox.json"])(
  "%s names metrics that there are",
  (path) => {
    const known = metricsTable.map(([name = ""]) => codeIn(name)[0]);
    const named = [...read(path).matchAll(/\b(?:signalbox|process|nodejs)_\w+/g)].map(([name]) => name);
    expect(named.length).toBeGreaterThan(10);
    expect(named.filter((name) => !known.includes(name.replace(/_(?:bucket|sum|count)$/, "")))).toEqual([]);
  },
);

test("OPERATING says of every alert what it means and what to do first", () => {
  const told = rowsOf(page("docs/OPERATING.md"), "alert", "means", "first step").map(([name = ""]) => codeIn(name)[0]);
  const rules = [...read("deploy/prometheus/alerts.yml").matchAll(/- alert: (\w+)/g)].map(([, name]) => name);
  expect(told).toEqual(rules);
});
