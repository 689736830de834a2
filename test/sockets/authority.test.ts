import { SignJWT } from "jose";
import { describe, expect, test } from "vitest";
import { rowsOf, tablesOf } from "../support/markdown.js";
import { type Peer, peerOf, serverWith, subscribe, until } from "../support/net.js";
import { page } from "../support/pages.js";
import { type Asked, type Caller, callerOf } from "../support/v1.js";
import { authority, type Others, seedRequests, signaling, v1Requests } from "./authority.js";

/*
 * Who may do what: each cell of the table in authority.ts, over real sockets, in a room of its own. A cell is ✓, `dropped` (neither
 * refused nor delivered) or the code of the refusal. After a refusal nobody else may have been sent anything, and the room must be as
 * it was: otherwise the cell says so, and does not match.
 */

const secret = "a secret of more than thirty-two bytes";
const settings = { CLIENT_ROOMS_MAX: "1000", CLIENT_CHANNELS_MAX: "1000", STATE_SPACING_MS: "1000" };

const tokenFor = (user: string, seconds = 600): Promise<string> =>
  new SignJWT({ signalbox: { sessions: "both" } })
    .setProtectedHeader({ alg: "HS256" })
    .setSubject(user)
    .setExpirationTime(Math.floor(Date.now() / 1_000) + seconds)
    .sign(new TextEncoder().encode(secret));

type Server = Awaited<ReturnType<typeof serverWith>>;
interface Setting {
  readonly server: Server;
  readonly hasAuth: boolean;
}

const v1Client = async ({ server, hasAuth }: Setting, user: string, more: object = {}): Promise<Caller> =>
  callerOf(server, { name: user, ...(hasAuth ? { token: await tokenFor(user) } : {}), ...more });

const seedClient = async ({ server, hasAuth }: Setting, user: string): Promise<Peer> => {
  const peer = await peerOf(server);
  if (hasAuth) peer.say({ type: "authenticate", token: await tokenFor(user) });
  peer.say(subscribe());
  await peer.heard();
  return peer;
};

/** Everybody else: users that the requests are about, and who watches. */
interface Cast {
  readonly host: Caller;
  readonly cohost: Caller;
  readonly participant: Caller;
  readonly waits: Caller;
  /** A socket of the seed's protocol on the channel of signals. */
  readonly observer: Peer;
}

const castOf = async (setting: Setting, column: string): Promise<Cast> => {
  const [host, cohost, participant, waits] = await Promise.all(
    ["host", "cohost", "participant", "waits"].map((name) => v1Client(setting, `${name}-${column}`)),
  );
  const observer = await seedClient(setting, `observer-${column}`);
  // It acts for a user of its own: what is meant for somebody else is not for it.
  observer.say(subscribe(signaling), {
    type: "here",
    channel: "elsewhere",
    data: { fromUserId: `observer-${column}` },
  });
  return { host, cohost, participant, waits, observer } as Cast;
};

const userOf = ({ welcome }: Caller): string => welcome.user;

const admit = (host: Caller, room: string, user: string) => host.ask({ type: "admit", room, user });
const enter = async (host: Caller, one: Caller, room: string): Promise<void> => {
  await one.ask({ type: "join", room });
  await admit(host, room, userOf(one));
  await one.ask({ type: "join", room });
};

/** A room with a lobby, with one of each role in it and one who waits. */
const furnish = async ({ host, cohost, participant, waits }: Cast, room: string): Promise<void> => {
  await host.ask({ type: "join", room, create: { policy: { lobby: true } } });
  for (const one of [cohost, participant]) await enter(host, one, room);
  await host.ask({ type: "role", room, user: userOf(cohost), role: "cohost" });
  await waits.ask({ type: "join", room });
};

/** Makes somebody what the column says; `join` and `user` are theirs, in either dialect. */
const place = async (
  column: string,
  room: string,
  { host, user, join }: { readonly host: Caller; readonly user: string; readonly join: () => Promise<unknown> },
): Promise<void> => {
  if (column === "stranger" || column === "another's id" || column === "host") return;
  await join();
  if (column === "waiting") return;
  await admit(host, room, user);
  await join();
  if (column === "banned") await host.ask({ type: "remove", room, user, banMs: 600_000 });
  if (column === "co-host" || column === "expired") await host.ask({ type: "role", room, user, role: "cohost" });
};

/** Waits until the server has answered all that the peer has said. Others may wait for the same peer. */
const settledTogether = async (peer: Peer): Promise<void> => {
  const pongs = () => peer.texts.filter((text) => text.includes('"pong"')).length;
  const target = (asked.get(peer) ?? pongs()) + 1;
  asked.set(peer, target);
  peer.say({ type: "ping" });
  await until(() => pongs() >= target);
};
const asked = new WeakMap<Peer, number>();

const othersThan = (asker: Caller | Peer, { host, cohost, participant, waits }: Cast): ReadonlyArray<Caller> =>
  [host, cohost, participant, waits].filter((one) => one !== asker);

/** All that was caused up to now has come. */
const settledAll = async (cast: Cast, asker: Caller | Peer): Promise<void> => {
  await Promise.all(othersThan(asker, cast).map((one) => one.ask({ type: "ping" })));
  await settledTogether(cast.observer);
};

/** What others in the room see of it, and what they were sent. */
const seenBy = async (cast: Cast, room: string, asker: Caller | Peer): Promise<string> => {
  const others = othersThan(asker, cast);
  const roster = await others[0]?.ask({ type: "roster", room });
  const sent = others.map(({ frames }) =>
    frames.filter((frame) => "room" in frame && frame.room === room && !("id" in frame)),
  );
  const relayed = cast.observer.texts.filter(
    (text) => text.includes(`"${room}"`) && !text.includes("server-room-list"),
  );
  return JSON.stringify([roster, sent, relayed]).replace(/"(id|n)":\d+/g, "");
};

const othersOf = ({ host, cohost, participant, waits }: Cast): Others => ({
  host: userOf(host),
  cohost: userOf(cohost),
  participant: userOf(participant),
  waits: userOf(waits),
});

interface Asking {
  readonly settled: () => Promise<void>;
  readonly seen: (row: string) => Promise<string>;
  readonly tell: (row: string) => Promise<string>;
}

/** Asks one after the other, each in the room of its row, and looks before and after at what all others have noticed. */
const cellsOf = async (
  rows: ReadonlyArray<string>,
  { settled, seen, tell }: Asking,
): Promise<ReadonlyArray<string>> => {
  await settled();
  const before = await Promise.all(rows.map(seen));
  const told: string[] = [];
  for (const row of rows) told.push(await tell(row));
  await settled();
  const after = await Promise.all(rows.map(seen));
  return told.map((one, i) => (one !== "✓" && before[i] !== after[i] ? `${one}, and others are told` : one));
};

const idOf = (column: string): string => column.replace(/\W/g, "");

const v1Column = async (setting: Setting, column: string, rows: ReadonlyArray<string>) => {
  const id = idOf(column);
  const cast = await castOf(setting, id);
  // Members that say who somebody is are none of this protocol's: they must count for nothing.
  const claim = column === "another's id" ? { user: userOf(cast.host), from: userOf(cast.host) } : {};
  const asker = column === "host" ? cast.host : await v1Client(setting, `asker-${id}`, claim);
  const roomOf = (row: string) => `r-${id}-${rows.indexOf(row)}`;
  await Promise.all(
    rows.map(async (row) => {
      const room = roomOf(row);
      await furnish(cast, room);
      const join = () => asker.ask({ type: "join", room });
      await place(column, room, { host: cast.host, user: userOf(asker), join });
    }),
  );
  if (column === "expired") await asker.ask({ type: "renew", token: await tokenFor(userOf(asker), 1) });
  if (column === "expired") await new Promise((resolve) => setTimeout(resolve, 1_100));
  const token = await tokenFor(userOf(cast.participant));
  const { from, user } = claim as { readonly from?: string; readonly user?: string };
  const tell = async (row: string): Promise<string> => {
    const request = v1Requests(roomOf(row), othersOf(cast), token)[row];
    const answer = await asker.ask({ user, from, ...request } as Asked);
    return answer.type === "result" ? "✓" : answer.code;
  };
  const settled = () => settledAll(cast, asker);
  const seen = (row: string) => seenBy(cast, roomOf(row), asker);
  // What ends the session comes when all else has been looked at.
  const [last] = rows.slice(-1);
  return [...(await cellsOf(rows.slice(0, -1), { settled, seen, tell })), await tell(last ?? "")];
};

/** The host of the seed's protocol has made the room there, and the others are its participants. */
const seedRoom = async (asker: Peer, me: string, { cohost, participant, host }: Cast, room: string) => {
  asker.say({ type: "room-created", data: { id: room, name: "R", hostId: me } });
  asker.say({ type: "user-joined-room", data: { roomId: room, userId: me, userName: "Me" } });
  await settledTogether(asker);
  for (const one of [host, cohost, participant]) await one.ask({ type: "join", room });
};

const seedColumn = async (setting: Setting, column: string, rows: ReadonlyArray<string>) => {
  const id = idOf(column);
  const cast = await castOf(setting, id);
  const self = `asker-${id}`;
  const asker = await seedClient(setting, self);
  const me = column === "another's id" ? userOf(cast.host) : self;
  const roomOf = (row: string) => `s-${id}-${rows.indexOf(row)}`;
  const isHost = column === "host" || column === "expired";
  await Promise.all(
    rows.map(async (row) => {
      const room = roomOf(row);
      if (isHost) return seedRoom(asker, me, cast, room);
      await furnish(cast, room);
      const join = async () => {
        asker.say({ type: "user-joined-room", data: { roomId: room, userId: me, userName: "Me" } });
        await settledTogether(asker);
      };
      return place(column, room, { host: cast.host, user: me, join });
    }),
  );
  if (column === "expired") {
    asker.say({ type: "authenticate", token: await tokenFor(self, 1) });
    await new Promise((resolve) => setTimeout(resolve, 1_100));
  }
  const to = isHost ? { ...othersOf(cast), host: me } : othersOf(cast);
  const signals = async () => {
    await cast.participant.ask({ type: "ping" });
    return cast.participant.frames.filter(({ type }) => type === "signal").length;
  };
  const tell = async (row: string): Promise<string> => {
    const request = seedRequests(roomOf(row), to, me)[row] ?? {};
    const before = await signals();
    const from = asker.texts.length;
    asker.say(request);
    await settledTogether(asker);
    const frames = asker.texts.slice(from).map((text) => JSON.parse(text));
    const code = frames.find(({ type }) => type === "error")?.code;
    const isSignal = "channel" in request && request.channel === signaling;
    return code ?? (isSignal && (await signals()) === before ? "dropped" : "✓");
  };
  const settled = () => settledAll(cast, asker);
  const seen = (row: string) => seenBy(cast, roomOf(row), asker);
  return cellsOf(rows, { settled, seen, tell });
};

const tables = tablesOf(authority);
const dialects = [
  { dialect: "signalbox.v1", column: v1Column, requests: Object.keys(v1Requests("", {} as Others, "")) },
  { dialect: "the seed's protocol", column: seedColumn, requests: Object.keys(seedRequests("", {} as Others, "")) },
];

describe.each(dialects)("who may do what in $dialect", ({ dialect, column, requests }) => {
  test.each([false, true])("with authentication: %s", { timeout: 30_000 }, async (hasAuth) => {
    const title = `${dialect}, ${hasAuth ? "with" : "without"} tokens`;
    const expected = tables.find(({ header }) => header[0] === title);
    const columns = expected?.header.slice(1) ?? [];
    const server = await serverWith(hasAuth ? { ...settings, AUTH_JWT_SECRET: secret } : settings);
    const cells = await Promise.all(columns.map((one) => column({ server, hasAuth }, one, requests)));
    const rows = requests.map((row, i) => [row, ...cells.map((of) => of[i])].join(" | "));
    expect(rows).toEqual(expected?.rows.map((row) => row.join(" | ")));
  });
});

test("the page of the protocol has the same", () => {
  const header = ["request", "outside", "waiting", "participant", "co-host", "host"];
  const inPage = rowsOf(page("docs/PROTOCOL-V1.md"), ...header).map((row) =>
    row.map((cell) => cell.replaceAll("`", "")),
  );
  const [ofV1] = tables;
  const all = new Map(ofV1?.rows.map((row) => [row[0], row.slice(0, header.length)] as const));
  expect(inPage.length).toBeGreaterThan(0);
  expect(inPage).toEqual(inPage.map(([name]) => all.get(name)));
});
