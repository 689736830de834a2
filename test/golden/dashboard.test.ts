import { expect, test } from "vitest";
import { type ClientId, defaultSettings, type Event, invariants, type Millis, replay, seed } from "../../core/index.js";
import { type Peer, peerOf, serverWith, settled } from "../support/net.js";
import { connected, deliveries, eventIn } from "../support/world.js";
import { lastStates, receivedBy, relayed, session, sockets } from "./dashboard-session.js";

test("the capture is what it is taken for", () => {
  expect(sockets).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  expect(session.filter(({ sent }) => sent !== undefined).length).toBe(25);
  expect(sockets.flatMap((socket) => relayed(receivedBy(socket))).length).toBe(12);
});

test("its clients' frames over real sockets: all accepted, the same relays byte for byte, the same states in the end", async () => {
  const server = await serverWith({ ROOM_EVENTS: "relay", DELIVERY: "broadcast" });
  const peers = new Map<number, Peer>();
  for (const { socket, open, sent } of session) {
    if (!peers.has(socket)) peers.set(socket, await peerOf(server, open ?? "/ws/"));
    if (sent === undefined) continue;
    peers.get(socket)?.say(sent);
    await peers.get(socket)?.heard();
  }
  await settled(...peers.values());
  for (const socket of sockets) {
    const texts = peers.get(socket)?.texts.filter((text) => !text.startsWith('{"type":"pong"')) ?? [];
    expect(relayed(texts), `socket ${socket}`).toEqual(relayed(receivedBy(socket)));
    expect(lastStates(texts), `socket ${socket}`).toEqual(lastStates(receivedBy(socket)));
  }
});

test("and through the core alone", () => {
  const settings = { ...defaultSettings, delivery: "broadcast", roomEvents: "relay" } as const;
  const wire = seed.decoder(settings.limits);
  const open = new Set<number>();
  const events = session.flatMap(({ at, socket, sent }): ReadonlyArray<Event> => {
    const arrival = { at: at as Millis, client: socket as ClientId };
    const isNew = !open.has(socket);
    open.add(socket);
    return [
      ...(isNew ? [connected(arrival.client, arrival.at)] : []),
      ...(sent === undefined ? [] : [eventIn(wire, arrival, sent)]),
    ];
  });
  const seen = new Map<number, string[]>(sockets.map((socket) => [socket, []]));
  for (const { after, effects } of replay([{ kind: "ServerStarted", at: 0 as Millis, settings }, ...events])) {
    expect(invariants(after)).toEqual([]);
    for (const [client, texts] of deliveries(after, effects)) seen.get(client)?.push(...texts);
  }
  for (const [socket, texts] of seen) {
    expect(relayed(texts), `socket ${socket}`).toEqual(relayed(receivedBy(socket)));
    expect(lastStates(texts), `socket ${socket}`).toEqual(lastStates(receivedBy(socket)));
  }
});
