import { expect, test } from "vitest";
import { WebSocket } from "ws";
import { mixed } from "../simulation/random.js";
import type { Started } from "../support/child.js";
import { valuesIn } from "../support/exposition.js";
import { type Received, until } from "../support/net.js";
import { socketAt } from "../support/troubles.js";
import { wrongInServerFrame } from "../support/v1-schema.js";
import { seedSpeaker, v1Speaker } from "./messages.js";
import { underAttack } from "./under-attack.js";

const isAlone = process.env.HOSTILE === "1";
const count = Number(process.env.HOSTILE_MESSAGES ?? (isAlone ? 1_000_000 : 12_000));
const seed = Number(process.env.HOSTILE_SEED ?? 1);
const clientsOfEach = 20;
/** So many are sent before the client waits until they are answered. */
const batch = 25;

interface Heard {
  sent: number;
  frames: number;
  bytes: number;
  sockets: number;
  readonly answers: Map<string, number>;
  readonly wrong: Set<string>;
}

const codes = new Set(
  "invalid-message no-channel room-not-found room-exists not-allowed too-many-channels too-many-rooms room-full room-locked waiting banned denied removed too-many-waiting".split(
    " ",
  ),
);

/** What each type of the server has beside its type and its time. */
const membersOf = new Map([
  ["client_count", ["count"]],
  ["server-room-list", ["channel", "rooms"]],
  ["pong", []],
  ["echo", ["original"]],
  ["error", ["code", "message"]],
]);

/** Why a client of the seed's dialect may not be sent this; undefined where it may. */
const wrongForSeed = (frame: Received, self: number, latest: Map<number, number>): string | undefined => {
  const { type, by } = frame;
  const members = membersOf.get(type);
  if (members === undefined) {
    if (!Array.isArray(by) || !by.every(Number.isInteger) || by.length !== 2) return undefined;
    const [from, id] = by as [number, number];
    if (from === self) return "its own message";
    if (id <= (latest.get(from) ?? 0)) return `message ${id} of ${from} after ${latest.get(from)}`;
    latest.set(from, id);
    return undefined;
  }
  if (type === "error" && !codes.has(frame.code)) return `the refusal ${frame.code}`;
  const missing = ["timestamp", ...members].find((key) => !(key in frame));
  const more = Object.keys(frame).find((key) => !["type", "timestamp", "about", "path", ...members].includes(key));
  return missing === undefined && more === undefined ? undefined : `${type} without ${missing}, or with ${more}`;
};

/** One client on one socket. */
interface Client {
  readonly protocols: string[];
  /** What it says first. */
  readonly hello: ReadonlyArray<string>;
  readonly next: (id: number) => string;
  /** What it asks at the end of a batch. */
  readonly last: (id: number) => string;
  readonly isLast: (frame: Received, id: number) => boolean;
  readonly wrong: (frame: Received) => string | undefined;
  /** Whether each request has exactly one answer. */
  readonly isAnswered: boolean;
}

const seedClient = (from: number): Client => {
  const speaker = seedSpeaker(mixed(seed, from));
  const latest = new Map<number, number>();
  return {
    protocols: [],
    hello: [],
    next: (id) => speaker(id, from),
    last: (id) => `the end of ${id}`,
    isLast: ({ type, original }, id) => type === "echo" && original === `the end of ${id}`,
    wrong: (frame) => wrongForSeed(frame, from, latest),
    isAnswered: false,
  };
};

const v1Client = (from: number, users: string[]): Client => {
  const speaker = v1Speaker(mixed(seed, from), users);
  return {
    protocols: ["signalbox.v1"],
    hello: [JSON.stringify({ type: "hello", id: 1 })],
    next: (id) => speaker(id, from),
    last: (id) => JSON.stringify({ type: "ping", id }),
    isLast: ({ type, id: answered }, id) => (type === "result" || type === "error") && answered === id,
    wrong: (frame) => {
      if (frame.type === "welcome") users[from % clientsOfEach] = frame.user;
      return wrongInServerFrame(frame);
    },
    isAnswered: true,
  };
};

/** Sends one batch after the other, on a new socket where the server has closed the one before. */
const attack = async (port: number, clientOf: (from: number) => Client, heard: Heard): Promise<void> => {
  while (heard.sent < count) {
    heard.sockets += 1;
    const { protocols, hello, next, last, isLast, wrong, isAnswered } = clientOf(heard.sockets);
    const ws = await socketAt(port, protocols);
    if (ws === undefined) throw new Error("turned away");
    let [id, endedAt, answers, isSpent] = [0, 0, 0, false];
    ws.on("message", (bytes) => {
      const text = String(bytes);
      const frame = JSON.parse(text);
      heard.frames += 1;
      heard.bytes += text.length;
      const fault = wrong(frame);
      if (fault !== undefined) heard.wrong.add(fault);
      if (frame.type === "result" || frame.type === "error") {
        const answer = frame.code ?? "result";
        heard.answers.set(answer, (heard.answers.get(answer) ?? 0) + 1);
        answers += 1;
      }
      if (!isLast(frame, id)) return;
      endedAt = id;
      // A message of the batch bore a number so high that no other is left for its session.
      isSpent = frame.type === "error";
    });
    for (const text of hello) ws.send(text);
    while (ws.readyState === WebSocket.OPEN && !isSpent && heard.sent < count) {
      answers = 0;
      const texts = Array.from({ length: batch }, () => next(++id));
      heard.sent += batch;
      for (const text of [...texts, last(++id)]) ws.send(text);
      await until(() => endedAt === id || ws.readyState !== WebSocket.OPEN, 20_000);
      const acknowledgements = texts.filter((text) => text.includes('"ack"')).length;
      const missing = batch + 1 - answers;
      if (isAnswered && ws.readyState === WebSocket.OPEN && (missing < 0 || missing > acknowledgements))
        heard.wrong.add(`${answers} answers to ${batch + 1} requests, with ${acknowledgements} acknowledgements`);
    }
    ws.terminate();
  }
};

test(`${count} hostile messages: nothing but what the protocols have is answered, and nothing is left`, {
  timeout: 1_200_000,
}, async () => {
  const heard: Heard = { sent: 0, frames: 0, bytes: 0, sockets: 0, answers: new Map(), wrong: new Set() };
  const users: string[] = [];
  let [port, tookMs] = [0, 0];
  let server: Started | undefined;
  // Their rate would stop nearly all of them.
  const env = { MESSAGES_PER_SECOND: "0", SAY_PER_SECOND: "0", SESSION_GRACE_MS: "500", METRICS: "public" };
  const { log, ...figures } = await underAttack(async (at, started) => {
    [port, server] = [at, started];
    const began = performance.now();
    const clients = [seedClient, (from: number) => v1Client(from, users)];
    await Promise.all(
      Array.from({ length: 2 * clientsOfEach }, (_, n) => attack(at, clients[n % 2] ?? seedClient, heard)),
    );
    tookMs = performance.now() - began;
    return () => {};
  }, env);
  const { wrong, answers, ...counts } = heard;
  const told = { ...counts, seconds: Math.round(tookMs / 1_000), answers: Object.fromEntries(answers), ...figures };
  if (isAlone) process.stdout.write(`hostile messages of seed ${seed}: ${JSON.stringify(told)}\n`);
  expect(figures.hasCrashed, log).toBe(false);
  expect([...wrong].slice(0, 20)).toEqual([]);
  // They have got beyond the decoder.
  for (const code of ["result", "room-exists", "not-allowed", "not-in-room", "no-such-participant", "invalid-message"])
    expect(answers.get(code) ?? 0, code).toBeGreaterThan(count / 1_000);
  expect(figures.cut, log).toBe(0);
  expect(figures.peakMiB - figures.beforeMiB).toBeLessThan(256);
  expect(server?.err()).toBe("");
  expect(log.split("\n").filter((line) => line.includes('"level":50'))).toEqual([]);
  // The two honest clients, and nothing of anybody else.
  const left = async () => {
    const metrics = valuesIn(await (await fetch(`http://127.0.0.1:${port}/metrics`)).text());
    const { connected_clients, rooms } = (await (await fetch(`http://127.0.0.1:${port}/health`)).json()) as Received;
    const [away, here] = ["away", "here"].map((state) => metrics[`signalbox_sessions{state="${state}"}`]);
    const { signalbox_participants: participants, signalbox_waiting: waiting } = metrics;
    return { clients: connected_clients, rooms: rooms.total, away, here, participants, waiting };
  };
  await until(async () => {
    const { clients, rooms, away } = await left();
    return clients === 2 && rooms === 0 && away === 0;
  }).catch(() => {});
  expect(await left()).toEqual({ clients: 2, rooms: 0, away: 0, here: 0, participants: 0, waiting: 0 });
});
