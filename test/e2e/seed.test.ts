import { expect, test } from "vitest";
import { session } from "../golden/dashboard-session.js";
import { type Peer, peerOf, serverWith } from "../support/net.js";
import type { Visitor } from "./browser.js";
import { create, events, inBrowser, person, tile } from "./meet.js";

/** The dashboard named Alice in the golden session: her socket for rooms, and the one for signals. */
const sockets = { rooms: 1, signals: 7 };
const [hers, others] = ["user_anm5pw7kd_1795397460122", "user_ylw8ynfuy_1795397463650"];
const roomOfSession = "room_cpq5bihb5_1795397465798";

/** What she sent on a socket, as it was, but to this room and to this user. */
const sentOn = (socket: number, type: string, { room, to }: { room: string; to: string }): ReadonlyArray<string> =>
  session.flatMap((line) =>
    line.socket === socket && line.sent !== undefined && JSON.parse(line.sent).type === type
      ? [line.sent.replaceAll(roomOfSession, room).replaceAll(others, to)]
      : [],
  );

const userOf = ({ frames }: Visitor): string => {
  const welcome = frames.map(({ text }) => JSON.parse(text)).findLast(({ type }) => type === "welcome");
  return String(welcome?.user);
};

const typesAt = ({ texts }: Peer): ReadonlyArray<string> => texts.map((text) => JSON.parse(text).type);

inBrowser("a dashboard of the seed's kind", () => {
  test("is in the same room: it is shown, and its offer is answered", async () => {
    const server = await serverWith();
    const ann = await create(server.port, "Ann", { room: "Demo" });
    const about = { room: "demo", to: userOf(ann) };
    const [rooms, signals] = await Promise.all([peerOf(server, "/ws/"), peerOf(server, "/ws/")]);
    const play = (peer: Peer, socket: number, ...types: ReadonlyArray<string>): void =>
      peer.say(...types.flatMap((type) => sentOn(socket, type, about)));
    play(rooms, sockets.rooms, "subscribe");
    play(signals, sockets.signals, "subscribe");
    await Promise.all([rooms.heard(), signals.heard()]);
    play(rooms, sockets.rooms, "room-list-request", "user-joined-room");
    await person(ann, "Alice").waitFor();
    await tile(ann, "Alice").waitFor();
    const list = (await rooms.heard()).findLast(({ type }) => type === "server-room-list");
    expect(list.rooms).toMatchObject([
      { id: "demo", name: "Demo", participants: [{ name: "Ann" }, { name: "Alice" }] },
    ]);

    play(signals, sockets.signals, "webrtc-offer", "webrtc-ice");
    await expect.poll(() => typesAt(signals), { timeout: 10_000 }).toContain("webrtc-answer");
    await expect.poll(() => typesAt(signals), { timeout: 10_000 }).toContain("webrtc-ice");
    const answer = signals.texts.map((text) => JSON.parse(text)).find(({ type }) => type === "webrtc-answer");
    expect(answer.data).toMatchObject({
      roomId: "demo",
      fromUserId: about.to,
      toUserId: hers,
      answer: { type: "answer" },
    });

    rooms.say({ type: "user-left-room", channel: "webrtc-dashboard-rooms", data: { roomId: "demo", userId: hers } });
    await person(ann, "Alice").waitFor({ state: "detached" });
    expect(await events(ann)).toEqual(["Alice joined.", "Alice left."]);
    expect(ann.complaints).toEqual([]);
  });

  test("that does not answer is explained, with the command that asks a recording", { timeout: 60_000 }, async () => {
    const server = await serverWith();
    const ann = await create(server.port, "Ann", { room: "Demo" });
    await ann.page.clock.install();
    const mute = await peerOf(server);
    mute.say({ type: "user-joined-room", data: { roomId: "demo", userId: "m", userName: "Mute Swan" } });
    const swan = person(ann, "Mute Swan");
    await swan.waitFor();
    const reason = swan.getByText("Could not be reached: their browser did not answer.");
    // Four tries of 15 s or more.
    for (let round = 0; round < 20 && (await reason.count()) === 0; round++) {
      await ann.page.clock.runFor(5_000);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    await reason.waitFor();
    await swan.getByText("npm run replay -- FILE --why Ann 'Mute Swan'", { exact: true }).waitFor();
    await tile(ann, "Mute Swan").getByText("Could not connect").waitFor();
  });
});
