import { expect, test } from "vitest";
import { WebSocket } from "ws";
import type { Room } from "../../adapters/client/index.js";
import { portOf, start } from "../support/child.js";
import { serverWith } from "../support/net.js";
import { person, until } from "./people.js";

const secret = { SESSION_SECRET: "the same secret before and after a restart" };
const isConnected = (room: Room): boolean => room.others.length > 0 && room.others.every(({ canSend }) => canSend);

test.each(["SIGTERM", "SIGKILL"] as const)(
  "a server that is restarted with %s costs nobody the call: all are back in their room within 3 s, over the same connections",
  async (signal) => {
    const before = start(secret);
    const port = await portOf(before);
    const url = `ws://127.0.0.1:${port}/ws`;
    const ann = await person(url, { name: "Ann" });
    const bob = await person(url, { name: "Bob" });
    const rooms = [await ann.join("standup", { data: true }), await bob.join("standup", { data: true })] as const;
    await until(() => rooms.every(isConnected), 20_000);
    const users = [ann.user, bob.user];
    const states: string[] = [];
    const heard: unknown[] = [];
    for (const room of rooms) room.on("connection", ({ state }) => states.push(state));
    rooms[1].on("data", ({ data }) => heard.push(data));

    before.child.kill(signal);
    await before.ended;
    expect(rooms[0].send("while there is no server")).toBe(1);
    const after = start({ ...secret, PORT: String(port) });
    await portOf(after);
    const up = performance.now();
    await until(() => [ann, bob].every(({ state, rooms: joined }) => state === "connected" && joined.size === 1));
    await until(() => rooms.every(({ others, state }) => state === "joined" && others.length === 1));
    expect(performance.now() - up).toBeLessThan(3_000);
    await rooms[0].say("and with the new one", { to: bob.user });
    expect([ann.user, bob.user]).toEqual(users);
    await until(() => heard.length === 1);
    expect([states, heard]).toEqual([[], ["while there is no server"]]);
  },
);

test("a client that a server sends elsewhere comes back at once, however long it would wait otherwise, as who it was and in its room", async () => {
  const first = await serverWith({ ...secret, DRAIN_SECONDS: "1" });
  const second = await serverWith(secret);
  /** As a balancer does it. */
  class Balanced extends WebSocket {
    constructor(_: string, protocol: string) {
      super(`ws://127.0.0.1:${first.isDraining() ? second.port : first.port}/ws`, protocol);
    }
  }
  const hourMs = 3_600_000;
  const ann = await person(`ws://127.0.0.1:${first.port}/ws`, {
    name: "Ann",
    WebSocket: Balanced,
    backoff: { baseMs: hourMs, capMs: hourMs },
  });
  const room = await ann.join("standup", { connections: false });
  const { user, id } = ann;
  const states: string[] = [];
  ann.on("state", ({ state }) => states.push(state));

  const stopped = first.stop();
  await until(() => states.includes("connected"), 5_000);
  await until(
    () => room.state === "joined" && room.participants.has(user) && second.runtime.state().shared.rooms.size === 1,
  );
  expect([ann.user, ann.id === id, room.state]).toEqual([user, false, "joined"]);
  expect(states).toEqual(["reconnecting", "connected"]);
  await stopped;
});
