import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { emptyFolder } from "../log/folder.js";
import { portOf, type Started, start, startOther } from "../support/child.js";
import { until } from "../support/net.js";
import { type Asked, type Caller, callerOf } from "../support/v1.js";
import { engine, missingEngine, type Node, nodeOf, startNode } from "./nodes.js";
import { type Version, versionWith } from "./version.js";

const missing = missingEngine();
const open = { policy: { lobby: false } };

/** At level 2 whoever joins has "(2)" behind the name. */
const later = [
  { file: "core/base/level.ts", find: "highestLevel = 1", replace: "highestLevel = 2" },
  {
    file: "core/shared/participants.ts",
    find: "      userName,\n      seq: shared.nextSeq,",
    replace: "      userName: userName + (shared.level >= 2 ? ' (2)' : ''),\n      seq: shared.nextSeq,",
  },
];

/** Somebody who goes on whatever happens to the nodes: closed, they come back at the next one. */
class Person {
  returns = 0;
  answers = 0;
  readonly wrong: string[] = [];
  /** An answer was lost, or was that the log fails: what builds on it may be refused. */
  isUnsure = false;

  constructor(
    readonly name: string,
    readonly nodes: ReadonlyArray<Node>,
    public caller: Caller,
  ) {}

  async ask(request: Asked): Promise<void> {
    const answer = await Promise.race([this.caller.ask(request), this.caller.closed.then(() => undefined)]);
    if (answer === undefined) return this.comeBack();
    this.answers += 1;
    if (answer.type !== "error") return;
    if (answer.code === "unavailable") this.isUnsure = true;
    if (!this.isUnsure) this.wrong.push(`${this.name}: ${JSON.stringify(answer)}`);
  }

  async comeBack(): Promise<void> {
    this.isUnsure = true;
    const { welcome } = this.caller;
    const hello = { name: this.name, ticket: welcome.ticket, seen: this.caller.seen() };
    for (const end = Date.now() + 10_000; Date.now() < end; await pause(50)) {
      const node = this.nodes[this.returns++ % this.nodes.length];
      const again = node === undefined ? undefined : await callerOf(node, hello).catch(() => undefined);
      if (again === undefined) continue;
      this.caller = again;
      const { resumed, user, session } = again.welcome;
      if (!resumed || user !== welcome.user || session !== welcome.session)
        this.wrong.push(`${this.name} is back as somebody else`);
      return;
    }
    this.wrong.push(`${this.name} is not back`);
  }

  async live(room: string, isOver: () => boolean): Promise<void> {
    for (let i = 0; !isOver(); i += 1) {
      this.isUnsure = false;
      await this.ask({ type: "join", room: `${room}-${i % 3}`, create: open });
      await this.ask({ type: "message", room: `${room}-${i % 3}`, data: i });
      await this.ask({ type: "leave", room: `${room}-${i % 3}` });
      await pause(60);
    }
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const linesOf = ({ out }: Started, event: string): ReadonlyArray<string> =>
  out().match(new RegExp(`.*"event":"${event}".*`, "g")) ?? [];

const namesIn = async (caller: Caller, room: string): Promise<ReadonlyArray<string>> => {
  const answer = await caller.ask({ type: "roster", room });
  if (answer.type === "error" || answer.room === undefined) throw new Error(`no room: ${JSON.stringify(answer)}`);
  return answer.room.participants.map(({ name }) => name);
};

describe.skipIf(missing)(missing ?? "a rolling deploy of a version that decides something otherwise", () => {
  let version: Version;
  beforeAll(() => {
    version = versionWith(later);
  }, 60_000);
  afterAll(() => version.remove());

  test("three nodes are replaced one by one under load: all agree, everybody keeps the session, and an old node is refused", {
    timeout: 120_000,
  }, async () => {
    const nats = await engine();
    const nodes: Node[] = [await nodeOf(nats), await nodeOf(nats), await nodeOf(nats)];
    const all = [...nodes];
    const people = await Promise.all(
      Array.from({ length: 12 }, async (_, i) => {
        const name = `User ${i}`;
        return new Person(name, nodes, await callerOf(nodes[i % 3] as Node, { name }));
      }),
    );
    const [ann] = people as [Person];
    for (const it of people) await it.ask({ type: "join", room: "all", create: open });
    let isOver = false;
    onTestFinished(() => {
      isOver = true;
    });
    const lives = people.map((it, i) => it.live(`side-${i % 4}`, () => isOver));
    for (let i = 0; i < 3; i += 1) {
      await pause(1_000);
      const next = await nodeOf(nats, {}, version.program);
      all.push(next);
      const old = nodes.splice(0, 1, next)[0] as Node;
      nodes.push(nodes.shift() as Node);
      expect(all.flatMap((it) => linesOf(it.process, "level-raised"))).toEqual([]);
      old.process.child.kill("SIGTERM");
      expect(await old.process.ended).toEqual([0, null]);
    }
    const answers = people.reduce((sum, it) => sum + it.answers, 0);
    await until(() => nodes.every((it) => linesOf(it.process, "level-raised").length === 1), 20_000);
    await pause(4_000);
    isOver = true;
    await Promise.all(lives);
    expect(all.flatMap((it) => linesOf(it.process, "node-disagreed"))).toEqual([]);
    expect(people.flatMap(({ wrong }) => wrong)).toEqual([]);
    expect(people.filter(({ returns }) => returns === 0)).toEqual([]);
    expect(answers).toBeGreaterThan(500);
    // Who is in a room since before has the name of before, and whoever comes now is called as the later version has it.
    const eve = await callerOf(nodes[2] as Node, { name: "Eve" });
    await eve.ask({ type: "join", room: "all" });
    const names = [...people.map(({ name }) => name), "Eve (2)"];
    expect([...(await namesIn(ann.caller, "all"))].sort()).toEqual([...names].sort());

    const refused = startNode(nats, {});
    expect(await refused.ended).toEqual([1, null]);
    expect(refused.err()).toMatch(/"event":"start-failed".*level 2 is in force.*up to level 1 only\. Upgrade it/);
    await until(() => nodes.every((it) => linesOf(it.process, "node-refused").length === 1));
    expect(await namesIn(ann.caller, "all")).toHaveLength(13);
  });

  test("an old node that stood still while the others were upgraded ends, and says why", {
    timeout: 60_000,
  }, async () => {
    const nats = await engine();
    const old = await nodeOf(nats);
    const next = await nodeOf(nats, {}, version.program);
    const ann = await callerOf(old, { name: "Ann" });
    await ann.ask({ type: "join", room: "r", create: open });
    old.process.child.kill("SIGSTOP");
    await until(() => linesOf(next.process, "level-raised").length === 1, 20_000);
    const again = await callerOf(next, { ticket: ann.welcome.ticket, seen: ann.seen() });
    expect(again.welcome).toMatchObject({ resumed: true, user: ann.welcome.user });
    old.process.child.kill("SIGCONT");
    expect(await old.process.ended).toEqual([1, null]);
    const [line] = linesOf(old.process, "outdated");
    expect(line).toMatch(/level 2 is in force.*up to level 1 only\. Upgrade it/);
    expect(linesOf(next.process, "node-disagreed")).toEqual([]);
    expect(await namesIn(again, "r")).toEqual(["Ann"]);
  });

  test("with DATA, what was asked for before is decided as before; the version before does not start, and leaves the folder as it is", {
    timeout: 60_000,
  }, async () => {
    const env = { DATA: emptyFolder(), NODE_ENV: "production", DRAIN_SECONDS: "0" };
    const old = start(env);
    const ann = await callerOf({ port: await portOf(old) }, { name: "Ann" });
    await ann.ask({ type: "join", room: "r", create: open });
    old.child.kill("SIGKILL");
    await old.ended;

    const next = startOther(version.program, env);
    const port = await portOf(next);
    const again = await callerOf({ port }, { ticket: ann.welcome.ticket, seen: ann.seen() });
    const bob = await callerOf({ port }, { name: "Bob" });
    await bob.ask({ type: "join", room: "r" });
    expect(await namesIn(again, "r")).toEqual(["Ann", "Bob (2)"]);
    next.child.kill("SIGKILL");
    await next.ended;

    const refused = start(env);
    expect(await refused.ended).toEqual([1, null]);
    expect(refused.err()).toMatch(
      /"event":"start-failed".*DATA is .*level 2 is in force.*up to level 1 only\. Upgrade it/,
    );

    const last = startOther(version.program, env);
    const ticket = { ticket: again.welcome.ticket, seen: again.seen() };
    const annAtLast = await callerOf({ port: await portOf(last) }, ticket);
    expect(await namesIn(annAtLast, "r")).toEqual(["Ann", "Bob (2)"]);
  });
});
