import { setTimeout as sleep } from "node:timers/promises";
import { type Contender, ours, seed } from "./contender.js";
import type { Bar, Bench, Findings, Pace, Section } from "./findings.js";
import { cpuMicros, rssBytes } from "./process.js";
import { start } from "./servers.js";
import { spreadOf } from "./spread.js";
import { agreed, type Outcome, type Visitor, visitorOf } from "./visitors.js";

/** People come and go in the rooms all the time, and many look on: what does keeping them up to date cost? */
export const churn: Section = {
  name: "churn",
  title: "Churn: people join and leave, and many look at the list",
  run: (bench) => run(bench),
};

interface Size {
  readonly visitors: number;
  readonly rooms: number;
  readonly seconds: number;
}
const sizes: Readonly<Record<Pace, Size>> = {
  full: { visitors: 1_000, rooms: 100, seconds: 10 },
  quick: { visitors: 300, rooms: 50, seconds: 2 },
  tiny: { visitors: 20, rooms: 5, seconds: 0.5 },
};
const changesPerSecond = 50;
/** So many sit in rooms beside those who created them; then for each one who joins one leaves. */
const seatedMax = 20;
const connectAtOnce = 50;
const rssBytesMax = 6e9;
const agreeMs = 30_000;

interface Course {
  readonly isOver: boolean;
  readonly cpuSeconds: number;
  readonly megabytes: number;
  readonly lagMs: number;
}

const run = async (bench: Bench): Promise<Findings> => {
  const size = sizes[bench.pace];
  const courses = new Map<string, Course>();
  for (const contender of bench.contenders.filter(({ hasRooms, env }) => hasRooms && env.RECORD === undefined)) {
    bench.progress(`${size.visitors} clients look at the rooms of ${contender.name}`);
    courses.set(contender.name, await churnOn(contender, size));
  }
  const changes = changesPerSecond * size.seconds;
  const rows = [...courses].map(([name, course]) => ({
    name,
    cells: {
      "server CPU, ms per change": (course.cpuSeconds * 1_000) / changes,
      "server CPU, share of a core": course.cpuSeconds / (size.seconds + course.lagMs / 1_000),
      "sent, MB": course.megabytes,
      "all agree": course.isOver ? "yes" : "NO",
      "after the last change, ms": course.lagMs,
    },
  }));
  const title = `${size.visitors} subscribers of the list of ${size.rooms} rooms, ${changesPerSecond} joins or leaves a second for ${size.seconds} s`;
  return { tables: [{ title, rows }], bars: barsOf(courses) };
};

const churnOn = async (contender: Contender, size: Size): Promise<Course> => {
  const server = await start(contender, { isMonitored: false });
  let bytes = 0;
  const visitors = await visitorsOf(size, (n) => visitorOf(server, n, (more) => (bytes += more)));
  // By then all have subscribed; who has not, hears of it at the next repetition.
  await sleep(300);
  visitors[0]?.ask();
  const limits = { ms: agreeMs, isTooMuch: () => rssBytes(server.pid) > rssBytesMax };
  await agreed(visitors, { rooms: size.rooms, participants: size.rooms }, limits);
  await sleep(300);
  bytes = 0;
  const cpu = cpuMicros(server.pid);
  const outcome = await comeAndGo(visitors, size);
  const last = performance.now();
  const isOver = await agreed(visitors, outcome, limits);
  const lagMs = performance.now() - last;
  const cpuSeconds = (cpuMicros(server.pid) - cpu) / 1e6;
  await server.stop();
  return { isOver, cpuSeconds, megabytes: bytes / 1e6, lagMs };
};

/** The first ones create the rooms and sit in them, before the others come. */
const visitorsOf = async (
  { visitors, rooms }: Size,
  visit: (n: number) => Promise<Visitor>,
): Promise<ReadonlyArray<Visitor>> => {
  const all: Visitor[] = [];
  for (let n = 0; n < visitors; n += connectAtOnce) {
    const some = Array.from({ length: Math.min(connectAtOnce, visitors - n) }, (_, i) => visit(n + i));
    all.push(...(await Promise.all(some)));
    for (const [room, visitor] of all.entries())
      if (room >= n && room < rooms) {
        visitor.create(room);
        visitor.join(room);
      }
  }
  return all;
};

/** Fulfilled after the last change, with what it leaves behind. */
const comeAndGo = async (visitors: ReadonlyArray<Visitor>, { rooms, seconds }: Size): Promise<Outcome> => {
  const seated: { readonly who: Visitor; readonly room: number }[] = [];
  const began = performance.now();
  const all = changesPerSecond * seconds;
  for (let change = 0, next = rooms; change < all; change++) {
    const leaver = seated.length >= Math.min(seatedMax, visitors.length - rooms) ? seated.shift() : undefined;
    if (leaver !== undefined) leaver.who.leave(leaver.room);
    else {
      const who = visitors[next] as Visitor;
      who.join(change % rooms);
      seated.push({ who, room: change % rooms });
      next = next + 1 < visitors.length ? next + 1 : rooms;
    }
    await sleep(Math.max(0, began + ((change + 1) * 1_000) / changesPerSecond - performance.now()));
  }
  return { rooms, participants: rooms + seated.length };
};

const barsOf = (courses: ReadonlyMap<string, Course>): ReadonlyArray<Bar> => {
  const [mine, theirs] = [courses.get(ours.name), courses.get(seed.name)];
  if (mine === undefined || theirs === undefined) return [];
  return [
    {
      what: `server CPU, ${ours.name} ÷ ${seed.name}`,
      measured: spreadOf([mine.cpuSeconds / theirs.cpuSeconds]),
      must: "at most",
      limit: 1 / 5,
    },
    {
      what: `${ours.name}: all see the same final list (1: yes)`,
      measured: spreadOf([Number(mine.isOver)]),
      must: "at least",
      limit: 1,
    },
  ];
};
