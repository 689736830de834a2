import { expect, test } from "vitest";
import type { Room } from "../../adapters/client/index.js";
import { portOf, start } from "../support/child.js";
import { person, until } from "./people.js";

const secret = { SESSION_SECRET: "the same secret before and after a restart" };
const isConnected = (room: Room): boolean => room.others.length > 0 && room.others.every(({ canSend }) => canSend);

test("a server that is restarted with SIGTERM costs nobody the call: all are back in their room within 3 s, over the same connections", async () => {
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

  before.child.kill("SIGTERM");
  await before.ended;
  expect(rooms[0].send("while there is no server")).toBe(1);
  const after = start({ ...secret, PORT: String(port) });
  await portOf(after);
  const up = performance.now();
  await until(() => [ann, bob].every(({ state, rooms: joined }) => state === "connected" && joined.size === 1));
  await until(() => rooms.every(({ others, isOver }) => !isOver && others.length === 1));
  expect(performance.now() - up).toBeLessThan(3_000);
  await rooms[0].say("and with the new one", { to: bob.user });
  expect([ann.user, bob.user]).toEqual(users);
  await until(() => heard.length === 1);
  expect([states, heard]).toEqual([[], ["while there is no server"]]);
});
