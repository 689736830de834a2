import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { WebSocket } from "ws";
import { eventsOf } from "../../adapters/journal/read.js";
import { logEvents } from "../../adapters/observe/log-events.js";
import { freePort } from "../../bench/port.js";
import manifest from "../../package.json" with { type: "json" };
import { emptyFolder } from "../log/folder.js";
import { portOf, type Started, start, startCommand, startWithLogIn } from "../support/child.js";
import { type Received, until } from "../support/net.js";

test("a wrong value ends the start with one line", async () => {
  const started = start({ DELIVERY: "everything" });
  expect(await started.ended).toEqual([1, null]);
  expect(started.err()).toBe('DELIVERY is "everything" in the environment: it must be one of targeted, broadcast.\n');
});

test("a start with RELAY, the former name of DELIVERY, ends with one line that says what to set", async () => {
  const started = start({ RELAY: "flood" });
  expect(await started.ended).toEqual([1, null]);
  expect(started.err()).toBe(
    "RELAY has been renamed: set DELIVERY=targeted, or DELIVERY=broadcast instead of RELAY=flood.\n",
  );
});

test("in production, all that is wrong is told in JSON lines", async () => {
  const started = start({ NODE_ENV: "production", PORT: "x", ALLOWED_ORIGIN: "*" });
  expect(await started.ended).toEqual([1, null]);
  const lines = started.err().trim().split("\n");
  expect(lines.map((line) => JSON.parse(line))).toEqual([
    {
      level: 50,
      time: expect.any(String),
      event: "setting-wrong",
      setting: "ALLOWED_ORIGIN",
      msg: "ALLOWED_ORIGIN in the environment is no setting: did you mean ALLOWED_ORIGINS?",
    },
    {
      level: 50,
      time: expect.any(String),
      event: "setting-wrong",
      setting: "PORT",
      msg: 'PORT is "x" in the environment: it must be a whole number from 0 to 65535.',
    },
  ]);
});

test("an open production is one warning, one that forgets its users another, and otherwise there is none", async () => {
  const warnings = async (env: Readonly<Record<string, string>>): Promise<ReadonlyArray<string>> => {
    const started = start({ NODE_ENV: "production", STUN_SERVERS: "stun:stun.example.org", ...env });
    await portOf(started);
    started.child.kill("SIGTERM");
    await started.ended;
    await until(() => started.out().includes("SIGTERM"));
    const lines: ReadonlyArray<Received> = started
      .out()
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    return lines.filter(({ level }) => level === 40).map(({ msg }) => msg);
  };
  const key = { AUTH_JWT_SECRET: "x".repeat(32) };
  const secret = { SESSION_SECRET: "x".repeat(32) };
  const rest = { ALLOWED_ORIGINS: "https://a.example" };
  const unlimited = { ...rest, ...key, MESSAGES_PER_SECOND: "0" };
  expect(await warnings({})).toEqual([
    "[Server] ⚠️ This server is open: no authentication (set AUTH_JWT_SECRET, AUTH_JWT_PUBLIC_KEY or AUTH_JWKS_URL); pages of all origins may connect (set ALLOWED_ORIGINS).",
    "[Server] ⚠️ SESSION_SECRET is not set: after a restart all users are somebody else, and every call is interrupted.",
  ]);
  // There it is kept in the folder.
  expect(await warnings({ ...rest, DATA: emptyFolder() })).toEqual([expect.stringMatching(/This server is open/)]);
  expect(await warnings({ ...rest, ...secret })).toEqual([
    expect.stringMatching(/open: no authentication \([^)]*\)\.$/),
  ]);
  expect(await warnings(unlimited)).toEqual([
    expect.stringMatching(/open: no rate limit \(set MESSAGES_PER_SECOND\)\.$/),
  ]);
  expect(await warnings({ ...key, ...rest })).toEqual([]);
});

test("check says what would run, without a secret, and starts nothing", async () => {
  const blocker = createServer().listen(0, "127.0.0.1");
  await once(blocker, "listening");
  onTestFinished(() => void blocker.close());
  const { port } = blocker.address() as { port: number };
  const told = {
    DATA: "/nowhere/data",
    METRICS_PORT: "9464",
    HISTORY: "/nowhere/history.db",
    TURN_URLS: "turn:turn.example.org",
  };
  const secrets = { AUTH_JWT_SECRET: "hush".repeat(8), TURN_SECRET: "hush".repeat(8) };
  const started = startCommand({ ...told, ...secrets, ALLOWED_ORIGIN: "x" }, "check", `--port=${port}`);
  // Starting would fail: the port is taken.
  expect(await started.ended).toEqual([0, null]);
  expect(started.out()).toContain(`  address         127.0.0.1, port ${port}\n`);
  expect(started.out()).toContain("  authentication  tokens signed with a secret\n");
  expect(started.out()).toContain(`  PORT             "${port}" as a flag\n`);
  expect(started.out()).toContain("ALLOWED_ORIGIN in the environment is no setting: did you mean ALLOWED_ORIGINS?\n");
  expect(started.out()).not.toContain("hush");
  expect(started.out()).toContain("  metrics         127.0.0.1, port 9464\n  TURN            turn:turn.example.org\n");
  expect(started.out()).toContain("  data            /nowhere/data\n");
  expect(started.out()).toContain("  history         /nowhere/history.db\n");
});

test("check refuses what a start would refuse, a public key that is not there too", async () => {
  const wrong = startCommand({ PORT: "x", KNOCK_MS: "1" }, "check");
  expect(await wrong.ended).toEqual([1, null]);
  expect(wrong.err().trim().split("\n")).toHaveLength(2);
  const keyless = startCommand({ AUTH_JWT_PUBLIC_KEY: "/nowhere/key.pem" }, "check");
  expect(await keyless.ended).toEqual([1, null]);
  expect(keyless.err()).toMatch(/^AUTH_JWT_PUBLIC_KEY [^\n]*\n$/);
});

test("--version is the version, and starts nothing", async () => {
  const started = startCommand({ PORT: "x" }, "--version");
  expect(await started.ended).toEqual([0, null]);
  expect(started.out()).toBe(`${manifest.version}\n`);
});

test("--help names the settings, whatever else is wrong", async () => {
  const started = startCommand({ PORT: "x" }, "--help", "--nonsense");
  expect(await started.ended).toEqual([0, null]);
  expect(started.out()).toMatch(/^Usage: .*--room-waiting-max {2}0–100000; default: 100\n/s);
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
    `Port ${port} is already in use. Stop the program that uses it, or choose another port: PORT=${port + 1}\n`,
  );
});

test("a host that is not this machine's is named", async () => {
  const started = start({ HOST: "192.0.2.1" });
  expect(await started.ended).toEqual([1, null]);
  expect(started.err()).toBe('HOST is "192.0.2.1": it must be a local IP address or host name.\n');
});

const threeSockets = (port: number): Promise<ReadonlyArray<WebSocket>> =>
  Promise.all(
    [1, 2, 3].map(async () => {
      const ws = new WebSocket(`ws://127.0.0.1:${port}/ws`);
      await once(ws, "open");
      return ws;
    }),
  );

test.each(["SIGINT", "SIGTERM"] as const)("%s closes every socket with 1001 and ends within 5 s", async (signal) => {
  const started = start({});
  const port = await portOf(started);
  const sockets = await threeSockets(port);
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

const jsonLines = (started: Started): ReadonlyArray<Received> =>
  started
    .out()
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));

test("a drain is logged with its event codes, and its recording is whole", async () => {
  const folder = mkdtempSync(join(tmpdir(), "signalbox-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const journal = join(folder, "run.ndjson");
  const started = start({ NODE_ENV: "production", DRAIN_SECONDS: "1", RECORD: journal });
  const port = await portOf(started);
  const sockets = await threeSockets(port);
  const closes = sockets.map((ws) => once(ws, "close").then(([code]) => code));
  started.child.kill("SIGTERM");
  expect(await Promise.all(closes)).toEqual([1012, 1012, 1012]);
  expect(await started.ended).toEqual([0, null]);
  await until(() => started.out().includes('"drained"'));
  const lines = jsonLines(started);
  expect(lines.filter(({ event, time, msg }) => !(event in logEvents && time && msg))).toEqual([]);
  expect(lines.slice(-5)).toMatchObject([
    { event: "stopping", signal: "SIGTERM", drainSeconds: 1, level: 30 },
    ...sockets.map(() => ({ event: "client-disconnected", code: 1012 })),
    { event: "drained", clients: 0 },
  ]);
  const kinds = [...eventsOf([journal])].map(({ kind }) => kind);
  expect(kinds.slice(-4)).toEqual([...sockets.map(() => "ClientDisconnected"), "ServerStopping"]);
});

test("a second signal ends a drain at once", async () => {
  const started = start({ DRAIN_SECONDS: "60" });
  const port = await portOf(started);
  const first = new WebSocket(`ws://127.0.0.1:${port}/ws`);
  const second = new WebSocket(`ws://127.0.0.1:${port}/ws`);
  await Promise.all([once(first, "open"), once(second, "open")]);
  started.child.kill("SIGTERM");
  await until(() => started.out().includes("clients are sent elsewhere over 60 s"));
  const began = performance.now();
  started.child.kill("SIGTERM");
  expect(await started.ended).toEqual([1, null]);
  expect(performance.now() - began).toBeLessThan(1_000);
});

test("a stop is logged once, with its signal, before the clients that it disconnects", async () => {
  const started = start({ NODE_ENV: "production", DRAIN_SECONDS: "0" });
  const port = await portOf(started);
  const ws = new WebSocket(`ws://127.0.0.1:${port}/ws`);
  await once(ws, "open");
  started.child.kill("SIGTERM");
  await started.ended;
  // The last of its output may come after its end.
  await until(() => started.out().includes("Client disconnected"));
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

test("a reader of the log that has stopped does not keep a server that is told to stop", async () => {
  const fault = `import { write } from "node:fs";
    process.on("SIGUSR2", () => write(1, "x".repeat(1_000_000), () => {}));`;
  const started = start({}, "--import", `data:text/javascript,${encodeURIComponent(fault)}`);
  await portOf(started);
  started.child.stdout?.pause();
  started.child.kill("SIGUSR2");
  await new Promise((resolve) => setTimeout(resolve, 200));
  started.child.kill("SIGTERM");
  expect(await started.ended).toEqual([0, null]);
});

test("a full disk for the log ends nothing", async () => {
  const port = await freePort();
  const env = { NODE_ENV: "production", PORT: String(port), DRAIN_SECONDS: "0" };
  const started = startWithLogIn("/dev/full", env);
  const health = (): Promise<boolean> =>
    fetch(`http://127.0.0.1:${port}/health`).then(
      ({ ok }) => ok,
      () => false,
    );
  await until(health, 10_000);
  const ws = new WebSocket(`ws://127.0.0.1:${port}/ws`);
  await once(ws, "open");
  expect(await health()).toBe(true);
  started.child.kill("SIGTERM");
  expect(await started.ended).toEqual([0, null]);
  expect(started.err()).toBe("");
});

test("an uncaught error ends a server whose log is on a full disk", async () => {
  const fault = `data:text/javascript,setTimeout(() => { throw new Error("planted") }, 700)`;
  const started = startWithLogIn("/dev/full", {}, "--import", fault);
  expect(await started.ended).toEqual([1, null]);
  expect(started.err()).toMatch(/^\[Server\] 💥 Uncaught error: Error: planted/);
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
