import type { RoomRole } from "../../core/dialect/v1/wire.js";
import type { RosterEntry } from "./frames.js";
import { type ConnectionState, type Data, mustBeData, type Peer } from "./peer.js";

/** Somebody in a room. The same object as long as they are there; its members change. */
export interface Participant {
  readonly user: string;
  readonly name: string;
  readonly role: RoomRole;
  readonly isMe: boolean;
  /** `away`: without a connection to the server, and expected back. */
  readonly state: "here" | "away" | "gone";
  /** When they are given up, ms since 1970. */
  readonly awayUntil: number | undefined;
  /** Of the connection between the two, which can live on while one is away. */
  readonly connection: ConnectionState;
  /** What they send, when they send anything. */
  readonly stream: MediaStream | undefined;
  readonly streams: ReadonlyArray<MediaStream>;
  /** Whether there is an open channel to send on. */
  readonly canSend: boolean;
  /** Goes from one to the other without the server. Answers whether there was an open channel to send it on. */
  readonly send: (data: Data) => boolean;
}

/** What a room keeps of a participant. */
export interface Member {
  readonly face: Participant;
  entry: RosterEntry;
  peer: Peer | undefined;
  isGone: boolean;
  streams: ReadonlyArray<MediaStream>;
}

export const member = (entry: RosterEntry, isMe: boolean): Member => {
  const face: Participant = {
    user: entry.user,
    isMe,
    get name() {
      return self.entry.name;
    },
    get role() {
      return self.entry.role;
    },
    get state() {
      return self.isGone ? "gone" : self.entry.awayUntil === undefined ? "here" : "away";
    },
    get awayUntil() {
      return self.entry.awayUntil;
    },
    get connection() {
      return self.peer?.state ?? (self.isGone ? "closed" : "new");
    },
    get stream() {
      return self.streams[0];
    },
    get streams() {
      return self.streams;
    },
    get canSend() {
      return self.peer?.canSend() ?? false;
    },
    send: (data) => {
      mustBeData(data);
      return self.peer?.send(data) ?? false;
    },
  };
  const self: Member = { face, entry, peer: undefined, isGone: false, streams: [] };
  return self;
};
