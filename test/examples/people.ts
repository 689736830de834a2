import type { Browser } from "playwright-core";
import { onTestFinished } from "vitest";
import { type Visitor, visit } from "../e2e/browser.js";

/** Somebody who opens a page, and gives this name when asked. */
export const arrive = (browser: Browser, url: string, name = ""): Promise<Visitor> =>
  visit(browser, url, {
    prepare: async (context) => {
      onTestFinished(() => context.close());
      await context.addInitScript(
        "window.made = 0; RTCPeerConnection = class extends RTCPeerConnection { constructor(it) { super(it); made++; } };",
      );
      context.on("page", (page) => page.on("dialog", (dialog) => void dialog.accept(name)));
    },
  });

/** How many peer connections a page has made. */
export const made = ({ page }: Visitor): Promise<unknown> => page.evaluate("made");

export const reads = ({ page }: Visitor, text: string): Promise<void> => page.getByText(text).waitFor();

/** What a page has complained of. What Chromium itself says of sockets that fail is none of it. */
export const complaintsOf = (...visitors: ReadonlyArray<Visitor>): ReadonlyArray<string> =>
  visitors.flatMap((it) => it.complaints).filter((it) => !/^WebSocket connection/.test(it));
