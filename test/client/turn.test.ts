import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import type * as client from "../../adapters/client/index.js";
import { launch, missingBrowser, visit } from "../e2e/browser.js";
import { coturn, missingCoturn } from "../support/coturn.js";
import { serverWith, until } from "../support/net.js";
import { secret, signed } from "../support/tokens.js";

/** What a page of these tests keeps where they can look at it. */
interface Kept {
  readonly signalbox: typeof client;
  session: client.Session;
  room: client.Room;
  connections: RTCPeerConnection[];
  said: string[];
  failures: string[];
}
declare const window: Window & Kept;

const missing = missingBrowser() ?? missingCoturn();
const turnSecret = "a secret that the two servers share";
const ttlSeconds = 8;

const library = 'import * as signalbox from "/client.js"; window.signalbox = signalbox;';

const tokenOf = (sub: string): Promise<string> => signed({ sub, exp: Math.floor(Date.now() / 1_000) + 600 });

/** Joins as somebody who can reach others by TURN only. */
const join = (page: Page, token: string): Promise<void> =>
  page.evaluate(async (token) => {
    const { connect } = window.signalbox;
    const kept: Pick<Kept, "connections" | "said" | "failures"> = { connections: [], said: [], failures: [] };
    const Relayed = class extends RTCPeerConnection {
      constructor(configuration?: RTCConfiguration) {
        super(configuration);
        kept.connections.push(this);
      }
    };
    const session = await connect("/ws", {
      token,
      rtc: { iceTransportPolicy: "relay" },
      RTCPeerConnection: Relayed as typeof RTCPeerConnection,
    });
    const room = await session.join("r", { data: true });
    const fail = (error: client.SignalboxError): void => void kept.failures.push(`${error.code}: ${error.message}`);
    session.on("error", fail);
    room.on("error", fail);
    room.on("failed", ({ error }) => fail(error));
    room.on("data", ({ from, data }) => void kept.said.push(`${from.user}: ${data}`));
    Object.assign(window, kept, { session, room });
  }, token);

/** Says something to somebody, as soon as there is a way, and waits until it has come. */
const hears = async (to: Page, from: Page, text: string): Promise<void> => {
  const user = await to.evaluate(() => window.session.user);
  const said = { user, text };
  await until(
    () => from.evaluate(({ user, text }) => window.room.participants.get(user)?.send(text) === true, said),
    20_000,
  );
  await until(() => to.evaluate((text) => window.said.some((said) => said.endsWith(`: ${text}`)), text), 10_000);
};

/** The kinds of the candidates at both ends of each pair that is in use. */
const pairsInUse = (page: Page): Promise<ReadonlyArray<string>> =>
  page.evaluate(async () => {
    const pairs: string[] = [];
    for (const connection of window.connections) {
      const stats = new Map<string, Record<string, string>>();
      for (const [id, entry] of (await connection.getStats()) as never as Map<string, Record<string, string>>)
        stats.set(id, entry);
      const transport = [...stats.values()].find(({ type }) => type === "transport");
      const pair = stats.get(transport?.selectedCandidatePairId ?? "");
      const kind = (id = "") => stats.get(id)?.candidateType;
      if (pair) pairs.push(`${kind(pair.localCandidateId)} to ${kind(pair.remoteCandidateId)}`);
    }
    return pairs;
  });

/** The usernames of the TURN servers that the page's connections have. */
const usernames = (page: Page): Promise<ReadonlyArray<string>> =>
  page.evaluate(() =>
    window.connections.flatMap((connection) =>
      (connection.getConfiguration().iceServers ?? []).flatMap(({ username }) => username ?? []),
    ),
  );

/** How many relayed addresses the page gets with these servers and nothing else. */
const relaysWith = (page: Page, iceServers: ReadonlyArray<object>): Promise<number> =>
  page.evaluate(async (iceServers) => {
    const connection = new RTCPeerConnection({ iceServers: iceServers as RTCIceServer[], iceTransportPolicy: "relay" });
    connection.createDataChannel("probe");
    let relays = 0;
    const done = new Promise<void>((resolve) => {
      connection.onicecandidate = ({ candidate }) => {
        if (candidate?.candidate) relays += 1;
        if (candidate === null) resolve();
      };
    });
    await connection.setLocalDescription();
    await Promise.race([done, new Promise((resolve) => setTimeout(resolve, 10_000))]);
    connection.close();
    return relays;
  }, iceServers);

const failures = (page: Page): Promise<ReadonlyArray<string>> => page.evaluate(() => window.failures);

describe.skipIf(missing)(missing ?? "through a TURN server", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(() => browser?.close());

  test("two pages that can only relay talk, and their session outlives its first credentials", {
    timeout: 110_000,
  }, async () => {
    const turn = await coturn(turnSecret);
    const server = await serverWith({
      AUTH_JWT_SECRET: secret,
      TURN_URLS: turn.url,
      TURN_SECRET: turnSecret,
      TURN_TTL_SECONDS: String(ttlSeconds),
    });
    const open = async (user: string) => {
      const url = `http://127.0.0.1:${server.port}/ws-test.html`;
      const visitor = await visit(browser, url, { bypassCSP: true });
      onTestFinished(() => visitor.page.context().close());
      await visitor.page.addScriptTag({ type: "module", content: library });
      await visitor.page.waitForFunction(() => "signalbox" in window);
      await join(visitor.page, await tokenOf(user));
      const welcome = visitor.frames
        .map(({ text }) => JSON.parse(text))
        .find((frame) => frame.type === "welcome" && frame.user === user);
      return { page: visitor.page, welcome };
    };
    const [ann, bob] = [await open("ann"), await open("bob")];
    const [first] = ann.welcome.iceServers;
    expect(first.username).toMatch(/^\d+:ann$/);
    expect(ann.welcome.iceServersTtlMs).toBe(ttlSeconds * 1_000);

    await hears(bob.page, ann.page, "through the relay");
    expect(await pairsInUse(ann.page)).toEqual(["relay to relay"]);
    expect(await pairsInUse(bob.page)).toEqual(["relay to relay"]);
    expect(turn.log()).toContain(`user <${first.username}>`);
    expect(await relaysWith(ann.page, [{ ...first, credential: "wrong" }])).toBe(0);
    expect(await relaysWith(ann.page, [first])).toBeGreaterThan(0);

    const expiresAtS = Number.parseInt(first.username, 10);
    await until(() => Date.now() / 1_000 > expiresAtS + 2, ttlSeconds * 1_000 + 5_000);
    expect(await relaysWith(ann.page, [first])).toBe(0);

    // A relay that is in use goes on.
    await hears(ann.page, bob.page, "still there");
    // ICE that is restarted needs credentials that hold now, on both sides.
    expect(Math.min(...(await usernames(ann.page)).map((name) => Number.parseInt(name, 10)))).toBeGreaterThan(
      Date.now() / 1_000,
    );
    const relayed = (): number => turn.log().split(/new, .*username=<\d+:ann>/).length;
    const before = relayed();
    await ann.page.evaluate(() => window.connections[0]?.restartIce());
    await until(() => relayed() > before, 15_000);
    await hears(bob.page, ann.page, "after a restart of ICE");
    // And so does the connection with somebody who comes later.
    const cy = await open("cy");
    await hears(cy.page, ann.page, "welcome");
    await hears(cy.page, bob.page, "you too");
    for (const { page } of [ann, bob, cy]) {
      expect(new Set(await pairsInUse(page))).toEqual(new Set(["relay to relay"]));
      expect(await failures(page)).toEqual([]);
    }
  });
});
