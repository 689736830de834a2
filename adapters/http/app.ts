import { readdirSync } from "node:fs";
import type { RequestListener } from "node:http";
import { join } from "node:path";
import { getRequestListener } from "@hono/node-server";
import { serveStatic } from "@hono/node-server/serve-static";
import { Hono } from "hono";
import { cors } from "hono/cors";
import { methodNotAllowed } from "hono/method-not-allowed";
import { secureHeaders } from "hono/secure-headers";
import { listedRooms, type Millis, type State } from "../../core/index.js";

export interface HttpOptions {
  /** The folder of the built pages. */
  readonly pages: string;
  /** Undefined: the address that the request came to. */
  readonly websocketUrl: string | undefined;
  readonly stunServers: ReadonlyArray<string>;
  /** Undefined: pages of all origins may ask. */
  readonly allowedOrigins: ReadonlyArray<string> | undefined;
  readonly now: () => Millis;
  readonly recording: () => object;
}

/** Health, API and pages. What it tells of rooms is what the state shows. */
export const http = (options: HttpOptions, state: () => State): RequestListener => {
  const app = new Hono();
  app.use(methodNotAllowed({ app }));
  app.use(
    secureHeaders({
      contentSecurityPolicy: {
        defaultSrc: ["'self'"],
        connectSrc: ["'self'", "ws:", "wss:"],
        frameAncestors: ["'self'"],
      },
      strictTransportSecurity: false,
    }),
  );
  app.use("/api/*", cors({ origin: options.allowedOrigins?.slice() ?? "*", allowMethods: ["GET", "HEAD"] }));
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
    const { protocol, host } = new URL(c.req.url);
    const isSecure = (c.req.header("x-forwarded-proto") ?? protocol).startsWith("https");
    const WEBSOCKET_URL = options.websocketUrl ?? `${isSecure ? "wss" : "ws"}://${host}/ws`;
    return c.json({ WEBSOCKET_URL, STUN_SERVERS: options.stunServers });
  });
  app.get("/", serveStatic({ path: join(options.pages, "index.html") }));
  for (const file of readdirSync(options.pages)) app.get(`/${file}`, serveStatic({ path: join(options.pages, file) }));
  app.notFound((c) => c.json({ error: `there is nothing at ${c.req.path}` }, 404));
  // HTTP/1.0 knows no Host header.
  return getRequestListener(app.fetch, { hostname: "localhost" });
};
