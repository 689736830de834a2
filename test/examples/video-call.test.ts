import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { launch, missingBrowser, type Visitor } from "../e2e/browser.js";
import { emptyFolder } from "../log/folder.js";
import { serverWith, until } from "../support/net.js";
import { read } from "../support/pages.js";
import { callerOf } from "../support/v1.js";
import { arrive, complaintsOf, made, reads } from "./people.js";
import { lineTo, siteFor } from "./site.js";

const callOn = async (server: { readonly port: number }): Promise<string> => `${await siteFor(server)}/video-call.html`;

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

  /** The page shows so many people, itself included, and the pictures of all of them move. */
  const shows = async ({ page }: Visitor, count: number): Promise<void> => {
    const shown = "[...document.querySelectorAll('video:not([hidden])')]";
    const framesOf = `${shown}.map((it) => it.getVideoPlaybackQuality().totalVideoFrames)`;
    await page.waitForFunction(`${shown}.length === ${count}`);
    // From one look to the next: a picture that comes from a new connection counts its frames anew.
    await page.evaluate("window.seen = undefined");
    await page.waitForFunction(
      `((before, now) => { window.seen = now; return before?.length === now.length && now.every((frames, i) => frames > before[i]); })(window.seen, ${framesOf})`,
      undefined,
      { polling: 200 },
    );
  };
  const admits = ({ page }: Visitor, name: string): Promise<void> =>
    page.getByRole("button", { name: `Admit ${name}` }).click();

  /** Ann's call, and Bob in it. */
  const meet = async (annUrl: string, bobUrl = annUrl): Promise<readonly [Visitor, Visitor]> => {
    const ann = await arrive(browser, annUrl, "Ann");
    await reads(ann, "In the call: Ann (here)");
    const bob = await arrive(browser, bobUrl, "Bob");
    await reads(bob, "Please wait until you are let in.");
    expect(await bob.page.locator("video").count()).toBe(1);
    await admits(ann, "Bob");
    await reads(bob, "In the call: Ann (here), Bob (here)");
    await Promise.all([shows(ann, 2), shows(bob, 2)]);
    return [ann, bob];
  };

  test("a lost network is got over, without a new connection and without a gap in the pictures", async () => {
    const server = await serverWith();
    const line = await lineTo(server);
    const [ann, bob] = await meet(await callOn(server), await callOn(line));
    line.cut();
    await Promise.all([reads(bob, "reconnecting"), reads(ann, "Bob (away)")]);
    await Promise.all([shows(ann, 2), shows(bob, 2)]);
    line.mend();
    await Promise.all([reads(bob, "In the call: Ann (here), Bob (here)"), reads(ann, "Bob (here)")]);
    expect(await Promise.all([made(ann), made(bob)])).toEqual([1, 1]);
    expect(complaintsOf(ann, bob)).toEqual([]);
  });

  test("a reload is got over by guest and host; a third person is let in", { timeout: 60_000 }, async () => {
    const url = await callOn(await serverWith());
    const [ann, bob] = await meet(url);
    await bob.page.reload();
    await Promise.all([shows(ann, 2), shows(bob, 2)]);
    // The host comes back as the host, while somebody waits.
    const eve = await arrive(browser, url, "Eve");
    await reads(eve, "Please wait until you are let in.");
    await ann.page.reload();
    await admits(ann, "Eve");
    await Promise.all([ann, bob, eve].map((it) => shows(it, 3)));
    // Of a tab that is closed no tile is left, long before its user is given up.
    await eve.page.goto("about:blank");
    await reads(ann, "Eve (away)");
    await Promise.all([ann, bob].map((it) => shows(it, 2)));
    await reads(ann, "Eve (away)");
    expect(complaintsOf(ann, bob, eve)).toEqual([]);
  });

  test.each([
    ["a server that is started again is got over", false],
    ["with the same secret, a server that is started again costs no connection", true],
  ])("%s", { timeout: 60_000 }, async (_name, isSame) => {
    const env: Record<string, string> = isSame ? { SESSION_SECRET: "the same before and after the restart" } : {};
    const server = await serverWith(env);
    const [ann, bob] = await meet(await callOn(server));
    await server.stop();
    await Promise.all([reads(ann, "reconnecting"), reads(bob, "reconnecting")]);
    await Promise.all([shows(ann, 2), shows(bob, 2)]);
    await serverWith({ ...env, PORT: `${server.port}` });
    // Whoever is back first is the host. Who is at the door is not in the call.
    await Promise.race([ann, bob].map((it) => reads(it, "Please wait until you are let in.")));
    await Promise.race([admits(ann, "Bob"), admits(bob, "Ann")]);
    await Promise.all([reads(ann, "Bob (here)"), reads(bob, "Ann (here)")]);
    await Promise.all([shows(ann, 2), shows(bob, 2)]);
    expect([await ann.page.getByRole("button").count(), await bob.page.getByRole("button").count()]).toEqual([0, 0]);
    if (isSame) expect(await Promise.all([made(ann), made(bob)])).toEqual([1, 1]);
    expect(complaintsOf(ann, bob)).toEqual([]);
  });

  test("with DATA, a server that is started again costs nothing: nobody knocks, and no connection is made anew", {
    timeout: 60_000,
  }, async () => {
    const env = { DATA: emptyFolder() };
    const server = await serverWith(env);
    const [ann, bob] = await meet(await callOn(server));
    await server.stop();
    await Promise.all([reads(ann, "reconnecting"), reads(bob, "reconnecting")]);
    await serverWith({ ...env, PORT: `${server.port}` });
    await Promise.all([reads(ann, "Bob (here)"), reads(bob, "Ann (here)")]);
    await Promise.all([shows(ann, 2), shows(bob, 2)]);
    expect(await Promise.all([made(ann), made(bob)])).toEqual([1, 1]);
    expect(complaintsOf(ann, bob)).toEqual([]);
  });

  test("what goes wrong is on the page", async () => {
    const server = await serverWith();
    const url = await callOn(server);
    const ann = await callerOf(server, { name: "Ann" });
    await ann.ask({ type: "join", room: "standup", create: { policy: { lobby: true } } });
    const bob = await arrive(browser, url, "Bob");
    await until(() => ann.frames.some(({ type }) => type === "knock"));
    const [knock] = ann.heard("knock");
    await ann.ask({ type: "deny", room: "standup", user: knock?.user });
    await reads(bob, "Somebody has denied the knock.");
    await server.stop();
    await reads(await arrive(browser, url, "Eve"), "Failed to fetch dynamically imported module");
  });
});
