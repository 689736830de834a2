import type { Place, RoomCard, State } from "./state.js";

/**
 * What outlives a reload. The id belongs to one tab: it is put away only while the page is being left, so that a duplicated tab,
 * which starts with a copy of the storage, becomes a user of its own.
 */
export interface Tab {
  readonly userId: string;
  /** The room that the user was in, or at the door of, when the page was left. */
  readonly room: RoomCard | undefined;
  /** The user was not in that room yet, but asked to be let in. */
  readonly isAsking: boolean;
}

/** What a tab should remember of where its user is. */
export const tabOf = ({ me, place }: State): Tab => ({
  userId: me.id,
  room: place.kind === "lobby" ? undefined : place.room,
  isAsking: place.kind === "asking",
});

/** Where the user of a tab begins. */
export const placeOf = ({ room, isAsking }: Tab): Place => {
  if (room === undefined) return { kind: "lobby" };
  return isAsking
    ? { kind: "asking", room, missingSince: undefined }
    : { kind: "room", room, seat: "none", wasSeated: true };
};

const tabKey = "signalbox.tab";
const nameKey = "signalbox.name";

export const newId = (kind: string): string => {
  const parts = [...crypto.getRandomValues(new Uint32Array(3))].map((part) => part.toString(36));
  return `${kind}_${parts.join("")}`;
};

/** Takes the tab's identity out of the storage, or makes one. */
export const takeTab = (): Tab => {
  const kept = parsed(guarded(() => sessionStorage.getItem(tabKey)));
  guarded(() => sessionStorage.removeItem(tabKey));
  return kept ?? { userId: newId("user"), room: undefined, isAsking: false };
};

export const putTab = (tab: Tab): void => {
  guarded(() => sessionStorage.setItem(tabKey, JSON.stringify(tab)));
};

/** The name that this tab goes by. A new tab starts with the last name given in any tab, and from then on keeps its own. */
export const loadName = (): string => {
  const name = guarded(() => sessionStorage.getItem(nameKey)) ?? guarded(() => localStorage.getItem(nameKey)) ?? "";
  if (name !== "") guarded(() => sessionStorage.setItem(nameKey, name));
  return name;
};

export const saveName = (name: string): void => {
  guarded(() => sessionStorage.setItem(nameKey, name));
  guarded(() => localStorage.setItem(nameKey, name));
};

/** A browser may forbid storage: the page works without, and forgets. */
const guarded = <A>(use: () => A): A | null => {
  try {
    return use();
  } catch {
    return null;
  }
};

// Only this page writes here, but perhaps an older version of it.
const parsed = (text: string | null): Tab | undefined => {
  const tab: Partial<Tab> | null | undefined = guarded(() => JSON.parse(text ?? "null"));
  return typeof tab?.userId === "string"
    ? { userId: tab.userId, room: tab.room, isAsking: tab.isAsking === true }
    : undefined;
};
