import type { Socket } from "node:net";
import { isDeepStrictEqual } from "node:util";
import { expect, test } from "vitest";
import { peerOf, serverWith, until } from "../support/net.js";
import { type FrameCase, frameCases, type Outcome } from "./frames.js";
import { abandonments, handshake, inGroups, isWell, json, opened, rawFrame } from "./raw.js";

type DialectName = "seed" | "v1";

interface Spoken {
  readonly headers: ReadonlyArray<string>;
  /** Undefined: a client is greeted without one. */
  readonly hello: Buffer | undefined;
  readonly greeting: string;
  readonly answer: string;
}

const spoken: Readonly<Record<DialectName, Spoken>> = {
  seed: { headers: [], hello: undefined, greeting: "client_count", answer: "pong" },
  v1: {
    headers: ["Sec-WebSocket-Protocol: signalbox.v1"],
    hello: json({ type: "hello", id: 1 }),
    greeting: "welcome",
    answer: "result",
  },
};

interface Heard {
  readonly texts: string[];
  readonly pongs: string[];
  readonly closes: string[];
  /** What no server may send. */
  readonly wrong: string[];
}

const closeIn = (payload: Buffer): string => {
  if (payload.length === 0) return "close";
  const reason = payload.subarray(2).toString();
  const code = payload.readUInt16BE(0);
  return `close ${code} ${JSON.stringify(reason)}`;
};

const textIn = (payload: Buffer): string => {
  const { type, code, original } = JSON.parse(payload.toString());
  return [type, code, original === undefined ? undefined : JSON.stringify(original)].filter(Boolean).join(" ");
};

/** Takes whole frames off the bytes, and leaves the rest. */
const framesIn = (bytes: Buffer, { texts, pongs, closes, wrong }: Heard): Buffer => {
  let rest = bytes;
  while (rest.length >= 2) {
    const [first = 0, second = 0] = rest;
    const [skip, length] =
      second === 127
        ? [10, rest.length < 10 ? Number.POSITIVE_INFINITY : Number(rest.readBigUInt64BE(2))]
        : second === 126
          ? [4, rest.length < 4 ? Number.POSITIVE_INFINITY : rest.readUInt16BE(2)]
          : [2, second & 0x7f];
    if (rest.length < skip + length) return rest;
    const payload = rest.subarray(skip, skip + length);
    if (closes.length > 0) wrong.push("a frame after the close");
    if (second > 127) wrong.push("a masked frame");
    if (first === 0x81) texts.push(textIn(payload));
    else if (first === 0x8a) pongs.push(`pong ${JSON.stringify(payload.toString())}`);
    else if (first === 0x88) closes.push(closeIn(payload));
    else wrong.push(`a frame that begins with ${first.toString(16)}`);
    rest = rest.subarray(skip + length);
  }
  return rest;
};

/** A client past its handshake that writes down what it hears, without the counts that any other client causes. */
const listener = async (port: number, { headers, hello, greeting }: Spoken, isGreeted: boolean) => {
  const socket = await opened(port);
  const heard: Heard = { texts: [], pongs: [], closes: [], wrong: [] };
  let bytes = Buffer.alloc(0);
  let isOpen = false;
  socket.on("data", (data: Buffer) => {
    bytes = Buffer.concat([bytes, data]);
    const end = bytes.indexOf("\r\n\r\n");
    if (!isOpen && end < 0) return;
    if (!isOpen) bytes = bytes.subarray(end + 4);
    isOpen = true;
    bytes = framesIn(bytes, heard) as Buffer<ArrayBuffer>;
  });
  const ended = new Promise<void>((resolve) => socket.once("end", resolve).once("close", () => resolve()));
  socket.write(handshake("/ws", ...headers));
  await until(() => isOpen);
  if (hello !== undefined && isGreeted) socket.write(hello);
  if (hello === undefined || isGreeted) await until(() => heard.texts.includes(greeting));
  return { socket, heard, ended, unread: () => bytes.length };
};

const write = async (socket: Socket, chunks: ReadonlyArray<Buffer>): Promise<void> => {
  socket.setNoDelay(true);
  for (const chunk of chunks) {
    socket.write(chunk);
    await new Promise(setImmediate);
  }
};

const outcomeIn = ({ expected }: FrameCase, name: DialectName): Outcome =>
  "seed" in expected ? expected[name] : expected;

/** What a client that is still served asks at last, before it takes its leave with 4000. */
const lastRequest = json({ type: "ping", id: 1_000 });
const farewell = rawFrame({ opcode: 0x8, payload: Buffer.from([0x0f, 0xa0]) });

/** What a client that sends a case hears until its connection has ended. */
const run = async (port: number, one: FrameCase, name: DialectName): Promise<Outcome> => {
  const { socket, heard, ended, unread } = await listener(port, spoken[name], one.isFirst === undefined);
  await write(socket, one.sent);
  const expected = outcomeIn(one, name);
  if (one.isCutShort) socket.end();
  else if (expected.every((what) => !what.startsWith("close"))) {
    const { answer, hello } = spoken[name];
    if (one.isFirst && hello !== undefined) socket.write(hello);
    socket.write(lastRequest);
    const requests = 1 + expected.filter((what) => what === "answer").length;
    await Promise.race([ended, until(() => heard.texts.filter((what) => what === answer).length === requests)]);
    socket.write(farewell);
  }
  // A close that fails the connection needs no answer (7.1.7); one that is the server's wish does.
  if (expected.some((what) => what.startsWith("close 4"))) {
    await Promise.race([ended, until(() => heard.closes.length > 0)]);
    socket.write(farewell);
  }
  await Promise.race([ended, new Promise((tick) => setTimeout(tick, 8_000))]);
  if (!socket.readableEnded) heard.wrong.push("the connection is still open");
  if (unread() > 0) heard.wrong.push("half a frame");
  socket.destroy();
  const texts = heard.texts.filter((what) => what !== spoken[name].greeting);
  return [...texts, ...heard.pongs, ...heard.closes, ...heard.wrong];
};

/** The whole of what must be heard: a client that is still served is answered once more, and takes its leave. */
const wholeOutcome = (one: FrameCase, name: DialectName): Outcome => {
  const { answer } = spoken[name];
  const expected = outcomeIn(one, name).map((what) =>
    what === "answer" ? answer : /^close \d+$/.test(what) ? `${what} ""` : what,
  );
  if (one.isCutShort || expected.some((what) => what.startsWith("close"))) return expected;
  const isText = (what: string): boolean => !what.startsWith('pong "');
  return [...expected.filter(isText), answer, ...expected.filter((what) => !isText(what)), 'close 4000 ""'];
};

const nameOf = ({ section, name }: FrameCase): string => `${section} ${name}`;

test("the cases have names of their own, and are many", () => {
  expect(new Set(frameCases.map(nameOf)).size).toBe(frameCases.length);
  expect(frameCases.length).toBeGreaterThanOrEqual(140);
});

test.each(["seed", "v1"] as const)("raw frames of a client of %s: each is answered as RFC 6455 says", async (name) => {
  const server = await serverWith();
  const witness = await peerOf(server);
  const differing: object[] = [];
  await inGroups(frameCases, async (one) => {
    const [seen, expected] = [await run(server.port, one, name), wholeOutcome(one, name)];
    if (!isDeepStrictEqual(seen, expected)) differing.push({ case: nameOf(one), expected, seen });
  });
  expect(differing).toEqual([]);
  await isWell(server, witness);
});

test.each(Object.keys(abandonments).flatMap((way) => (["seed", "v1"] as const).map((name) => ({ way, name }))))(
  "raw frames of a client of $name whose connection $way: nothing is left of it, and others are served",
  async ({ way, name }) => {
    const server = await serverWith();
    const witness = await peerOf(server);
    const left: Socket[] = [];
    await inGroups(frameCases, async (one) => {
      const { socket } = await listener(server.port, spoken[name], one.isFirst === undefined);
      left.push(socket);
      await write(socket, one.sent);
      abandonments[way]?.(socket);
    });
    // The server lets go of them; this side does not.
    await isWell(server, witness);
    expect(left).toHaveLength(frameCases.length);
    for (const socket of left) socket.destroy();
  },
);
