import * as O from "fp-ts/lib/Option.js";
import pino from "pino";
import pretty from "pino-pretty";
import {
  type ClientId,
  causeOf,
  channelNameOf,
  type Effect,
  type Event,
  type Fact,
  isLive,
  isOwn,
  type ParticipantLeftReason,
  type Refusal,
  type RoomClosedReason,
  refusedTypeOf,
  type SessionId,
  type State,
  userOf,
  userOfSession,
} from "../../core/index.js";
import { lineCap } from "./line-cap.js";
import { type LogEventCode, logEvents, type MembersOf } from "./log-events.js";
import { type Output, output, writeOnce } from "./output.js";
import { printable } from "./printable.js";

export interface Log {
  readonly write: (lines: ReadonlyArray<Line>) => void;
  /** Whether lines of the level `debug` are written. */
  readonly hasDebug: boolean;
  /** Fulfilled once everything is written out, or after `timeoutMs`: the process reading the log may have stopped. */
  readonly end: (timeoutMs: number) => Promise<void>;
}

/** A log that ends with its process. */
export type ProcessLog = Log & Pick<Output, "exit">;

/** Bytes buffered for the process that reads the log. Lines beyond that are dropped, and counted. */
const bufferedBytesMax = 1_048_576;

/** Writes to standard output: JSON lines in production, readable text otherwise. Never waits for a slow reader or a full disk. */
export const logger = (options: { readonly level: string; readonly isProduction: boolean }): ProcessLog => {
  // Whoever looks at process.stdout makes a pipe non-blocking: what its reader does not take keeps no thread, for which an exit
  // would wait.
  const colorize = process.stdout.isTTY;
  const isWritten = lineCap();
  let second = 0;
  let dropped = 0;
  const out = output({
    fd: 1,
    bytesMax: bufferedBytesMax,
    dropped: () => {
      dropped += 1;
    },
  });
  const readable = pretty.prettyFactory({
    colorize,
    translateTime: "SYS:HH:MM:ss.l",
    hideObject: true,
  });
  const lines = { write: (text: string) => out.write(readable(text)) };
  const log = pino(pinoOptions(options.level), options.isProduction ? out : lines);

  const writeOne = (line: Line): void => {
    const { level, event, text, members } = line;
    if (!log.isLevelEnabled(level)) return;
    const now = Math.floor(performance.now() / 1_000);
    if (now !== second) {
      if (dropped > 0)
        log.warn(
          { event: "log-lines-dropped" satisfies LogEventCode, dropped },
          `[Server] ⚠️ ${dropped} log lines dropped: too many within a second, or the log was not read`,
        );
      second = now;
      dropped = 0;
    }
    if (isWritten(line, now)) log[level]({ event, ...members }, text);
    else dropped += 1;
  };

  return {
    hasDebug: log.isLevelEnabled("debug"),
    write: (lines) => {
      for (const line of lines) writeOne(line);
    },
    end: out.end,
    exit: out.exit,
  };
};

/**
 * Writes to standard error before the process ends, whatever the level of the log: JSON lines in production, plain text
 * otherwise. Returns when all is written, or cannot be.
 */
export const writeLast = (lines: ReadonlyArray<Line>, isProduction: boolean): void => {
  const log = pino(pinoOptions("debug"), { write: (text) => writeOnce(2, text) });
  for (const { level, event, text, members } of lines) {
    if (isProduction) log[level]({ event, ...members }, text);
    else writeOnce(2, `${text}\n`);
  }
};

const pinoOptions = (level: string) => ({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime });

export interface Line {
  readonly level: (typeof logEvents)[LogEventCode]["level"];
  /** What kind of line it is. */
  readonly event: LogEventCode;
  /** Starts with one of the seed's prefixes, such as `[RoomRegistry]`. */
  readonly text: string;
  /** Members of the JSON line beside its text, for log processors. */
  readonly members: Readonly<Record<string, string | number>>;
}

/** What an event and its effects are seen in. */
export interface Around {
  /** After the event. */
  readonly state: State;
  /** Undefined for a client that is gone. */
  readonly addressOf: (client: ClientId) => string | undefined;
  /** Whether lines of the level `debug` are wanted: relays are what there is most of. */
  readonly hasDebug: boolean;
}

const relays: ReadonlySet<Event["kind"]> = new Set(["PublishRequested", "SignalRequested", "MessageRequested"]);

/**
 * The log lines of one event and its effects. They contain no payloads, and text that clients chose
 * only as `printable` escapes it.
 */
export const linesOf = (event: Event, effects: ReadonlyArray<Effect>, around: Around): ReadonlyArray<Line> => [
  ...(relays.has(event.kind) && !around.hasDebug ? [] : ofEvent(event)),
  ...effects
    .filter((effect) => isOfHere(event, effect, around.state))
    .flatMap((effect) => ofEffect(effect, causeOf(event), around)),
];

/**
 * A run that begins with what was kept has nobody to tell, and one line of its own. Of what other nodes do, only what concerns the nodes
 * themselves.
 */
const isOfHere = (event: Event, effect: Effect, state: State): boolean => {
  if (event.kind !== "Appended") return event.kind !== "ServerStarted";
  const { node, cluster } = state.local.ordering;
  const isOfNodes = effect.kind === "Report" && /^(?:Node|Level)/.test(effect.fact.kind);
  if (isOfNodes) return O.isSome(cluster) && O.isSome(node) && isLive(state.shared, node.value);
  return isOwn(state, event) && event.entry.kind !== "StartNode";
};

/** A line of the log. Its level is that of its event. */
export const line = <Code extends LogEventCode>(event: Code, text: string, members: MembersOf<Code>): Line => ({
  level: logEvents[event].level,
  event,
  text,
  members,
});

/** A client's socket failed or was closed by the server. */
export const ofSocket = (client: number, sentence: string): Line =>
  line("client-failed", `[WebSocket] ⚠️ Client ${client}: ${printable(sentence)}`, { client });

/** A connection was turned away. `request` is what the other side sent: it comes last, quoted. */
export const ofTurnedAway = (
  sentence: string,
  request: { readonly address: string; readonly path?: string; readonly origin?: string },
): Line => {
  const details = Object.entries(request).map(([name, value]) => `${name} ${JSON.stringify(printable(value, 100))}`);
  const text = `[WebSocket] ⚠️ Turned away: ${sentence} (${details.join(", ")})`;
  return line("turned-away", text, { address: printable(request.address, 100) });
};

/** A request to `/api/` was refused. */
export const ofApiRefused = (
  address: string,
  { path, status, why }: { readonly path: string; readonly status: number; readonly why: string },
): Line =>
  line("api-refused", `[HTTP] ⚠️ ${printable(path, 100)} was refused: ${status}, ${printable(why, 200)}`, {
    address: printable(address, 100),
    status,
  });

/** A client that has connected was not let in: what it said first, or its token, was refused. */
export const ofHelloRefused = (client: number, address: string, { code, message }: Refusal): Line =>
  line(
    "hello-refused",
    `[WebSocket] ❌ ${printable(message)} (${code}: hello of client ${client}, ${printable(address)})`,
    {
      client,
      address: printable(address),
      code,
    },
  );

/** The server accepts connections; `host` undefined means on all addresses. */
export const ofListening = (host: string | undefined, port: number): Line => {
  const origin = `${urlHost(host ?? "localhost")}:${port}`;
  return line("listening", `[Server] 🚀 Signalbox is at http://${origin}/ (WebSockets at ws://${origin}/ws)`, { port });
};

/** The port of the metrics is open. */
export const ofMetricsAt = (host: string | undefined, port: number): Line => {
  const where = isEverywhere(host) ? ", on all addresses of this machine" : "";
  const text = `[Server] 📈 Metrics are at http://${urlHost(host ?? "localhost")}:${port}/metrics${where}`;
  return line("listening-metrics", text, { port });
};

/** Whether a server that listens there does so on all addresses of this machine. */
export const isEverywhere = (host: string | undefined): boolean =>
  host === undefined || host === "::" || host === "0.0.0.0";

/** An IPv6 address is bracketed in a URL (RFC 3986, 3.2.2). Those that stand for all of a machine are none that a browser opens. */
export const urlHost = (host: string): string => {
  if (isEverywhere(host)) return "localhost";
  return host.includes(":") ? `[${host}]` : host;
};

/** A name that is no setting. */
export const ofUnknownSetting = (sentence: string, setting: string): Line =>
  line("setting-unknown", `[Server] ⚠️ ${sentence}`, { setting });

/** Something that the operator should change. */
export const ofAdvice = (sentence: string): Line => line("setting-advice", `[Server] ⚠️ ${sentence}`, {});

/** A request comes from a proxy, or from a client that says so. */
export const ofUnnamedProxy = (address: string): Line =>
  ofAdvice(
    `${address} sends X-Forwarded-For or X-Forwarded-Proto, and is not believed: if it is your proxy, name it in TRUST_PROXY. Until then all its clients have this address.`,
  );

export const ofKeyServerFailure = (sentence: string): Line => line("key-server-failed", `[Server] ⚠️ ${sentence}`, {});

export const ofKeyServer = (sentence: string): Line => line("key-server", `[Server] 🔑 ${sentence}`, {});

export const ofHistory = (sentence: string): Line => line("history-changed", `[Server] ${sentence}`, {});

/** Webhooks begin to fail, or arrive again. */
export const ofWebhooks = (error: string | undefined): Line =>
  error === undefined
    ? line("webhooks-recovered", "[Server] 📮 Webhooks are delivered again", {})
    : line("webhooks-failed", `[Server] ⚠️ Webhooks are not delivered, and tried again: ${error}`, {});

/** What was kept on disk is there again. `isNew`: the folder had nothing yet. */
export const ofRestored = (
  folder: string,
  isNew: boolean,
  members: {
    readonly rooms: number;
    readonly sessions: number;
    /** After the last snapshot. */
    readonly entries: number;
    readonly ms: number;
  },
): Line => {
  const { rooms, sessions, entries, ms } = members;
  const there = isNew
    ? "rooms are kept from now on: the folder is new"
    : `there again after ${ms} ms: rooms ${rooms}, sessions ${sessions}, entries since the snapshot ${entries}`;
  return line("data-restored", `[Server] 💾 DATA ${printable(folder)}: ${there}`, members);
};

/** This node takes part, and knows all that the others know. */
export const ofJoined = (members: {
  readonly node: string;
  readonly rooms: number;
  readonly sessions: number;
  /** All that the log has. */
  readonly entries: number;
  readonly ms: number;
}): Line => {
  const { node, rooms, sessions, entries, ms } = members;
  const text = `[Cluster] 🟢 This is node ${node}, after ${ms} ms: rooms ${rooms}, sessions ${sessions}, entries ${entries}`;
  return line("cluster-joined", text, members);
};

export const ofClusterFailure = (why: string): Line =>
  line(
    "cluster-failed",
    `[Cluster] 💥 The log of the cluster cannot be used, rooms cannot be changed until it can: ${printable(why)}`,
    { why: printable(why) },
  );

export const ofClusterRecovery = (): Line =>
  line("cluster-recovered", "[Cluster] 🔄 The log of the cluster can be used again", {});

/** The level in force is above what this version can decide. Also the error of a start that ends with it. */
export const outdated = (
  setting: string,
  { inForce, own }: { readonly inForce: number; readonly own: number },
): string =>
  `${setting}: level ${inForce} is in force, and this version can decide up to level ${own} only. Upgrade it: docs/CLUSTER.md, "A rolling deploy".`;

export const ofOutdated = (sentence: string): Line => line("outdated", `[Server] 💥 ${sentence}`, {});

/** What the disk had only begun to write. */
export const ofDataCut = (bytes: number): Line =>
  line(
    "data-cut",
    `[Server] ⚠️ DATA ended with entries that the disk had not finished (${bytes} bytes): nobody was told that they were carried out`,
    { bytes },
  );

export const ofDataFailure = (why: string): Line =>
  line(
    "data-failed",
    `[Server] 💥 DATA cannot be written, rooms cannot be changed until it can: ${printable(why)}`,
    {},
  );

export const ofDataRecovery = (): Line => line("data-recovered", "[Server] 💾 DATA can be written again", {});

/** Something has failed in the server. */
export const ofFailure = (
  event: "server-error" | "uncaught-error" | "recording-ended" | "history-failed",
  { stack, message }: Error,
): Line => line(event, `[Server] 💥 ${event === "uncaught-error" ? "Uncaught error: " : ""}${stack ?? message}`, {});

/** The server has been told to stop. */
export const ofStopping = (signal: string, drainSeconds: number): Line => {
  const how =
    drainSeconds === 0
      ? "stopping, all connections are closed"
      : `stopping, clients are sent elsewhere over ${drainSeconds} s`;
  return line("stopping", `[Server] 🛑 ${signal}: ${how} (send it again to exit at once)`, { signal, drainSeconds });
};

/** A drain is over. */
export const ofDrained = (clients: number): Line => {
  const rest = clients === 0 ? "all clients have gone" : `${clients} clients have not gone and are closed`;
  return line("drained", `[Server] 🛑 ${rest}`, { clients });
};

const ofEvent = (event: Event): ReadonlyArray<Line> => {
  switch (event.kind) {
    case "ClientConnected":
      return [
        line("client-connected", `[WebSocket] ✅ Client connected (${event.client}): ${printable(event.address)}`, {
          client: event.client,
          address: printable(event.address),
        }),
      ];
    case "ClientDisconnected":
      return [
        line("client-disconnected", `[WebSocket] 👋 Client disconnected (${event.client}): code ${event.code}`, {
          client: event.client,
          code: event.code,
        }),
      ];
    case "JoinRequested": {
      const { client, roomId, userId, userName } = event;
      const request = `{${printable(roomId)}, ${printable(userId)}, ${printable(userName)}}`;
      return [
        line("join-requested", `[RoomMessageHandler] 📨 User join request: ${request}`, {
          client,
          room: printable(roomId),
          user: printable(userId),
        }),
      ];
    }
    case "PublishRequested": {
      const { client, type, channel, text } = event;
      return [
        line(
          "relayed",
          `[Server] 🔁 ${printable(type)} on ${printable(channelNameOf(channel))}, ${text.length} characters, from client ${client}`,
          {
            client,
          },
        ),
      ];
    }
    // The lines about start and stop are written by the process, which knows the address and the signal.
    case "ServerStarted":
    case "ServerStopping":
    case "Appended":
    case "LogFailed":
    case "LogLost":
    case "LogRecovered":
    case "Forwarded":
    case "Replied":
    case "ClockTicked":
    case "SubscribeRequested":
    case "UnsubscribeRequested":
    case "PingReceived":
    case "TextReceived":
    case "CreateRequested":
    case "LeaveRequested":
    case "RoomListRequested":
    case "CloseRequested":
    case "WithdrawRequested":
    case "AdmitRequested":
    case "DenyRequested":
    case "LockRequested":
    case "RemoveRequested":
    case "UnbanRequested":
    case "RoleRequested":
    case "RosterRequested":
    case "DirectoryRequested":
    case "IceServersRequested":
    case "AckReceived":
    case "TokenRenewed":
    case "ByeReceived":
    case "FrameRefused":
      return [];
    case "SignalRequested": {
      const { client, signal, to, negotiation } = event;
      const text = `[Server] 🔁 ${signal} ${negotiation} for ${printable(to)}, from client ${client}`;
      return [line("signal-relayed", text, { client })];
    }
    case "MessageRequested": {
      const { client, to, text } = event;
      const whom = to === undefined ? "all" : printable(to);
      const sentence = `[Server] 🔁 message for ${whom}, ${text.length} characters, from client ${client}`;
      return [line("message-relayed", sentence, { client })];
    }
  }
};

const ofEffect = (effect: Effect, cause: Event, around: Around): ReadonlyArray<Line> => {
  if (effect.kind === "Report") return ofFact(effect.fact, cause, around);
  if (effect.kind !== "Send" || effect.message.kind !== "RoomList" || effect.to.kind !== "Subscribers") return [];
  // The list is repeated every few seconds as long as a room exists.
  const code = cause.kind === "ClockTicked" ? "room-list-repeated" : "room-list-sent";
  const rooms = around.state.shared.rooms.size;
  return [line(code, `[Server] 📡 Broadcasting room list: ${rooms} rooms`, { rooms })];
};

const closedBecause: Readonly<Record<RoomClosedReason, string>> = {
  empty: "last participant left",
  abandoned: "creator disconnected before anybody joined",
  unjoined: "nobody joined in time",
  closed: "closed by its host",
  "no-host": "its host did not come back",
};
const leftBecause: Readonly<Record<ParticipantLeftReason, string>> = {
  left: "left",
  removed: "removed by the host",
  banned: "banned",
  disconnected: "disconnected",
  lost: "away for too long",
  closed: "the room was closed",
};

const goneBecause = { stopped: "it was stopped", lost: "it has not renewed its lease" } as const;

const ofFact = (fact: Fact, cause: Event, around: Around): ReadonlyArray<Line> => {
  switch (fact.kind) {
    case "RoomOpened": {
      const { id: room, name } = fact.room;
      return [
        line("room-opened", `[RoomRegistry] 🏠 Room created: ${named({ name, room })}`, { room: printable(room) }),
      ];
    }
    case "RoomUpdated":
      return [line("room-updated", `[RoomRegistry] 📝 Room updated: ${named(fact)}`, { room: printable(fact.room) })];
    case "RoomClosed":
      return [
        line("room-closed", `[RoomRegistry] 🧹 Room closed: ${named(fact)}, ${closedBecause[fact.reason]}`, {
          room: printable(fact.room),
          reason: fact.reason,
        }),
      ];
    case "ParticipantJoined": {
      const { userName, roomName, total } = fact;
      const text = `[RoomRegistry] 👤 ${printable(userName)} in room ${printable(roomName)} (${total} total)`;
      return [line("participant-joined", text, { ...who(fact), client: clientOf(cause) })];
    }
    case "ParticipantLeft": {
      const { userName, roomName, reason, total } = fact;
      const text = `[RoomRegistry] 🚪 ${printable(userName)} out of room ${printable(roomName)}, ${leftBecause[reason]} (${total} total)`;
      return [line("participant-left", text, { ...who(fact), reason })];
    }
    case "RequestRefused":
      return [ofRefusal(fact.client, fact.refusal, around)];
    case "SessionAway": {
      const { session } = fact;
      const text = `[Session] 💤 Session away: ${printable(session)}`;
      return [line("session-away", text, { ...whose(session, around), client: clientOf(cause) })];
    }
    case "SessionResumed": {
      const { session, generation } = fact;
      const text = `[Session] 🔄 Session resumed: ${printable(session)}, generation ${generation}`;
      return [line("session-resumed", text, { ...whose(session, around), generation, client: clientOf(cause) })];
    }
    case "KnockMade":
      return [
        line("knock-made", `[Door] ✊ ${printable(fact.userName)} waits at room ${printable(fact.room)}`, who(fact)),
      ];
    case "KnockAdmitted":
      return [
        line("knock-admitted", `[Door] 👍 ${printable(fact.user)} may join room ${printable(fact.room)}`, who(fact)),
      ];
    case "KnockEnded": {
      const text = `[Door] ${printable(fact.user)} no longer waits at room ${printable(fact.room)}: ${fact.reason}`;
      return [line("knock-ended", text, { ...who(fact), reason: fact.reason })];
    }
    case "UserBarred": {
      const { reason } = fact.bar;
      const text = `[Door] ⛔ ${printable(fact.user)} is out of room ${printable(fact.room)}: ${reason}`;
      return [line("user-barred", text, { ...who(fact), reason })];
    }
    case "RoleChanged": {
      const text = `[RoomRegistry] 🎩 ${printable(fact.user)} is now ${fact.role} of room ${printable(fact.room)}`;
      return [line("role-changed", text, { ...who(fact), role: fact.role })];
    }
    case "RoomLocked":
    case "RoomUnlocked": {
      const [code, what] =
        fact.kind === "RoomLocked"
          ? (["room-locked", "🔒 Room locked"] as const)
          : (["room-unlocked", "🔓 Room unlocked"] as const);
      return [line(code, `[Door] ${what}: ${printable(fact.room)}`, { room: printable(fact.room) })];
    }
    case "NodeStarted":
      return fact.joins
        ? [
            line("node-started", `[Cluster] 🟢 Node has joined: ${printable(fact.node)}`, {
              node: printable(fact.node),
            }),
          ]
        : [];
    case "NodeGone": {
      const { node, reason } = fact;
      const text = `[Cluster] 🔴 Node is gone: ${printable(node)}, ${goneBecause[reason]}`;
      return [line("node-gone", text, { node: printable(node), reason })];
    }
    case "NodeRefused": {
      const { level: highest } = fact;
      const node = printable(fact.node);
      const { level: inForce } = around.state.shared;
      const text = `[Cluster] ❌ Node ${node} takes no part: level ${inForce} is in force, and its version can decide up to ${highest}. Upgrade it`;
      return [line("node-refused", text, { node, highest, inForce })];
    }
    case "LevelRaised": {
      const { level: inForce } = fact;
      return [
        line("level-raised", `[Cluster] ⏫ Level ${inForce} is in force: every node can decide at it`, { inForce }),
      ];
    }
    case "NodeDisagreed": {
      const { seq, isOdd } = fact;
      const node = printable(fact.node);
      const text = `[Cluster] ❌ Node ${node} has made another state of the same log than this one${isOdd ? ", which begins anew" : ""}`;
      return [line("node-disagreed", text, { node, seq })];
    }
    case "SessionOpened":
    case "SessionAcknowledged":
    case "SessionEnded":
    case "ParticipantAway":
    case "ParticipantBack":
    case "DoorOpened":
    case "HostAwaited":
    case "HostReturned":
    case "HostGivenUp":
    case "UserUnbarred":
    case "NodeRenewed":
    case "HostNamed":
    case "CreatorLeft":
    case "ParticipantHeld":
    case "ParticipantReleased":
    case "NothingToDo":
      return [];
  }
};

const ofRefusal = (client: ClientId, refusal: Refusal, { state, addressOf }: Around): Line => {
  const { code, message } = refusal;
  const prefix = code.startsWith("room-") ? "[RoomRegistry]" : "[RoomMessageHandler]";
  const what = printable(refusedTypeOf(refusal) ?? "a message");
  const text = `${prefix} ❌ ${printable(message)} (${code}: ${what} of client ${client})`;
  const user = printable(userOf(state, client) ?? "");
  return line("request-refused", text, { client, user, address: printable(addressOf(client) ?? ""), code });
};

const named = ({ name, room }: { readonly name: string; readonly room: string }): string =>
  `${printable(name)} (${printable(room)})`;
const who = ({ room, user }: { readonly room: string; readonly user: string }) => ({
  room: printable(room),
  user: printable(user),
});

/** 0 where it is no client's event: the first client is 1. */
const clientOf = (event: Event): number => ("client" in event ? event.client : 0);
const whose = (session: SessionId, { state }: Around) => ({
  session: printable(session),
  user: printable(userOfSession(state, session) ?? ""),
});
