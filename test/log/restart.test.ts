import { expect, test } from "vitest";
import { portOf, type Started, start } from "../support/child.js";
import { type Caller, callerOf, changesIn, got } from "../support/v1.js";
import { emptyFolder } from "./folder.js";

const ended = async (server: Started, signal: "SIGTERM" | "SIGKILL"): Promise<void> => {
  server.child.kill(signal);
  await server.ended;
};

const back = (port: number, { welcome }: Caller, seen: number): Promise<Caller> =>
  callerOf({ port }, { ticket: welcome.ticket, seen });

test.each(["SIGTERM", "SIGKILL"] as const)(
  "after %s everything is as it was: who is in the room, who is its host, who waits at the door, who is banned, and the tickets",
  async (signal) => {
    const env = { DATA: emptyFolder(), NODE_ENV: "production", DRAIN_SECONDS: "0" };
    const before = start(env);
    const port = await portOf(before);
    const [host, bob, cy, dan, eve] = (await Promise.all(
      ["Host", "Bob", "Cy", "Dan", "Eve"].map((name) => callerOf({ port }, { name })),
    )) as [Caller, Caller, Caller, Caller, Caller];
    await host.ask({ type: "create", room: "r", name: "Room", policy: { lobby: true, capacity: 20 } });
    await host.ask({ type: "join", room: "r" });
    for (const one of [bob, eve]) {
      expect(await one.ask({ type: "join", room: "r" })).toMatchObject({ waiting: { id: "r" } });
      expect(await host.ask({ type: "admit", room: "r", user: one.welcome.user })).toMatchObject({ type: "result" });
      expect(await one.ask({ type: "join", room: "r" })).toMatchObject({ room: { id: "r" } });
    }
    await host.ask({ type: "role", room: "r", user: bob.welcome.user, role: "cohost" });
    await host.ask({ type: "remove", room: "r", user: eve.welcome.user, banMs: 600_000 });
    await cy.ask({ type: "join", room: "r" });
    await dan.ask({ type: "join", room: "r" });
    const { room: was } = (await host.ask({ type: "roster", room: "r" })) as { room: { version: number } };
    await ended(before, signal);

    const after = start(env);
    const next = await portOf(after);
    expect(after.out()).toMatch(/"event":"data-restored".*"rooms":1,"sessions":[45]/);
    const [hostBack, bobBack, cyBack] = [
      await back(next, host, host.seen()),
      await back(next, bob, bob.seen()),
      await back(next, cy, cy.seen()),
    ];
    for (const [one, former] of [
      [hostBack, host],
      [bobBack, bob],
      [cyBack, cy],
    ] as const)
      expect(one.welcome).toMatchObject({
        resumed: true,
        session: former.welcome.session,
        user: former.welcome.user,
      });
    expect(hostBack.welcome.gap).toEqual([bob.welcome.user]);
    const { room: is } = (await hostBack.ask({ type: "roster", room: "r" })) as { room: { version: number } };
    const { version: _, ...roster } = was;
    expect(is).toMatchObject(JSON.parse(JSON.stringify(roster), (key, value) => (key === "until" ? undefined : value)));
    // Who waited, waits; who was banned, is; and a co-host may admit.
    expect(await bobBack.ask({ type: "admit", room: "r", user: cy.welcome.user })).toMatchObject({ type: "result" });
    await got(cyBack, "admitted");
    const eveBack = await back(next, eve, eve.seen());
    expect(await eveBack.ask({ type: "join", room: "r" })).toMatchObject({ type: "error", code: "banned" });
    // Nobody was ever shown as having left.
    expect(changesIn(hostBack, "r").filter(({ change }) => change === "left" || change === "lost")).toEqual([]);
    await ended(after, "SIGTERM");
  },
);

test("what is for somebody who is not back yet is kept, and told as such, also by a server that has just started", async () => {
  const env = { DATA: emptyFolder(), NODE_ENV: "production", DRAIN_SECONDS: "0" };
  const before = start(env);
  const port = await portOf(before);
  const [ann, bob] = [await callerOf({ port }, { name: "Ann" }), await callerOf({ port }, { name: "Bob" })];
  await ann.ask({ type: "join", room: "r", create: {} });
  await bob.ask({ type: "join", room: "r" });
  for (const n of [1, 2, 3]) await ann.ask({ type: "message", room: "r", to: bob.welcome.user, data: n });
  await got(bob, "message");
  await ended(before, "SIGTERM");

  const after = start(env);
  const next = await portOf(after);
  const annBack = await back(next, ann, ann.seen());
  const { user } = bob.welcome;
  const kept = { type: "result", outcome: "kept" };
  expect(await annBack.ask({ type: "message", room: "r", data: "all" })).toMatchObject(kept);
  expect(await annBack.ask({ type: "message", room: "r", to: user, data: "one" })).toMatchObject(kept);
  expect(
    await annBack.ask({ type: "signal", room: "r", to: user, kind: "offer", negotiation: 1, data: { type: "offer" } }),
  ).toMatchObject(kept);
  const seen = bob.seen();
  const bobBack = await back(next, bob, seen);
  expect(bobBack.welcome).toMatchObject({ resumed: true, gap: [ann.welcome.user] });
  await got(bobBack, "signal");
  const frames = bobBack.frames.filter((frame) => "n" in frame);
  expect(frames.slice(0, 3)).toMatchObject([
    { type: "message", data: "all", n: seen + 2 },
    { type: "message", data: "one", n: seen + 3 },
    { type: "signal", kind: "offer", n: seen + 4 },
  ]);
  expect(await annBack.ask({ type: "message", room: "r", data: "again" })).toMatchObject({ outcome: "delivered" });
  await ended(after, "SIGTERM");
});
