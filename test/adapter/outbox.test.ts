import { expect, test } from "vitest";
import { outbox } from "../../adapters/outbox.js";
import { type Audience, type ClientId, type Event, encode, reduce, type State } from "../../core/index.js";
import { peerOf, serverWith, settled, subscribe } from "../support/net.js";
import { connected, created, given, joined, start, subscribed } from "../support/story.js";

const crowd = Array.from({ length: 500 }, (_, i) => (i + 1) as ClientId);
const everyone = { kind: "Everyone" } as const;
const relay = (text: string) => ({ kind: "Relay", text }) as const;
const { state } = given(...crowd.map(connected)).when(subscribed(crowd[0] as ClientId));

const collecting = () => {
  const written: Array<readonly [ClientId, ReadonlyArray<Buffer>]> = [];
  const out = outbox(
    (text) => Buffer.from(text),
    (client, frames) => written.push([client, frames]),
  );
  return { out, written };
};

test("a frame is made once, and everybody is handed the same bytes", () => {
  const { out, written } = collecting();
  out.put(everyone, relay("hi"), state);
  out.flush(state);
  expect(written).toHaveLength(500);
  expect(new Set(written.map(([, frames]) => frames[0])).size).toBe(1);
});

test("what goes to one client in a turn leaves in one write, in order, a state once and as it then is", () => {
  const { out, written } = collecting();
  const me: Audience = { kind: "Client", client: 1 as ClientId };
  out.put(me, relay("first"), state);
  out.put(everyone, { kind: "ClientCount", at: start }, state);
  out.put(me, relay("second"), state);
  const more = given(...crowd.map(connected)).when(connected(501 as ClientId)).state;
  out.put(everyone, { kind: "ClientCount", at: start }, more);
  out.flush(more);
  const count = encode(more, { kind: "ClientCount", at: start });
  expect(written.find(([client]) => client === 1)?.[1].map(String)).toEqual(["first", count, "second"]);
  expect(written.find(([client]) => client === 501)?.[1].map(String)).toEqual([count]);
  expect(written).toHaveLength(501);
  out.flush(more);
  expect(written).toHaveLength(501);
});

test("a burst of 500 joins in one turn costs each subscriber one list, not 500", () => {
  const { out, written } = collecting();
  let current: State = given(
    ...crowd.map(connected),
    ...crowd.map((id) => subscribed(id)),
    ...Array.from({ length: 5 }, (_, i) => created(crowd[i] as ClientId, `r${i}`)),
  ).when(subscribed(crowd[0] as ClientId)).state;
  for (const client of crowd) {
    const [next, effects] = reduced(current, joined(client, `r${client % 5}`, `user-${client}`));
    current = next;
    for (const effect of effects) if (effect.kind === "Send") out.put(effect.to, effect.message, next);
  }
  out.flush(current);
  expect(written.map(([, frames]) => frames.length)).toEqual(crowd.map(() => 1));
  expect(
    JSON.parse(String(written[0]?.[1][0])).rooms.map((room: { participantCount: number }) => room.participantCount),
  ).toEqual([100, 100, 100, 100, 100]);
});

test("the same over sockets: 500 joins that arrive together are a handful of lists, and the last is complete", async () => {
  const server = await serverWith({ LOG_LEVEL: "silent" });
  const watcher = await peerOf(server);
  const actor = await peerOf(server);
  watcher.say(subscribe());
  actor.say(...Array.from({ length: 5 }, (_, i) => ({ type: "room-created", data: { id: `r${i}`, name: "R" } })));
  await settled(actor, watcher);
  actor.say(
    ...crowd.map((id) => ({
      type: "user-joined-room",
      data: { roomId: `r${id % 5}`, userId: `user-${id}`, userName: "U" },
    })),
  );
  await actor.heard();
  const lists = (await watcher.heard()).filter(({ type }) => type === "server-room-list");
  expect(lists.length).toBeLessThanOrEqual(50);
  expect(lists.at(-1).rooms.map((room: { participantCount: number }) => room.participantCount)).toEqual([
    100, 100, 100, 100, 100,
  ]);
});

const reduced = (from: State, event: object) => reduce(from, { at: start, ...event } as Event);
