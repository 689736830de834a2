import pino from "pino";
import pretty from "pino-pretty";
import {
  channelNameOf,
  type Effect,
  type Event,
  type Fact,
  type ParticipantLeftReason,
  type Refusal,
  type RoomClosedReason,
  refusedTypeOf,
  type State,
} from "../../core/index.js";
import { printable } from "./printable.js";

export interface Log {
  readonly write: (lines: ReadonlyArray<Line>) => void;
  /** Fulfilled once everything is written out, or after `timeoutMs`: the process reading the log may have stopped. */
  readonly end: (timeoutMs: number) => Promise<void>;
}

/** Bytes buffered for the process that reads the log. Lines beyond that are dropped, and counted. */
const bufferedBytesMax = 1_048_576;
/** A client that is refused a thousand times a second must not fill the disk or slow the server down. */
const linesPerSecondMax = 200;

/** Writes to standard output: JSON lines in production, readable text otherwise. Never blocks on a slow reader. */
export const logger = (options: { readonly level: string; readonly isProduction: boolean }): Log => {
  const out = pino.destination({ fd: 1, sync: false, maxLength: bufferedBytesMax });
  const readable = {
    destination: out,
    colorize: process.stdout.isTTY,
    translateTime: "SYS:HH:MM:ss.l",
    hideObject: true,
  };
  const log = pino(
    { level: options.level, base: null, timestamp: pino.stdTimeFunctions.isoTime },
    options.isProduction ? out : pretty(readable),
  );
  let second = 0;
  let linesThisSecond = 0;
  let dropped = 0;
  out.on("drop", () => {
    dropped += 1;
  });

  const writeOne = ({ level, text, members }: Line): void => {
    if (!log.isLevelEnabled(level)) return;
    const now = Math.floor(performance.now() / 1_000);
    if (now !== second) {
      if (dropped > 0)
        log.warn(
          { dropped },
          `[Server] ⚠️ ${dropped} log lines dropped: more than ${linesPerSecondMax} per second, or the log was not read`,
        );
      second = now;
      linesThisSecond = 0;
      dropped = 0;
    }
    linesThisSecond += 1;
    // Errors of the server itself are never dropped, however many clients are refused meanwhile.
    if (linesThisSecond <= linesPerSecondMax || level === "error") log[level](members, text);
    else dropped += 1;
  };

  return {
    write: (lines) => {
      for (const line of lines) writeOne(line);
    },
    end: (timeoutMs) =>
      new Promise((resolve) => {
        setTimeout(resolve, timeoutMs);
        out.flush(() => resolve());
      }),
  };
};

export interface Line {
  readonly level: "debug" | "info" | "warn" | "error";
  /** Starts with one of the seed's prefixes, such as `[RoomRegistry]`. */
  readonly text: string;
  /** Members of the JSON line beside its text, for log processors. */
  readonly members: Readonly<Record<string, string | number>>;
}

/**
 * The log lines of one event, its effects and the state after it. They contain no payloads, and text that clients chose
 * only as `printable` escapes it.
 */
export const linesOf = (event: Event, effects: ReadonlyArray<Effect>, state: State): ReadonlyArray<Line> => [
  ...ofEvent(event),
  ...effects.flatMap((effect) => ofEffect(effect, event, state)),
];

/** A client's socket failed or was closed by the server. */
export const ofSocket = (client: number, sentence: string): Line =>
  warn(`[WebSocket] ⚠️ Client ${client}: ${printable(sentence)}`, { client });

/** A connection was turned away. `request` is what the other side sent: it comes last, quoted. */
export const ofTurnedAway = (sentence: string, request: Readonly<Record<string, string>>): Line => {
  const details = Object.entries(request).map(([name, value]) => `${name} ${JSON.stringify(printable(value, 100))}`);
  return warn(`[WebSocket] ⚠️ Turned away: ${sentence} (${details.join(", ")})`, {});
};

/** The server accepts connections; `host` undefined means on all addresses. */
export const ofListening = (host: string | undefined, port: number): Line => {
  const origin = `${urlHost(host ?? "localhost")}:${port}`;
  return info(`[Server] 🚀 Signalbox is at http://${origin}/ (WebSockets at ws://${origin}/ws)`, {});
};

/** An IPv6 address is bracketed in a URL (RFC 3986, 3.2.2). */
const urlHost = (host: string): string => (host.includes(":") ? `[${host}]` : host);

/** Anything else about the server process. */
export const ofServer = (what: Error | string): Line =>
  typeof what === "string"
    ? info(`[Server] ${what}`, {})
    : { level: "error", text: `[Server] 💥 ${what.stack ?? what.message}`, members: {} };

const ofEvent = (event: Event): ReadonlyArray<Line> => {
  switch (event.kind) {
    case "ClientConnected":
      return [
        info(`[WebSocket] ✅ Client connected (${event.client}): ${printable(event.address)}`, {
          client: event.client,
        }),
      ];
    case "ClientDisconnected":
      return [
        info(`[WebSocket] 👋 Client disconnected (${event.client}): code ${event.code}`, { client: event.client }),
      ];
    case "JoinRequested": {
      const { client, roomId, userId, userName } = event;
      const request = `{${printable(roomId)}, ${printable(userId)}, ${printable(userName)}}`;
      return [
        info(`[RoomMessageHandler] 📨 User join request: ${request}`, {
          client,
          room: printable(roomId),
          user: printable(userId),
        }),
      ];
    }
    case "PublishRequested": {
      const { client, type, channel, text } = event;
      return [
        debug(
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
    case "AckReceived":
    case "TokenRenewed":
    case "ByeReceived":
    case "FrameRefused":
      return [];
    case "SignalRequested": {
      const { client, signal, to, negotiation } = event;
      return [debug(`[Server] 🔁 ${signal} ${negotiation} for ${printable(to)}, from client ${client}`, { client })];
    }
    case "MessageRequested": {
      const { client, to, text } = event;
      const whom = to === undefined ? "all" : printable(to);
      return [debug(`[Server] 🔁 message for ${whom}, ${text.length} characters, from client ${client}`, { client })];
    }
  }
};

const ofEffect = (effect: Effect, cause: Event, state: State): ReadonlyArray<Line> => {
  if (effect.kind === "Report") return ofFact(effect.fact);
  if (effect.kind !== "Send" || effect.message.kind !== "RoomList" || effect.to.kind !== "Subscribers") return [];
  // The list is repeated every few seconds as long as a room exists.
  const line = cause.kind === "ClockTicked" ? debug : info;
  const rooms = state.shared.rooms.size;
  return [line(`[Server] 📡 Broadcasting room list: ${rooms} rooms`, { rooms })];
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

const ofFact = (fact: Fact): ReadonlyArray<Line> => {
  switch (fact.kind) {
    case "RoomOpened": {
      const { id: room, name } = fact.room;
      return [info(`[RoomRegistry] 🏠 Room created: ${named({ name, room })}`, { room: printable(room) })];
    }
    case "RoomUpdated":
      return [info(`[RoomRegistry] 📝 Room updated: ${named(fact)}`, { room: printable(fact.room) })];
    case "RoomClosed":
      return [
        info(`[RoomRegistry] 🧹 Room closed: ${named(fact)}, ${closedBecause[fact.reason]}`, {
          room: printable(fact.room),
        }),
      ];
    case "ParticipantJoined": {
      const { userName, roomName, total } = fact;
      const text = `[RoomRegistry] 👤 ${printable(userName)} in room ${printable(roomName)} (${total} total)`;
      return [info(text, who(fact))];
    }
    case "ParticipantLeft": {
      const { userName, roomName, reason, total } = fact;
      const text = `[RoomRegistry] 🚪 ${printable(userName)} out of room ${printable(roomName)}, ${leftBecause[reason]} (${total} total)`;
      return [info(text, who(fact))];
    }
    case "RequestRefused":
      return [ofRefusal(fact.client, fact.refusal)];
    case "SessionAway": {
      const { session } = fact;
      return [info(`[Session] 💤 Session away: ${printable(session)}`, { session: printable(session) })];
    }
    case "SessionResumed": {
      const { session, generation } = fact;
      const text = `[Session] 🔄 Session resumed: ${printable(session)}, generation ${generation}`;
      return [info(text, { session: printable(session) })];
    }
    case "KnockMade":
      return [info(`[Door] ✊ ${printable(fact.userName)} waits at room ${printable(fact.room)}`, who(fact))];
    case "KnockAdmitted":
      return [info(`[Door] 👍 ${printable(fact.user)} may join room ${printable(fact.room)}`, who(fact))];
    case "KnockEnded": {
      const text = `[Door] ${printable(fact.user)} no longer waits at room ${printable(fact.room)}: ${fact.reason}`;
      return [info(text, who(fact))];
    }
    case "UserBarred":
      return [
        info(`[Door] ⛔ ${printable(fact.user)} is out of room ${printable(fact.room)}: ${fact.bar.reason}`, who(fact)),
      ];
    case "RoleChanged": {
      const text = `[RoomRegistry] 🎩 ${printable(fact.user)} is now ${fact.role} of room ${printable(fact.room)}`;
      return [info(text, who(fact))];
    }
    case "RoomLocked":
    case "RoomUnlocked": {
      const what = fact.kind === "RoomLocked" ? "🔒 Room locked" : "🔓 Room unlocked";
      return [info(`[Door] ${what}: ${printable(fact.room)}`, { room: printable(fact.room) })];
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
    case "HostNamed":
    case "CreatorLeft":
    case "ParticipantHeld":
    case "ParticipantReleased":
    case "NothingToDo":
      return [];
  }
};

const ofRefusal = (client: number, refusal: Refusal): Line => {
  const { code, message } = refusal;
  const prefix = code.startsWith("room-") ? "[RoomRegistry]" : "[RoomMessageHandler]";
  const what = printable(refusedTypeOf(refusal) ?? "a message");
  return warn(`${prefix} ❌ ${printable(message)} (${code}: ${what} of client ${client})`, { client, code });
};

const info = (text: string, members: Line["members"]): Line => ({ level: "info", text, members });
const debug = (text: string, members: Line["members"]): Line => ({ level: "debug", text, members });
const warn = (text: string, members: Line["members"]): Line => ({ level: "warn", text, members });

const named = ({ name, room }: { readonly name: string; readonly room: string }): string =>
  `${printable(name)} (${printable(room)})`;
const who = ({ room, user }: { readonly room: string; readonly user: string }): Line["members"] => ({
  room: printable(room),
  user: printable(user),
});
