import { once } from "node:events";
import { createServer } from "node:net";

/**
 * A port of 127.0.0.1 that nobody listens on. It is one that the system gives to no outgoing connection (Linux takes those from 32,768
 * on): otherwise one of a test beside this one could have it before a server listens.
 */
export const freePort = async (): Promise<number> => {
  for (;;) {
    const port = 10_000 + Math.floor(Math.random() * 22_000);
    const server = createServer().listen(port, "127.0.0.1");
    try {
      await once(server, "listening");
    } catch {
      continue;
    }
    await once(server.close(), "close");
    return port;
  }
};
