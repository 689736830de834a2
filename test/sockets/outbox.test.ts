import fc from "fast-check";
import { expect, test } from "vitest";
import { outbox } from "../../adapters/sockets/outbox.js";
import {
  type Audience,
  type ChannelName,
  type ClientId,
  type Event,
  initial,
  recipients,
  reduce,
  type State,
  seed,
} from "../../core/index.js";
import { peerOf, serverWith, settled, subscribe, until } from "../support/net.js";
import { connected, created, given, joined, pinged, published, start, subscribed } from "../support/story.js";
import { anyRun, clientIds, play, wordsAmong } from "../support/world.js";

const group = Array.from({ length: 500 }, (_, i) => (i + 1) as ClientId);
const everyone = { kind: "Everyone" } as const;
const relay = (text: string) =>
  ({ kind: "Relay", channel: "x" as ChannelName, type: "x", dialect: seed.name, text }) as const;
const encode = wordsAmong([seed]);
const { state } = given(...group.map(connected)).when(subscribed(group[0] as ClientId));

const collecting = (behind: ReadonlySet<number> = new Set(), end = ";") => {
  const written: Array<readonly [ClientId, Buffer]> = [];
  const out = outbox({
    encode,
    dialectOf: () => seed,
    frame: (text) => Buffer.from(`${text}${end}`),
    write: (client, bytes) => written.push([client, bytes]),
    fits: () => true,
    isBehind: (client) => behind.has(client),
  });
  const to = (client: number): ReadonlyArray<string> =>
    written.filter(([id]) => id === client).map(([, bytes]) => String(bytes));
  return { out, written, to };
};
const count = (n: State): string => `${encode(seed, n, { kind: "ClientCount", at: start })};`;
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
  const more = given(...group.map(connected)).when(connected(501 as ClientId)).state;
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
  const rooms = Array.from({ length: 5 }, (_, i) => created(group[i] as ClientId, `r${i}`));
  let current = given(...group.map(connected), ...group.map((id) => subscribed(id)), ...rooms).when(
    pinged(1 as ClientId),
  ).state;
  for (const client of group) {
    const [next, effects] = reduce(current, {
      at: start,
      ...joined(client, `r${client % 5}`, `user-${client}`),
    } as Event);
    current = next;
    for (const effect of effects) if (effect.kind === "Send") out.put(effect.to, effect.message, next);
  }
  out.flush(current);
  expect(written.map(([client]) => client)).toEqual(group);
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
    ...group.map((id) => ({
      type: "user-joined-room",
      data: { roomId: `r${id % 5}`, userId: `user-${id}`, userName: "U" },
    })),
  );
  await actor.heard();
  await until(() => server.runtime.state().local.announced.RoomList.isPending === false);
  const lists = (await watcher.heard()).filter(({ type }) => type === "server-room-list");
  expect(lists.length).toBeLessThanOrEqual(50);
  expect(lists.at(-1).rooms.map((room: { participantCount: number }) => room.participantCount)).toEqual([
    100, 100, 100, 100, 100,
  ]);
});

type StateMessage = "ClientCount" | "RoomList";

test("law: whatever happens, each client gets its states first, as they are, and then its messages in the order of the effects, in one write a turn; the states, if it is behind, when it has caught up", () => {
  const anyBehind = fc.infiniteStream(fc.subarray([...clientIds]));
  fc.assert(
    fc.property(anyRun(undefined, 100), fc.integer({ min: 1, max: 30 }), anyBehind, (run, eventsPerTurn, tides) => {
      const behind = new Set<number>();
      const { out, written } = collecting(behind, "\n");
      const keptBack = new Map<ClientId, Map<StateMessage, Audience>>();
      let now = initial;
      const statesAre = (kinds: ReadonlyArray<StateMessage>): ReadonlyArray<string> =>
        kinds.map((kind) => encode(seed, now, { kind, at: now.now }));
      for (let start = 0; start < run.length; start += eventsPerTurn) {
        const states = new Map<ClientId, Map<StateMessage, Audience>>();
        const texts = new Map<ClientId, string[]>();
        for (const { effects, after } of play(run.slice(start, start + eventsPerTurn), now)) {
          now = after;
          for (const effect of effects) {
            if (effect.kind !== "Send") continue;
            const { message, to } = effect;
            out.put(to, message, after);
            for (const id of recipients(after, to))
              if (message.kind === "ClientCount" || message.kind === "RoomList")
                states.set(id, new Map([...(states.get(id) ?? []), [message.kind, to]]));
              else texts.set(id, [...(texts.get(id) ?? []), encode(seed, after, message)]);
          }
        }
        written.length = 0;
        out.flush(now);
        const expected = new Map<ClientId, ReadonlyArray<string>>();
        for (const id of new Set([...states.keys(), ...texts.keys()])) {
          const kinds = states.get(id) ?? new Map();
          if (behind.has(id)) keptBack.set(id, new Map([...(keptBack.get(id) ?? []), ...kinds]));
          const line = [...(behind.has(id) ? [] : statesAre([...kinds.keys()].sort())), ...(texts.get(id) ?? [])];
          if (line.length > 0) expected.set(id, line);
        }
        const linesOf = () => new Map(written.map(([id, bytes]) => [id, String(bytes).split("\n").slice(0, -1)]));
        expect(linesOf()).toEqual(expected);
        expect(written.length).toBe(expected.size);

        written.length = 0;
        const next = new Set<number>(tides.next().value);
        for (const id of clientIds) {
          if (next.has(id)) behind.add(id);
          else if (behind.delete(id)) {
            out.release(id, now);
            const kinds = [...(keptBack.get(id) ?? [])].filter(([, to]) => recipients(now, to).includes(id));
            keptBack.delete(id);
            const line = statesAre(kinds.map(([kind]) => kind));
            expect([...(linesOf().get(id) ?? [])].sort()).toEqual([...line].sort());
          }
        }
      }
    }),
  );
});

test("clients that subscribe and write in one turn, each joining the group anew, cost no more than what they are sent", () => {
  const turn = (clients: number): number => {
    const ids = Array.from({ length: clients }, (_, i) => (i + 1) as ClientId);
    let current = given(...ids.map(connected)).when(pinged(1 as ClientId)).state;
    const { out } = collecting();
    for (const id of ids)
      for (const event of [subscribed(id, "chat"), published(id, "x", { channel: "chat" })]) {
        const [next, effects] = reduce(current, { at: start, ...event } as Event);
        current = next;
        for (const effect of effects) if (effect.kind === "Send") out.put(effect.to, effect.message, next);
      }
    const began = performance.now();
    out.flush(current);
    return performance.now() - began;
  };
  // Each is sent what all who came after it have said: some 100 ms. Sharing bytes by prefix once made it six seconds, and 2 GB.
  expect(turn(900)).toBeLessThan(2_000);
});
