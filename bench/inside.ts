import { writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { redactor } from "../adapters/journal/redact.js";
import { journalOf } from "../adapters/journal/write.js";
import * as core from "../core/index.js";
import { growth } from "./growth.js";
import { type Core, signaling, trafficOf } from "./traffic.js";

/** Questions about the core alone, each in a process of its own: nothing else has warmed it up or filled its memory. */
const { started, coming, populated, happening } = trafficOf(core);

const heapUsed = (): number => {
  for (let i = 0; i < 3; i++) globalThis.gc?.();
  return process.memoryUsage().heapUsed;
};

/** Bytes that the core keeps for each of so many clients that have connected and subscribed to one channel. */
const heap = (clients: number): number => {
  const arrive = (count: number): core.State => {
    let state = core.initial;
    for (let n = 1; n <= count; n++)
      for (const event of coming(n))
        if (event.kind === "ClientConnected" || ("channel" in event && event.channel === signaling))
          [state] = core.reduce(state, event);
    return state;
  };
  arrive(1_000);
  const before = heapUsed();
  const state = arrive(clients);
  const after = heapUsed();
  return (after - before) / state.local.clients.size;
};

/** Events a second, round by round; `addressed` when it is also looked up who gets what. */
const speed = (clients: number, events: number, rounds: number) => {
  let state = populated(clients);
  const all = Array.from({ length: events }, (_, n) => happening(n, clients));
  const perSecond = (isAddressed: boolean): number => {
    const began = performance.now();
    for (const event of all) {
      const [after, effects] = core.reduce(state, event);
      state = after;
      for (const effect of isAddressed ? effects : [])
        if (effect.kind === "Send" && effect.to.kind === "User") core.recipients(state, effect.to);
    }
    return (events * 1_000) / (performance.now() - began);
  };
  const found = Array.from({ length: rounds + 1 }, () => [perSecond(false), perSecond(true)]).slice(1);
  return { reduced: found.map(([first]) => first), addressed: found.map(([, last]) => last) };
};

/** Writes a journal of so many events, redacted as a server would; gives the mean bytes of a line. */
const journal = (file: string, events: number, clients: number): number => {
  const redact = redactor("redacted", Buffer.alloc(32, 7));
  const all = [started, ...Array.from({ length: clients }, (_, i) => coming(i + 1)).flat()].slice(0, events);
  while (all.length < events) all.push(happening(all.length, clients));
  const { journalVersion: version, digestVersion, settingsVersion } = core;
  const run = { package: "0.0.0", startedAt: new Date(started.at).toISOString(), part: 1, eventsBefore: 0 } as const;
  const how = { payloads: "redacted", timings: { pingAfterMs: 5_000, cutAfterMs: 8_000 } } as const;
  const header: core.Header = { journal: "signalbox", version, digestVersion, settingsVersion, ...run, ...how };
  const text = journalOf(header, all.map(redact));
  writeFileSync(file, text);
  return Buffer.byteLength(text) / events;
};

/** The cost of each kind of event in two builds, taking turns. */
const compare = async (file: string, clients: number, runs: number, events: number) => {
  const other: Core = await import(pathToFileURL(file).href);
  return growth(
    [core, other].map((each) => ({ core: each, clients, talkers: 100 })),
    runs,
    events,
  );
};

const [question = "", first = "", ...numbers] = process.argv.slice(2);
const [a = 0, b = 0, c = 0] = numbers.map(Number);
const answers: Readonly<Record<string, () => unknown>> = {
  heap: () => heap(Number(first)),
  speed: () => speed(Number(first), a, b),
  growth: () =>
    growth(
      JSON.parse(first).map((size: object) => ({ core, ...size })),
      a,
      b,
    ),
  journal: () => journal(first, a, b),
  compare: () => compare(first, a, b, c),
};
process.stdout.write(JSON.stringify(await answers[question]?.()));
