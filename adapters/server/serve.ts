import { randomBytes } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as O from "fp-ts/lib/Option.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import {
  type Dialect,
  type Effect,
  encodeAmong,
  type Millis,
  recipients,
  type State,
  seed,
  v1,
} from "../../core/index.js";
import manifest from "../../package.json" with { type: "json" };
import { type Greeter, greeterOfAll, greeterOfBearers } from "../auth/greet.js";
import { type Tickets, tickets } from "../auth/tickets.js";
import { verifier } from "../auth/verifier.js";
import { http } from "../http/app.js";
import { type Recorder, recorder } from "../journal/recorder.js";
import { redactor } from "../journal/redact.js";
import * as Log from "../observe/log.js";
import { type Connections, connections } from "../sockets/connections.js";
import { type Outbox, outbox } from "../sockets/outbox.js";
import { frame, type Sockets, sockets } from "../sockets/ws.js";
import * as Clock from "./clock.js";
import type { Config } from "./config.js";
import { descriptorsForConnections } from "./descriptors.js";
import { type Runtime, runtime } from "./runtime.js";

export interface Running {
  readonly port: number;
  readonly runtime: Runtime;
  /** Number of open connections, clients included. */
  readonly connections: () => number;
  /** Closes every connection with 1001, then the journal. Takes 4 s at most. */
  readonly stop: () => Promise<void>;
}

/** Clients have this long to answer the close. */
const stopGraceMs = 3_000;
const httpIdleMs = 10_000;
const httpOptions = {
  headersTimeout: 5_000,
  requestTimeout: 10_000,
  connectionsCheckingInterval: 1_000,
  maxHeaderSize: 8_192,
};
/** The deadline of every connection that is not a client, also where the time limits of `node:http` do not apply. */
const answerMsMax = 30_000;
/** Connections beside those of the clients: pages, health checks, and upgrades that will be turned away. */
const httpConnectionsMax = 1_000;

interface Given {
  readonly config: Config;
  /** The folder of the built pages. */
  readonly pages: string;
  readonly log: Log.Log;
  readonly journal: Recorder;
  readonly answerMs: number;
  readonly dialects: Dialects;
  readonly issued: Tickets;
  readonly greeter: Greeter;
}

/** What clients may speak; the first is for those that name none. */
type Dialects = readonly [Dialect, ...Dialect[]];

interface Parts {
  readonly loop: Runtime;
  readonly wakeAt: (deadline: O.Option<Millis>) => void;
  readonly ws: Sockets;
  readonly server: Server;
  readonly open: Connections;
}

/**
 * Starts the server. Left: a one-line error for the operator.
 *
 * @param pages the folder of the built pages
 * @param options `answerMs` is the time limit of one HTTP request, its answer included
 */
export const serve = (
  config: Config,
  pages: string,
  log: Log.Log,
  { answerMs = answerMsMax, dialects = [seed, v1] }: Partial<Pick<Given, "answerMs" | "dialects">> = {},
): TE.TaskEither<string, Running> =>
  pipe(
    TE.Do,
    TE.let("issued", () => tickets(config.sessionSecret ?? randomBytes(32))),
    TE.bind("greeter", ({ issued }) => TE.fromEither(greeterOf(config, issued, log))),
    TE.bind("journal", () => recorderOf(config, log)),
    TE.chain((more) => start({ config, pages, log, answerMs, dialects, ...more })),
  );

const greeterOf = ({ auth, settings }: Config, issued: Tickets, log: Log.Log): E.Either<string, Greeter> =>
  auth === undefined
    ? E.right(greeterOfAll(issued))
    : pipe(
        verifier(auth, { limits: settings.limits, warn: (sentence) => log.write([Log.ofServer(sentence)]) }),
        E.map((keys) => greeterOfBearers(issued, keys)),
      );

/** The recorder of a server that does not record. */
const unrecorded: Recorder = {
  record: () => {},
  endTurn: () => {},
  status: () => ({ state: "off", eventsWritten: 0 }),
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
        timings: { pingAfterMs: config.pingAfterMs, cutAfterMs: config.cutAfterMs },
        now: Clock.now,
        redactor,
        failed: (line) => log.write([Log.ofServer(new Error(line))]),
      });

/** Connects the parts: what each of them is given, and what it calls. Nothing listens yet. */
const assemble = (given: Given): Parts => {
  const { config, log, journal, dialects, issued, greeter } = given;
  const { limits } = config.settings;

  const wakeAt = Clock.alarm(() => loop.dispatch({ kind: "ClockTicked", at: Clock.now() }));
  const loop = runtime({
    interpret: (effect, state) => output.interpret(effect, state),
    // Log and recording are made here, from each event and the facts in its effects. A metric belongs here too: write a
    // function (event, effects, state) in adapters/observe, as `linesOf` is one, and call it here.
    observe: (event, effects, state) => {
      journal.record(event, effects, state);
      log.write(Log.linesOf(event, effects, state));
    },
    flush: (state) => {
      output.flush(state);
      ws.endTurn();
      journal.endTurn();
    },
    wakeAt,
  });
  const ws = sockets(
    { ...config, limits },
    {
      dialects,
      dispatch: loop.dispatch,
      now: Clock.now,
      greeter,
      caughtUp: (client) => out.release(client, loop.state()),
      warn: (client, sentence) => log.write([Log.ofSocket(client, sentence)]),
      admitted: (socket) => open.becameClient(socket),
      turnedAway: (sentence, path, { socket, headers: { origin = "" } }) =>
        log.write([Log.ofTurnedAway(sentence, { address: socket.remoteAddress ?? "", path, origin })]),
    },
  );
  const out = outbox({
    encode: encodeAmong(dialects, {
      ticketOf: issued.ticketOf,
      iceServers: config.stunServers.map((urls) => ({ urls })),
    }),
    frame,
    dialectOf: ws.dialectOf,
    write: ws.write,
    isBehind: ws.isBehind,
  });
  const output = outputOf(out, ws);
  const server = httpServer(given, loop, ws);
  const open = connectionsOf(given, server);
  return { loop, wakeAt, ws, server, open };
};

/** Carries effects out. Closes wait for the end of the turn, so that a client gets first what it was sent before. */
const outputOf = (out: Outbox, ws: Sockets) => {
  const closes: Array<() => void> = [];
  return {
    interpret: (effect: Effect, state: State): void => {
      switch (effect.kind) {
        case "Send":
          out.put(effect.to, effect.message, state);
          return;
        case "Close": {
          const { code, reason } = effect;
          for (const client of recipients(state, effect.to)) closes.push(() => ws.close(client, code, reason));
          return;
        }
        case "Report":
          // A fact: `observe` has seen it.
          return;
      }
    },
    flush: (state: State): void => {
      out.flush(state);
      for (const close of closes.splice(0)) close();
    },
  };
};

const httpServer = ({ config, pages, journal }: Given, loop: Runtime, ws: Sockets): Server => {
  const answer = http({ ...config, pages, now: Clock.now, recording: journal.status }, loop.state);
  const server = createServer(httpOptions, answer);
  server.setTimeout(httpIdleMs);
  server.on("upgrade", ws.upgrade);
  server.on("connect", ws.upgrade);
  return server;
};

const connectionsOf = ({ config, answerMs, log }: Given, server: Server): Connections => {
  const connectionsMax = Math.min(config.clientsMax + httpConnectionsMax, descriptorsForConnections());
  return connections(
    server,
    { connectionsMax, answerMs },
    {
      dropped: (address) => log.write([Log.ofTurnedAway(`All ${connectionsMax} connections are taken.`, { address })]),
    },
  );
};

const start =
  (given: Given): TE.TaskEither<string, Running> =>
  () =>
    new Promise((resolve) => {
      const { config, log, journal } = given;
      const parts = assemble(given);
      const { server, loop, open } = parts;
      const failed = (error: Error): void => {
        journal.close().then(() => resolve(E.left(listenError(error, config))));
      };
      server.once("error", failed);
      server.listen({ port: config.port, ...(config.host === undefined ? {} : { host: config.host }) }, () => {
        server.off("error", failed);
        server.on("error", (error) => log.write([Log.ofServer(error)]));
        loop.dispatch({ kind: "ServerStarted", at: Clock.now(), settings: config.settings });
        const { port } = server.address() as AddressInfo;
        resolve(E.right({ port, runtime: loop, connections: open.count, stop: () => stop(parts, journal) }));
      });
    });

const stop = async ({ loop, wakeAt, ws, server, open }: Parts, journal: Recorder): Promise<void> => {
  const drained = ws.drain(stopGraceMs);
  loop.dispatch({ kind: "ServerStopping", at: Clock.now() });
  server.close();
  await drained;
  open.destroyAll();
  // The last turn of the loop, with the disconnects, is over before the journal is closed; no tick comes after it.
  await new Promise(setImmediate);
  wakeAt(O.none);
  await journal.close();
};

/** Why the server could not listen, and what to do about it. */
const listenError = (error: NodeJS.ErrnoException, { port, host }: Config): string => {
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
