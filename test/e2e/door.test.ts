import { expect, test } from "vitest";
import { serverWith } from "../support/net.js";
import { secret, signed } from "../support/tokens.js";
import { connected, create, events, inBrowser, inRoom, join, open, order, person, press, reads, say } from "./meet.js";

inBrowser("the door of a room", () => {
  test("a guest who waits sees nothing of the room until the host lets them in", async () => {
    const { port } = await serverWith();
    const ann = await create(port, "Ann", { lobby: true });
    await say(ann, "A secret.");
    const bob = await join(port, "Bob");
    await bob.page.getByRole("heading", { name: "Waiting to be let in" }).waitFor();
    expect(await bob.page.locator("main").textContent()).not.toContain("Ann");
    expect(bob.frames.map(({ text }) => text).join("\n")).not.toMatch(/Ann|A secret|participants/);
    await ann.page.getByRole("status").getByText("Waiting to be let in: \u2068Bob\u2069").waitFor();
    await expect.poll(() => ann.page.title()).toMatch(/^\(1\) /);
    await bob.page.reload();
    await bob.page.getByRole("heading", { name: "Waiting to be let in" }).waitFor();
    await press(ann, "Admit \u2068Bob\u2069");
    await Promise.all([connected(ann, "Bob"), connected(bob, "Ann")]);
    expect([...ann.complaints, ...bob.complaints]).toEqual([]);
  });

  test("a guest withdraws, another is denied, and both are told", async () => {
    const { port } = await serverWith();
    const ann = await create(port, "Ann", { lobby: true });
    const bob = await join(port, "Bob");
    const admit = ann.page.getByRole("button", { name: "Admit \u2068Bob\u2069" });
    await admit.waitFor();
    await press(bob, "Withdraw");
    await bob.page.getByRole("heading", { name: "Rooms" }).waitFor();
    await admit.waitFor({ state: "detached" });
    await press(bob, "Join \u2068Standup\u2069");
    await press(ann, "Deny \u2068Bob\u2069");
    await bob.page.getByRole("alert").getByText("You were not let in. You can ask again after").waitFor();
  });

  test("with authentication the page asks for a token, says what is wrong with it, and goes on when it is good", async () => {
    const { port } = await serverWith({ AUTH_JWT_SECRET: secret });
    const ann = await open(port, "/r/standup");
    const field = ann.page.getByLabel("Token", { exact: true });
    await field.fill("nonsense");
    await press(ann, "Connect");
    await ann.page.getByRole("banner").getByText("the token is not a JWT").waitFor();
    const claims = { sub: "ann", name: "Ann", exp: Math.floor(Date.now() / 1_000) + 600 };
    await field.fill(await signed(claims));
    await press(ann, "Connect");
    await field.waitFor({ state: "detached" });
    await press(ann, "Join");
    await inRoom(ann, "standup");
    await ann.page.reload();
    await inRoom(ann, "standup");
    expect(ann.complaints).toEqual([]);
  });

  test("who is removed is told, and stays out, also after a reload", async () => {
    const { port } = await serverWith();
    const ann = await create(port, "Ann");
    const bob = await join(port, "Bob");
    await connected(ann, "Bob");
    await order(ann, "Bob", "Remove");
    await bob.page.getByRole("alert").getByText("You were removed from the room.").waitFor();
    await reads(ann, "\u2068Bob\u2069 was removed.".replaceAll(/[\u2068\u2069]/g, ""));
    await press(bob, "Join again");
    await bob.page.getByRole("alert").getByText("You were removed from this room and cannot come back").waitFor();
    await bob.page.reload();
    await press(bob, "Join");
    await bob.page.getByRole("alert").getByText("You were removed from this room and cannot come back").waitFor();
    expect(await person(ann, "Bob").count()).toBe(0);
    expect([...ann.complaints, ...bob.complaints]).toEqual([]);
  });

  test("a co-host bans, the host locks, unlocks, hands over and is then a participant", async () => {
    const { port } = await serverWith();
    const ann = await create(port, "Ann");
    const bob = await join(port, "Bob");
    const eve = await join(port, "Eve");
    await Promise.all([connected(ann, "Bob"), connected(ann, "Eve")]);
    expect(await bob.page.getByRole("button", { name: /^Actions for/ }).count()).toBe(0);
    await order(ann, "Bob", "Make co-host");
    await person(bob, "Bob (you)").getByText("Co-host", { exact: true }).waitFor();
    await order(bob, "Eve", "Ban for 1 hour");
    await eve.page.getByRole("alert").getByText("You were banned from the room until").waitFor();
    await reads(ann, "Eve was banned.");

    await press(ann, "Lock room");
    await bob.page.locator(".call-header").getByText("Locked").waitFor();
    const dan = await join(port, "Dan");
    await dan.page.getByRole("alert").getByText("The room is locked").waitFor();
    await press(bob, "Unlock room");
    await press(dan, "Join again");
    await inRoom(dan, "Standup");

    await order(ann, "Dan", "Hand over host role");
    await person(dan, "Dan (you)").getByText("Host", { exact: true }).waitFor();
    await expect.poll(() => person(ann, "Ann (you)").getByText("Host", { exact: true }).count()).toBe(0);
    expect(await events(dan)).toContain("You are the host now.");
    await press(dan, "Close room");
    for (const { page } of [ann, bob]) await page.getByRole("alert").getByText("The room was closed.").waitFor();
  });

  test("the list of rooms counts who is there, leaves out what is not listed, and is in step", async () => {
    const { port } = await serverWith();
    const eve = await open(port, "/");
    await eve.page.getByText("No rooms yet.").waitFor();
    const ann = await create(port, "Ann", { room: "Über uns" });
    const item = eve.page.getByRole("list", { name: "Rooms" }).getByRole("listitem");
    await item.getByText("1 person").waitFor();
    expect(new URL(ann.page.url()).pathname).toBe(`/r/${encodeURIComponent("über-uns")}`);
    const bob = await join(port, "Bob", "über-uns");
    await item.getByText("2 people").waitFor();
    await bob.page.getByLabel("Your name").waitFor({ state: "detached" });
    await press(bob, "Leave");
    await item.getByText("1 person").waitFor();
    await bob.page.getByLabel("Room name").fill("Hidden");
    await bob.page.getByLabel("Listed").uncheck();
    await press(bob, "Create room");
    await inRoom(bob, "Hidden");
    await press(ann, "Leave");
    await eve.page.getByText("No rooms yet.").waitFor();
    await join(port, "Dan", "hidden");
    await connected(bob, "Dan");
  });
});
