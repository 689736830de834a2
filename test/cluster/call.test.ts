import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { launch, missingBrowser } from "../e2e/browser.js";
import { arrive, complaintsOf, made, reads } from "../examples/people.js";
import { lineTo, siteFor } from "../examples/site.js";
import { engine, missingEngine, nodeOf } from "./nodes.js";

const missing = missingBrowser() ?? missingEngine();

describe.skipIf(missing)(missing ?? "a video call over several nodes", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(() => browser?.close());

  test("two at different nodes stay in their call while the nodes are killed in turn: nobody knocks, and no connection is made anew", {
    timeout: 90_000,
  }, async () => {
    const nats = await engine();
    const [one, two, three] = await Promise.all([nodeOf(nats), nodeOf(nats), nodeOf(nats)]);
    // What a balancer would do: new connections go to a node that lives.
    const [toAnn, toBob] = [{ port: one.port }, { port: two.port }];
    const site = async (to: { readonly port: number }) => `${await siteFor(await lineTo(to))}/video-call.html`;
    const ann = await arrive(browser, await site(toAnn), "Ann");
    await reads(ann, "In the call: Ann (here)");
    const bob = await arrive(browser, await site(toBob), "Bob");
    await reads(bob, "Please wait until you are let in.");
    await ann.page.getByRole("button", { name: "Admit Bob" }).click();
    const inCall = "In the call: Ann (here), Bob (here)";
    await Promise.all([reads(ann, inCall), reads(bob, inCall)]);
    const plays =
      "[...document.querySelectorAll('video:not([hidden])')].filter((it) => it.currentTime > 0).length === 2";
    await Promise.all([ann, bob].map(({ page }) => page.waitForFunction(plays)));

    toAnn.port = three.port;
    one.process.child.kill("SIGKILL");
    await reads(ann, "reconnecting");
    await Promise.all([reads(ann, inCall), reads(bob, inCall)]);
    toBob.port = three.port;
    two.process.child.kill("SIGKILL");
    await reads(bob, "reconnecting");
    await Promise.all([reads(ann, inCall), reads(bob, inCall)]);
    const four = await nodeOf(nats);
    toAnn.port = four.port;
    toBob.port = four.port;
    three.process.child.kill("SIGKILL");
    await Promise.all([reads(ann, "reconnecting"), reads(bob, "reconnecting")]);
    await Promise.all([reads(ann, inCall), reads(bob, inCall)]);

    expect(await ann.page.getByRole("button").count()).toBe(0);
    expect(await Promise.all([made(ann), made(bob)])).toEqual([1, 1]);
    await Promise.all([ann, bob].map(({ page }) => page.waitForFunction(plays)));
    expect(complaintsOf(ann, bob)).toEqual([]);
  });
});
