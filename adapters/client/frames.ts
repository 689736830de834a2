import type {
  Request,
  ServerEvent,
  ServerFrame,
  RoomState as WireRoomState,
  RosterChange as WireRosterChange,
  Welcome as WireWelcome,
} from "../../core/dialect/v1/wire.js";

type Name = WireRoomState["id"] | WireWelcome["user"] | WireWelcome["session"];
type Time = NonNullable<WireWelcome["expiresAt"]>;

/** A frame whose ids are strings: an app has its ids from anywhere, and the server is who checks them. */
export type Plain<T> = T extends Name
  ? string
  : T extends Time
    ? number
    : T extends ReadonlyArray<infer Item>
      ? ReadonlyArray<Plain<Item>>
      : T extends object
        ? { readonly [K in keyof T]: Plain<T[K]> }
        : T;

type Without<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

/** A request before it has its number. */
export type Order = Without<Plain<Request>, "id" | "seen">;
export type Frame = Plain<ServerFrame>;
export type Event = Plain<ServerEvent>;
export type Welcome = Plain<WireWelcome>;
export type RoomState = Plain<WireRoomState>;
export type RosterEntry = RoomState["participants"][number];
export type RosterChange = Plain<WireRosterChange>;
export type Result = Extract<Frame, { readonly type: "result" }>;
export type Signal = Extract<Event, { readonly type: "signal" }>;
/** The outgoing half of a signal that its connection decides. */
export type SignalOut = Pick<Signal, "kind" | "negotiation" | "data">;
