import { expect, test } from "vitest";
import {
  defaultSettings,
  type Effect,
  type Event,
  encodeAmong,
  type Token,
  type UserId,
  v1,
} from "../../../core/index.js";
import { a, b, later, start } from "../../support/story.js";
import { greeted } from "../../support/v1-world.js";
import { connected, play } from "../../support/world.js";

const ann = "ann" as UserId;

const token: Token = {
  expiresAt: later(1_000),
  grants: { rooms: [], can: [], role: "participant", lobby: "wait", sessions: "newest" },
};

const beginnings: ReadonlyArray<Event> = [
  { kind: "ServerStarted", at: start, settings: defaultSettings },
  { ...greeted(a, "s1", { user: ann, name: "Ann" }), at: start, verified: ann, token },
  connected(b, start),
];

const asked = (event: Partial<Event>) =>
  play([...beginnings, { kind: "IceServersRequested", at: start, client: a, id: 2, ...event } as Event]).at(-1);

const aboutOf = (effects: ReadonlyArray<Effect> = []) =>
  effects.flatMap((effect) =>
    effect.kind === "Send" && effect.message.kind === "Personal" ? [effect.message.about] : [],
  );

test("the answer names the user alone: neither the state nor an effect has a credential", () => {
  const moment = asked({});
  expect(aboutOf(moment?.effects)).toEqual([{ kind: "Result", id: 2, iceServersFor: ann }]);
});

test("the servers and their credentials are made when the answer leaves", () => {
  const moment = asked({});
  const [sent] = (moment?.effects ?? []).flatMap((effect) => (effect.kind === "Send" ? [effect.message] : []));
  if (moment === undefined || sent === undefined) throw new Error("nothing is sent");
  const write = encodeAmong([v1], {
    ticketOf: () => "",
    iceServersOf: (user) => ({ iceServers: [{ urls: "turn:x", username: user }], iceServersTtlMs: 5 }),
  });
  expect(JSON.parse(write(v1, moment.after, sent) ?? "")).toEqual({
    type: "result",
    n: 1,
    id: 2,
    iceServers: [{ urls: "turn:x", username: "ann" }],
    iceServersTtlMs: 5,
  });
});

test("a token that has expired gets none", () => {
  expect(aboutOf(asked({ at: later(1_000) })?.effects)).toMatchObject([
    { kind: "Refused", id: 2, refusal: { code: "token-expired" } },
  ]);
});

test("a client without a user is not answered", () => {
  expect(asked({ client: b })?.effects).toEqual([]);
});

test("a request without a number is answered as the others are", () => {
  const { kind, at, client } = { kind: "IceServersRequested" as const, at: start, client: a };
  const moment = play([...beginnings, { kind, at, client }]).at(-1);
  expect(aboutOf(moment?.effects)).toEqual([{ kind: "Result", id: 0, iceServersFor: ann }]);
});
