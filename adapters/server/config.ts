import * as E from "fp-ts/lib/Either.js";
import { defaultLimits, defaultSettings, type Limits, type Settings } from "../../core/index.js";
import type { AuthKey } from "../auth/keys.js";
import type { AuthConfig } from "../auth/verifier.js";
import { flagOf, isSettingName, memberOf, type SettingName, settingNames, settingOf, type Values } from "./settings.js";

/** The server's configuration, read once at startup. Members come from `settings`, except for those named here. */
export interface Config extends Omit<Values, MovedMember> {
  readonly isProduction: boolean;
  /** Whose tokens are accepted. Undefined: there is no authentication. */
  readonly auth: AuthConfig | undefined;
  /** What the core is given. */
  readonly settings: Settings;
}

/** What is not a member of `Config` itself, but part of one. */
type MovedMember = keyof Limits | keyof Settings | (typeof authMembers)[number] | "nodeEnv";

/** Where a value comes from. */
export type Origin =
  | { readonly kind: "flag" | "environment" | "option" | "default" }
  | { readonly kind: "file"; readonly file: string; readonly line: number };

/** What somebody has set: the text is never empty. */
export interface Given {
  readonly text: string;
  readonly origin: Origin;
}

/** Something that the operator should know about the settings. */
export interface Notice {
  /** Whole sentences on one line. Never has a secret. */
  readonly text: string;
  /** The name of the setting, or what was taken for one. */
  readonly setting: string;
}

/** The configuration, or everything that is wrong with it. */
export const configFrom = (given: ReadonlyMap<SettingName, Given>): E.Either<ReadonlyArray<Notice>, Config> => {
  const parsed = settingNames.map((name) => parsedOf(name, given.get(name)));
  const values = Object.fromEntries(parsed.flatMap((one) => (E.isRight(one) ? [one.right] : []))) as Partial<Values>;
  const auth = authFrom(given, values);
  const wrong = [
    ...parsed.flatMap((one) => (E.isLeft(one) ? [one.left] : [])),
    ...(E.isLeft(auth) ? [auth.left] : []),
    ...cutTooEarly(given, values),
    ...halfOfTurn(given),
    ...clusterAlone(given),
    ...hostWithoutPort(given),
    ...samePort(given, values),
    ...webhookAlone(given),
  ];
  if (wrong.length > 0 || E.isLeft(auth)) return E.left(wrong);
  return E.right(assembled(values as Values, auth.right));
};

/** The configuration of an environment; names that are no settings do not matter. An empty variable counts as not set. */
export const configOf = (env: Readonly<Record<string, string | undefined>>): E.Either<ReadonlyArray<Notice>, Config> =>
  configFrom(
    new Map(
      Object.entries(env).flatMap(([name, text = ""]) =>
        isSettingName(name) && text !== "" ? [[name, { text, origin: { kind: "environment" } }]] : [],
      ),
    ),
  );

const parsedOf = (name: SettingName, given: Given | undefined): E.Either<Notice, readonly [string, unknown]> => {
  const { kind } = settingOf(name);
  if (given === undefined) return E.right([memberOf(name), kind.fallback]);
  const value = kind.parse(given.text);
  if (value !== undefined) return E.right([memberOf(name), value]);
  const advice = kind.advice?.(given.text);
  const text = `${asGiven(name, given)}: it must be ${kind.allowed}.${advice === undefined ? "" : ` ${advice}`}`;
  return E.left({ setting: name, text });
};

/** `PORT is "x" in .env:3`, `--port is "x"`, `port is "x" in the options`. A secret is not shown. */
const asGiven = (name: SettingName, { text, origin }: Given): string => {
  const value = settingOf(name).secret ? "wrong" : JSON.stringify(text);
  const label = { flag: flagOf(name), option: memberOf(name), environment: name, file: name, default: name }[
    origin.kind
  ];
  return `${label} is ${value}${placeOf(origin)}`;
};

/** Where a value stands, with a space before it. A flag says it by itself. */
export const placeOf = (origin: Origin): string => {
  switch (origin.kind) {
    case "flag":
      return "";
    case "environment":
      return " in the environment";
    case "option":
      return " in the options";
    case "file":
      return ` in ${origin.file}:${origin.line}`;
    case "default":
      return " by default";
  }
};

/** What tokens are verified with: only one of these can be set. */
export const keyNames = ["AUTH_JWT_SECRET", "AUTH_JWT_PUBLIC_KEY", "AUTH_JWKS_URL"] as const;
const authMembers = ["authJwtSecret", "authJwtPublicKey", "authJwksUrl", "authIssuer", "authAudience"] as const;

/** A server that took the first of two keys would refuse, or accept, whom it should not. */
const authFrom = (
  given: ReadonlyMap<SettingName, Given>,
  values: Partial<Values>,
): E.Either<Notice, AuthConfig | undefined> => {
  const placed = (name: SettingName): string =>
    `${name} is set${placeOf(given.get(name)?.origin ?? { kind: "default" })}`;
  const [first, second] = keyNames.filter((name) => given.has(name));
  if (first !== undefined && second !== undefined) {
    const text = `${placed(second)}, and ${placed(first)}: only one of ${keyNames.join(", ")} can be.`;
    return E.left({ setting: second, text });
  }
  if (first !== undefined) {
    const key = keyFrom(values);
    return E.right(key && { key, issuer: values.authIssuer, audience: values.authAudience });
  }
  const idle = (["AUTH_ISSUER", "AUTH_AUDIENCE"] as const).find((name) => given.has(name));
  if (idle === undefined) return E.right(undefined);
  const text = `${placed(idle)}, but no key to verify tokens with: one of ${keyNames.join(", ")} must be, too.`;
  return E.left({ setting: idle, text });
};

const keyFrom = ({ authJwtSecret, authJwtPublicKey, authJwksUrl }: Partial<Values>): AuthKey | undefined => {
  if (authJwtSecret !== undefined) return { kind: "secret", secret: authJwtSecret };
  if (authJwtPublicKey !== undefined) return { kind: "public-key", pem: authJwtPublicKey };
  if (authJwksUrl !== undefined) return { kind: "key-server", url: authJwksUrl };
  return undefined;
};

/** A TURN server without the secret would refuse everybody. */
const halfOfTurn = (given: ReadonlyMap<SettingName, Given>): ReadonlyArray<Notice> => {
  const [one, ...others] = (["TURN_URLS", "TURN_SECRET"] as const).filter((name) => given.has(name));
  if (one === undefined || others.length > 0) return [];
  const text = `${one} is set${placeOf(given.get(one)?.origin ?? { kind: "default" })}, but ${one === "TURN_URLS" ? "TURN_SECRET" : "TURN_URLS"} is not: both must be, or neither.`;
  return [{ setting: one, text }];
};

/** A ticket of one node has to be good at the others, and rooms are kept in one place. */
const clusterAlone = (given: ReadonlyMap<SettingName, Given>): ReadonlyArray<Notice> => {
  const cluster = given.get("CLUSTER");
  if (cluster === undefined) return [];
  const set = `CLUSTER is set${placeOf(cluster.origin)}`;
  const both = given.has("DATA")
    ? [{ setting: "DATA", text: `${set}, and DATA is, too: only one of them can be.` }]
    : [];
  const text = `${set}, but SESSION_SECRET is not: all nodes must have the same, of 32 characters or more.`;
  return given.has("SESSION_SECRET") ? both : [...both, { setting: "SESSION_SECRET", text }];
};

/** A webhook needs a receiver, a secret, and the file that its queue is in. */
const webhookAlone = (given: ReadonlyMap<SettingName, Given>): ReadonlyArray<Notice> => {
  const set = (["WEBHOOK_URL", "WEBHOOK_SECRET"] as const).find((name) => given.has(name));
  const missing = (["WEBHOOK_URL", "WEBHOOK_SECRET", "HISTORY"] as const).find((name) => !given.has(name));
  if (set === undefined || missing === undefined) return [];
  const where = placeOf(given.get(set)?.origin ?? { kind: "default" });
  const text = `${set} is set${where}, but ${missing} is not: it must be ${settingOf(missing).kind.allowed}.`;
  return [{ setting: set, text }];
};

const cutTooEarly = (
  given: ReadonlyMap<SettingName, Given>,
  { pingAfterMs, cutAfterMs }: Partial<Values>,
): ReadonlyArray<Notice> => {
  if (pingAfterMs === undefined || cutAfterMs === undefined || cutAfterMs > pingAfterMs) return [];
  const cut = given.get("CUT_AFTER_MS") ?? { text: String(cutAfterMs), origin: { kind: "default" } };
  const ping = given.get("PING_AFTER_MS")?.origin ?? { kind: "default" };
  const text = `${asGiven("CUT_AFTER_MS", cut)}: it must be greater than PING_AFTER_MS, which is ${pingAfterMs}${placeOf(ping)}.`;
  return [{ setting: "CUT_AFTER_MS", text }];
};

/**
 * Kubernetes kills after 30 seconds by default, and the last four may go by until all sockets are closed. It is also less
 * than the grace of a session: of two in a call, the one who goes first is still away, and not lost, when the other follows.
 * In development a key stops the server at once.
 */
const productionDrainSeconds = 20;

/** How long a stop takes to send the clients elsewhere; 0: they are all closed at once. */
export const drainSecondsOf = ({ drainSeconds, isProduction }: Config): number =>
  drainSeconds ?? (isProduction ? productionDrainSeconds : 0);

const hostWithoutPort = (given: ReadonlyMap<SettingName, Given>): ReadonlyArray<Notice> => {
  const host = given.get("METRICS_HOST");
  if (host === undefined || given.has("METRICS_PORT")) return [];
  const text = `METRICS_HOST is set${placeOf(host.origin)}, but METRICS_PORT is not: there is no port of the metrics.`;
  return [{ setting: "METRICS_HOST", text }];
};

const samePort = (
  given: ReadonlyMap<SettingName, Given>,
  { port, host, metricsPort, metricsHost = host }: Partial<Values>,
): ReadonlyArray<Notice> => {
  const own = given.get("METRICS_PORT");
  const isApart = host !== undefined && metricsHost !== undefined && host !== metricsHost;
  if (own === undefined || metricsPort === 0 || metricsPort !== port || isApart) return [];
  return [{ setting: "METRICS_PORT", text: `${asGiven("METRICS_PORT", own)}: it must be another port than PORT.` }];
};

const limitNames = Object.keys(defaultLimits) as ReadonlyArray<keyof Limits>;
const { limits: _, ...ownDefaults } = defaultSettings;
const ownNames = Object.keys(ownDefaults) as ReadonlyArray<keyof typeof ownDefaults>;

const assembled = (values: Values, auth: AuthConfig | undefined): Config => ({
  ...omitted(values, [...limitNames, ...ownNames, ...authMembers, "nodeEnv"]),
  isProduction: values.nodeEnv === "production",
  auth,
  settings: { ...picked(values, ownNames), limits: picked(values, limitNames) },
});

const picked = <A extends object, Name extends keyof A>(from: A, names: ReadonlyArray<Name>): Pick<A, Name> =>
  Object.fromEntries(names.map((name) => [name, from[name]])) as Pick<A, Name>;

const omitted = <A extends object, Name extends keyof A>(from: A, names: ReadonlyArray<Name>): Omit<A, Name> =>
  Object.fromEntries(Object.entries(from).filter(([name]) => !names.some((one) => one === name))) as Omit<A, Name>;
