import { expect, test } from "vitest";
import { serverWith } from "../support/net.js";
import { sideBySide } from "./browser.js";
import { lifelike } from "./lifelike.js";
import { connected, create, events, inBrowser, inRoom, join, made, press, reads, say, sees, tile } from "./meet.js";

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

  test("a shared screen is a tile of its own, for who comes later too, until it is not shared any more", async () => {
    const { port } = await serverWith();
    const ann = await create(port, "Ann");
    const bob = await join(port, "Bob");
    await connected(ann, "Bob");
    await press(ann, "Camera");
    await press(ann, "Share screen");
    const eve = await join(port, "Eve");
    for (const visitor of [bob, eve]) {
      await sees(visitor, "Ann: screen");
      await sees(visitor, "Ann");
    }
    await press(ann, "Share screen");
    for (const visitor of [bob, eve]) {
      await tile(visitor, "Ann: screen").waitFor({ state: "detached" });
      await sees(visitor, "Ann");
    }
    await press(ann, "Camera");
    await tile(bob, "Ann").locator("video:not([hidden])").waitFor({ state: "detached" });
    expect([ann, bob, eve].flatMap(({ complaints }) => complaints)).toEqual([]);
  });

  test("the invite is the room's link, copied or shown", async () => {
    const { port } = await serverWith();
    const ann = await create(port, "Ann", { room: "Über uns", permissions: ["clipboard-read", "clipboard-write"] });
    await press(ann, "Copy invite");
    await ann.page.getByRole("status").getByText("Copied").waitFor();
    const link = `http://127.0.0.1:${port}/r/${encodeURIComponent("über-uns")}`;
    expect(await ann.page.evaluate("navigator.clipboard.readText()")).toBe(link);
    await ann.page.evaluate("navigator.clipboard.writeText = () => Promise.reject(new Error('no'))");
    await press(ann, "Copy invite");
    await ann.page.getByRole("status").getByText(link).waitFor();
  });

  if (process.env.SCREENSHOT) test("the picture of the README", picture);
});

const picture = async (): Promise<void> => {
  const { port } = await serverWith();
  const window = { viewport: { width: 1040, height: 780 }, deviceScaleFactor: 2 };
  const ann = await create(port, "Ann", { ...window, prepare: lifelike("#d9895b", "#f3d9b8") });
  const bob = await join(port, "Bob", "standup", { ...window, prepare: lifelike("#4f7fa8", "#cfe3ee") });
  for (const visitor of [ann, bob]) await press(visitor, "Camera");
  await press(ann, "Microphone");
  await Promise.all([sees(ann, "Bob"), sees(bob, "Ann")]);
  await say(ann, "Are you ready for the call?");
  await reads(bob, "Are you ready for the call?");
  await say(bob, "Two minutes, please.");
  await reads(ann, "Two minutes, please.");
  await bob.page.emulateMedia({ colorScheme: "dark" });
  await sideBySide(ann.page, bob.page, String(process.env.SCREENSHOT));
};
