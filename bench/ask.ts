import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { kept } from "./servers.js";

const inside = new URL("inside.js", import.meta.url).pathname;

/** Runs a program to its end, and gives what it said. */
export const said = async (program: string, args: ReadonlyArray<string>): Promise<string> => {
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "inherit"] });
  const exited = kept(child);
  const answer = await text(child.stdout);
  await exited;
  if (child.exitCode !== 0) throw new Error(`${program} ${args.join(" ")} ended with ${child.exitCode}`);
  return answer;
};

/** Asks a question of `inside.ts` in a process of its own. */
export const askInside = async <A>(...args: ReadonlyArray<string | number>): Promise<A> =>
  JSON.parse(await said(process.execPath, ["--expose-gc", inside, ...args.map(String)]));
