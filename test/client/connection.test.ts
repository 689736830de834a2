import { expect, test } from "vitest";
import { person, until } from "./people.js";
import { relay } from "./relay.js";

test("two who join a room are connected, and what one sends the other gets", async () => {
  const { url, frames } = await relay();
  const [ann, bob] = [await person(url, { name: "Ann" }), await person(url, { name: "Bob" })];
  const hers = await ann.join("standup", { data: true });
  const his = await bob.join("standup", { data: true });
  const got: unknown[] = [];
  hers.on("data", ({ from, data }) => got.push([from.name, data]));
  await until(() => his.send("hello") === 1);
  await until(() => got.length === 1);
  expect(got).toEqual([["Bob", "hello"]]);
  expect(hers.participants.get(bob.user)?.connection).toBe("connected");
  // Who comes offers, and that once.
  expect(frames.filter(({ kind }) => kind === "offer").map(({ to }) => to)).toEqual([ann.user]);
});
