import fc from "fast-check";
import { expect, test } from "vitest";
import * as Table from "../../core/base/table.js";
import {
  type ClientId,
  defaultSettings,
  type Effect,
  type Event,
  type FrameEvent,
  type Millis,
  type RoomId,
  replay,
  type UserId,
} from "../../core/index.js";
import { greeted, people } from "../support/v1-world.js";

const [ann, bob] = [11, 12] as ReadonlyArray<number> as readonly [ClientId, ClientId];
const room = "r" as RoomId;

type Act = "to all" | "to one" | "too large" | "to nobody" | "ping";
interface Said {
  readonly elapsedMs: number;
  readonly client: ClientId;
  readonly act: Act;
}

const frameOf = ({ client, act }: Said, id: number): FrameEvent => {
  const about = { at: 0 as Millis, client, id };
  const other = people[client === ann ? 1 : 0].user;
  if (act === "ping") return { kind: "PingReceived", ...about };
  const message = { kind: "MessageRequested", roomId: room, ...about } as const;
  if (act === "to all") return { ...message, text: "1" };
  if (act === "to one") return { ...message, to: other, text: "1" };
  if (act === "too large") return { ...message, to: other, text: "x".repeat(99) };
  return { ...message, to: "nobody" as UserId, text: "1" };
};

/** Two in a room say things; the first numbers are taken by the hello and the join. */
const runOf = (rate: { readonly sayPerSecond: number; readonly sayBurst: number }, said: ReadonlyArray<Said>) => {
  const settings = {
    ...defaultSettings,
    limits: { ...defaultSettings.limits, messageCharsMax: 40, messagesPerSecond: 0, ...rate },
  };
  const join = (client: ClientId): Event => {
    const { user, name } = people[client === ann ? 0 : 1];
    const policy = { listed: false, lobby: false, capacity: 2, withoutHost: "promote" } as const;
    const create = { room: { id: room, name: "R" }, policy };
    return {
      kind: "JoinRequested",
      at: 0 as Millis,
      client,
      id: 2,
      roomId: room,
      userId: user,
      userName: name,
      create,
      text: "",
    };
  };
  let at = 1_000_000;
  const begin: ReadonlyArray<Event> = [
    { kind: "ServerStarted", at: 0 as Millis, settings },
    greeted(ann, "a", people[0]),
    greeted(bob, "b", people[1]),
    join(ann),
    join(bob),
  ];
  const opening = begin.map((event): Event => ({ ...event, at: at as Millis }));
  const frames = said.map((one, i): Event => {
    at += one.elapsedMs;
    return { ...frameOf(one, i + 3), at: at as Millis };
  });
  return [...replay([...opening, ...frames])].slice(opening.length);
};

/** What the sender was told about its request. */
const answerTo = (client: ClientId, id: number, effects: ReadonlyArray<Effect>) => {
  const answers = effects.flatMap((effect) => {
    if (effect.kind !== "Send" || effect.to.kind !== "Client" || effect.to.client !== client) return [];
    const { message } = effect;
    const about = message.kind === "Personal" ? message.about : undefined;
    return (about?.kind === "Result" || about?.kind === "Refused") && about.id === id ? [about] : [];
  });
  expect(answers.length).toBe(1);
  return answers[0];
};

const isPassedOn = (effects: ReadonlyArray<Effect>): boolean =>
  effects.some(
    (effect) => effect.kind === "Send" && effect.message.kind === "Personal" && effect.message.about.kind === "Message",
  );

const anySaid: fc.Arbitrary<Said> = fc.record({
  elapsedMs: fc.oneof(
    { weight: 6, arbitrary: fc.constant(0) },
    { weight: 3, arbitrary: fc.nat(30) },
    { weight: 1, arbitrary: fc.nat(1_500) },
  ),
  client: fc.constantFrom(ann, ann, ann, bob),
  act: fc.constantFrom<Act>("to all", "to all", "to one", "to one", "too large", "to nobody", "ping"),
});

// Rates whose price is a whole number of µs, so that what is allowed can be counted without rounding.
const anyRate = fc.record({ sayPerSecond: fc.constantFrom(1, 5, 50, 200), sayBurst: fc.integer({ min: 1, max: 6 }) });
const manySaid = fc.array(anySaid, { maxLength: 60, size: "max" });

test("law: at most burst + rate × time of a client's messages are passed on, and none is refused before that is used up", () => {
  let refused = 0;
  fc.assert(
    fc.property(anyRate, manySaid, (rate, said) => {
      const passed = new Map<ClientId, ReadonlyArray<number>>([ann, bob].map((client) => [client, []]));
      for (const [i, { event, effects, before, after }] of runOf(rate, said).entries()) {
        const { client, act } = said[i] as Said;
        const answer = answerTo(client, i + 3, effects);
        if (act === "too large" || act === "to nobody" || act === "ping") {
          const code = { "too large": "too-large", "to nobody": "no-such-participant", ping: undefined }[act];
          expect(answer?.kind === "Refused" ? answer.refusal.code : undefined).toBe(code);
          continue;
        }
        // One more is allowed where, over every stretch of time that ends now, no more than the burst and the rate would have passed.
        const times = passed.get(client) ?? [];
        const isAllowed = [...times, event.at].every(
          (since, n, all) => all.length - n <= rate.sayBurst + ((event.at - since) * rate.sayPerSecond) / 1_000,
        );
        expect(isPassedOn(effects)).toBe(isAllowed);
        if (isAllowed) passed.set(client, [...times, event.at]);
        else {
          refused += 1;
          const retryAfterMs = 1_000 / rate.sayPerSecond;
          expect(answer).toMatchObject({ kind: "Refused", refusal: { code: "rate-limited", retryAfterMs } });
          expect(effects.some(({ kind }) => kind === "Close")).toBe(false);
          expect(Table.get(after.local.clients, client)).toEqual(Table.get(before.local.clients, client));
        }
      }
    }),
    { numRuns: 200 },
  );
  expect(refused, "the runs go beyond the rate").toBeGreaterThan(500);
});

test("law: what is refused is passed on after retryAfterMs", () => {
  const anyPerSecond = fc.integer({ min: 1, max: 2_000 });
  fc.assert(
    fc.property(anyPerSecond, fc.integer({ min: 1, max: 6 }), (sayPerSecond, sayBurst) => {
      const rate = { sayPerSecond, sayBurst };
      const one = { elapsedMs: 0, client: ann, act: "to all" } as const;
      const burst = Array.from({ length: sayBurst + 1 }, () => one);
      const answer = answerTo(ann, sayBurst + 3, runOf(rate, burst).at(-1)?.effects ?? []);
      const wait = answer?.kind === "Refused" ? answer.refusal.retryAfterMs : undefined;
      expect(wait).toBeGreaterThan(0);
      const again = { ...one, elapsedMs: wait ?? 0 };
      expect(isPassedOn(runOf(rate, [...burst, again]).at(-1)?.effects ?? [])).toBe(true);
    }),
    { numRuns: 100 },
  );
});

const { sayPerSecond, sayBurst } = defaultSettings.limits;
const defaults = { sayPerSecond, sayBurst };
const cursors = (count: number, elapsedMs: number) =>
  Array.from({ length: count }, (): Said => ({ elapsedMs, client: ann, act: "to all" }));
const passedOn = (rate: Parameters<typeof runOf>[0], said: ReadonlyArray<Said>): number =>
  runOf(rate, said).filter(({ effects }) => isPassedOn(effects)).length;

test("with the defaults, cursor positions at 30 a second all pass, and of 500 at once the burst does", () => {
  expect(passedOn(defaults, cursors(500, 33))).toBe(500);
  expect(passedOn(defaults, cursors(500, 0))).toBe(120);
});

test("0 is no limit", () => {
  expect(passedOn({ sayPerSecond: 0, sayBurst: 1 }, cursors(500, 0))).toBe(500);
});
