import { expect, test } from "vitest";
import { serverWith } from "../support/net.js";
import { connected, create, events, inBrowser, inRoom, join, made, press, reads, say, sees } from "./meet.js";

inBrowser("people in a room", () => {
  test("three people see each other, each pair over one connection, and write to each other", async () => {
    const { port } = await serverWith();
    const ann = await create(port, "Ann");
    const bob = await join(port, "Bob");
    await connected(ann, "Bob");
    const eve = await join(port, "Eve");
    const all = new Map([
      ["Ann", ann],
      ["Bob", bob],
      ["Eve", eve],
    ]);
    for (const visitor of all.values()) await press(visitor, "Camera");
    for (const [name, visitor] of all) {
      for (const other of all.keys()) if (other !== name) await sees(visitor, other);
      await say(visitor, `${name} is here.`);
    }
    for (const visitor of all.values()) for (const name of all.keys()) await reads(visitor, `${name} is here.`);
    expect(await Promise.all([...all.values()].map(made))).toEqual([2, 2, 2]);
    expect(await events(ann)).toEqual(["Bob joined.", "Eve joined."]);
    expect([ann, bob, eve].flatMap(({ complaints }) => complaints)).toEqual([]);
    await inRoom(bob, "Standup");
  });
});
