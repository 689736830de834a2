import { existsSync } from "node:fs";
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from "playwright-core";

/** Chromium without its windows takes half the CPU. */
const shell = "/usr/bin/chromium-headless-shell";
const executablePath = [shell, "/usr/bin/chromium"].find((path) => existsSync(path)) ?? shell;

/** Why these tests cannot run here, or undefined. In CI they must run. */
export const missingBrowser = (): string | undefined =>
  existsSync(executablePath) || process.env.CI
    ? undefined
    : `There is no ${executablePath}: install the Debian package "chromium-headless-shell" to run the tests of the pages.`;

export const launch = (): Promise<Browser> =>
  chromium.launch({
    executablePath,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--no-first-run",
      // Camera, microphone and screen are made up, and nobody is asked for them.
      "--use-fake-device-for-media-stream=fps=5",
      "--use-fake-ui-for-media-stream",
      "--auto-accept-this-tab-capture",
      // Chromium hides local addresses behind mDNS names, which a machine without multicast cannot resolve.
      "--disable-features=WebRtcHideLocalIpsWithMdns",
    ],
  });

export interface Frame {
  readonly direction: "sent" | "received";
  readonly text: string;
}

/** One person at one page, with all that went over the page's sockets and all that the browser complained about. */
export interface Visitor {
  readonly page: Page;
  readonly frames: ReadonlyArray<Frame>;
  readonly complaints: ReadonlyArray<string>;
}

export interface VisitOptions extends BrowserContextOptions {
  /** What is arranged before the page is loaded. */
  readonly prepare?: (context: BrowserContext) => Promise<unknown>;
}

export const visit = async (
  browser: Browser,
  url: string,
  { prepare, ...options }: VisitOptions = {},
): Promise<Visitor> => {
  const context = await browser.newContext({ viewport: { width: 1000, height: 760 }, locale: "en-GB", ...options });
  await prepare?.(context);
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  const frames: Frame[] = [];
  const complaints: string[] = [];
  page.on("websocket", (socket) => {
    socket.on("framesent", ({ payload }) => frames.push({ direction: "sent", text: String(payload) }));
    socket.on("framereceived", ({ payload }) => frames.push({ direction: "received", text: String(payload) }));
  });
  // A violation of the content security policy is reported on the console too.
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(error.message));
  await page.goto(url);
  return { page, frames, complaints };
};

/** Two pages beside each other as one picture. */
export const sideBySide = async (left: Page, right: Page, path: string): Promise<void> => {
  for (const page of [left, right]) await page.evaluate("scrollTo(0, 0)");
  const shots = await Promise.all([left, right].map((page) => page.screenshot({ animations: "disabled" })));
  const context = await left
    .context()
    .browser()
    ?.newContext({ viewport: { width: 1480, height: 880 }, deviceScaleFactor: 2 });
  if (context === undefined) throw new Error("the browser is closed");
  const page = await context.newPage();
  const images = shots.map((shot) => `<img src="data:image/png;base64,${shot.toString("base64")}">`);
  await page.setContent(
    `<!doctype html><style>
      body { display: flex; gap: 24px; align-items: flex-start; width: max-content; height: max-content; margin: 0; padding: 28px; background: #8fa39e }
      img { width: 700px; border-radius: 12px; box-shadow: 0 12px 40px rgb(0 0 0 / 35%) }
    </style>${images.join("")}`,
  );
  await page.locator("body").screenshot({ path });
  await context.close();
};
