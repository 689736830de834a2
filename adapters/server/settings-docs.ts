import { readFileSync, writeFileSync } from "node:fs";
import { envExample, withTables } from "./settings-text.js";

// `npm run docs:settings`: writes what is made from the settings, below the folder where it is run.
const page = "docs/OPERATING.md";
writeFileSync(page, withTables(readFileSync(page, "utf8")));
writeFileSync(".env.example", envExample());
