import { join } from "node:path";
import { expect, test } from "vitest";
import { portOf, start } from "../support/child.js";
import { eventually, folder, keeperOf, receiver, rows, webhookSecret } from "../support/history.js";
import { peerOf, type Received } from "../support/net.js";

const historyOf = async (port: number): Promise<Received> => {
  const health: Received = await (await fetch(`http://127.0.0.1:${port}/health`)).json();
  return health.history;
};

/** People who come and go in a few rooms, without a pause, until their sockets break. */
const crowd = async (port: number): Promise<void> => {
  for (const room of ["a", "b", "c"]) {
    const peer = await peerOf({ port });
    peer.say({ type: "room-created", data: { id: room, name: room } });
    peer.say({ type: "user-joined-room", data: { roomId: room, userId: "host", userName: "Host" } });
    let n = 0;
    const clock = setInterval(() => {
      if (peer.ws.readyState !== peer.ws.OPEN) return clearInterval(clock);
      const who = { roomId: room, userId: `user-${n++}`, userName: "Somebody" };
      peer.say({ type: "user-joined-room", data: who }, { type: "user-left-room", data: who });
    }, 30);
  }
};

/** `npm run soak` is the longer run. */
const rounds = process.env.SOAK === "1" ? 5 : 2;

test(`killed ${rounds} times in the middle of it: nothing written is lost, and every fact is delivered, in order in each room`, async () => {
  const path = join(folder(), "history.db");
  // The receiver fails now and then, and is slow now and then.
  let calls = 0;
  const { url, got } = await receiver((response) => {
    calls += 1;
    if (calls % 61 === 0) response.writeHead(500).end();
    else setTimeout(() => response.writeHead(204).end(), calls % 5 === 0 ? 20 : 0);
  });
  const env = { HISTORY: path, WEBHOOK_URL: url, WEBHOOK_SECRET: webhookSecret, LOG_LEVEL: "info" };
  let before = 0;
  for (let round = 0; round < rounds; round++) {
    const server = start(env);
    const port = await portOf(server);
    await crowd(port);
    let written = 0;
    await eventually(async () => {
      written = (await historyOf(port)).factsWritten;
      return written > 40 + 50 * round;
    }, 20_000);
    // Either the server alone, or all of it, the keeper first.
    if (round % 2 === 1) process.kill(keeperOf(server), "SIGKILL");
    server.child.kill("SIGKILL");
    await server.ended;
    const [[facts = 0] = []] = rows(path, "SELECT count(*) FROM facts");
    expect(Number(facts)).toBeGreaterThanOrEqual(before + written);
    before = Number(facts);
  }
  const last = start(env);
  const port = await portOf(last);
  await eventually(
    async () => (await historyOf(port)).webhooks.waiting === 0 && rows(path, "SELECT 1 FROM deliveries").length === 0,
    90_000,
  );
  expect(rows(path, "PRAGMA integrity_check")).toEqual([["ok"]]);
  expect(rows(path, "SELECT count(*) FROM visits WHERE left_at IS NULL")).toEqual([[0]]);
  expect(rows(path, "SELECT count(*) FROM runs WHERE stopped_at IS NULL")).toEqual([[rounds + 1]]);
  const [[stopped = 0] = []] = rows(path, "SELECT count(*) FROM visits WHERE reason = 'server-stopped'");
  expect(Number(stopped)).toBeGreaterThanOrEqual(3 * rounds);
  expect(rows(path, "SELECT count(*) FROM visits WHERE reason = 'unknown'")).toEqual([[0]]);

  // A repeat has the id of the first: the receiver drops it, and what is left is the history.
  for (const room of ["a", "b", "c"]) {
    const told = got
      .filter(({ body }) => JSON.parse(body).data.room === room)
      .map(({ headers }) => String(headers["webhook-id"]));
    expect([...new Set(told)]).toEqual(
      rows(path, `SELECT id FROM facts WHERE room = '${room}' ORDER BY seq`).map(([id]) => id),
    );
  }
}, 180_000);
