import { spawn } from "node:child_process";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { freePort } from "../../bench/port.js";
import { launch, missingBrowser } from "../e2e/browser.js";
import { serverWith } from "../support/net.js";
import { root } from "../support/pages.js";
import { arrive, complaintsOf, made, reads } from "./people.js";
import { siteFor } from "./site.js";

const missing = missingBrowser();

describe.skipIf(missing)(missing ?? "data", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(() => browser?.close());

  test("three pages see each other's pointers, and go on without the server", { timeout: 60_000 }, async () => {
    const server = await serverWith();
    const url = `${await siteFor(server)}/data-mesh.html`;
    const all = [await arrive(browser, url), await arrive(browser, url), await arrive(browser, url)] as const;
    const sees = (count: number, style: string): Promise<unknown> =>
      Promise.all(
        all.map(({ page }) =>
          page.waitForFunction(
            `document.querySelectorAll("output").length === 2 &&
             [...document.querySelectorAll("output")].filter((it) => it.style.cssText.includes("${style}")).length === ${count}`,
          ),
        ),
      );
    const [ann, bob, eve] = all;
    // Each has told the others where it is as soon as they could hear it.
    await sees(2, "left: 0px");
    await Promise.all(all.map(({ page }) => page.mouse.move(210, 120)));
    await sees(2, "left: 210px");
    expect(await Promise.all(all.map(made))).toEqual([2, 2, 2]);
    await server.stop();
    await Promise.all(all.map(({ page }) => page.mouse.move(310, 220)));
    await sees(2, "left: 310px; top: 220px");
    expect(complaintsOf(ann, bob, eve)).toEqual([]);
  });

  test("a Node program and two pages talk", { timeout: 60_000 }, async () => {
    const server = await serverWith();
    const port = await freePort();
    const node = spawn("node", ["examples/node-to-browser.mjs", `http://127.0.0.1:${server.port}`, `${port}`], {
      cwd: root,
    });
    onTestFinished(() => void node.kill());
    let told = "";
    node.stderr.on("data", (text) => {
      told += text;
    });
    await new Promise((resolve) => node.stdout.once("data", resolve));
    const pages = [
      await arrive(browser, `http://127.0.0.1:${port}/`),
      await arrive(browser, `http://127.0.0.1:${port}/`),
    ];
    for (const [i, it] of pages.entries()) {
      await reads(it, `Node ${process.version} says hello`);
      await it.page.getByRole("textbox").fill(`hello from ${i}`);
      await it.page.getByRole("textbox").press("Enter");
      await reads(it, `You said: hello from ${i}`);
    }
    await reads(pages[0] as (typeof pages)[0], "Page: hello from 1");
    expect([told, complaintsOf(...pages)]).toEqual(["", []]);
  });
});
