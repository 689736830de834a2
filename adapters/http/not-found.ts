import type { Context } from "hono";
import { html } from "hono/html";

/** What is not there, and what to do instead: a page for people, JSON for programs. */
export const notFound =
  (paths: ReadonlyArray<string>) =>
  (c: Context): Response | Promise<Response> => {
    const { path } = c.req;
    const hint = hintFor(path, paths);
    if (!c.req.header("accept")?.includes("text/html"))
      return c.json({ error: `not found: ${path}`, ...(hint === undefined ? {} : { hint }) }, 404);
    return c.html(pageOf(path, hint), 404);
  };

/** Where WebSockets connect, for a request without an upgrade. */
export const upgradeRequired = (c: Context): Response | Promise<Response> => {
  const { path } = c.req;
  c.header("connection", "upgrade");
  c.header("upgrade", "websocket");
  const hint =
    "This is where WebSockets connect; there is nothing to see for a browser. A proxy has to pass Upgrade and Connection on.";
  if (!c.req.header("accept")?.includes("text/html")) return c.json({ error: `upgrade required: ${path}`, hint }, 426);
  return c.html(pageOf(path, hint), 426);
};

const hintFor = (path: string, paths: ReadonlyArray<string>): string | undefined => {
  if (path === "/metrics") return "The metrics are on METRICS_PORT, or here with METRICS=public.";
  if (path.startsWith("/r/")) return "A link of a room is /r/NAME, with a name of up to 128 characters and no slash.";
  const plain = path.toLowerCase().replace(/\/+$/, "");
  const meant = paths.find((one) => one === plain || one === `${plain}.html`);
  return meant === undefined ? undefined : `Did you mean ${meant}?`;
};

const pathCharsMax = 200;

/** What stands in it is escaped. */
const pageOf = (path: string, hint: string | undefined) => html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="color-scheme" content="light dark" />
    <title>Not found · Signalbox</title>
    <link rel="stylesheet" href="/style.css" />
  </head>
  <body>
    <main class="main">
      <section class="card door">
      <h1>There is nothing here</h1>
      <p class="lead">This server has no <code>${path.slice(0, pathCharsMax)}</code>.${hint === undefined ? "" : ` ${hint}`}</p>
      <p>Did you follow a link to a room? It may have lost its end: ask whoever sent it. Or <a href="/">begin a new room</a>.</p>
      </section>
    </main>
  </body>
</html>
`;
