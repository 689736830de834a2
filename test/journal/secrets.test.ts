import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as E from "fp-ts/lib/Either.js";
import { SignJWT } from "jose";
import { expect, onTestFinished, test } from "vitest";
import { WebSocket } from "ws";
import { html } from "../../adapters/explain/ladder/html.js";
import { ladder } from "../../adapters/explain/ladder.js";
import { readRecording } from "../../adapters/explain/read-recording.js";
import { roster } from "../../adapters/explain/roster.js";
import { why } from "../../adapters/explain/why.js";
import { eventsOf } from "../../adapters/journal/read.js";
import type { Line } from "../../adapters/observe/log.js";
import { serve } from "../../adapters/server/serve.js";
import { type IceServer, replay, seed, v1 } from "../../core/index.js";
import { configWith, pages, type Received, until } from "../support/net.js";
import { callerOf, got, v1Socket } from "../support/v1.js";

const secret = "a secret of more than thirty-two bytes";

const tokenFor = (user: string, seconds = 60): Promise<string> =>
  new SignJWT({ name: user.toUpperCase() })
    .setProtectedHeader({ alg: "HS256" })
    .setSubject(user)
    .setExpirationTime(Math.floor(Date.now() / 1_000) + seconds)
    .sign(new TextEncoder().encode(secret));

/** A server that records everything as it comes, and what it logged. */
const recorded = async (env: Readonly<Record<string, string>>) => {
  const folder = mkdtempSync(join(tmpdir(), "signalbox-secrets-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "journal.ndjson");
  const config = configWith({ PORT: "0", HOST: "127.0.0.1", RECORD: file, RECORD_PAYLOADS: "full", ...env });
  const lines: Line[] = [];
  const log = {
    write: (some: ReadonlyArray<Line>) => void lines.push(...some),
    hasDebug: true,
    end: () => Promise.resolve(),
  };
  const running = await serve(config, pages, log, { dialects: [seed, v1] })();
  if (E.isLeft(running)) throw new Error(running.left);
  onTestFinished(running.right.stop);
  return { server: running.right, file, lines };
};

/** A token, and its parts: neither the whole nor its signature may be seen. */
const partsOf = (token: string): ReadonlyArray<string> => [token, ...token.split(".").slice(1)];

const expectNowhere = (
  secrets: ReadonlyArray<string>,
  { file, lines }: { readonly file: string; readonly lines: ReadonlyArray<Line> },
): void => {
  const events = [...eventsOf([file])];
  const timings = { pingAfterMs: 5_000, cutAfterMs: 8_000 };
  const places = {
    journal: readFileSync(file, "utf8"),
    log: JSON.stringify(lines),
    why: JSON.stringify(why({ moments: replay(events), timings }, ["ann", "bob"])),
    ladder: html(ladder(replay(events), { isAll: true })),
    people: roster(readRecording(replay(events))),
  };
  expect(places.journal).toContain("ClientConnected");
  expect(lines.length).toBeGreaterThan(0);
  for (const [place, text] of Object.entries(places))
    for (const one of secrets) expect(text.includes(one), `${place} has ${one.slice(0, 12)}…`).toBe(false);
};

const turnSecret = "a secret that the two servers share";
const turn = { TURN_URLS: "turn:turn.example.org", TURN_SECRET: turnSecret };

/** Usernames and passwords for TURN. */
const credentialsIn = (frame: object): ReadonlyArray<string> =>
  ("iceServers" in frame ? (frame.iceServers as ReadonlyArray<IceServer>) : []).flatMap(
    ({ username = "", credential = "" }) => [username, credential],
  );

const configFor = async ({ port }: { readonly port: number }, token: string): Promise<object> => {
  const headers = { authorization: `Bearer ${token}` };
  const config: Received = await (await fetch(`http://127.0.0.1:${port}/api/config`, { headers })).json();
  return { iceServers: config.ICE_SERVERS };
};

/** A client of the seed's protocol says who it is, more often than it has to. */
const authenticates = async (
  { port }: { readonly port: number },
  protocols: string[],
  token: string,
): Promise<void> => {
  const ws = new WebSocket(`ws://127.0.0.1:${port}/ws`, protocols);
  onTestFinished(() => ws.terminate());
  const heard: string[] = [];
  ws.on("message", (data) => heard.push(data.toString()));
  await new Promise((resolve) => ws.once("open", resolve));
  for (let i = 0; i < 2; i += 1) ws.send(JSON.stringify({ type: "authenticate", token }));
  ws.send(JSON.stringify({ type: "ping" }));
  await until(() => heard.some((text) => text.includes("pong")));
  ws.close();
};

test("neither tokens nor tickets are in a journal that keeps everything, in a log line or in an explanation", async () => {
  const run = await recorded({ AUTH_JWT_SECRET: secret, LOG_LEVEL: "trace", ...turn });
  const { server } = run;
  const [anns, bobs, renewed, expired] = [
    await tokenFor("ann"),
    await tokenFor("bob"),
    await tokenFor("ann", 90),
    await tokenFor("ann", -60),
  ] as const;
  const ann = await callerOf(server, { token: anns });
  const bob = await callerOf(server, { token: bobs });
  await ann.ask({ type: "join", room: "r", create: {} });
  await bob.ask({ type: "join", room: "r" });
  await ann.ask({ type: "signal", room: "r", to: "bob", kind: "offer", negotiation: 1, data: { type: "offer" } });
  await ann.ask({ type: "renew", token: renewed });
  await ann.ask({ type: "renew", token: `${renewed}x` });
  const asked = await ann.ask({ type: "ice-servers" });
  // Said where it is out of place, or not read at all.
  ann.say({ type: "hello", id: 99, token: anns, ticket: ann.welcome.ticket });
  ann.say({ type: "renew", id: "a", token: renewed });
  await ann.ask({ type: "ping" }).catch(() => undefined);
  bob.ws.terminate();
  const back = await callerOf(server, { token: bobs, ticket: bob.welcome.ticket, seen: bob.seen() });
  const refused = await v1Socket(server);
  refused.ws.send(JSON.stringify({ type: "hello", id: 1, token: expired, ticket: `${bob.welcome.ticket}x` }));
  await got(refused, "error");
  const credentials = [
    ...[ann, bob, back].flatMap(({ welcome }) => credentialsIn(welcome)),
    ...credentialsIn(asked),
    ...credentialsIn(await configFor(server, anns)),
  ];
  expect(credentials).toHaveLength(10);
  await authenticates(server, ["seed"], anns);
  await authenticates(server, ["seed", `signalbox.token.${anns}`], anns);
  await server.stop();
  const tickets = [ann, bob, back].map(({ welcome }) => welcome.ticket);
  expectNowhere(
    [...[anns, bobs, renewed, expired].flatMap(partsOf), ...tickets, ...credentials, secret, turnSecret],
    run,
  );
});

test("nor where there is no authentication", async () => {
  const run = await recorded({ LOG_LEVEL: "trace", ...turn });
  const ann = await callerOf(run.server, { name: "ann" });
  const bob = await callerOf(run.server, { name: "bob" });
  await ann.ask({ type: "join", room: "r", create: {} });
  await bob.ask({ type: "join", room: "r" });
  bob.ws.terminate();
  const back = await callerOf(run.server, { ticket: bob.welcome.ticket, seen: bob.seen() });
  const token = await tokenFor("ann");
  await ann.ask({ type: "renew", token });
  await authenticates(run.server, [], token);
  await authenticates(run.server, ["seed", `signalbox.token.${token}`], token);
  await run.server.stop();
  const credentials = [ann, bob, back].flatMap(({ welcome }) => credentialsIn(welcome));
  expect(credentials).toHaveLength(6);
  const tickets = [ann, bob, back].map(({ welcome }) => welcome.ticket);
  expectNowhere([...partsOf(token), ...tickets, ...credentials, turnSecret], run);
});
