import { spawnSync } from "node:child_process";
import { type Contender, isInstalled } from "./contender.js";

/** Who can run here, and who cannot and why not. */
export interface Crew {
  readonly able: ReadonlyArray<Contender>;
  readonly unable: ReadonlyArray<{ readonly name: string; readonly why: string }>;
}

const home = new URL("../../bench", import.meta.url).pathname;

/** Installs the peers, if one is missing, beside this program and not into the product. */
export const install = (contenders: ReadonlyArray<Contender>, say: (line: string) => void): Crew => {
  if (!contenders.every(isInstalled)) {
    say("Installing what the benchmark compares with, into bench/node_modules (once, some 190 MB) …");
    const flags = ["ci", "--prefix", home, "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
    const { status, stderr } = spawnSync("npm", flags, { encoding: "utf8", stdio: ["ignore", "ignore", "pipe"] });
    if (status !== 0) say(stderr);
  }
  const unable = contenders
    .filter((contender) => !isInstalled(contender))
    .map(({ name }) => ({ name, why: `it is not to be had for ${process.platform} ${process.arch}, or npm failed` }));
  return { able: contenders.filter(isInstalled), unable };
};
