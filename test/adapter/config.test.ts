import fc from "fast-check";
import * as E from "fp-ts/lib/Either.js";
import { expect, test } from "vitest";
import { configOf } from "../../adapters/config.js";
import { defaultSettings } from "../../core/index.js";

test("an empty environment is the contract's defaults", () => {
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
      settings: defaultSettings,
    }),
  );
});

test("an empty variable counts as one that is not set", () => {
  expect(configOf({ PORT: "", RELAY: "", STUN_SERVERS: "" })).toEqual(configOf({}));
});

test.each([
  ["PORT", "http", 'PORT is "http": it must be a whole number from 0 to 65535.'],
  ["PORT", "65536", 'PORT is "65536": it must be a whole number from 0 to 65535.'],
  ["PORT", "3e3", 'PORT is "3e3": it must be a whole number from 0 to 65535.'],
  ["PORT", " 3000", 'PORT is " 3000": it must be a whole number from 0 to 65535.'],
  ["HOST", "a b", 'HOST is "a b": it must be an address or host name of this machine.'],
  ["NODE_ENV", "prod", 'NODE_ENV is "prod": it must be one of development, test, production.'],
  ["LOG_LEVEL", "loud", 'LOG_LEVEL is "loud": it must be one of silent, fatal, error, warn, info, debug, trace.'],
  ["RELAY", "all", 'RELAY is "all": it must be one of targeted, flood.'],
  ["ROOM_EVENTS", "yes", 'ROOM_EVENTS is "yes": it must be one of consume, relay.'],
  ["ROOM_LIST_INTERVAL_MS", "0", 'ROOM_LIST_INTERVAL_MS is "0": it must be a whole number from 10 to 86400000.'],
  [
    "STUN_SERVERS",
    "turn:x",
    'STUN_SERVERS is "turn:x": it must be STUN addresses with commas between them, such as stun:stun.example.org:3478.',
  ],
  [
    "WEBSOCKET_URL",
    "http://x",
    'WEBSOCKET_URL is "http://x": it must be an address that begins with ws:// or wss://, such as wss://signal.example.org/ws.',
  ],
])("%s=%s is refused in one line that says what it may be", (name, value, line) => {
  expect(configOf({ [name]: value })).toEqual(E.left(line));
});

test("law: whatever the environment, the answer is a configuration or one line", () => {
  const names = ["PORT", "HOST", "NODE_ENV", "LOG_LEVEL", "RELAY", "STUN_SERVERS", "WEBSOCKET_URL", "FRAME_BYTES_MAX"];
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom(...names), fc.string()), (env) => {
      const config = configOf(env);
      if (E.isLeft(config)) expect(config.left).toMatch(/^[A-Z_]+ is .*: it must be .*\.$/);
    }),
  );
});
