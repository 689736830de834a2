// Memory of the built server with clients of signalbox.v1 in rooms of four, who have exchanged an offer and ten candidates
// with each other: node bench/rooms.mjs 2000 8000. Without numbers: 2000 4000 6000.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { WebSocket } from "ws";

const [port, metricsPort] = [3317, 9477];
const roomSize = 4;
const main = fileURLToPath(new URL("../dist/main.js", import.meta.url));
const server = spawn(process.execPath, [main], {
  env: {
    ...{ ...process.env, NODE_ENV: "production", LOG_LEVEL: "warn", HOST: "127.0.0.1" },
    ...{ PORT: String(port), METRICS_PORT: String(metricsPort) },
  },
  stdio: ["ignore", "ignore", "inherit"],
});
process.on("exit", () => server.kill("SIGKILL"));

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const megabytes = async () => {
  const text = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
  return Math.round(Number(/^process_resident_memory_bytes (\S+)$/m.exec(text)?.[1]) / 1e6);
};

/** One that joins a room and signals to who is there. */
const join = async (room) => {
  const ws = new WebSocket(`ws://127.0.0.1:${port}/ws`, ["signalbox.v1"]);
  let [id, seen, user] = [0, 0, ""];
  const say = (message) => {
    id += 1;
    ws.send(JSON.stringify({ ...message, id, seen }));
  };
  await once(ws, "open");
  const isIn = new Promise((resolve) => {
    ws.on("message", (data) => {
      const message = JSON.parse(String(data));
      seen = Math.max(seen, message.n ?? 0);
      if (message.type === "welcome") {
        user = message.user;
        say({ type: "join", room, create: {} });
      } else if (message.id === 2) resolve(message.room.participants.filter((one) => one.user !== user));
    });
  });
  say({ type: "hello" });
  for (const { user: to } of await isIn)
    for (let i = 0; i <= 10; i++) {
      const [kind, data] = i === 0 ? ["offer", "x".repeat(2_000)] : ["candidate", "x".repeat(120)];
      say({ type: "signal", room, to, kind, negotiation: 1, data });
    }
  // What it has seen is told with the next message.
  setInterval(() => say({ type: "ping" }), 10_000).unref();
};

await sleep(10_000);
process.stdout.write(`0 clients: ${await megabytes()} MB\n`);
let clients = 0;
const given = process.argv.slice(2).map(Number);
const targets = given.length > 0 ? given : [2_000, 4_000, 6_000];
for (const target of targets) {
  for (; clients < target; clients += roomSize * 10)
    await Promise.all(
      Array.from({ length: roomSize * 10 }, (_, i) => join(`room-${Math.floor((clients + i) / roomSize)}`)),
    );
  await sleep(30_000);
  process.stdout.write(`${clients} clients in ${clients / roomSize} rooms: ${await megabytes()} MB\n`);
}
process.exit(0);
