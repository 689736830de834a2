import { defaultSettings } from "../../core/index.js";
import { isSecret, secretRule } from "../auth/keys.js";
import { isWebhookSecret, webhookSecretRule } from "../history/sign.js";
import { trustedProxies } from "../sockets/proxy.js";
import {
  isHttp,
  isOrigin,
  isStun,
  isTurn,
  isWebSocketUrl,
  type Kind,
  listOf,
  oneOf,
  optional,
  textThat,
  timeMs,
  wholeNumber,
} from "./kinds.js";

/** The groups, in the order in which they are shown. Each is a heading in docs/OPERATING.md, with a table below it. */
export const groups = [
  "Listening",
  "Watching",
  "Identity",
  "For browsers",
  "Rooms and delivery",
  "Sockets",
  "Limits of the protocol",
  "Sessions",
  "Cluster",
  "Recording",
  "History",
] as const;

export interface Setting<A> {
  readonly group: (typeof groups)[number];
  readonly kind: Kind<A>;
  /** What it does, in a phrase or a few sentences; Markdown, links are relative to docs/. */
  readonly meaning: string;
  /** Its value may be a secret: it is never shown, and cannot be a flag, since a process list shows flags. */
  readonly secret?: true;
}

const { limits } = defaultSettings;
const anyText = (): boolean => true;
const address = textThat((text) => /^[\w.:%-]+$/.test(text), {
  allowed: "a local IP address or host name",
  values: "address or host name",
});
const portIfAny: Kind<number | undefined> = {
  ...wholeNumber(0, 65_535, 0),
  allowed: "a port number, 0 to 65535",
  fallback: undefined,
};

/**
 * All settings of the server, by the name of the environment variable. A setting is added here and nowhere else: it
 * becomes a flag, a member of `Config` in camelCase, a line of `--help`, and, by `npm run docs:settings`, a row in
 * docs/OPERATING.md and a line of .env.example. One that the core obeys must also be in `Limits` or `Settings`.
 */
export const settings = {
  PORT: {
    group: "Listening",
    kind: wholeNumber(0, 65_535, 3_000),
    meaning: "the port to listen on; 0 lets the system choose",
  },
  HOST: {
    group: "Listening",
    kind: address,
    meaning: "the address to listen on; not set: all addresses of this machine",
  },
  NODE_ENV: {
    group: "Listening",
    kind: oneOf(["development", "test", "production"], "development"),
    meaning: "`production` logs JSON lines, the others readable ones",
  },
  LOG_LEVEL: {
    group: "Listening",
    kind: oneOf(["silent", "fatal", "error", "warn", "info", "debug", "trace"], "info"),
    meaning: "`debug` shows every relay: type, channel and size, never the content",
  },
  ALLOWED_ORIGINS: {
    group: "Listening",
    kind: listOf(isOrigin, undefined, {
      allowed:
        "a comma-separated list of origins as browsers write them (lower case, no path, no standard port), such as https://meet.example.org,http://localhost:5173",
      values: "origins, separated by commas",
    }),
    meaning:
      "whose pages may connect and ask `/api/`: `https://meet.example.org`. Name the server's own page, too. Not set: all",
  },
  TRUST_PROXY: {
    group: "Listening",
    kind: {
      allowed: "a number of proxies up to 99, or a comma-separated list of addresses, such as 127.0.0.1,10.0.0.0/8",
      values: "a number, or addresses and networks, separated by commas",
      fallback: undefined,
      parse: trustedProxies,
    },
    meaning:
      "whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed: how many proxies are in front, or where they are ([Behind a proxy](OPERATING.md#behind-a-proxy)). `loopback`, `linklocal` and `uniquelocal` are names for networks. Not set: nobody's",
  },
  CLIENTS_MAX: {
    group: "Listening",
    kind: wholeNumber(1, 1_000_000, 100_000),
    meaning: "WebSockets at once; further ones are answered with 503",
  },
  CLIENTS_PER_ADDRESS: {
    group: "Listening",
    kind: wholeNumber(1, 1_000_000, 256),
    meaning:
      "WebSockets at once of one address, or of one /64 of IPv6; further ones are answered with 429. Addresses of this machine and of private networks are not counted: behind a proxy, set `TRUST_PROXY`",
  },
  WITHOUT_ORIGIN: {
    group: "Listening",
    kind: oneOf(["allow", "refuse"], "allow"),
    meaning: "whether what sends no `Origin` may connect: programs, and whoever hides that it is a page",
  },
  DRAIN_SECONDS: {
    group: "Listening",
    kind: optional(wholeNumber(0, 3_600, 0)),
    meaning:
      "how long a server that stops takes to send its clients elsewhere, one after the other; 0 closes all at once; not set: 20 in production, 0 otherwise ([Stopping](OPERATING.md#stopping))",
  },

  METRICS_PORT: {
    group: "Watching",
    kind: portIfAny,
    meaning:
      "a port of its own for `/metrics` and the probes, where `/health` names rooms and people: keep it from the public",
  },
  METRICS_HOST: {
    group: "Watching",
    kind: address,
    meaning: "where that port is; not set: as `HOST`",
  },
  METRICS: {
    group: "Watching",
    kind: oneOf(["auto", "public"], "auto"),
    meaning:
      "`public`: `/metrics` is on the main port, too. `auto`: only if there is no `METRICS_PORT` and `NODE_ENV` is not `production`",
  },
  HEALTH_DETAILS: {
    group: "Watching",
    kind: oneOf(["auto", "show", "hide"], "auto"),
    meaning:
      "whether `/health` on the main port names rooms and people. `auto`: it does, unless `NODE_ENV` is `production`",
  },

  AUTH_JWT_SECRET: {
    group: "Identity",
    kind: textThat(isSecret, { allowed: secretRule, values: "32 bytes or more" }),
    meaning: "tokens are signed with this secret: HS256",
    secret: true,
  },
  AUTH_JWT_PUBLIC_KEY: {
    group: "Identity",
    kind: textThat(anyText, {
      allowed: "PEM text of a public key, or the path of a file with it",
      values: "PEM text, or the path of a file with it",
    }),
    meaning: "tokens are signed with its private key: RS256 or PS256, ES256 or EdDSA, as the key is",
    secret: true,
  },
  AUTH_JWKS_URL: {
    group: "Identity",
    kind: textThat(isHttp, {
      allowed: "a URL that starts with https:// or http://, without a user or password",
      values: "an `https://` or `http://` address",
    }),
    meaning: "a JWK Set with the public keys, as identity providers publish it",
    secret: true,
  },
  AUTH_ISSUER: {
    group: "Identity",
    kind: textThat(anyText, { allowed: "the iss of tokens", values: "text" }),
    meaning: "the `iss` that tokens must have",
  },
  AUTH_AUDIENCE: {
    group: "Identity",
    kind: textThat(anyText, { allowed: "the aud of tokens", values: "text" }),
    meaning: "the `aud` that tokens must have. **Set it if the keys sign tokens for others, too**",
  },

  STUN_SERVERS: {
    group: "For browsers",
    kind: listOf<ReadonlyArray<string>>(isStun, [], {
      allowed: "a comma-separated list of STUN URLs, such as stun:stun.example.org:3478",
      values: "addresses, separated by commas",
      advice: (text) =>
        text.split(",").some((url) => isTurn(url.trim()))
          ? "TURN servers belong in TURN_URLS, with TURN_SECRET."
          : undefined,
    }),
    meaning:
      "what tells browsers their public addresses: `stun:stun.example.org:3478`. **Without one, browsers find each other on one machine or in one network only**",
  },
  TURN_URLS: {
    group: "For browsers",
    kind: listOf<ReadonlyArray<string>>(isTurn, [], {
      allowed: "a comma-separated list of TURN URLs, such as turn:turn.example.org:3478?transport=udp",
      values: "addresses, separated by commas",
    }),
    meaning:
      "what relays for browsers that cannot reach each other: `turn:turn.example.org:3478`, `turns:turn.example.org:5349`; with `TURN_SECRET` ([TURN](OPERATING.md#turn))",
  },
  TURN_SECRET: {
    group: "For browsers",
    kind: textThat((text) => text.length >= 32, {
      allowed: "a secret of 32 characters or more",
      values: "32 characters or more",
    }),
    meaning: "what credentials are made with: coturn's `static-auth-secret`",
    secret: true,
  },
  TURN_TTL_SECONDS: {
    group: "For browsers",
    kind: wholeNumber(4, 604_800, 3_600),
    meaning: "how long credentials hold; clients get new ones at half of it",
  },
  WEBSOCKET_URL: {
    group: "For browsers",
    kind: textThat(isWebSocketUrl, {
      allowed: "a URL that starts with ws:// or wss://, such as wss://signal.example.org/ws",
      values: "a `ws://` or `wss://` address",
    }),
    meaning: "what `/api/config` tells browsers; not set: where the browser came to",
  },

  DELIVERY: {
    group: "Rooms and delivery",
    kind: oneOf(["targeted", "broadcast"], defaultSettings.delivery),
    meaning:
      "`broadcast` sends every message to all other subscribers, even if it is for one user ([PROTOCOL](PROTOCOL.md#targeted-messages))",
  },
  ROOM_EVENTS: {
    group: "Rooms and delivery",
    kind: oneOf(["consume", "relay"], defaultSettings.roomEvents),
    meaning:
      "`relay` also passes accepted joins and leaves on, for dashboards that call when they see one ([PROTOCOL](PROTOCOL.md#who-calls-whom))",
  },
  ROOM_LIST_INTERVAL_MS: {
    group: "Rooms and delivery",
    kind: timeMs(10, defaultSettings.roomListIntervalMs),
    meaning: "how often the room list is repeated while a room exists",
  },
  STATE_SPACING_MS: {
    group: "Rooms and delivery",
    kind: timeMs(0, defaultSettings.stateSpacingMs),
    meaning:
      "room lists, and counts, are sent at most this often under sustained change; the first eight are sent at once, and the last state always. With `ROOM_EVENTS=relay` a join may arrive before the list that shows it",
  },
  UNJOINED_ROOM_MS: {
    group: "Rooms and delivery",
    kind: timeMs(10, defaultSettings.unjoinedRoomMs),
    meaning: "a room that nobody has joined is closed after this time",
  },

  PING_AFTER_MS: {
    group: "Sockets",
    kind: timeMs(100, 5_000),
    meaning: "a socket that has been silent for this long is sent a ping",
  },
  CUT_AFTER_MS: {
    group: "Sockets",
    kind: timeMs(100, 8_000),
    meaning: "a socket that has been silent for this long is given up; must be more than `PING_AFTER_MS`",
  },
  OUTBOX_BYTES_MAX: {
    group: "Sockets",
    kind: wholeNumber(1_024, 1_073_741_824, 262_144),
    meaning:
      "bytes that may wait for a client that does not read; beyond them it is cut off. Room lists and counts do not pile up: such a client gets the latest when it reads again",
  },
  OUTBOX_BYTES_IN_ALL: {
    group: "Sockets",
    kind: wholeNumber(1_024, 1_073_741_824_000, 134_217_728),
    meaning: "bytes that may wait for all clients together; beyond them, clients that do not read are cut off earlier",
  },
  MESSAGES_PER_SECOND: {
    group: "Sockets",
    kind: wholeNumber(0, 1_000_000, limits.messagesPerSecond),
    meaning: "frames a second that one socket may send; 0 is no limit. Beyond it: `rate-limited`",
  },
  MESSAGE_BURST: {
    group: "Sockets",
    kind: wholeNumber(1, 1_000_000, limits.messageBurst),
    meaning: "frames that one socket may send at once after a silence; only with `MESSAGES_PER_SECOND`",
  },
  REFUSED_BURST: {
    group: "Sockets",
    kind: wholeNumber(0, 1_000_000, limits.refusedBurst),
    meaning:
      "frames beyond the rate that are refused before the socket is closed with 3004; they are worked off at `MESSAGES_PER_SECOND`. 0: never closed",
  },
  FRAME_BYTES_MAX: {
    group: "Sockets",
    kind: wholeNumber(1_024, 1_048_576, limits.frameBytesMax),
    meaning: "a larger frame closes the socket with 1009",
  },

  JSON_DEPTH_MAX: {
    group: "Limits of the protocol",
    kind: wholeNumber(2, 256, limits.jsonDepthMax),
    meaning: "levels of nesting in a message",
  },
  ID_CHARS_MAX: {
    group: "Limits of the protocol",
    kind: wholeNumber(1, 1_024, limits.idCharsMax),
    meaning: "characters of a room id, user id or channel name",
  },
  NAME_CHARS_MAX: {
    group: "Limits of the protocol",
    kind: wholeNumber(1, 1_024, limits.nameCharsMax),
    meaning: "characters of the name of a room, host or user",
  },
  DESCRIPTION_CHARS_MAX: {
    group: "Limits of the protocol",
    kind: wholeNumber(0, 65_536, limits.descriptionCharsMax),
    meaning: "characters of a room's description",
  },
  CLIENT_CHANNELS_MAX: {
    group: "Limits of the protocol",
    kind: wholeNumber(1, 10_000, limits.clientChannelsMax),
    meaning: "channels that one client is subscribed to",
  },
  CLIENT_ROOMS_MAX: {
    group: "Limits of the protocol",
    kind: wholeNumber(1, 10_000, limits.clientRoomsMax),
    meaning: "open rooms that one client has created",
  },
  CLIENT_SEATS_MAX: {
    group: "Limits of the protocol",
    kind: wholeNumber(1, 100_000, limits.clientSeatsMax),
    meaning: "participants that one client holds, over all rooms",
  },
  CLIENT_USERS_MAX: {
    group: "Limits of the protocol",
    kind: wholeNumber(1, 10_000, limits.clientUsersMax),
    meaning: "users that one client is remembered to act for",
  },
  ROOM_PARTICIPANTS_MAX: {
    group: "Limits of the protocol",
    kind: wholeNumber(1, 100_000, limits.roomParticipantsMax),
    meaning: "participants of one room",
  },
  ROOMS_MAX: {
    group: "Limits of the protocol",
    kind: wholeNumber(1, 1_000_000, limits.roomsMax),
    meaning: "rooms on the server",
  },
  LIST_CHARS_MAX: {
    group: "Limits of the protocol",
    kind: wholeNumber(1_024, 100_000_000, limits.listCharsMax),
    meaning:
      "characters of a room list; a longer one leaves out rooms: those without participants first, then the newest",
  },
  ROOM_WAITING_MAX: {
    group: "Limits of the protocol",
    kind: wholeNumber(0, 100_000, limits.roomWaitingMax),
    meaning: "users that wait at the door of one room",
  },
  ROOM_BARRED_MAX: {
    group: "Limits of the protocol",
    kind: wholeNumber(1, 100_000, limits.roomBarredMax),
    meaning: "users that one room remembers as denied, removed or banned",
  },
  KEPT_MESSAGES_MAX: {
    group: "Limits of the protocol",
    kind: wholeNumber(0, 100_000, limits.keptMessagesMax),
    meaning: "frames that are kept for one session until it has acknowledged them or is back",
  },
  KEPT_CHARS_MAX: {
    group: "Limits of the protocol",
    kind: wholeNumber(0, 16_777_216, limits.keptCharsMax),
    meaning: "characters of what these frames carry",
  },
  MESSAGE_CHARS_MAX: {
    group: "Limits of the protocol",
    kind: wholeNumber(1, 1_048_576, limits.messageCharsMax),
    meaning: "characters of the data of one application message",
  },
  SAY_PER_SECOND: {
    group: "Limits of the protocol",
    kind: wholeNumber(0, 1_000_000, limits.sayPerSecond),
    meaning:
      "application messages a second that one socket may send; 0 is no limit. Beyond it: `rate-limited`. They count for `MESSAGES_PER_SECOND`, too",
  },
  SAY_BURST: {
    group: "Limits of the protocol",
    kind: wholeNumber(1, 1_000_000, limits.sayBurst),
    meaning: "application messages that one socket may send at once after a silence; only with `SAY_PER_SECOND`",
  },

  DATA: {
    group: "Sessions",
    kind: textThat(anyText, { allowed: "the path of a folder", values: "a path" }),
    meaning:
      "the folder where rooms and sessions are kept, so that a restart costs nobody the call; not set: they are kept in memory ([OPERATING](OPERATING.md#rooms-that-outlive-the-process))",
  },
  CLUSTER: {
    group: "Cluster",
    kind: textThat((text) => text.split(",").every((one) => /^(nats|tls):\/\/[^/?#,]+$/.test(one)), {
      allowed: "nats://host:port, or several with commas",
      values: "nats://host:port",
    }),
    meaning:
      "the NATS servers over which nodes with the same `CLUSTER_NAME` are one server ([CLUSTER](CLUSTER.md)); not set: this node is alone",
    secret: true,
  },
  CLUSTER_NAME: {
    group: "Cluster",
    kind: textThat((text) => /^[A-Za-z0-9_-]{1,32}$/.test(text), {
      allowed: "1 to 32 letters, digits, - and _",
      values: "a name",
    }),
    meaning: "what the streams and the subjects of these nodes begin with; not set: signalbox",
  },
  CLUSTER_REPLICAS: {
    group: "Cluster",
    kind: wholeNumber(1, 5, 1),
    meaning: "how many NATS servers keep the log: 3 outlives the loss of one",
  },
  SESSION_GRACE_MS: {
    group: "Sessions",
    kind: timeMs(10, defaultSettings.sessionGraceMs),
    meaning: "how long a session without a socket is kept",
  },
  SESSION_SECRET: {
    group: "Sessions",
    kind: textThat((text) => text.length >= 32, {
      allowed: "a secret of 32 characters or more",
      values: "32 characters or more",
    }),
    meaning:
      "what resume tickets are signed with; not set: made at the start and kept in `DATA`, or without it good until the server stops",
    secret: true,
  },
  HOST_RECLAIM_MS: {
    group: "Sessions",
    kind: timeMs(10, defaultSettings.hostReclaimMs),
    meaning: "how long a host who was lost may come back as the host",
  },
  TOKEN_GRACE_MS: {
    group: "Sessions",
    kind: timeMs(0, defaultSettings.tokenGraceMs),
    meaning:
      "how long a client whose token has expired is kept. It can join nothing and decide nothing until it has brought another token",
  },
  KNOCK_MS: {
    group: "Sessions",
    kind: timeMs(1_000, defaultSettings.knockMs),
    meaning: "how long somebody waits at a door, and how long an admission holds",
  },

  RECORD: {
    group: "Recording",
    kind: textThat(anyText, { allowed: "the path of a file or folder", values: "a path" }),
    meaning:
      "a file that does not exist yet, or an existing folder, which gets a file for each run; not set: nothing is recorded ([FORENSICS](FORENSICS.md#recording))",
  },
  RECORD_PAYLOADS: {
    group: "Recording",
    kind: oneOf(["redacted", "full", "none"], "redacted"),
    meaning: "how much of the clients' messages is kept",
  },
  RECORD_FILE_BYTES_MAX: {
    group: "Recording",
    kind: wholeNumber(1_024, 1_000_000_000_000, 1_073_741_824),
    meaning: "a journal that outgrows this continues in a second file",
  },

  HISTORY: {
    group: "History",
    kind: textThat(anyText, { allowed: "the path of a file", values: "a path" }),
    meaning:
      "the SQLite file of the history: who came, who left and why; not set: none is kept ([HISTORY](HISTORY.md))",
  },
  HISTORY_DAYS: {
    group: "History",
    kind: wholeNumber(1, 36_500, 90),
    meaning: "what is older than so many days is deleted",
  },
  HISTORY_BYTES_MAX: {
    group: "History",
    kind: wholeNumber(1_048_576, 1_000_000_000_000, 1_073_741_824),
    meaning: "where the history would outgrow this, its oldest part is deleted",
  },
  WEBHOOK_URL: {
    group: "History",
    kind: textThat(isHttp, {
      allowed: "a URL that starts with https:// or http://, without a user or password",
      values: "an `https://` or `http://` address",
    }),
    meaning:
      "what is sent each fact of the history; needs `HISTORY` and `WEBHOOK_SECRET` ([HISTORY](HISTORY.md#webhooks))",
    secret: true,
  },
  WEBHOOK_SECRET: {
    group: "History",
    kind: textThat(isWebhookSecret, {
      allowed: webhookSecretRule,
      values: "`whsec_` and the base64 of 24 to 64 bytes",
    }),
    meaning: "what webhooks are signed with: `echo whsec_$(openssl rand -base64 32)`",
    secret: true,
  },
} as const satisfies Readonly<Record<string, Setting<unknown>>>;

export type SettingName = keyof typeof settings;
export const settingNames = Object.keys(settings) as ReadonlyArray<SettingName>;
export const isSettingName = (name: string): name is SettingName => Object.hasOwn(settings, name);

/** Without what only some of them have. */
export const settingOf = (name: SettingName): Setting<unknown> => settings[name];

/** `--room-waiting-max` */
export const flagOf = (name: string): string => `--${name.toLowerCase().replaceAll("_", "-")}`;

type Camel<Name extends string> = Name extends `${infer First}_${infer Rest}`
  ? `${Lowercase<First>}${Capitalize<Camel<Rest>>}`
  : Lowercase<Name>;

/** `roomWaitingMax` */
export const memberOf = <Name extends string>(name: Name): Camel<Name> =>
  name.toLowerCase().replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()) as Camel<Name>;

/** The values of all settings, by member. */
export type Values = {
  readonly [Name in SettingName as Camel<Name>]: (typeof settings)[Name]["kind"] extends Kind<infer A> ? A : never;
};
