import { expect, test } from "vitest";
import { serverWith } from "../support/net.js";
import {
  connected,
  create,
  events,
  inBrowser,
  inRoom,
  join,
  lineTo,
  made,
  newWindow,
  online,
  open,
  person,
  press,
  reads,
  say,
  sees,
  tile,
} from "./meet.js";

inBrowser("people who come back", () => {
  test("who is offline for 8 s is away, keeps every connection, and nobody sees a leave", {
    timeout: 60_000,
  }, async () => {
    const { port } = await serverWith();
    const line = await lineTo(port);
    const ann = await create(port, "Ann");
    const eve = await join(port, "Eve");
    await connected(ann, "Eve");
    const bob = await join(line.port, "Bob");
    for (const visitor of [ann, bob, eve]) await press(visitor, "Camera");
    await Promise.all([sees(ann, "Bob"), sees(bob, "Ann"), sees(eve, "Bob"), sees(bob, "Eve")]);

    await bob.page.context().setOffline(true);
    line.cut();
    await bob.page.getByText("Connection lost. Reconnecting…").waitFor();
    await tile(ann, "Bob")
      .getByText(/^Away, \d+\ss left$/)
      .waitFor();
    await person(eve, "Bob").getByText("Away until").waitFor();
    // His picture goes on meanwhile.
    await sees(ann, "Bob");
    await say(ann, "Bob is away, and reads this later.");
    await bob.page.waitForTimeout(8_000);
    line.mend();
    await bob.page.context().setOffline(false);
    await online(bob);
    await person(ann, "Bob").getByText("Away until").waitFor({ state: "detached" });
    await reads(bob, "Bob is away, and reads this later.");
    await Promise.all([sees(ann, "Bob"), sees(bob, "Ann"), sees(eve, "Bob"), sees(bob, "Eve")]);

    expect(await Promise.all([ann, bob, eve].map(made))).toEqual([2, 2, 2]);
    for (const visitor of [ann, eve]) {
      const told = await events(visitor);
      expect(told.filter((text) => text.startsWith("Bob"))).toEqual(["Bob joined.", "Bob is away.", "Bob is back."]);
    }
    expect([...ann.complaints, ...eve.complaints]).toEqual([]);
  });

  test("who reloads the page is the same participant, and connected again", async () => {
    const { port } = await serverWith();
    const ann = await create(port, "Ann");
    const bob = await join(port, "Bob");
    await connected(ann, "Bob");
    await press(ann, "Camera");
    await sees(bob, "Ann");
    await bob.page.reload();
    await inRoom(bob, "Standup");
    await sees(bob, "Ann");
    await connected(ann, "Bob");
    await say(bob, "Here again.");
    await reads(ann, "Here again.");
    expect(await person(ann, "Bob").count()).toBe(1);
    expect(await events(ann)).not.toContain("Bob left.");
    expect([...ann.complaints, ...bob.complaints]).toEqual([]);
  });

  test("a host who has closed the tab and opens the link again is the host", async () => {
    const { port } = await serverWith();
    const ann = await create(port, "Ann", { lobby: true });
    const bob = await join(port, "Bob");
    await press(ann, "Admit \u2068Bob\u2069");
    await connected(bob, "Ann");
    await ann.page.close({ runBeforeUnload: true });
    await tile(bob, "Ann").getByText("Away").waitFor();

    const again = await newWindow(ann, port, "/r/standup");
    await inRoom(again, "Standup");
    await person(again, "Ann (you)").getByText("Host", { exact: true }).waitFor();
    await connected(again, "Bob");
    const eve = await join(port, "Eve");
    await press(again, "Admit \u2068Eve\u2069");
    await connected(again, "Eve");
    expect(await events(bob)).toEqual(["Ann is away.", "Ann is back.", "Eve joined."]);
    await inRoom(eve, "Standup");
  });

  test("and so is one who comes back by way of the list of rooms", async () => {
    const { port } = await serverWith();
    const ann = await create(port, "Ann");
    const bob = await join(port, "Bob");
    await connected(bob, "Ann");
    await ann.page.close({ runBeforeUnload: true });
    const again = await newWindow(ann, port, "/");
    await press(again, "Join \u2068Standup\u2069");
    await person(again, "Ann (you)").getByText("Host", { exact: true }).waitFor();
    expect(await person(bob, "Ann").count()).toBe(1);
  });

  test("each window keeps its own name, and a new one suggests the last", async () => {
    const { port } = await serverWith();
    const ann = await open(port, "/");
    const name = (of: { page: typeof ann.page }) => of.page.getByLabel("Your name").inputValue();
    expect(await name(ann)).toMatch(/^\w+ \w+$/);
    await ann.page.getByLabel("Your name").fill("Ann");
    await ann.page.getByLabel("Room name").focus();
    const second = await newWindow(ann, port, "/");
    expect(await name(second)).toBe("Ann");
    await second.page.getByLabel("Your name").fill("Bob");
    await second.page.getByLabel("Room name").focus();
    await ann.page.reload();
    expect(await name(ann)).toBe("Ann");
    await second.page.reload();
    expect(await name(second)).toBe("Bob");
  });

  test("a name that is being typed stays, whatever happens meanwhile", async () => {
    const { port } = await serverWith();
    const bob = await open(port, "/");
    await online(bob);
    await bob.page.getByLabel("Your name").fill("Bob");
    await create(port, "Ann");
    await bob.page.getByRole("button", { name: "Join \u2068Standup\u2069" }).waitFor();
    expect(await bob.page.getByLabel("Your name").inputValue()).toBe("Bob");
    await press(bob, "Join \u2068Standup\u2069");
    await person(bob, "Bob (you)").waitFor();
  });

  test("a duplicated tab takes over, and the first one says so", async () => {
    const { port } = await serverWith();
    const ann = await create(port, "Ann");
    const opened = ann.page.waitForEvent("popup");
    // A window that a page opens starts with a copy of its session storage, as a duplicated tab does.
    await ann.page.evaluate("void window.open(location.href)");
    const second = { page: await opened };
    await person(second, "Ann (you)").getByText("Host", { exact: true }).waitFor();
    await ann.page.getByText("This meeting goes on in a newer window.").waitFor();
    await press(ann, "Join again");
    await person(second, "Ann").waitFor();
  });

  test("a restart of the server is lived through: everybody is back in the room", {
    timeout: 60_000,
  }, async () => {
    const server = await serverWith();
    const ann = await create(server.port, "Ann");
    const bob = await join(server.port, "Bob");
    await connected(ann, "Bob");
    await press(ann, "Camera");
    await sees(bob, "Ann");
    await server.stop();
    for (const { page } of [ann, bob]) await page.getByText("Connection lost. Reconnecting…").waitFor();
    await sees(bob, "Ann");
    await serverWith({ PORT: String(server.port) });
    for (const visitor of [ann, bob]) await online(visitor);
    await Promise.all([connected(ann, "Bob"), connected(bob, "Ann")]);
    await reads(bob, "The connection was lost for too long. You have joined again.");
    await say(bob, "Still here.");
    await reads(ann, "Still here.");
    await sees(bob, "Ann");
  });

  test("who waits at the door again after a restart is told so, until they are let in", {
    timeout: 60_000,
  }, async () => {
    const env = { SESSION_SECRET: "the same before and after the restart" };
    const server = await serverWith(env);
    const line = await lineTo(server.port);
    const ann = await create(server.port, "Ann", { lobby: true });
    const bob = await join(line.port, "Bob");
    await press(ann, "Admit \u2068Bob\u2069");
    await connected(ann, "Bob");
    line.cut();
    await server.stop();
    await serverWith({ ...env, PORT: String(server.port) });
    await reads(ann, "The connection was lost for too long. You have joined again.");
    line.mend();
    const waits = bob.page.getByRole("status").getByText("Waiting to be let in again.");
    await waits.waitFor();
    await press(ann, "Admit \u2068Bob\u2069");
    await waits.waitFor({ state: "detached" });
    await reads(bob, "The connection was lost for too long. You have joined again.");
  });

  test("without a server the page says so, and is there when the server is", { timeout: 60_000 }, async () => {
    const { port } = await serverWith();
    const line = await lineTo(port);
    const ann = await open(line.port, "/", {
      prepare: (context) =>
        context.route("**/api/config", async (route) => {
          await route.continue();
          line.cut();
        }),
    });
    await ann.page.getByText("The server cannot be reached. Trying again…").waitFor();
    line.mend();
    await ann.page.getByText("No rooms yet. The first one can be yours.").waitFor();
  });
});
