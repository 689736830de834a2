/** What somebody is in a room. */
export const roomRoles = ["host", "cohost", "participant"] as const;
export type RoomRole = (typeof roomRoles)[number];

/**
 * What happens when the host is gone for good and no co-host is there to succeed them. `promote`: the first participant becomes the
 * host. `open`: the room goes on without one. `lock`: so too, and nobody new comes in. `close`: it ends.
 */
export const withoutHost = ["promote", "open", "lock", "close"] as const;

/** How a room is run. Decided when it is created. */
export interface RoomPolicy {
  /** Whether directories show it. */
  readonly listed: boolean;
  /** Whether newcomers wait until somebody admits them. */
  readonly lobby: boolean;
  /** Participants at once. */
  readonly capacity: number;
  readonly withoutHost: (typeof withoutHost)[number];
}

/** How a knock ends. */
export type KnockEnd =
  | "admitted"
  | "joined"
  | "denied"
  | "banned"
  | "withdrawn"
  | "expired"
  | "disconnected"
  | "closed";
