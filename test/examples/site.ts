import { createServer } from "node:http";
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from "node:net";
import { onTestFinished } from "vitest";
import { read } from "../support/pages.js";

/** The examples on a web server of their own, with the signalling server's address where they have another. */
export const siteFor = async ({ port }: { readonly port: number }): Promise<string> => {
  const server = createServer(({ url = "" }, response) => {
    const [, name] = /^\/([\w-]+\.html)$/.exec(new URL(url, "http://localhost").pathname) ?? [];
    if (name === undefined) return void response.writeHead(204).end();
    const text = read(`examples/${name}`).replace("http://localhost:3000", `http://127.0.0.1:${port}`);
    response.setHeader("content-type", "text/html; charset=utf-8").end(text);
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};

/**
 * A way to the server that can be cut, as a lift does it: open connections end, and new ones fail until it is mended. They go to the port
 * that it has by then.
 */
export const lineTo = async (server: { readonly port: number }) => {
  const sockets = new Set<Socket>();
  let isCut = false;
  const line = createTcpServer((near) => {
    if (isCut) return void near.destroy();
    const far = connect(server.port, "127.0.0.1");
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.on("error", () => {});
      from.on("close", () => {
        sockets.delete(from);
        to.destroy();
      });
      from.pipe(to);
    }
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => line.once("listening", resolve));
  const cut = (): void => {
    isCut = true;
    for (const socket of sockets) socket.destroy();
  };
  const mend = (): void => {
    isCut = false;
  };
  onTestFinished(() => {
    cut();
    line.close();
  });
  return { port: (line.address() as AddressInfo).port, cut, mend };
};
