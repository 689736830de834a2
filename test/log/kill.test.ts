import { expect, test } from "vitest";
import { portOf, type Started, start } from "../support/child.js";
import { type Caller, callerOf } from "../support/v1.js";
import { emptyFolder } from "./folder.js";

/** `npm run soak` is the longer run. */
const rounds = process.env.SOAK === "1" ? 300 : 8;
const people = 12;

/** What somebody has been told of the room that is theirs, and what they have asked for and not been told of yet. */
interface Known {
  readonly isIn: boolean;
  readonly isLocked: boolean;
}

interface Person {
  readonly room: string;
  caller: Caller;
  known: Known;
  asked: Known;
  answers: number;
}

const steps: ReadonlyArray<(known: Known, room: string) => readonly [Known, object]> = [
  (known, room) => [
    { ...known, isIn: true },
    { type: "join", room, create: { name: room } },
  ],
  (known, room) => [
    { ...known, isLocked: true },
    { type: "lock", room, locked: true },
  ],
  (known, room) => [
    { ...known, isLocked: false },
    { type: "lock", room, locked: false },
  ],
  (_, room) => [
    { isIn: false, isLocked: false },
    { type: "leave", room },
  ],
];

const nextStep = ({ isIn, isLocked }: Known): number => (isIn ? (isLocked ? 2 : 1) : 0);

/** Somebody comes, locks the door, unlocks it, and goes, without a pause, until the server is gone. */
const busy = async (person: Person, first: number): Promise<void> => {
  const isOver = person.caller.closed.then(() => undefined);
  for (let n = first; person.caller.ws.readyState === person.caller.ws.OPEN; n += 1) {
    const step = steps[n % steps.length];
    if (step === undefined) return;
    const [then, request] = step(person.known, person.room);
    person.asked = then;
    const answer = await Promise.race([person.caller.ask(request as never), isOver]);
    if (answer === undefined) return;
    expect(answer, JSON.stringify(request)).toMatchObject({ type: "result" });
    person.known = then;
    person.answers += 1;
  }
};

const isAt = async ({ caller, room }: Person): Promise<Known> => {
  const answer = await caller.ask({ type: "roster", room });
  if (answer.type === "error") return { isIn: false, isLocked: false };
  return { isIn: true, isLocked: answer.room?.locked === true };
};

const killed = async (server: Started): Promise<void> => {
  server.child.kill("SIGKILL");
  await server.ended;
};

test(`killed ${rounds} times under load: no room, role or session that had been acknowledged is lost`, async () => {
  const env = { DATA: emptyFolder(), LOG_LEVEL: "info", MESSAGES_PER_SECOND: "0" };
  let server = start(env);
  let port = await portOf(server);
  const all: Person[] = [];
  for (let n = 0; n < people; n += 1) {
    const nobody = { isIn: false, isLocked: false };
    const caller = await callerOf({ port }, { name: `Person ${n}` });
    all.push({ room: `room-${n}`, caller, known: nobody, asked: nobody, answers: 0 });
  }
  for (let round = 0; round < rounds; round += 1) {
    const work = Promise.all(all.map((person) => busy(person, nextStep(person.known))));
    await new Promise((resolve) => setTimeout(resolve, 20 + Math.random() * 180));
    await killed(server);
    await work;
    server = start(env);
    port = await portOf(server);
    for (const person of all) {
      const { ticket } = person.caller.welcome;
      const seen = person.caller.seen();
      person.caller = await callerOf({ port }, { ticket, seen });
      const { resumed } = person.caller.welcome;
      const now = await isAt(person);
      // What was on its way may have been carried out, or not.
      expect([person.known, person.asked], `round ${round}, ${person.room}`).toContainEqual(now);
      if (person.known.isIn && person.asked.isIn) expect(resumed, person.room).toBe(true);
      person.known = now;
    }
  }
  expect(all.reduce((sum, { answers }) => sum + answers, 0)).toBeGreaterThan(rounds * people);
  await killed(server);
}, 1_200_000);
