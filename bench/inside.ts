import { writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { redactor } from "../adapters/journal/redact.js";
import { journalOf } from "../adapters/journal/write.js";
import * as core from "../core/index.js";
import { keep } from "./kept.js";
import type { Figures } from "./section.js";
import { type Core, type Growth, growth, type Size, trafficOf } from "./traffic.js";

const { started, coming, populated, happening } = trafficOf(core);

const heapUsed = (): number => {
  for (let i = 0; i < 3; i++) globalThis.gc?.();
  return process.memoryUsage().heapUsed;
};

/** Bytes that the core keeps for each of so many clients that have connected and subscribed to one channel. */
const heap = (clients: number): number => {
  const arrive = (count: number): core.State => {
    let state = core.initial;
    for (let n = 1; n <= count; n++) for (const event of coming(n).slice(0, 2)) [state] = core.reduce(state, event);
    return state;
  };
  arrive(1_000);
  const before = heapUsed();
  const state = arrive(clients);
  const after = heapUsed();
  return (after - before) / state.local.clients.size;
};

/** Bytes that the core keeps for each of so many sessions of `signalbox.v1` that are away: ten in a room, and nothing kept for them. */
const away = (sessions: number): number => {
  const at = started.at;
  const leave = (count: number, from: number): core.State => {
    let [state] = core.reduce(core.initial, started);
    const happens = (event: core.Event): void => {
      [state] = core.reduce(state, event);
    };
    for (let n = from; n < from + count; n++) {
      const [client, userId] = [n as core.ClientId, `~user-${n}` as core.UserId];
      const session = `session-${n}` as core.SessionId;
      const greeting = { id: 1, seen: 0, user: userId, name: `User ${n}` };
      happens({
        kind: "ClientConnected",
        at,
        client,
        session,
        dialect: core.v1.name,
        address: "",
        greeting,
        verified: userId,
      });
      const [roomId, userName] = [`room-${Math.floor(n / 10)}` as core.RoomId, greeting.name];
      const policy = { listed: true, lobby: false, capacity: 10, withoutHost: "promote" } as const;
      const create = { room: { id: roomId, name: roomId }, policy };
      happens({ kind: "JoinRequested", at, client, id: 2, roomId, userId, userName, text: "", create });
      happens({ kind: "AckReceived", at, client, seen: 100 });
    }
    for (let n = from; n < from + count; n++)
      happens({ kind: "ClientDisconnected", at, client: n as core.ClientId, code: 1006 });
    return state;
  };
  leave(1_000, 1);
  const before = heapUsed();
  const state = leave(sessions, 1);
  const after = heapUsed();
  return (after - before) / state.shared.sessions.size;
};

/** Events a second, round by round, after one to warm up; and where it is also looked up who gets what. */
const speed = (clients: number, events: number, rounds: number): ReadonlyArray<readonly [string, Figures[]]> => {
  let state = populated(clients);
  const all = Array.from({ length: events }, (_, n) => happening(n, clients));
  const round = (isAddressed: boolean): Figures => {
    const began = performance.now();
    for (const event of all) {
      const [after, effects] = core.reduce(state, event);
      state = after;
      if (!isAddressed) continue;
      for (const effect of effects)
        if (effect.kind === "Send" && effect.to.kind === "User") core.recipients(state, effect.to);
    }
    return { "events a second": (events * 1_000) / (performance.now() - began) };
  };
  const found = Array.from({ length: rounds + 1 }, () => [round(false), round(true)] as const).slice(1);
  return [
    ["reduce", found.map(([reduced]) => reduced)],
    ["reduce, and who gets each message", found.map(([, addressed]) => addressed)],
  ];
};

/** Writes a journal of so many events, redacted as a server would; gives the mean bytes of a line. */
const journal = (file: string, events: number, clients: number): number => {
  const redact = redactor("redacted", Buffer.alloc(32, 7));
  const all = [started, ...Array.from({ length: clients }, (_, i) => coming(i + 1)).flat()].slice(0, events);
  while (all.length < events) all.push(happening(all.length, clients));
  const { journalVersion: version, digestVersion, settingsVersion } = core;
  const run = { package: "0.0.0", startedAt: new Date(started.at).toISOString(), part: 1, eventsBefore: 0 };
  const settings = { payloads: "redacted", timings: { pingAfterMs: 5_000, cutAfterMs: 8_000 } } as const;
  const header = { journal: "signalbox", version, digestVersion, settingsVersion, ...run, ...settings } as const;
  const text = journalOf(header, all.map(redact));
  writeFileSync(file, text);
  return Buffer.byteLength(text) / events;
};

type Place = Omit<Size, "core"> & { readonly file?: string };

/** The cost of each kind of event at several sizes, of this core or of another build's. */
const kinds = async (places: ReadonlyArray<Place>, runs: number, events: number): Promise<ReadonlyArray<Growth>> => {
  const sizeOf = async ({ file, ...size }: Place): Promise<Size> => ({
    ...size,
    core: file === undefined ? core : ((await import(pathToFileURL(file).href)) as Core),
  });
  return growth(await Promise.all(places.map(sizeOf)), runs, events);
};

/** Questions about the core alone, each in a process of its own: nothing else has warmed it up or filled its memory. */
const questions = { heap, away, speed, journal, kinds, keep };
export type Questions = typeof questions;

const [question, args] = process.argv.slice(2) as [keyof Questions, string];
const answer: (...args: never) => unknown = questions[question];
process.stdout.write(JSON.stringify(await answer(...(JSON.parse(args) as never))));
