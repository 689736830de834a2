import type { Hono } from "hono";
import { clientCount, type State, writtenList } from "../../core/index.js";

/** What the probes tell. */
export interface ProbeOptions {
  readonly state: () => State;
  /** The status of the recording, as `/health` shows it. */
  readonly recording: () => object;
  /** The status of what is kept on disk, as `/health` shows it. */
  readonly data: () => object;
  /** The status of the history, as `/health` shows it. */
  readonly history: () => object;
  /** Why the server is not as it should be; empty where it is. */
  readonly reasons: () => ReadonlyArray<object>;
  /** Whether it takes new clients: false from the moment a drain begins. */
  readonly isReady: () => boolean;
  readonly version: string;
  /** The protocols that clients may speak. */
  readonly protocols: () => ReadonlyArray<string>;
}

/** In the text format of Prometheus. */
export interface Scrape {
  readonly text: () => Promise<string>;
  readonly contentType: string;
}

/**
 * `/health`, `/livez`, `/readyz` and `/version`. What they cost does not grow with the clients, except for the text of the rooms where
 * these are named.
 *
 * @param hasDetails whether `/health` names rooms and people
 */
export const probes = (app: Hono, options: ProbeOptions, hasDetails: boolean): void => {
  const { state, recording, data, history, reasons, isReady, version, protocols } = options;
  app.use("/:probe{health|livez|readyz|version|metrics}", async (c, next) => {
    await next();
    c.header("cache-control", "no-store");
  });
  app.get("/health", (c) => {
    const why = reasons();
    const now = state();
    const summary = {
      status: why.length === 0 ? "ok" : "degraded",
      ...(why.length === 0 ? {} : { reasons: why }),
      connected_clients: clientCount(now),
      recording: recording(),
      data: data(),
      history: history(),
    };
    const rooms = `{"total":${now.shared.rooms.size},"list":${hasDetails ? writtenList(now).text : "[]"}}`;
    // The text of the rooms is there already.
    const body = `${JSON.stringify(summary).slice(0, -1)},"rooms":${rooms}}`;
    return c.body(body, 200, { "content-type": "application/json" });
  });
  app.get("/livez", (c) => c.json({ status: "ok" }));
  app.get("/readyz", (c) => (isReady() ? c.json({ status: "ready" }) : c.json({ status: "draining" }, 503)));
  app.get("/version", (c) => c.json({ name: "signalbox", version, protocols: protocols() }));
};

export const scrapes = (app: Hono, { text, contentType }: Scrape): void => {
  app.get("/metrics", async (c) => c.text(await text(), 200, { "content-type": contentType }));
};
