import { expect, test } from "vitest";
import {
  type ClientId,
  defaultGrants,
  defaultSettings,
  type Event,
  isVerified,
  type SessionId,
  type UserId,
  userOf,
  userOfSession,
} from "../../../core/index.js";
import { a, b, c, later, start } from "../../support/story.js";
import { greeted } from "../../support/v1-world.js";
import { connected, last, play } from "../../support/world.js";

/* Ann speaks `signalbox.v1`; of two dashboards Bob's has shown no token, and Cy's has. All but Dan, on v1, are in the room. */

const dan = 4 as ClientId;
const nobody = 9 as ClientId;
const joins = (client: ClientId, userId: string): Event =>
  ({ kind: "JoinRequested", at: start, client, id: 2, roomId: "r", userId, userName: userId, text: "" }) as Event;

const state = last(
  play([
    { kind: "ServerStarted", at: start, settings: defaultSettings },
    { ...greeted(a, "of-ann", { user: "ann" as UserId, name: "Ann" }), at: start },
    { ...connected(b, start), session: "of-bob" as SessionId },
    {
      ...connected(c, start),
      session: "of-cy" as SessionId,
      verified: "cy" as UserId,
      token: { expiresAt: later(60_000), grants: defaultGrants },
    },
    { ...greeted(dan, "of-dan", { user: "dan" as UserId, name: "Dan" }), at: start },
    { kind: "CreateRequested", at: start, client: b, room: { id: "r", name: "R" } } as Event,
    joins(a, "ann"),
    joins(b, "bob"),
    joins(c, "cy"),
  ]),
);

test.each<[string, ClientId | undefined, string | undefined, boolean]>([
  ["whose session can be resumed, in a room", a, undefined, true],
  ["whose session can be resumed, and has been nowhere yet", dan, undefined, true],
  ["with a token", c, undefined, true],
  ["without a token", b, undefined, false],
  ["who has gone", nobody, undefined, false],
  ["that nobody asked for", undefined, undefined, false],
])("a client %s", (_what, client, session, expected) => {
  expect(isVerified(state, client, session as SessionId | undefined)).toBe(expected);
});

test.each<[string, ClientId | undefined, string, boolean]>([
  ["Ann's", undefined, "of-ann", true],
  ["Bob's", undefined, "of-bob", false],
  ["one that is not there", undefined, "of-nobody", false],
  ["Ann's, and Bob asks: whose session it is counts", b, "of-ann", true],
  ["Bob's, and Ann asks: who asks does not vouch for him", a, "of-bob", false],
])("a session: %s", (_what, client, session, expected) => {
  expect(isVerified(state, client, session as SessionId)).toBe(expected);
});

test("a client's user is the verified one, or the first that it claimed", () => {
  expect([a, b, c, dan, nobody].map((client) => userOf(state, client))).toEqual(["ann", "bob", "cy", "dan", undefined]);
});

test("a session's user is the one that it can be resumed by", () => {
  const users = ["of-ann", "of-bob", "of-dan"].map((session) => userOfSession(state, session as SessionId));
  expect(users).toEqual(["ann", undefined, undefined]);
});
