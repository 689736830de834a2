import { RTCPeerConnection } from "node-datachannel/polyfill";
import { onTestFinished } from "vitest";
import { WebSocket } from "ws";
import { type ConnectOptions, connect, type Session } from "../../adapters/client/index.js";

/** A session of the library, as an app in Node opens it. */
export const person = async (url: string, options: ConnectOptions = {}): Promise<Session> => {
  const session = await connect(url, {
    WebSocket,
    RTCPeerConnection,
    backoff: { baseMs: 20, capMs: 100 },
    ...options,
  });
  onTestFinished(() => session.close());
  return session;
};

/** What an emitter tells next under a name. */
export const next = <T>(
  from: { readonly on: (name: never, listener: (event: never) => void) => () => void },
  name: string,
): Promise<T> =>
  new Promise((resolve) => {
    const off = from.on(
      name as never,
      ((event: T) => {
        off();
        resolve(event);
      }) as never,
    );
  });

export const until = async (isSo: () => boolean, ms = 10_000): Promise<void> => {
  for (const end = Date.now() + ms; !isSo(); ) {
    if (Date.now() > end) throw new Error(`not within ${ms} ms: ${isSo}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
};
