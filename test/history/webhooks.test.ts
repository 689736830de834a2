import { statSync } from "node:fs";
import { join } from "node:path";
import { Webhook } from "standardwebhooks";
import { expect, test } from "vitest";
import { deliveryOf, pauseAfter, queueMax } from "../../adapters/history/deliver.js";
import type { Outcome, Queued } from "../../adapters/history/store.js";
import { portOf, start } from "../support/child.js";
import {
  start as begun,
  came,
  eventually,
  folder,
  opened,
  receiver,
  rows,
  storeAt,
  webhookSecret,
} from "../support/history.js";
import { peerOf, type Received } from "../support/net.js";

const historyOf = async (port: number): Promise<Received> => {
  const health: Received = await (await fetch(`http://127.0.0.1:${port}/health`)).json();
  return health.history;
};

const envOf = (url: string) => ({
  HISTORY: join(folder(), "history.db"),
  WEBHOOK_URL: url,
  WEBHOOK_SECRET: webhookSecret,
});

/** A queue of facts that are not on a disk, and what becomes of them. */
const deliveryTo = (url: string, times: { readonly pauseMs?: number; readonly answerMs?: number } = {}) => {
  const outcomes: Outcome[] = [];
  const dropped: string[] = [];
  const delivery = deliveryOf({
    url,
    secret: webhookSecret,
    bodyOf: (seq) => ({ id: `fact-${seq}`, body: JSON.stringify({ seq }) }),
    settled: (outcome) => outcomes.push(outcome),
    dropped: (_, why) => dropped.push(why),
    pauseMs: 5,
    answerMs: 2_000,
    ...times,
  });
  return { delivery, outcomes, dropped };
};

const queued = (seq: number, room: string): Queued => ({ seq, room, bytes: 10, attempts: 0 });

test("what happens is sent, signed as Standard Webhooks has it", async () => {
  const { url, got } = await receiver();
  const server = start(envOf(url));
  const port = await portOf(server);
  const peer = await peerOf({ port });
  peer.say({ type: "room-created", data: { id: "r", name: "Standup ü" } });
  peer.say({ type: "user-joined-room", data: { roomId: "r", userId: "ann", userName: "Ann" } });
  await eventually(() => got.length === 2);
  const webhook = new Webhook(webhookSecret);
  const told = got.map(({ body, headers }) => webhook.verify(body, headers as Record<string, string>));
  const timestamp = expect.stringMatching(/Z$/);
  expect(told).toEqual([
    { type: "room.opened", timestamp, data: { room: "r", name: "Standup ü" } },
    { type: "participant.joined", timestamp, data: { room: "r", user: "ann", name: "Ann", verified: false, total: 1 } },
  ]);
  const [first] = got;
  expect(first?.headers["content-type"]).toBe("application/json");
  expect(() => webhook.verify(`${first?.body} `, first?.headers as Record<string, string>)).toThrow();
  const other = new Webhook(`whsec_${Buffer.alloc(32, 8).toString("base64")}`);
  expect(() => other.verify(first?.body ?? "", first?.headers as Record<string, string>)).toThrow();
  await eventually(async () => (await historyOf(port)).webhooks.delivered === 2);
  expect((await historyOf(port)).webhooks).toEqual({ state: "on", delivered: 2, waiting: 0, dropped: 0 });
  expect(server.out() + JSON.stringify(await historyOf(port))).not.toContain(webhookSecret);
});

test("a room whose fact fails waits, with its order; the others go on", async () => {
  let failures = 0;
  const { url, got } = await receiver((response, { body }) => {
    const isSick = JSON.parse(body).seq === 1 && failures++ < 4;
    response.writeHead(isSick ? 503 : 200).end();
  });
  const { delivery, outcomes } = deliveryTo(url, { pauseMs: 30 });
  delivery.add([queued(1, "sick"), queued(2, "sick"), queued(3, "well"), queued(4, "sick"), queued(5, "well")]);
  await eventually(() => delivery.status().waiting === 0);
  const seqs = got.map(({ body }) => JSON.parse(body).seq as number);
  expect(seqs.filter((seq) => seq === 3 || seq === 5)).toEqual([3, 5]);
  expect(seqs.filter((seq) => [1, 2, 4].includes(seq))).toEqual([1, 1, 1, 1, 1, 2, 4]);
  expect(seqs.indexOf(5)).toBeLessThan(seqs.indexOf(2));
  expect(new Set(got.filter((_, n) => seqs[n] === 1).map(({ headers }) => headers["webhook-id"])).size).toBe(1);
  expect(outcomes.filter(({ seq }) => seq === 1).map(({ attempts }) => attempts)).toEqual([1, 2, 3, 4, undefined]);
  expect(delivery.status()).toEqual({ state: "on", delivered: 5, waiting: 0, dropped: 0 });
});

test.each([
  ["fails", "the receiver answers with 500", (end: (status: number) => void) => end(500)],
  ["sends elsewhere", "the receiver answers with 307", (end: (status: number) => void) => end(307)],
  ["hangs", "the receiver does not answer within 50 ms", () => {}],
])("a receiver that %s is tried 30 times, and then told of", async (_, why, answer) => {
  const { url, got } = await receiver((response) =>
    answer((status) => response.writeHead(status, { location: "/elsewhere" }).end()),
  );
  const { delivery, outcomes, dropped } = deliveryTo(url, { pauseMs: 1e-6, answerMs: 50 });
  delivery.add([queued(1, "r"), queued(2, "q")]);
  await eventually(() => delivery.status().waiting === 0, 20_000);
  expect(outcomes.map(({ attempts }) => attempts).sort()).toEqual(
    [...[1, 2].flatMap(() => Array.from({ length: 29 }, (_, n) => n + 1)), undefined, undefined].sort(),
  );
  // An attempt may break before it arrives.
  expect(got.length).toBeGreaterThan(50);
  expect(dropped).toEqual([why, why]);
  expect(delivery.status()).toEqual({ state: "failing", delivered: 0, waiting: 0, dropped: 2, error: why });
});

test("a receiver that is not there is named by what the system says, not by its address", async () => {
  const { port, close } = await receiver();
  close();
  const { delivery } = deliveryTo(`http://127.0.0.1:${port}/secret`);
  delivery.add([queued(1, "r")]);
  await eventually(() => delivery.status().state === "failing");
  expect(delivery.status().error).toMatch(/^the receiver cannot be reached: E[A-Z]+$/);
  expect(delivery.status().error).not.toContain("secret");
  delivery.stop();
});

test("eight attempts are under way at once, and no more than one in a room", async () => {
  let [open, most] = [0, 0];
  const isBusy = (seq: number): boolean => seq < 1_050;
  const { url, got } = await receiver((response, { body }) => {
    open += 1;
    most = Math.max(most, open);
    const end = (): void => {
      open -= 1;
      response.end();
    };
    if (isBusy(JSON.parse(body).seq)) end();
    else setTimeout(end, 20);
  });
  const { delivery } = deliveryTo(url);
  delivery.add(Array.from({ length: 1_250 }, (_, seq) => queued(seq, `room-${isBusy(seq) ? "busy" : seq % 100}`)));
  await eventually(() => delivery.status().waiting === 0, 80_000);
  expect(most).toBe(8);
  const busy = got.map(({ body }) => JSON.parse(body).seq as number).filter(isBusy);
  expect(busy).toEqual(Array.from({ length: 1_050 }, (_, seq) => seq));
}, 90_000);

test("the pauses double up to a quarter of an hour, each up to a half shorter", () => {
  for (let attempts = 1; attempts <= 30; attempts++) {
    const whole = Math.min(900_000, 1_000 * 2 ** (attempts - 1));
    const pauses = Array.from({ length: 200 }, () => pauseAfter(attempts, 1_000));
    expect(Math.min(...pauses)).toBeGreaterThanOrEqual(whole / 2);
    expect(Math.max(...pauses)).toBeLessThanOrEqual(whole);
    expect(new Set(pauses).size).toBeGreaterThan(100);
  }
});

test("the queue is bounded, by facts and by bytes: what finds no room is not queued", () => {
  const path = join(folder(), "history.db");
  let room = { facts: 3, bytes: 1_000 };
  const store = storeAt(path, { free: () => room });
  store.begin(begun);
  const facts = [opened(begun), ...["a", "b", "c", "d"].map((user) => came(begun, user))];
  expect(store.write(facts)).toMatchObject({ queued: [{ seq: 1 }, { seq: 2 }, { seq: 3 }], refused: 2 });
  room = { facts: 100, bytes: 300 };
  const { queued: more, refused } = store.write(facts.slice(1));
  expect([more.length + refused, more.reduce((sum, { bytes }) => sum + bytes, 0) <= 300]).toEqual([4, true]);
  expect(refused).toBeGreaterThan(0);
  expect(rows(path, "SELECT count(*) FROM deliveries")).toEqual([[3 + more.length]]);
  expect(rows(path, "SELECT count(*) FROM facts")).toEqual([[9]]);
  const { delivery, dropped } = deliveryTo("http://127.0.0.1:9/");
  delivery.add([{ ...queued(1, "r"), bytes: queueMax.bytes - 5 }]);
  expect(delivery.free()).toEqual({ facts: queueMax.facts - 1, bytes: 5 });
  delivery.refused(2);
  expect([delivery.status().dropped, dropped]).toEqual([2, ["the queue is full"]]);
  delivery.stop();
});

test("what was not delivered when the server stopped is, after the next start", async () => {
  let isUp = false;
  const { url, got } = await receiver((response) => response.writeHead(isUp ? 200 : 503).end());
  const env = envOf(url);
  const { HISTORY: path } = env;
  const first = start(env);
  const port = await portOf(first);
  const peer = await peerOf({ port });
  peer.say({ type: "room-created", data: { id: "r", name: "R" } });
  await eventually(async () => (await historyOf(port)).webhooks.state === "failing");
  first.child.kill("SIGTERM");
  expect(await first.ended).toEqual([0, null]);
  for (const file of [path, `${path}-lock`]) expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(rows(path, "SELECT count(*) FROM deliveries")).toEqual([[2]]);
  expect(Number(rows(path, "SELECT attempts FROM deliveries ORDER BY seq")[0]?.[0])).toBeGreaterThan(0);
  isUp = true;
  const already = got.length;
  const second = start(env);
  const again = await portOf(second);
  await eventually(async () => (await historyOf(again)).webhooks.delivered === 2);
  expect(got.slice(already).map(({ body }) => JSON.parse(body).type)).toEqual(["room.opened", "room.closed"]);
  await eventually(() => rows(path, "SELECT 1 FROM deliveries").length === 0);
});

test("a fact that is no longer there is dropped and told of, and the next one goes out", async () => {
  const { url, got } = await receiver();
  const dropped: string[] = [];
  const delivery = deliveryOf({
    ...{ url, secret: webhookSecret, pauseMs: 5, answerMs: 2_000, settled: () => {} },
    bodyOf: (seq) => (seq === 1 ? undefined : { id: "2", body: "{}" }),
    dropped: (_, why) => dropped.push(why),
  });
  delivery.add([queued(1, "r"), queued(2, "r")]);
  await eventually(() => got.length === 1 && delivery.status().waiting === 0);
  expect(dropped).toEqual(["it waited for so long that the history has let go of it"]);
  expect(delivery.status()).toEqual({ state: "on", delivered: 1, waiting: 0, dropped: 1 });
});
