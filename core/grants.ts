import type { RoomId } from "./base/id.js";
import type { RoomRole } from "./base/room.js";

/** What a token can allow at all. What somebody's role in a room allows is asked besides (core/shared/permissions.ts). */
export const abilities = ["create", "join", "admit", "remove", "say", "signal"] as const;
export type Ability = (typeof abilities)[number];

export const lobbyGrants = ["wait", "bypass"] as const;
/** `bypass`: enters at once where others wait to be admitted. */
export type LobbyGrant = (typeof lobbyGrants)[number];

export const sessionGrants = ["both", "newest", "refuse"] as const;
/** What a further session of the same user does: it stands beside the earlier one, ends it, or is refused. */
export type SessionGrant = (typeof sessionGrants)[number];

/** What a user may do, as whoever vouches for them has decided it. */
export interface Grants {
  /** Names of rooms, and patterns: each `*` stands for any characters, or none. */
  readonly rooms: ReadonlyArray<string>;
  readonly can: ReadonlyArray<Ability>;
  /** On entering a room. `participant` leaves open what the user becomes there. */
  readonly role: RoomRole;
  readonly lobby: LobbyGrant;
  readonly sessions: SessionGrant;
}

/** Of a token that says nothing about grants, and of everybody where there are no tokens. */
export const defaultGrants: Grants = {
  rooms: ["*"],
  can: abilities,
  role: "participant",
  lobby: "wait",
  sessions: "newest",
};

/** Whether one of the names or patterns is for this room. */
export const mayEnter = (grants: Pick<Grants, "rooms">, room: RoomId): boolean =>
  grants.rooms.some((pattern) => isFor(pattern, room));

/** Looks for each piece between two stars once, from where the one before it ended: the earliest place leaves most room for the rest. */
const isFor = (pattern: string, room: string): boolean => {
  const first = pattern.indexOf("*");
  if (first < 0) return pattern === room;
  const last = pattern.lastIndexOf("*");
  const end = room.length - (pattern.length - last - 1);
  if (!room.startsWith(pattern.slice(0, first)) || !room.endsWith(pattern.slice(last + 1))) return false;
  let from = first;
  for (const piece of pattern.slice(first, last).split("*")) {
    const at = room.indexOf(piece, from);
    if (at < 0 || at + piece.length > end) return false;
    from = at + piece.length;
  }
  return true;
};
