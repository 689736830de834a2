import { randomBytes } from "node:crypto";
import type { IncomingMessage, RequestListener } from "node:http";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as O from "fp-ts/lib/Option.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import {
  type Dialect,
  type Effect,
  type Event,
  encodeAmong,
  type Millis,
  recipients,
  type State,
  seed,
  v1,
} from "../../core/index.js";
import manifest from "../../package.json" with { type: "json" };
import { type Greeter, greeterOfAll, greeterOfBearers } from "../auth/greet.js";
import type { KeyServerOptions } from "../auth/key-server.js";
import { type Tickets, tickets } from "../auth/tickets.js";
import { type Ice, ice, iceFor } from "../auth/turn.js";
import { type Verifier, verifier } from "../auth/verifier.js";
import type { History } from "../history/history.js";
import { http, metricsPage, type Refused } from "../http/app.js";
import { type Recorder, recorder } from "../journal/recorder.js";
import { redactor } from "../journal/redact.js";
import * as Log from "../observe/log.js";
import { type Connections, connections } from "../sockets/connections.js";
import { type Outbox, outbox } from "../sockets/outbox.js";
import { pace } from "../sockets/pace.js";
import { type Origin, originBehind } from "../sockets/proxy.js";
import { frame, type Sockets, sockets } from "../sockets/ws.js";
import * as Clock from "./clock.js";
import { type Config, drainSecondsOf } from "./config.js";
import { type Data, dataOf } from "./data.js";
import { descriptorsForConnections } from "./descriptors.js";
import { type HistoryApis, historyApisOf, historyOf } from "./kept.js";
import type { Place } from "./listen.js";
import { type Listening, ownServer, pathsOf, type Shared, sharedServer } from "./listening.js";
import { type Observation, observation } from "./observation.js";
import { type Runtime, runtime } from "./runtime.js";

export interface Running {
  /** 0 while a shared server listens on none. */
  readonly port: number;
  /** The port of the metrics. Undefined: there is none. */
  readonly metricsPort: number | undefined;
  readonly runtime: Runtime;
  /** Number of open connections, clients included. */
  readonly connections: () => number;
  /** From now on `/readyz` answers 503, so that no new clients are sent here. Everything else goes on. */
  readonly beginDrain: () => void;
  /** Whether the server has begun to stop, or has been told to be not ready. */
  readonly isDraining: () => boolean;
  /**
   * Is not ready any more, sends clients elsewhere over `DRAIN_SECONDS`, then closes every connection that is left with
   * 1001, then the journal. Takes 4 s more at most; with `DATA` on a
   * disk that does not answer, some 10 s.
   */
  readonly stop: () => Promise<void>;
  /** Fulfilled when it has stopped of itself: the log says why, and an operator has to do something about it. */
  readonly hasEnded: Promise<void>;
}

/** Clients have this long to answer the close. */
const stopGraceMs = 3_000;
/** The deadline of every connection that is not a client, also where the time limits of `node:http` do not apply. */
const answerMsMax = 30_000;
/** Connections beside those of the clients: pages, health checks, and upgrades that will be turned away. */
const httpConnectionsMax = 1_000;
/** Connections to the port of the metrics. */
const metricsConnectionsMax = 64;

interface Given {
  readonly config: Config;
  /** The folder of the built pages. */
  readonly pages: string;
  readonly log: Log.Log;
  readonly journal: Recorder;
  readonly data: Data;
  readonly kept: History;
  readonly apis: HistoryApis;
  readonly answerMs: number;
  readonly dialects: Dialects;
  /** Undefined: a server of its own. */
  readonly shared: Shared | undefined;
  readonly issued: Tickets;
  readonly greeter: Greeter;
  readonly ice: Ice;
  readonly keyServer: KeyServer;
  readonly origin: Origin;
}

/** What clients may speak; the first is for those that name none. */
type Dialects = readonly [Dialect, ...Dialect[]];

interface Parts {
  readonly loop: Runtime;
  readonly wakeAt: (deadline: O.Option<Millis>) => void;
  readonly ws: Sockets;
  readonly listening: Listening;
  readonly open: Connections;
  readonly readiness: Readiness;
  readonly observed: Observation;
  /** Undefined: there is no port of the metrics. */
  readonly scraped: Listening | undefined;
}

/** Whether the server takes clients. Once it does not, it never does again. */
interface Readiness {
  readonly isReady: () => boolean;
  readonly beginDrain: () => void;
}

const readinessOf = (): Readiness => {
  let isReady = true;
  return {
    isReady: () => isReady,
    beginDrain: () => {
      isReady = false;
    },
  };
};

/**
 * Starts the server. Left: a one-line error for the operator.
 *
 * @param pages the folder of the built pages
 * @param options `answerMs` is the time limit of one HTTP request, its answer included; `shared` a server of somebody else to use
 */
export const serve = (
  config: Config,
  pages: string,
  log: Log.Log,
  {
    answerMs = answerMsMax,
    dialects = [seed, v1],
    shared,
  }: Partial<Pick<Given, "answerMs" | "dialects" | "shared">> = {},
): TE.TaskEither<string, Running> =>
  pipe(
    TE.Do,
    TE.let("ice", () => ice(config)),
    TE.let("origin", () => originBehind(config.trustProxy, (address) => log.write([Log.ofUnnamedProxy(address)]))),
    TE.let("keyServer", () => keyServerOf(log)),
    TE.bind("keys", ({ keyServer }) => TE.fromEither(verifierOf(config, keyServer))),
    TE.bind("kept", () => historyOf(config, pages, log)),
    TE.let("apis", ({ kept, keys }) => historyApisOf(config, kept, keys)),
    TE.bind("journal", ({ kept }) =>
      pipe(
        recorderOf(config, log),
        TE.orElseFirstTaskK(() => kept.close),
      ),
    ),
    TE.bind("data", ({ kept, journal }) =>
      pipe(
        dataOf(config, log),
        TE.orElseFirstTaskK(() => () => Promise.all([kept.close(), journal.discard()])),
      ),
    ),
    TE.let("issued", ({ data }) => tickets(config.sessionSecret ?? data.secret ?? randomBytes(32))),
    TE.let("greeter", ({ issued, keys }) =>
      keys === undefined ? greeterOfAll(issued) : greeterOfBearers(issued, keys),
    ),
    TE.chain((more) => start({ config, pages, log, answerMs, dialects, shared, ...more })),
  );

/** Undefined: there is no authentication. */
const verifierOf = ({ auth, settings }: Config, keyServer: KeyServer): E.Either<string, Verifier | undefined> =>
  auth === undefined ? E.right(undefined) : verifier(auth, { limits: settings.limits, ...keyServer });

/** How the key server does, where there is one. */
interface KeyServer extends Pick<KeyServerOptions, "warn" | "recovered"> {
  readonly error: () => string | undefined;
}

const keyServerOf = (log: Log.Log): KeyServer => {
  let error: string | undefined;
  return {
    error: () => error,
    warn: (sentence) => {
      error = sentence;
      log.write([Log.ofKeyServerFailure(sentence)]);
    },
    recovered: () => {
      error = undefined;
      log.write([Log.ofKeyServer("AUTH_JWKS_URL gives keys again.")]);
    },
  };
};

/** The recorder of a server that does not record. */
const unrecorded: Recorder = {
  record: () => {},
  endTurn: () => {},
  status: () => ({ state: "off", eventsWritten: 0 }),
  close: async () => {},
  discard: async () => {},
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
        failed: (line) => log.write([Log.ofFailure("recording-ended", new Error(line))]),
      });

/** Connects the parts: what each of them is given, and what it calls. Nothing listens yet. */
const assemble = (given: Given): Parts => {
  const { config, log, journal, data, kept, dialects, issued, greeter, origin, shared } = given;
  const { limits } = config.settings;
  const readiness = readinessOf();
  const connectionsMax = Math.min(config.clientsMax + httpConnectionsMax, descriptorsForConnections());

  const observed = observation(() => ({
    ...{ loop, ws, open, connectionsMax, isReady: readiness.isReady },
    recording: journal.status,
    data: data.status,
    history: kept.status,
    keyServerError: given.keyServer.error,
    clientsMax: config.clientsMax,
    protocols: dialects.map(({ name }) => name),
  }));
  const dispatch = (event: Event): void => {
    data.check();
    loop.dispatch(event);
  };
  const wakeAt = Clock.alarm(() => dispatch({ kind: "ClockTicked", at: data.now() }), Clock.timersBy(data.now));
  const loop = runtime({
    interpret: (effect, state) => output.interpret(effect, state),
    // Recording, metrics, log and history are made here, from each event and the facts in its effects.
    observe: (event, effects, state) => {
      journal.record(event, effects, state);
      observed.metrics.observe(event, effects);
      log.write(Log.linesOf(event, effects, { state, addressOf: ws.addressOf, hasDebug: log.hasDebug }));
      kept.observe(event, effects, state);
      data.observe(event, effects, state);
    },
    flush: (state, isIdle) => {
      output.flush(state);
      if (isIdle) ws.endTurn();
      journal.endTurn();
    },
    turned: observed.metrics.turned,
    wakeAt,
    hold: (client, isHeld) => ws.hold(client, isHeld),
  });
  const ws = sockets(
    { ...config, limits, paths: shared === undefined ? ["/", "/ws", "/ws/"] : pathsOf(shared) },
    {
      dialects,
      dispatch,
      now: data.now,
      greeter,
      caughtUp: (client) => out.release(client, loop.state()),
      warn: (client, sentence) => log.write([Log.ofSocket(client, sentence)]),
      admitted: (socket) => open.becameClient(socket),
      addressOf: origin.addressOf,
      helloRefused: (client, address, refusal) => log.write([Log.ofHelloRefused(client, address, refusal)]),
      turnedAway: (sentence, path, request) => {
        const { origin: page = "" } = request.headers;
        log.write([Log.ofTurnedAway(sentence, { address: origin.addressOf(request), path, origin: page })]);
      },
    },
  );
  const out = outbox({
    encode: encodeAmong(dialects, {
      ticketOf: issued.ticketOf,
      iceServersOf: given.ice.of,
    }),
    frame,
    dialectOf: ws.dialectOf,
    write: ws.write,
    fits: ws.fits,
    isBehind: ws.isBehind,
    pace: pace(),
    later: later(() => out.sendLate(loop.state())),
  });
  const output = outputOf(out, ws, data);
  const open = connections(given.answerMs);
  const around = { ws, open, connectionsMax, log };
  const listening =
    shared === undefined
      ? ownServer(answerOf(given, { loop, ws, observed }), { ...around, place: mainPlace(config) })
      : sharedServer(shared, around);
  return { loop, wakeAt, ws, listening, open, readiness, observed, scraped: scrapedOf(given, observed) };
};

/** Calls once after so many ms, however often it is asked meanwhile. */
const later = (then: () => void): ((ms: number) => void) => {
  let isDue = false;
  return (ms) => {
    if (isDue) return;
    isDue = true;
    setTimeout(() => {
      isDue = false;
      then();
    }, ms).unref();
  };
};

/** Carries effects out. Closes wait for the end of the turn, so that a client gets first what it was sent before. */
const outputOf = (out: Outbox, ws: Sockets, data: Data) => {
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
        case "Append":
          data.append(effect.entry);
          return;
        case "Forward":
        case "Reply":
          data.send(effect);
          return;
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

const answerOf = (
  { config, pages, ice, greeter, origin, apis, log }: Given,
  { loop, ws, observed }: Pick<Parts, "loop" | "ws" | "observed">,
): RequestListener => {
  const { metrics, metricsPort, healthDetails, isProduction } = config;
  const isScrapedHere = metrics === "public" || (!isProduction && metricsPort === undefined);
  const options = {
    ...{ ...config, pages, now: Clock.now, probes: observed.probes, historyApi: apis.main },
    iceFor: iceFor(ice, greeter),
    withoutUpgrade: ws.withoutUpgrade,
    isSecure: origin.isSecure,
    scrape: isScrapedHere ? observed.metrics : undefined,
    refused: (request: IncomingMessage, refused: Refused) => {
      observed.metrics.apiRefused(refused.status);
      log.write([Log.ofApiRefused(origin.addressOf(request), refused)]);
    },
    hasDetails: healthDetails === "show" || (healthDetails === "auto" && !isProduction),
  };
  return http(options, loop.state);
};

/** The server on the port of the metrics. It has places of its own: whoever fills the main port does not blind the operator. */
const scrapedOf = ({ config, answerMs, log, apis }: Given, { probes, metrics }: Observation): Parts["scraped"] => {
  const { host, metricsPort: port, metricsHost } = config;
  if (port === undefined) return undefined;
  const hostVariable = metricsHost === undefined ? "HOST" : "METRICS_HOST";
  return ownServer(metricsPage(probes, metrics, apis.metrics), {
    open: connections(answerMs),
    connectionsMax: metricsConnectionsMax,
    log,
    place: { port, host: metricsHost ?? host, portVariable: "METRICS_PORT", hostVariable },
  });
};

const mainPlace = ({ port, host }: Config): Place => ({
  ...{ port, host },
  ...({ portVariable: "PORT", hostVariable: "HOST" } as const),
});

const start =
  (given: Given): TE.TaskEither<string, Running> =>
  async () => {
    const parts = assemble(given);
    const { listening, scraped, loop, open, readiness } = parts;
    // The main port comes last: who reaches it reaches all.
    const begun = await pipe(
      scraped?.begin ?? TE.right(undefined),
      TE.chain(() => given.data.begin(loop)),
      TE.chain(() => listening.begin),
    )();
    if (E.isLeft(begun)) {
      parts.observed.stop();
      scraped?.close();
      await Promise.all([given.journal.discard(), given.kept.close(), given.data.close()]);
      return begun;
    }
    const { beginDrain, isReady } = readiness;
    let stopped: Promise<void> | undefined;
    const stopOnce = (): Promise<void> => {
      stopped ??= stop(parts, given);
      return stopped;
    };
    const hasEnded = given.data.outdated.then((sentence) => {
      given.log.write([Log.ofOutdated(sentence)]);
      return stopOnce();
    });
    return E.right({
      get port() {
        return listening.port();
      },
      metricsPort: scraped?.port(),
      runtime: loop,
      connections: open.count,
      beginDrain,
      isDraining: () => !isReady(),
      stop: stopOnce,
      hasEnded,
    });
  };

const closeFiles = async ({ journal, kept, data }: Given): Promise<void> => {
  await Promise.all([journal.close(), kept.close(), data.close()]);
};

/** What is on its way to a disk that does not answer is waited for so long. */
const settleMsMax = 2_000;

/** Many events take more than one turn. */
const allReduced = async (loop: Runtime): Promise<void> => {
  const ends = performance.now() + settleMsMax;
  do await new Promise(setImmediate);
  while (loop.queued() > 0 && performance.now() < ends);
};

const stop = async (
  { loop, wakeAt, ws, listening, readiness, observed, scraped }: Parts,
  given: Given,
): Promise<void> => {
  const { config, log } = given;
  const drainSeconds = drainSecondsOf(config);
  readiness.beginDrain();
  // Meanwhile all else goes on: requests of HTTP, and what clients say to each other until their moment.
  if (drainSeconds > 0) {
    const left = await ws.drain(drainSeconds * 1_000);
    // The disconnects are logged first.
    await allReduced(loop);
    log.write([Log.ofDrained(left)]);
  }
  const ended = ws.end(stopGraceMs);
  loop.dispatch({ kind: "ServerStopping", at: Clock.now() });
  listening.close();
  await ended;
  listening.end();
  // The last turn of the loop, with the disconnects, is over before the files are closed; no tick comes after it.
  await allReduced(loop);
  wakeAt(O.none);
  await closeFiles(given);
  observed.stop();
  scraped?.close();
  scraped?.end();
};
