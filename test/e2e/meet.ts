import { createServer, connect as openSocket, type Socket } from "node:net";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished } from "vitest";
import type { Received } from "../support/net.js";
import { launch, missingBrowser, type VisitOptions, type Visitor, visit } from "./browser.js";

const missing = missingBrowser();

let browser: Browser;
const visitors: Visitor[] = [];

/** Tests with one browser, whose visitors leave after each test. Without a browser they are skipped, with a line that says why. */
export const inBrowser = (subject: string, tests: () => void): void => {
  if (missing !== undefined) process.stdout.write(`${subject}: skipped. ${missing}\n`);
  describe.skipIf(missing !== undefined)(subject, () => {
    beforeAll(async () => {
      browser = await launch();
    });
    afterEach(async () => {
      await Promise.all(visitors.splice(0).map(({ page }) => page.context().close()));
    });
    afterAll(() => browser?.close());
    tests();
  });
};

/** Counts the peer connections that a page makes, in `window.made`. */
const counted = (context: BrowserContext) =>
  context.addInitScript(`
    window.made = 0;
    window.RTCPeerConnection = class extends RTCPeerConnection {
      constructor(...all) { super(...all); window.made++; }
    };
  `);

export const open = async (port: number, path: string, options: VisitOptions = {}): Promise<Visitor> => {
  const prepare = async (context: BrowserContext): Promise<void> => {
    await counted(context);
    await options.prepare?.(context);
  };
  const visitor = await visit(browser, `http://127.0.0.1:${port}${path}`, { ...options, prepare });
  visitors.push(visitor);
  return visitor;
};

export const made = ({ page }: Pick<Visitor, "page">): Promise<unknown> => page.evaluate("window.made");

/** Somebody who opens the link of a room and goes in. */
export const join = async (port: number, name: string, room = "standup", options: VisitOptions = {}) => {
  const visitor = await open(port, `/r/${encodeURIComponent(room)}`, options);
  await visitor.page.getByLabel("Your name").fill(name);
  await visitor.page.getByRole("button", { name: "Join", exact: true }).click();
  return visitor;
};

/** Somebody who opens the page, and makes a room. */
export const create = async (
  port: number,
  name: string,
  { room = "Standup", lobby = false, ...options }: VisitOptions & { room?: string; lobby?: boolean } = {},
): Promise<Visitor> => {
  const visitor = await open(port, "/", options);
  const { page } = visitor;
  await page.getByLabel("Your name").fill(name);
  await page.getByLabel("Room name").fill(room);
  if (lobby) await page.getByLabel("Waiting room").check();
  await page.getByRole("button", { name: "Create room" }).click();
  await inRoom(visitor, room);
  return visitor;
};

export const inRoom = ({ page }: Pick<Visitor, "page">, name: string) =>
  page.getByRole("heading", { name, level: 1, exact: true }).and(page.locator(".call h1")).waitFor();

export const person = ({ page }: Pick<Visitor, "page">, name: string) =>
  page.getByRole("list", { name: "People" }).getByRole("listitem", { name, exact: true });

export const tile = ({ page }: Pick<Visitor, "page">, name: string) =>
  page.getByRole("list", { name: "Tiles" }).getByRole("listitem", { name, exact: true });

export const connected = (visitor: Pick<Visitor, "page">, to: string) =>
  person(visitor, to).getByText("Connected", { exact: true }).waitFor();

/** Shown frames go on. */
export const sees = async (visitor: Pick<Visitor, "page">, name: string): Promise<void> => {
  const video = tile(visitor, name).locator("video:not([hidden])");
  await video.waitFor();
  const shown = async (): Promise<number> =>
    video.evaluate((element: Received) => element.getVideoPlaybackQuality().totalVideoFrames);
  const before = await shown();
  await expect.poll(shown, { timeout: 15_000 }).toBeGreaterThan(before);
};

/** The page has its connection to the server. */
export const online = ({ page }: Pick<Visitor, "page">) =>
  page.getByRole("banner").getByText("Connected", { exact: true }).waitFor();

export const press = ({ page }: Pick<Visitor, "page">, name: string) =>
  page.getByRole("button", { name, exact: true }).click();

export const order = async (visitor: Visitor, about: string, what: string): Promise<void> => {
  await press(visitor, `Actions for \u2068${about}\u2069`);
  await press(visitor, what);
};

export const say = async ({ page }: Pick<Visitor, "page">, text: string): Promise<void> => {
  await page.getByRole("textbox", { name: "Message" }).fill(text);
  await page.getByRole("button", { name: "Send" }).click();
};

export const reads = ({ page }: Pick<Visitor, "page">, text: string) =>
  page.getByRole("log", { name: "Messages" }).getByText(text, { exact: true }).waitFor();

/** What the chat log says, beside what was said. */
export const events = async ({ page }: Pick<Visitor, "page">): Promise<ReadonlyArray<string>> =>
  (await page.locator(".chat-event").allTextContents()).map((text) => text.replaceAll(/[\u2068\u2069]/g, ""));

/** A way to the server that can be cut: then whatever goes by it is gone, and nothing gets through until it is mended. */
export interface Line {
  readonly port: number;
  readonly cut: () => void;
  readonly mend: () => void;
}

export const lineTo = async (port: number): Promise<Line> => {
  const sockets = new Set<Socket>();
  let isCut = false;
  const keep = (socket: Socket): void => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket)).on("error", () => {});
  };
  const server = createServer((here) => {
    keep(here);
    if (isCut) return here.destroy();
    const there = openSocket(port, "127.0.0.1");
    keep(there);
    here.pipe(there).pipe(here);
    here.on("close", () => there.destroy());
    return there.on("close", () => here.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const drop = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  onTestFinished(() => {
    drop();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return {
    port: address.port,
    cut: () => {
      isCut = true;
      drop();
    },
    mend: () => {
      isCut = false;
    },
  };
};

/** Another window of the same browser: it shares the local storage, but not the session storage. */
export const newWindow = async ({ page }: Visitor, port: number, path: string): Promise<{ readonly page: Page }> => {
  const other = await page.context().newPage();
  other.setDefaultTimeout(15_000);
  await other.goto(`http://127.0.0.1:${port}${path}`);
  return { page: other };
};
