import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { peerOf, serverWith } from "../support/net.js";
import { type Frame, launch, missingBrowser, sideBySide, type VisitOptions, type Visitor, visit } from "./browser.js";

const missing = missingBrowser();
if (missing !== undefined) process.stdout.write(`test/e2e/page.test.ts is skipped. ${missing}\n`);

let browser: Browser;
const visitors: Visitor[] = [];

const arrive = async (port: number, name: string, options: VisitOptions = {}): Promise<Visitor> => {
  const visitor = await visit(browser, `http://127.0.0.1:${port}/`, options);
  visitors.push(visitor);
  await visitor.page.getByLabel("What should others call you?").fill(name);
  await visitor.page.getByRole("button", { name: "Continue" }).click();
  return visitor;
};

const openRoom = async ({ page }: Visitor, name: string): Promise<void> => {
  await page.getByLabel("Room name").fill(name);
  await page.getByRole("button", { name: "Open room" }).click();
  await page.getByRole("heading", { name, level: 1 }).waitFor();
  await page.getByText("In the room.").waitFor();
};

const ask = ({ page }: Visitor, room: string) =>
  page
    .getByRole("list", { name: "Rooms" })
    .getByRole("button", { name: `Ask to join ${room}` })
    .click();

const letIn = ({ page }: Visitor, name: string) => page.getByRole("button", { name: `Let in ${name}` }).click();

/** Another window of the same browser: it shares the local storage, but not the session storage. */
const newWindow = async (page: Page, port: number): Promise<Page> => {
  const other = await page.context().newPage();
  other.setDefaultTimeout(15_000);
  await other.goto(`http://127.0.0.1:${port}/`);
  return other;
};

const nameShown = (page: Page, name: string) => page.getByRole("banner").getByText(name, { exact: true }).waitFor();

const person = (page: Page, name: string) =>
  page.getByRole("list", { name: "People" }).getByRole("listitem", { name, exact: true });

const connected = ({ page }: Visitor, to: string) => person(page, to).getByText("Connected directly.").waitFor();

const say = async ({ page }: Visitor, text: string): Promise<void> => {
  await page.getByRole("textbox", { name: "Message" }).fill(text);
  await page.getByRole("button", { name: "Send" }).click();
};

const reads = ({ page }: Visitor, text: string) =>
  page.getByRole("log", { name: "Messages" }).getByText(text).waitFor();

const notice = ({ page }: Visitor, text: string) => page.getByRole("status").getByText(text).waitFor();

/** Two people in one room, with an open channel between them. */
const meeting = async (port: number, options: VisitOptions = {}, ofBob: VisitOptions = options) => {
  const [alice, bob] = await Promise.all([arrive(port, "Alice", options), arrive(port, "Bob", ofBob)]);
  await openRoom(alice, "Handover");
  await ask(bob, "Handover");
  await letIn(alice, "Bob");
  await Promise.all([connected(alice, "Bob"), connected(bob, "Alice")]);
  return { alice, bob };
};

const typeOf = ({ text }: Frame): unknown => JSON.parse(text).type;

const stateTypes = ["client_count", "server-room-list", "pong", "ping"];

describe.skipIf(missing !== undefined)("the dashboard", () => {
  beforeAll(async () => {
    browser = await launch();
  });
  afterEach(async () => {
    await Promise.all(visitors.splice(0).map(({ page }) => page.context().close()));
  });
  afterAll(() => browser?.close());

  test("two people meet in a room and talk past the server", async () => {
    const { port } = await serverWith();
    const { alice, bob } = await meeting(port, { viewport: { width: 700, height: 800 }, deviceScaleFactor: 2 });
    await person(alice.page, "Alice (you)").getByText("host").waitFor();
    await person(bob.page, "Alice").getByText("host").waitFor();

    const before = [alice.frames.length, bob.frames.length] as const;
    await say(alice, "The 7:40 is two minutes late.");
    await reads(bob, "The 7:40 is two minutes late.");
    await say(bob, "Line two is clear.");
    await reads(alice, "Line two is clear.");
    await say(alice, "Then let her through.");
    await reads(bob, "Then let her through.");
    const meanwhile = [...alice.frames.slice(before[0]), ...bob.frames.slice(before[1])];
    expect(meanwhile.map(typeOf).filter((type) => !stateTypes.includes(String(type)))).toEqual([]);
    await bob.page.emulateMedia({ colorScheme: "dark" });
    if (process.env.SCREENSHOT) await sideBySide(alice.page, bob.page, process.env.SCREENSHOT);

    await bob.page.getByRole("button", { name: "Leave room" }).click();
    await reads(alice, "Bob left.");
    expect(await person(alice.page, "Bob").count()).toBe(0);
    await bob.page.getByRole("heading", { name: "Rooms" }).waitFor();

    const everything = [...alice.frames, ...bob.frames].map(({ text }) => text).join("\n");
    expect(everything).toContain("webrtc-offer");
    expect(everything).not.toMatch(/7:40|Line two|let her through/);
    expect(alice.complaints).toEqual([]);
    expect(bob.complaints).toEqual([]);
  });

  test("a host turns somebody away, and later removes them", async () => {
    const { port } = await serverWith();
    const [alice, bob] = await Promise.all([arrive(port, "Alice"), arrive(port, "Bob")]);
    await openRoom(alice, "Handover");
    await ask(bob, "Handover");
    await bob.page.getByText("Waiting for Alice to let you into “Handover”.").waitFor();
    await alice.page.getByRole("button", { name: "Turn away Bob" }).click();
    await notice(bob, "Alice did not let you into “Handover”.");

    await ask(bob, "Handover");
    await letIn(alice, "Bob");
    await connected(alice, "Bob");
    await alice.page.getByRole("button", { name: "Remove Bob" }).click();
    await notice(bob, "Alice removed you from “Handover”.");
    await reads(alice, "You removed Bob.");
    expect(await person(alice.page, "Bob").count()).toBe(0);
    expect([...alice.complaints, ...bob.complaints]).toEqual([]);
  });

  test("a restart of the server does not end a conversation, and both are back in the room", async () => {
    const server = await serverWith();
    const { alice, bob } = await meeting(server.port);
    const { id, hostId } = await onlyRoom(server.port);
    await server.stop();
    for (const { page } of [alice, bob]) await page.getByText(/Next try in \d+ s/).waitFor();
    await say(alice, "Is anybody there?");
    await reads(bob, "Is anybody there?");

    const again = await serverWith({ PORT: String(server.port) });
    for (const { page } of [alice, bob]) await page.getByText("In the room.").waitFor();
    await expect.poll(async () => namesIn(await roomsAt(again.port))).toEqual([["Alice", "Bob"]]);
    expect(await roomsAt(again.port)).toMatchObject([{ id, hostId, name: "Handover", host: "Alice" }]);
    await Promise.all([connected(alice, "Bob"), connected(bob, "Alice")]);
    await say(bob, "Still here.");
    await reads(alice, "Still here.");
    expect(await alice.page.getByText("Bob left.").count()).toBe(0);
    // The browser itself reports every try that fails.
    const own = [...alice.complaints, ...bob.complaints].filter((text) => !text.includes("ERR_CONNECTION_REFUSED"));
    expect(own).toEqual([]);
  });

  test("who reloads the page is the same person in the same room", async () => {
    const { port } = await serverWith();
    const { alice, bob } = await meeting(port);
    await bob.page.reload();
    await Promise.all([connected(alice, "Bob"), connected(bob, "Alice")]);
    await say(alice, "Welcome back.");
    await reads(bob, "Welcome back.");
    expect(await person(alice.page, "Bob").count()).toBe(1);
    expect([...alice.complaints, ...bob.complaints]).toEqual([]);
  });

  test("each window keeps its own name and user when it is reloaded, whatever was typed in another", async () => {
    const { port } = await serverWith();
    const alice = await arrive(port, "Alice");
    await openRoom(alice, "Handover");
    const { hostId } = await onlyRoom(port);
    const second = await newWindow(alice.page, port);
    await nameShown(second, "Alice");
    await second.getByRole("button", { name: "Change name" }).click();
    await second.getByLabel("Your name").fill("Bob");
    await second.getByRole("button", { name: "Save" }).click();
    await nameShown(second, "Bob");

    await alice.page.reload();
    await person(alice.page, "Alice (you)").getByText("In the room.").waitFor();
    await expect.poll(async () => namesIn(await roomsAt(port))).toEqual([["Alice"]]);
    expect(await onlyRoom(port)).toMatchObject({ host: "Alice", hostId });
    await second.reload();
    await nameShown(second, "Bob");
    await nameShown(await newWindow(alice.page, port), "Bob");
  });

  test("a duplicated tab keeps the name but is a user of its own", async () => {
    const { port } = await serverWith();
    const alice = await arrive(port, "Alice");
    await openRoom(alice, "Handover");
    await alice.page.reload();
    await alice.page.getByText("In the room.").waitFor();
    const opened = alice.page.waitForEvent("popup");
    // A window that a page opens starts with a copy of its session storage, as a duplicated tab does.
    await alice.page.evaluate("void window.open(location.href)");
    const duplicate = await opened;
    await nameShown(duplicate, "Alice");
    await duplicate.getByRole("button", { name: "Ask to join Handover" }).click();
    await alice.page.getByRole("button", { name: "Let in Alice" }).waitFor();
  });

  test("three people are all connected to one another, and each hears the others", async () => {
    const { port } = await serverWith();
    const { alice, bob } = await meeting(port);
    const carol = await arrive(port, "Carol");
    await ask(carol, "Handover");
    await letIn(alice, "Carol");
    const names = new Map([
      [alice, "Alice"],
      [bob, "Bob"],
      [carol, "Carol"],
    ]);
    for (const [one, name] of names) {
      const others = [...names].filter(([other]) => other !== one);
      await Promise.all(others.map(([, other]) => connected(one, other)));
      await say(one, `${name} is here.`);
      await Promise.all(others.map(([other]) => reads(other, `${name} is here.`)));
    }
    expect(await alice.page.getByText("Did not reach").count()).toBe(0);
    expect([...names.keys()].flatMap(({ complaints }) => complaints)).toEqual([]);
  });

  test("a lost offer is made again when the other side offers", async () => {
    const { port } = await serverWith();
    // Who sorts last is the one that offers at once.
    const loses = (context: BrowserContext) => context.addInitScript(`${identity("user_z")};${loseFirstOffer}`);
    const patient = (context: BrowserContext) => context.addInitScript(identity("user_a"));
    const { alice, bob } = await meeting(port, { prepare: loses }, { prepare: patient });
    const offers = alice.frames.filter((frame) => typeOf(frame) === "webrtc-offer");
    expect(offers.map(({ direction }) => direction)).toEqual(["received", "sent"]);
    // Well before the 5 s after which an offer that nobody answers is repeated anyway.
    expect(await alice.page.evaluate("window.waited")).toBeLessThan(4_500);
    await say(bob, "There you are.");
    await reads(alice, "There you are.");
  });

  test("who is missing while the server is down is kept, and waiting for them costs nothing", async () => {
    const server = await serverWith();
    const gate = { isShut: false, cut: (): void => {} };
    const { alice, bob } = await meeting(server.port, {}, { prepare: (context) => gateOf(context, gate) });
    await alice.page.clock.install();
    gate.cut();
    await person(alice.page, "Bob").getByText("Still connected, but Bob is not on the server’s list").waitFor();
    await server.stop();
    await alice.page.getByText(/Next try in \d+ s/).waitFor();
    await alice.page.evaluate(countTimers);
    await alice.page.clock.fastForward(25_000);
    await alice.page.waitForTimeout(400);
    expect(await alice.page.evaluate("window.timers")).toBeLessThan(30);

    await serverWith({ PORT: String(server.port) });
    await alice.page.getByRole("button", { name: "Try now" }).click();
    await alice.page.getByText("In the room.").waitFor();
    await say(alice, "Hold on.");
    await reads(bob, "Hold on.");
    gate.isShut = false;
    await Promise.all([connected(alice, "Bob"), connected(bob, "Alice")]);
    expect(await alice.page.getByText("Bob left.").count()).toBe(0);
  });

  test("who closes the tab is gone at once, and so is who was at the door", async () => {
    const { port } = await serverWith();
    const { alice, bob } = await meeting(port);
    const carol = await arrive(port, "Carol");
    await ask(carol, "Handover");
    await alice.page.getByRole("button", { name: "Let in Carol" }).waitFor();
    await Promise.all([bob, carol].map(({ page }) => page.close({ runBeforeUnload: true })));
    await alice.page.getByText("Bob left.").waitFor({ timeout: 3_000 });
    await alice.page.getByText("Carol").waitFor({ state: "detached", timeout: 3_000 });
  });

  test("who asks keeps asking when they, or the host, load the page anew", async () => {
    const { port } = await serverWith();
    const [alice, bob] = await Promise.all([arrive(port, "Alice"), arrive(port, "Bob")]);
    await openRoom(alice, "Handover");
    await ask(bob, "Handover");
    await alice.page.getByRole("button", { name: "Let in Bob" }).waitFor();
    await alice.page.reload();
    await alice.page.getByRole("button", { name: "Let in Bob" }).waitFor();
    await bob.page.reload();
    await bob.page.getByText("Waiting for Alice to let you into “Handover”.").waitFor();
    await letIn(alice, "Bob");
    await Promise.all([connected(alice, "Bob"), connected(bob, "Alice")]);
    await alice.page.close({ runBeforeUnload: true });
    await bob.page.getByText("Alice, the host, is away; nobody can be let in until they return.").waitFor();
  });

  test("a configuration that the browser refuses is explained", async () => {
    const { port } = await serverWith();
    const configured = (config: object) => (context: BrowserContext) =>
      context.route("**/api/config", (route) => route.fulfill({ json: config }));
    const stun = { prepare: configured({ STUN_SERVERS: ["stun:host:99999"] }) };
    const [alice, bob] = await Promise.all([arrive(port, "Alice", stun), arrive(port, "Bob")]);
    await openRoom(alice, "Handover");
    await ask(bob, "Handover");
    await letIn(alice, "Bob");
    await person(alice.page, "Bob").getByText("do not understand each other").waitFor();
    await alice.page.getByRole("button", { name: "Leave room" }).click();
    await alice.page.getByRole("heading", { name: "Rooms" }).waitFor();
    expect(alice.complaints).toEqual([]);
    const bad = { prepare: configured({ WEBSOCKET_URL: "ws://127.0.0.1/ws#fragment" }) };
    const carol = await arrive(port, "Carol", bad);
    await carol.page.getByText("The address of the server cannot be used: ws://127.0.0.1/ws#fragment.").waitFor();
    expect(carol.complaints).toEqual([]);
  });

  test("a peer that never answers is explained, and so is one that answers and cannot be reached", async () => {
    const { port } = await serverWith();
    const alice = await arrive(port, "Alice");
    await alice.page.clock.install();
    await openRoom(alice, "Handover");
    const dan = await stranger(port, await onlyRoom(port));
    dan.signal("webrtc-ice", { candidate: { ...nowhere, usernameFragment: "early" } });
    dan.signal("webrtc-answer", { answer: { type: "answer", sdp: "v=0" } });
    await expect.poll(() => alice.frames.some((frame) => typeOf(frame) === "webrtc-answer")).toBe(true);
    dan.join("Dan");
    const item = person(alice.page, "Dan");
    await item.getByText("Offer sent").waitFor();
    await alice.page.clock.fastForward(6_000);
    const [first, again] = await dan.offers(2);
    expect(again?.split("\r\n").filter((line) => line.startsWith("a=ice-"))).toEqual(
      first?.split("\r\n").filter((line) => line.startsWith("a=ice-")),
    );
    await alice.page.clock.fastForward(6_000);
    await item.getByText("No answer came to the offer.").waitFor();

    await item.getByRole("button", { name: "Try again with Dan" }).click();
    const [, , offer] = await dan.offers(3);
    dan.signal("webrtc-answer", { answer: { type: "answer", sdp: "v=0" }, negotiation: "of an offer that is gone" });
    dan.signal("webrtc-answer", { answer: { type: "answer", sdp: await answerTo(offer) } });
    dan.signal("webrtc-answer", { answer: { type: "answer", sdp: "v=0" } });
    dan.signal("webrtc-ice", { candidate: nowhere });
    await item.getByText("Dan answered. Looking for a route").waitFor();
    await alice.page.clock.fastForward(30_000);
    await item.getByText("none of the 1 addresses they sent could be reached. No STUN server is configured").waitFor();

    dan.leave();
    await reads(alice, "Dan left.");
    expect(alice.complaints).toEqual([]);
  });

  test("a room whose host is away cannot be asked, and says so", async () => {
    const { port } = await serverWith();
    const bob = await arrive(port, "Bob");
    const other = await peerOf({ port });
    other.say(
      { type: "room-created", data: { id: "r", name: "Deserted", host: "Carol", hostId: "carol" } },
      { type: "user-joined-room", data: { roomId: "r", userId: "dan", userName: "Dan" } },
    );
    const room = bob.page.getByRole("listitem", { name: "Deserted" });
    await room.getByText("Carol is away, so nobody can let you in.").waitFor();
    expect(await room.getByRole("button").count()).toBe(0);
  });

  test("nothing is wider than a phone", async () => {
    const { port } = await serverWith();
    const phone = { viewport: { width: 360, height: 740 } };
    const fits = async ({ page }: Visitor): Promise<void> => {
      expect(await page.evaluate("document.documentElement.scrollWidth - window.innerWidth")).toBeLessThanOrEqual(0);
    };
    const long = "Wolfeschlegelsteinhausenbergerdorff-Smit";
    const first = await visit(browser, `http://127.0.0.1:${port}/`, phone);
    visitors.push(first);
    await fits(first);
    const [alice, bob] = await Promise.all([arrive(port, long, phone), arrive(port, "Bob", phone)]);
    await fits(bob);
    await openRoom(alice, `${long}s Zimmer`);
    await fits(alice);
    await ask(bob, `${long}s Zimmer`);
    await fits(bob);
    await alice.page.getByRole("button", { name: "Let in Bob" }).waitFor();
    await fits(alice);
    await letIn(alice, "Bob");
    await connected(bob, long);
    await say(bob, "x".repeat(400));
    await reads(alice, "x".repeat(400));
    await fits(alice);
    await fits(bob);
    const test = await visit(browser, `http://127.0.0.1:${port}/ws-test.html`, phone);
    visitors.push(test);
    await fits(test);
  });

  test("a room is opened and talked in by keyboard alone", async () => {
    const { port } = await serverWith();
    const { page } = await visit(browser, `http://127.0.0.1:${port}/`);
    const focused = (what: string) => page.evaluate(`(e => ${what})(document.activeElement)`);
    const label = async () => String(await focused("e.labels?.[0]?.innerText ?? e.innerText")).replaceAll(/\s+/g, " ");
    const tabTo = async (name: string): Promise<void> => {
      for (let presses = 0; presses < 12 && !(await label()).startsWith(name); presses++)
        await page.keyboard.press("Tab");
      expect(await label()).toMatch(new RegExp(`^${name}`));
      expect(await focused("getComputedStyle(e).outlineStyle")).toBe("solid");
    };
    await page.getByLabel("What should others call you?").waitFor();
    await tabTo("What should others call you?");
    await page.keyboard.type("Alice");
    await page.keyboard.press("Enter");
    await expect.poll(label).toBe("Rooms");
    await tabTo("Room name");
    await page.keyboard.type("Handover");
    await page.keyboard.press("Enter");
    await expect.poll(label).toBe("Handover");
    const bob = await arrive(port, "Bob");
    await ask(bob, "Handover");
    await page.getByRole("button", { name: "Let in Bob" }).waitFor();
    await tabTo("Let in Bob");
    await page.keyboard.press("Enter");
    await connected({ page, frames: [], complaints: [] }, "Bob");
    await expect.poll(label).toBe("Handover");
    await tabTo("Message");
    await page.keyboard.type("By hand.");
    await page.keyboard.press("Enter");
    await reads(bob, "By hand.");
    await page.context().close();
  });

  test("the manual test page sends a ping and sees a pong", async () => {
    const { port } = await serverWith();
    const tester = await visit(browser, `http://127.0.0.1:${port}/ws-test.html`);
    visitors.push(tester);
    const { page, complaints } = tester;
    const log = page.getByRole("log", { name: "Frames" });
    await page.getByRole("button", { name: "Connect" }).click();
    await log.getByText("Connected to").waitFor();
    await page.getByRole("button", { name: "Ping" }).click();
    await page.getByRole("button", { name: "Send" }).click();
    await log.getByText('"type": "pong"').waitFor();
    await page.getByRole("textbox", { name: "Message" }).fill("x".repeat(70_000));
    await page.getByRole("button", { name: "Send" }).click();
    await log.getByText("1009: The message was too big").waitFor();
    await page.getByRole("button", { name: "Clear" }).click();
    expect(await log.textContent()).toBe("");
    expect(complaints).toEqual([]);
  });
});

/** Script for a tab that has this user id from its first load on. */
const identity = (userId: string): string =>
  `if (!sessionStorage.getItem("known")) {
    sessionStorage.setItem("known", "yes");
    sessionStorage.setItem("signalbox.tab", JSON.stringify({ userId: "${userId}" }));
  }`;

/** Script for a page whose first offer never reaches the server; it notes how many ms later the next one follows. */
const loseFirstOffer = `{
  const send = WebSocket.prototype.send;
  let lostAt;
  WebSocket.prototype.send = function (frame) {
    const isOffer = JSON.parse(frame).type === "webrtc-offer";
    if (isOffer && lostAt === undefined) {
      lostAt = performance.now();
      return;
    }
    if (isOffer) window.waited ??= performance.now() - lostAt;
    send.call(this, frame);
  };
}`;

/** Script that counts the timers that a page sets from now on. */
const countTimers = `{
  const set = window.setTimeout;
  window.timers = 0;
  window.setTimeout = (...call) => {
    window.timers += 1;
    return set(...call);
  };
}`;

interface Gate {
  isShut: boolean;
  cut: () => void;
}

/** Puts a gate between a page and the server; \`cut\` breaks the line and shuts the gate. */
const gateOf = async (context: BrowserContext, gate: Gate): Promise<void> => {
  await context.routeWebSocket(/\/ws$/, (page) => {
    if (gate.isShut) return void page.close();
    const server = page.connectToServer();
    gate.cut = () => {
      gate.isShut = true;
      void page.close();
      void server.close();
    };
  });
};

const onlyRoom = async (port: number): Promise<ListedRoom> => {
  const [room] = await roomsAt(port);
  if (room === undefined) throw new Error("the server has no room");
  return room;
};

/** An address of a network for examples (RFC 5737): nothing answers there. */
const nowhere = { candidate: "candidate:1 1 udp 2113937151 192.0.2.2 9 typ host", sdpMid: "0", sdpMLineIndex: 0 };

/** A participant with a socket and no browser, who says just what a test wants. */
const stranger = async (port: number, { id: roomId, hostId: toUserId }: ListedRoom) => {
  const peer = await peerOf({ port });
  // Before any id that the page makes: who sorts first is polite, so the page offers at once.
  const userId = "!dan";
  peer.say({ type: "subscribe", channel: "webrtc-signaling" });
  return {
    join: (userName: string) => peer.say({ type: "user-joined-room", data: { roomId, userId, userName } }),
    leave: () => peer.say({ type: "user-left-room", data: { roomId, userId } }),
    signal: (type: string, body: object) =>
      peer.say({ type, channel: "webrtc-signaling", data: { roomId, fromUserId: userId, toUserId, ...body } }),
    offers: async (count: number): Promise<ReadonlyArray<string>> => {
      const sdps = () =>
        peer.texts
          .map((text) => JSON.parse(text))
          .flatMap(({ type, data }) => (type === "webrtc-offer" ? [data.offer.sdp] : []));
      await expect.poll(() => sdps().length, { timeout: 10_000 }).toBeGreaterThanOrEqual(count);
      return sdps();
    },
  };
};

/** What a browser answers that then tells no address of its own. */
const answerTo = async (offer: string | undefined): Promise<string> => {
  const page = await browser.newPage();
  const sdp = await page.evaluate(`(async () => {
    const pc = new RTCPeerConnection();
    await pc.setRemoteDescription({ type: "offer", sdp: ${JSON.stringify(offer)} });
    return (await pc.createAnswer()).sdp;
  })()`);
  await page.close();
  return String(sdp);
};

interface ListedRoom {
  readonly id: string;
  readonly name: string;
  readonly host: string;
  readonly hostId: string;
  readonly participants: ReadonlyArray<{ readonly name: string }>;
}

const roomsAt = async (port: number): Promise<ReadonlyArray<ListedRoom>> => {
  const response = await fetch(`http://127.0.0.1:${port}/api/rooms`);
  const { rooms } = (await response.json()) as { readonly rooms: ReadonlyArray<ListedRoom> };
  return rooms;
};

const namesIn = (rooms: ReadonlyArray<ListedRoom>) =>
  rooms.map((room) => room.participants.map(({ name }) => name).sort());
