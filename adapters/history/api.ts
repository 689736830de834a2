import * as E from "fp-ts/lib/Either.js";
import { type Context, Hono } from "hono";
import { mayEnter, type RoomId, text } from "../../core/index.js";
import type { History } from "./history.js";
import type { Page } from "./page.js";

export interface HistoryApiOptions {
  readonly query: History["query"];
  /**
   * The rooms that the sender of a request may know about; `header` is its `Authorization`. Left: why it is refused, with the status of
   * the answer. Undefined, on a port that strangers do not reach: everybody may know about all.
   */
  readonly reader?: (
    header: string | undefined,
  ) => Promise<E.Either<{ readonly status: 401 | 403 | 503; readonly error: string }, ReadonlyArray<string>>>;
}

/** `GET /api/history` (docs/HISTORY.md, "The API"), to be mounted with `app.route("/", …)`. */
export const historyApi = ({ query, reader = async () => E.right(["*"]) }: HistoryApiOptions): Hono => {
  const app = new Hono();
  app.get("/api/history", async (c) => {
    c.header("cache-control", "no-store");
    const rooms = await reader(c.req.header("authorization"));
    if (E.isLeft(rooms)) return denied(c, rooms.left);
    const asked = askedOf(new URL(c.req.url).searchParams);
    if (E.isLeft(asked)) return c.json({ error: asked.left }, 400);
    const { room } = asked.right;
    if (room !== undefined && !mayEnter({ rooms: rooms.right }, room as RoomId))
      return c.json({ error: `not allowed: the token is not for room ${room}` }, 403);
    const answer = await query({ ...asked.right, rooms: rooms.right });
    if (E.isLeft(answer)) return c.json({ error: answer.left }, 503);
    if (answer.right === undefined) return c.json({ error: `cursor is ${wrongCursor}` }, 400);
    return c.json(bodyOf(answer.right));
  });
  return app;
};

const denied = (
  c: Context,
  { status, error }: { readonly status: 401 | 403 | 503; readonly error: string },
): Response => {
  // RFC 6750, 3: who shows no token is not told of an error.
  if (status === 401) c.header("www-authenticate", "Bearer");
  return c.json({ error }, status);
};

const bodyOf = ({ facts, last, hasMore }: Page): object => ({ facts, cursor: cursorOf(last), more: hasMore });

/** What a request asks for. */
interface Asked {
  readonly room?: string;
  readonly user?: string;
  readonly since?: number;
  readonly after: number;
}

const wrongCursor = "of no page of this history: leave it out to begin at the start";
const id = text<string>(1, 1_024);
const members = ["room", "user", "since", "cursor"];

/** Left: a sentence that names the first member that is wrong. */
const askedOf = (query: URLSearchParams): E.Either<string, Asked> => {
  for (const name of query.keys()) {
    if (!members.includes(name))
      return E.left(`${/^\w{1,64}$/.test(name) ? name : "a member"} is not known: only ${members.join(", ")} are`);
    if (query.getAll(name).length > 1) return E.left(`${name} is there more than once`);
  }
  for (const name of ["room", "user"])
    if (query.has(name) && !id.is(query.get(name))) return E.left(`${name} must be ${id.name}`);
  const [room, user, since, cursor] = members.map((name) => query.get(name) ?? undefined);
  const sinceMs = since === undefined ? undefined : timeOf(since);
  if (since !== undefined && sinceMs === undefined)
    return E.left("since must be a time in UTC, such as 2026-11-26T08:30:00Z");
  const after = cursor === undefined ? 0 : seqOf(cursor);
  if (after === undefined) return E.left(`cursor is ${wrongCursor}`);
  return E.right({
    ...(room === undefined ? {} : { room }),
    ...(user === undefined ? {} : { user }),
    ...(sinceMs === undefined ? {} : { since: sinceMs }),
    after,
  });
};

/** A time of RFC 3339, as the history tells times. */
const timeOf = (text: string): number | undefined => {
  const ms = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,3})?Z$/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(ms) ? undefined : ms;
};

/** A cursor is opaque to readers, so that it may become something else later. */
const cursorOf = (seq: number): string => Buffer.from(`seq:${seq}`).toString("base64url");

const seqOf = (cursor: string): number | undefined => {
  const [, seq] = /^seq:(0|[1-9]\d{0,14})$/.exec(Buffer.from(cursor, "base64url").toString()) ?? [];
  return seq === undefined ? undefined : Number(seq);
};
