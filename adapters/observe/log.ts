import pino from "pino";
import pretty from "pino-pretty";
import {
  channelNameOf,
  type Effect,
  type Event,
  type Fact,
  type Refusal,
  refusedTypeOf,
  type State,
} from "../../core/index.js";
import { printable } from "./printable.js";

export interface Log {
  readonly write: (lines: ReadonlyArray<Line>) => void;
  /** Fulfilled when all has left, or cannot within `ms`: whoever reads the log may have stopped. */
  readonly end: (ms: number) => Promise<void>;
}

/** Bytes that may wait for whoever reads the log; more are lost, and counted. */
const waitingBytesMax = 1_048_576;
/** Lines a second: a client that is refused a thousand times a second must not fill the disk, nor keep the server from its work. */
const linesPerSecondMax = 200;

/** JSON lines in production, readable ones otherwise. Never waits for whoever reads them. */
export const logger = (options: { readonly level: string; readonly isProduction: boolean }): Log => {
  const out = pino.destination({ fd: 1, sync: false, maxLength: waitingBytesMax });
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
  let written = 0;
  let left = 0;
  out.on("drop", () => {
    left += 1;
  });

  const writeOne = ({ level, text, members }: Line): void => {
    if (!log.isLevelEnabled(level)) return;
    const now = Math.floor(performance.now() / 1_000);
    if (now !== second) {
      if (left > 0)
        log.warn(
          { left },
          `[Server] ⚠️ ${left} lines were left out: more than ${linesPerSecondMax} in a second, or nobody read them`,
        );
      second = now;
      written = 0;
      left = 0;
    }
    written += 1;
    // What goes wrong with the server itself is never left out, however many clients are refused meanwhile.
    if (written <= linesPerSecondMax || level === "error") log[level](members, text);
    else left += 1;
  };

  return {
    write: (lines) => {
      for (const line of lines) writeOne(line);
    },
    end: (ms) =>
      new Promise((resolve) => {
        setTimeout(resolve, ms);
        out.flush(() => resolve());
      }),
  };
};

/** One line: how loud, and its text with one of the seed's prefixes. Members beside the text are for machines. */
export interface Line {
  readonly level: "debug" | "info" | "warn" | "error";
  readonly text: string;
  readonly members: Readonly<Record<string, string | number>>;
}

/** What an event and what came of it have to say. Never a payload, and of what clients choose only what `printable` lets through. */
export const linesOf = (event: Event, effects: ReadonlyArray<Effect>, state: State): ReadonlyArray<Line> => [
  ...ofEvent(event),
  ...effects.flatMap((effect) => ofEffect(effect, event, state)),
];

/** About a client whose socket failed or was cut off. */
export const ofSocket = (client: number, sentence: string): Line =>
  warn(`[WebSocket] ⚠️ Client ${client}: ${printable(sentence)}`, { client });

/** About somebody who was not let in. What they chose themselves stands last, and in quotes. */
export const ofTurnedAway = (sentence: string, asked: Readonly<Record<string, string>>): Line => {
  const told = Object.entries(asked).map(([name, value]) => `${name} ${JSON.stringify(printable(value, 100))}`);
  return warn(`[WebSocket] ⚠️ Turned away: ${sentence} (${told.join(", ")})`, {});
};

/** About the process as a whole. */
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
    case "ServerStopping":
      return [info("[Server] 🛑 Stopping: every client is told to go", {})];
    case "ServerStarted":
    case "ClockTicked":
    case "SubscribeRequested":
    case "UnsubscribeRequested":
    case "PingReceived":
    case "TextReceived":
    case "CreateRequested":
    case "LeaveRequested":
    case "RoomListRequested":
    case "FrameRefused":
      return [];
  }
};

const ofEffect = (effect: Effect, cause: Event, state: State): ReadonlyArray<Line> => {
  if (effect.kind === "Report") return ofFact(effect.fact);
  if (effect.kind !== "Send" || effect.message.kind !== "RoomList" || effect.to.kind !== "Subscribers") return [];
  const line = cause.kind === "ClockTicked" ? debug : info;
  return [
    line(`[Server] 📡 Broadcasting room list: ${state.shared.rooms.size} rooms`, {
      rooms: state.shared.rooms.size,
    }),
  ];
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
      return [info(`[RoomRegistry] 🧹 Room closed: ${named(fact)}, ${fact.reason}`, { room: printable(fact.room) })];
    case "ParticipantJoined": {
      const { userName, roomName, total } = fact;
      const text = `[RoomRegistry] 👤 ${printable(userName)} in room ${printable(roomName)} (${total} total)`;
      return [info(text, who(fact))];
    }
    case "ParticipantLeft": {
      const { userName, roomName, reason, total } = fact;
      const text = `[RoomRegistry] 🚪 ${printable(userName)} out of room ${printable(roomName)}, ${reason} (${total} total)`;
      return [info(text, who(fact))];
    }
    case "RequestRefused":
      return [ofRefusal(fact.client, fact.refusal)];
    case "SessionOpened":
    case "SessionResumed":
    case "SessionEnded":
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
