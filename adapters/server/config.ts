import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as t from "io-ts";
import { defaultLimits, defaultSettings, type Limits, type Payloads, type Settings } from "../../core/index.js";
import { type AuthKey, isSecret, secretRule } from "../auth/keys.js";
import type { AuthConfig } from "../auth/verifier.js";

/** The server's configuration, read once at startup from environment variables. */
export interface Config {
  /** 0: the operating system picks a free port. */
  readonly port: number;
  /** The local address or host name to listen on. Undefined: all local addresses. */
  readonly host: string | undefined;
  readonly isProduction: boolean;
  readonly logLevel: string;
  readonly stunServers: ReadonlyArray<string>;
  /** The WebSocket URL that pages are told to use. Undefined: the host that the page was loaded from. */
  readonly websocketUrl: string | undefined;
  /** Web origins that may connect and read the API. Undefined: any. */
  readonly allowedOrigins: ReadonlyArray<string> | undefined;
  /** What tickets are signed with, to be good after a restart and on other nodes. Undefined: made at the start. */
  readonly sessionSecret: string | undefined;
  readonly clientsMax: number;
  readonly outboxBytesMax: number;
  readonly pingAfterMs: number;
  readonly cutAfterMs: number;
  /** File or folder to record to. Undefined: no recording. */
  readonly record: string | undefined;
  readonly recordPayloads: Payloads;
  readonly recordFileBytesMax: number;
  /** Whose tokens are accepted. Undefined: there is no authentication. */
  readonly auth: AuthConfig | undefined;
  /** What the core is given. */
  readonly settings: Settings;
}

/**
 * The configuration, or a one-line error that names the first invalid variable, its value and what is allowed.
 * An empty variable counts as unset. The value of a variable that may hold a secret is not shown.
 */
export const configOf = (env: Readonly<Record<string, string | undefined>>): E.Either<string, Config> =>
  pipe(
    env,
    E.fromPredicate(
      ({ RELAY = "" }) => RELAY === "",
      () => relayRenamed,
    ),
    E.chain((current) => pipe(variables.decode(current), E.mapLeft(errorOf))),
    E.chain((v) =>
      pipe(
        authFrom(v),
        E.map((auth) => configFrom(v, auth)),
      ),
    ),
    E.filterOrElse(
      ({ pingAfterMs, cutAfterMs }) => cutAfterMs > pingAfterMs,
      ({ pingAfterMs, cutAfterMs }) =>
        `CUT_AFTER_MS is "${cutAfterMs}": it must be greater than PING_AFTER_MS, which is ${pingAfterMs}.`,
    ),
  );

/** Ignoring the old name would silently change who receives what. */
const relayRenamed = "RELAY has been renamed: set DELIVERY=targeted, or DELIVERY=broadcast instead of RELAY=flood.";

const errorOf = (errors: t.Errors): string => {
  const invalid = errors[0]?.context.at(-1);
  const isHidden = invalid?.key === "SESSION_SECRET" || keyVariables.some((name) => name === invalid?.key);
  return `${invalid?.key} is ${isHidden ? "wrong" : JSON.stringify(invalid?.actual)}: it must be ${invalid?.type.name}.`;
};

/** The variables that say what tokens are verified with. What they hold, or hold by mistake, may be secret. */
const keyVariables = ["AUTH_JWT_SECRET", "AUTH_JWT_PUBLIC_KEY", "AUTH_JWKS_URL"] as const;

/** A server that took the first of two keys would refuse, or accept, whom it should not. */
const authFrom = (v: Variables): E.Either<string, AuthConfig | undefined> => {
  const [first, second] = keyVariables.filter((name) => v[name] !== undefined);
  if (second !== undefined)
    return E.left(`${second} is set, and so is ${first}: only one of ${keyVariables.join(", ")} can be.`);
  const key = keyFrom(v);
  if (key !== undefined) return E.right({ key, issuer: v.AUTH_ISSUER, audience: v.AUTH_AUDIENCE });
  const idle = (["AUTH_ISSUER", "AUTH_AUDIENCE"] as const).find((name) => v[name] !== undefined);
  return idle === undefined
    ? E.right(undefined)
    : E.left(`${idle} is set, but no key to verify tokens with: one of ${keyVariables.join(", ")} must be, too.`);
};

const keyFrom = (v: Variables): AuthKey | undefined => {
  if (v.AUTH_JWT_SECRET !== undefined) return { kind: "secret", secret: v.AUTH_JWT_SECRET };
  if (v.AUTH_JWT_PUBLIC_KEY !== undefined) return { kind: "public-key", pem: v.AUTH_JWT_PUBLIC_KEY };
  if (v.AUTH_JWKS_URL !== undefined) return { kind: "key-server", url: v.AUTH_JWKS_URL };
  return undefined;
};

const configFrom = (v: Variables, auth: AuthConfig | undefined): Config => ({
  port: v.PORT,
  host: v.HOST,
  isProduction: v.NODE_ENV === "production",
  logLevel: v.LOG_LEVEL,
  stunServers: v.STUN_SERVERS,
  websocketUrl: v.WEBSOCKET_URL,
  allowedOrigins: v.ALLOWED_ORIGINS,
  sessionSecret: v.SESSION_SECRET,
  clientsMax: v.CLIENTS_MAX,
  outboxBytesMax: v.OUTBOX_BYTES_MAX,
  pingAfterMs: v.PING_AFTER_MS,
  cutAfterMs: v.CUT_AFTER_MS,
  record: v.RECORD,
  recordPayloads: v.RECORD_PAYLOADS,
  recordFileBytesMax: v.RECORD_FILE_BYTES_MAX,
  auth,
  settings: {
    delivery: v.DELIVERY,
    roomEvents: v.ROOM_EVENTS,
    roomListIntervalMs: v.ROOM_LIST_INTERVAL_MS,
    stateSpacingMs: v.STATE_SPACING_MS,
    unjoinedRoomMs: v.UNJOINED_ROOM_MS,
    sessionGraceMs: v.SESSION_GRACE_MS,
    hostReclaimMs: v.HOST_RECLAIM_MS,
    knockMs: v.KNOCK_MS,
    tokenGraceMs: v.TOKEN_GRACE_MS,
    limits: limitsFrom(v),
  },
});

const limitsFrom = (v: Variables): Limits => ({
  frameBytesMax: v.FRAME_BYTES_MAX,
  jsonDepthMax: v.JSON_DEPTH_MAX,
  idCharsMax: v.ID_CHARS_MAX,
  nameCharsMax: v.NAME_CHARS_MAX,
  descriptionCharsMax: v.DESCRIPTION_CHARS_MAX,
  clientChannelsMax: v.CLIENT_CHANNELS_MAX,
  clientRoomsMax: v.CLIENT_ROOMS_MAX,
  clientSeatsMax: v.CLIENT_SEATS_MAX,
  clientUsersMax: v.CLIENT_USERS_MAX,
  roomParticipantsMax: v.ROOM_PARTICIPANTS_MAX,
  roomsMax: v.ROOMS_MAX,
  roomWaitingMax: v.ROOM_WAITING_MAX,
  roomBarredMax: v.ROOM_BARRED_MAX,
  keptMessagesMax: v.KEPT_MESSAGES_MAX,
  keptCharsMax: v.KEPT_CHARS_MAX,
  messageCharsMax: v.MESSAGE_CHARS_MAX,
  messagesPerSecond: v.MESSAGES_PER_SECOND,
  messageBurst: v.MESSAGE_BURST,
});

/** Parses one variable; `name` completes the error "it must be …". An unset variable has the value `fallback`. */
const variable = <A>(name: string, fallback: A, parse: (text: string) => A | undefined): t.Type<A, unknown, unknown> =>
  new t.Type<A, unknown, unknown>(
    name,
    (_): _ is A => true,
    (u, context) => {
      if (u === undefined || u === "") return t.success(fallback);
      const value = parse(String(u));
      return value === undefined ? t.failure(u, context) : t.success(value);
    },
    t.identity,
  );

/** A variable that has no value by default. */
const optional = (name: string, isValid: (text: string) => boolean) =>
  variable<string | undefined>(name, undefined, (text) => (isValid(text) ? text : undefined));

const wholeNumber = (min: number, max: number, fallback: number) =>
  variable(`a whole number from ${min} to ${max}`, fallback, (text) => {
    const n = Number(text);
    return /^\d{1,12}$/.test(text) && n >= min && n <= max ? n : undefined;
  });

const oneOf = <A extends string>(values: readonly [A, ...A[]], fallback: A) =>
  variable<A>(`one of ${values.join(", ")}`, fallback, (text) => values.find((value) => value === text));

/** `stun:` or `stuns:`, a host and an optional port (RFC 7064). */
const isStun = (url: string): boolean => {
  const [, port = "3478"] = /^stuns?:(?:\[[\da-f:.]+\]|[\w.-]+)(?::(\d{1,5}))?$/i.exec(url) ?? [undefined, "none"];
  return Number(port) >= 1 && Number(port) <= 65_535;
};

/** An origin as browsers and web views send it: scheme, host, and the port unless it is the scheme's default (RFC 6454, 6.2). */
const isOrigin = (text: string): boolean => {
  if (!/^[a-z][a-z\d+.-]*:\/\/[\w.:[\]-]+$/.test(text)) return false;
  return !/^https?:/.test(text) || (URL.canParse(text) && new URL(text).origin === text);
};

const isKeyServer = (text: string): boolean => {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password } = new URL(text);
  return /^https?:$/.test(protocol) && username === "" && password === "";
};

const listOf =
  (isOne: (text: string) => boolean) =>
  (text: string): ReadonlyArray<string> | undefined => {
    const items = text.split(",").map((item) => item.trim());
    return items.every(isOne) ? items : undefined;
  };

const dayMs = 86_400_000;
const limits = defaultLimits;

const variables = t.type({
  PORT: wholeNumber(0, 65_535, 3_000),
  HOST: optional("a local IP address or host name", (text) => /^[\w.:%-]+$/.test(text)),
  NODE_ENV: oneOf(["development", "test", "production"], "development"),
  LOG_LEVEL: oneOf(["silent", "fatal", "error", "warn", "info", "debug", "trace"], "info"),
  STUN_SERVERS: variable<ReadonlyArray<string>>(
    "a comma-separated list of STUN URLs, such as stun:stun.example.org:3478",
    [],
    listOf(isStun),
  ),
  WEBSOCKET_URL: optional(
    "a URL that starts with ws:// or wss://, such as wss://signal.example.org/ws",
    (text) => /^wss?:\/\//.test(text) && !text.includes("#") && URL.canParse(text),
  ),
  ALLOWED_ORIGINS: variable<ReadonlyArray<string> | undefined>(
    "a comma-separated list of origins, such as https://meet.example.org,http://localhost:5173",
    undefined,
    listOf(isOrigin),
  ),
  DELIVERY: oneOf(["targeted", "broadcast"], defaultSettings.delivery),
  ROOM_EVENTS: oneOf(["consume", "relay"], defaultSettings.roomEvents),
  ROOM_LIST_INTERVAL_MS: wholeNumber(10, dayMs, defaultSettings.roomListIntervalMs),
  STATE_SPACING_MS: wholeNumber(0, dayMs, defaultSettings.stateSpacingMs),
  UNJOINED_ROOM_MS: wholeNumber(10, dayMs, defaultSettings.unjoinedRoomMs),
  SESSION_SECRET: variable<string | undefined>("a secret of 32 characters or more", undefined, (text) =>
    text.length >= 32 ? text : undefined,
  ),
  SESSION_GRACE_MS: wholeNumber(10, dayMs, defaultSettings.sessionGraceMs),
  HOST_RECLAIM_MS: wholeNumber(10, dayMs, defaultSettings.hostReclaimMs),
  TOKEN_GRACE_MS: wholeNumber(0, dayMs, defaultSettings.tokenGraceMs),
  KNOCK_MS: wholeNumber(1_000, dayMs, defaultSettings.knockMs),
  CLIENTS_MAX: wholeNumber(1, 1_000_000, 100_000),
  OUTBOX_BYTES_MAX: wholeNumber(1_024, 1_073_741_824, 262_144),
  PING_AFTER_MS: wholeNumber(100, dayMs, 5_000),
  CUT_AFTER_MS: wholeNumber(100, dayMs, 8_000),
  RECORD: optional("the path of a file or folder", () => true),
  RECORD_PAYLOADS: oneOf(["redacted", "full", "none"], "redacted"),
  RECORD_FILE_BYTES_MAX: wholeNumber(1_024, 1_000_000_000_000, 1_073_741_824),
  AUTH_JWT_SECRET: optional(secretRule, isSecret),
  AUTH_JWT_PUBLIC_KEY: optional("PEM text of a public key, or the path of a file with it", () => true),
  AUTH_JWKS_URL: optional("a URL that starts with https:// or http://, without a user or password", isKeyServer),
  AUTH_ISSUER: optional("the iss of tokens", () => true),
  AUTH_AUDIENCE: optional("the aud of tokens", () => true),
  FRAME_BYTES_MAX: wholeNumber(1_024, 1_048_576, limits.frameBytesMax),
  JSON_DEPTH_MAX: wholeNumber(2, 256, limits.jsonDepthMax),
  ID_CHARS_MAX: wholeNumber(1, 1_024, limits.idCharsMax),
  NAME_CHARS_MAX: wholeNumber(1, 1_024, limits.nameCharsMax),
  DESCRIPTION_CHARS_MAX: wholeNumber(0, 65_536, limits.descriptionCharsMax),
  CLIENT_CHANNELS_MAX: wholeNumber(1, 10_000, limits.clientChannelsMax),
  CLIENT_ROOMS_MAX: wholeNumber(1, 10_000, limits.clientRoomsMax),
  CLIENT_SEATS_MAX: wholeNumber(1, 100_000, limits.clientSeatsMax),
  CLIENT_USERS_MAX: wholeNumber(1, 10_000, limits.clientUsersMax),
  ROOM_PARTICIPANTS_MAX: wholeNumber(1, 100_000, limits.roomParticipantsMax),
  ROOMS_MAX: wholeNumber(1, 1_000_000, limits.roomsMax),
  ROOM_WAITING_MAX: wholeNumber(0, 100_000, limits.roomWaitingMax),
  ROOM_BARRED_MAX: wholeNumber(1, 100_000, limits.roomBarredMax),
  KEPT_MESSAGES_MAX: wholeNumber(0, 100_000, limits.keptMessagesMax),
  KEPT_CHARS_MAX: wholeNumber(0, 16_777_216, limits.keptCharsMax),
  MESSAGE_CHARS_MAX: wholeNumber(1, 1_048_576, limits.messageCharsMax),
  MESSAGES_PER_SECOND: wholeNumber(0, 1_000_000, limits.messagesPerSecond),
  MESSAGE_BURST: wholeNumber(1, 1_000_000, limits.messageBurst),
});

type Variables = t.TypeOf<typeof variables>;

export const variableNames: ReadonlyArray<string> = Object.keys(variables.props);
