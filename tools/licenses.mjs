import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

// Writes the licences of the packages whose code is in what was built: they ask to be kept with copies.
const inputs = ["server", "page"].flatMap((name) =>
  Object.keys(JSON.parse(readFileSync(`dist/meta/${name}.json`, "utf8")).inputs),
);
const folders = new Set(inputs.flatMap((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path) ?? []));

const licenseIn = (folder) => {
  const name = readdirSync(folder).find((file) => /^licen[cs]e/i.test(file));
  const { name: title, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  // Some packages name their licence in package.json only.
  const text = name === undefined ? `Licence: ${license}` : readFileSync(join(folder, name), "utf8").trim();
  return { title: `${title} ${version}`, text };
};

// A text that several packages have stands there once.
const titles = new Map();
for (const { title, text } of [...folders].sort().filter(existsSync).map(licenseIn))
  titles.set(text, [...(titles.get(text) ?? []), title]);
if (titles.size === 0) throw new Error("dist/meta names no packages: run npm run build first");
const texts = [...titles].map(([text, all]) => `${all.join("\n")}\n\n${text}\n`);
writeFileSync("dist/LICENSES.txt", texts.join(`\n${"-".repeat(80)}\n\n`));
