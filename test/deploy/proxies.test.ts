import { get } from "node:https";
import { describe, expect, onTestFinished, test } from "vitest";
import { WebSocket } from "ws";
import { settingOf } from "../../adapters/server/settings.js";
import { type LoggedServer, loggedServer } from "../support/logged.js";
import { type Received, until } from "../support/net.js";
import { read } from "../support/pages.js";
import { caddy, hasIpv6, missingProxy, nginx, siteName } from "../support/proxies.js";

interface Answer {
  readonly status: number | undefined;
  readonly body: string;
}

/** A client of its own address, and what it says about itself. */
const from = {
  localAddress: "127.0.0.2",
  headers: { "x-forwarded-for": "203.0.113.1", "x-forwarded-proto": "gopher" },
};

const securely = (path: string, { port, ca }: { readonly port: number; readonly ca: string }): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const headers = { ...from.headers, host: siteName };
    get({ ...from, host: "127.0.0.1", port, path, ca, servername: siteName, headers }, (response) => {
      let body = "";
      response.on("data", (data) => {
        body += data;
      });
      response.on("end", () => resolve({ status: response.statusCode, body }));
    }).on("error", reject);
  });

/** A WebSocket by way of a proxy, and how it was closed. */
const open = async (url: string, options: ConstructorParameters<typeof WebSocket>[2]) => {
  const ws = new WebSocket(url, options);
  onTestFinished(() => ws.terminate());
  const heard: string[] = [];
  let closed: number | undefined;
  ws.on("message", (data) => heard.push(String(data)));
  ws.on("close", (code) => {
    closed = code;
  });
  await new Promise((resolve, reject) => ws.once("open", resolve).once("error", reject));
  return { ws, heard, closed: () => closed };
};

const addressIn = ({ lines }: LoggedServer, isMeant: (text: string) => boolean): string => {
  const line = JSON.stringify(lines.find(({ text }) => isMeant(text)) ?? "");
  return /127\.0\.0\.\d|203\.0\.113\.1/.exec(line)?.[0] ?? line;
};

/** The server hears through the proxy, and knows where the client is. */
const expectSeen = async (server: LoggedServer, url: string, more: object): Promise<void> => {
  const { ws, heard } = await open(url, { ...from, ...more });
  ws.send('{"type":"ping"}');
  await until(() => heard.some((text) => text.includes('"pong"')));
  expect(addressIn(server, (text) => /connected/i.test(text))).toBe("127.0.0.2");
  const turnedAway = new WebSocket(url, { ...from, ...more, origin: "https://elsewhere.example" });
  await new Promise((resolve) => turnedAway.once("error", resolve));
  expect(addressIn(server, (text) => text.includes("403"))).toBe("127.0.0.2");
};

const behind = { TRUST_PROXY: "1", ALLOWED_ORIGINS: `https://${siteName}` };

const noNginx = missingProxy("nginx");
describe.skipIf(noNginx)(noNginx ?? "behind nginx with deploy/nginx.conf", () => {
  const secure = ({ port, ca }: { readonly port: number; readonly ca: string }) =>
    [`wss://127.0.0.1:${port}/ws`, { ca, servername: siteName }] as const;

  test("WebSockets are upgraded, and the address of a client is its own", async () => {
    const server = await loggedServer(behind);
    await expectSeen(server, ...secure(await nginx(server)));
  });

  if (!hasIpv6) process.stdout.write("test/deploy/proxies.test.ts: there is no IPv6 here, and its test is skipped.\n");
  test.skipIf(!hasIpv6)("who comes by IPv6 is served, too, and known by that address", async () => {
    const server = await loggedServer(behind);
    const { port, ca } = await nginx(server);
    const options = { ca, servername: siteName };
    await open(`wss://[::1]:${port}/ws`, options);
    await until(() => server.lines.some(({ event }) => event === "client-connected"));
    expect(server.lines.find(({ event }) => event === "client-connected")?.members).toMatchObject({ address: "::1" });
  });

  test("pages are there by TLS alone, and are told wss://", async () => {
    const proxy = await nginx(await loggedServer(behind));
    const { body } = await securely("/api/config", proxy);
    expect(JSON.parse(body).WEBSOCKET_URL).toBe(`wss://${siteName}/ws`);
    expect(await securely("/", proxy)).toMatchObject({ status: 200, body: expect.stringContaining("<title>") });
    const plain = await fetch(`http://127.0.0.1:${proxy.plainPort}/r/a?b`, { redirect: "manual" });
    expect([plain.status, plain.headers.get("location")]).toEqual([301, "https://127.0.0.1/r/a?b"]);
  });

  test("a silent WebSocket stays open by the server's pings, and without them it would not", async () => {
    const [, seconds] = /proxy_read_timeout (\d+)s;/.exec(read("deploy/nginx.conf")) ?? [];
    expect(Number(seconds) * 1_000).toBeGreaterThan(Number(settingOf("PING_AFTER_MS").kind.fallback));
    const pinged = await loggedServer({ ...behind, PING_AFTER_MS: "400" });
    const unpinged = await loggedServer({ ...behind, PING_AFTER_MS: "60000", CUT_AFTER_MS: "90000" });
    const [kept, lost] = await Promise.all(
      [pinged, unpinged].map(async (server) => {
        const [url, options] = secure(await nginx(server, { readTimeout: "1s" }));
        return open(url, { ...from, ...options });
      }),
    );
    await until(() => lost?.closed() !== undefined);
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    expect([kept?.closed(), lost?.closed()]).toEqual([undefined, 1006]);
  });
});

const noCaddy = missingProxy("caddy");
describe.skipIf(noCaddy)(noCaddy ?? "behind Caddy with deploy/Caddyfile", () => {
  test("WebSockets are upgraded, and the address of a client is its own", async () => {
    const server = await loggedServer(behind);
    const { port } = await caddy(server);
    await expectSeen(server, `ws://127.0.0.1:${port}/ws`, {});
    const config: Received = await (await fetch(`http://127.0.0.1:${port}/api/config`)).json();
    expect(config.WEBSOCKET_URL).toBe(`ws://127.0.0.1:${port}/ws`);
  });
});
