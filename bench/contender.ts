import { existsSync } from "node:fs";
import { join } from "node:path";

/** How the clients of a server speak. Sizes are bytes of text: everything said is ASCII. */
export interface Speech {
  /** Where the nth client asks for its socket. */
  readonly path: (client: number) => string;
  /** What a client says first. */
  readonly hello: ReadonlyArray<string>;
  /** What stands in the answer that lets a client go on; nothing where there is no need to wait for one. */
  readonly welcome: string;
  readonly subscribe: (channel: string) => string;
  /** A text of so many bytes, which every other subscriber of the channel gets as it is. */
  readonly publish: (channel: string, bytes: number) => string;
  /** After this the server knows the nth client. */
  readonly introduce: (client: number) => ReadonlyArray<string>;
  /** What one client says to one other, and by how many bytes longer that one hears it. */
  readonly say: (from: number, to: number, bytes: number) => string;
  readonly addedBytes: number;
}

/** A server, as data: no section of the benchmark knows which one it speaks to. */
export interface Contender {
  readonly name: string;
  /** The program and its first arguments; `PORT` tells it where to listen. */
  readonly command: ReadonlyArray<string>;
  /** What makes the program load another one before its own. */
  readonly preload: ReadonlyArray<string>;
  readonly env: Readonly<Record<string, string>>;
  /** A path that answers as soon as the server is there. */
  readonly health: string;
  readonly speech: Speech;
  /** A file that is there where the contender is installed. */
  readonly needs: string;
  readonly can: {
    readonly channels: boolean;
    /** It keeps rooms, and tells their list. */
    readonly rooms: boolean;
    /** A message for one reaches that one only. */
    readonly target: boolean;
    /** False: each connection costs a message to all others, so that it is not asked to take thousands. */
    readonly thousands: boolean;
  };
}

/** dist, where this program and the server are, and the folder of the peers. */
const dist = new URL("..", import.meta.url).pathname;
const bench = join(dist, "../bench");
const installed = (name: string): string => join(bench, "node_modules", name);

/** Filled up with words: what signalling carries consists of short ones, too. */
const padded = (text: string, bytes: number): string =>
  text.replace('""', `"${"network ".repeat(bytes / 8 + 1).slice(0, bytes - text.length)}"`);
const userOf = (client: number): string => `user-${String(client).padStart(6, "0")}`;
const signaling = "webrtc-signaling";

/** Each user is a channel. */
const byChannel = (speech: Pick<Speech, "path" | "hello" | "welcome" | "subscribe" | "publish">): Speech => ({
  ...speech,
  introduce: (client) => [speech.subscribe(userOf(client))],
  say: (_, to, bytes) => speech.publish(userOf(to), bytes),
  addedBytes: 0,
});

const plainJson = byChannel({
  path: () => "/ws",
  hello: [],
  welcome: "",
  subscribe: (channel) => JSON.stringify({ type: "subscribe", channel }),
  publish: (channel, bytes) => padded(JSON.stringify({ type: "m", channel, data: "" }), bytes),
});

const byUserId: Speech = {
  ...plainJson,
  introduce: (client) => [
    plainJson.subscribe(signaling),
    JSON.stringify({ type: "hello", channel: signaling, data: { fromUserId: userOf(client) } }),
  ],
  say: (from, to, bytes) => {
    const data = { fromUserId: userOf(from), toUserId: userOf(to), sdp: "" };
    return padded(JSON.stringify({ type: "webrtc-offer", channel: signaling, data }), bytes);
  },
};

const socketIo = byChannel({
  path: () => "/socket.io/?EIO=4&transport=websocket",
  hello: ["40"],
  welcome: '40{"sid"',
  subscribe: (channel) => `42${JSON.stringify(["subscribe", channel])}`,
  publish: (channel, bytes) => padded(`42${JSON.stringify(["m", channel, ""])}`, bytes),
});

const peerJs: Speech = {
  ...plainJson,
  path: (client) => `/peerjs?key=peerjs&id=${userOf(client)}&token=t`,
  introduce: () => [],
  say: (_, to, bytes) => padded(JSON.stringify({ type: "OFFER", dst: userOf(to), payload: "" }), bytes),
  addedBytes: '"src":"user-000000",'.length,
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

export const ours = buildIn(join(dist, ".."), "Signalbox");

/** @param folder where the journals go */
export const recording = (folder: string): Contender => ({
  ...ours,
  name: "Signalbox, recording",
  env: { ...ours.env, RECORD: folder },
});

export const seed: Contender = {
  ...onNode(join(dist, "bench/peers/seed.js")),
  name: "the seed's loop on ws",
  speech: byUserId,
  can: { channels: true, rooms: true, target: false, thousands: false },
};

export const bun: Contender = {
  name: "Bun publish",
  command: [installed("@oven/bun-linux-x64/bin/bun"), join(bench, "peers/bun.mjs")],
  preload: ["--preload"],
  env: { NODE_ENV: "production" },
  health: "/",
  needs: installed("@oven/bun-linux-x64/bin/bun"),
  speech: plainJson,
  can: { channels: true, rooms: false, target: true, thousands: true },
};

export const socketIoServer: Contender = {
  ...onNode(join(bench, "peers/socket-io.mjs")),
  name: "socket.io",
  needs: installed("socket.io"),
  speech: socketIo,
  can: { channels: true, rooms: false, target: true, thousands: true },
};

export const peerJsServer: Contender = {
  ...onNode(join(bench, "peers/peerjs.mjs")),
  name: "PeerJS server",
  needs: installed("peer"),
  speech: peerJs,
  can: { channels: false, rooms: false, target: true, thousands: true },
};

export const isInstalled = ({ needs }: Contender): boolean => existsSync(needs);
