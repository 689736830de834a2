/** What a kind of log line always has. */
interface LogEvent {
  readonly level: "debug" | "info" | "warn" | "error";
  /** Members of the JSON line beside `level`, `time`, `event` and `msg`: each line of the kind has all of them. */
  readonly members: ReadonlyArray<string>;
  /** When such a line is written. The table in docs/OPERATING.md says the same. */
  readonly meaning: string;
}

/** Every kind of line that the log can have, by its code. Codes and members are stable; texts are not. */
export const logEvents = {
  listening: { level: "info", members: ["port"], meaning: "the server accepts connections" },
  "listening-metrics": { level: "info", members: ["port"], meaning: "the port of the metrics is open" },
  stopping: { level: "info", members: ["signal", "drainSeconds"], meaning: "SIGTERM or SIGINT has come" },
  drained: { level: "info", members: ["clients"], meaning: "a drain is over; so many clients had not gone" },
  "setting-wrong": { level: "error", members: ["setting"], meaning: "the start ends: a setting is wrong" },
  "setting-unknown": { level: "warn", members: ["setting"], meaning: "a name that is no setting" },
  "setting-advice": { level: "warn", members: [], meaning: "the settings work, and leave something open" },
  "start-failed": { level: "error", members: [], meaning: "the start ends: a port, a file or a key cannot be had" },
  "server-error": { level: "error", members: [], meaning: "the listening socket has failed" },
  "uncaught-error": { level: "error", members: [], meaning: "the process ends: a fault of the server" },
  "recording-ended": { level: "error", members: [], meaning: "the recording has failed; the server goes on" },
  "data-restored": {
    level: "info",
    members: ["rooms", "sessions", "entries", "ms"],
    meaning: "rooms and sessions are there again, after so many ms",
  },
  "cluster-joined": {
    level: "info",
    members: ["node", "rooms", "sessions", "entries", "ms"],
    meaning: "this node takes part in the cluster, and has read the log, after so many ms",
  },
  "cluster-failed": {
    level: "error",
    members: ["why"],
    meaning: "the log of the cluster cannot be used: rooms cannot be changed until it can",
  },
  "cluster-recovered": { level: "info", members: [], meaning: "the log of the cluster can be used again" },
  outdated: {
    level: "error",
    members: [],
    meaning: "the process ends: the other nodes decide at a level that this version cannot",
  },
  "data-cut": {
    level: "warn",
    members: ["bytes"],
    meaning: "`DATA` ended with entries that the disk had not finished; they are dropped",
  },
  "data-failed": {
    level: "error",
    members: [],
    meaning: "`DATA` cannot be written: rooms cannot be changed, all else goes on",
  },
  "data-recovered": { level: "info", members: [], meaning: "`DATA` can be written again" },
  "history-failed": { level: "error", members: [], meaning: "the history cannot be written; the server goes on" },
  "history-changed": { level: "info", members: [], meaning: "the history is written again, or has lost facts" },
  "webhooks-failed": { level: "warn", members: [], meaning: "webhooks are not delivered, and tried again" },
  "webhooks-recovered": { level: "info", members: [], meaning: "webhooks are delivered again" },
  "key-server-failed": { level: "warn", members: [], meaning: "the key server gives no keys" },
  "key-server": { level: "info", members: [], meaning: "the key server gives keys again" },
  "log-lines-dropped": { level: "warn", members: ["dropped"], meaning: "so many lines were left out" },
  "client-connected": { level: "info", members: ["client", "address"], meaning: "a client was let in" },
  "client-disconnected": { level: "info", members: ["client", "code"], meaning: "its socket has closed" },
  "client-failed": { level: "warn", members: ["client"], meaning: "its socket has failed, or was cut off" },
  "api-refused": {
    level: "warn",
    members: ["address", "status"],
    meaning: "a request to `/api/` was refused for its token, or cannot be answered now",
  },
  "turned-away": { level: "warn", members: ["address"], meaning: "somebody was not let in" },
  "hello-refused": {
    level: "warn",
    members: ["client", "address", "code"],
    meaning: "a client that has connected was not let in",
  },
  "request-refused": {
    level: "warn",
    members: ["client", "user", "address", "code"],
    meaning: "a client was refused something",
  },
  "join-requested": { level: "info", members: ["client", "room", "user"], meaning: "a client asks to join" },
  relayed: { level: "debug", members: ["client"], meaning: "a message of the dashboards' protocol is passed on" },
  "signal-relayed": { level: "debug", members: ["client"], meaning: "a signal is passed on" },
  "message-relayed": { level: "debug", members: ["client"], meaning: "an application message is passed on" },
  "room-list-sent": { level: "info", members: ["rooms"], meaning: "the room list has changed, or was asked for" },
  "room-list-repeated": { level: "debug", members: ["rooms"], meaning: "the room list is repeated" },
  "room-opened": { level: "info", members: ["room"], meaning: "a room is there" },
  "room-updated": { level: "info", members: ["room"], meaning: "it has another name or description" },
  "room-closed": { level: "info", members: ["room", "reason"], meaning: "a room is gone" },
  "room-locked": { level: "info", members: ["room"], meaning: "the door was locked" },
  "room-unlocked": { level: "info", members: ["room"], meaning: "the door was unlocked" },
  "participant-joined": { level: "info", members: ["room", "user", "client"], meaning: "a user is in the room" },
  "participant-left": { level: "info", members: ["room", "user", "reason"], meaning: "a user is not in it any more" },
  "role-changed": { level: "info", members: ["room", "user", "role"], meaning: "a participant has another role" },
  "session-away": { level: "info", members: ["session", "user", "client"], meaning: "a session has lost its socket" },
  "session-resumed": {
    level: "info",
    members: ["session", "generation", "user", "client"],
    meaning: "and has another one",
  },
  "knock-made": { level: "info", members: ["room", "user"], meaning: "a user waits at a door" },
  "knock-admitted": { level: "info", members: ["room", "user"], meaning: "and may join" },
  "knock-ended": { level: "info", members: ["room", "user", "reason"], meaning: "and waits no longer" },
  "node-started": { level: "info", members: ["node"], meaning: "a node of the cluster takes part" },
  "node-gone": {
    level: "warn",
    members: ["node", "reason"],
    meaning: "a node of the cluster was stopped, or has not renewed its lease",
  },
  "node-refused": {
    level: "warn",
    members: ["node", "highest", "inForce"],
    meaning: "a node takes no part: the highest level at which it can decide is below the one in force",
  },
  "level-raised": { level: "info", members: ["inForce"], meaning: "every node can decide at this level, and does" },
  "node-disagreed": {
    level: "error",
    members: ["node", "seq"],
    meaning: "another node has made another state of the same log than this one",
  },
  "user-barred": { level: "info", members: ["room", "user", "reason"], meaning: "a user cannot come in for a time" },
} as const satisfies Readonly<Record<string, LogEvent>>;

export type LogEventCode = keyof typeof logEvents;

/** The members that lines of this code have. */
export type MembersOf<Code extends LogEventCode> = Readonly<
  Record<(typeof logEvents)[Code]["members"][number], string | number>
>;
