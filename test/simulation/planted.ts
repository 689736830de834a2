import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { build, type Plugin } from "esbuild";
import { type Bug, bugs as ofOneServer } from "./bugs.js";
import { clusterBugs } from "./cluster-bugs.js";

/* Plants each bug in a build of the simulator, and tells after how many seeds it is found. */

const bugs = [...ofOneServer, ...clusterBugs];

const root = join(import.meta.dirname, "../..");
const say = (text: string): void => void process.stdout.write(`${text}\n`);

const planting = ({ file, find, replace }: Bug): Plugin => ({
  name: "planting",
  setup: ({ onLoad }) => {
    onLoad({ filter: /\.ts$/ }, ({ path }) =>
      path === join(root, file)
        ? { contents: readFileSync(path, "utf8").split(find).join(replace), loader: "ts" }
        : undefined,
    );
  },
});

const planted = async (bug: Bug): Promise<string> => {
  const outfile = join(root, `dist/simulation/planted/${bugs.indexOf(bug)}.js`);
  await build({
    ...{
      entryPoints: [join(root, `test/simulation/${clusterBugs.includes(bug) ? "cluster-main" : "main"}.ts`)],
      outfile,
      plugins: [planting(bug)],
    },
    ...{ bundle: true, platform: "node", format: "esm", target: "node20", packages: "external", logLevel: "silent" },
  });
  return outfile;
};

/** What the simulator says of the first seed that fails: the seed, and a sentence; undefined where none does. */
const found = (program: string, seeds: string): Promise<ReadonlyArray<string> | undefined> =>
  new Promise((resolve, reject) => {
    execFile(process.execPath, [program, "--brief", "--seeds", seeds], (error, stdout) => {
      const said = /^Seed (\d+) fails after \d+ ms: (.*)/.exec(stdout);
      if (error !== null && said === null) reject(error);
      else resolve(said?.slice(1));
    });
  });

const { values } = parseArgs({
  options: {
    only: { type: "string", default: "" },
    cluster: { type: "boolean", default: false },
    seeds: { type: "string", default: "300" },
  },
});

const wrong = bugs.find(({ file, find }) => readFileSync(join(root, file), "utf8").split(find).length !== 2);
if (wrong !== undefined) throw new Error(`${wrong.file} does not hold this once: ${wrong.find}`);

const waiting = (values.cluster ? clusterBugs : bugs).filter(({ name }) => name.includes(values.only));
const all = waiting.length;
let missed = 0;
const work = async (): Promise<void> => {
  for (let bug = waiting.shift(); bug !== undefined; bug = waiting.shift()) {
    const how = await found(await planted(bug), values.seeds);
    if (how === undefined) missed += 1;
    const [seed = `not in ${values.seeds}`, sentence = ""] = how ?? [];
    const because = sentence === "" ? "" : `\n            ${sentence.slice(0, 140)}`;
    say(`${seed.padStart(10)}  ${bug.name} (${bug.file})${because}`);
  }
};
await Promise.all(Array.from({ length: availableParallelism() }, work));
say(`${all - missed} of ${all} are found, the number being the seed that finds it.`);
process.exit(missed === 0 ? 0 : 1);
