import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe } from "vitest";
import { type Frame, launch, missingBrowser, type VisitOptions, type Visitor, visit } from "./browser.js";

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

export const open = async (port: number, path: string, options: VisitOptions = {}): Promise<Visitor> => {
  const visitor = await visit(browser, `http://127.0.0.1:${port}${path}`, options);
  visitors.push(visitor);
  return visitor;
};

/** Somebody who opens the dashboard and enters a name. */
export const arrive = async (port: number, name: string, options: VisitOptions = {}): Promise<Visitor> => {
  const visitor = await open(port, "/", options);
  await visitor.page.getByLabel("What should others call you?").fill(name);
  await visitor.page.getByRole("button", { name: "Continue" }).click();
  return visitor;
};

/** Another window of the same browser: it shares the local storage, but not the session storage. */
export const newWindow = async (page: Page, port: number): Promise<Page> => {
  const other = await page.context().newPage();
  other.setDefaultTimeout(15_000);
  await other.goto(`http://127.0.0.1:${port}/`);
  return other;
};

export const nameShown = (page: Page, name: string) =>
  page.getByRole("banner").getByText(name, { exact: true }).waitFor();

export const createRoom = async ({ page }: Visitor, name: string): Promise<void> => {
  await page.getByLabel("Room name").fill(name);
  await page.getByRole("button", { name: "Create room" }).click();
  await page.getByRole("heading", { name, level: 1 }).waitFor();
  await page.getByText("In the room.").waitFor();
};

export const knock = ({ page }: Visitor, room: string) =>
  page
    .getByRole("list", { name: "Rooms" })
    .getByRole("button", { name: `Ask to join ${room}` })
    .click();

export const admit = ({ page }: Visitor, name: string) => page.getByRole("button", { name: `Admit ${name}` }).click();

export const person = (page: Page, name: string) =>
  page.getByRole("list", { name: "People" }).getByRole("listitem", { name, exact: true });

export const connected = ({ page }: Pick<Visitor, "page">, to: string) =>
  person(page, to).getByText("Connected directly.").waitFor();

export const say = async ({ page }: Visitor, text: string): Promise<void> => {
  await page.getByRole("textbox", { name: "Message" }).fill(text);
  await page.getByRole("button", { name: "Send" }).click();
};

export const reads = ({ page }: Visitor, text: string) =>
  page.getByRole("log", { name: "Messages" }).getByText(text).waitFor();

export const notice = ({ page }: Visitor, text: string) => page.getByRole("status").getByText(text).waitFor();

/** Two people in one room, with an open channel between them. */
export const meeting = async (port: number, options: VisitOptions = {}, ofBob: VisitOptions = options) => {
  const [alice, bob] = await Promise.all([arrive(port, "Alice", options), arrive(port, "Bob", ofBob)]);
  await createRoom(alice, "Handover");
  await knock(bob, "Handover");
  await admit(alice, "Bob");
  await Promise.all([connected(alice, "Bob"), connected(bob, "Alice")]);
  return { alice, bob };
};

export const typeOf = ({ text }: Frame): unknown => JSON.parse(text).type;

/** Evaluates a script in an empty page of the browser. */
export const evaluate = async (script: string): Promise<unknown> => {
  const page = await browser.newPage();
  const result = await page.evaluate(script);
  await page.close();
  return result;
};

export interface ListedRoom {
  readonly id: string;
  readonly name: string;
  readonly host: string;
  readonly hostId: string;
  readonly participants: ReadonlyArray<{ readonly name: string }>;
}

export const roomsAt = async (port: number): Promise<ReadonlyArray<ListedRoom>> => {
  const response = await fetch(`http://127.0.0.1:${port}/api/rooms`);
  const { rooms } = (await response.json()) as { readonly rooms: ReadonlyArray<ListedRoom> };
  return rooms;
};

export const onlyRoom = async (port: number): Promise<ListedRoom> => {
  const [room] = await roomsAt(port);
  if (room === undefined) throw new Error("the server has no room");
  return room;
};

export const namesIn = (rooms: ReadonlyArray<ListedRoom>) =>
  rooms.map((room) => room.participants.map(({ name }) => name).sort());
