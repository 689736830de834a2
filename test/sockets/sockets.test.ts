import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { WebSocket } from "ws";
import { greeterOfAll } from "../../adapters/auth/greet.js";
import { tickets } from "../../adapters/auth/tickets.js";
import { now } from "../../adapters/server/clock.js";
import { sockets } from "../../adapters/sockets/ws.js";
import { defaultSettings, seed } from "../../core/index.js";
import { until } from "../support/net.js";

test("a client that is gone waits for nothing any more: what was kept back for it can be forgotten", async () => {
  const seen: string[] = [];
  const limits = {
    limits: { ...defaultSettings.limits, frameBytesMax: 1_000 },
    paths: ["/ws"],
    allowedOrigins: undefined,
    clientsMax: 10,
    clientsPerAddress: 10,
    withoutOrigin: "allow" as const,
    outboxBytesMax: 1_000,
    outboxBytesInAll: 10_000,
    pingAfterMs: 60_000,
    cutAfterMs: 90_000,
  };
  const ws = sockets(limits, {
    dialects: [seed],
    dispatch: ({ kind }) => seen.push(kind),
    now,
    addressOf: () => "127.0.0.1",
    greeter: greeterOfAll(tickets("a secret")),
    caughtUp: (client) => seen.push(`caught up: ${client}`),
    warn: () => {},
    admitted: () => {},
    turnedAway: () => {},
    helloRefused: () => {},
  });
  const server = createServer().on("upgrade", ws.upgrade).listen(0, "127.0.0.1");
  onTestFinished(() => void server.close());
  await until(() => server.listening);
  const client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}/ws`);
  await once(client, "open");
  client.terminate();
  await until(() => seen.includes("ClientDisconnected"));
  expect(seen).toEqual(["ClientConnected", "caught up: 1", "ClientDisconnected"]);
});
