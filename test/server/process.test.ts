import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { WebSocket } from "ws";
import { portOf, start } from "../support/child.js";
import { type Received, until } from "../support/net.js";

test("a wrong value ends the start with one line", async () => {
  const started = start({ DELIVERY: "everything" });
  expect(await started.ended).toEqual([1, null]);
  expect(started.err()).toBe('DELIVERY is "everything": it must be one of targeted, broadcast.\n');
});

test("a start with RELAY, the former name of DELIVERY, ends with one line that says what to set", async () => {
  const started = start({ RELAY: "flood" });
  expect(await started.ended).toEqual([1, null]);
  expect(started.err()).toBe(
    "RELAY has been renamed: set DELIVERY=targeted, or DELIVERY=broadcast instead of RELAY=flood.\n",
  );
});

test("the start line for an IPv6 address has a URL that can be opened", async () => {
  const started = start({ HOST: "::1" });
  if (!Object.values(networkInterfaces()).some((addresses) => addresses?.some(({ address }) => address === "::1"))) {
    // Without IPv6, as in some containers, there is no such address to listen on.
    expect(await started.ended).toEqual([1, null]);
    return;
  }
  const port = await portOf(started);
  const [url = ""] = /http:\S+/.exec(started.out()) ?? [];
  expect(url).toBe(`http://[::1]:${port}/`);
  expect((await fetch(url)).status).toBe(200);
});

test("a port in use ends the start with one line that says how to choose another", async () => {
  const blocker = createServer().listen(0, "127.0.0.1");
  await once(blocker, "listening");
  onTestFinished(() => void blocker.close());
  const { port } = blocker.address() as { port: number };
  const started = start({ PORT: String(port) });
  expect(await started.ended).toEqual([1, null]);
  expect(started.err()).toBe(
    `Port ${port} is already in use. Stop the program that uses it, or choose another port: PORT=${port + 1} npm start\n`,
  );
});

test("a host that is not this machine's is named", async () => {
  const started = start({ HOST: "192.0.2.1" });
  expect(await started.ended).toEqual([1, null]);
  expect(started.err()).toBe('HOST is "192.0.2.1": it must be a local IP address or host name.\n');
});

test.each(["SIGINT", "SIGTERM"] as const)("%s closes every socket with 1001 and ends within 5 s", async (signal) => {
  const started = start({});
  const port = await portOf(started);
  const sockets = await Promise.all(
    [1, 2, 3].map(async () => {
      const ws = new WebSocket(`ws://127.0.0.1:${port}/ws`);
      await once(ws, "open");
      return ws;
    }),
  );
  const closes = sockets.map(async (ws) => once(ws, "close").then(([code, reason]) => [code, String(reason)]));
  const began = performance.now();
  started.child.kill(signal);
  expect(await Promise.all(closes)).toEqual(sockets.map(() => [1001, "the server is stopping"]));
  expect(await started.ended).toEqual([0, null]);
  expect(performance.now() - began).toBeLessThan(5_000);
});

test("a client that does not let go is cut off, within 5 s; meanwhile nobody is let in", async () => {
  const started = start({});
  const port = await portOf(started);
  const ws = new WebSocket(`ws://127.0.0.1:${port}/ws`);
  await once(ws, "open");
  ws.pause();
  const began = performance.now();
  started.child.kill("SIGTERM");
  await until(() => started.out().includes("SIGTERM"));
  const late = new WebSocket(`ws://127.0.0.1:${port}/ws`);
  const [refusal] = await once(late, "error");
  expect(String(refusal)).toMatch(/ECONNREFUSED|ECONNRESET|503/);
  expect(await started.ended).toEqual([0, null]);
  expect(performance.now() - began).toBeLessThan(5_000);
});

test("a second signal ends at once", async () => {
  const started = start({});
  const port = await portOf(started);
  const ws = new WebSocket(`ws://127.0.0.1:${port}/ws`);
  await once(ws, "open");
  ws.pause();
  started.child.kill("SIGTERM");
  await until(() => started.out().includes("SIGTERM"));
  const began = performance.now();
  started.child.kill("SIGTERM");
  expect(await started.ended).toEqual([1, null]);
  expect(performance.now() - began).toBeLessThan(1_000);
});

test("a stop is logged once, with its signal, before the clients that it disconnects", async () => {
  const started = start({ NODE_ENV: "production" });
  const port = await portOf(started);
  const ws = new WebSocket(`ws://127.0.0.1:${port}/ws`);
  await once(ws, "open");
  started.child.kill("SIGTERM");
  await started.ended;
  const lines = started
    .out()
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line).msg);
  expect(lines.slice(-2)).toEqual([
    "[Server] 🛑 SIGTERM: stopping, all connections are closed (send it again to exit at once)",
    expect.stringContaining("Client disconnected"),
  ]);
  expect(lines.filter((line) => /stopping|SIGTERM/i.test(line))).toHaveLength(1);
});

test("an error of the listening socket is logged, and the recording goes on", async () => {
  const folder = mkdtempSync(join(tmpdir(), "signalbox-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const fault = `import { Server } from "node:net";
    const { listen } = Server.prototype;
    Server.prototype.listen = function (...args) {
      this.once("listening", () => setTimeout(() => this.emit("error", new Error("planted")), 100));
      return listen.apply(this, args);
    };`;
  const started = start({ RECORD: folder }, "--import", `data:text/javascript,${encodeURIComponent(fault)}`);
  const port = await portOf(started);
  await until(() => started.out().includes("[Server] 💥 Error: planted"));
  const ws = new WebSocket(`ws://127.0.0.1:${port}/ws`);
  await once(ws, "open");
  await until(async () => {
    const { recording }: Received = await (await fetch(`http://127.0.0.1:${port}/health`)).json();
    return recording.state === "on" && recording.eventsWritten >= 2;
  });
  ws.terminate();
});

test("an uncaught error ends the process with its cause", async () => {
  const fault = `data:text/javascript,setTimeout(() => { throw new Error("planted") }, 700)`;
  const started = start({}, "--import", fault);
  await portOf(started);
  expect(await started.ended).toEqual([1, null]);
  expect(started.err()).toMatch(/^\[Server\] 💥 Uncaught error: Error: planted/);
});

test("a promise that nobody catches does so too", async () => {
  const started = start(
    {},
    "--import",
    `data:text/javascript,setTimeout(() => Promise.reject(new Error("planted")), 700)`,
  );
  await portOf(started);
  expect(await started.ended).toEqual([1, null]);
  expect(started.err()).toContain("planted");
});

test("a reader of the log that stops reading stops nobody else", async () => {
  const started = start({});
  const port = await portOf(started);
  started.child.stdout?.pause();
  const flood = new WebSocket(`ws://127.0.0.1:${port}/ws`);
  await once(flood, "open");
  for (let i = 0; i < 20_000; i++) flood.send("[]");
  const witness = new WebSocket(`ws://127.0.0.1:${port}/ws`);
  const heard: string[] = [];
  witness.on("message", (data) => heard.push(String(data)));
  await once(witness, "open");
  const began = performance.now();
  witness.send('{"type":"ping"}');
  await until(() => heard.some((text) => text.includes("pong")));
  expect(performance.now() - began).toBeLessThan(2_000);
  flood.terminate();
});

test("production logs JSON lines, otherwise they are for eyes", async () => {
  const production = start({ NODE_ENV: "production" });
  await portOf(production);
  const lines = production
    .out()
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(lines[0]).toMatchObject({
    level: 30,
    msg: expect.stringMatching(/^\[Server\] 🚀 /),
  });
  const development = start({});
  await portOf(development);
  expect(development.out()).toMatch(/^\[\d\d:\d\d:\d\d\.\d{3}\] INFO: \[Server\] 🚀 .*\n/);
});

test("who is turned away stands in the log, with the reason", async () => {
  const started = start({ ALLOWED_ORIGINS: "https://meet.example.org" });
  const port = await portOf(started);
  for (const [path, origin] of [
    ["/ws", "https://elsewhere.example.org"],
    ["/socket?token=secret", "https://meet.example.org"],
  ]) {
    const ws = new WebSocket(`ws://127.0.0.1:${port}${path}`, { headers: { origin } });
    await once(ws, "error");
  }
  await until(() => started.out().includes("WebSockets live at"));
  expect(started.out()).toMatch(
    /WARN: .* Turned away: 403 .*ALLOWED_ORIGINS.* \(address "127\.0\.0\.1", path "\/ws", origin "https:\/\/elsewhere\.example\.org"\)/,
  );
  expect(started.out()).toMatch(/Turned away: 404 .*\/ws\/\. \(address "127\.0\.0\.1", path "\/socket", /);
  expect(started.out()).not.toContain("secret");
});
