import { createServer, type IncomingMessage, type RequestListener, ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as O from "fp-ts/lib/Option.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { type Dialect, type Effect, encodeAmong, recipients, type State, seed } from "../../core/index.js";
import manifest from "../../package.json" with { type: "json" };
import { http } from "../http/app.js";
import { type Recorder, recorder } from "../journal/recorder.js";
import { redactor } from "../journal/redact.js";
import * as Log from "../observe/log.js";
import { outbox } from "../sockets/outbox.js";
import { frame, sockets } from "../sockets/ws.js";
import * as Clock from "./clock.js";
import type { Config } from "./config.js";
import { type Runtime, runtime } from "./runtime.js";

export interface Running {
  readonly port: number;
  readonly runtime: Runtime;
  /** Tells everybody to go and waits for it; fulfilled within 4 s. */
  readonly stop: () => Promise<void>;
}

const stopGraceMs = 3_000;
/** A connection that is slow to ask, or to take the answer, is given up. */
const httpLimits = { headersTimeout: 5_000, requestTimeout: 10_000, connectionsCheckingInterval: 1_000 };
const httpIdleMs = 10_000;

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
 * @param dialects what clients may speak; the first is for those that ask for none
 */
export const serve = (
  config: Config,
  pages: string,
  log: Log.Log,
  dialects: Dialects = [seed],
): TE.TaskEither<string, Running> =>
  pipe(
    recorderOf(config, log),
    TE.chain((journal) => listen({ config, pages, log, journal, dialects })),
  );

type Dialects = readonly [Dialect, ...Dialect[]];

interface Parts {
  readonly config: Config;
  readonly pages: string;
  readonly log: Log.Log;
  readonly journal: Recorder;
  readonly dialects: Dialects;
}

const listen =
  ({ config, pages, log, journal, dialects }: Parts): TE.TaskEither<string, Running> =>
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
        { ...config, limits: settings.limits },
        {
          dialects,
          dispatch: loop.dispatch,
          now: Clock.now,
          caughtUp: (client) => out.release(client, loop.state()),
          warn: (client, sentence) => log.write([Log.ofSocket(client, sentence)]),
          turnedAway: (sentence, { socket, url = "", headers: { origin = "" } }) =>
            log.write([Log.ofTurnedAway(sentence, { address: socket.remoteAddress ?? "", url, origin })]),
        },
      );
      const out = outbox({
        encode: encodeAmong(dialects),
        frame,
        dialectOf: ws.dialectOf,
        write: ws.write,
        isBehind: ws.isBehind,
      });

      const answer = http({ ...config, pages, now: Clock.now, recording: journal.standing }, loop.state);
      const server = createServer({ ...httpLimits, maxHeaderSize: 8_192 }, answer);
      server.setTimeout(httpIdleMs);
      server.on("upgrade", (request, socket, head) => {
        if (/^websocket$/i.test(request.headers.upgrade ?? "")) ws.upgrade(request, socket, head);
        else answerInPlace(answer, request, socket as Socket);
      });
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
            stop: async () => {
              const gone = ws.drain(stopGraceMs);
              loop.dispatch({ kind: "ServerStopping", at: Clock.now() });
              server.close();
              await gone;
              server.closeAllConnections();
              await new Promise(setImmediate);
              // Nothing happens any more once the journal is closed.
              wakeAt(O.none);
              await journal.close();
            },
          }),
        );
      });
    });

/** An upgrade to something else than WebSocket is ignored, and the request answered as it is (RFC 9110, 7.8). */
const answerInPlace = (answer: RequestListener, request: IncomingMessage, socket: Socket): void => {
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  response.assignSocket(socket);
  response.on("finish", () => socket.end());
  answer(request, response);
};

const refusalOf = (error: NodeJS.ErrnoException, { port, host }: Config): string => {
  switch (error.code) {
    case "EADDRINUSE":
      return `Port ${port} is in use already. Stop what is using it, or choose another: PORT=${port < 65_535 ? port + 1 : 3_000} npm start`;
    case "EACCES":
      return `Port ${port} may not be opened by this user. Choose one above 1023: PORT=3000 npm start`;
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
      return `HOST is ${JSON.stringify(host)}: it must be an address or host name of this machine.`;
    default:
      return `The server cannot listen on port ${port}: ${error.message}`;
  }
};
