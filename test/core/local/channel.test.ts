import { describe, expect, test } from "vitest";
import {
  a,
  b,
  c,
  connected,
  created,
  given,
  joined,
  published,
  signaling,
  started,
  subscribed,
  unsubscribed,
} from "../../support/story.js";

const three = [connected(a), connected(b), connected(c)];

describe("subscribe", () => {
  test("whoever is subscribed gets what is published, the sender does not", () => {
    const { seen } = given(...three, subscribed(a, signaling), subscribed(b, signaling)).when(published(a, "hi"));
    expect([seen(a), seen(b), seen(c)]).toEqual([[], ["hi"], []]);
  });

  test("a sender need not be subscribed", () => {
    expect(
      given(...three, subscribed(b, signaling))
        .when(published(c, "hi"))
        .seen(b),
    ).toEqual(["hi"]);
  });

  test("twice is once", () => {
    const twice = given(...three, subscribed(b, signaling));
    expect(twice.when(subscribed(b, signaling)).isUnchanged).toBe(true);
    expect(
      given(...three, subscribed(b, signaling), subscribed(b, signaling))
        .when(published(a, "hi"))
        .seen(b),
    ).toEqual(["hi"]);
  });

  test("the 64th channel is let, the 65th is refused, one that is already there is neither", () => {
    const channels = Array.from({ length: 63 }, (_, i) => subscribed(a, `channel-${i}`));
    expect(
      given(connected(a), ...channels)
        .when(subscribed(a, "the 64th"))
        .seen(a),
    ).toEqual([]);
    const full = given(connected(a), ...channels, subscribed(a, "the 64th"));
    expect(full.when(subscribed(a, "the 65th")).refusal(a)).toBe("too-many-channels");
    expect(full.when(subscribed(a, "the 64th")).seen(a)).toEqual([]);
  });
});

describe("unsubscribe", () => {
  test("ends it", () => {
    expect(
      given(...three, subscribed(b, signaling), unsubscribed(b, signaling))
        .when(published(a, "hi"))
        .seen(b),
    ).toEqual([]);
  });

  test("of what was never subscribed is harmless", () => {
    const { seen, isUnchanged } = given(...three).when(unsubscribed(b, signaling));
    expect([seen(b), isUnchanged]).toEqual([[], true]);
  });
});

describe("a message for one user", () => {
  const all = [...three, subscribed(a, signaling), subscribed(b, signaling), subscribed(c, signaling)];

  test("reaches everybody while nobody is known", () => {
    const { seen } = given(...all).when(published(a, "for bob", { to: "bob" }));
    expect([seen(b), seen(c)]).toEqual([["for bob"], ["for bob"]]);
  });

  test("is kept from a client known to act for somebody else, by what it has published", () => {
    const { seen } = given(...all, published(c, "I am cy", { from: "cy" })).when(
      published(a, "for bob", { to: "bob" }),
    );
    expect([seen(b), seen(c)]).toEqual([["for bob"], []]);
  });

  test("is kept from a client known to act for somebody else, by how it has joined", () => {
    const { seen } = given(...all, created(c, "r"), joined(c, "r", "cy")).when(published(a, "for bob", { to: "bob" }));
    expect([seen(b), seen(c)]).toEqual([["for bob"], []]);
  });

  test("reaches every client that acts for the user, also beside others", () => {
    const { seen } = given(
      ...all,
      published(b, "x", { from: "bob" }),
      published(c, "x", { from: "cy" }),
      published(c, "x", { from: "bob" }),
    ).when(published(a, "for bob", { to: "bob" }));
    expect([seen(b), seen(c)]).toEqual([["for bob"], ["for bob"]]);
  });

  test("does not reach a client that acts for the user and is not subscribed", () => {
    const { seen } = given(...three, published(b, "x", { from: "bob" })).when(published(a, "for bob", { to: "bob" }));
    expect(seen(b)).toEqual([]);
  });

  test("is not returned to the sender, even to itself", () => {
    expect(
      given(...all, published(a, "x", { from: "ann" }))
        .when(published(a, "to me", { to: "ann" }))
        .seen(a),
    ).toEqual([]);
  });

  test("reaches a client that acts for more users than are remembered, whoever it is for", () => {
    const group = Array.from({ length: 17 }, (_, i) => published(c, "x", { from: `user-${i}` }));
    const known = given(...all, ...group.slice(0, 16)).when(published(a, "for bob", { to: "bob" }));
    expect(known.seen(c)).toEqual([]);
    const overflown = given(...all, ...group).when(published(a, "for bob", { to: "bob" }));
    expect(overflown.seen(c)).toEqual(["for bob"]);
    const after = given(...all, ...group, unsubscribed(c, signaling), subscribed(c, signaling)).when(
      published(a, "for user-3", { to: "user-3" }),
    );
    expect(after.seen(c)).toEqual(["for user-3"]);
  });

  test("floods where the settings say so", () => {
    const { seen } = given(started({ delivery: "broadcast" }), ...all, published(c, "x", { from: "cy" })).when(
      published(a, "for bob", { to: "bob" }),
    );
    expect([seen(b), seen(c)]).toEqual([["for bob"], ["for bob"]]);
  });
});
