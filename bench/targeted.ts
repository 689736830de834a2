import { ours, peerJsServer, seed } from "./contender.js";
import { bar, byName, type Costs, linesOf, tableOf } from "./costs.js";
import { type Crowd, crowdOf } from "./crowd.js";
import type { Bench, Findings, Pace, Section } from "./findings.js";
import { turns } from "./rounds.js";
import { start } from "./servers.js";

/** What does a message for one user cost, and does it cost more where more users are? */
export const targeted: Section = {
  name: "targeted",
  title: "From one user to one other, many being there",
  run: (bench) => run(bench),
};

const inFlight = 64;
const bytes = 200;
const sizes: Readonly<Record<Pace, ReadonlyArray<number>>> = {
  full: [10, 100, 1_000],
  quick: [10, 300],
  tiny: [5, 20],
};

const run = async (bench: Bench): Promise<Findings> => {
  const crowds: Crowd[] = [];
  for (const contender of bench.contenders)
    if (contender.tell !== undefined && contender.env.RECORD === undefined)
      crowds.push(crowdOf(await start(contender, { isMonitored: false }), contender.tell));
  const costs = new Map<number, Costs>();
  for (const size of sizes[bench.pace]) {
    bench.progress(`${size} users connect`);
    await Promise.all(crowds.map(({ growTo }) => growTo(size)));
    bench.progress(`${size} users`);
    costs.set(size, await costsOf(bench, crowds, size));
  }
  const [few = 0, most = 0] = [sizes[bench.pace][0], sizes[bench.pace].at(-1)];
  bench.progress(`${most} users, of whom ${few} talk`);
  const fewTalk = await costsOf(bench, crowds, few);
  for (const { server } of crowds) await server.stop();

  const [least, last] = [costs.get(few) ?? new Map(), costs.get(most) ?? new Map()];
  return {
    tables: [
      ...[...costs].map(([size, each]) =>
        tableOf(`${size} users of one channel, ${bytes} B, ${inFlight} in flight`, each),
      ),
      tableOf(`${most} users of one channel, of whom ${few} talk, ${bytes} B, ${inFlight} in flight`, fewTalk),
    ],
    bars: [
      ...bar(`${most} users, of whom ${few} talk ÷ ${few} users`, [fewTalk, ours.name], [least, ours.name], 1.5),
      ...bar(`${most} users ÷ ${few} users`, [last, ours.name], [least, ours.name], 1.5),
      ...bar(`${most} users`, [last, ours.name], [last, seed.name], 1 / 100),
      ...bar(`${most} users`, [last, ours.name], [last, peerJsServer.name], 1.5),
    ],
    curves: {
      file: "targeted.svg",
      title: `A message for one user, ${bytes} B, ${inFlight} in flight`,
      across: "users of the channel",
      up: "server CPU per message that reached its user, µs",
      lines: linesOf(costs),
    },
  };
};

const costsOf = async (bench: Bench, crowds: ReadonlyArray<Crowd>, talkers: number): Promise<Costs> => {
  const tasks = crowds.map((crowd) => ({
    pid: crowd.server.pid,
    deliveries: 1,
    work: (messages: number) => crowd.write({ talkers, bytes, inFlight, messages }),
  }));
  const servers = crowds.map(({ server }) => server);
  return byName(servers, await turns(tasks, bench.effort, inFlight));
};
