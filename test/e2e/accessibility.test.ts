import { expect, test } from "vitest";
import { serverWith } from "../support/net.js";
import { auditOf } from "./audit.js";
import type { Visitor } from "./browser.js";
import { connected, create, inBrowser, join, open, press, reads, say } from "./meet.js";

const phone = { viewport: { width: 360, height: 740 } };
const long = "Wolfeschlegelsteinhausenbergerdorff-Smit";

const isFine = async (what: string, { page }: Pick<Visitor, "page">): Promise<void> => {
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    expect(await page.evaluate(auditOf), `${what}, ${colorScheme}`).toEqual([]);
  }
};

inBrowser("everybody can use the page", () => {
  test("every view has names, headings and contrast, in light and dark, and is no wider than a phone", {
    timeout: 60_000,
  }, async () => {
    const { port } = await serverWith();
    const ann = await create(port, long, { ...phone, room: `${long}s Room`, lobby: true });
    const id = decodeURIComponent(new URL(ann.page.url()).pathname.slice("/r/".length));
    const home = await open(port, "/", phone);
    await home.page.getByRole("list", { name: "Rooms" }).waitFor();
    await isFine("the directory", home);
    await isFine("the door", await open(port, `/r/${id}`, phone));
    const bob = await join(port, "Bob", id, phone);
    await bob.page.getByText("Waiting to be let in").waitFor();
    await isFine("the waiting room", bob);
    await ann.page.getByText("is waiting to be let in.").waitFor();
    await isFine("a knock", ann);
    await press(ann, "Admit \u2068Bob\u2069");
    await connected(bob, long);
    await say(bob, "x".repeat(400));
    await reads(ann, "x".repeat(400));
    await press(bob, "Camera");
    await press(bob, "Share screen");
    await ann.page.getByRole("listitem", { name: "Bob: screen" }).waitFor();
    await press(ann, "Actions for \u2068Bob\u2069");
    await isFine("a room and a menu", ann);
    await isFine("a room", bob);
    await press(ann, "Remove");
    await bob.page.getByRole("alert").waitFor();
    await isFine("the end", bob);
    await isFine("the console", await open(port, "/ws-test.html", phone));
  });

  test("everything can be done by keyboard", async () => {
    const { port } = await serverWith();
    const { page } = await open(port, "/");
    const focused = (what: string) => page.evaluate(`(e => ${what})(document.activeElement)`);
    const label = async () =>
      String(
        await focused("e.getAttribute('aria-label') ?? e.labels?.[0]?.querySelector('span').innerText ?? e.innerText"),
      ).replaceAll(/[\u2068\u2069]/g, "");
    const tabTo = async (name: string): Promise<void> => {
      for (let presses = 0; presses < 25 && !(await label()).match(new RegExp(`^${name}\\b`)); presses++)
        await page.keyboard.press("Tab");
      expect(await label()).toMatch(new RegExp(`^${name}\\b`));
      expect(await focused("getComputedStyle(e).outlineStyle")).toBe("solid");
    };
    await page.getByRole("heading", { name: "Rooms" }).waitFor();
    await tabTo("Your name");
    await page.keyboard.press("Control+a");
    await page.keyboard.type("Ann");
    await tabTo("Room name");
    await page.keyboard.type("Handover");
    await tabTo("Waiting room");
    await page.keyboard.press("Space");
    await page.keyboard.press("Enter");
    await expect.poll(label).toBe("Handover");
    const bob = await join(port, "Bob", "handover");
    await page.getByText("is waiting to be let in.").waitFor();
    await tabTo("Admit Bob");
    await page.keyboard.press("Enter");
    await connected({ page }, "Bob");
    // The button is gone, and the focus is at the heading.
    await expect.poll(label).toBe("Handover");
    await tabTo("Camera");
    await page.keyboard.press("Space");
    await page.getByRole("button", { name: "Camera", pressed: true }).waitFor();
    await tabTo("Message");
    await page.keyboard.type("By hand.");
    await page.keyboard.press("Enter");
    await reads(bob, "By hand.");
    await page.getByRole("button", { name: /^Actions for/ }).focus();
    await page.keyboard.press("Enter");
    await expect.poll(label).toBe("Make co-host");
    await page.keyboard.press("Escape");
    expect(await label()).toBe("Actions for Bob");
    await page.keyboard.press("Enter");
    await tabTo("Remove");
    await page.keyboard.press("Enter");
    await bob.page.getByRole("alert").getByText("You were removed").waitFor();
  });

  test("camera, microphone and screen are asked for when they are wanted, and a refusal is told in words", async () => {
    const { port } = await serverWith();
    const watched = `
      window.asked = [];
      for (const name of ["getUserMedia", "getDisplayMedia"]) {
        const ask = navigator.mediaDevices[name].bind(navigator.mediaDevices);
        navigator.mediaDevices[name] = (wanted) => {
          window.asked.push(name + " " + Object.keys(wanted));
          return window.refusal ? Promise.reject(new DOMException("no", window.refusal)) : ask(wanted);
        };
      }`;
    const ann = await create(port, "Ann", { prepare: (context) => context.addInitScript(watched) });
    const bob = await join(port, "Bob");
    await connected(ann, "Bob");
    await say(ann, "Without a picture.");
    await reads(bob, "Without a picture.");
    expect(await ann.page.evaluate("window.asked")).toEqual([]);
    await ann.page.evaluate("window.refusal = 'NotAllowedError'");
    await press(ann, "Camera");
    await ann.page.getByRole("status").getByText("This browser may not use the camera.").waitFor();
    await ann.page.evaluate("window.refusal = 'NotFoundError'");
    await press(ann, "Microphone");
    await ann.page.getByRole("status").getByText("There is no microphone.").waitFor();
    await press(ann, "Dismiss");
    await ann.page.evaluate("window.refusal = undefined");
    await press(ann, "Microphone");
    await ann.page.getByRole("button", { name: "Microphone", pressed: true }).waitFor();
    await bob.page.getByRole("list", { name: "Tiles" }).getByText("Microphone on").waitFor();
    await press(ann, "Microphone");
    await bob.page.getByRole("list", { name: "Tiles" }).getByText("Microphone on").waitFor({ state: "detached" });
    expect(await ann.page.evaluate("window.asked")).toEqual([
      "getUserMedia video",
      "getUserMedia audio",
      "getUserMedia audio",
    ]);
  });
});
