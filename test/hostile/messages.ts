import { type Random, random } from "../simulation/random.js";

/** Makes the next text of a client; the same seed makes the same texts, but for what the server has named. */
export type Speaker = (id: number, from: number) => string;

type Make = (r: Random) => unknown;
type Members = Readonly<Record<string, Make>>;
type Json = Record<string, unknown>;

const nested = (levels: number): unknown => JSON.parse(`${"[".repeat(levels)}${"]".repeat(levels)}`);
const smile = "\u{1F600}";
const builtIns = ["__proto__", "constructor", "toString", "hasOwnProperty", "valueOf", "length"];

/** What is somewhere else than it belongs, or nowhere. */
const odd: ReadonlyArray<unknown> = [
  ...[null, true, false, 0, -1, 0.5, 1e21, 2 ** 53, -(2 ** 53), "", " ", "\t", "1", "null"],
  ...[
    "\u0000",
    "a\nb",
    "\u007f",
    "\ud800",
    "\udfff\ud800",
    `${smile}\udc00`,
    "\u202eevil",
    "\ufeff",
    "e\u0301",
    "\u00e9",
  ],
  ...[smile.repeat(128), smile.repeat(129), "x".repeat(128), "x".repeat(129), "y".repeat(1_025), "z".repeat(20_000)],
  ...[...builtIns, "webrtc-dashboard-rooms", "webrtc-signaling", "signalbox.v1"],
  ...[[], [[]], ["x"], ["room-1"], {}, { length: 1 }, { toString: 1 }, { toJSON: 1 }],
  ...[nested(30), nested(31), nested(33), nested(1_000)],
  Object.fromEntries(Array.from({ length: 200 }, (_, n) => [`${n}`, n])),
  JSON.parse('{"__proto__":{"type":"ping","lobby":true}}'),
];

const oneOf =
  (...of: ReadonlyArray<unknown>): Make =>
  (r) =>
    r.one(of);
const optional =
  (make: Make): Make =>
  (r) =>
    r.often(0.5) ? make(r) : undefined;
const below =
  (n: number): Make =>
  (r) =>
    r.below(n);

const room = oneOf(
  ...Array.from({ length: 12 }, (_, n) => `room-${n % 4}`),
  "__proto__",
  "constructor",
  "r".repeat(128),
);
const name = oneOf("Ann", "Bob", smile.repeat(8), "\u202eevil", "<script>", "__proto__");
const seedUser = oneOf(...Array.from({ length: 30 }, (_, n) => `user-${n}`), ...builtIns);
const data = oneOf("x", 1, null, {}, { sdp: "v=0\r\n", nested: nested(20) }, "x".repeat(2_000));

const rooms = oneOf(undefined, "webrtc-dashboard-rooms");
const channel = oneOf(...Array.from({ length: 60 }, (_, n) => `channel-${n}`), "webrtc-signaling", ...builtIns);
const to: Members = {
  roomId: room,
  fromUserId: seedUser,
  toUserId: optional(seedUser),
  negotiation: optional(below(9)),
};

/** The requests of the seed's dialect: the channel, and the members of the body. */
const seedRequests: ReadonlyArray<readonly [type: string, channel: Make, body: Members]> = [
  ["subscribe", channel, {}],
  ["unsubscribe", channel, {}],
  ["ping", oneOf(undefined), {}],
  ["room-list-request", rooms, {}],
  [
    "room-created",
    rooms,
    { id: room, name, host: optional(name), hostId: optional(seedUser), description: optional(name) },
  ],
  ["user-joined-room", rooms, { roomId: room, userId: seedUser, userName: name }],
  ["user-left-room", rooms, { roomId: room, userId: seedUser }],
  ["webrtc-offer", channel, { ...to, offer: data }],
  ["webrtc-answer", channel, { ...to, answer: data }],
  ["webrtc-ice", channel, { ...to, candidate: data }],
  ["call-ended", channel, to],
  ["chat-message", channel, { text: data }],
];

const policy: Make = (r) => ({
  listed: r.often(0.8),
  lobby: r.often(0.1),
  capacity: r.between(1, 100),
  withoutHost: r.one(["promote", "open", "lock", "close"]),
});
const whole = oneOf(0, 1, 2, 3, 5, 8, 13, Number.MAX_SAFE_INTEGER);
const ms = oneOf(0, 1, 1, 10, 100, 86_400_000);

const v1Requests = (user: Make): ReadonlyArray<readonly [type: string, body: Members]> => [
  ["create", { room, name: optional(name), policy: optional(policy) }],
  ["join", { room, create: optional((r) => ({ name: name(r), policy: policy(r) })) }],
  ["join", { room }],
  ["join", { room }],
  ["leave", { room }],
  ["close", { room }],
  ["roster", { room }],
  ["withdraw", { room }],
  ["admit", { room, user }],
  ["deny", { room, user, forMs: optional(ms) }],
  ["lock", { room, locked: oneOf(true, false, false, false) }],
  ["remove", { room, user, banMs: optional(ms) }],
  ["unban", { room, user }],
  ["role", { room, user, role: oneOf("host", "co-host", "participant") }],
  ...(["offer", "offer", "answer", "candidate", "end"] as const).map((kind): readonly [string, Members] => [
    "signal",
    { room, to: user, kind: oneOf(kind), negotiation: whole, data: optional(data) },
  ]),
  ["message", { room, to: optional(user), data }],
  ["directory", { watch: oneOf(true, false) }],
  ["renew", { token: oneOf("x", "a.b.c", "x".repeat(8_192)) }],
  ["ice-servers", {}],
  ["ack", { seen: whole }],
  ["hello", {}],
  ["ping", {}],
];

const made = (members: Members, r: Random): Json =>
  Object.fromEntries(
    Object.entries(members).flatMap(([key, make]) => {
      const value = make(r);
      return value === undefined ? [] : [[key, value]];
    }),
  );

const keyIn = (object: Json, r: Random): string => r.one(Object.keys(object));

/** As a member, whatever its name: with an assignment `__proto__` would be the prototype. */
const put = (object: Json, key: string, value: unknown): void =>
  void Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });

/** One thing that is wrong with a message. */
const wrongs: ReadonlyArray<(message: Json, r: Random) => void> = [
  (message, r) => put(message, keyIn(message, r), r.one(odd)),
  (message, r) => put(message, keyIn(message, r), r.one(odd)),
  (message, r) => void delete message[keyIn(message, r)],
  (message, r) => put(message, r.one([...builtIns, "Room", "roomid", "TYPE", "", "toJSON"]), r.one(odd)),
  (message, r) => {
    const [one, other] = [keyIn(message, r), keyIn(message, r)];
    const value = message[one];
    put(message, one, message[other]);
    put(message, other, value);
  },
];

/** One thing that is wrong with how a message is written. */
const scrawls: ReadonlyArray<(text: string, r: Random) => string> = [
  (text, r) => text.slice(0, r.below(text.length)),
  (text, r) => text.slice(r.below(text.length)),
  (text, r) => text.replace("{", `{"type":${JSON.stringify(r.one(["ping", 1, null, "subscribe"]))},`),
  (text, r) =>
    text.replace(/\}$/, `,"${r.one(["type", "room", "channel", "data", "__proto__"])}":${JSON.stringify(r.one(odd))}}`),
  (text) => text.replace(/\d+/, "1e999"),
  (text) => `\ufeff${text}`,
  (text) => ` \n\t${text}\r\n `,
  (text) => `[${text}]`,
  (text) => JSON.stringify(text),
  (text) => text + text,
  (text) => text.replaceAll('"', "'"),
  (text, r) => "[".repeat(r.between(1, 3_000)) + text,
  () => "",
];

/** A third is as it should be, half has something wrong in it, and some are hardly JSON. */
const spoilt = (message: Json, inner: Json, r: Random): string => {
  if (r.often(0.62))
    for (let n = r.one([1, 1, 1, 2, 3]); n > 0; n--) {
      const at = Object.keys(inner).length > 0 && r.often(0.7) ? inner : message;
      if (Object.keys(at).length > 0) r.one(wrongs)(at, r);
    }
  const text = JSON.stringify(message);
  return r.often(0.06) ? r.one(scrawls)(text, r) : text;
};

/** A client of the seed's dialect. Its relays say who wrote them, and as which message. */
export const seedSpeaker = (seed: number): Speaker => {
  const r = random(seed);
  return (id, from) => {
    const [type, on, body] = r.one(seedRequests);
    const inner = made(body, r);
    const head = { type, ...made({ channel: on }, r), by: [from, id] };
    return r.often(0.2) ? spoilt({ ...head, ...inner }, {}, r) : spoilt({ ...head, data: inner }, inner, r);
  };
};

/** A client of signalbox.v1, which knows these users. */
export const v1Speaker = (seed: number, users: ReadonlyArray<string>): Speaker => {
  const r = random(seed);
  const requests = v1Requests((it) => (users.length > 0 && it.often(0.9) ? it.one(users) : it.one(builtIns)));
  return (id) => {
    const [type, body] = r.one(requests);
    const inner = made(body, r);
    return spoilt({ type, id, ...made({ seen: optional(below(id)) }, r), ...inner }, {}, r);
  };
};
