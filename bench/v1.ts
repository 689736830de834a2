import { type Contender, ours } from "./contender.js";
import { type Member, type Open, seedMember, signalled, v1Member } from "./members.js";
import {
  atMost,
  type Bench,
  type Figures,
  type Findings,
  figures,
  inTurns,
  ratioOf,
  rowsOf,
  type Section,
  spreadOf,
} from "./section.js";
import { askInside, start } from "./servers.js";

const protocols = [
  { name: "the seed's protocol", open: seedMember },
  { name: "signalbox.v1", open: v1Member },
] as const;

const [cpu, sent] = ["server CPU per signal, µs", "sent per client, KB"];
const member = { ...ours, env: { ...ours.env, STATE_SPACING_MS: "200" } } satisfies Contender;

/** Pairs that signal to each other, each with a few under way. */
const signals = async (open: Open, pairs: number, rounds: number): Promise<Figures> => {
  const server = await start(member);
  const couples: Array<readonly [Member, Member]> = [];
  for (let i = 0; i < pairs; i++) {
    const [a, b] = [await open(server, 2 * i), await open(server, 2 * i + 1)];
    await a.join(i);
    await b.join(i);
    couples.push([a, b]);
  }
  const { cpuMicros: before } = await server.ask("look");
  await signalled(couples, 1_024, rounds);
  const { cpuMicros: after } = await server.ask("look");
  await server.stop();
  return { [cpu]: (after - before) / (pairs * rounds) };
};

/** All come within a second, and each joins one of the rooms. */
const arrival = async (open: Open, clients: number, rooms: number): Promise<Figures> => {
  const server = await start(member);
  const all = await Promise.all(
    Array.from({ length: clients }, async (_, n) => {
      await new Promise((resolve) => setTimeout(resolve, (n / clients) * 1_000));
      const one = await open(server, n);
      await one.join(n % rooms);
      return one;
    }),
  );
  // What is spaced comes within a second.
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  const bytes = all.reduce((sum, one) => sum + one.bytes(), 0);
  await server.stop();
  return { [sent]: bytes / clients / 1_000 };
};

const run = async ({ sizes, rounds, progress }: Bench): Promise<Findings> => {
  const [pairs, each] = sizes([100, 200], [50, 50], [4, 4]);
  const [clients, rooms] = sizes([1_000, 100], [200, 20], [8, 2]);
  progress(`${pairs} pairs signal`);
  const costs = await inTurns(protocols, rounds, ({ open }) => signals(open, pairs, each));
  progress(`${clients} clients come to ${rooms} rooms`);
  const arrived = await inTurns(protocols, Math.min(rounds, 3), ({ open }) => arrival(open, clients, rooms));
  progress("sessions that are away");
  const [sessions] = sizes([10_000], [10_000], [50]);
  const heapEach = (await askInside("away", sessions)) / 1_024;
  const [theirs, mine] = [protocols[0].name, protocols[1].name];
  return {
    tables: [
      { title: `A signal of 1 KB to one participant, ${pairs} pairs`, rows: rowsOf(costs) },
      { title: `${clients} clients connect and join ${rooms} rooms within a second`, rows: rowsOf(arrived) },
      {
        title: `${sessions.toLocaleString("en")} sessions that are away, ten in a room, in the core alone`,
        rows: [{ name: mine, cells: { "heap, KB each": heapEach } }],
      },
    ],
    bars: [
      ...atMost(
        "a signal costs, by the seed's targeted relay",
        ratioOf(figures(costs, mine, cpu), figures(costs, theirs, cpu)),
        1,
      ),
      ...atMost("heap of a session that is away, KB", spreadOf([heapEach]), 4),
      ...atMost("bytes sent, by the seed's protocol", spreadOf(ratios(arrived, mine, theirs)), 0.05),
    ],
  };
};

const ratios = (results: Parameters<typeof figures>[0], mine: string, theirs: string): ReadonlyArray<number> =>
  figures(results, mine, sent).map((bytes, i) => bytes / (figures(results, theirs, sent)[i] ?? Number.NaN));

export const v1: Section = { name: "v1", title: "signalbox.v1 beside the seed's protocol", run };
