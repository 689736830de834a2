import fc from "fast-check";
import { expect, test } from "vitest";
import {
  type ClientId,
  closeCodes,
  defaultSettings,
  type Effect,
  type Event,
  type Millis,
  replay,
  type SessionId,
  seed,
} from "../../core/index.js";

const [ann, bob] = [1, 2] as ReadonlyArray<number> as readonly [ClientId, ClientId];

interface Rate {
  readonly messagesPerSecond: number;
  readonly messageBurst: number;
  readonly refusedBurst: number;
}

interface Sent {
  readonly elapsedMs: number;
  readonly client: ClientId;
}

/** What became of each frame of two clients that send nothing but pings. */
const runOf = (rate: Rate, sent: ReadonlyArray<Sent>) => {
  const settings = { ...defaultSettings, limits: { ...defaultSettings.limits, ...rate } };
  let at = 1_000_000;
  const pings = sent.map(({ elapsedMs, client }): Event & { readonly client: ClientId } => {
    at += elapsedMs;
    return { kind: "PingReceived", at: at as Millis, client };
  });
  const connect = (client: ClientId): Event => ({
    kind: "ClientConnected",
    at: 0 as Millis,
    client,
    session: `s${client}` as SessionId,
    dialect: seed.name,
    address: "",
  });
  const start: Event = { kind: "ServerStarted", at: 0 as Millis, settings };
  const before = [start, connect(ann), connect(bob)];
  const steps = [...replay([...before, ...pings])].slice(before.length);
  return pings.map((event, n) => ({ event, ...outcome(event.client, steps[n]?.effects ?? []) }));
};

const outcome = (client: ClientId, effects: ReadonlyArray<Effect>) => ({
  isRefused: effects.some((it) => it.kind === "Send" && it.message.kind === "Error"),
  closes: effects.filter((it) => it.kind === "Close"),
  isAboutClient: effects.every(
    (it) => (it.kind !== "Send" && it.kind !== "Close") || (it.to.kind === "Client" && it.to.client === client),
  ),
});

const anyRate = fc.record({
  messagesPerSecond: fc.constantFrom(1, 5, 50, 200),
  messageBurst: fc.integer({ min: 1, max: 4 }),
  refusedBurst: fc.integer({ min: 0, max: 4 }),
});
const anySent = fc.array(
  fc.record({ elapsedMs: fc.constantFrom(0, 0, 0, 5, 20, 200, 1_000), client: fc.constantFrom(ann, bob) }),
  { maxLength: 40 },
);

test("law: a client is closed exactly where it was refused a burst more often than its rate works off, and told so first", () => {
  let closed = 0;
  fc.assert(
    fc.property(anyRate, anySent, (rate, sent) => {
      const refused = new Map<ClientId, number[]>();
      for (const { event, isRefused, closes, isAboutClient } of runOf(rate, sent)) {
        expect(isAboutClient).toBe(true);
        const earlier = refused.get(event.client) ?? [];
        const isBeyond = earlier.some(
          (since, n) =>
            earlier.length - n + 1 > rate.refusedBurst + ((event.at - since) * rate.messagesPerSecond) / 1_000,
        );
        const isDue = isRefused && rate.refusedBurst > 0 && isBeyond;
        expect(closes.map((it) => it.kind === "Close" && it.code)).toEqual(isDue ? [closeCodes.rateLimited] : []);
        closed += closes.length;
        if (isRefused && !isDue) refused.set(event.client, [...earlier, event.at]);
      }
    }),
  );
  expect(closed).toBeGreaterThan(0);
});

test("law: whoever keeps to the rate is neither refused nor closed, whatever the other does", () => {
  fc.assert(
    fc.property(anyRate, fc.integer({ min: 0, max: 60 }), (rate, noise) => {
      const elapsedMs = 1_000 / rate.messagesPerSecond;
      const sent = Array.from({ length: 20 }, () => [
        { elapsedMs, client: ann },
        ...Array.from({ length: noise }, () => ({ elapsedMs: 0, client: bob })),
      ]).flat();
      const hers = runOf(rate, sent).filter(({ event }) => event.client === ann);
      expect(hers.every(({ isRefused, closes }) => !isRefused && closes.length === 0)).toBe(true);
    }),
  );
});
