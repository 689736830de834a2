import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { root } from "../support/pages.js";

/** The program of a major version of Node: this one, or one that npm fetches once and keeps. */
export const nodeOf = (major: number): string => {
  if (process.version.startsWith(`v${major}.`)) return process.execPath;
  const name = `node-${process.platform === "win32" ? "win" : process.platform}-${process.arch}`;
  const folder = join(root, "node_modules/.cache", `node-${major}`);
  const program = join(folder, "node_modules", name, "bin/node");
  if (!existsSync(program))
    spawnSync(
      "npm",
      ["install", "--prefix", folder, "--no-save", "--ignore-scripts", "--prefer-offline", `${name}@${major}`],
      {
        stdio: "ignore",
        timeout: 120_000,
      },
    );
  return program;
};

/** Why a major version cannot be tested here, or undefined. In CI it must be possible. */
export const missingNode = (major: number): string | undefined =>
  process.env.CI || existsSync(nodeOf(major)) ? undefined : `There is no Node ${major} here, and npm cannot fetch it`;
