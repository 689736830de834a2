/** Every cap. All of them are settings; the names carry the unit, the comments the reason. */
export interface Limits {
  /** UTF-8 bytes of one incoming frame. An SDP with many codecs is below 20 KiB. Enforced by the socket, before decoding. */
  readonly frameBytesMax: number;
  /** Nesting of one JSON message: recursive walks of deeper ones overflow the stack. */
  readonly jsonDepthMax: number;
  /** Code points of a room id, user id or channel name. */
  readonly idCharsMax: number;
  /** Code points of a room's, host's or user's name. */
  readonly nameCharsMax: number;
  /** Code points of a room's description. */
  readonly descriptionCharsMax: number;
  /** Channels that one client is subscribed to. */
  readonly clientChannelsMax: number;
  /** Open rooms that one client created. */
  readonly clientRoomsMax: number;
  /** Participants that one client holds, over all rooms. */
  readonly clientSeatsMax: number;
  /** Users that one client is known to act for; beyond it the client counts as an observer and is sent everything. */
  readonly clientUsersMax: number;
  /** Participants of one room: a full mesh of more does not work anyway. */
  readonly roomParticipantsMax: number;
  /** Rooms on the server: every room is in every list. */
  readonly roomsMax: number;
  /** Characters of one room list of the seed's protocol. A longer one leaves out rooms. In UTF-16 code units. */
  readonly listCharsMax: number;
  /** Users that wait at the door of one room. */
  readonly roomWaitingMax: number;
  /** Users that one room remembers as denied or banned; beyond it the one whose time is up first is forgotten. */
  readonly roomBarredMax: number;
  /** Frames that are kept for one session until it has acknowledged them, or is back. */
  readonly keptMessagesMax: number;
  /** And the characters of what they carry. */
  readonly keptCharsMax: number;
  /** Characters of the data of one application message. */
  readonly messageCharsMax: number;
  /** Frames a second that one client may send in the long run; 0 is no limit. */
  readonly messagesPerSecond: number;
  /** Frames that one client may send at once after a silence: trickled ICE is bursty. Counts only beside `messagesPerSecond`. */
  readonly messageBurst: number;
  /** Frames beyond the rate that are refused before the client is closed; worked off at the rate. 0: it is never closed for them. */
  readonly refusedBurst: number;
  /** Application messages a second that one client may send in the long run; 0 is no limit. They count as frames, too. */
  readonly sayPerSecond: number;
  /** Application messages that one client may send at once after a silence. Counts only beside `sayPerSecond`. */
  readonly sayBurst: number;
}

/** What the operator decides and the core obeys; enters it with `ServerStarted`. */
export interface Settings {
  readonly limits: Limits;
  /** `targeted`: a message for one user is kept from clients known to act for others. `broadcast`: every subscriber gets it. */
  readonly delivery: "targeted" | "broadcast";
  /** `relay`: accepted joins and leaves are passed on to the rooms channel too. `consume`: they are not. */
  readonly roomEvents: "consume" | "relay";
  /** Between two repetitions of the room list while a room exists, in ms. */
  readonly roomListIntervalMs: number;
  /** Between two announcements of a count, or of the room list, while they change without pause, in ms. */
  readonly stateSpacingMs: number;
  /** How long a room that nobody has joined is kept, in ms. */
  readonly unjoinedRoomMs: number;
  /** How long a session without a socket is kept, in ms. */
  readonly sessionGraceMs: number;
  /** How long a host who was lost may come back as the host, in ms. */
  readonly hostReclaimMs: number;
  /** How long a client whose token has expired is kept, in ms. It can do nothing new, but bring another token. */
  readonly tokenGraceMs: number;
  /** How long somebody waits at a door, and how long an admission holds, in ms. */
  readonly knockMs: number;
}

/** Announcements that may be sent at once before `stateSpacingMs` holds them apart. */
export const announcementBurst = 8;

export const defaultLimits: Limits = {
  frameBytesMax: 65_536,
  jsonDepthMax: 32,
  idCharsMax: 128,
  nameCharsMax: 128,
  descriptionCharsMax: 1_024,
  clientChannelsMax: 64,
  clientRoomsMax: 8,
  clientSeatsMax: 1_024,
  clientUsersMax: 16,
  roomParticipantsMax: 100,
  roomsMax: 10_000,
  listCharsMax: 4_000_000,
  roomWaitingMax: 100,
  roomBarredMax: 1_000,
  keptMessagesMax: 256,
  keptCharsMax: 262_144,
  messageCharsMax: 16_384,
  messagesPerSecond: 200,
  messageBurst: 2_000,
  refusedBurst: 2_000,
  sayPerSecond: 60,
  sayBurst: 120,
};

export const defaultSettings: Settings = {
  limits: defaultLimits,
  delivery: "targeted",
  roomEvents: "consume",
  roomListIntervalMs: 5_000,
  stateSpacingMs: 200,
  unjoinedRoomMs: 60_000,
  sessionGraceMs: 30_000,
  hostReclaimMs: 120_000,
  tokenGraceMs: 25_000,
  knockMs: 600_000,
};
