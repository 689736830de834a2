import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "libsql";
import { onTestFinished } from "vitest";
import type { HistoryFact } from "../../adapters/history/facts.js";
import { openStore, type Store, type StoreOptions } from "../../adapters/history/store.js";
import type { Started } from "./child.js";
import { until } from "./net.js";

/** A folder that is gone after the test. */
export const folder = (): string => {
  const path = mkdtempSync(join(tmpdir(), "signalbox-history-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
};

/** `until`, with time for processes that start and end on a busy machine. */
export const eventually = (isSo: () => boolean | Promise<boolean>, ms = 20_000): Promise<void> => until(isSo, ms);

/** The process that keeps the history of a server; 0 where there is none. */
export const keeperOf = ({ child: { pid } }: Started): number =>
  Number(readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim());

export const day = 86_400_000;
export const start = Date.parse("2026-01-01T00:00:00Z");

export const storeAt = (path: string, options: Partial<StoreOptions> = {}): Store =>
  openStore({ path, daysMax: 90, bytesMax: 1e9, free: undefined, ...options });

/** What any SQL tool finds in the file. */
export const rows = (path: string, sql: string): ReadonlyArray<ReadonlyArray<unknown>> => {
  const db = new Database(path, { readonly: true });
  try {
    return db.prepare(sql).raw().all() as ReadonlyArray<ReadonlyArray<unknown>>;
  } finally {
    db.close();
  }
};

export const opened = (at: number, room = "r"): HistoryFact => ({
  at,
  kind: "room.opened",
  room,
  name: `Room ${room}`,
});
export const closed = (at: number, room = "r"): HistoryFact => ({
  at,
  kind: "room.closed",
  room,
  name: `Room ${room}`,
  reason: "empty",
});
export const came = (at: number, user: string, total = 1, room = "r"): HistoryFact => ({
  at,
  kind: "participant.joined",
  room,
  user,
  name: user.toUpperCase(),
  isVerified: false,
  total,
});
export const went = (at: number, user: string, total = 0, room = "r"): HistoryFact => ({
  at,
  kind: "participant.left",
  room,
  user,
  name: user.toUpperCase(),
  reason: "left",
  total,
});

export interface Delivered {
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

/** Somebody who is sent webhooks, on a real port. `answer` ends the response, or does not. */
export const receiver = async (
  answer: (response: ServerResponse, delivered: Delivered) => void = (response) => response.writeHead(204).end(),
): Promise<{
  readonly url: string;
  readonly got: ReadonlyArray<Delivered>;
  readonly port: number;
  readonly close: () => void;
}> => {
  const got: Delivered[] = [];
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    const delivered = { headers: request.headers, body };
    got.push(delivered);
    answer(response, delivered);
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const close = (): void => {
    server.close();
    server.closeAllConnections();
  };
  onTestFinished(close);
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/hook`, got, port, close };
};

export const webhookSecret = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
