import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import * as Path from "node:path";
import { expect, onTestFinished } from "vitest";
import { why } from "../../../adapters/explain/why.js";
import { openJournal } from "../../../adapters/journal/read.js";
import { run } from "../../../adapters/journal/verify.js";
import type { Running } from "../../../adapters/server/serve.js";
import type { Moment, Recorded } from "../../../core/index.js";
import { type Peer, peerOf, rooms, serverWith, settled, subscribe } from "../../support/net.js";

export const signaling = "webrtc-signaling";
export const access = "webrtc-dashboard-access";

export type Moments = ReadonlyArray<Moment<Recorded>>;

/** What a server recorded while a story happened on real sockets. */
export const recorded = async (
  story: (connect: () => Promise<Peer>, server: Running) => Promise<void>,
  env: Readonly<Record<string, string>> = {},
): Promise<Moments> => {
  const folder = mkdtempSync(Path.join(tmpdir(), "signalbox-why-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = Path.join(folder, "journal.ndjson");
  const server = await serverWith({ RECORD: file, ...env });
  await story(() => peerOf(server), server);
  await server.stop();
  const moments: Moment<Recorded>[] = [];
  run(openJournal([file]), {
    visit: (moment) => {
      moments.push(moment);
      return true;
    },
  });
  return moments;
};

/** The answer, a line a finding; times and disguised addresses are not the same twice. */
export const explained = (moments: Moments, a = "ann", b = "bob", room?: string): string =>
  why({ moments, timings: { pingAfterMs: 5_000, cutAfterMs: 8_000 } }, [a, b], room)
    .map(({ events, sentence }) => {
      const kinds = events.map((n) => moments[n - 1]?.event.kind ?? "nothing");
      for (const [, n] of sentence.matchAll(/#(\d+)/g)) expect(events, sentence).toContain(Number(n));
      return `${sentence
        .replace(/ \(\d\d:\d\d:\d\d\)/g, "")
        .replace(/~[\w-]{6,}/g, "~")
        .replace(/before \d\d:\d\d:\d\d/g, "before C")
        .replace(/about \d\d:\d\d:\d\d/g, "about C")
        .replace(/192\.0\.2\.\d+/g, "A")
        .replace(/\d+ ms|\d+\.\d s/g, "T")}${kinds.length === 0 ? "" : ` [${kinds.join(", ")}]`}`;
    })
    .join("\n");

/** Says it, and waits until the server has seen to it. */
export const does = async (peer: Peer, ...messages: ReadonlyArray<object>): Promise<void> => {
  peer.say(...messages);
  await settled(peer);
};

/** The server learns of it by its own event, whose arrival another client can see. */
export const leaves = async (peer: Peer, witness: Peer): Promise<void> => {
  await witness.heard();
  peer.ws.close(1001);
  await peer.closed;
  await settled(witness);
};

export const secret = "v=0\r\no=- 1 2 IN IP4 203.0.113.9\r\na=ice-pwd:verysecretpassword\r\n";
export const signal = (type: string, from: string, to: string, more: object = {}): object => ({
  type,
  channel: signaling,
  data: { fromUserId: from, toUserId: to, ...more },
});
export const offer = (from = "ann", to = "bob", more: object = {}) =>
  signal("webrtc-offer", from, to, { offer: { type: "offer", sdp: secret }, ...more });
export const answer = (from = "bob", to = "ann", more: object = {}) =>
  signal("webrtc-answer", from, to, { answer: { type: "answer", sdp: secret }, ...more });
export const candidate = (from = "ann", to = "bob", type = "host") =>
  signal("webrtc-ice", from, to, {
    candidate: { candidate: `candidate:1 1 udp 2113937151 203.0.113.9 49188 typ ${type} generation 0` },
  });
export const joins = (user: string, room = "r1") => ({
  type: "user-joined-room",
  channel: rooms,
  data: { roomId: room, userId: user, userName: user.toUpperCase() },
});
export const create = (id = "r1") => ({ type: "room-created", channel: rooms, data: { id, name: "Room" } });
export const request = (type: string, from: string, to: string) => ({
  type,
  channel: access,
  data: { roomId: "r1", fromUserId: from, toUserId: to },
});

/** Ann is in a room of her own and listens on these channels; Bob has only connected. */
export const hosted = async (
  connect: () => Promise<Peer>,
  ...channels: ReadonlyArray<string>
): Promise<readonly [Peer, Peer]> => {
  const [ann, bob] = [await connect(), await connect()];
  await does(ann, ...channels.map(subscribe), create(), joins("ann"));
  return [ann, bob];
};

/** Two who met in a room, each with one socket. */
export const met = async (connect: () => Promise<Peer>): Promise<readonly [Peer, Peer]> => {
  const [ann, bob] = await hosted(connect, rooms, signaling);
  await does(bob, subscribe(), subscribe(signaling), joins("bob"));
  return [ann, bob];
};
