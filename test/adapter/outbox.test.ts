import fc from "fast-check";
import { expect, test } from "vitest";
import { outbox } from "../../adapters/outbox.js";
import {
  type Audience,
  type ClientId,
  type Event,
  encode,
  initial,
  recipients,
  reduce,
  type State,
} from "../../core/index.js";
import { peerOf, serverWith, settled, subscribe, until } from "../support/net.js";
import { connected, created, given, joined, pinged, start, subscribed } from "../support/story.js";
import { anyRun, play } from "../support/world.js";

const crowd = Array.from({ length: 500 }, (_, i) => (i + 1) as ClientId);
const everyone = { kind: "Everyone" } as const;
const relay = (text: string) => ({ kind: "Relay", text }) as const;
const { state } = given(...crowd.map(connected)).when(subscribed(crowd[0] as ClientId));

const collecting = (behind: ReadonlySet<number> = new Set(), end = ";") => {
  const written: Array<readonly [ClientId, Buffer]> = [];
  const out = outbox({
    frame: (text) => Buffer.from(`${text}${end}`),
    write: (client, bytes) => written.push([client, bytes]),
    isBehind: (client) => behind.has(client),
  });
  const to = (client: number): ReadonlyArray<string> =>
    written.filter(([id]) => id === client).map(([, bytes]) => String(bytes));
  return { out, written, to };
};
const count = (n: State): string => `${encode(n, { kind: "ClientCount", at: start })};`;
const me: Audience = { kind: "Client", client: 1 as ClientId };

test("everybody is handed the very same bytes, however many frames they are made of", () => {
  const { out, written } = collecting();
  out.put(everyone, relay("a"), state);
  out.put(everyone, relay("b"), state);
  out.put(everyone, { kind: "ClientCount", at: start }, state);
  out.flush(state);
  expect(written).toHaveLength(500);
  expect(new Set(written.map(([, bytes]) => bytes)).size).toBe(1);
  expect(String(written[0]?.[1])).toBe(`${count(state)}a;b;`);
});

test("what goes to one client in a turn leaves in one write, in order; a state leads it, once, as it is in the end", () => {
  const { out, written, to } = collecting();
  out.put(me, relay("first"), state);
  out.put(everyone, { kind: "ClientCount", at: start }, state);
  out.put(me, relay("second"), state);
  const more = given(...crowd.map(connected)).when(connected(501 as ClientId)).state;
  out.put(everyone, { kind: "ClientCount", at: start }, more);
  out.flush(more);
  expect(to(1)).toEqual([`${count(more)}first;second;`]);
  expect(to(501)).toEqual([count(more)]);
  expect(written).toHaveLength(501);
  out.flush(more);
  expect(written).toHaveLength(501);
});

test("from a client that is behind, states are kept back and relays are not; when it has caught up it gets the latest, once", () => {
  const behind = new Set([1]);
  const { out, to } = collecting(behind);
  for (const [text, now] of [
    ["a", state],
    ["b", given(connected(1 as ClientId)).when(connected(2 as ClientId)).state],
  ] as const) {
    out.put(everyone, { kind: "ClientCount", at: start }, now);
    out.put(me, relay(text), now);
    out.flush(now);
  }
  expect(to(1)).toEqual(["a;", "b;"]);
  behind.clear();
  out.release(1 as ClientId, state);
  out.release(1 as ClientId, state);
  expect(to(1)).toEqual(["a;", "b;", count(state)]);
});

test("a burst of 500 joins in one turn costs each subscriber one list, not 500", () => {
  const { out, written } = collecting();
  const rooms = Array.from({ length: 5 }, (_, i) => created(crowd[i] as ClientId, `r${i}`));
  let current = given(...crowd.map(connected), ...crowd.map((id) => subscribed(id)), ...rooms).when(
    pinged(1 as ClientId),
  ).state;
  for (const client of crowd) {
    const [next, effects] = reduce(current, {
      at: start,
      ...joined(client, `r${client % 5}`, `user-${client}`),
    } as Event);
    current = next;
    for (const effect of effects) if (effect.kind === "Send") out.put(effect.to, effect.message, next);
  }
  out.flush(current);
  expect(written.map(([client]) => client)).toEqual(crowd);
  expect(new Set(written.map(([, bytes]) => bytes)).size).toBe(1);
  const text = String(written[0]?.[1]).slice(0, -1);
  expect(JSON.parse(text).rooms.map((room: { participantCount: number }) => room.participantCount)).toEqual([
    100, 100, 100, 100, 100,
  ]);
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
  await until(() => server.runtime.state().announced.RoomList.isOwed === false);
  const lists = (await watcher.heard()).filter(({ type }) => type === "server-room-list");
  expect(lists.length).toBeLessThanOrEqual(50);
  expect(lists.at(-1).rooms.map((room: { participantCount: number }) => room.participantCount)).toEqual([
    100, 100, 100, 100, 100,
  ]);
});

test("law: whatever happens in a turn, each client gets its states first and then its messages in the order of the effects, in one write", () => {
  fc.assert(
    fc.property(anyRun(undefined, 100), fc.integer({ min: 1, max: 30 }), (run, eventsPerTurn) => {
      const { out, written } = collecting(undefined, "\n");
      let now = initial;
      for (let start = 0; start < run.length; start += eventsPerTurn) {
        const expected = new Map<ClientId, { states: Set<string>; texts: string[] }>();
        const ordered: Array<readonly [Audience, "ClientCount" | "RoomList"]> = [];
        const lineOf = (id: ClientId) => {
          const line = expected.get(id) ?? { states: new Set(), texts: [] };
          expected.set(id, line);
          return line;
        };
        for (const { effects, after } of play(run.slice(start, start + eventsPerTurn), now)) {
          now = after;
          for (const effect of effects) {
            if (effect.kind !== "Send") continue;
            const { message, to } = effect;
            out.put(to, message, after);
            if (message.kind === "ClientCount" || message.kind === "RoomList") ordered.push([to, message.kind]);
            else for (const id of recipients(after, to)) lineOf(id).texts.push(encode(after, message));
          }
        }
        for (const [to, kind] of ordered) for (const id of recipients(now, to)) lineOf(id).states.add(kind);
        written.length = 0;
        out.flush(now);
        const sent = written.map(([id, bytes]) => {
          const frames = String(bytes).split("\n").slice(0, -1);
          const states = frames.filter((text) => /^\{"type":"(client_count|server-room-list)"/.test(text));
          expect(frames.slice(0, states.length)).toEqual(states);
          return [id, states.length, frames.slice(states.length)];
        });
        const wanted = [...expected].map(([id, { states, texts }]) => [id, states.size, texts]);
        const byClient = (a: ReadonlyArray<unknown>, b: ReadonlyArray<unknown>) => Number(a[0]) - Number(b[0]);
        expect(sent.sort(byClient)).toEqual(wanted.sort(byClient));
      }
    }),
  );
});
