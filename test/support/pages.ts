import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

export const root = new URL("../..", import.meta.url).pathname;
export const read = (path: string): string => readFileSync(join(root, path), "utf8");
export const there = (path: string): boolean => existsSync(join(root, path));

/** The documentation of this repository, by path from the top. */
export const pages: ReadonlyMap<string, string> = new Map(
  [
    "README.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "CHANGELOG.md",
    "bench/RESULTS.md",
    ...readdirSync(join(root, "docs")).map((name) => `docs/${name}`),
  ].map((path) => [path, read(path)]),
);

export const page = (path: string): string => pages.get(path) ?? "";

export const eachPage = <A>(find: (text: string, path: string) => ReadonlyArray<A>): ReadonlyArray<A> =>
  [...pages].flatMap(([path, text]) => find(text, path));
