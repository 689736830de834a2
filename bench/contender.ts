import { existsSync } from "node:fs";
import { join } from "node:path";

/** How clients of a server speak. Sizes are bytes of text: everything said is ASCII. */
export interface Dialect {
  /** Where the nth client asks for its socket. */
  readonly path: (client: number) => string;
  /** What a client says first. */
  readonly hello: ReadonlyArray<string>;
  /** What stands in the answer that lets a client go on; nothing where there is no need to wait for one. */
  readonly welcome: string;
  readonly subscribe: (channel: string) => ReadonlyArray<string>;
  /** A text of so many bytes, which every other subscriber of the channel gets as it is. */
  readonly publish: (channel: string, bytes: number) => string;
}

/** How one client reaches one other. */
export interface Tell {
  /** After this the server knows the nth client. */
  readonly introduce: (client: number) => ReadonlyArray<string>;
  readonly say: (from: number, to: number, bytes: number) => string;
  readonly hear: (from: number, to: number, bytes: number) => string;
  /** How many clients get a message, of so many. */
  readonly receivers: (clients: number) => number;
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
  readonly dialect: Dialect;
  readonly tell?: Tell;
  readonly hasChannels: boolean;
  /** It keeps rooms, and tells their list. */
  readonly hasRooms: boolean;
  /** Each connection costs it a message to all others, so that it is not asked to take thousands. */
  readonly isQuadratic: boolean;
}

/** dist, where this program and the server are. */
const dist = new URL("..", import.meta.url).pathname;
const peers = join(dist, "../bench/peers");
const bunProgram = join(dist, "../bench/node_modules/@oven/bun-linux-x64/bin/bun");

export const signaling = "webrtc-signaling";

/** Filled up with words: what signalling carries consists of short ones, too. */
const padded = (text: string, bytes: number): string =>
  text.replace('""', `"${"network ".repeat(bytes / 8 + 1).slice(0, bytes - text.length)}"`);
const userOf = (client: number): string => `user-${String(client).padStart(6, "0")}`;

const plainJson: Dialect = {
  path: () => "/ws",
  hello: [],
  welcome: "",
  subscribe: (channel) => [JSON.stringify({ type: "subscribe", channel })],
  publish: (channel, bytes) => padded(JSON.stringify({ type: "m", channel, data: "" }), bytes),
};

const offer = (from: number, to: number, bytes: number): string => {
  const data = { fromUserId: userOf(from), toUserId: userOf(to), sdp: "" };
  return padded(JSON.stringify({ type: "webrtc-offer", channel: signaling, data }), bytes);
};

const byUserId: Tell = {
  introduce: (client) => [
    ...plainJson.subscribe(signaling),
    JSON.stringify({ type: "hello", channel: signaling, data: { fromUserId: userOf(client) } }),
  ],
  say: offer,
  hear: offer,
  receivers: () => 1,
};

const socketIo: Dialect = {
  path: () => "/socket.io/?EIO=4&transport=websocket",
  hello: ["40"],
  welcome: '40{"sid"',
  subscribe: (channel) => [`42${JSON.stringify(["subscribe", channel])}`],
  publish: (channel, bytes) => padded(`42${JSON.stringify(["m", channel, ""])}`, bytes),
};

const socketIoRooms: Tell = {
  introduce: (client) => socketIo.subscribe(userOf(client)),
  say: (_, to, bytes) => socketIo.publish(userOf(to), bytes),
  hear: (_, to, bytes) => socketIo.publish(userOf(to), bytes),
  receivers: () => 1,
};

const byTopic: Tell = {
  introduce: (client) => plainJson.subscribe(userOf(client)),
  say: (_, to, bytes) => plainJson.publish(userOf(to), bytes),
  hear: (_, to, bytes) => plainJson.publish(userOf(to), bytes),
  receivers: () => 1,
};

const peerJs: Dialect = {
  path: (client) => `/peerjs?key=peerjs&id=${userOf(client)}&token=t`,
  hello: [],
  welcome: "",
  subscribe: () => [],
  publish: () => "",
};

const byDst: Tell = {
  introduce: () => [],
  say: (_, to, bytes) => padded(JSON.stringify({ type: "OFFER", dst: userOf(to), payload: "" }), bytes),
  hear: (from, to, bytes) =>
    byDst.say(from, to, bytes).replace('"OFFER",', `"OFFER",${JSON.stringify({ src: userOf(from) }).slice(1, -1)},`),
  receivers: () => 1,
};

const node = { command: [process.execPath], preload: ["--expose-gc", "--import"], env: {}, health: "/" };
const production = { NODE_ENV: "production", LOG_LEVEL: "warn", HOST: "127.0.0.1" };
/** Nobody here answers a ping: whoever only listens would be given up in the middle of a measurement. */
const patient = { PING_AFTER_MS: "3600000", CUT_AFTER_MS: "7200000" };

export const ours: Contender = {
  ...node,
  name: "Signalbox",
  command: [process.execPath, join(dist, "main.js")],
  env: { ...production, ...patient },
  health: "/health",
  dialect: plainJson,
  tell: byUserId,
  hasChannels: true,
  hasRooms: true,
  isQuadratic: false,
};

/** @param folder where the journals go */
export const recording = (folder: string): Contender => ({
  ...ours,
  name: "Signalbox, recording",
  env: { ...ours.env, RECORD: folder },
});

export const seed: Contender = {
  ...node,
  name: "the seed's loop on ws",
  command: [process.execPath, join(dist, "bench/peers/seed.js")],
  env: { NODE_ENV: "production" },
  dialect: plainJson,
  tell: { ...byUserId, receivers: (clients) => clients - 1 },
  hasChannels: true,
  hasRooms: true,
  isQuadratic: true,
};

export const bun: Contender = {
  name: "Bun publish",
  command: [bunProgram, join(peers, "bun.mjs")],
  preload: ["--preload"],
  env: { NODE_ENV: "production" },
  health: "/",
  dialect: plainJson,
  tell: byTopic,
  hasChannels: true,
  hasRooms: false,
  isQuadratic: false,
};

export const socketIoServer: Contender = {
  ...node,
  name: "socket.io",
  command: [process.execPath, join(peers, "socket-io.mjs")],
  env: { NODE_ENV: "production" },
  dialect: socketIo,
  tell: socketIoRooms,
  hasChannels: true,
  hasRooms: false,
  isQuadratic: false,
};

export const peerJsServer: Contender = {
  ...node,
  name: "PeerJS server",
  command: [process.execPath, join(peers, "peerjs.mjs")],
  env: { NODE_ENV: "production" },
  dialect: peerJs,
  tell: byDst,
  hasChannels: false,
  hasRooms: false,
  isQuadratic: false,
};

/** Whether what the contender is made of is here. */
export const isInstalled = ({ name }: Contender): boolean => {
  const modules = join(dist, "../bench/node_modules");
  if (name === bun.name) return existsSync(bunProgram);
  if (name === socketIoServer.name) return existsSync(join(modules, "socket.io"));
  return name !== peerJsServer.name || existsSync(join(modules, "peer"));
};
