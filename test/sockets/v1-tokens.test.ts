import { SignJWT } from "jose";
import { expect, test } from "vitest";
import { WebSocket } from "ws";
import { serverWith, until } from "../support/net.js";
import { callerOf, changed, v1Socket } from "../support/v1.js";

const secret = "a secret of more than thirty-two bytes";
const env = { AUTH_JWT_SECRET: secret };

/** A token as an application server makes it. `seconds` is from now until it expires. */
const tokenFor = (user: string, grants: object = {}, seconds = 60): Promise<string> =>
  new SignJWT({ name: user.toUpperCase(), signalbox: grants })
    .setProtectedHeader({ alg: "HS256" })
    .setSubject(user)
    .setExpirationTime(Math.floor(Date.now() / 1_000) + seconds)
    .sign(new TextEncoder().encode(secret));

test("a client is the user of its token, and without a good one it is not let in", async () => {
  const server = await serverWith(env);
  const ann = await callerOf(server, { token: await tokenFor("ann"), name: "Somebody else" });
  expect(ann.welcome).toMatchObject({ user: "ann", name: "ANN" });
  expect(ann.welcome.expiresAt).toBeGreaterThan(Date.now());
  for (const [hello, code, closed] of [
    [{}, "token-invalid", 3502],
    [{ token: "x" }, "token-invalid", 3502],
    [{ token: await tokenFor("ann", {}, -60) }, "token-expired", 3002],
  ] as const) {
    const other = await v1Socket(server);
    other.ws.send(JSON.stringify({ type: "hello", id: 1, ...hello }));
    expect(await other.closed).toMatchObject({ code: closed, reason: code });
    expect(other.frames).toMatchObject([{ type: "error", id: 1, code }]);
  }
});

test("what a token does not grant is refused", async () => {
  const server = await serverWith(env);
  const token = await tokenFor("ann", { rooms: ["team-*"], can: ["create", "join"] });
  const ann = await callerOf(server, { token });
  expect(await ann.ask({ type: "join", room: "other", create: {} })).toMatchObject({ code: "not-allowed" });
  expect(await ann.ask({ type: "join", room: "team-1", create: {} })).toMatchObject({ room: { id: "team-1" } });
  const bob = await callerOf(server, { token: await tokenFor("bob", { can: ["join"] }) });
  expect(await bob.ask({ type: "create", room: "team-2" })).toMatchObject({ code: "not-allowed" });
  expect(await bob.ask({ type: "join", room: "team-2", create: {} })).toMatchObject({
    code: "room-not-found",
    message: "room not found: team-2, and the token does not grant create",
  });
  expect(await bob.ask({ type: "join", room: "team-1" })).toMatchObject({ room: { id: "team-1" } });
  const signal = { type: "signal", room: "team-1", to: "bob", kind: "offer", negotiation: 1 } as const;
  expect(await ann.ask(signal)).toMatchObject({ code: "not-allowed", message: expect.stringContaining("signal") });
  expect(await ann.ask({ type: "message", room: "team-1", data: 1 })).toMatchObject({ code: "not-allowed" });
});

test("a role and a way past the lobby come with a token", async () => {
  const server = await serverWith(env);
  const ann = await callerOf(server, { token: await tokenFor("ann") });
  await ann.ask({ type: "join", room: "r", create: { policy: { lobby: true } } });
  const bob = await callerOf(server, { token: await tokenFor("bob") });
  expect(await bob.ask({ type: "join", room: "r" })).toMatchObject({ waiting: { id: "r", state: "knocking" } });
  const cy = await callerOf(server, { token: await tokenFor("cy", { role: "cohost" }) });
  expect(await cy.ask({ type: "join", room: "r" })).toMatchObject({
    room: {
      participants: [
        { user: "ann", role: "host" },
        { user: "cy", role: "cohost" },
      ],
      waiting: [{ user: "bob", name: "BOB" }],
    },
  });
});

test("a host by token is the host also where somebody else was there first, and is told who waits; the next one is a co-host", async () => {
  const server = await serverWith(env);
  const bob = await callerOf(server, { token: await tokenFor("bob") });
  await bob.ask({ type: "join", room: "r", create: { policy: { lobby: true } } });
  const cy = await callerOf(server, { token: await tokenFor("cy") });
  await cy.ask({ type: "join", room: "r" });
  const [ann, abe] = [
    await callerOf(server, { token: await tokenFor("ann", { role: "host" }) }),
    await callerOf(server, { token: await tokenFor("abe", { role: "host" }) }),
  ];
  expect(await ann.ask({ type: "join", room: "r" })).toMatchObject({
    room: {
      participants: [
        { user: "bob", role: "cohost" },
        { user: "ann", role: "host" },
      ],
      waiting: [{ user: "cy" }],
    },
  });
  await changed(bob, "r", { change: "role", user: "ann", role: "host" });
  await changed(bob, "r", { change: "role", user: "bob", role: "cohost" });
  expect(await abe.ask({ type: "join", room: "r" })).toMatchObject({
    room: { participants: [{ role: "cohost" }, { role: "host" }, { user: "abe", role: "cohost" }] },
  });
  expect(await bob.ask({ type: "remove", room: "r", user: "ann" })).toMatchObject({ code: "not-allowed" });
  await ann.ask({ type: "leave", room: "r" });
  await changed(bob, "r", { change: "role", user: "abe", role: "host" });
});

test("an expired token: first nothing new, then the socket is closed with a code that says why; a new one in time goes on", async () => {
  const server = await serverWith({ ...env, TOKEN_GRACE_MS: "1500" });
  const ann = await callerOf(server, { token: await tokenFor("ann", {}, 1) });
  const bob = await callerOf(server, { token: await tokenFor("bob", {}, 1) });
  await ann.ask({ type: "join", room: "r", create: {} });
  await until(() => Date.now() > (ann.welcome.expiresAt ?? 0));
  expect(await ann.ask({ type: "join", room: "s", create: {} })).toMatchObject({ code: "token-expired" });
  expect(await ann.ask({ type: "renew", token: await tokenFor("bob") })).toMatchObject({ code: "not-allowed" });
  expect(await ann.ask({ type: "renew", token: await tokenFor("ann") })).toMatchObject({
    type: "result",
    expiresAt: expect.any(Number),
  });
  expect(await ann.ask({ type: "join", room: "s", create: {} })).toMatchObject({ room: { id: "s" } });
  expect(await bob.closed).toMatchObject({ code: 3002 });
  expect(ann.ws.readyState).toBe(WebSocket.OPEN);
});

test.each([
  ["newest", 3501],
  ["refuse", undefined],
  ["both", undefined],
])("sessions: %s decides what a second session of the same user does", async (sessions, closed) => {
  const server = await serverWith(env);
  const token = await tokenFor("ann", { sessions });
  const first = await callerOf(server, { token });
  await first.ask({ type: "join", room: "r", create: {} });
  const second = await v1Socket(server);
  second.ws.send(JSON.stringify({ type: "hello", id: 1, token }));
  await until(() => second.frames.length > 0);
  if (closed !== undefined) expect(await first.closed).toMatchObject({ code: closed });
  else expect(await first.ask({ type: "ping" })).toMatchObject({ type: "result" });
  if (sessions === "refuse") {
    expect(second.frames).toMatchObject([{ type: "error", code: "already-connected", id: 1 }]);
    expect(await second.closed).toMatchObject({ code: 3502 });
  } else expect(second.frames).toMatchObject([{ type: "welcome", user: "ann", resumed: false }]);
});

/** A client of the seed's protocol. */
const seedSocket = async ({ port }: { readonly port: number }, protocols: ReadonlyArray<string> = []) => {
  const ws = new WebSocket(`ws://127.0.0.1:${port}/ws`, [...protocols]);
  const frames: Array<{ readonly type: string; readonly code?: string }> = [];
  ws.on("message", (data) => frames.push(JSON.parse(data.toString())));
  const closed = new Promise<number>((resolve) => ws.on("close", resolve));
  await new Promise((resolve) => ws.once("open", resolve));
  return { frames, closed, ws, say: (message: object) => ws.send(JSON.stringify(message)) };
};

test("a client of the seed's protocol shows its token as a subprotocol or in its first message, and can be nobody else", async () => {
  const server = await serverWith(env);
  const token = await tokenFor("ann");
  const byProtocol = await seedSocket(server, ["seed", `signalbox.token.${token}`]);
  const byMessage = await seedSocket(server);
  byMessage.say({ type: "authenticate", token });
  for (const { frames, say, ws } of [byProtocol, byMessage]) {
    await until(() => frames.some(({ type }) => type === "client_count"));
    say({ type: "room-created", id: "r", name: "R" });
    say({ type: "user-joined-room", roomId: "r", userId: "bob", userName: "Bob" });
    say({ type: "webrtc-offer", channel: "webrtc-signaling", data: { fromUserId: "bob" } });
    await until(() => frames.filter(({ code }) => code === "not-allowed").length === 2);
    ws.terminate();
  }
  const stranger = await seedSocket(server);
  stranger.say({ type: "ping" });
  expect(await stranger.closed).toBe(3502);
  expect(stranger.frames).toMatchObject([{ type: "error", code: "token-invalid" }]);
});
