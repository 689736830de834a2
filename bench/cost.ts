import { setTimeout as sleep } from "node:timers/promises";
import { type Contender, ours } from "./contender.js";
import type { Group, Work } from "./group.js";
import { socketsMax } from "./load.js";
import { type Figures, figures, inTurns, type Results, ratioOf, type Spread, spreadOf } from "./rounds.js";
import { atMost, type Bar, type Bench, type Table } from "./section.js";
import { type Server, start } from "./servers.js";

const cpu = "server CPU per delivered message, µs";
const load = "load generator, share of a core";

/** Servers with clients, as many at once as there may be sockets; of each measurement, what was found of all of them. */
export const among = async <G extends Group>(
  { contenders, size }: { readonly contenders: ReadonlyArray<Contender>; readonly size: number },
  open: (server: Server) => Promise<G>,
  measure: (groups: ReadonlyArray<G>) => Promise<ReadonlyArray<Results>>,
): Promise<ReadonlyArray<Results>> => {
  const atOnce = Math.max(1, Math.floor(socketsMax() / size));
  const found: Results[] = [];
  for (let from = 0; from < contenders.length; from += atOnce) {
    const servers = await Promise.all(contenders.slice(from, from + atOnce).map((contender) => start(contender)));
    const groups = await Promise.all(servers.map(open));
    for (const [i, results] of (await measure(groups)).entries()) found[i] = new Map([...(found[i] ?? []), ...results]);
    for (const server of servers) await server.stop();
  }
  return found;
};

/** What the same work costs each of the servers, after a round's time to warm up. */
export const costs = async (
  { rounds, roundMs }: Pick<Bench, "rounds" | "roundMs">,
  groups: ReadonlyArray<Group>,
  work: Omit<Work, "messages">,
): Promise<Results> => {
  const messages = new Map<string, number>();
  for (const group of groups) messages.set(group.name, await messagesIn(group, work, roundMs));
  return inTurns(
    groups,
    rounds,
    async (group) =>
      (await measured(group, { ...work, messages: messages.get(group.name) ?? work.inFlight }, roundMs)).figures,
  );
};

/** How many messages take a round's time of the server's CPU. */
const messagesIn = async (group: Group, work: Omit<Work, "messages">, roundMs: number): Promise<number> => {
  for (let messages = work.inFlight; ; ) {
    const { cpuMs } = await measured(group, { ...work, messages }, roundMs);
    const wanted = Math.max(work.inFlight, Math.ceil((messages * roundMs) / cpuMs));
    if (cpuMs >= roundMs / 2) return wanted;
    messages = Math.min(wanted, messages * 8);
  }
};

const measured = async ({ server, deliver }: Group, work: Work, roundMs: number) => {
  const before = server.cpuMicros();
  const loadBefore = process.cpuUsage();
  const began = performance.now();
  const delivered = await deliver(work);
  const wallMicros = (performance.now() - began) * 1_000;
  const { user, system } = process.cpuUsage(loadBefore);
  // What a server does afterwards, such as writing a journal, still belongs to its round.
  await sleep(Math.min(60, roundMs));
  const micros = server.cpuMicros() - before;
  const found: Figures = { [cpu]: micros / delivered, [load]: (user + system) / wallMicros };
  return { figures: found, cpuMs: micros / 1_000 };
};

export const costTable = (title: string, results: Results): Table => {
  const rows = [...results.keys()].map((name) => ({
    name,
    cells: {
      [cpu]: spreadOf(figures(results, name, cpu)),
      [`× ${ours.name}`]: costRatio([results, name], [results, ours.name]).median,
      [load]: spreadOf(figures(results, name, load)).median,
    },
  }));
  return { title, rows };
};

/** What a message costs each at each of the sizes. */
export const costBySize = (title: string, bySize: ReadonlyMap<number, Results>): Table => {
  const names = new Set([...bySize.values()].flatMap((results) => [...results.keys()]));
  const cellsOf = (name: string) =>
    [...bySize]
      .filter(([, results]) => results.has(name))
      .map(([size, results]) => [`µs at ${size}`, spreadOf(figures(results, name, cpu)).median]);
  return { title, rows: [...names].map((name) => ({ name, cells: Object.fromEntries(cellsOf(name)) })) };
};

type Of = readonly [results: Results | undefined, name: string];

/** One's cost by another's. */
export const costRatio = (mine: Of, theirs: Of): Spread => ratioOf(figures(...mine, cpu), figures(...theirs, cpu));

/** A bar on one's cost by another's. */
export const costBar = (what: string, mine: Of, theirs: Of, limit: number): ReadonlyArray<Bar> =>
  atMost(`${what}: CPU per message, ${mine[1]} ÷ ${theirs[1]}`, costRatio(mine, theirs), limit);
