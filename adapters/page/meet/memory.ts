import type { TicketStorage } from "../../client/index.js";

/*
 * What a window remembers. Its session storage has its name, its token, the ticket of its session and the room that it is in: a window
 * that is loaded again goes on with all of them. The local storage is for windows that were closed.
 */

const nameKey = "signalbox.name";
const ticketKey = "signalbox.ticket";
const roomKey = "signalbox.room";
const leftKey = "signalbox.left";
const tokenKey = "signalbox.token";

/** A browser may forbid storage. The page then works, but does not remember. */
const ifAllowed = <A>(use: () => A): A | null => {
  try {
    return use();
  } catch {
    return null;
  }
};

const get = (key: string): string | undefined => ifAllowed(() => sessionStorage.getItem(key)) ?? undefined;
const set = (key: string, value: string | undefined): void => {
  ifAllowed(() => (value === undefined ? sessionStorage.removeItem(key) : sessionStorage.setItem(key, value)));
};

/** This page has one session at most, whatever the server's address. */
export const ticketStorage: TicketStorage = {
  getItem: () => get(ticketKey) ?? null,
  setItem: (_, value) => set(ticketKey, value),
  removeItem: () => set(ticketKey, undefined),
};

export const hasTicket = (): boolean => get(ticketKey) !== undefined;

/** What this window says who its user is with, where the server asks for it. */
export const loadToken = (): string | undefined => get(tokenKey);
export const saveToken = (token: string): void => set(tokenKey, token);

const kinds = ["Amber", "Brisk", "Calm", "Clever", "Gentle", "Lucky", "Merry", "Quiet", "Silver", "Sunny"];
const animals = ["Badger", "Crane", "Falcon", "Fox", "Hare", "Heron", "Lynx", "Otter", "Robin", "Wren"];
const oneOf = (words: ReadonlyArray<string>): string => words[Math.floor(Math.random() * words.length)] ?? "";

/** This window's name. A new window starts with the one last used in any window, and the first of all with a suggestion. */
export const loadName = (): string =>
  get(nameKey) ?? ifAllowed(() => localStorage.getItem(nameKey)) ?? `${oneOf(kinds)} ${oneOf(animals)}`;

export const saveName = (name: string): void => {
  set(nameKey, name);
  ifAllowed(() => localStorage.setItem(nameKey, name));
};

/** The room that this window is in, or waits for. */
export const loadRoom = (): string | undefined => get(roomKey);
export const saveRoom = (room: string | undefined): void => set(roomKey, room);

interface Left {
  readonly room: string;
  readonly name: string;
  readonly ticket: string;
  readonly at: number;
}

/** The server keeps nobody for longer, unless it is told to. */
const keptMs = 120_000;

const isLeft = (it: unknown): it is Left =>
  typeof it === "object" && it !== null && "room" in it && "ticket" in it && "name" in it && "at" in it;

const loadLeft = (): ReadonlyArray<Left> => {
  const all: unknown = ifAllowed(() => JSON.parse(localStorage.getItem(leftKey) ?? "[]"));
  return Array.isArray(all) ? all.filter(isLeft).filter(({ at }) => Date.now() - at < keptMs) : [];
};

const saveLeft = (all: ReadonlyArray<Left>): void => {
  ifAllowed(() =>
    all.length === 0 ? localStorage.removeItem(leftKey) : localStorage.setItem(leftKey, JSON.stringify(all)),
  );
};

/** The window goes away, closed or not: the next one that opens the room goes on with its session. */
export const leaveTicket = (name: string): void => {
  const [room, ticket] = [get(roomKey), get(ticketKey)];
  if (room === undefined || ticket === undefined) return;
  saveLeft([...loadLeft().filter((it) => it.room !== room), { room, name, ticket, at: Date.now() }]);
};

/** A window that is loaded again was not closed. */
export const takeBackTicket = (): void => {
  const room = get(roomKey);
  if (room !== undefined && hasTicket()) saveLeft(loadLeft().filter((it) => it.room !== room));
};

/** Whether there is a closed window to take over from. */
export const canTakeOver = (room: string): boolean => loadLeft().some((it) => it.room === room);

/** Takes over from the window of that room that was closed last. Answers with its name. */
export const takeOver = (room: string): string | undefined => {
  const left = loadLeft();
  const mine = left.find((it) => it.room === room);
  if (mine === undefined) return undefined;
  saveLeft(left.filter((it) => it !== mine));
  set(ticketKey, mine.ticket);
  set(roomKey, room);
  return mine.name;
};
