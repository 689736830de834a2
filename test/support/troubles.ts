import { execFileSync } from "node:child_process";
import { rmSync } from "node:fs";
import { onTestFinished } from "vitest";
import { WebSocket } from "ws";
import { freePort } from "../../bench/port.js";
import { portOf, type Started, start } from "./child.js";
import { keeperOf } from "./history.js";
import { until } from "./net.js";
import { metricsPortOf, type Prometheus } from "./prometheus.js";
import { ecPair, signed } from "./tokens.js";
import { callerOf } from "./v1.js";

/** Does something again and again, until the test is over. */
export const often = (everyMs: number, act: () => void): void => {
  const timer = setInterval(act, everyMs);
  onTestFinished(() => clearInterval(timer));
};

/** A socket that fails in silence: what is tested makes sockets fail. Undefined where it was turned away. */
export const socketAt = async (
  port: number,
  protocols: string[] = [],
  options = {},
): Promise<WebSocket | undefined> => {
  const ws = new WebSocket(`ws://127.0.0.1:${port}/ws`, protocols, options);
  ws.on("error", () => {});
  onTestFinished(() => ws.terminate());
  await new Promise((resolve) => {
    ws.once("open", resolve);
    ws.once("close", resolve);
  });
  return ws.readyState === WebSocket.OPEN ? ws : undefined;
};

/** A client of signalbox.v1, and its welcome. */
const memberAt = async (port: number, hello: object = {}) => {
  const ws = await socketAt(port, ["signalbox.v1"]);
  if (ws === undefined) throw new Error("turned away");
  const frames: Array<Readonly<Record<string, unknown>>> = [];
  ws.on("message", (data) => frames.push(JSON.parse(String(data))));
  let id = 1;
  ws.send(JSON.stringify({ type: "hello", id, ...hello }));
  await until(() => frames.length > 0 || ws.readyState !== WebSocket.OPEN);
  const say = (request: object): void => {
    id += 1;
    if (ws.readyState === WebSocket.OPEN) ws.send(JSON.stringify({ ...request, id, seen: lastN(frames) }));
  };
  /** Two sockets overtake each other: what one does waits for the answer to the other. */
  const join = async (): Promise<void> => {
    say({ type: "join", room: "r", create: {} });
    await until(() => frames.some(({ type }) => type === "result"), 10_000);
  };
  return { ws, say, join, user: String(frames[0]?.user), ticket: String(frames[0]?.ticket) };
};

/** Says hello and goes. At the end of the test the server may be gone before. */
const visit = (port: number, hello: object): Promise<void> =>
  memberAt(port, hello).then(
    ({ ws }) => ws.close(),
    () => {},
  );

const lastN = (frames: ReadonlyArray<Readonly<Record<string, unknown>>>): number =>
  Math.max(0, ...frames.slice(-50).map(({ n }) => Number(n ?? 0)));

const signal = (to: string) => ({ type: "signal", room: "r", to, kind: "candidate", negotiation: 0, data: {} });

/** What a server that is well has to do: dashboards and sessions that talk, and one who drops and comes back. */
export const useOf = async (server: Started): Promise<void> => {
  const port = await portOf(server);
  const channel = "webrtc-dashboard-rooms";
  const dashboards = await Promise.all(Array.from({ length: 10 }, () => socketAt(port)));
  for (const ws of dashboards) ws?.send(JSON.stringify({ type: "subscribe", channel }));
  dashboards[0]?.send(JSON.stringify({ type: "room-created", data: { id: "s", name: "S" } }));
  for (const [i, ws] of dashboards.entries())
    ws?.send(JSON.stringify({ type: "user-joined-room", data: { roomId: "s", userId: `u${i}`, userName: "U" } }));
  const ann = await memberAt(port, { name: "Ann" });
  const bob = await memberAt(port, { name: "Bob" });
  await ann.join();
  await bob.join();
  often(50, () => {
    for (const ws of dashboards) ws?.send(JSON.stringify({ type: "chat", channel, data: { text: "hello" } }));
    ann.say(signal(bob.user));
  });
  bob.ws.terminate();
  await memberAt(port, { ticket: bob.ticket });
};

/** A client that sends what makes no sense, one that signals to somebody who is not there, one that shows tickets of another server. */
export const confuse = async (server: Started): Promise<void> => {
  const port = await portOf(server);
  const junk = await socketAt(port);
  const ann = await memberAt(port);
  await ann.join();
  often(50, () => {
    junk?.send("[]");
    ann.say(signal("nobody"));
  });
  often(500, () => void visit(port, { ticket: "of.another" }));
};

/** Clients that come, and never answer a ping. */
export const fallSilent = async (server: Started): Promise<void> => {
  const port = await portOf(server);
  often(500, () => void socketAt(port, [], { autoPong: false }));
};

/** Takes the folder away that the server records into: there is no place for a second file. */
export const takeAway = async (server: Started, folder: string): Promise<void> => {
  await portOf(server);
  rmSync(folder, { recursive: true });
};

/** The disk takes nothing any more, and somebody joins. */
export const fillDisk = async (server: Started): Promise<void> => {
  const port = await portOf(server);
  execFileSync("prlimit", ["--pid", String(server.child.pid), "--fsize=0"]);
  const { ask } = await callerOf({ port });
  ask({ type: "join", room: "r", create: {} });
};

/** The process of the history ends, and whichever comes after it. */
export const endHistory = async (server: Started): Promise<void> => {
  await portOf(server);
  often(200, () => {
    const keeper = keeperOf(server);
    // 0: there is none now.
    if (keeper > 0) process.kill(keeper, "SIGKILL");
  });
};

/** Clients take all places, and some more stand outside. They do not answer a close, so that a stop takes its time. */
export const fill = async (server: Started, places: number): Promise<void> => {
  const port = await portOf(server);
  for (let i = 0; i < places; i++) (await socketAt(port))?.pause();
  often(200, () => void socketAt(port));
};

/** Clients that ask for a path where there are no WebSockets. */
export const goAstray = async (server: Started): Promise<void> => {
  const port = await portOf(server);
  often(200, () => new WebSocket(`ws://127.0.0.1:${port}/elsewhere`).on("error", () => {}));
};

/** Stops the process for most of the time, as a busy machine does. */
export const holdUp = ({ child }: Started): void => {
  onTestFinished(() => void child.kill("SIGCONT"));
  often(600, () => {
    child.kill("SIGSTOP");
    setTimeout(() => child.kill("SIGCONT"), 400);
  });
};

/** Shows tokens that nobody can verify, and more often none. */
export const showTokens = async (server: Started): Promise<void> => {
  const port = await portOf(server);
  const { privateKey } = ecPair();
  const now = Math.floor(Date.now() / 1_000);
  const token = await signed({ sub: "ann", iat: now, exp: now + 600 }, { alg: "ES256", key: privateKey, kid: "k" });
  often(500, () => void visit(port, { token }));
  often(100, () => void visit(port, {}));
};

/** A server that ends again and again, each time after it has been scraped, and then for good. */
export const crashOften = async (
  times: number,
): Promise<{ readonly port: number; readonly crashed: (prometheus: Prometheus) => Promise<void> }> => {
  const port = await freePort();
  const startAgain = (): Started => start({ METRICS_PORT: String(port) });
  const first = startAgain();
  await metricsPortOf(first);
  const startedAt = async (prometheus: Prometheus): Promise<number | undefined> =>
    (await prometheus.query(`process_start_time_seconds{instance="127.0.0.1:${port}"}`))[0]?.value;
  return {
    port,
    crashed: async (prometheus) => {
      let [running, seen] = [first, 0];
      for (let i = 0; i <= times; i++) {
        await until(async () => ((await startedAt(prometheus)) ?? seen) !== seen, 15_000);
        seen = (await startedAt(prometheus)) ?? 0;
        running.child.kill("SIGKILL");
        await running.ended;
        if (i < times) running = startAgain();
      }
    },
  };
};
