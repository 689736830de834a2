import fc from "fast-check";
import * as E from "fp-ts/lib/Either.js";
import { expect, test } from "vitest";
import { configOf, variableNames } from "../../adapters/server/config.js";
import { defaultSettings } from "../../core/index.js";

test("an empty environment gives the documented defaults", () => {
  expect(configOf({})).toEqual(
    E.right({
      port: 3000,
      host: undefined,
      isProduction: false,
      logLevel: "info",
      stunServers: [],
      websocketUrl: undefined,
      clientsMax: 100_000,
      outboxBytesMax: 262_144,
      pingAfterMs: 5_000,
      cutAfterMs: 8_000,
      record: undefined,
      recordPayloads: "redacted",
      recordFileBytesMax: 1_073_741_824,
      auth: undefined,
      settings: defaultSettings,
    }),
  );
});

test("an empty variable counts as unset", () => {
  expect(configOf({ PORT: "", DELIVERY: "", STUN_SERVERS: "", RELAY: "" })).toEqual(configOf({}));
});

test.each([
  ["PORT", "http", 'PORT is "http": it must be a whole number from 0 to 65535.'],
  ["PORT", "65536", 'PORT is "65536": it must be a whole number from 0 to 65535.'],
  ["PORT", "3e3", 'PORT is "3e3": it must be a whole number from 0 to 65535.'],
  ["PORT", " 3000", 'PORT is " 3000": it must be a whole number from 0 to 65535.'],
  ["HOST", "a b", 'HOST is "a b": it must be a local IP address or host name.'],
  ["NODE_ENV", "prod", 'NODE_ENV is "prod": it must be one of development, test, production.'],
  ["LOG_LEVEL", "loud", 'LOG_LEVEL is "loud": it must be one of silent, fatal, error, warn, info, debug, trace.'],
  ["DELIVERY", "all", 'DELIVERY is "all": it must be one of targeted, broadcast.'],
  ["ROOM_EVENTS", "yes", 'ROOM_EVENTS is "yes": it must be one of consume, relay.'],
  ["ROOM_LIST_INTERVAL_MS", "0", 'ROOM_LIST_INTERVAL_MS is "0": it must be a whole number from 10 to 86400000.'],
  [
    "STUN_SERVERS",
    "turn:x",
    'STUN_SERVERS is "turn:x": it must be a comma-separated list of STUN URLs, such as stun:stun.example.org:3478.',
  ],
  [
    "ALLOWED_ORIGINS",
    "https://*.example.org",
    'ALLOWED_ORIGINS is "https://*.example.org": it must be a comma-separated list of origins, such as https://meet.example.org,http://localhost:5173.',
  ],
  [
    "ALLOWED_ORIGINS",
    "https://meet.example.org/",
    'ALLOWED_ORIGINS is "https://meet.example.org/": it must be a comma-separated list of origins, such as https://meet.example.org,http://localhost:5173.',
  ],
  [
    "WEBSOCKET_URL",
    "http://x",
    'WEBSOCKET_URL is "http://x": it must be a URL that starts with ws:// or wss://, such as wss://signal.example.org/ws.',
  ],
])("%s=%s is rejected with one line that says what is allowed", (name, value, line) => {
  expect(configOf({ [name]: value })).toEqual(E.left(line));
});

test.each(["targeted", "flood"])("RELAY=%s, the former name of DELIVERY, is rejected", (value) => {
  const line = "RELAY has been renamed: set DELIVERY=targeted, or DELIVERY=broadcast instead of RELAY=flood.";
  expect(configOf({ RELAY: value })).toEqual(E.left(line));
  expect(configOf({ RELAY: value, DELIVERY: "targeted" })).toEqual(E.left(line));
});

test("CUT_AFTER_MS must be greater than PING_AFTER_MS", () => {
  expect(configOf({ PING_AFTER_MS: "9000" })).toEqual(
    E.left('CUT_AFTER_MS is "8000": it must be greater than PING_AFTER_MS, which is 9000.'),
  );
  expect(configOf({ PING_AFTER_MS: "9000", CUT_AFTER_MS: "9000" })._tag).toBe("Left");
});

/** A value for each variable that differs from its default; the numbers not listed take 1025. */
const others: Readonly<Record<string, string>> = {
  HOST: "127.0.0.1",
  NODE_ENV: "production",
  LOG_LEVEL: "debug",
  STUN_SERVERS: "stun:stun.example.org",
  WEBSOCKET_URL: "wss://signal.example.org/ws",
  ALLOWED_ORIGINS: "https://meet.example.org",
  DELIVERY: "broadcast",
  ROOM_EVENTS: "relay",
  CUT_AFTER_MS: "7777",
  SESSION_SECRET: "a secret of more than 32 characters",
  KNOCK_MS: "1026",
  TOKEN_GRACE_MS: "1026",
  RECORD: "somewhere",
  RECORD_PAYLOADS: "none",
  JSON_DEPTH_MAX: "33",
  ID_CHARS_MAX: "129",
  NAME_CHARS_MAX: "129",
};

/** These say together whose tokens are accepted, and exclude each other (test/auth/settings.test.ts). */
const keyVariables = ["AUTH_JWT_SECRET", "AUTH_JWT_PUBLIC_KEY", "AUTH_JWKS_URL"];

/** What must be set for others to mean anything. */
const given = (name: string): Readonly<Record<string, string>> =>
  /^AUTH_(?:ISSUER|AUDIENCE)$/.test(name) ? { AUTH_JWKS_URL: "https://id.example.org/keys" } : {};

const leavesOf = (value: unknown, path = ""): ReadonlyArray<readonly [string, unknown]> =>
  typeof value === "object" && value !== null && !Array.isArray(value)
    ? Object.entries(value).flatMap(([key, member]) => leavesOf(member, `${path}.${key}`))
    : [[path, JSON.stringify(value)]];

test("law: each variable sets exactly one member of the configuration, and no two set the same one", () => {
  const names = variableNames.filter((name) => !keyVariables.includes(name));
  const decided = names.map((name) => {
    const before = new Map(leavesOf(configOf(given(name))));
    const changed = leavesOf(configOf({ ...given(name), [name]: others[name] ?? "1025" })).filter(
      ([path, value]) => before.get(path) !== value,
    );
    expect(
      changed.map(([path]) => path),
      name,
    ).toHaveLength(1);
    return changed[0]?.[0];
  });
  expect(new Set(decided).size).toBe(names.length);
});

test("law: any environment gives a configuration or a one-line error", () => {
  const names = [
    "PORT",
    "HOST",
    "NODE_ENV",
    "LOG_LEVEL",
    "DELIVERY",
    "STUN_SERVERS",
    "WEBSOCKET_URL",
    "FRAME_BYTES_MAX",
  ];
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom(...names), fc.string()), (env) => {
      const config = configOf(env);
      if (E.isLeft(config)) expect(config.left).toMatch(/^[A-Z_]+ is .*: it must be .*\.$/);
    }),
  );
});
