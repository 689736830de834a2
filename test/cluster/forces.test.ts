import { describe, expect, test } from "vitest";
import { peerOf, subscribe, until } from "../support/net.js";
import { type Caller, callerOf } from "../support/v1.js";
import { engine, engines, missingEngine, type Node, nodeOf } from "./nodes.js";

const missing = missingEngine();
const open = { policy: { lobby: false } };
const guarded = { policy: { lobby: true } };

const back = (at: Node, caller: Caller): Promise<Caller> =>
  callerOf(at, { ticket: caller.welcome.ticket, seen: caller.seen() });

const backAtLast = async (at: Node, caller: Caller): Promise<Caller> => {
  for (const end = Date.now() + 10_000; Date.now() < end; await new Promise((resolve) => setTimeout(resolve, 100))) {
    const again = await back(at, caller).catch(() => undefined);
    if (again !== undefined) return again;
  }
  throw new Error("it was not let in again");
};

/** The answer, once it is another one than that the log cannot be used. */
const askAgain = async (caller: Caller, request: Parameters<Caller["ask"]>[0], ms: number) => {
  for (const end = Date.now() + ms; ; ) {
    const answer = await caller.ask(request);
    if (answer.type !== "error" || answer.code !== "unavailable" || Date.now() > end) return answer;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
};

const roomIn = (answer: Awaited<ReturnType<Caller["ask"]>>) => {
  if (answer.type === "error" || answer.room === undefined) throw new Error(`no room: ${JSON.stringify(answer)}`);
  return answer.room;
};

/** Ann at one node, and Bob at another, in a room. */
const apart = async () => {
  const nats = await engine();
  const [one, two] = [await nodeOf(nats), await nodeOf(nats)];
  const ann = await callerOf(one, { name: "Ann" });
  const bob = await callerOf(two, { name: "Bob" });
  await ann.ask({ type: "join", room: "r", create: open });
  await bob.ask({ type: "join", room: "r" });
  return { nats, one, two, ann, bob };
};

const isLivez = async ({ port }: Node): Promise<number> => (await fetch(`http://127.0.0.1:${port}/livez`)).status;

describe.skipIf(missing)(missing ?? "a cluster under force", () => {
  test("a node is killed under load: all are back at another one, as who they were, and nobody has seen them leave", {
    timeout: 60_000,
  }, async () => {
    const nats = await engine();
    const [one, two, three] = await Promise.all([nodeOf(nats), nodeOf(nats), nodeOf(nats)]);
    const host = await callerOf(one, { name: "Host" });
    await host.ask({ type: "join", room: "r", create: guarded });
    const watcher = await callerOf(two, { name: "Watcher" });
    await watcher.ask({ type: "join", room: "r" });
    await host.ask({ type: "admit", room: "r", user: watcher.welcome.user });
    await watcher.ask({ type: "join", room: "r" });
    await host.ask({ type: "role", room: "r", user: watcher.welcome.user, role: "cohost" });
    const guest = await callerOf(one, { name: "Guest" });
    expect(await guest.ask({ type: "join", room: "r" })).toMatchObject({ waiting: { id: "r" } });
    const dashboard = await peerOf(one);
    dashboard.say(subscribe(), { type: "room-created", data: { id: "seed", name: "Seed", hostId: "cy" } });
    dashboard.say({ type: "user-joined-room", data: { roomId: "seed", userId: "cy", userName: "Cy" } });
    await dashboard.heard();
    const crowd = await Promise.all(Array.from({ length: 30 }, (_, i) => callerOf(one, { name: `User ${i}` })));
    await Promise.all(crowd.map((it, i) => it.ask({ type: "join", room: `room-${i % 5}`, create: open })));
    const list = await peerOf(two);
    list.say(subscribe());
    await until(() => list.texts.some((text) => text.includes('"Cy"')));

    one.process.child.kill("SIGKILL");
    const began = Date.now();
    const again = await Promise.all([host, guest, ...crowd].map((it, i) => back(i % 2 === 0 ? two : three, it)));
    expect(Date.now() - began).toBeLessThan(3_000);
    for (const [i, it] of [host, guest, ...crowd].entries())
      expect(again[i]?.welcome).toMatchObject({ resumed: true, user: it.welcome.user });
    const [hostAgain, guestAgain] = again as [Caller, Caller];
    const roster = await hostAgain.ask({ type: "roster", room: "r" });
    expect(roster).toMatchObject({
      room: {
        participants: [
          { user: host.welcome.user, role: "host" },
          { user: watcher.welcome.user, role: "cohost" },
        ],
        waiting: [{ user: guest.welcome.user }],
      },
    });
    await hostAgain.ask({ type: "admit", room: "r", user: guest.welcome.user });
    expect(await guestAgain.ask({ type: "join", room: "r" })).toMatchObject({ room: { id: "r" } });
    // Nobody holds the place of a dashboard: it is gone when the lease of its node is over.
    const lastList = () => list.texts.findLast((text) => text.includes('"server-room-list"'));
    expect(lastList()).toContain('"Cy"');
    await until(() => lastList()?.includes('"Cy"') === false, 15_000);
    expect(Date.now() - began).toBeLessThan(10_000);
    expect(JSON.stringify(watcher.heard("roster"))).not.toMatch(/"(left|lost|removed)"/);
  });

  test("a node that is stopped past its lease does no harm, and comes back as a new one", {
    timeout: 60_000,
  }, async () => {
    const { one, two, ann, bob } = await apart();
    one.process.child.kill("SIGSTOP");
    await until(() => JSON.stringify(bob.frames).includes('"away"'), 12_000);
    const again = await back(two, ann);
    expect(again.welcome).toMatchObject({ resumed: true });
    one.process.child.kill("SIGCONT");
    await ann.closed;
    await until(() => one.process.out().includes("cluster-recovered"), 10_000);
    // It takes part again, and knows what the others know.
    const eve = await callerOf(one, { name: "Eve" });
    const joined = await askAgain(eve, { type: "join", room: "r" }, 5_000);
    expect(joined).toMatchObject({ room: { participants: [{ role: "host" }, {}, { user: eve.welcome.user }] } });
    expect(await again.ask({ type: "message", room: "r", to: eve.welcome.user, data: 1 })).toMatchObject({
      outcome: "delivered",
    });
  });

  test.each([
    ["stopped and goes on", true],
    ["killed and started again with its data", false],
  ])(
    "the engine is %s: what needs no log goes on, the rest is told when to try again, and then all is as it was",
    {
      timeout: 60_000,
    },
    async (_, isStopped) => {
      const nats = await engine();
      const [one, two] = [await nodeOf(nats), await nodeOf(nats)];
      const ann = await callerOf(one, { name: "Ann" });
      const bob = await callerOf(one, { name: "Bob" });
      const eve = await callerOf(two, { name: "Eve" });
      await ann.ask({ type: "join", room: "r", create: open });
      await bob.ask({ type: "join", room: "r" });
      await eve.ask({ type: "join", room: "r" });
      if (isStopped) nats.signal("SIGSTOP");
      else await nats.kill();
      await until(() => one.process.out().includes("cluster-failed"), 10_000);
      const signal = {
        type: "signal",
        room: "r",
        to: bob.welcome.user,
        kind: "offer",
        negotiation: 1,
        data: {},
      } as const;
      expect(await ann.ask(signal)).toMatchObject({ outcome: "delivered" });
      expect(await ann.ask({ ...signal, to: eve.welcome.user })).toMatchObject({ code: "unavailable" });
      const late = await callerOf(one, { name: "Late" });
      expect(await late.ask({ type: "join", room: "r" })).toMatchObject({ code: "unavailable", retryAfterMs: 1_000 });
      expect([await isLivez(one), await isLivez(two)]).toEqual([200, 200]);

      if (isStopped) nats.signal("SIGCONT");
      else await nats.start();
      const began = Date.now();
      expect(await askAgain(late, { type: "join", room: "r" }, 10_000)).toMatchObject({ room: { id: "r" } });
      const [here, there] = [
        await ann.ask({ type: "roster", room: "r" }),
        await eve.ask({ type: "roster", room: "r" }),
      ];
      expect(here).toMatchObject({ room: { participants: [{ role: "host" }, {}, {}, { user: late.welcome.user }] } });
      expect(there).toMatchObject({ room: { participants: roomIn(here).participants, version: roomIn(here).version } });
      expect(await ann.ask({ ...signal, to: eve.welcome.user, negotiation: 2 })).toMatchObject({
        outcome: "delivered",
      });
      expect(Date.now() - began).toBeLessThan(10_000);
      expect(JSON.stringify(eve.heard("roster"))).not.toMatch(/"(left|lost)"/);
    },
  );

  test("the engine is started again without its data: the log begins anew with what was known, and all are who they were", {
    timeout: 60_000,
  }, async () => {
    const nats = await engine();
    const [one, two] = [await nodeOf(nats), await nodeOf(nats)];
    const ann = await callerOf(one, { name: "Ann" });
    const bob = await callerOf(two, { name: "Bob" });
    const guest = await callerOf(two, { name: "Guest" });
    const eve = await callerOf(one, { name: "Eve" });
    await ann.ask({ type: "join", room: "r", create: guarded });
    for (const it of [bob, guest, eve]) await it.ask({ type: "join", room: "r" });
    await ann.ask({ type: "admit", room: "r", user: bob.welcome.user });
    await bob.ask({ type: "join", room: "r" });
    await ann.ask({ type: "role", room: "r", user: bob.welcome.user, role: "cohost" });
    await ann.ask({ type: "deny", room: "r", user: eve.welcome.user, forMs: 600_000 });
    await nats.kill();
    await nats.startEmpty();
    const began = Date.now();
    const codes = await Promise.all([ann.closed, bob.closed]);
    expect(codes.map(({ code }) => code)).toEqual([1012, 1012]);
    // Who comes before the node takes part again is heard, or sent away: nobody is forgotten.
    const early = await peerOf(one);
    early.say({ type: "ping" });
    const isClosed = early.closed.then(() => true);
    const isHeard = until(() => early.texts.some((text) => text.includes("pong"))).then(
      () => true,
      () => false,
    );
    expect(await Promise.race([isClosed, isHeard])).toBe(true);
    // Until the node takes part again, whoever shows a ticket is sent away with 1013, and comes again; each at the other node.
    const [annAgain, bobAgain, guestAgain, eveAgain] = [
      await backAtLast(two, ann),
      await backAtLast(one, bob),
      await backAtLast(one, guest),
      await backAtLast(two, eve),
    ];
    expect([annAgain, bobAgain, guestAgain].map(({ welcome }) => welcome.resumed)).toEqual([true, true, true]);
    const rosters = await Promise.all(
      [annAgain, bobAgain].map((it) => askAgain(it, { type: "roster", room: "r" }, 10_000)),
    );
    for (const roster of rosters)
      expect(roster).toMatchObject({
        room: {
          participants: [
            { user: ann.welcome.user, role: "host" },
            { user: bob.welcome.user, role: "cohost" },
          ],
          waiting: [{ user: guest.welcome.user }],
        },
      });
    expect(JSON.stringify(rosters)).not.toContain("awayUntil");
    expect(await askAgain(eveAgain, { type: "join", room: "r" }, 10_000)).toMatchObject({ code: "denied" });
    await askAgain(annAgain, { type: "admit", room: "r", user: guest.welcome.user }, 10_000);
    expect(await guestAgain.ask({ type: "join", room: "r" })).toMatchObject({ room: { id: "r" } });
    expect(Date.now() - began).toBeLessThan(10_000);
    // Somebody who starts now reads the same.
    const three = await nodeOf(nats);
    const late = await callerOf(three, { name: "Late" });
    expect(await late.ask({ type: "join", room: "r" })).toMatchObject({ waiting: { id: "r" } });
    await until(() => JSON.stringify(annAgain.frames).includes("Late"));
  });

  test("with three NATS servers that keep the log, one of them is killed, and everything goes on", {
    timeout: 90_000,
  }, async () => {
    const nats = await engines();
    const replicated = { CLUSTER_REPLICAS: "3" };
    // The three have to find each other first.
    let one: Node | undefined;
    for (const end = Date.now() + 40_000; one === undefined && Date.now() < end; )
      one = await nodeOf(nats, replicated).catch(() => undefined);
    if (one === undefined) throw new Error("the NATS servers have not come together");
    const two = await nodeOf(nats, replicated);
    const [ann, bob] = [await callerOf(one, { name: "Ann" }), await callerOf(two, { name: "Bob" })];
    await ann.ask({ type: "join", room: "r", create: open });
    await bob.ask({ type: "join", room: "r" });
    await nats.killOne();
    const began = Date.now();
    const eve = await callerOf(two, { name: "Eve" });
    // The other two choose another leader of the stream, in which they take their time.
    expect(await askAgain(eve, { type: "join", room: "r" }, 30_000)).toMatchObject({
      room: { participants: [{ user: ann.welcome.user }, { user: bob.welcome.user }, { user: eve.welcome.user }] },
    });
    expect(Date.now() - began).toBeLessThan(15_000);
    // Its own NATS server may be the one that was killed.
    await until(async () => roomIn(await ann.ask({ type: "roster", room: "r" })).participants.length === 3, 25_000);
  });
});
