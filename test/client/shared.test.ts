import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { type AddressInfo, connect as connectTcp } from "node:net";
import { Server as SocketIo } from "socket.io";
import { io } from "socket.io-client";
import { expect, onTestFinished, test } from "vitest";
import type { Session } from "../../adapters/client/index.js";
import { type RunningServer, type ServeOptions, serve } from "../../adapters/server/index.js";
import { person, until } from "./people.js";

const quiet = { logLevel: "silent" } as const;

const served = async (options: ServeOptions): Promise<RunningServer> => {
  const running = await serve({ ...quiet, ...options });
  onTestFinished(running.stop);
  return running;
};

const listening = async (server: Server): Promise<number> => {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
};

let rooms = 0;

/** Two people meet in a room of their own. */
const meetAt = async (url: string): Promise<Session> => {
  rooms += 1;
  const [ann, bob] = [await person(url, { name: "Ann" }), await person(url, { name: "Bob" })];
  const [room] = [await ann.join(`room-${rooms}`, {}), await bob.join(`room-${rooms}`, {})];
  await until(() => room.participants.size === 2);
  return ann;
};

test("options that are wrong are told, all at once", async () => {
  // What no type lets through, and a program without types can say.
  const wrong = {
    prot: 1,
    roomsMax: 0,
    stunServers: ["turn:x"],
    logLevel: {},
    authJwtSecret: "short",
    path: "/ws",
  } as unknown as ServeOptions;
  const failed = await serve(wrong).catch((error: Error) => error.message);
  expect(String(failed).split("\n").sort()).toEqual([
    "There is no option prot: did you mean port?",
    "authJwtSecret is wrong in the options: it must be at least 32 bytes long, and no PEM text.",
    "logLevel must be a string, a number or an array of strings.",
    "path goes with server only.",
    'roomsMax is "0" in the options: it must be a whole number from 1 to 1000000.',
    expect.stringMatching(/^stunServers is "turn:x" in the options: it must be /),
  ]);
  const server = createServer();
  await expect(serve({ server, port: 1, path: "ws" })).rejects.toThrow(/^path must .*\nport and host do not go/);
  expect(server.listenerCount("upgrade")).toBe(0);
});

test("beside socket.io on one server, both work, and a stop leaves the other alone", { timeout: 60_000 }, async () => {
  const http = createServer((_, response) => void response.end("the program's own"));
  // Connected before, and after: the order of the listeners does not matter.
  const sharedBefore = await served({ server: http, path: "/before" });
  const other = new SocketIo(http);
  other.on("connection", (socket) => socket.on("echo", (text, answer) => answer(text)));
  const shared = await served({ server: http, path: "/signal" });
  expect(shared.port).toBe(0);
  const port = await listening(http);
  expect(shared.url).toBe(`ws://127.0.0.1:${port}/signal`);

  const socket = io(`http://127.0.0.1:${port}`, { transports: ["websocket"] });
  onTestFinished(() => void socket.disconnect());
  const echo = (text: string): Promise<string> => socket.timeout(5_000).emitWithAck("echo", text);
  expect(await echo("one")).toBe("one");
  const ann = await meetAt(shared.url);
  await meetAt(`${sharedBefore.url}/`);
  // socket.io ends sockets that nobody has answered after a second.
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  expect(ann.state).toBe("connected");
  expect(await echo("two")).toBe("two");
  expect(await (await fetch(`http://127.0.0.1:${port}/health`)).text()).toBe("the program's own");

  await shared.stop();
  expect(http.listening).toBe(true);
  expect(await echo("three")).toBe("three");
  expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe("the program's own");
  await meetAt(sharedBefore.url);
  await until(() => ann.state !== "connected");
});

test("an upgrade to a path that nobody serves is answered, and one of another listener is left to it", async () => {
  const http = createServer();
  await served({ server: http });
  const port = await listening(http);
  const answerTo = async (path: string): Promise<string> => {
    const socket = connectTcp(port, "127.0.0.1");
    onTestFinished(() => void socket.destroy());
    const head = `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n`;
    socket.write(`${head}Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`);
    const [data] = await once(socket, "data");
    return String(data).split("\r\n", 1)[0] ?? "";
  };
  expect(await answerTo("/nowhere")).toBe("HTTP/1.1 404 Not Found");
  expect(await answerTo("/ws?query")).toBe("HTTP/1.1 101 Switching Protocols");
  http.on("upgrade", ({ url }, socket) => {
    if (url === "/theirs") socket.end("HTTP/1.1 418 Teapot\r\n\r\n");
  });
  expect(await answerTo("/theirs")).toBe("HTTP/1.1 418 Teapot");
  expect(await answerTo("/ws")).toBe("HTTP/1.1 101 Switching Protocols");
});

test("connections of the program are not counted, timed or closed", async () => {
  const http = createServer();
  const port = await listening(http);
  const before = http.maxConnections;
  const shared = await served({ server: http });
  const idle = connectTcp(port, "127.0.0.1");
  onTestFinished(() => void idle.destroy());
  await once(idle, "connect");
  await shared.stop();
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(idle.destroyed || idle.readableEnded).toBe(false);
  expect(http.maxConnections).toBe(before);
  expect(http.eventNames().filter((name) => http.listenerCount(name) > 0)).not.toContain("upgrade");
});
