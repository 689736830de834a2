import type { BrowserContext } from "playwright-core";
import { expect, test } from "vitest";
import { serverWith } from "../support/net.js";
import {
  admit,
  arrive,
  connected,
  createRoom,
  inBrowser,
  knock,
  meeting,
  nameShown,
  namesIn,
  newWindow,
  onlyRoom,
  person,
  reads,
  roomsAt,
  say,
} from "./dashboard.js";

inBrowser("people who come back", () => {
  test("a restart of the server does not interrupt a conversation, and both participants join again", async () => {
    const server = await serverWith();
    const { alice, bob } = await meeting(server.port);
    const { id, hostId } = await onlyRoom(server.port);
    await server.stop();
    for (const { page } of [alice, bob]) await page.getByText(/Next attempt in \d+ s/).waitFor();
    await say(alice, "Is anybody there?");
    await reads(bob, "Is anybody there?");

    const again = await serverWith({ PORT: String(server.port) });
    for (const { page } of [alice, bob]) await page.getByText("In the room.").waitFor();
    await expect.poll(async () => namesIn(await roomsAt(again.port))).toEqual([["Alice", "Bob"]]);
    expect(await roomsAt(again.port)).toMatchObject([{ id, hostId, name: "Handover", host: "Alice" }]);
    await Promise.all([connected(alice, "Bob"), connected(bob, "Alice")]);
    await say(bob, "Still here.");
    await reads(alice, "Still here.");
    expect(await alice.page.getByText("Bob left.").count()).toBe(0);
    // The browser itself reports every try that fails.
    const own = [...alice.complaints, ...bob.complaints].filter((text) => !text.includes("ERR_CONNECTION_REFUSED"));
    expect(own).toEqual([]);
  });

  test("somebody who reloads the page is the same user in the same room", async () => {
    const { port } = await serverWith();
    const { alice, bob } = await meeting(port);
    await bob.page.reload();
    await Promise.all([connected(alice, "Bob"), connected(bob, "Alice")]);
    await say(alice, "Welcome back.");
    await reads(bob, "Welcome back.");
    expect(await person(alice.page, "Bob").count()).toBe(1);
    expect([...alice.complaints, ...bob.complaints]).toEqual([]);
  });

  test("each window keeps its own name and user when it is reloaded, whatever was typed in another", async () => {
    const { port } = await serverWith();
    const alice = await arrive(port, "Alice");
    await createRoom(alice, "Handover");
    const { hostId } = await onlyRoom(port);
    const second = await newWindow(alice.page, port);
    await nameShown(second, "Alice");
    await second.getByRole("button", { name: "Change name" }).click();
    await second.getByLabel("Your name").fill("Bob");
    await second.getByRole("button", { name: "Save" }).click();
    await nameShown(second, "Bob");

    await alice.page.reload();
    await person(alice.page, "Alice (you)").getByText("In the room.").waitFor();
    await expect.poll(async () => namesIn(await roomsAt(port))).toEqual([["Alice"]]);
    expect(await onlyRoom(port)).toMatchObject({ host: "Alice", hostId });
    await second.reload();
    await nameShown(second, "Bob");
    await nameShown(await newWindow(alice.page, port), "Bob");
  });

  test("a duplicated tab keeps the name but is a user of its own", async () => {
    const { port } = await serverWith();
    const alice = await arrive(port, "Alice");
    await createRoom(alice, "Handover");
    await alice.page.reload();
    await alice.page.getByText("In the room.").waitFor();
    const opened = alice.page.waitForEvent("popup");
    // A window that a page opens starts with a copy of its session storage, as a duplicated tab does.
    await alice.page.evaluate("void window.open(location.href)");
    const duplicate = await opened;
    await nameShown(duplicate, "Alice");
    await duplicate.getByRole("button", { name: "Ask to join Handover" }).click();
    await alice.page.getByRole("button", { name: "Admit Alice" }).waitFor();
  });

  test("a connected peer that is missing from the list is kept while the server is down, without a busy timer", async () => {
    const server = await serverWith();
    const gate = { isShut: false, cut: (): void => {} };
    const { alice, bob } = await meeting(server.port, {}, { prepare: (context) => gateOf(context, gate) });
    await alice.page.clock.install();
    gate.cut();
    await person(alice.page, "Bob").getByText("Connected directly, but the server does not list Bob").waitFor();
    await server.stop();
    await alice.page.getByText(/Next attempt in \d+ s/).waitFor();
    await alice.page.evaluate(countTimers);
    await alice.page.clock.fastForward(25_000);
    await alice.page.waitForTimeout(400);
    expect(await alice.page.evaluate("window.timers")).toBeLessThan(30);

    await serverWith({ PORT: String(server.port) });
    await alice.page.getByRole("button", { name: "Try now" }).click();
    await alice.page.getByText("In the room.").waitFor();
    await say(alice, "Hold on.");
    await reads(bob, "Hold on.");
    gate.isShut = false;
    await Promise.all([connected(alice, "Bob"), connected(bob, "Alice")]);
    expect(await alice.page.getByText("Bob left.").count()).toBe(0);
  });

  test("somebody who waits keeps waiting when they or the host reload the page", async () => {
    const { port } = await serverWith();
    const [alice, bob] = await Promise.all([arrive(port, "Alice"), arrive(port, "Bob")]);
    await createRoom(alice, "Handover");
    await knock(bob, "Handover");
    await alice.page.getByRole("button", { name: "Admit Bob" }).waitFor();
    await alice.page.reload();
    await alice.page.getByRole("button", { name: "Admit Bob" }).waitFor();
    await bob.page.reload();
    await bob.page.getByText("Waiting for Alice to admit you to “Handover”.").waitFor();
    await admit(alice, "Bob");
    await Promise.all([connected(alice, "Bob"), connected(bob, "Alice")]);
    await alice.page.close({ runBeforeUnload: true });
    await bob.page.getByText("Alice, the host, is away. Nobody can be admitted until they are back.").waitFor();
  });
});

/** Script that counts the timers that a page sets from now on. */
const countTimers = `{
  const set = window.setTimeout;
  window.timers = 0;
  window.setTimeout = (...call) => {
    window.timers += 1;
    return set(...call);
  };
}`;

interface Gate {
  isShut: boolean;
  cut: () => void;
}

/** Puts a gate between a page and the server. `cut` breaks the connection and shuts the gate. */
const gateOf = async (context: BrowserContext, gate: Gate): Promise<void> => {
  await context.routeWebSocket(/\/ws$/, (page) => {
    if (gate.isShut) return void page.close();
    const server = page.connectToServer();
    gate.cut = () => {
      gate.isShut = true;
      void page.close();
      void server.close();
    };
  });
};
