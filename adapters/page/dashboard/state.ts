import { isolated } from "./isolate.js";
import type { Heard, Person, Room } from "./message.js";
import type { Progress } from "./progress.js";

/** The line to the server. Times are in ms. */
export type Line =
  | { readonly kind: "trying" }
  | { readonly kind: "open" }
  | { readonly kind: "down"; readonly retryAt: number; readonly why: string };

export type RoomCard = Omit<Room, "participants">;

/**
 * Where the user is. A seat is `none` until the room has been joined over the present line, `asked` until the server's list
 * shows it, then `taken`: only who had a seat can have lost it.
 */
export type Place =
  | { readonly kind: "lobby" }
  | {
      readonly kind: "asking";
      readonly room: RoomCard;
      /** Since when the room or its host has been missing from the list, in ms. */
      readonly missingSince: number | undefined;
    }
  | {
      readonly kind: "room";
      readonly room: RoomCard;
      readonly seat: "none" | "asked" | "taken";
      /** The server has shown us in this room before: if it is gone, we may open it again. */
      readonly wasSeated: boolean;
    };

export interface PeerState extends Person {
  readonly progress: Progress;
  /** Since when the peer has been missing from the room list, in ms. */
  readonly missingSince: number | undefined;
}

/** Somebody at the door of our room. */
export interface Request extends Person {
  /** They have been told that they may come in. Until they do, that may not have reached them. */
  readonly isApproved: boolean;
}

export type Utterance =
  | {
      readonly kind: "said";
      readonly key: number;
      readonly at: number;
      readonly from: Person;
      readonly text: string;
      /** Names of those whom it did not reach. */
      readonly missed: ReadonlyArray<string>;
    }
  | { readonly kind: "happened"; readonly key: number; readonly at: number; readonly text: string };

export interface State {
  /** The name is empty until the user has told it. */
  readonly me: Person;
  readonly hasStun: boolean;
  readonly line: Line;
  readonly clients: number | undefined;
  /** Undefined until the first list has come. */
  readonly rooms: ReadonlyArray<Room> | undefined;
  readonly place: Place;
  /** Those who ask to be let into our room, in the order they came. */
  readonly requests: ReadonlyArray<Request>;
  readonly peers: ReadonlyArray<PeerState>;
  /** Ids of those whom we removed and whom the list still shows. */
  readonly removed: ReadonlyArray<string>;
  readonly talk: ReadonlyArray<Utterance>;
  readonly nextKey: number;
  /** The last thing that the user should know, as a sentence. */
  readonly notice: string | undefined;
}

export const initial = (me: Person, place: Place): State => ({
  me,
  hasStun: false,
  line: { kind: "trying" },
  clients: undefined,
  rooms: undefined,
  place,
  requests: [],
  peers: [],
  removed: [],
  talk: [],
  nextKey: 1,
  notice: undefined,
});

export type Event =
  | { readonly kind: "Configured"; readonly hasStun: boolean }
  | { readonly kind: "LineTried" }
  | { readonly kind: "LineOpened" }
  | { readonly kind: "LineLost"; readonly retryAt: number; readonly why: string }
  | { readonly kind: "MessageHeard"; readonly at: number; readonly message: Heard }
  | { readonly kind: "PeerProgressed"; readonly at: number; readonly id: string; readonly progress: Progress }
  | { readonly kind: "TextHeard"; readonly at: number; readonly id: string; readonly text: string }
  | { readonly kind: "ClockTicked"; readonly at: number }
  | { readonly kind: "Named"; readonly name: string }
  | { readonly kind: "RoomOpened"; readonly id: string; readonly name: string; readonly description: string }
  | { readonly kind: "RoomEntered"; readonly id: string }
  | { readonly kind: "AskingWithdrawn" }
  | { readonly kind: "RequestAnswered"; readonly id: string; readonly isApproved: boolean }
  | { readonly kind: "ParticipantRemoved"; readonly id: string; readonly at: number }
  | { readonly kind: "PeerRetried"; readonly id: string }
  | { readonly kind: "TextSaid"; readonly at: number; readonly text: string }
  /** What was said has gone to the peers with these ids. */
  | { readonly kind: "TextSent"; readonly at: number; readonly text: string; readonly to: ReadonlyArray<string> }
  | { readonly kind: "RoomLeft" }
  /** The tab is being closed or loaded anew. */
  | { readonly kind: "PageLeft" }
  | { readonly kind: "NoticeDismissed" };

export const isHost = ({ me, place }: State): boolean => place.kind === "room" && place.room.hostId === me.id;

export const listedRoom = ({ rooms }: State, id: string): Room | undefined => rooms?.find((room) => room.id === id);

export const isThere = (people: ReadonlyArray<Person>, id: string): boolean => people.some((one) => one.id === id);

export const hostOf = ({ host }: RoomCard): string => (host === undefined ? "The host" : isolated(host));

/** Why nobody can be asked to be let in; undefined when somebody can. */
export const closedDoor = (room: Room): string | undefined => {
  if (room.hostId === undefined) return "This room has no host who could let you in.";
  return isHostAway(room) ? `${hostOf(room)} is away, so nobody can let you in.` : undefined;
};

export const isHostAway = ({ hostId, participants }: Room): boolean =>
  hostId !== undefined && !isThere(participants, hostId);
