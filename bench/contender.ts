import { existsSync } from "node:fs";
import { join } from "node:path";

/** How the clients of a server speak. Sizes are bytes of text: everything said is ASCII. */
export interface Speech {
  /** Where the nth client asks for its socket. */
  readonly path: (client: number) => string;
  /** What a client says first, and what stands in the answer that lets it go on; empty where there is none. */
  readonly hello: ReadonlyArray<string>;
  readonly welcome: string;
  readonly subscribe: (channel: string) => string;
  /** A text of so many bytes, which every other subscriber of the channel gets as it is. */
  readonly publish: (channel: string, bytes: number) => string;
  /** After this the server knows the nth client. */
  readonly introduce: (client: number) => ReadonlyArray<string>;
  /** What one client says to one other, and what that one hears. */
  readonly say: (from: number, to: number, bytes: number) => string;
  readonly hear: (from: number, to: number, bytes: number) => string;
}

/** A server, as data: no section of the benchmark knows which one it speaks to. */
export interface Contender {
  readonly name: string;
  /** The program and its first arguments; `PORT` tells it where to listen. `preload` makes it load another one first. */
  readonly command: ReadonlyArray<string>;
  readonly preload: ReadonlyArray<string>;
  readonly env: Readonly<Record<string, string>>;
  /** A path that answers as soon as the server is there. */
  readonly health: string;
  readonly speech: Speech;
  /** What has to be there. */
  readonly needs: string;
  /** Of rooms it tells the list; a message for one reaches that one only; thousands do not cost it a message each to each other. */
  readonly can: Readonly<Record<"channels" | "rooms" | "target" | "thousands", boolean>>;
}

const top = new URL("../..", import.meta.url).pathname;
const installed = (name: string): string => join(top, "bench/node_modules", name);
const signaling = "webrtc-signaling";
const userOf = (client: number): string => `user-${String(client).padStart(6, "0")}`;

/** Filled up with words: what signalling carries consists of short ones, too. */
const padded = (text: string, bytes: number): string =>
  text.replace('""', `"${"network ".repeat(bytes / 8 + 1).slice(0, bytes - text.length)}"`);

/** Each user is a channel. */
const byChannel = (subscribe: Speech["subscribe"], publish: Speech["publish"]): Speech => ({
  path: () => "/ws",
  hello: [],
  welcome: "",
  subscribe,
  publish,
  introduce: (client) => [subscribe(userOf(client))],
  say: (_, to, bytes) => publish(userOf(to), bytes),
  hear: (_, to, bytes) => publish(userOf(to), bytes),
});

const plainJson = byChannel(
  (channel) => JSON.stringify({ type: "subscribe", channel }),
  (channel, bytes) => padded(JSON.stringify({ type: "m", channel, data: "" }), bytes),
);

const offer = (from: number, to: number, bytes: number): string => {
  const data = { fromUserId: userOf(from), toUserId: userOf(to), sdp: "" };
  return padded(JSON.stringify({ type: "webrtc-offer", channel: signaling, data }), bytes);
};
const hello = (client: number): string =>
  JSON.stringify({ type: "hello", channel: signaling, data: { fromUserId: userOf(client) } });
const byUserId: Speech = {
  ...plainJson,
  introduce: (client) => [plainJson.subscribe(signaling), hello(client)],
  say: offer,
  hear: offer,
};

const socketIo: Speech = {
  ...byChannel(
    (channel) => `42${JSON.stringify(["subscribe", channel])}`,
    (channel, bytes) => padded(`42${JSON.stringify(["m", channel, ""])}`, bytes),
  ),
  path: () => "/socket.io/?EIO=4&transport=websocket",
  hello: ["40"],
  welcome: '40{"sid"',
};

const toDst = (_: number, to: number, bytes: number): string =>
  padded(JSON.stringify({ type: "OFFER", dst: userOf(to), payload: "" }), bytes);
const peerJs: Speech = {
  ...plainJson,
  path: (client) => `/peerjs?key=peerjs&id=${userOf(client)}&token=t`,
  introduce: () => [],
  say: toDst,
  hear: (from, to, bytes) => toDst(from, to, bytes).replace('"OFFER",', `"OFFER","src":"${userOf(from)}",`),
};

const onNode = (program: string) => ({
  command: [process.execPath, program],
  preload: ["--expose-gc", "--import"],
  env: { NODE_ENV: "production" },
  health: "/",
  needs: program,
});

/** Nobody here answers a ping: whoever only listens would be given up in the middle of a measurement. */
const patient = { LOG_LEVEL: "warn", HOST: "127.0.0.1", PING_AFTER_MS: "3600000", CUT_AFTER_MS: "7200000" };

/** Signalbox as it was built in a folder. */
export const buildIn = (folder: string, name: string): Contender => ({
  ...onNode(join(folder, "dist/main.js")),
  name,
  env: { NODE_ENV: "production", ...patient },
  health: "/health",
  speech: byUserId,
  can: { channels: true, rooms: true, target: true, thousands: true },
});
export const ours = buildIn(top, "Signalbox");
export const recording = (folder: string): Contender => ({
  ...ours,
  name: "Signalbox, recording",
  env: { ...ours.env, RECORD: folder },
});

export const seed: Contender = {
  ...onNode(join(top, "dist/bench/peers/seed.js")),
  name: "the seed's loop on ws",
  speech: byUserId,
  can: { channels: true, rooms: true, target: false, thousands: false },
};

const topics = { channels: true, rooms: false, target: true, thousands: true };
const bunProgram = installed("@oven/bun-linux-x64/bin/bun");
export const bun: Contender = {
  ...onNode(bunProgram),
  name: "Bun publish",
  command: [bunProgram, join(top, "bench/peers/bun.mjs")],
  preload: ["--preload"],
  speech: plainJson,
  can: topics,
};
export const socketIoServer: Contender = {
  ...onNode(join(top, "bench/peers/socket-io.mjs")),
  name: "socket.io",
  needs: installed("socket.io"),
  speech: socketIo,
  can: topics,
};
export const peerJsServer: Contender = {
  ...onNode(join(top, "bench/peers/peerjs.mjs")),
  name: "PeerJS server",
  needs: installed("peer"),
  speech: peerJs,
  can: { ...topics, channels: false },
};

export const isInstalled = ({ needs }: Contender): boolean => existsSync(needs);
