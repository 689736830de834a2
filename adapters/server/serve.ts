import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as O from "fp-ts/lib/Option.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { decoder, type Effect, recipients, type State } from "../../core/index.js";
import manifest from "../../package.json" with { type: "json" };
import { http } from "../http/app.js";
import { type Recorder, recorder } from "../journal/recorder.js";
import { redactor } from "../journal/redact.js";
import * as Log from "../observe/log.js";
import { connections } from "../sockets/connections.js";
import { outbox } from "../sockets/outbox.js";
import { frame, sockets } from "../sockets/ws.js";
import * as Clock from "./clock.js";
import type { Config } from "./config.js";
import { descriptorsForConnections } from "./descriptors.js";
import { type Runtime, runtime } from "./runtime.js";

export interface Running {
  readonly port: number;
  readonly runtime: Runtime;
  /** How many connections are open, for whatever purpose. */
  readonly connections: () => number;
  /** Tells everybody to go and waits for it; fulfilled within 4 s. */
  readonly stop: () => Promise<void>;
}

const stopGraceMs = 3_000;
/** A connection that is slow to ask, or to take the answer, is given up. */
const httpLimits = { headersTimeout: 5_000, requestTimeout: 10_000, connectionsCheckingInterval: 1_000 };
const httpIdleMs = 10_000;
/** The last word on all that is no client: it holds where none of the above does. */
const answerMsMax = 30_000;
/** Connections beside those of the clients: pages, health checks, and those that are about to be turned away. */
const httpConnectionsMax = 1_000;

/** Where there is nothing to record into. */
const unrecorded: Recorder = {
  record: () => {},
  endTurn: () => {},
  standing: () => ({ state: "off", eventsWritten: 0 }),
  close: async () => {},
};

const recorderOf = (config: Config, log: Log.Log): TE.TaskEither<string, Recorder> =>
  config.record === undefined
    ? TE.right(unrecorded)
    : recorder({
        path: config.record,
        payloads: config.recordPayloads,
        fileBytesMax: config.recordFileBytesMax,
        version: manifest.version,
        now: Clock.now,
        redactor,
        failed: (line) => log.write([Log.ofServer(new Error(line))]),
      });

/**
 * Puts the server together and lets it listen; left is one line for the operator.
 *
 * @param pages the folder of the built pages
 * @param answerMs so long a connection that is no client has for each request
 */
export const serve = (
  config: Config,
  pages: string,
  log: Log.Log,
  answerMs = answerMsMax,
): TE.TaskEither<string, Running> =>
  pipe(
    recorderOf(config, log),
    TE.chain((journal) => listen(config, pages, log, answerMs, journal)),
  );

const listen =
  (config: Config, pages: string, log: Log.Log, answerMs: number, journal: Recorder): TE.TaskEither<string, Running> =>
  () =>
    new Promise((resolve) => {
      const { settings } = config;
      const closings: Array<() => void> = [];

      const interpret = (effect: Effect, state: State): void => {
        switch (effect.kind) {
          case "Send":
            out.put(effect.to, effect.message, state);
            return;
          case "Close": {
            const { code, reason } = effect;
            for (const client of recipients(state, effect.to)) closings.push(() => ws.close(client, code, reason));
            return;
          }
          case "Report":
            return;
        }
      };
      const wakeAt = Clock.alarm(() => loop.dispatch({ kind: "ClockTicked", at: Clock.now() }));
      const loop = runtime({
        interpret,
        observe: (event, effects, state) => {
          journal.record(event, effects, state);
          log.write(Log.linesOf(event, effects, state));
        },
        flush: (state) => {
          out.flush(state);
          for (const close of closings.splice(0)) close();
          ws.endTurn();
          journal.endTurn();
        },
        wakeAt,
      });
      const ws = sockets(
        { ...config, frameBytesMax: settings.limits.frameBytesMax },
        {
          decoder: decoder(settings.limits),
          dispatch: loop.dispatch,
          now: Clock.now,
          caughtUp: (client) => out.release(client, loop.state()),
          warn: (client, sentence) => log.write([Log.ofSocket(client, sentence)]),
          admitted: (socket) => all.becameClient(socket),
          turnedAway: (sentence, path, { socket, headers: { origin = "" } }) =>
            log.write([Log.ofTurnedAway(sentence, { address: socket.remoteAddress ?? "", path, origin })]),
        },
      );
      const out = outbox({ frame, write: ws.write, isBehind: ws.isBehind });

      const answer = http({ ...config, pages, now: Clock.now, recording: journal.standing }, loop.state);
      const server = createServer({ ...httpLimits, maxHeaderSize: 8_192 }, answer);
      server.setTimeout(httpIdleMs);
      server.on("upgrade", ws.upgrade);
      server.on("connect", ws.upgrade);
      const connectionsMax = Math.min(config.clientsMax + httpConnectionsMax, descriptorsForConnections());
      const all = connections(
        server,
        { connectionsMax, answerMs },
        {
          dropped: (address) =>
            log.write([Log.ofTurnedAway(`All ${connectionsMax} connections are taken.`, { address })]),
        },
      );
      server.once("error", (error) => {
        journal.close().then(() => resolve(E.left(refusalOf(error, config))));
      });

      server.listen({ port: config.port, ...(config.host === undefined ? {} : { host: config.host }) }, () => {
        server.on("error", (error) => log.write([Log.ofServer(error)]));
        loop.dispatch({ kind: "ServerStarted", at: Clock.now(), settings });
        resolve(
          E.right({
            port: (server.address() as AddressInfo).port,
            runtime: loop,
            connections: all.count,
            stop: async () => {
              const gone = ws.drain(stopGraceMs);
              loop.dispatch({ kind: "ServerStopping", at: Clock.now() });
              server.close();
              await gone;
              all.destroyAll();
              await new Promise(setImmediate);
              // Nothing happens any more once the journal is closed.
              wakeAt(O.none);
              await journal.close();
            },
          }),
        );
      });
    });

const refusalOf = (error: NodeJS.ErrnoException, { port, host }: Config): string => {
  switch (error.code) {
    case "EADDRINUSE":
      return `Port ${port} is already in use. Stop the program that uses it, or choose another port: PORT=${port < 65_535 ? port + 1 : 3_000} npm start`;
    case "EACCES":
      return `This user is not allowed to listen on port ${port}. Choose a port above 1023: PORT=3000 npm start`;
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
      return `HOST is ${JSON.stringify(host)}: it must be a local IP address or host name.`;
    default:
      return `The server cannot listen on port ${port}: ${error.message}`;
  }
};
