import type { Server } from "node:http";
import type { Server as SecureServer } from "node:https";
import { Server as TlsServer } from "node:tls";
import { fileURLToPath } from "node:url";
import * as E from "fp-ts/lib/Either.js";
import { logger, ofAdvice, urlHost } from "../observe/log.js";
import { configFrom, type Given } from "./config.js";
import { nearestName } from "./near.js";
import { serve as start } from "./serve.js";
import { memberOf, type SettingName, settingNames, type Values } from "./settings.js";
import { warningsFor } from "./warnings.js";

/** All settings, in camelCase: `roomWaitingMax` for `ROOM_WAITING_MAX`. The environment and files are not looked at. */
export interface ServeOptions extends Partial<Values> {
  /**
   * An HTTP server to share: WebSockets are accepted on `path`, and all else is left to its other listeners. It is
   * neither opened nor closed here. Without it, a server is opened on `port`, with the page, `/health` and `/api/`.
   */
  readonly server?: Server | SecureServer;
  /** Where a shared server accepts WebSockets. Default: `/ws`. */
  readonly path?: string;
}

/** A server that runs. */
export interface RunningServer {
  /** What clients connect to: `ws://localhost:3000/ws`. */
  readonly url: string;
  /** 0 while a shared server does not listen. */
  readonly port: number;
  /** The port of the metrics. Undefined: there is none. */
  readonly metricsPort: number | undefined;
  /**
   * Sends clients elsewhere over `drainSeconds`, closes every WebSocket that is left with 1001, then what was opened here.
   * Takes `drainSeconds` and 4 s at most; called again, it is the same stop.
   */
  readonly stop: () => Promise<void>;
}

const logFlushMs = 500;

/** Starts a server in this process. Rejects with an `Error` that tells everything that is wrong, a line each. */
export const serve = async (options: ServeOptions = {}): Promise<RunningServer> => {
  const { server, path = "/ws", ...values } = options;
  const wrong = [...optionFaults(values), ...sharingFaults(options)];
  const config = configFrom(givenIn(values));
  if (E.isLeft(config)) wrong.push(...config.left.map(({ text }) => text));
  if (wrong.length > 0 || E.isLeft(config)) throw new Error(wrong.join("\n"));

  const { isProduction, logLevel, host } = config.right;
  const log = logger({ level: logLevel, isProduction });
  const pages = fileURLToPath(new URL("./page/", import.meta.url));
  const shared = server === undefined ? undefined : { server, path };
  const running = await start(config.right, pages, log, { shared })();
  if (E.isLeft(running)) throw new Error(running.left);
  log.write(warningsFor(config.right).map(ofAdvice));

  const { right } = running;
  return {
    get port() {
      return right.port;
    },
    get url() {
      const scheme = server instanceof TlsServer ? "wss" : "ws";
      return `${scheme}://${urlHost(hostOf(server, host))}:${right.port}${server === undefined ? "/ws" : path}`;
    },
    metricsPort: right.metricsPort,
    stop: () => right.stop().then(() => log.end(logFlushMs)),
  };
};

/** A name for the address, as seen from this machine. */
const hostOf = (server: ServeOptions["server"], host: string | undefined): string => {
  const bound = server?.address();
  return (typeof bound === "object" ? bound?.address : undefined) ?? host ?? "localhost";
};

const nameByMember: ReadonlyMap<string, SettingName> = new Map(settingNames.map((name) => [memberOf(name), name]));

const isGivable = (value: unknown): boolean =>
  value === undefined ||
  ["string", "number"].includes(typeof value) ||
  (Array.isArray(value) && value.every((item) => typeof item === "string"));

const optionFaults = (values: object): string[] =>
  Object.entries(values).flatMap(([member, value]) => {
    if (!nameByMember.has(member)) {
      const near = nearestName(member, [...nameByMember.keys(), "server", "path"]);
      return [`There is no option ${member}: did you mean ${near}?`];
    }
    return isGivable(value) ? [] : [`${member} must be a string, a number or an array of strings.`];
  });

const sharingFaults = ({ server, path, port, host }: ServeOptions): ReadonlyArray<string> => {
  if (server === undefined) return path === undefined ? [] : ["path goes with server only."];
  return [
    ...(path === undefined || /^\/[^?#\s]*$/.test(path) ? [] : ["path must begin with / and have no ?, # or space."]),
    ...(port === undefined && host === undefined ? [] : ["port and host do not go with server, which has its own."]),
  ];
};

const givenIn = (values: object): ReadonlyMap<SettingName, Given> =>
  new Map(
    Object.entries(values).flatMap(([member, value]) => {
      const name = nameByMember.get(member);
      const text = value === undefined || !isGivable(value) ? "" : String(value);
      return name === undefined || text === "" ? [] : [[name, { text, origin: { kind: "option" } }]];
    }),
  );
