import { writeFileSync } from "node:fs";
import { redactor } from "../adapters/journal/redact.js";
import { journalOf } from "../adapters/journal/write.js";
import {
  digestVersion,
  type Event,
  initial,
  journalVersion,
  recipients,
  reduce,
  type State,
  settingsVersion,
} from "../core/index.js";
import { growth, type Size } from "./growth.js";
import { coming, happening, signaling, started } from "./traffic.js";

/** Questions about the core alone, each in a process of its own: nothing else has warmed it up or filled its memory. */
const happened = (state: State, events: Iterable<Event>): State => {
  let after = state;
  for (const event of events) after = reduce(after, event)[0];
  return after;
};

const populated = (clients: number): State => {
  let state = happened(initial, [started]);
  for (let n = 1; n <= clients; n++) state = happened(state, coming(n));
  return state;
};

const heapUsed = (): number => {
  for (let i = 0; i < 3; i++) globalThis.gc?.();
  return process.memoryUsage().heapUsed;
};

/** Bytes that the core keeps for each of so many clients that have connected and subscribed to one channel. */
const heapPerClient = (clients: number): number => {
  const arrive = (count: number): State => {
    let state = initial;
    for (let n = 1; n <= count; n++)
      state = happened(
        state,
        coming(n).filter(
          (event) => event.kind === "ClientConnected" || ("channel" in event && event.channel === signaling),
        ),
      );
    return state;
  };
  arrive(1_000);
  const before = heapUsed();
  const state = arrive(clients);
  const after = heapUsed();
  return (after - before) / state.local.clients.size;
};

interface Speed {
  /** Events a second, round by round. */
  readonly reduced: ReadonlyArray<number>;
  /** The same, when it is also looked up who gets what. */
  readonly addressed: ReadonlyArray<number>;
}

const speed = (clients: number, events: number, rounds: number): Speed => {
  let state = populated(clients);
  const all = Array.from({ length: events }, (_, n) => happening(n, clients));
  const perSecond = (follow: (before: State, event: Event) => State): number => {
    const began = performance.now();
    for (const event of all) state = follow(state, event);
    return (events * 1_000) / (performance.now() - began);
  };
  const reduced = (before: State, event: Event): State => reduce(before, event)[0];
  const addressed = (before: State, event: Event): State => {
    const [after, effects] = reduce(before, event);
    for (const effect of effects) if (effect.kind === "Send" && effect.to.kind === "User") recipients(after, effect.to);
    return after;
  };
  const found = Array.from({ length: rounds + 1 }, () => [perSecond(reduced), perSecond(addressed)] as const).slice(1);
  return { reduced: found.map(([first]) => first), addressed: found.map(([, second]) => second) };
};

/** Writes a journal of so many events, redacted as a server would; gives the mean bytes of a line. */
const journal = (file: string, events: number, clients: number): number => {
  const redact = redactor("redacted", Buffer.alloc(32, 7));
  const all = [started, ...Array.from({ length: clients }, (_, i) => coming(i + 1)).flat()].slice(0, events);
  while (all.length < events) all.push(happening(all.length, clients));
  const startedAt = new Date(started.at).toISOString();
  const versions = { version: journalVersion, digestVersion, settingsVersion, package: "0.0.0" } as const;
  const timings = { pingAfterMs: 5_000, cutAfterMs: 8_000 };
  const header = { journal: "signalbox", ...versions, startedAt, payloads: "redacted", timings } as const;
  const text = journalOf({ ...header, part: 1, eventsBefore: 0 }, all.map(redact));
  writeFileSync(file, text);
  return Buffer.byteLength(text) / events;
};

const answers: Readonly<Record<string, (...args: ReadonlyArray<string>) => unknown>> = {
  heap: (clients) => heapPerClient(Number(clients)),
  speed: (clients, events, rounds) => speed(Number(clients), Number(events), Number(rounds)),
  growth: (sizes, runs, events) =>
    growth(JSON.parse(sizes ?? "[]") as ReadonlyArray<Size>, Number(runs), Number(events)),
  journal: (file, events, clients) => journal(file ?? "", Number(events), Number(clients)),
};

const [question = "", ...args] = process.argv.slice(2);
process.stdout.write(JSON.stringify(answers[question]?.(...args)));
