import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { build } from "esbuild";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import type * as client from "../../adapters/client/index.js";
import { launch, missingBrowser } from "../e2e/browser.js";
import { signals, unanswered } from "./other-node.js";
import { until } from "./people.js";
import { type Relay, relay } from "./relay.js";

/** What the page of these tests keeps where they can look at it. */
interface Kept {
  readonly signalbox: typeof client;
  session: client.Session;
  room: client.Room;
  made: number;
  told: string[];
}
declare const window: Window & Kept;

const missing = missingBrowser();

/** A picture that moves, as a camera would give one. */
const page = `<!doctype html><link rel=icon href=data:,><script src=client.js></script><script>
  window.picture = (color) => {
    const canvas = document.createElement("canvas");
    const context = canvas.getContext("2d");
    setInterval(() => { context.fillStyle = color; context.fillRect(0, 0, 300 * Math.random(), 150); }, 50);
    return canvas.captureStream(10);
  };
  window.made = 0;
  window.told = [];
  window.RTCPeerConnection = class extends RTCPeerConnection { constructor(...all) { super(...all); window.made++; } };
</script>`;

describe.skipIf(missing)(missing ?? "in a browser", () => {
  let browser: Browser;
  let origin: string;
  beforeAll(async () => {
    browser = await launch();
    const entry = new URL("../../adapters/client/index.ts", import.meta.url).pathname;
    const built = await build({
      entryPoints: [entry],
      bundle: true,
      format: "iife",
      globalName: "signalbox",
      write: false,
    });
    const script = built.outputFiles[0]?.text ?? "";
    const server = createServer(({ url }, response) =>
      url === "/client.js"
        ? response.setHeader("content-type", "text/javascript").end(script)
        : response.setHeader("content-type", "text/html").end(page),
    ).listen(0, "127.0.0.1");
    await until(() => server.listening);
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  });
  afterAll(() => browser?.close());

  const open = async (): Promise<Page> => {
    const context = await browser.newContext();
    onTestFinished(() => context.close());
    const opened = await context.newPage();
    await opened.goto(origin);
    return opened;
  };

  const join = (at: Page, { url }: Relay, name: string, options: { color?: string; data?: boolean } = {}) =>
    at.evaluate(
      async ({ url, name, color, data = false }) => {
        const { connect } = window.signalbox;
        const session = await connect(url, { name, storage: sessionStorage, backoff: { baseMs: 50, capMs: 50 } });
        const media = color
          ? (window as never as { picture: (color: string) => MediaStream }).picture(color)
          : undefined;
        const room = await session.join("r", { media, data });
        const tell = (text: string): void => void window.told.push(text);
        room.on("error", (error) => tell(`error ${error.code}: ${error.message}`));
        session.on("error", (error) => tell(`error ${error.code}: ${error.message}`));
        room.on("data", ({ from, data }) => tell(`${from.name}: ${data}`));
        room.on("failed", ({ participant, error }) => tell(`failed ${participant.name}: ${error.reason}`));
        room.on("connection", ({ participant, state }) => tell(`${participant.name} ${state}`));
        Object.assign(window, { session, room });
      },
      { url, name, ...options },
    );

  /** How many frames of each of the others this page has shown, by name. */
  const seen = (at: Page): Promise<Record<string, { connection: string; frames: number }>> =>
    at.evaluate(async () => {
      const others = window.room.others.map(async ({ name, stream, connection }) => {
        const video = document.createElement("video");
        video.muted = true;
        video.srcObject = stream ?? null;
        if (stream) await Promise.race([video.play(), new Promise((resolve) => setTimeout(resolve, 1_000))]);
        if (stream) await new Promise((resolve) => setTimeout(resolve, 300));
        return [name, { connection, frames: video.getVideoPlaybackQuality().totalVideoFrames }] as const;
      });
      return Object.fromEntries(await Promise.all(others));
    });

  const sees = async (at: Page, name: string, ms = 15_000): Promise<void> => {
    let last: unknown;
    for (const end = Date.now() + ms; Date.now() < end; ) {
      const now = (await seen(at))[name];
      if (now?.connection === "connected" && now.frames > 0) return;
      last = now;
    }
    const told = await at.evaluate(() => window.told);
    throw new Error(`${name} is not seen: ${JSON.stringify(last)}\n${told.join("\n")}`);
  };

  const complaints = async (...pages: ReadonlyArray<Page>) =>
    (await Promise.all(pages.map((at) => at.evaluate(() => window.told))))
      .flat()
      .filter((it) => /error|failed/.test(it));

  test("three see each other; one of them shows nothing, and sees the others", { timeout: 60_000 }, async () => {
    const server = await relay();
    const [ann, bob, eve] = [await open(), await open(), await open()];
    await join(ann, server, "Ann", { color: "red" });
    await join(bob, server, "Bob", { color: "blue" });
    await join(eve, server, "Eve");
    for (const [at, name] of [
      [ann, "Bob"],
      [bob, "Ann"],
      [eve, "Ann"],
      [eve, "Bob"],
    ] as const)
      await sees(at, name);
    expect(await eve.evaluate(() => window.made)).toBe(2);
    // Later she shows something too, over the same connections.
    await eve.evaluate(() =>
      window.room.setMedia((window as never as { picture: (c: string) => MediaStream }).picture("green")),
    );
    await sees(ann, "Eve");
    await sees(bob, "Eve");
    // And something else, without a new offer.
    const offers = server.frames.filter(({ kind }) => kind === "offer").length;
    await eve.evaluate(() =>
      window.room.setMedia((window as never as { picture: (c: string) => MediaStream }).picture("black")),
    );
    await sees(ann, "Eve");
    expect(server.frames.filter(({ kind }) => kind === "offer")).toHaveLength(offers);
    // Nothing, and something again.
    await eve.evaluate(() => window.room.setMedia(undefined));
    await ann.waitForFunction(() =>
      window.room.others.every(({ name, stream }) => name !== "Eve" || stream === undefined),
    );
    await eve.evaluate(() =>
      window.room.setMedia((window as never as { picture: (c: string) => MediaStream }).picture("white")),
    );
    await sees(ann, "Eve");
    expect(await Promise.all([ann, bob, eve].map((at) => at.evaluate(() => window.made)))).toEqual([2, 2, 2]);
    expect(await complaints(ann, bob, eve)).toEqual([]);
  });

  test("sockets that drop leave the pictures alone; lost signals restart ICE on the same connections", {
    timeout: 60_000,
  }, async () => {
    const server = await relay();
    const [ann, bob] = [await open(), await open()];
    await join(ann, server, "Ann", { color: "red", data: true });
    await join(bob, server, "Bob", { color: "blue", data: true });
    await sees(ann, "Bob");
    await sees(bob, "Ann");
    const user = await bob.evaluate(() => window.session.user);
    const offers = (): number => server.frames.filter(({ kind }) => kind === "offer").length;
    const before = offers();
    server.cut(user);
    await until(() => server.frames.filter(({ type }) => type === "hello").length === 3);
    await sees(bob, "Ann");
    expect(offers()).toBe(before);
    const annUser = await ann.evaluate(() => window.session.user);
    server.welcome.gap = [annUser];
    server.cut(user);
    await until(() => offers() === before + 1);
    await sees(bob, "Ann");
    await sees(ann, "Bob");
    // Both have missed something, as after a restart of the server: only one of the two offers, and the other hears of it in time.
    server.welcome.gap = [annUser, user];
    server.cut(user);
    server.cut(annUser);
    await until(() => offers() === before + 2);
    await bob.waitForTimeout(4_000);
    expect(offers()).toBe(before + 2);
    await sees(bob, "Ann");
    await sees(ann, "Bob");
    await bob.evaluate(() => window.room.send("hello"));
    await ann.waitForFunction(() => window.told.includes("Bob: hello"));
    expect(await Promise.all([ann, bob].map((at) => at.evaluate(() => window.made)))).toEqual([1, 1]);
    expect(await complaints(ann, bob)).toEqual([]);
  });

  test.each([
    ["is lost once", false],
    ["comes twice", true],
  ])(
    "what another node has not answered %s: two see each other on the same connections",
    {
      timeout: 60_000,
    },
    async (_, arrives) => {
      const server = await relay();
      unanswered(server, signals, arrives);
      const [ann, bob] = [await open(), await open()];
      await join(ann, server, "Ann", { color: "red", data: true });
      await join(bob, server, "Bob", { color: "blue", data: true });
      await Promise.all([sees(ann, "Bob", 8_000), sees(bob, "Ann", 8_000)]);
      expect(await Promise.all([ann, bob].map((at) => at.evaluate(() => window.made)))).toEqual([1, 1]);
      expect(await complaints(ann, bob)).toEqual([]);
    },
  );

  test("a page that is loaded again is the same participant, and connected again", { timeout: 60_000 }, async () => {
    const server = await relay();
    const [ann, bob] = [await open(), await open()];
    await join(ann, server, "Ann", { color: "red" });
    await join(bob, server, "Bob", { color: "blue" });
    await sees(ann, "Bob");
    const user = await bob.evaluate(() => window.session.user);
    await bob.reload();
    await join(bob, server, "Bob", { color: "blue" });
    expect(await bob.evaluate(() => window.session.user)).toBe(user);
    await sees(bob, "Ann");
    await sees(ann, "Bob");
    expect(await complaints(ann, bob)).toEqual([]);
  });

  test("two that offer at the same time are connected", { timeout: 60_000 }, async () => {
    const server = await relay();
    const [ann, bob] = [await open(), await open()];
    await join(ann, server, "Ann", { color: "red" });
    await join(bob, server, "Bob", { color: "blue" });
    await sees(ann, "Bob");
    // Both add a track while neither has heard of the other's offer.
    for (let round = 0; round < 3; round++) {
      const add = (at: Page) =>
        at.evaluate(() => {
          const { picture } = window as never as { picture: (color: string) => MediaStream };
          const state = window as never as { shown: MediaStream[] };
          state.shown = [...(state.shown ?? []), picture("yellow")];
          window.room.setMedia(state.shown);
        });
      await Promise.all([add(ann), add(bob)]);
      const streams = (at: Page) => at.evaluate(() => window.room.others[0]?.streams.length ?? 0);
      await until(() => true);
      for (const at of [ann, bob])
        await at.waitForFunction((count) => window.room.others[0]?.streams.length === count, round + 1);
      expect([await streams(ann), await streams(bob)]).toEqual([round + 1, round + 1]);
    }
    expect(await complaints(ann, bob)).toEqual([]);
  });
});
