import { readdirSync } from "node:fs";
import type { RequestListener } from "node:http";
import { join } from "node:path";
import { getRequestListener } from "@hono/node-server";
import { serveStatic } from "@hono/node-server/serve-static";
import { Hono } from "hono";
import { cors } from "hono/cors";
import { methodNotAllowed } from "hono/method-not-allowed";
import { secureHeaders } from "hono/secure-headers";
import { defaultLimits, listedRooms, type Millis, type RoomId, type State, text } from "../../core/index.js";

export interface HttpOptions {
  /** The folder of the built pages. */
  readonly pages: string;
  /** The WebSocket URL that pages are told to use. Undefined: `/ws` on the host of the request. */
  readonly websocketUrl: string | undefined;
  readonly stunServers: ReadonlyArray<string>;
  /** Web origins that may read the API. Undefined: any. */
  readonly allowedOrigins: ReadonlyArray<string> | undefined;
  readonly now: () => Millis;
  /** The status of the recording, as `/health` shows it. */
  readonly recording: () => object;
}

/** Health check, API and pages. All of it is read-only. */
export const http = (options: HttpOptions, state: () => State): RequestListener => {
  const app = new Hono();
  app.use(methodNotAllowed({ app }));
  app.use(secureHeaders(headerOptions));
  app.use("/api/*", cors({ origin: options.allowedOrigins?.slice() ?? "*", allowMethods: ["GET", "HEAD"] }));
  // The client library is nobody's secret: a page of any origin may import it from here.
  app.use("/client.js", cors());
  app.get("/health", (c) => {
    const list = listedRooms(state());
    return c.json({
      status: "ok",
      connected_clients: state().local.clients.size,
      rooms: { total: list.length, list },
      recording: options.recording(),
    });
  });
  app.get("/api/rooms", (c) => {
    const rooms = listedRooms(state());
    return c.json({ total: rooms.length, rooms, timestamp: new Date(options.now()).toISOString() });
  });
  app.get("/api/config", (c) => {
    const websocketUrl = options.websocketUrl ?? websocketUrlOf(c.req.url, c.req.header("x-forwarded-proto"));
    return c.json({ WEBSOCKET_URL: websocketUrl, STUN_SERVERS: options.stunServers });
  });
  const index = serveStatic({ path: join(options.pages, "index.html") });
  app.get("/", index);
  // The link of a room.
  app.get("/r/:room", (c, next) => (roomIds.is(roomNamedBy(c.req.url)) ? index(c, next) : next()));
  for (const file of readdirSync(options.pages)) app.get(`/${file}`, serveStatic({ path: join(options.pages, file) }));
  app.notFound((c) => c.json({ error: `not found: ${c.req.path}` }, 404));
  // HTTP/1.0 requests, as simple load balancers send them, may have no Host header.
  return getRequestListener(app.fetch, { hostname: "localhost" });
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

/** `x-forwarded-proto` is what a proxy that terminates TLS says about the client's side of it. */
const websocketUrlOf = (requestUrl: string, forwardedProto: string | undefined): string => {
  const { protocol, host } = new URL(requestUrl);
  const isSecure = (forwardedProto ?? protocol).startsWith("https");
  return `${isSecure ? "wss" : "ws"}://${host}/ws`;
};
