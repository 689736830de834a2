import { expect, test } from "vitest";
import { peerOf, serverWith } from "../support/net.js";
import { sideBySide, type Visitor } from "./browser.js";
import {
  admit,
  arrive,
  connected,
  createRoom,
  inBrowser,
  knock,
  meeting,
  notice,
  open,
  person,
  reads,
  say,
  typeOf,
} from "./dashboard.js";

/** What the server says, or is asked, at any time. */
const routineTypes = ["client_count", "server-room-list", "pong", "ping"];

inBrowser("people in a room", () => {
  test("two people meet in a room, and their messages do not pass through the server", async () => {
    const { port } = await serverWith();
    const { alice, bob } = await meeting(port, { viewport: { width: 700, height: 800 }, deviceScaleFactor: 2 });
    await person(alice.page, "Alice (you)").getByText("host").waitFor();
    await person(bob.page, "Alice").getByText("host").waitFor();

    const before = [alice.frames.length, bob.frames.length] as const;
    await say(alice, "Are you ready for the call?");
    await reads(bob, "Are you ready for the call?");
    await say(bob, "Two minutes, please.");
    await reads(alice, "Two minutes, please.");
    await say(alice, "Fine, see you there.");
    await reads(bob, "Fine, see you there.");
    const meanwhile = [...alice.frames.slice(before[0]), ...bob.frames.slice(before[1])];
    expect(meanwhile.map(typeOf).filter((type) => !routineTypes.includes(String(type)))).toEqual([]);
    await bob.page.emulateMedia({ colorScheme: "dark" });
    if (process.env.SCREENSHOT) await sideBySide(alice.page, bob.page, process.env.SCREENSHOT);

    await bob.page.getByRole("button", { name: "Leave room" }).click();
    await reads(alice, "Bob left.");
    expect(await person(alice.page, "Bob").count()).toBe(0);
    await bob.page.getByRole("heading", { name: "Rooms" }).waitFor();

    const everything = [...alice.frames, ...bob.frames].map(({ text }) => text).join("\n");
    expect(everything).toContain("webrtc-offer");
    expect(everything).not.toMatch(/ready for the call|Two minutes|see you there/);
    expect(alice.complaints).toEqual([]);
    expect(bob.complaints).toEqual([]);
  });

  test("a host denies a request to join, admits the next, and later removes the participant", async () => {
    const { port } = await serverWith();
    const [alice, bob] = await Promise.all([arrive(port, "Alice"), arrive(port, "Bob")]);
    await createRoom(alice, "Handover");
    await knock(bob, "Handover");
    await bob.page.getByText("Waiting for Alice to admit you to “Handover”.").waitFor();
    await alice.page.getByRole("button", { name: "Deny Bob" }).click();
    await notice(bob, "Alice denied your request to join “Handover”.");

    await knock(bob, "Handover");
    await admit(alice, "Bob");
    await connected(alice, "Bob");
    await alice.page.getByRole("button", { name: "Remove Bob" }).click();
    await notice(bob, "Alice removed you from “Handover”.");
    await reads(alice, "You removed Bob.");
    expect(await person(alice.page, "Bob").count()).toBe(0);
    expect([...alice.complaints, ...bob.complaints]).toEqual([]);
  });

  test("three people are all connected to each other, and each reads what the others write", async () => {
    const { port } = await serverWith();
    const { alice, bob } = await meeting(port);
    const carol = await arrive(port, "Carol");
    await knock(carol, "Handover");
    await admit(alice, "Carol");
    const names = new Map([
      [alice, "Alice"],
      [bob, "Bob"],
      [carol, "Carol"],
    ]);
    for (const [one, name] of names) {
      const others = [...names].filter(([other]) => other !== one);
      await Promise.all(others.map(([, other]) => connected(one, other)));
      await say(one, `${name} is here.`);
      await Promise.all(others.map(([other]) => reads(other, `${name} is here.`)));
    }
    expect(await alice.page.getByText("Not sent to").count()).toBe(0);
    expect([...names.keys()].flatMap(({ complaints }) => complaints)).toEqual([]);
  });

  test("a participant or somebody waiting who closes the tab is gone at once", async () => {
    const { port } = await serverWith();
    const { alice, bob } = await meeting(port);
    const carol = await arrive(port, "Carol");
    await knock(carol, "Handover");
    await alice.page.getByRole("button", { name: "Admit Carol" }).waitFor();
    await Promise.all([bob, carol].map(({ page }) => page.close({ runBeforeUnload: true })));
    await alice.page.getByText("Bob left.").waitFor({ timeout: 3_000 });
    await alice.page.getByText("Carol").waitFor({ state: "detached", timeout: 3_000 });
  });

  test("a room whose host is away has no button to join, and says why", async () => {
    const { port } = await serverWith();
    const bob = await arrive(port, "Bob");
    const other = await peerOf({ port });
    other.say(
      { type: "room-created", data: { id: "r", name: "Deserted", host: "Carol", hostId: "carol" } },
      { type: "user-joined-room", data: { roomId: "r", userId: "dan", userName: "Dan" } },
    );
    const room = bob.page.getByRole("listitem", { name: "Deserted" });
    await room.getByText("Carol is away, so nobody can admit you.").waitFor();
    expect(await room.getByRole("button").count()).toBe(0);
  });

  test("nothing is wider than a phone", async () => {
    const { port } = await serverWith();
    const phone = { viewport: { width: 360, height: 740 } };
    const fits = async ({ page }: Visitor): Promise<void> => {
      expect(await page.evaluate("document.documentElement.scrollWidth - window.innerWidth")).toBeLessThanOrEqual(0);
    };
    const long = "Wolfeschlegelsteinhausenbergerdorff-Smit";
    await fits(await open(port, "/", phone));
    const [alice, bob] = await Promise.all([arrive(port, long, phone), arrive(port, "Bob", phone)]);
    await fits(bob);
    await createRoom(alice, `${long}s Zimmer`);
    await fits(alice);
    await knock(bob, `${long}s Zimmer`);
    await fits(bob);
    await alice.page.getByRole("button", { name: "Admit Bob" }).waitFor();
    await fits(alice);
    await admit(alice, "Bob");
    await connected(bob, long);
    await say(bob, "x".repeat(400));
    await reads(alice, "x".repeat(400));
    await fits(alice);
    await fits(bob);
    await fits(await open(port, "/ws-test.html", phone));
  });

  test("everything can be done by keyboard", async () => {
    const { port } = await serverWith();
    const { page } = await open(port, "/");
    const focused = (what: string) => page.evaluate(`(e => ${what})(document.activeElement)`);
    const label = async () => String(await focused("e.labels?.[0]?.innerText ?? e.innerText")).replaceAll(/\s+/g, " ");
    const tabTo = async (name: string): Promise<void> => {
      for (let presses = 0; presses < 12 && !(await label()).startsWith(name); presses++)
        await page.keyboard.press("Tab");
      expect(await label()).toMatch(new RegExp(`^${name}`));
      expect(await focused("getComputedStyle(e).outlineStyle")).toBe("solid");
    };
    await page.getByLabel("What should others call you?").waitFor();
    await tabTo("What should others call you?");
    await page.keyboard.type("Alice");
    await page.keyboard.press("Enter");
    await expect.poll(label).toBe("Rooms");
    await tabTo("Room name");
    await page.keyboard.type("Handover");
    await page.keyboard.press("Enter");
    await expect.poll(label).toBe("Handover");
    const bob = await arrive(port, "Bob");
    await knock(bob, "Handover");
    await page.getByRole("button", { name: "Admit Bob" }).waitFor();
    await tabTo("Admit Bob");
    await page.keyboard.press("Enter");
    await connected({ page }, "Bob");
    await expect.poll(label).toBe("Handover");
    await tabTo("Message");
    await page.keyboard.type("By hand.");
    await page.keyboard.press("Enter");
    await reads(bob, "By hand.");
  });
});
