import { frame, rawFrame } from "./raw.js";

/**
 * What the server sends after the bytes of a case, in this order: answers in text, pongs, its close frame. `answer` is what a ping of the
 * protocol is answered with. Without a close frame the client is still served.
 */
export type Outcome = ReadonlyArray<string>;

export interface FrameCase {
  /** Of RFC 6455. */
  readonly section: string;
  readonly name: string;
  /** Each is written in a turn of its own. */
  readonly sent: ReadonlyArray<Buffer>;
  readonly expected: Outcome | { readonly seed: Outcome; readonly v1: Outcome };
  /** Sent in place of the hello, where the protocol has one. */
  readonly isFirst?: true;
  /** The client ends its side after the bytes: it has sent half a frame. */
  readonly isCutShort?: true;
}

const text = 0x1;
const binary = 0x2;
const close = 0x8;
const ping = 0x9;
const pong = 0xa;

/** A ping of the protocol, which either dialect answers. */
const request = (id = 2): string => JSON.stringify({ type: "ping", id });
const hex = (digits: string): Buffer => Buffer.from(digits.replaceAll(" ", ""), "hex");
const joined = (...parts: ReadonlyArray<Buffer | string>): Buffer =>
  Buffer.concat(parts.map((part) => Buffer.from(part as string)));
const byteByByte = (bytes: Buffer): ReadonlyArray<Buffer> => Array.from(bytes, (byte) => Buffer.from([byte]));
const shown = (bytes: Buffer | string): string => JSON.stringify(Buffer.from(bytes as string).toString());

/** Text that is no JSON. The seed's protocol gives it back, which shows that it has arrived as it was. */
const asSent = (words: Buffer | string): FrameCase["expected"] => ({
  seed: [`echo ${shown(words)}`],
  v1: ["error invalid-message"],
});
const noBinary = { seed: ["error binary-unsupported"], v1: ["error invalid-message"] };

const one = (
  section: string,
  name: string,
  sent: Buffer | ReadonlyArray<Buffer>,
  expected: FrameCase["expected"],
  more: Pick<FrameCase, "isFirst" | "isCutShort"> = {},
): FrameCase => ({
  section,
  name,
  sent: Buffer.isBuffer(sent) ? [sent] : (sent as ReadonlyArray<Buffer>),
  expected,
  ...more,
});

const hexOf = (number: number): string => `0x${number.toString(16)}`;

const reservedBits: ReadonlyArray<FrameCase> = [
  ...[1, 2, 3, 4, 5, 6, 7].map((rsv) =>
    one("5.2", `reserved bits ${rsv.toString(2).padStart(3, "0")} of a text`, rawFrame({ payload: request(), rsv }), [
      "close 1002",
    ]),
  ),
  ...[
    ["a binary frame", binary],
    ["a close", close],
    ["a ping", ping],
    ["a pong", pong],
  ].map(([name, opcode]) =>
    one("5.2", `RSV1 of ${name}`, rawFrame({ opcode: opcode as number, rsv: 4 }), ["close 1002"]),
  ),
  one(
    "5.2",
    "RSV1 of a continuation",
    [frame('{"type":', text, false), rawFrame({ opcode: 0, rsv: 4, payload: '"ping","id":2}' })],
    ["close 1002"],
  ),
];

const opcodes: ReadonlyArray<FrameCase> = [3, 4, 5, 6, 7, 0xb, 0xc, 0xd, 0xe, 0xf].flatMap((opcode) => [
  one("5.2", `reserved opcode ${hexOf(opcode)}, empty`, rawFrame({ opcode }), ["close 1002"]),
  one("5.2", `reserved opcode ${hexOf(opcode)}, with a payload`, rawFrame({ opcode, payload: request() }), [
    "close 1002",
  ]),
]);

const masks: ReadonlyArray<FrameCase> = [
  ...[text, binary, close, ping, pong].map((opcode) =>
    one("5.1", `an unmasked frame of opcode ${hexOf(opcode)}`, rawFrame({ opcode, mask: undefined }), ["close 1002"]),
  ),
  one("5.1", "an unmasked text with a payload", rawFrame({ payload: request(), mask: undefined }), ["close 1002"]),
  one(
    "5.1",
    "an unmasked continuation",
    [frame('{"type":', text, false), rawFrame({ opcode: 0, payload: '"ping","id":2}', mask: undefined })],
    ["close 1002"],
  ),
  one("5.1", "an unmasked frame before the hello", rawFrame({ payload: request(), mask: undefined }), ["close 1002"], {
    isFirst: true,
  }),
  ...[0, 1, 0xff, 0x7b226e75, 0xff_ff_ff_ff].map((mask) =>
    one("5.3", `a text under the mask ${hexOf(mask)}`, rawFrame({ payload: request(), mask }), ["answer"]),
  ),
  ...[1, 2, 3, 4, 5, 7, 8, 9].map((length) =>
    one(
      "5.3",
      `a masked text of ${length} bytes`,
      rawFrame({ payload: "x".repeat(length) }),
      asSent("x".repeat(length)),
    ),
  ),
];

/** JSON of so many bytes that is a ping. */
const longRequest = (bytes: number): string => request().padEnd(bytes, " ");

const lengths: ReadonlyArray<FrameCase> = [
  one("5.2", "an empty text", frame(""), asSent("")),
  ...[124, 125, 126, 127, 128, 255, 256, 65_534, 65_535, 65_536].map((bytes) =>
    one("5.2", `a text of ${bytes} bytes`, rawFrame({ payload: longRequest(bytes) }), ["answer"]),
  ),
  // "The minimal number of bytes MUST be used." Nothing here depends on how a length is written, and ws reads all three.
  one("5.2", "a length of 16 bits where 7 do", rawFrame({ payload: request(), lengthBits: 16 }), ["answer"]),
  one("5.2", "a length of 64 bits where 7 do", rawFrame({ payload: request(), lengthBits: 64 }), ["answer"]),
  one("5.2", "a length of 64 bits where 16 do", rawFrame({ payload: longRequest(300), lengthBits: 64 }), ["answer"]),
  one("5.2", "an empty text with a length of 64 bits", rawFrame({ lengthBits: 64 }), asSent("")),
  one("5.2", "a text of 65,537 bytes", rawFrame({ payload: longRequest(65_537) }), ["close 1009"]),
  ...[
    ["2^17", 1n << 17n],
    ["2^31 - 1", (1n << 31n) - 1n],
    ["2^31", 1n << 31n],
    ["2^32 - 1", (1n << 32n) - 1n],
    ["2^32", 1n << 32n],
    ["2^53 - 1", (1n << 53n) - 1n],
    ["2^53", 1n << 53n],
    ["2^63 - 1", (1n << 63n) - 1n],
    ["2^63, the highest bit", 1n << 63n],
    ["2^64 - 1", (1n << 64n) - 1n],
  ].map(([name, declared]) =>
    one("5.2", `a length of ${name}`, rawFrame({ declared: declared as bigint, lengthBits: 64 }), ["close 1009"]),
  ),
  one("5.2", "a binary frame of 65,537 bytes", rawFrame({ opcode: binary, declared: 65_537n, lengthBits: 64 }), [
    "close 1009",
  ]),
  one("5.2", "one byte of a frame", hex("81"), [], { isCutShort: true }),
  one("5.2", "a frame without its mask", hex("81 81"), [], { isCutShort: true }),
  one("5.2", "half a length of 16 bits", hex("81 fe 01"), [], { isCutShort: true }),
  one("5.2", "half a length of 64 bits", hex("81 ff 00 00 00"), [], { isCutShort: true }),
  one("5.2", "half a payload", rawFrame({ payload: request() }).subarray(0, -5), [], { isCutShort: true }),
  one("5.2", "half a message", frame('{"type":', text, false), [], { isCutShort: true }),
  one("5.2", "a text a byte at a time", byteByByte(rawFrame({ payload: request() })), ["answer"]),
  one("5.2", "three texts in one write", joined(frame(request(2)), frame(request(3)), frame(request(4))), [
    "answer",
    "answer",
    "answer",
  ]),
];

/** So many fragments: all but the last have a byte each. */
const pieces = (count: number, words: string, opcode = text): ReadonlyArray<Buffer> =>
  Array.from({ length: count }, (_, i) =>
    rawFrame({
      opcode: i === 0 ? opcode : 0,
      fin: i === count - 1,
      payload: Buffer.from(words).subarray(i, i === count - 1 ? undefined : i + 1),
    }),
  );
const empties = (count: number): ReadonlyArray<Buffer> =>
  Array.from({ length: count }, () => rawFrame({ opcode: 0, fin: false }));

const fragments: ReadonlyArray<FrameCase> = [
  one("5.4", "a text in 2 fragments", pieces(2, request()), ["answer"]),
  one("5.4", "a text in 2 fragments of one write", joined(...pieces(2, request())), ["answer"]),
  one("5.4", "a text in 16 fragments", pieces(16, request()), ["answer"]),
  one("5.4", "a text in 17 fragments, which is one more than the limit", pieces(17, request()), ["close 1008"]),
  one("5.4", "an empty first fragment", [frame("", text, false), frame(request(), 0)], ["answer"]),
  one("5.4", "an empty last fragment", [frame(request(), text, false), frame("", 0)], ["answer"]),
  one("5.4", "only empty fragments", [frame("", text, false), frame("", 0)], asSent("")),
  one(
    "5.4",
    "14 empty fragments between two",
    [frame('{"type":"ping",', text, false), ...empties(14), frame('"id":2}', 0)],
    ["answer"],
  ),
  one(
    "5.4",
    "15 empty fragments between two",
    [frame('{"type":"ping",', text, false), ...empties(15), frame('"id":2}', 0)],
    ["close 1008"],
  ),
  one("5.4", "a thousand empty fragments", joined(frame("", text, false), ...empties(1_000)), ["close 1008"]),
  one("5.4", "a binary message in 2 fragments", pieces(2, request(), binary), noBinary),
  one(
    "5.4",
    "two texts in fragments, one after the other",
    [...pieces(3, request(2)), ...pieces(3, request(3))],
    ["answer", "answer"],
  ),
  one(
    "5.4",
    "fragments of 65,536 bytes in all",
    [frame(longRequest(65_000), text, false), frame(" ".repeat(536), 0)],
    ["answer"],
  ),
  one(
    "5.4",
    "fragments of 65,537 bytes in all",
    [frame(longRequest(65_000), text, false), frame(" ".repeat(537), 0)],
    ["close 1009"],
  ),
  one("5.4", "a continuation of nothing", frame(request(), 0), ["close 1002"]),
  one("5.4", "an empty continuation of nothing", frame("", 0), ["close 1002"]),
  one("5.4", "a continuation of nothing that is not the last", frame(request(), 0, false), ["close 1002"]),
  one("5.4", "a continuation after the last fragment", joined(...pieces(2, request()), frame("x", 0)), ["close 1002"]),
  one("5.4", "a text within a text", [frame('{"type":', text, false), frame(request())], ["close 1002"]),
  one(
    "5.4",
    "a first fragment within a text",
    [frame('{"type":', text, false), frame(request(), text, false)],
    ["close 1002"],
  ),
  one("5.4", "a binary frame within a text", [frame('{"type":', text, false), frame("x", binary)], ["close 1002"]),
  one("5.4", "a text within a binary message", [frame("x", binary, false), frame(request())], ["close 1002"]),
  one(
    "5.4",
    "a reserved opcode within a text",
    [frame('{"type":', text, false), rawFrame({ opcode: 3 })],
    ["close 1002"],
  ),
  one(
    "5.4",
    "a ping between two fragments",
    [frame('{"type":"ping",', text, false), frame("hello", ping), frame('"id":2}', 0)],
    ["answer", 'pong "hello"'],
  ),
  one(
    "5.4",
    "a pong between two fragments",
    [frame('{"type":"ping",', text, false), frame("hello", pong), frame('"id":2}', 0)],
    ["answer"],
  ),
  one(
    "5.4",
    "a ping between any two of 16 fragments",
    pieces(16, request()).flatMap((piece, i) => [piece, frame(`${i}`, ping)]),
    ["answer", ...Array.from({ length: 16 }, (_, i) => `pong "${i}"`)],
  ),
  one(
    "5.4",
    "a close between two fragments",
    [frame('{"type":"ping",', text, false), frame(hex("03 e8"), close), frame('"id":2}', 0)],
    ['close 1000 ""'],
  ),
  one(
    "5.4",
    "a ping that is broken between two fragments",
    [frame('{"type":"ping",', text, false), rawFrame({ opcode: ping, fin: false }), frame('"id":2}', 0)],
    ["close 1002"],
  ),
];

const controls: ReadonlyArray<FrameCase> = [
  one("5.5.2", "an empty ping", frame("", ping), ['pong ""']),
  one("5.5.2", "a ping of 125 bytes", frame("x".repeat(125), ping), [`pong ${shown("x".repeat(125))}`]),
  one("5.5.2", "a ping that is masked and no text", rawFrame({ opcode: ping, payload: hex("00 ff fe 80") }), [
    `pong ${shown(hex("00 ff fe 80"))}`,
  ]),
  one(
    "5.5.2",
    "ten pings in one write",
    joined(...Array.from({ length: 10 }, (_, i) => frame(`${i}`, ping))),
    Array.from({ length: 10 }, (_, i) => `pong "${i}"`),
  ),
  one("5.5.2", "a ping a byte at a time", byteByByte(rawFrame({ opcode: ping, payload: "slow" })), ['pong "slow"']),
  one("5.5.2", "a ping, and a text in the same write", joined(frame("a", ping), frame(request())), [
    "answer",
    'pong "a"',
  ]),
  one("5.5.2", "a ping before the hello", frame("early", ping), { seed: ['pong "early"'], v1: ['pong "early"'] }),
  one("5.5.3", "a pong that nobody asked for", frame("", pong), []),
  one("5.5.3", "a pong of 125 bytes that nobody asked for", frame("x".repeat(125), pong), []),
  one("5.5.3", "a hundred pongs in one write", joined(...Array.from({ length: 100 }, () => frame("x", pong))), []),
  ...[
    ["a ping", ping],
    ["a pong", pong],
    ["a close", close],
  ].flatMap(([name, code]) => {
    const opcode = code as number;
    return [
      one("5.5", `${name} of 126 bytes`, rawFrame({ opcode, payload: "x".repeat(126) }), ["close 1002"]),
      one("5.5", `${name} with a length of 64 bits`, rawFrame({ opcode, declared: 200n, lengthBits: 64 }), [
        "close 1002",
      ]),
      one(
        "5.5",
        `${name} of 5 bytes with a length of 16 bits`,
        rawFrame({ opcode, payload: hex("03 e8 61 62 63"), lengthBits: 16 }),
        ["close 1002"],
      ),
      one(
        "5.5",
        `${name} in fragments`,
        [rawFrame({ opcode, fin: false, payload: hex("03 e8") }), frame("", 0)],
        ["close 1002"],
      ),
    ];
  }),
];

const closing = (code: number, reason: Buffer | string = ""): Buffer => {
  const head = Buffer.alloc(2);
  head.writeUInt16BE(code);
  return rawFrame({ opcode: close, payload: joined(head, reason) });
};

const closes: ReadonlyArray<FrameCase> = [
  one("5.5.1", "a close without a code", rawFrame({ opcode: close }), ["close"]),
  one("5.5.1", "a close of one byte", rawFrame({ opcode: close, payload: hex("03") }), ["close 1002"]),
  one("5.5.1", "a close a byte at a time", byteByByte(closing(1000, "bye")), ['close 1000 "bye"']),
  one("5.5.1", "a close with a reason", closing(1000, "bye"), ['close 1000 "bye"']),
  one("5.5.1", "a close with a reason of 123 bytes", closing(1000, "x".repeat(123)), [
    `close 1000 ${shown("x".repeat(123))}`,
  ]),
  one("5.5.1", "a close with a reason of 124 bytes", closing(1000, "x".repeat(124)), ["close 1002"]),
  one("5.5.1", "a close with a reason that is not ASCII", closing(1000, "κόσμε 🙂"), ['close 1000 "κόσμε 🙂"']),
  ...["ff", "c3 28", "ed a0 80", "f4 90 80 80", "61 e2 82", "c0 80"].map((digits) =>
    one("5.5.1", `a close with the reason ${digits}, which is no UTF-8`, closing(1000, hex(digits)), ["close 1007"]),
  ),
  ...[1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999].map((code) =>
    one("7.4", `a close with ${code}`, closing(code), [`close ${code} ""`]),
  ),
  ...[
    0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1017, 1100, 1999, 2000, 2500, 2999, 5000, 5001, 10_000, 32_768, 65_535,
  ].map((code) => one("7.4", `a close with ${code}, which nobody may send`, closing(code), ["close 1002"])),
  one("7.4", "a close with a code that nobody may send and a reason that is no UTF-8", closing(1005, hex("ff")), [
    "close 1002",
  ]),
];

const afterClose: ReadonlyArray<FrameCase> = [
  one("7.1", "a text after a close", joined(closing(1000), frame(request())), ['close 1000 ""']),
  one("7.1", "a text after a close, later", [closing(1000), frame(request())], ['close 1000 ""']),
  one("7.1", "a ping after a close", joined(closing(1000), frame("x", ping)), ['close 1000 ""']),
  one("7.1", "a second close after a close", joined(closing(1000), closing(1001)), ['close 1000 ""']),
  one("7.1", "a broken frame after a close", joined(closing(1000), hex("ff ff ff ff")), ['close 1000 ""']),
  one("7.1", "64 KiB after a close", joined(closing(1000), Buffer.alloc(65_536, 0x81)), ['close 1000 ""']),
  // Its answer would leave after the close of the server, which is due at once.
  one("7.1", "a text before a close of the same write", joined(frame(request()), closing(1000)), ['close 1000 ""']),
  one("7.1.7", "a text after a frame that fails the connection", joined(hex("83 80 00 00 00 00"), frame(request())), [
    "close 1002",
  ]),
  one("7.1.7", "a close after a frame that fails the connection", joined(hex("83 80 00 00 00 00"), closing(1000)), [
    "close 1002",
  ]),
  one(
    "7.1.7",
    "a text before a frame of the same write that fails the connection",
    joined(frame(request()), hex("83 80 00 00 00 00")),
    ["close 1002"],
  ),
  one(
    "7.1.7",
    "64 KiB after a frame that fails the connection",
    joined(hex("83 80 00 00 00 00"), Buffer.alloc(65_536)),
    ["close 1002"],
  ),
];

/** Of the table of the stress test by Markus Kuhn, and RFC 3629. */
const valid: ReadonlyArray<readonly [string, Buffer | string]> = [
  ["of two bytes", "é"],
  ["of three bytes", "€"],
  ["of four bytes", "🙂"],
  ["in Greek", "κόσμε"],
  ["U+0000", "\u0000"],
  ["U+007F", "\u007f"],
  ["U+0080, the first of two bytes", "\u0080"],
  ["U+07FF, the last of two bytes", "\u07ff"],
  ["U+0800, the first of three bytes", "\u0800"],
  ["U+D7FF, before the surrogates", "\ud7ff"],
  ["U+E000, after the surrogates", "\ue000"],
  ["U+FFFE, which is no character", "\ufffe"],
  ["U+FFFF, the last of three bytes", "\uffff"],
  ["U+10000, the first of four bytes", "\u{10000}"],
  ["U+10FFFF, the last of all", "\u{10ffff}"],
  ["a byte order mark", "\ufeffx"],
];

const invalid: ReadonlyArray<readonly [string, string]> = [
  ["a continuation byte alone", "80"],
  ["the last continuation byte alone", "bf"],
  ["six continuation bytes", "80 bf 80 bf 80 bf"],
  ["a start of two bytes alone", "c3"],
  ["a start of three bytes alone", "e2 82"],
  ["a start of four bytes alone", "f0 9f 99"],
  ["a start of two bytes, then ASCII", "c3 28"],
  ["a start of three bytes, then ASCII", "e2 28 a1"],
  ["a start of four bytes, then ASCII", "f0 28 8c bc"],
  ["an overlong / of two bytes", "c0 af"],
  ["an overlong / of three bytes", "e0 80 af"],
  ["an overlong / of four bytes", "f0 80 80 af"],
  ["an overlong / of five bytes", "f8 80 80 80 af"],
  ["an overlong / of six bytes", "fc 80 80 80 80 af"],
  ["an overlong U+0000", "c0 80"],
  ["an overlong U+007F", "c1 bf"],
  ["an overlong U+07FF", "e0 9f bf"],
  ["an overlong U+FFFF", "f0 8f bf bf"],
  ["the surrogate U+D800", "ed a0 80"],
  ["the surrogate U+DB7F", "ed ad bf"],
  ["the surrogate U+DFFF", "ed bf bf"],
  ["a pair of surrogates", "ed a0 bd ed b9 82"],
  ["U+110000, beyond the last", "f4 90 80 80"],
  ["a start of U+140000", "f5 80 80 80"],
  ["five bytes", "f8 88 80 80 80"],
  ["six bytes", "fc 84 80 80 80 80"],
  ["fe", "fe"],
  ["ff", "ff"],
  ["ff within a text", "22 61 ff 62 22"],
];

const split = (bytes: Buffer, at: number): ReadonlyArray<Buffer> => [
  rawFrame({ payload: bytes.subarray(0, at), fin: false }),
  rawFrame({ opcode: 0, payload: bytes.subarray(at) }),
];

const utf8: ReadonlyArray<FrameCase> = [
  ...valid.map(([name, words]) => one("8.1", `UTF-8: ${name}`, rawFrame({ payload: words }), asSent(words))),
  ...[1, 2, 3].map((at) =>
    one("5.6", `UTF-8: a character of four bytes, cut after ${at}`, split(Buffer.from("🙂"), at), asSent("🙂")),
  ),
  one("5.6", "UTF-8: a character of four bytes in four fragments", pieces(4, "🙂"), asSent("🙂")),
  one(
    "5.6",
    "UTF-8: a character cut by a ping",
    [rawFrame({ payload: hex("c3"), fin: false }), frame("x", ping), rawFrame({ opcode: 0, payload: hex("a9") })],
    { seed: ['echo "é"', 'pong "x"'], v1: ["error invalid-message", 'pong "x"'] },
  ),
  ...invalid.map(([name, digits]) =>
    one("8.1", `no UTF-8: ${name}`, rawFrame({ payload: hex(digits) }), ["close 1007"]),
  ),
  one("8.1", "no UTF-8, split over fragments", split(hex("ed a0 80"), 1), ["close 1007"]),
  one(
    "8.1",
    "no UTF-8 in the last of two fragments",
    [frame("abc", text, false), rawFrame({ opcode: 0, payload: hex("ff") })],
    ["close 1007"],
  ),
  one(
    "8.1",
    "no UTF-8 in the first of two fragments",
    [rawFrame({ fin: false, payload: hex("ff") }), frame("abc", 0)],
    ["close 1007"],
  ),
  one(
    "8.1",
    "a character that is not ended at the end of the last fragment",
    [frame("abc", text, false), rawFrame({ opcode: 0, payload: hex("e2 82") })],
    ["close 1007"],
  ),
  one(
    "8.1",
    "two halves of a character in two messages",
    [rawFrame({ payload: hex("c3") }), rawFrame({ payload: hex("a9") })],
    ["close 1007"],
  ),
  one("8.1", "no UTF-8 as the first frame", rawFrame({ payload: hex("ff") }), ["close 1007"], { isFirst: true }),
];

const data: ReadonlyArray<FrameCase> = [
  one("5.6", "a text that is a ping of the protocol", frame(request()), ["answer"]),
  one("5.6", "a text that is no JSON", frame("hello"), asSent("hello")),
  one("5.6", "a binary frame with JSON", frame(request(), binary), noBinary),
  one("5.6", "an empty binary frame", frame("", binary), noBinary),
  one("5.6", "a binary frame that is no UTF-8", frame(hex("ff fe 80"), binary), noBinary),
  one("5.6", "a text after a binary frame", [frame(request(), binary), frame(request())], {
    seed: ["error binary-unsupported", "answer"],
    v1: ["error invalid-message", "answer"],
  }),
  one(
    "5.6",
    "a binary frame as the first",
    frame(request(), binary),
    { seed: ["error binary-unsupported"], v1: ["error invalid-message", 'close 3500 "invalid-message"'] },
    { isFirst: true },
  ),
  one(
    "5.6",
    "a text that is no hello as the first",
    frame(request()),
    { seed: ["answer"], v1: ["error invalid-message", 'close 3500 "invalid-message"'] },
    { isFirst: true },
  ),
  one(
    "5.6",
    "a text that is no JSON as the first",
    frame("hello"),
    { seed: ['echo "hello"'], v1: ["error invalid-message", 'close 3500 "invalid-message"'] },
    { isFirst: true },
  ),
  one("5.2", "HTTP where frames are due", Buffer.from("GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"), ["close 1002"]),
  one("5.2", "a TLS hello where frames are due", hex("16 03 01 02 00 01 00 01 fc 03 03"), ["close 1002"]),
  one("5.2", "zeros where frames are due", Buffer.alloc(1_024), ["close 1002"]),
];

export const frameCases: ReadonlyArray<FrameCase> = [
  ...reservedBits,
  ...opcodes,
  ...masks,
  ...lengths,
  ...fragments,
  ...controls,
  ...closes,
  ...afterClose,
  ...utf8,
  ...data,
];
