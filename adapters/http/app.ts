import type { IncomingMessage, RequestListener } from "node:http";
import { getRequestListener, type HttpBindings } from "@hono/node-server";
import * as E from "fp-ts/lib/Either.js";
import { Hono } from "hono";
import { compress } from "hono/compress";
import { cors } from "hono/cors";
import { methodNotAllowed } from "hono/method-not-allowed";
import { secureHeaders } from "hono/secure-headers";
import {
  defaultLimits,
  type IceServers,
  type Millis,
  type Refusal,
  type RoomId,
  type State,
  text,
  writtenList,
} from "../../core/index.js";
import { type Asset, answerWith, assetFrom, assetsIn } from "./assets.js";
import { notFound, upgradeRequired } from "./not-found.js";
import { type ProbeOptions, probes, type Scrape, scrapes } from "./probes.js";

/** Statuses of answers that refuse: for the token, or since they cannot be given now. */
const refusals = [401, 403, 503] as const;

export interface Refused {
  /** Without the query. */
  readonly path: string;
  readonly status: (typeof refusals)[number];
  /** The sentence of the answer. */
  readonly why: string;
}

export interface HttpOptions {
  /** The folder of the built pages. */
  readonly pages: string;
  /** The WebSocket URL that pages are told to use. Undefined: `/ws` on the host of the request. */
  readonly websocketUrl: string | undefined;
  readonly stunServers: ReadonlyArray<string>;
  /** ICE servers for who shows a token, or none. Left: why it is not accepted. */
  readonly iceFor: (token: string | undefined) => Promise<E.Either<Refusal, IceServers>>;
  /** Whether a request came to a proxy by TLS. */
  readonly isSecure: (request: IncomingMessage) => boolean;
  /** Web origins that may read the API. Undefined: any. */
  readonly allowedOrigins: ReadonlyArray<string> | undefined;
  readonly now: () => Millis;
  /** Takes a request that asks for a WebSocket, and whose upgrade is missing. */
  readonly withoutUpgrade: (request: IncomingMessage) => void;
  readonly probes: ProbeOptions;
  /** What is under `/api/history`. Undefined: nothing. */
  readonly historyApi: Hono | undefined;
  /** Whether `/health` names rooms and people. */
  readonly hasDetails: boolean;
  /** What `/metrics` answers here. Undefined: it is not here. */
  readonly scrape: Scrape | undefined;
  /** Takes a request to `/api/` that was refused. */
  readonly refused: (request: IncomingMessage, refused: Refused) => void;
}

/** What is served on the port of the metrics: these, and the probes with all details. Not for the public. */
export const metricsPage = (options: ProbeOptions, scrape: Scrape, historyApi: Hono | undefined): RequestListener => {
  const app = new Hono();
  app.use(methodNotAllowed({ app }));
  probes(app, options, true);
  scrapes(app, scrape);
  if (historyApi !== undefined) app.route("/", historyApi);
  const hint = "Here are /metrics, /health, /livez, /readyz and /version, and with HISTORY also /api/history.";
  app.notFound((c) => c.json({ error: `not found: ${c.req.path}`, hint }, 404));
  return getRequestListener(app.fetch, { hostname: "localhost" });
};

/** Probes, API and pages. All of it is read-only. */
export const http = (options: HttpOptions, state: () => State): RequestListener => {
  const app = new Hono();
  app.use(methodNotAllowed({ app }));
  app.use(secureHeaders(headerOptions));
  app.use("/api/*", cors({ origin: options.allowedOrigins?.slice() ?? "*", allowMethods: ["GET", "HEAD"] }));
  // The client library is nobody's secret: a page of any origin may import it from here.
  app.use("/client.js", cors());
  probes(app, options.probes, options.hasDetails);
  if (options.scrape !== undefined) scrapes(app, options.scrape);
  const rooms = roomList(state, options.now);
  app.get("/api/rooms", (c) => answerWith(c, rooms()));
  app.use("/api/*", compress({ encoding: "gzip" }));
  app.use("/api/*", async (c, next) => {
    await next();
    const status = refusals.find((it) => it === c.res.status);
    if (status === undefined) return;
    const { error } = JSON.parse(await c.res.clone().text());
    options.refused((c.env as HttpBindings).incoming, { path: c.req.path, status, why: error });
  });
  app.get("/api/config", async (c) => {
    // It may have credentials.
    c.header("cache-control", "no-store");
    const found = await options.iceFor(bearerIn(c.req.header("authorization")));
    if (E.isLeft(found)) {
      const { code, message } = found.left;
      return c.json({ error: message, code }, code === "token-unverifiable" ? 503 : 401);
    }
    const { iceServers, iceServersTtlMs } = found.right;
    const { incoming } = c.env as HttpBindings;
    return c.json({
      WEBSOCKET_URL: options.websocketUrl ?? websocketUrlOf(c.req.url, options.isSecure(incoming)),
      STUN_SERVERS: options.stunServers,
      ICE_SERVERS: iceServers,
      ...(iceServersTtlMs === undefined ? {} : { ICE_SERVERS_TTL_MS: iceServersTtlMs }),
    });
  });
  if (options.historyApi !== undefined) app.route("/", options.historyApi);
  app.on("GET", ["/ws", "/ws/"], (c) => {
    options.withoutUpgrade((c.env as HttpBindings).incoming);
    return upgradeRequired(c);
  });
  const assets = assetsIn(options.pages);
  for (const [path, asset] of assets) app.get(path, (c) => answerWith(c, asset));
  const page = assets.get("/index.html");
  if (page !== undefined) {
    app.get("/", (c) => answerWith(c, page));
    // The link of a room.
    app.get("/r/:room", (c, next) => (roomIds.is(roomNamedBy(c.req.url)) ? answerWith(c, page) : next()));
  }
  app.notFound(
    notFound([
      "/health",
      "/livez",
      "/readyz",
      "/version",
      "/api/rooms",
      "/api/config",
      ...(options.historyApi === undefined ? [] : ["/api/history"]),
      ...assets.keys(),
    ]),
  );
  // HTTP/1.0 requests, as simple load balancers send them, may have no Host header.
  return getRequestListener(app.fetch, { hostname: "localhost" });
};

/** No more than this share of the time is spent on making the list anew. */
const listShareMax = 0.1;

/** The list of rooms, made again when they have changed; where that takes long, less often. */
const roomList = (state: () => State, now: () => Millis): (() => Asset) => {
  let known: { readonly of: object; readonly asset: Asset; readonly goodUntil: number } | undefined;
  return () => {
    const current = state();
    const began = performance.now();
    if (known !== undefined && (known.of === current.shared.rooms || began < known.goodUntil)) return known.asset;
    const { total, text: rooms } = writtenList(current);
    const body = `{"total":${total},"rooms":${rooms},"timestamp":"${new Date(now()).toISOString()}"}`;
    const asset = assetFrom("application/json", Buffer.from(body), 1);
    const tookMs = performance.now() - began;
    // What is made quickly is always up to date.
    known = { of: current.shared.rooms, asset, goodUntil: tookMs < 5 ? 0 : began + tookMs / listShareMax };
    return asset;
  };
};

const roomIds = text<RoomId>(1, defaultLimits.idCharsMax);

/** Undefined where it cannot be decoded. */
const roomNamedBy = (url: string): string | undefined => {
  try {
    return decodeURIComponent(new URL(url).pathname.slice("/r/".length));
  } catch {
    return undefined;
  }
};

const headerOptions = {
  contentSecurityPolicy: {
    defaultSrc: ["'self'"],
    connectSrc: ["'self'", "ws:", "wss:"],
    frameAncestors: ["'self'"],
  },
  // Set by the proxy that terminates TLS, where there is one.
  strictTransportSecurity: false,
};

const websocketUrlOf = (requestUrl: string, isForwardedSecurely: boolean): string => {
  const { protocol, host } = new URL(requestUrl);
  return `${isForwardedSecurely || protocol === "https:" ? "wss" : "ws"}://${host}/ws`;
};

/** RFC 6750, 2.1. */
const bearerIn = (authorization: string | undefined): string | undefined =>
  /^Bearer +(\S+)$/i.exec(authorization ?? "")?.[1];
