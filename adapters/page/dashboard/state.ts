import type { Incoming, Person, Room } from "../wire/message.js";
import { isolateBidi } from "./bidi.js";
import type { Progress } from "./progress.js";

/** The connection to the server. Times are in ms. */
export type ServerStatus =
  | { readonly kind: "connecting" }
  | { readonly kind: "connected" }
  | { readonly kind: "disconnected"; readonly retryAt: number; readonly reason: string };

export type RoomInfo = Omit<Room, "participants">;

/** Where the user is: looking at the directory of rooms, waiting in a room's lobby, or in a room. */
export type Place =
  | { readonly kind: "directory" }
  | {
      readonly kind: "waiting";
      readonly room: RoomInfo;
      /** Since when the room or its host has been missing from the room list, in ms. */
      readonly missingSince: number | undefined;
    }
  | {
      readonly kind: "room";
      readonly room: RoomInfo;
      /** `none` until a join is sent over the current connection, `requested` until the room list shows it, then `confirmed`. */
      readonly membership: "none" | "requested" | "confirmed";
      /** The room list has shown us in this room before. If the room is gone, we may create it again. */
      readonly wasConfirmed: boolean;
    };

export interface PeerState extends Person {
  readonly progress: Progress;
  /** Since when the peer has been missing from the room list, in ms. */
  readonly missingSince: number | undefined;
}

/** Somebody in the lobby of our room. */
export interface WaitingUser extends Person {
  /** Admitted, but not in the room yet: the message may not have reached them. */
  readonly isAdmitted: boolean;
}

export type ChatEntry =
  | {
      readonly kind: "message";
      readonly key: number;
      readonly at: number;
      readonly from: Person;
      readonly text: string;
      /** Names of the peers it was not sent to. */
      readonly missed: ReadonlyArray<string>;
    }
  | { readonly kind: "event"; readonly key: number; readonly at: number; readonly text: string };

export interface State {
  /** The name is empty until the user has entered one. */
  readonly me: Person;
  readonly hasStun: boolean;
  readonly server: ServerStatus;
  /** How many clients the server has; undefined while that is not known. */
  readonly clientCount: number | undefined;
  /** Undefined until the first room list has come. */
  readonly rooms: ReadonlyArray<Room> | undefined;
  readonly place: Place;
  /** Those who wait to be admitted to our room, in the order they knocked. Empty for everybody but the host. */
  readonly lobby: ReadonlyArray<WaitingUser>;
  readonly peers: ReadonlyArray<PeerState>;
  /** Ids of participants we removed and the room list still shows. */
  readonly removedIds: ReadonlyArray<string>;
  readonly chat: ReadonlyArray<ChatEntry>;
  readonly nextKey: number;
  /** The last thing that the user should know, as a sentence. */
  readonly notice: string | undefined;
}

export const initialState = (me: Person, place: Place): State => ({
  me,
  hasStun: false,
  server: { kind: "connecting" },
  clientCount: undefined,
  rooms: undefined,
  place,
  lobby: [],
  peers: [],
  removedIds: [],
  chat: [],
  nextKey: 1,
  notice: undefined,
});

export type Event =
  | { readonly kind: "Configured"; readonly hasStun: boolean }
  | { readonly kind: "ServerConnecting" }
  | { readonly kind: "ServerConnected" }
  | { readonly kind: "ServerDisconnected"; readonly retryAt: number; readonly reason: string }
  | { readonly kind: "MessageReceived"; readonly at: number; readonly message: Incoming }
  | { readonly kind: "PeerProgressed"; readonly at: number; readonly id: string; readonly progress: Progress }
  | { readonly kind: "PeerRetried"; readonly id: string }
  | { readonly kind: "DeadlineReached"; readonly at: number }
  | { readonly kind: "NameChanged"; readonly name: string }
  | { readonly kind: "RoomCreated"; readonly id: string; readonly name: string; readonly description: string }
  /** The user has chosen a room in the directory. */
  | { readonly kind: "RoomChosen"; readonly id: string }
  | { readonly kind: "WaitCancelled" }
  | { readonly kind: "UserAdmitted"; readonly id: string }
  | { readonly kind: "UserDenied"; readonly id: string }
  | { readonly kind: "ParticipantRemoved"; readonly id: string; readonly at: number }
  | { readonly kind: "RoomLeft" }
  | { readonly kind: "TextEntered"; readonly at: number; readonly text: string }
  /** The text has gone to the peers with these ids. */
  | { readonly kind: "TextSent"; readonly at: number; readonly text: string; readonly to: ReadonlyArray<string> }
  | { readonly kind: "TextReceived"; readonly at: number; readonly id: string; readonly text: string }
  /** The window is being closed or reloaded. */
  | { readonly kind: "PageLeft" }
  | { readonly kind: "NoticeDismissed" };

export const isConnected = ({ server }: State): boolean => server.kind === "connected";

export const isHost = ({ me, place }: State): boolean => place.kind === "room" && place.room.hostId === me.id;

export const listedRoom = ({ rooms }: State, id: string): Room | undefined => rooms?.find((room) => room.id === id);

export const includes = (people: ReadonlyArray<Person>, id: string): boolean => people.some((one) => one.id === id);

export const hostName = ({ host }: RoomInfo): string => (host === undefined ? "The host" : isolateBidi(host));

/** Why nobody can admit us to a room, as a sentence; undefined when somebody can. */
export const whyNotAdmitting = (room: Room): string | undefined => {
  if (room.hostId === undefined) return "This room has no host, so nobody can admit you.";
  return isHostAway(room) ? `${hostName(room)} is away, so nobody can admit you.` : undefined;
};

export const isHostAway = ({ hostId, participants }: Room): boolean =>
  hostId !== undefined && !includes(participants, hostId);
