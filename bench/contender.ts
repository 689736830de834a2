import { existsSync } from "node:fs";
import { join } from "node:path";

/** How the clients of a server speak. Sizes are bytes of text: everything said is ASCII. */
export interface Speech {
  /** Where the nth client asks for its socket. */
  readonly path: (client: number) => string;
  /** What a client says first, and how the answer begins. */
  readonly greeting?: readonly [said: string, answered: string];
  readonly subscribe: (channel: string) => string;
  /** A text of so many bytes, which every other subscriber of the channel gets as it is. */
  readonly publish: (channel: string, bytes: number) => string;
  /** After this the server knows the nth client. Where it is left out, each user is a channel. */
  readonly introduce?: (client: number) => ReadonlyArray<string>;
  /** What one client says to one other, and by how many bytes longer that one hears it. */
  readonly say?: (from: number, to: number, bytes: number) => string;
  readonly addedBytes?: number;
}

/** A server, as data: no section of the benchmark knows which one it speaks to. */
export interface Contender {
  readonly name: string;
  /** The sections that it takes part in. */
  readonly sections: ReadonlyArray<string>;
  /** The program and its first arguments; `PORT` tells it where to listen. */
  readonly command: ReadonlyArray<string>;
  readonly env?: Readonly<Record<string, string>>;
  readonly speech: Speech;
  /** Each message goes to all, and each connection costs a message to all others: it is not asked to take thousands. */
  readonly isNaive?: true;
  /** A file that is there where the contender is installed. */
  readonly needs: string;
}

const dist = new URL("..", import.meta.url).pathname;
const bench = join(dist, "../bench");
const installed = (name: string): string => join(bench, "node_modules", name);

/** Filled up with words: what signalling carries consists of short ones, too. */
const padded = (message: unknown, bytes: number, before = ""): string => {
  const text = before + JSON.stringify(message);
  return text.replace('""', `"${"network ".repeat(bytes / 8 + 1).slice(0, bytes - text.length)}"`);
};
/** The id of the nth client's user. */
export const userOf = (client: number): string => `user-${String(client).padStart(6, "0")}`;
const signaling = "webrtc-signaling";

const plainJson: Speech = {
  path: () => "/ws",
  subscribe: (channel) => JSON.stringify({ type: "subscribe", channel }),
  publish: (channel, bytes) => padded({ type: "m", channel, data: "" }, bytes),
};

const byUserId: Speech = {
  ...plainJson,
  introduce: (client) => [
    plainJson.subscribe(signaling),
    JSON.stringify({ type: "hello", channel: signaling, data: { fromUserId: userOf(client) } }),
  ],
  say: (from, to, bytes) => {
    const data = { fromUserId: userOf(from), toUserId: userOf(to), sdp: "" };
    return padded({ type: "webrtc-offer", channel: signaling, data }, bytes);
  },
};

const socketIo: Speech = {
  path: () => "/socket.io/?EIO=4&transport=websocket",
  greeting: ["40", '40{"sid"'],
  subscribe: (channel) => `42${JSON.stringify(["subscribe", channel])}`,
  publish: (channel, bytes) => padded(["m", channel, ""], bytes, "42"),
};

const peerJs: Speech = {
  ...plainJson,
  path: (client) => `/peerjs?key=peerjs&id=${userOf(client)}&token=t`,
  introduce: () => [],
  say: (_, to, bytes) => padded({ type: "OFFER", dst: userOf(to), payload: "" }, bytes),
  addedBytes: '"src":"user-000000",'.length,
};

const onNode = (program: string) => ({ command: [process.execPath, program], needs: program });
const withoutRooms = ["fan-out", "targeted", "idle", "start"];
const bunProgram = "@oven/bun-linux-x64/bin/bun";

/** Signalbox as it was built in a folder. Nobody answers its pings: who only listens would be cut off amid a measurement. */
export const buildIn = (folder: string, name: string): Contender => ({
  ...onNode(join(folder, "dist/main.js")),
  name,
  sections: [...withoutRooms, "storm", "churn"],
  // As many messages as it can take, and not as many as it would from one client.
  env: {
    ...{ LOG_LEVEL: "warn", HOST: "127.0.0.1", PING_AFTER_MS: "3600000", CUT_AFTER_MS: "7200000" },
    MESSAGES_PER_SECOND: "0",
  },
  speech: byUserId,
});

export const ours = buildIn(join(dist, ".."), "Signalbox");

export const seed: Contender = {
  ...onNode(join(dist, "bench/peers/seed.js")),
  name: "the seed's loop on ws",
  sections: ours.sections,
  speech: byUserId,
  isNaive: true,
};

/** The least that carries a message from node to node. */
export const bare: Contender = {
  ...onNode(join(dist, "bench/peers/nats.js")),
  name: "ws and NATS alone",
  sections: ["cluster"],
  speech: plainJson,
};

/** @param folder where the journals go */
export const recording = (folder: string): Contender => ({
  ...ours,
  name: "Signalbox, recording",
  sections: ["fan-out", "start"],
  env: { ...ours.env, RECORD: folder },
});

const peer = (name: string, speech: Speech, on: { readonly file: string; readonly needs: string }): Contender => ({
  ...onNode(join(bench, "peers", on.file)),
  name,
  sections: withoutRooms,
  needs: installed(on.needs),
  speech,
});

export const bun = {
  ...peer("Bun publish", plainJson, { file: "bun.mjs", needs: bunProgram }),
  command: [installed(bunProgram), join(bench, "peers/bun.mjs")],
};

const socketIoPeer = peer("socket.io", socketIo, { file: "socket-io.mjs", needs: "@socket.io/redis-adapter" });

export const socketIoServer = { ...socketIoPeer, sections: [...withoutRooms, "cluster"] };

export const peerJsServer = {
  ...peer("PeerJS server", peerJs, { file: "peerjs.mjs", needs: "peer" }),
  sections: ["targeted", "idle", "start"],
};

export const isInstalled = ({ needs }: Contender): boolean => existsSync(needs);
