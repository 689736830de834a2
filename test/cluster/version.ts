import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const root = new URL("../..", import.meta.url).pathname;

/** In a file of the sources, one text instead of another that stands there once. */
export interface Change {
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

/** Another version of the server: these sources with some changes, built as they are. */
export interface Version {
  readonly program: string;
  readonly remove: () => void;
}

export const versionWith = (changes: ReadonlyArray<Change>): Version => {
  const folder = mkdtempSync(join(tmpdir(), "signalbox-version-"));
  for (const name of ["core", "adapters", "package.json", "tsconfig.base.json"])
    cpSync(join(root, name), join(folder, name), { recursive: true });
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  for (const { file, find, replace } of changes) {
    const [before, after, ...more] = readFileSync(join(folder, file), "utf8").split(find);
    if (after === undefined || more.length > 0) throw new Error(`${file} does not hold this once: ${find}`);
    writeFileSync(join(folder, file), `${before}${replace}${after}`);
  }
  execFileSync("npm", ["run", "--silent", "build:server"], { cwd: folder });
  symlinkSync(join(root, "dist/page"), join(folder, "dist/page"));
  return {
    program: join(folder, "dist/main.js"),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
};
