import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { WebSocket } from "ws";
import { folder, receiver, webhookSecret } from "../support/history.js";
import { type LoggedServer, loggedServer } from "../support/logged.js";
import { peerOf, type Received, until } from "../support/net.js";
import { ecPair, good, secret, signed } from "../support/tokens.js";
import { callerOf } from "../support/v1.js";

/** The members of the first line with this event. */
const membersOf = async ({ lines }: LoggedServer, event: string): Promise<object | undefined> => {
  const found = () => lines.find((line) => line.event === event);
  await until(() => found() !== undefined);
  return found()?.members;
};

const v1At = ({ port }: LoggedServer, hello: object): WebSocket => {
  const ws = new WebSocket(`ws://127.0.0.1:${port}/ws`, ["signalbox.v1"]);
  onTestFinished(() => ws.terminate());
  ws.on("open", () => ws.send(JSON.stringify({ type: "hello", id: 1, ...hello })));
  return ws;
};

test("a client whose hello is refused is named with its address and the code", async () => {
  const server = await loggedServer({ AUTH_JWT_SECRET: secret });
  v1At(server, { token: "x" });
  expect(await membersOf(server, "hello-refused")).toEqual({ client: 1, address: "127.0.0.1", code: "token-invalid" });
});

test("a key server that is down is a warning and a reason in /health", async () => {
  const server = await loggedServer({ AUTH_JWKS_URL: "http://127.0.0.1:9/keys" });
  const token = await signed(good, { alg: "ES256", key: ecPair().privateKey, kid: "1" });
  v1At(server, { token });
  expect(await membersOf(server, "key-server-failed")).toEqual({});
  const health: Received = await (await fetch(`http://127.0.0.1:${server.port}/health`)).json();
  expect(health.reasons).toContainEqual({
    code: "key-server-failing",
    sentence: "AUTH_JWKS_URL gives no keys: bad port. It is asked again when a token comes.",
  });
});

test("webhooks that fail are a warning, a reason in /health and a state, and it is told when they arrive again", async () => {
  let isUp = false;
  const { url } = await receiver((response) => response.writeHead(isUp ? 200 : 503).end());
  const server = await loggedServer({
    ...{ HISTORY: join(folder(), "history.db"), WEBHOOK_URL: url, WEBHOOK_SECRET: webhookSecret },
  });
  const peer = await peerOf(server);
  peer.say({ type: "room-created", data: { id: "r", name: "R" } });
  expect(await membersOf(server, "webhooks-failed")).toEqual({});
  const health: Received = await (await fetch(`http://127.0.0.1:${server.port}/health`)).json();
  expect(health.reasons).toContainEqual({
    code: "webhooks-failing",
    sentence: "Webhooks are not delivered: the receiver answers with 503.",
  });
  expect(await (await fetch(`http://127.0.0.1:${server.port}/metrics`)).text()).toMatch(
    /^signalbox_webhooks_state\{state="failing"\} 1$/m,
  );
  isUp = true;
  expect(await membersOf(server, "webhooks-recovered")).toEqual({});
});

test("sessions and participants in the log have their user and their client", async () => {
  const server = await loggedServer({});
  const ann = await callerOf(server, { name: "Ann" });
  await ann.ask({ type: "join", room: "r", create: {} });
  await ann.ask({ type: "lock", room: "elsewhere", locked: true });
  ann.ws.terminate();
  const { user, ticket } = ann.welcome;
  expect(await membersOf(server, "participant-joined")).toEqual({ room: "r", user, client: 1 });
  const refused = { client: 1, user, address: "127.0.0.1", code: "room-not-found" };
  expect(await membersOf(server, "request-refused")).toEqual(refused);
  expect(await membersOf(server, "session-away")).toMatchObject({ user, client: 1 });
  await callerOf(server, { ticket });
  expect(await membersOf(server, "session-resumed")).toMatchObject({ user, client: 2, generation: 2 });
});

test("a request for a WebSocket whose upgrade a proxy has left out is counted and told", async () => {
  const server = await loggedServer({});
  await fetch(`http://127.0.0.1:${server.port}/ws`).catch(() => {});
  expect(await membersOf(server, "turned-away")).toEqual({ address: "127.0.0.1" });
  const scraped = await (await fetch(`http://127.0.0.1:${server.port}/metrics`)).text();
  expect(scraped).toContain('signalbox_handshakes_total{status="426"} 1\n');
});

test("a token that the API refuses is counted and told, and stands nowhere", async () => {
  const server = await loggedServer({ AUTH_JWT_SECRET: "a secret of more than thirty-two bytes" });
  const of = async (path: string, token?: string): Promise<number> => {
    const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
    return (await fetch(`http://127.0.0.1:${server.port}${path}`, { headers })).status;
  };
  expect(await of("/api/config")).toBe(200);
  expect(await of("/api/config?q=private", "not.a.token")).toBe(401);
  expect(await membersOf(server, "api-refused")).toEqual({ address: "127.0.0.1", status: 401 });
  const scraped = await (await fetch(`http://127.0.0.1:${server.port}/metrics`)).text();
  expect(scraped).toContain('signalbox_api_refusals_total{status="401"} 1\n');
  expect(scraped).toContain('signalbox_api_refusals_total{status="503"} 0\n');
  const logged = JSON.stringify(server.lines);
  expect(logged).toContain("/api/config was refused: 401, ");
  expect(logged).not.toMatch(/private|not\.a\.token/);
});
