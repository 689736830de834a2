import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Audience, directoryChannel, groupFor, isMember, members, recipients } from "../../../core/index.js";
import { a, b, c, connected, given, pinged, published, signaling, subscribed } from "../../support/story.js";
import { anyRun, channelNames, clientIds, last, play, userIds } from "../../support/world.js";

const anyAudience: fc.Arbitrary<Audience> = fc.oneof(
  fc.record({ kind: fc.constant("Client" as const), client: fc.constantFrom(...clientIds) }),
  fc.constant({ kind: "Everyone" } as const),
  fc.record({ kind: fc.constant("Subscribers" as const), channel: fc.constantFrom(...channelNames) }),
  fc.record({
    kind: fc.constant("Others" as const),
    channel: fc.constantFrom(...channelNames),
    sender: fc.constantFrom(...clientIds),
  }),
  fc.record({
    kind: fc.constant("User" as const),
    channel: fc.constantFrom(...channelNames),
    sender: fc.constantFrom(...clientIds),
    user: fc.constantFrom(...userIds),
  }),
);

test("law: the group of an audience has exactly its recipients; recipients are ascending, each once", () => {
  fc.assert(
    fc.property(anyRun(), fc.array(anyAudience, { minLength: 1 }), (run, audiences) => {
      const state = last(play(run));
      for (const audience of audiences) {
        const found = recipients(state, audience);
        expect(found).toEqual([...new Set(found)].sort((x, y) => x - y));
        const group = groupFor(state, audience);
        expect(group === undefined).toBe(audience.kind === "Client" || audience.kind === "User");
        if (group === undefined) continue;
        expect(members(group).filter((client) => client !== group.except)).toEqual(found);
        for (const client of clientIds) expect(isMember(group, client)).toBe(found.includes(client));
      }
    }),
  );
});

describe("groups", () => {
  const { state } = given(connected(a), connected(b), connected(c), subscribed(a), subscribed(b)).when(pinged(c));

  test("name nobody who is left out, unless somebody is", () => {
    const channel = directoryChannel;
    expect(Object.keys(groupFor(state, { kind: "Subscribers", channel }) ?? {})).toEqual(["among"]);
    expect(groupFor(state, { kind: "Others", channel, sender: a })?.except).toBe(a);
  });
});

test.each([
  [{}, {}],
  [{ from: "ann" }, { from: "ann" }],
  [{ to: "bob" }, { to: "bob" }],
  [
    { from: "ann", to: "bob" },
    { from: "ann", to: "bob" },
  ],
])("a relay names who it is from and for, where the message does: %j", (names, members) => {
  const { effects } = given(connected(a)).when(published(a, "{}", names));
  expect(effects.flatMap((effect) => (effect.kind === "Send" ? [effect.message] : []))).toStrictEqual([
    { kind: "Relay", channel: signaling, type: "webrtc-offer", ...members, dialect: "seed", text: "{}" },
  ]);
});
