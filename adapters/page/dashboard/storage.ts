import type { Place, RoomInfo, State } from "./state.js";

/**
 * Who and where the user of a window was when the page was left. This is saved only then, and removed as soon as it is loaded: a
 * duplicated tab starts with a copy of the session storage and must not become the same user.
 */
export interface SavedUser {
  readonly id: string;
  /** The room that the user was in or waited for. */
  readonly room: RoomInfo | undefined;
  readonly isWaiting: boolean;
}

export const savedUserOf = ({ me, place }: State): SavedUser => ({
  id: me.id,
  room: place.kind === "directory" ? undefined : place.room,
  isWaiting: place.kind === "waiting",
});

/** Where the user of a reloaded window starts. */
export const placeOf = ({ room, isWaiting }: SavedUser): Place => {
  if (room === undefined) return { kind: "directory" };
  return isWaiting
    ? { kind: "waiting", room, missingSince: undefined }
    : { kind: "room", room, membership: "none", wasConfirmed: true };
};

const userKey = "signalbox.user";
const nameKey = "signalbox.name";

/** The user of this window before its reload, or a new one. */
export const loadUser = (): SavedUser => {
  const saved = parseUser(ifAllowed(() => sessionStorage.getItem(userKey)));
  ifAllowed(() => sessionStorage.removeItem(userKey));
  return saved ?? { id: newId("user"), room: undefined, isWaiting: false };
};

export const saveUser = (user: SavedUser): void => {
  ifAllowed(() => sessionStorage.setItem(userKey, JSON.stringify(user)));
};

/** This window's name. A new window starts with the name last entered in any window; from then on it keeps its own. */
export const loadName = (): string => {
  const name = ifAllowed(() => sessionStorage.getItem(nameKey) ?? localStorage.getItem(nameKey)) ?? "";
  if (name !== "") ifAllowed(() => sessionStorage.setItem(nameKey, name));
  return name;
};

export const saveName = (name: string): void => {
  ifAllowed(() => sessionStorage.setItem(nameKey, name));
  ifAllowed(() => localStorage.setItem(nameKey, name));
};

export const newId = (prefix: string): string => {
  const parts = [...crypto.getRandomValues(new Uint32Array(3))].map((part) => part.toString(36));
  return `${prefix}_${parts.join("")}`;
};

/** A browser may forbid storage. The page then works, but does not remember. */
const ifAllowed = <A>(use: () => A): A | null => {
  try {
    return use();
  } catch {
    return null;
  }
};

const parseUser = (text: string | null): SavedUser | undefined => {
  const user: Partial<SavedUser> | null = ifAllowed(() => JSON.parse(text ?? "null"));
  if (typeof user?.id !== "string") return undefined;
  return { id: user.id, room: user.room, isWaiting: user.isWaiting === true };
};
