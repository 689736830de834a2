import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { launch, missingBrowser, type Visitor, visit } from "../e2e/browser.js";
import { serverWith } from "../support/net.js";
import { read } from "../support/pages.js";
import { lineTo, siteFor } from "./site.js";

const missing = missingBrowser();

test("the video call is at most 25 lines", () => {
  expect(read("examples/video-call.html").trimEnd().split("\n").length).toBeLessThanOrEqual(25);
});

describe.skipIf(missing)(missing ?? "the video call", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(() => browser?.close());

  const arrive = (site: string, name: string): Promise<Visitor> =>
    visit(browser, `${site}/video-call.html`, {
      prepare: async (context) => {
        onTestFinished(() => context.close());
        await context.addInitScript(
          "window.made = 0; RTCPeerConnection = class extends RTCPeerConnection { constructor(it) { super(it); made++; } };",
        );
        context.on("page", (page) => page.on("dialog", (dialog) => void dialog.accept(name)));
      },
    });

  /** The page shows so many people, itself included, and the pictures of all of them move. */
  const shows = async ({ page }: Visitor, count: number): Promise<void> => {
    const framesOf =
      "[...document.querySelectorAll('video')].map((it) => it.getVideoPlaybackQuality().totalVideoFrames)";
    await page.waitForFunction(`document.querySelectorAll("video").length === ${count}`);
    await page.evaluate(`window.before = ${framesOf}`);
    await page.waitForFunction(`${framesOf}.every((frames, i) => frames > before[i])`);
  };
  const reads = ({ page }: Visitor, text: string): Promise<void> => page.getByText(text).waitFor();
  const admits = ({ page }: Visitor, name: string): Promise<void> =>
    page.getByRole("button", { name: `Let ${name} in` }).click();
  const made = ({ page }: Visitor): Promise<unknown> => page.evaluate("made");

  test("two see each other; a lost network, a reload and a third person are got over", {
    timeout: 90_000,
  }, async () => {
    const server = await serverWith();
    const site = await siteFor(server);
    const line = await lineTo(server);
    const ann = await arrive(site, "Ann");
    await reads(ann, "connected");
    const bob = await arrive(await siteFor(line), "Bob");
    await reads(bob, "Please wait until you are let in.");
    expect(await bob.page.locator("video").count()).toBe(1);
    await admits(ann, "Bob");
    await reads(bob, "connected");
    await Promise.all([shows(ann, 2), shows(bob, 2)]);

    line.cut();
    await reads(bob, "reconnecting");
    await Promise.all([shows(ann, 2), shows(bob, 2)]);
    line.mend();
    await reads(bob, "connected");
    expect(await Promise.all([made(ann), made(bob)])).toEqual([1, 1]);

    await bob.page.reload();
    await reads(bob, "connected");
    await Promise.all([shows(ann, 2), shows(bob, 2)]);
    // The host comes back as the host, while somebody waits.
    const eve = await arrive(site, "Eve");
    await reads(eve, "Please wait until you are let in.");
    await ann.page.reload();
    await admits(ann, "Eve");
    await Promise.all([ann, bob, eve].map((it) => shows(it, 3)));
    // What Chromium itself says of sockets that fail is no complaint of the page.
    const complaints = [ann, bob, eve].flatMap((it) => it.complaints).filter((it) => !/^WebSocket connection/.test(it));
    expect(complaints).toEqual([]);
  });
});
