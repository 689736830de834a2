// Honest clients in a process of their own: node good.mjs PORT [PROTOCOL]. Two of them talk to each other, targeted, 50 times a second.
// At the word "figures" on standard input it says, as JSON, how long the messages took since the last time, and how many of
// the two were cut off.
import { createInterface } from "node:readline";
import { WebSocket } from "ws";

const [port, protocol = "signalbox"] = process.argv.slice(2);
const everyMs = 20;
let tookMs = [];
let cut = 0;

/** How a protocol has them come, and say the n-th message. */
const protocols = {
  signalbox: {
    path: () => "/ws",
    hello: (name) => [
      ...["good", "webrtc-dashboard-rooms"].map((channel) => ({ type: "subscribe", channel })),
      { type: "webrtc-ready", channel: "good", data: { fromUserId: name } },
    ],
    say: (n) => ({
      type: "webrtc-ice-candidate",
      channel: "good",
      data: { fromUserId: "good-ann", toUserId: "good-bob", n, candidate: "candidate" },
    }),
    heard: ({ type, data }) => (type === "webrtc-ice-candidate" ? data?.n : undefined),
  },
  peerjs: {
    path: (name) => `/peerjs?key=peerjs&token=t&id=${name}`,
    hello: () => [],
    say: (n) => ({ type: "CANDIDATE", dst: "good-bob", payload: { n, candidate: "candidate" } }),
    heard: ({ type, payload }) => (type === "CANDIDATE" ? payload?.n : undefined),
  },
  "y-webrtc": {
    path: () => "/",
    hello: () => [{ type: "subscribe", topics: ["good"] }],
    say: (n) => ({ type: "publish", topic: "good", n, candidate: "candidate" }),
    heard: ({ type, n }) => (type === "publish" ? n : undefined),
  },
};
const { path, hello, say, heard } = protocols[protocol];

const come = (name) =>
  new Promise((resolve, reject) => {
    const ws = new WebSocket(`ws://127.0.0.1:${port}${path(name)}`);
    ws.on("error", reject);
    ws.on("close", () => {
      cut += 1;
    });
    ws.on("open", () => {
      for (const message of hello(name)) ws.send(JSON.stringify(message));
      resolve(ws);
    });
  });

const [ann, bob] = [await come("good-ann"), await come("good-bob")];
const sent = new Map();
bob.on("message", (text) => {
  // How long a client reads in a long list is its own time, and not the server's.
  if (text.length > 10_000) return;
  const number = heard(JSON.parse(text));
  const at = sent.get(number);
  if (at === undefined) return;
  sent.delete(number);
  tookMs.push(performance.now() - at);
});
let n = 0;
setInterval(() => {
  n += 1;
  sent.set(n, performance.now());
  if (ann.readyState === ann.OPEN) ann.send(JSON.stringify(say(n)));
}, everyMs);

createInterface({ input: process.stdin }).on("line", () => {
  // What has not come yet counts for as long as it has taken so far.
  const late = [...sent.values()].map((at) => performance.now() - at);
  const all = [...tookMs, ...late.filter((ms) => ms > everyMs)].sort((a, b) => a - b);
  tookMs = [];
  const at = (share) => all[Math.min(all.length - 1, Math.floor(all.length * share))] ?? Infinity;
  process.stdout.write(`${JSON.stringify({ messages: all.length, p50: at(0.5), p99: at(0.99), worst: at(1), cut })}\n`);
});
process.stdout.write("there\n");
