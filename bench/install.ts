import { spawnSync } from "node:child_process";
import { type Contender, isInstalled } from "./contender.js";

/** Who can run here, and who cannot and why not. */
export interface Crew {
  readonly able: ReadonlyArray<Contender>;
  readonly unable: ReadonlyArray<{ readonly name: string; readonly why: string }>;
}

const home = new URL("../../bench", import.meta.url).pathname;

/** Installs the peers, if one is missing and it may, beside this program and not into the product. */
export const crewOf = (
  contenders: ReadonlyArray<Contender>,
  { mayInstall, say }: { readonly mayInstall: boolean; readonly say: (line: string) => void },
): Crew => {
  if (mayInstall && !contenders.every(isInstalled)) {
    say("Installing what the benchmark compares with, into bench/node_modules (once, some 190 MB) …");
    const flags = ["ci", "--prefix", home, "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
    const { status, stderr } = spawnSync("npm", flags, { encoding: "utf8", stdio: ["ignore", "ignore", "pipe"] });
    if (status !== 0) say(stderr);
  }
  const why = mayInstall
    ? `it is not to be had for ${process.platform} on ${process.arch}, or npm could not fetch it`
    : "it is not installed";
  return {
    able: contenders.filter(isInstalled),
    unable: contenders.filter((contender) => !isInstalled(contender)).map(({ name }) => ({ name, why })),
  };
};
