import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { UserId } from "../../../core/index.js";
import {
  a,
  b,
  connected,
  created,
  disconnected,
  given,
  later,
  pinged,
  published,
  signaling,
  started,
  subscribed,
} from "../../support/story.js";
import { anyFrame } from "../../support/world.js";

const count = (n: number): unknown => ({ type: "client_count", count: n });

describe("client_count", () => {
  test("is told to a client as it connects, and to all", () => {
    const { seen } = given(connected(a)).when(connected(b));
    expect(seen(a)).toEqual([count(2)]);
    expect(seen(b)).toEqual([count(2)]);
  });

  test("is told to those who stay when one goes", () => {
    const { seen } = given(connected(a), connected(b)).when(disconnected(b));
    expect(seen(a)).toEqual([count(1)]);
    expect(seen(b)).toEqual([]);
  });

  test("is not told when a number that is in use connects again", () => {
    const { seen, isUnchanged } = given(connected(a)).when(connected(a));
    expect(isUnchanged).toBe(true);
    expect(seen(a)).toEqual([]);
  });
});

test("answers carry the server's time", () => {
  const at = later(5);
  const answers = [pinged(a), { kind: "TextReceived", client: a, text: "hello" } as const].map((event) =>
    given(connected(a))
      .when({ ...event, at })
      .effects.map((effect) => effect.kind === "Send" && effect.message),
  );
  expect(answers).toEqual([[{ kind: "Pong", at }], [{ kind: "Echo", at, original: "hello" }]]);
});

test("a ping is answered with a pong that carries the server's time", () => {
  expect(given(connected(a)).when(pinged(a)).seen(a)).toEqual([{ type: "pong" }]);
});

test("text that is not JSON is echoed", () => {
  expect(given(connected(a)).when({ kind: "TextReceived", client: a, text: "hello" }).seen(a)).toEqual([
    { type: "echo", original: "hello" },
  ]);
});

describe("rate limit", () => {
  const limited = started({ limits: { messagesPerSecond: 2, messageBurst: 3, refusedBurst: 0 } });
  const pings = (n: number) => Array.from({ length: n }, () => pinged(a));

  test("a burst is let through up to its last message, and one more is refused", () => {
    expect(
      given(limited, connected(a), ...pings(2))
        .when(pinged(a))
        .seen(a),
    ).toEqual([{ type: "pong" }]);
    const { refusal, isUnchanged } = given(limited, connected(a), ...pings(3)).when(pinged(a));
    expect(refusal(a)).toBe("rate-limited");
    expect(isUnchanged).toBe(true);
    expect(
      given(limited, connected(a), ...pings(3))
        .when(pinged(a))
        .seen(a),
    ).toMatchObject([{ message: "rate limit reached: 2 messages per second, with bursts of 3" }]);
  });

  test("time pays: after 500 ms at 2 a second one more is let through", () => {
    const spent = given(limited, connected(a), ...pings(3));
    expect(spent.when({ ...pinged(a), at: later(499) }).refusal(a)).toBe("rate-limited");
    expect(spent.when({ ...pinged(a), at: later(500) }).seen(a)).toEqual([{ type: "pong" }]);
  });

  test("what one client sends is not held against another", () => {
    expect(
      given(limited, connected(a), connected(b), ...pings(9))
        .when(pinged(b))
        .seen(b),
    ).toEqual([{ type: "pong" }]);
  });

  test.each(
    fc
      .sample(anyFrame, { numRuns: 300, seed: 1 })
      .filter((frame, i, all) => all.findIndex(({ kind }) => kind === frame.kind) === i),
  )("holds for $kind, and comes before every other refusal", (frame) => {
    const { refusal, isUnchanged } = given(limited, connected(a), ...pings(3)).when({
      ...frame,
      client: a,
      at: later(0),
    });
    expect([refusal(a), isUnchanged]).toEqual(["rate-limited", true]);
  });
});

test("a client that is verified as a user gets what is for that user, and not what is for others, without a claim", () => {
  const bob = { ...connected(b), verified: "bob" as UserId };
  const here = given(connected(a), bob, subscribed(a, signaling), subscribed(b, signaling));
  const offer = (to: string) => published(a, `for ${to}`, { from: "ann", to });
  expect(here.when(offer("bob")).seen(b)).toEqual(["for bob"]);
  expect(here.when(offer("cy")).seen(b)).toEqual([]);
});

test("a start forgets everything but the time", () => {
  const { state } = given(connected(a), subscribed(a), created(a, "r")).when({ ...started(), at: later(-5) });
  expect([state.local.clients.size, state.shared.rooms.size, state.now]).toEqual([0, 0, later(0)]);
});

test("a stop tells everybody to go and changes nothing", () => {
  const { isUnchanged, effects } = given(connected(a), connected(b)).when({ kind: "ServerStopping" });
  expect(isUnchanged).toBe(true);
  expect(effects).toEqual([{ kind: "Close", to: { kind: "Everyone" }, code: 1001, reason: "the server is stopping" }]);
});
