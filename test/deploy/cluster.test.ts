import { describe, expect, test } from "vitest";
import { engine, missingEngine, nodeOf } from "../cluster/nodes.js";
import { missingProxy, nginxBeforeNodes } from "../support/proxies.js";
import { type Caller, callerOf, got } from "../support/v1.js";

const missing = missingEngine() ?? missingProxy("nginx");

describe.skipIf(missing)(missing ?? "three nodes behind nginx, as in deploy/cluster", () => {
  test("one address is one server: nodes are killed in turn, and whoever comes back by it is who it was", {
    timeout: 60_000,
  }, async () => {
    const nats = await engine();
    const node = () => nodeOf(nats, { TRUST_PROXY: "1" });
    const [one, two, three] = [await node(), await node(), await node()] as const;
    const port = await nginxBeforeNodes([one.port, two.port, three.port]);
    const everybody = await Promise.all(Array.from({ length: 9 }, (_, i) => callerOf({ port }, { name: `User ${i}` })));
    for (const caller of everybody) await caller.ask({ type: "join", room: "r", create: {} });
    const backBy = async (caller: Caller): Promise<Caller> =>
      callerOf({ port }, { ticket: caller.welcome.ticket, seen: caller.seen() });
    let present = everybody;
    for (const killed of [one, two]) {
      killed.process.child.kill("SIGKILL");
      const again = await Promise.all(present.map(async (it) => ((await isOpen(it)) ? it : backBy(it))));
      // The fewest connections first: each node has had some of them.
      expect(again.filter((it, i) => it !== present[i]).length).toBeGreaterThan(0);
      present = again;
      expect(present.map(({ welcome }) => welcome.user)).toEqual(everybody.map(({ welcome }) => welcome.user));
      const roster = await (present[0] as Caller).ask({ type: "roster", room: "r" });
      expect(roster).toMatchObject({ room: { participants: everybody.map(({ welcome: { user } }) => ({ user })) } });
    }
    const [first, , , , last] = present as [Caller, Caller, Caller, Caller, Caller];
    const signal = { room: "r", kind: "offer", negotiation: 1, data: "sdp" };
    await first.ask({ type: "signal", to: last.welcome.user, ...signal });
    await got(last, "signal", { from: first.welcome.user });
  });
});

/** nginx closes the sockets of a node that is gone at once. */
const isOpen = async ({ ws }: Caller): Promise<boolean> => {
  await new Promise((resolve) => setTimeout(resolve, 200));
  return ws.readyState === ws.OPEN;
};
