import fc from "fast-check";
import * as E from "fp-ts/lib/Either.js";
import { expect, test } from "vitest";
import { ofMetricsAt } from "../../adapters/observe/log.js";
import { configOf, drainSecondsOf } from "../../adapters/server/config.js";
import { settingNames } from "../../adapters/server/settings.js";
import { warningsFor } from "../../adapters/server/warnings.js";
import { defaultSettings } from "../../core/index.js";
import { configWith } from "../support/net.js";

const sentencesOf = (config: ReturnType<typeof configOf>): ReadonlyArray<string> =>
  E.isLeft(config) ? config.left.map(({ text }) => text) : [];

test("an empty environment gives the documented defaults", () => {
  expect(configOf({})).toEqual(
    E.right({
      port: 3000,
      host: undefined,
      isProduction: false,
      metrics: "auto",
      healthDetails: "auto",
      logLevel: "info",
      stunServers: [],
      turnUrls: [],
      turnSecret: undefined,
      turnTtlSeconds: 3_600,
      trustProxy: undefined,
      websocketUrl: undefined,
      clientsMax: 100_000,
      clientsPerAddress: 256,
      withoutOrigin: "allow",
      outboxBytesMax: 262_144,
      outboxBytesInAll: 134_217_728,
      pingAfterMs: 5_000,
      cutAfterMs: 8_000,
      record: undefined,
      recordPayloads: "redacted",
      recordFileBytesMax: 1_073_741_824,
      cluster: undefined,
      clusterName: undefined,
      clusterReplicas: 1,
      history: undefined,
      historyDays: 90,
      historyBytesMax: 1_073_741_824,
      webhookUrl: undefined,
      webhookSecret: undefined,
      auth: undefined,
      settings: defaultSettings,
    }),
  );
});

test("a drain takes 20 seconds in production and none otherwise, unless it is set", () => {
  const secondsWith = (env: Readonly<Record<string, string>>) => E.map(drainSecondsOf)(configOf(env));
  expect(secondsWith({})).toEqual(E.right(0));
  expect(secondsWith({ NODE_ENV: "production" })).toEqual(E.right(20));
  expect(secondsWith({ NODE_ENV: "production", DRAIN_SECONDS: "0" })).toEqual(E.right(0));
  expect(secondsWith({ DRAIN_SECONDS: "7" })).toEqual(E.right(7));
});

test("an empty variable counts as unset", () => {
  expect(configOf({ PORT: "", DELIVERY: "", STUN_SERVERS: "" })).toEqual(configOf({}));
});

test.each([
  ["PORT", "http", 'PORT is "http" in the environment: it must be a whole number from 0 to 65535.'],
  ["PORT", "65536", 'PORT is "65536" in the environment: it must be a whole number from 0 to 65535.'],
  ["PORT", "3e3", 'PORT is "3e3" in the environment: it must be a whole number from 0 to 65535.'],
  ["PORT", " 3000", 'PORT is " 3000" in the environment: it must be a whole number from 0 to 65535.'],
  ["HOST", "a b", 'HOST is "a b" in the environment: it must be a local IP address or host name.'],
  ["NODE_ENV", "prod", 'NODE_ENV is "prod" in the environment: it must be one of development, test, production.'],
  ["METRICS_PORT", "65536", 'METRICS_PORT is "65536" in the environment: it must be a port number, 0 to 65535.'],
  ["METRICS", "yes", 'METRICS is "yes" in the environment: it must be one of auto, public.'],
  [
    "LOG_LEVEL",
    "loud",
    'LOG_LEVEL is "loud" in the environment: it must be one of silent, fatal, error, warn, info, debug, trace.',
  ],
  ["DELIVERY", "all", 'DELIVERY is "all" in the environment: it must be one of targeted, broadcast.'],
  ["ROOM_EVENTS", "yes", 'ROOM_EVENTS is "yes" in the environment: it must be one of consume, relay.'],
  [
    "ROOM_LIST_INTERVAL_MS",
    "0",
    'ROOM_LIST_INTERVAL_MS is "0" in the environment: it must be a whole number from 10 to 86400000.',
  ],
  [
    "STUN_SERVERS",
    "turn:x",
    'STUN_SERVERS is "turn:x" in the environment: it must be a comma-separated list of STUN URLs, such as stun:stun.example.org:3478. TURN servers belong in TURN_URLS, with TURN_SECRET.',
  ],
  [
    "TRUST_PROXY",
    "everybody",
    'TRUST_PROXY is "everybody" in the environment: it must be a number of proxies up to 99, or a comma-separated list of addresses, such as 127.0.0.1,10.0.0.0/8.',
  ],
  [
    "ALLOWED_ORIGINS",
    "https://*.example.org",
    'ALLOWED_ORIGINS is "https://*.example.org" in the environment: it must be a comma-separated list of origins as browsers write them (lower case, no path, no standard port), such as https://meet.example.org,http://localhost:5173.',
  ],
  [
    "ALLOWED_ORIGINS",
    "https://meet.example.org/",
    'ALLOWED_ORIGINS is "https://meet.example.org/" in the environment: it must be a comma-separated list of origins as browsers write them (lower case, no path, no standard port), such as https://meet.example.org,http://localhost:5173.',
  ],
  [
    "WEBSOCKET_URL",
    "http://x",
    'WEBSOCKET_URL is "http://x" in the environment: it must be a URL that starts with ws:// or wss://, such as wss://signal.example.org/ws.',
  ],
])("%s=%s is rejected with one line that says what is allowed", (name, value, line) => {
  expect(sentencesOf(configOf({ [name]: value }))).toEqual([line]);
});

test("CUT_AFTER_MS must be greater than PING_AFTER_MS", () => {
  expect(sentencesOf(configOf({ PING_AFTER_MS: "9000" }))).toEqual([
    'CUT_AFTER_MS is "8000" by default: it must be greater than PING_AFTER_MS, which is 9000 in the environment.',
  ]);
  expect(configOf({ PING_AFTER_MS: "9000", CUT_AFTER_MS: "9000" })._tag).toBe("Left");
});

test("METRICS_HOST needs METRICS_PORT", () => {
  expect(sentencesOf(configOf({ METRICS_HOST: "127.0.0.1" }))).toEqual([
    "METRICS_HOST is set in the environment, but METRICS_PORT is not: there is no port of the metrics.",
  ]);
  expect(configOf({ METRICS_HOST: "127.0.0.1", METRICS_PORT: "9090" })._tag).toBe("Right");
});

test("METRICS_PORT is another port than PORT, where they are at one address", () => {
  const same = { PORT: "9090", METRICS_PORT: "9090" };
  const wrong = ['METRICS_PORT is "9090" in the environment: it must be another port than PORT.'];
  expect(sentencesOf(configOf(same))).toEqual(wrong);
  expect(sentencesOf(configOf({ ...same, HOST: "127.0.0.1" }))).toEqual(wrong);
  expect(sentencesOf(configOf({ ...same, HOST: "127.0.0.1", METRICS_HOST: "127.0.0.2" }))).toEqual([]);
  expect(sentencesOf(configOf({ PORT: "0", METRICS_PORT: "0" }))).toEqual([]);
});

test.each([
  [{}, true],
  [{ HOST: "::" }, true],
  [{ METRICS_HOST: "0.0.0.0", HOST: "127.0.0.1" }, true],
  [{ HOST: "127.0.0.1" }, false],
  [{ METRICS_HOST: "127.0.0.1" }, false],
])("with METRICS_PORT and %j, the metrics on all addresses are a warning, and in the log: %s", (env, isOpen) => {
  const config = configWith({ METRICS_PORT: "9464", ...env });
  const sentences = warningsFor(config).filter((sentence) =>
    sentence.includes("METRICS_PORT is open on all addresses"),
  );
  expect(sentences).toHaveLength(isOpen ? 1 : 0);
  const { text } = ofMetricsAt(config.metricsHost ?? config.host, 9_464);
  expect(text.includes("on all addresses")).toBe(isOpen);
});

/** A value for each variable that differs from its default; the numbers not listed take 1025. */
const others: Readonly<Record<string, string>> = {
  HOST: "127.0.0.1",
  NODE_ENV: "production",
  METRICS_HOST: "127.0.0.1",
  METRICS: "public",
  HEALTH_DETAILS: "show",
  WITHOUT_ORIGIN: "refuse",
  LOG_LEVEL: "debug",
  STUN_SERVERS: "stun:stun.example.org",
  TRUST_PROXY: "1",
  WEBSOCKET_URL: "wss://signal.example.org/ws",
  ALLOWED_ORIGINS: "https://meet.example.org",
  DELIVERY: "broadcast",
  ROOM_EVENTS: "relay",
  CUT_AFTER_MS: "7777",
  SESSION_SECRET: "a secret of more than 32 characters",
  KNOCK_MS: "1026",
  CLUSTER: "nats://127.0.0.1:4222",
  CLUSTER_NAME: "another",
  CLUSTER_REPLICAS: "3",
  TOKEN_GRACE_MS: "1026",
  RECORD: "somewhere",
  RECORD_PAYLOADS: "none",
  HISTORY: "somewhere",
  HISTORY_BYTES_MAX: "1048577",
  WEBHOOK_URL: "https://example.org/another",
  WEBHOOK_SECRET: `whsec_${"B".repeat(32)}`,
  JSON_DEPTH_MAX: "33",
  ID_CHARS_MAX: "129",
  NAME_CHARS_MAX: "129",
};

/** These say together whose tokens are accepted, and exclude each other (test/auth/settings.test.ts). */
const keyVariables = ["AUTH_JWT_SECRET", "AUTH_JWT_PUBLIC_KEY", "AUTH_JWKS_URL"];
/** Neither is there without the other (test/auth/turn.test.ts). */
const turnVariables = ["TURN_URLS", "TURN_SECRET"];

/** What must be set for others to mean anything. */
const given = (name: string): Readonly<Record<string, string>> => {
  if (name === "CLUSTER") return { SESSION_SECRET: "a secret of more than 32 characters" };
  if (name === "METRICS_HOST") return { METRICS_PORT: "9090" };
  if (/^AUTH_(?:ISSUER|AUDIENCE)$/.test(name)) return { AUTH_JWKS_URL: "https://id.example.org/keys" };
  if (!name.startsWith("WEBHOOK_")) return {};
  return { HISTORY: "here", WEBHOOK_URL: "https://example.org/hook", WEBHOOK_SECRET: `whsec_${"A".repeat(32)}` };
};

const leavesOf = (value: unknown, path = ""): ReadonlyArray<readonly [string, unknown]> =>
  typeof value === "object" && value !== null && !Array.isArray(value)
    ? Object.entries(value).flatMap(([key, member]) => leavesOf(member, `${path}.${key}`))
    : [[path, JSON.stringify(value)]];

test("law: each variable sets exactly one member of the configuration, and no two set the same one", () => {
  const names = settingNames.filter((name) => ![...keyVariables, ...turnVariables].some((one) => one === name));
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

test("law: any environment gives a configuration, or a line for each wrong setting", () => {
  const anyValue = fc.oneof(fc.string(), fc.constantFrom("0", "1025", "production", "stun:x", "https://a.example"));
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom(...settingNames), anyValue), (env) => {
      const config = configOf(env);
      const wrong = E.isLeft(config) ? config.left.map(({ setting }) => setting) : [];
      const alone = Object.keys(env).filter((name) => {
        const one = configOf({ [name]: env[name] });
        return E.isLeft(one) && one.left.some(({ text }) => /in the environment: it must be (?!greater)/.test(text));
      });
      for (const name of alone) expect(wrong).toContain(name);
      for (const line of sentencesOf(config)) expect(line).toMatch(/^[A-Z_]+ is [^\n]*\.$/);
    }),
  );
});
