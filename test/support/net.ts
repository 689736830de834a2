import * as E from "fp-ts/lib/Either.js";
import { onTestFinished } from "vitest";
import { WebSocket } from "ws";
import { logger } from "../../adapters/observe/log.js";
import { type Config, configOf } from "../../adapters/server/config.js";
import { type Running, serve } from "../../adapters/server/serve.js";
import { seed, v1 } from "../../core/index.js";
import { type Speech, seedSpeech } from "./speech.js";
import { tiny } from "./tiny-dialect.js";

export const pages = new URL("../../dist/page/", import.meta.url).pathname;

/** What the environment configures; throws what is wrong with it. */
export const configWith = (env: Readonly<Record<string, string>>): Config => {
  const config = configOf(env);
  if (E.isLeft(config)) throw new Error(config.left.map(({ text }) => text).join("\n"));
  return config.right;
};

/** The real server on a port of its own, stopped when the test is over. */
export const serverWith = async (env: Readonly<Record<string, string>> = {}, answerMs?: number): Promise<Running> => {
  const config = configWith({ PORT: "0", HOST: "127.0.0.1", ...env });
  const running = await serve(config, pages, logger({ level: "silent", isProduction: true }), {
    dialects: [seed, tiny, v1],
    ...(answerMs === undefined ? {} : { answerMs }),
  })();
  if (E.isLeft(running)) throw new Error(running.left);
  onTestFinished(running.right.stop);
  return running.right;
};

/** What a socket got, parsed where it is JSON. */
// biome-ignore lint/suspicious/noExplicitAny: a test looks into whatever came
export type Received = any;

export interface Peer {
  readonly ws: WebSocket;
  /** Objects go as JSON, in the dialect of the peer; strings as they are. */
  readonly say: (...messages: ReadonlyArray<unknown>) => void;
  /** Everything received so far and not yet taken, once the server has answered all that was said. */
  readonly heard: () => Promise<ReadonlyArray<Received>>;
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  readonly texts: ReadonlyArray<string>;
}

/** A socket on the server, past its handshake. */
export const peerOf = async (
  { port }: { readonly port: number },
  path = "/ws",
  speech: Speech = seedSpeech,
): Promise<Peer> => {
  // A client of the seed offers no subprotocol.
  const protocols = speech === seedSpeech ? [] : [speech.dialect.name];
  const ws = new WebSocket(`ws://127.0.0.1:${port}${path}`, protocols, { perMessageDeflate: true });
  const texts: string[] = [];
  let taken = 0;
  let wake = (): void => {};
  ws.on("message", (data) => {
    texts.push(data.toString());
    wake();
  });
  const closed = new Promise<{ readonly code: number; readonly reason: string }>((resolve) =>
    ws.on("close", (code, reason) => resolve({ code, reason: reason.toString() })),
  );
  await new Promise((resolve, reject) => {
    ws.once("open", resolve);
    ws.once("error", reject);
  });
  ws.on("error", () => {});
  onTestFinished(() => ws.terminate());

  const written = (message: object): string => JSON.stringify(speech.say(message));
  const parsed = (text: string): Received => {
    try {
      return speech.hear(JSON.parse(text));
    } catch {
      return text;
    }
  };

  const heard = async (): Promise<ReadonlyArray<Received>> => {
    ws.send(written({ type: "ping" }));
    for (;;) {
      const fresh = texts.slice(taken).map(parsed);
      const end = fresh.findIndex(({ type }) => type === "pong");
      if (end >= 0) {
        taken += end + 1;
        return fresh.slice(0, end);
      }
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
  return {
    ws,
    texts,
    closed,
    heard,
    say: (...messages) => {
      for (const message of messages) ws.send(typeof message === "string" ? message : written(message as object));
    },
  };
};

/** Waits until everybody has heard all that was caused by what was said so far. */
export const settled = async (...peers: ReadonlyArray<Peer>): Promise<void> => {
  for (const peer of peers) await peer.heard();
};

export const subscribe = (channel = "webrtc-dashboard-rooms"): object => ({ type: "subscribe", channel });
export const rooms = "webrtc-dashboard-rooms";

/** Fulfilled when `isSo` holds; looked at every few ms, for at most `ms`. */
export const until = async (isSo: () => boolean | Promise<boolean>, ms = 5_000): Promise<void> => {
  const end = performance.now() + ms;
  while (!(await isSo())) {
    if (performance.now() > end) throw new Error(`not so after ${ms} ms: ${isSo.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
};
